"""What the bot understood only middling well changes nothing: it is read back first, or a person gets the chat."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import rehearsal
from bot import replies
from bot.router import INTENTS, speak
from bot.turn import CERTAIN, SURE, Turn
from bot.understand.evaluate import DEFAULT_NOW
from domain.membership import Purpose
from models import Member, database
from services import members
from services.glance import Glances
from services.turns import Talk

MORE = {
    "resume_messages": ("恢复上新消息", "又想收推荐了"),
    "stop_messages": ("别发活动消息了", "退订"),
    "renew_membership": ("关掉自动续费", "把自动续费打开"),
    "keep_items": ("大衣留下", "全留"),
    "return_box": ("全退", "裙子太大了要退"),
    "privacy_request": ("导出我的信息", "删除我的数据", "注销账号"),
    "book_stylist": ("明天下午三点到店约林老师",),
    "change_booking": ("改到明天下午三点",),
    "order_box": ("来个上班穿的盒子 预算两千",),
    "update_profile": ("手机号改成13900002207", "生日改成五月一号"),
}
"""Lines beside the name of each intent: those with everything in them that the act needs."""
LOOKED_UP = {"invite_code", "sqlite_sequence"}
"""A member's own code is made when it is first asked for; nobody is worse off for it."""


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} - LOOKED_UP
        return {name: sorted(file.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


async def test_no_wish_heard_middling_well_acts_without_a_read_back(
    sqlite_templates: dict[bool, Path], tmp_path: Path
) -> None:
    path = await rehearsal.open_shop(tmp_path, [{"now": DEFAULT_NOW, "turns": []}], sqlite_templates[False])
    clock = rehearsal.Stopped(datetime.fromisoformat(DEFAULT_NOW))
    shop, reader = rehearsal.shop_at(clock), rehearsal.reader()
    await database.connect(f"sqlite://{path}")
    try:
        member_id = await rehearsal.a_member(shop)
        await Member.filter(id=member_id).update(profile={"height_cm": 165, "weight_kg": 52})
        await members.consent(shop, member_id, Purpose.RENEWAL, "test", given=True)
        acted = []
        for at_home in (False, True):
            await members.consent(shop, member_id, Purpose.PROMOTION, "test", given=not at_home)
            if at_home:
                await rehearsal.box_at_home(shop, member_id)
            before = _rows(path)
            for intent in INTENTS:
                for line in (replies.NAMES.get(intent, intent), *MORE.get(intent, ())):
                    heard = reader.understand(line, clock.now(), wish=intent)
                    heard = replace(heard, confidence=(SURE + CERTAIN) / 2, answer=None)
                    turn = Turn(shop, Glances(shop), "somebody", member_id, line, heard, None, clock.now())
                    said, _ = await speak(turn, Talk())
                    after = _rows(path)
                    if after != before:
                        acted.append((intent, line, said.outcome, [n for n in after if after[n] != before[n]]))
                        before = after
    finally:
        await database.close()
    assert acted == []

"""Everything the gate of care asks about messages, read for many at the instant of sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from domain.care import MessageClass
from domain.care_gate import WEEK, Facts, held_out
from domain.clock import day_end, day_of
from models import CareMessage, Member, sql
from services.care_subjects import Look
from services.path_conditions import unfollowed
from services.shop import Shop


@dataclass(frozen=True)
class Read:
    """What the database says about one message beside its own row; the last three only of promotions."""

    official_openid: str | None
    mini_openid: str | None
    chat_owner: str
    consented: bool
    promoted_at: tuple[datetime, ...]  # when the member's other promotions of the last seven days went out, or may have
    outranked: bool  # a promotion of higher priority wants the same day's place


async def read(shop: Shop, message_ids: Sequence[int]) -> dict[int, Read]:
    """The facts of many messages by one statement, by message."""
    now = shop.now()
    rows = await sql.run(
        "care_facts", ids=list(message_ids), official_appid=shop.accounts.official_appid,
        mini_appid=shop.accounts.mini_appid, since=now - WEEK, day_end=day_end(day_of(now)),
    )  # fmt: skip
    return {row["id"]: _read(row) for row in rows}


def _read(row: dict[str, Any]) -> Read:
    promoted = (sql.instant(told) for told in orjson.loads(row["promoted_at"] or "[]"))
    return Read(
        row["official_openid"],
        row["mini_openid"],
        row["chat_owner"] or "bot",
        bool(row["consented"]),
        tuple(at for at in promoted if at is not None),
        bool(row["outranked"]),
    )


def facts(
    shop: Shop, message: CareMessage, member: Member, seen: Look, read: Read, *,
    halted: bool, promoted_now: Sequence[datetime] = (),
) -> Facts:  # fmt: skip
    """What the gate judges. `promoted_now`: promotions let through in the same breath, not in any row yet."""
    promotion = message.message_class == MessageClass.PROMOTION
    return Facts(
        now=shop.now(),
        message_class=MessageClass(message.message_class),
        send_at=message.send_at,
        useful_until=message.useful_until,
        halted=halted,
        paused=seen.paused,
        chat_owner=read.chat_owner,
        member_gone=member.merged_into_id is not None,
        unfollowed=unfollowed(member),
        consented=read.consented,
        topic_off=seen.topic_off,
        exit_reason=seen.exit_reason,
        promoted_at=(*read.promoted_at, *promoted_now),
        outranked=read.outranked,
        held_out=promotion and held_out(member.id, shop.rules.care),
    )

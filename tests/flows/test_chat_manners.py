"""How the bot speaks: two choices, lengths, marks that break XML, sensitive words, menus, cards, pages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import menu, replies, router
from bot.understand.understander import Understander
from bot.wire import TEXT_BYTES, clean, cut, passive_text, ready
from domain.menu import MenuEntry, MenuRoom, MenuRules
from models import ChatLine, Conversation, OutsideCall, ReplyWindow
from sandbox.world import Person
from services import turns
from settings import SettingsError
from tests.support.booking import StandShop
from tests.support.house import House, reply_text


async def follower(house: House, name: str = "小林") -> Person:
    person = house.world.add_person(name)
    await house.follow(person)
    return person


def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is heard as one that could be a box or a refund."""
    heard = Understander.understand

    def vague(self: Understander, *args: Any, **kw: Any) -> Any:
        told = heard(self, *args, **kw)
        return replace(told, intent="box_status", confidence=0.4, alternatives=(("refund_status", 0.35),))

    monkeypatch.setattr(Understander, "understand", vague)


async def test_unsure_asks_once_with_two_choices_and_takes_the_pick(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await follower(house)
    unsure(monkeypatch)
    assert "1. 查盒子到哪儿了\n2. 查退款" in await house.say(person, "那个怎么样了")
    assert "没有您的退款" in await house.say(person, "第二个")
    assert "回复 1 或 2" in await house.say(person, "那个呢"), "a clear answer starts the count anew"
    assert "没有进行中的盒子" in await house.say(person, "1")


async def test_twice_unclear_goes_to_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await follower(house)
    unsure(monkeypatch)
    await house.say(person, "那个怎么样了")
    assert "转接客服" in await house.say(person, "就是那个嘛")
    assert (await Conversation.get()).owner == "desk"


async def test_unclear_yesterday_is_not_unclear_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await follower(house)
    unsure(monkeypatch)
    await house.say(person, "那个怎么样了")
    await house.move(minutes=31)
    assert "回复 1 或 2" in await house.say(person, "那个怎么样了")


def test_texts_are_cut_at_the_end_of_a_sentence_within_wechats_bytes() -> None:
    long = "这一句有十个汉字整。" * 100
    assert len(long.encode()) > TEXT_BYTES
    short = cut(long)
    assert len(short.encode()) <= TEXT_BYTES
    assert short.endswith("。")
    whole = ready(long, '<a href="x">打开</a>')
    assert len(whole.encode()) <= TEXT_BYTES
    assert whole.endswith('。\n\n<a href="x">打开</a>')
    assert len(cut("字" * 2000).encode()) <= TEXT_BYTES


def test_nothing_said_breaks_out_of_the_reply() -> None:
    bad = "]]>\x00\x08]]]]>><x>\ud800"
    xml = passive_text("o]]>", "gh", ready(bad), datetime(2026, 1, 1, tzinfo=UTC))
    assert xml.count("]]>") == 4, "only the four fields' own ends"
    assert "\x00" not in clean(bad)
    xml.encode()


async def test_sensitive_words_are_flagged_coming_in_and_never_go_out(house: House) -> None:
    person = await follower(house)
    await house.say(person, "你们是赌 博网站吗")
    assert (await ChatLine.filter(side="follower").get()).flagged is True
    # The bot would echo the occasion that was named.
    reply = await house.say(person, "赌博穿什么衣服好看")
    assert "赌博" not in reply
    await house.say(person, "人工")
    service = await house.staff("service1")
    here = f"/staff/desk/{(await Conversation.get()).id}"
    await house.api("POST", f"{here}/take", token=service)
    refused = await house.api("POST", f"{here}/reply", {"text": "去死吧"}, token=service, status=422)
    assert refused["code"] == "content_refused"
    assert not await ChatLine.filter(side="staff").exists()


async def test_an_outgoing_sentence_with_a_blocked_word_is_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await follower(house)
    monkeypatch.setattr(replies, "GREETING", "您好，网赌了解一下")
    assert await house.say(person, "你好") == replies.SAFE


async def test_the_menu_comes_from_the_settings_and_every_entry_is_answered(house: House) -> None:
    person = await follower(house)
    await menu.send(house.shop, house.base)
    shown = (await house.wechat("/menu", method="GET"))["menu"]["button"]
    assert [room["name"] for room in shown] == ["盒子", "造型师", "会员"]
    for room in shown:
        for entry in room["sub_button"]:
            if entry["type"] == "click" and entry["key"] != "person":
                told = await house.wechat(f"/people/{person.id}/menu", {"key": entry["key"]})
                assert reply_text(told), entry
    told = await house.wechat(f"/people/{person.id}/menu", {"key": "person"})
    assert "同事" in reply_text(told)
    assert (await Conversation.get()).owner == "desk"
    with pytest.raises(SettingsError, match="nobody answers"):
        menu.buttons(MenuRules((MenuRoom("我", (MenuEntry("x", key="nonsense"),)),)), "wx", "https://x")
    for wrong in (lambda: MenuEntry("x"), lambda: MenuRoom("一二三四五六", (MenuEntry("x", key="a"),))):
        with pytest.raises(ValueError, match="menu"):
            wrong()


async def test_scans_cards_and_wifi_are_answered_or_taken_in(house: House) -> None:
    person = await follower(house)
    assert "扫码" in reply_text(await house.wechat(f"/people/{person.id}/scan", {"scene": "shop-1"}))
    await house.wechat(f"/people/{person.id}/wifi", {"shop_id": "429620"})
    told = await house.wechat(f"/people/{person.id}/card", {"card_id": "pX2abc"})
    assert "会员卡" in reply_text(told)


async def test_a_page_is_a_link_and_with_a_picture_a_card(house: House) -> None:
    person = await follower(house)
    reply = await house.say(person, "我想开通年度会员")
    assert 'data-miniprogram-path="pages/me/me"' in reply
    object.__setattr__(house.shop.accounts, "card_picture", "nosuch")
    reply = await house.say(person, "怎么开通会员")
    assert "data-miniprogram" not in reply
    left = sum(w.left_count for w in await ReplyWindow.all())
    await house.move(seconds=5)
    assert (await OutsideCall.get(kind="push_card")).state == "done"
    assert sum(w.left_count for w in await ReplyWindow.all()) == left - 1
    assert "data-miniprogram-path" in (await house.chat(person))[-1]["content"], "no such picture: a link after all"
    assert router.CHOICE not in router.FORMS


async def test_stores_are_told_from_the_configuration_and_what_an_invoice_takes(house: House) -> None:
    person = await follower(house)
    store = house.shop.rules.store.stores[0]
    reply = await house.say(person, "你们店在哪")
    assert f"{store.address}，每天 {store.opens}–{store.closes} 营业" in reply
    assert store.phone in reply
    assert "盒子结清后、订单付款后都可以开电子发票" in await house.say(person, "我要开发票")
    assert (await Conversation.get()).owner == "bot"


async def test_lines_that_wait_for_their_turn_are_worked_in_the_order_they_came(database: str) -> None:
    """As two processes ask: the one that has the turn, and two that wait; a third comes when it is free."""
    stand = StandShop()
    shop = stand.shop
    first, second, third, fourth = (turns.Line(number, "somebody", None) for number in (11, 12, 13, 14))
    assert await turns.take(shop, first)
    assert [await turns.take(shop, line) for line in (third, second)] == [None, None]
    await turns.end_many(shop, [(first, turns.Talk())])
    assert [await turns.take(shop, line) for line in (fourth, third)] == [None, None]
    assert await turns.take(shop, second)
    assert await turns.take(shop, third) is None
    await turns.end_many(shop, [(second, turns.Talk())])
    assert await turns.take(shop, fourth) is None
    # The one that waited is gone with its process: after two seconds it holds up nobody.
    stand.clock.advance(turns.WAITS)
    assert await turns.take(shop, fourth)

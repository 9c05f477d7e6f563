"""Chats given to people: through encrypted callbacks, the staff's addresses, and the sandbox's chat."""

import asyncio
from datetime import date, time, timedelta
from typing import Any

from domain.clock import at
from domain.errors import WrongState
from models import ChatLine, Conversation, GuideBinding, Handoff, InboxNote, Member, ReplyWindow, StaffUser, Stylist
from sandbox.world import Person
from services import desk
from services.desk import Clerk
from services.staff import hash_password
from tests.support.booking import plan
from tests.support.house import House

MONDAY = date(2026, 11, 23)


async def follower(house: House, name: str) -> Person:
    person = house.world.add_person(name)
    await house.follow(person)
    return person


async def colleague(login: str, role: str) -> int:
    row = await StaffUser.create(
        login=login, name=login, role=role, password_hash=hash_password(f"demo-{login}", n=1024), created_at=at(MONDAY)
    )
    return int(row.id)


async def chat_of(person: Person) -> Conversation:
    return await Conversation.get(openid__in=list(person.openids.values()))


async def heard(house: House, person: Person) -> list[str]:
    """What reached the follower outside of passive replies."""
    return [i["content"] for i in await house.chat(person) if i["direction"] == "out" and i["kind"] == "custom"]


async def queue(house: House, token: str, part: str = "") -> list[dict[str, Any]]:
    answer = await house.api("GET", "/staff/desk" + (f"?part={part}" if part else ""), token=token)
    items: list[dict[str, Any]] = answer["items"]
    return items


async def test_a_person_takes_answers_notes_and_gives_back_and_is_rated(house: House) -> None:
    person = await follower(house, "小林")
    service = await house.staff("service1")
    assert "转接客服" in await house.say(person, "人工")
    assert await house.say(person, "衣服上有线头怎么办") == "", "the bot is silent"
    [row] = await queue(house, service)
    assert (row["reason"], row["state"], row["last"]) == ("complaint", "waiting", "衣服上有线头怎么办")
    here = f"/staff/desk/{row['conversation_id']}"
    await house.api("POST", f"{here}/reply", {"text": "您好"}, token=service, status=409)
    await house.api("POST", f"{here}/take", token=service)
    await house.api("POST", f"{here}/take", token=service)
    await house.api("POST", f"{here}/note", {"text": "老客户，耐心"}, token=service)
    told = await house.api("POST", f"{here}/reply", {"text": "您好，我来帮您"}, token=service)
    assert told == {"delivery": "sent"}
    assert await heard(house, person) == ["您好，我来帮您"], "for real, and the note never"
    assert await house.say(person, "好的") == ""
    thread = await house.api("GET", here, token=service)
    assert [(line["side"], line["text"]) for line in thread["lines"]][-4:] == [
        ("follower", "衣服上有线头怎么办"), ("note", "老客户，耐心"), ("staff", "您好，我来帮您"), ("follower", "好的"),
    ]  # fmt: skip
    assert thread["member"]["points"] == 0
    await house.api("POST", f"{here}/hand-back", token=service)
    assert "打个分" in (await heard(house, person))[-1]
    assert (await house.say(person, "4分")).startswith("谢谢您的评价"), "a rating, and no word of points"
    assert "积分可用" in await house.say(person, "我有多少积分"), "the bot is back"
    figures = await house.api("GET", "/staff/desk/metrics", token=service)
    assert (figures["waiting"], figures["taken"], figures["answered"], figures["rating_average"]) == (0, 0, 1, 4)
    assert (await Handoff.get()).rating == 4


async def test_who_does_not_rate_is_not_held_up(house: House) -> None:
    person = await follower(house, "小林")
    service = await house.staff("service1")
    await house.say(person, "人工")
    here = f"/staff/desk/{(await chat_of(person)).id}"
    await house.api("POST", f"{here}/take", token=service)
    await house.api("POST", f"{here}/reply", {"text": "好"}, token=service)
    await house.api("POST", f"{here}/hand-back", token=service)
    assert "积分可用" in await house.say(person, "我有多少积分")
    assert (await Handoff.get()).rating is None
    assert (await chat_of(person)).form == {}


async def test_two_who_take_one_chat_at_once_one_wins(house: House) -> None:
    person = await follower(house, "小林")
    await house.say(person, "人工")
    row = await chat_of(person)
    ids = [await colleague(f"service{n}", "service") for n in range(2, 6)]
    outcomes = await asyncio.gather(
        *(desk.take(house.shop, Clerk(i, True), row.id) for i in ids), return_exceptions=True
    )
    assert [type(o) for o in outcomes if o is not None] == [WrongState] * 3
    [winner] = [i for i, o in zip(ids, outcomes, strict=True) if o is None]
    assert (await chat_of(person)).owner == f"staff:{winner}"
    assert (await Handoff.get()).staff_id == winner


async def test_the_queue_is_by_complaint_standing_and_waiting(house: House) -> None:
    plain, paying, angry = [await follower(house, name) for name in ("甲", "乙", "丙")]
    await plan((await member_of(paying)), stylings=6)
    for person, words in ((plain, "人工"), (paying, "人工"), (angry, "我要投诉 衣服是破的 你们怎么回事")):
        await house.say(person, words)
        await house.move(seconds=20)
    rows = await queue(house, await house.staff("service1"))
    assert [r["conversation_id"] for r in rows] == [(await chat_of(p)).id for p in (angry, paying, plain)]
    # Who complains while waiting goes up as well, once, and the bot stays silent.
    for _ in range(2):
        assert await house.say(plain, "我要投诉 衣服是破的 你们怎么回事") == ""
    assert await house.say(paying, "好的 我等着") == ""
    rows = await queue(house, await house.staff("service1"))
    assert [(r["conversation_id"], r["reason"], r["priority"]) for r in rows] == [
        ((await chat_of(plain)).id, "complaint", 1000),
        ((await chat_of(angry)).id, "complaint", 1000),
        ((await chat_of(paying)).id, "human_agent", 1),
    ]


async def member_of(person: Person) -> int:
    member = await Member.get(identities__openid__in=list(person.openids.values()))
    return int(member.id)


async def test_bound_people_first_then_the_pool_then_one_after_another(house: House) -> None:
    person = await follower(house, "小林")
    member_id = await member_of(person)
    lin = await Stylist.get(name="林晚")
    guide = await colleague("guide7", "guide")
    one = (await StaffUser.get(login="service1")).id
    two = await colleague("service9", "service")
    await Member.filter(id=member_id).update(stylist_id=lin.id)
    service = await house.staff("service1")
    await house.api("PUT", f"/staff/members/{member_id}/guide", {"staff_id": guide}, token=service)
    assert (await GuideBinding.get()).staff_id == guide
    await house.api("PUT", f"/staff/members/{member_id}/guide", {"staff_id": one}, token=service, status=403)
    await house.say(person, "人工")

    async def asked() -> int:
        return int((await Handoff.get()).offered_to)

    assert await asked() == lin.staff_id
    others = await colleague("stylist9", "stylist")
    assert others
    assert await queue(house, await house.staff("stylist9")) == [], "a stranger sees nothing"
    here = f"/staff/desk/{(await chat_of(person)).id}"
    await house.api("GET", here, token=await house.staff("stylist9"), status=404)
    assert len(await queue(house, await house.staff("stylist1"), "mine")) == 1
    await house.move(minutes=9, seconds=59)
    assert await asked() == lin.staff_id
    await house.move(seconds=16)
    assert await asked() == guide
    await house.move(minutes=11)
    assert await asked() == 0, "the pool"
    await house.move(minutes=11)
    first = await asked()
    await house.move(minutes=11)
    assert {first, await asked()} == {one, two}
    await house.move(minutes=11)
    assert await asked() == 0, "everybody was asked: a new round"


async def test_the_timer_takes_a_chat_from_who_does_not_answer_and_runs_once(house: House) -> None:
    person = await follower(house, "小林")
    two = await colleague("service2", "service")
    one = (await StaffUser.get(login="service1")).id
    service = await house.staff("service1")
    await house.say(person, "人工")
    row = await chat_of(person)
    await house.api("POST", f"/staff/desk/{row.id}/take", token=service)
    begun = await house.now()
    house.world.clock.set(begun + timedelta(minutes=10) - timedelta(microseconds=1), frozen=True)
    assert await desk.pass_on(house.shop) == 0
    house.world.clock.set(begun + timedelta(minutes=10), frozen=True)
    assert sum(await asyncio.gather(*(desk.pass_on(house.shop) for _ in range(4)))) == 1
    assert ((await chat_of(person)).owner, (await Handoff.get()).offered_to) == ("desk", 0)
    await house.api("POST", f"/staff/desk/{row.id}/reply", {"text": "迟了"}, token=service, status=409)
    await desk.take(house.shop, Clerk(two, True), row.id)
    await house.api("POST", f"/staff/desk/{row.id}/reply", {"text": "我来"}, token=await house.staff("service2"))
    await house.move(hours=1)
    assert (await chat_of(person)).owner == f"staff:{two}", "who has answered keeps it"
    await house.say(person, "还在吗")
    await house.move(minutes=11)
    assert (await chat_of(person)).owner == "desk", "a later question runs the timer again"
    assert one != two


async def test_off_hours_the_hand_off_names_the_next_opening(house: House) -> None:
    for hour, minute, words in (
        (12, 0, "今天 13:00"),
        (12, 59, "今天 13:00"),
        (21, 0, "明天 09:00"),
        (8, 30, "今天 09:00"),
    ):
        person = await follower(house, f"人{hour}")
        day = MONDAY + timedelta(days=hour)
        await house.move_to(at(day, time(hour, minute)))
        assert words in await house.say(person, "转人工")
        due_at = (await Handoff.get(openid__in=list(person.openids.values()))).due_at
        assert due_at is not None
        assert due_at > await house.now() + timedelta(minutes=10)


async def test_without_a_window_the_words_go_to_the_inbox_and_the_staff_is_told(house: House) -> None:
    person = await follower(house, "小林")
    service = await house.staff("service1")
    await house.say(person, "人工")
    here = f"/staff/desk/{(await chat_of(person)).id}"
    await house.api("POST", f"{here}/take", token=service)
    left = sum([w.left_count for w in await ReplyWindow.all()])
    assert (await house.api("POST", f"{here}/reply", {"text": "一"}, token=service))["delivery"] == "sent"
    assert sum([w.left_count for w in await ReplyWindow.all()]) == left - 1, "counted"
    await house.move(hours=49)
    service = await house.staff("service1")
    told = await house.api("POST", f"{here}/reply", {"text": "二"}, token=service)
    assert told == {"delivery": "inbox"}
    assert [n.text for n in await InboxNote.filter(title="客服回复")] == ["二"]
    assert await heard(house, person) == ["一"]


async def test_a_transfer_offers_the_chat_to_a_colleague(house: House) -> None:
    person = await follower(house, "小林")
    two = await colleague("service2", "service")
    service, other = await house.staff("service1"), await house.staff("service2")
    await house.say(person, "人工")
    here = f"/staff/desk/{(await chat_of(person)).id}"
    await house.api("POST", f"{here}/take", token=service)
    await house.api("POST", f"{here}/transfer", {"to_staff_id": 999}, token=service, status=404)
    await house.api("POST", f"{here}/transfer", {"to_staff_id": two, "why": "尺码问题"}, token=service)
    await house.api("POST", f"{here}/reply", {"text": "还是我"}, token=service, status=409)
    [row] = await queue(house, other, "mine")
    assert row["offered_to"] == two
    await house.api("POST", f"{here}/take", token=other)
    assert (await house.api("POST", f"{here}/reply", {"text": "我接手了"}, token=other))["delivery"] == "sent"
    assert [(n.text, n.staff_id is not None) for n in await ChatLine.filter(side="note")] == [("尺码问题", True)]


async def test_canned_replies_are_filled_with_live_facts(house: House) -> None:
    person = await follower(house, "小林")
    service = await house.staff("service1")
    put = {"title": "会员到期", "text": "您有 {points} 积分，会员到 {plan_until}。"}
    await house.api("PUT", "/staff/desk/canned/plan", put, token=service)
    bad = {"title": "x", "text": "{secret}"}
    await house.api("PUT", "/staff/desk/canned/bad", bad, token=service, status=422)
    await house.api("PUT", "/staff/desk/canned/plan", put, token=await house.staff("stylist1"), status=403)
    await house.say(person, "人工")
    here = f"/staff/desk/{(await chat_of(person)).id}"
    await house.api("GET", f"{here}/canned/plan", token=service, status=422)
    await plan(await member_of(person), stylings=6)
    text = (await house.api("GET", f"{here}/canned/plan", token=service))["text"]
    assert text.startswith("您有 0 积分，会员到 ")
    assert "{" not in text
    assert [c["code"] for c in (await house.api("GET", "/staff/desk/canned", token=service))["items"]] == ["plan"]
    await house.api("DELETE", "/staff/desk/canned/plan", token=service)
    await house.api("DELETE", "/staff/desk/canned/plan", token=service, status=404)


async def test_pictures_and_clicks_are_seen_by_the_person_and_not_answered_by_the_bot(house: House) -> None:
    person = await follower(house, "小林")
    await house.wechat(f"/people/{person.id}/menu", {"key": "points"})
    shown = await ChatLine.filter(side="follower").values_list("text", "intent")
    assert shown == [("[菜单] 查积分", "points_balance")], "what was tapped before the hand-off is read too"
    await house.say(person, "人工")
    before = len(await house.chat(person))
    await house.wechat(f"/people/{person.id}/image", {"pic_url": "http://mmbiz.example/1.jpg"})
    await house.wechat(f"/people/{person.id}/scan", {"scene": "desk-1"})
    out = [i for i in (await house.chat(person))[before:] if i["direction"] == "out"]
    assert out == []
    assert (await ChatLine.filter(side="follower").order_by("-id").first()).text.startswith("[图片] http")  # type: ignore[union-attr]

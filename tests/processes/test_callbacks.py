"""Callbacks over two processes and a slow database: in time, worked once, answered once, never lost."""

import asyncio
from typing import Any

from sandbox.world import Person
from tests.processes.farm import ANSWER_SECONDS, Town
from tests.processes.pushes import deliver, follower, openid_of, subscribe, text
from tests.support.money import buy, shopper

IN_TIME_MS = 5000
"""WeChat hangs up after this."""


async def pushed(town: Town, person: Person) -> list[str]:
    """What reached the person by customer-service messages."""
    return [item["content"] for item in await town.chat(person) if item["kind"] == "custom"]


async def events(town: Town, person: Person, kind: str) -> list[dict[str, Any]]:
    return await town.rows(
        "SELECT id, reply, handled_at FROM inbound_event WHERE kind = $1 AND external_id LIKE $2",
        kind,
        f"{openid_of(town, person)}:%",
    )


async def lines(town: Town, person: Person) -> list[str]:
    rows = await town.rows("SELECT side FROM chat_line WHERE openid = $1 ORDER BY id", openid_of(town, person))
    return [row["side"] for row in rows]


async def test_three_equal_follows_at_once_make_one_member(town: Town) -> None:
    person = await town.person("三次")
    await town.fault("callback:subscribe", "drop")
    await town.follow(person)
    push = subscribe(town, person)
    bases = (town.base, town.mortal.base, town.base)
    told = await asyncio.gather(*(deliver(town, base, push) for base in bases))
    assert [status for status, _ in told] == [200, 200, 200]
    replies = {reply for _, reply in told if reply}
    assert len(replies) == 1, "one welcome, and who comes second has nothing to say or says the same"
    assert "欢迎" in replies.pop()
    assert len(await events(town, person, "subscribe")) == 1
    assert await pushed(town, person) == []

    await town.move(seconds=10)
    token = await town.login(person)
    me = await town.api("GET", "/me", token=token)
    assert me["points"]["usable"] == 100
    people = await town.rows(
        "SELECT DISTINCT member_id FROM identity WHERE openid = ANY($1)", list(person.openids.values())
    )
    assert people == [{"member_id": me["member_id"]}]
    lots = await town.rows("SELECT reason FROM points_lot WHERE member_id = $1", me["member_id"])
    assert [lot["reason"] for lot in lots] == ["welcome"]
    welcomes = await town.value(
        "SELECT count(*) - count(DISTINCT step) FROM care_message WHERE member_id = $1", me["member_id"]
    )
    assert welcomes == 0, "the welcome path is planned once"


async def test_one_text_to_both_processes_is_worked_once(town: Town) -> None:
    person = await follower(town)
    push = text(town, person, "你好")
    told = await asyncio.gather(
        *(deliver(town, base, push) for base in (town.base, town.mortal.base, town.base, town.mortal.base))
    )
    assert [status for status, _ in told] == [200] * 4
    assert len({reply for _, reply in told if reply}) == 1
    assert len(await events(town, person, "text")) == 1
    assert await lines(town, person) == ["follower", "bot"]
    assert await pushed(town, person) == []


async def test_two_lines_of_one_follower_in_two_processes_are_worked_in_turn(town: Town) -> None:
    people = []
    for number in range(3):
        who = await shopper(town, f"会员{number}")
        await buy(town, who, "monthly")
        await town.follow(who.person)
        people.append(who.person)
    # The two openids of each are joined.
    await town.move(seconds=30)
    for person in people:
        await deliver(town, town.base, text(town, person, "我想约个搭配师"))
    told = await asyncio.gather(
        *(
            deliver(town, base, text(town, person, words))
            for person in people
            for base, words in ((town.base, "周四下午"), (town.mortal.base, "视频的"))
        )
    )
    assert all(status == 200 and reply for status, reply in told), told
    for person in people:
        [talk] = await town.rows(
            "SELECT (form->'slots')::text AS slots, turn_event_id FROM conversation WHERE openid = $1",
            openid_of(town, person),
        )
        assert talk["slots"], told
        # Neither line has overwritten what the other one brought.
        assert "video" in talk["slots"], talk
        assert "2026-" in talk["slots"], talk
        assert talk["turn_event_id"] is None
        assert await lines(town, person) == ["follower", "bot"] * 3


async def test_what_cannot_be_stored_in_time_comes_in_with_wechats_retry(town: Town) -> None:
    person = await follower(town)
    async with town.locked("inbound_event", "ACCESS EXCLUSIVE") as waited_for:
        said = asyncio.ensure_future(town.wechat(f"/people/{person.id}/text", {"content": "你好"}))
        await waited_for()
        await asyncio.sleep(ANSWER_SECONDS * 1.4)
    deliveries = (await said)["deliveries"]
    assert [d["status"] for d in deliveries][:1] == [503]
    assert deliveries[-1]["status"] == 200
    assert all(d["ms"] < IN_TIME_MS for d in deliveries)
    assert len([d for d in deliveries if d["reply"]]) == 1
    [event] = await events(town, person, "text")
    assert event["handled_at"] is not None
    assert await lines(town, person) == ["follower", "bot"]
    assert await pushed(town, person) == []


async def test_when_wechat_has_given_up_the_answer_is_pushed(town: Town) -> None:
    person = await follower(town)
    async with town.locked("inbound_event", "ACCESS EXCLUSIVE"):
        told = await town.wechat(f"/people/{person.id}/text", {"content": "你好"})
        assert [d["status"] for d in told["deliveries"]] == [503, 503, 503]
        assert all(d["ms"] < IN_TIME_MS for d in told["deliveries"])

    async def answered() -> bool:
        return bool(await pushed(town, person))

    await town.until("the answer is pushed", answered)
    await town.move(seconds=95)
    assert len(await pushed(town, person)) == 1
    assert len(await events(town, person, "text")) == 1
    assert await lines(town, person) == ["follower", "bot"]


async def test_stored_but_slow_is_a_success_now_and_an_answer_later(town: Town) -> None:
    person = await follower(town)
    async with town.locked("chat_line", "EXCLUSIVE"):
        told = await town.wechat(f"/people/{person.id}/text", {"content": "你好"})
    [delivery] = told["deliveries"]
    assert (delivery["status"], delivery["reply"]) == (200, None)
    assert 1000 * ANSWER_SECONDS <= delivery["ms"] < IN_TIME_MS

    async def answered() -> bool:
        return bool(await pushed(town, person))

    await town.until("the answer is pushed", answered)
    await town.move(seconds=95)
    assert len(await pushed(town, person)) == 1
    assert await lines(town, person) == ["follower", "bot"]

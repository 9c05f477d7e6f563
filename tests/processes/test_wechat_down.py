"""WeChat busy, out of quota, refusing the token, silent: what was wanted is done in the end, and once."""

from datetime import datetime, time, timedelta

from domain.clock import SHANGHAI, at, day_of
from tests.processes.farm import WECHAT_SECONDS, Town
from tests.processes.pushes import follower, openid_of
from tests.support.boxes import life
from tests.support.money import buy, shopper

CUSTOM = "/cgi-bin/message/custom/send"
USER_INFO = "/cgi-bin/user/info"
REFUNDS = "/v3/refund/domestic/refunds"


async def test_who_a_follower_is_is_learnt_in_the_end(town: Town) -> None:
    # A read is tried three times at once where WeChat is merely busy.
    await town.fault(USER_INFO, "delay", seconds=WECHAT_SECONDS + 1)
    await town.fault(USER_INFO, "errcode", errcode=-1, times=3)
    await town.fault(USER_INFO, "errcode", errcode=45009)
    await town.fault(USER_INFO, "errcode", errcode=40001)
    person = await follower(town)
    intent = await town.healed("fetch_profile", f"openid:{openid_of(town, person)}")
    assert intent["state"] == "done"
    # The first, slow read meets one of the other faults when it wakes up, hence three attempts or four.
    assert intent["attempts"] in (3, 4)
    assert (await town.wechat("/faults", method="GET"))["faults"] == []
    # The unionid is known: whoever logs in with it is the follower.
    me = await town.api("GET", "/me", token=await town.login(person))
    members = await town.rows("SELECT member_id FROM identity WHERE openid = ANY($1)", list(person.openids.values()))
    assert {row["member_id"] for row in members} == {me["member_id"]}


async def test_a_refund_gets_through_and_is_paid_once(town: Town) -> None:
    box = await life(town)
    await box.cover("deposit")
    await town.fault(REFUNDS, "delay", seconds=WECHAT_SECONDS + 1)
    await town.fault(REFUNDS, "status", status=500)
    await town.fault(REFUNDS, "status", status=429)
    await town.fault(REFUNDS, "drop_after")
    await box.call("POST", f"/boxes/{box.id}/cancel", {})
    number = await town.value("SELECT out_refund_no FROM refund WHERE ref = $1", f"box:{box.id}")
    intent = await town.healed("refund", number)
    assert intent["state"] == "done"
    assert intent["attempts"] >= 4
    await town.move(seconds=30)
    assert await town.value("SELECT state FROM refund WHERE out_refund_no = $1", number) == "done"
    done = [r for r in (await town.money())["refunds"] if r["out_refund_no"] == number]
    assert [(r["status"], r["amount"]["refund"]) for r in done] == [("SUCCESS", 30_000)]
    assert await town.balance(box_id=box.id) == {}


async def test_a_reminder_gets_through_and_is_read_once(town: Town) -> None:
    who = await shopper(town)
    await buy(town, who)
    await town.follow(who.person)
    # Noon of a day on whose morrow somebody works.
    day = day_of(await town.now()) + timedelta(days=1)
    while day.weekday() > 3:
        day += timedelta(days=1)
    await town.move_to(at(day, time(12)))
    token = await town.login(who.person)
    told = await town.api("GET", f"/slots?from={day + timedelta(days=1)}&to={day + timedelta(days=1)}", token=token)
    slot = next(s for s in told["days"][0]["slots"] if _hour(s["starts_at"]) >= 13)
    body = {"starts_at": slot["starts_at"], "stylist_id": slot["stylist_ids"][0], "mode": "store"}
    booking = await town.api("POST", "/bookings", body, token=token)
    await town.say(who.person, "你好")

    await town.fault(CUSTOM, "errcode", errcode=-1)
    await town.fault(CUSTOM, "errcode", errcode=40001)
    await town.fault(CUSTOM, "status", status=502)
    await town.move_to(at(day, time(18)))
    for _ in range(10):
        await town.move(seconds=65)
    [message] = await town.rows(
        "SELECT state, channel, attempts FROM care_message WHERE occurrence = $1 AND step LIKE '%day_before'",
        f"booking:{booking['id']}",
    )
    assert message["state"] == "sent", message
    read = [i for i in await town.chat(who.person) if i["direction"] == "out" and i["kind"] != "passive"]
    reminders = [i for i in read if "预约" in str(i)]
    assert len(reminders) == 1, read


def _hour(instant: str) -> int:
    return datetime.fromisoformat(instant).astimezone(SHANGHAI).hour

"""Letters by hand: contacts learned, a promotion laid before the member's own stylist in WeCom, and how it went."""

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.path import Event
from domain.wecom import stands_until
from models import CareMessage, Consent, Member, OutsideCall, StaffUser, StylistPlace, WecomContact, WecomTask
from sandbox.wecom.state import CorpDesk
from sandbox.world import Fault, Person
from services import campaigns, care, closings, outside, wecom_contacts, wecom_letters, wecom_tasks
from services.care_sending import send_due
from services.transaction import transaction
from tests.flows.test_campaigns import TEN, rows, words
from tests.support.care import member_id_of, told
from tests.support.house import House
from tests.support.kill_points import killed_at

MINUTE = timedelta(minutes=1)
STRIDE = int(os.environ.get("KILL_STRIDE", "4"))
"""How many awaits lie between two crashes; 1 walks them all."""


@dataclass
class Hers:
    """A stylist with her account in WeCom."""

    userid: str
    token: str
    stylist_id: int


async def stylist(house: House) -> Hers:
    object.__setattr__(house.shop.rules.care, "holdout_percent", 0)
    await house.wechat("/wecom/staff", {"userid": "linwan", "name": "林晚"})
    user = await StaffUser.get(login="stylist1")
    admin = await house.staff("admin1")
    changed = await house.api("PUT", f"/staff/users/{user.id}", {"wecom_userid": "linwan"}, token=admin)
    assert changed["wecom_userid"] == "linwan"
    other = await StaffUser.get(login="stylist2")
    _, no = await house.ask("PUT", f"/staff/users/{other.id}", {"wecom_userid": "linwan"}, token=admin)
    assert (no["code"], no["field"]) == ("invalid", "wecom_userid")
    team = await house.api("GET", "/staff/stylists", token=admin)
    hers = next(one["id"] for one in team["items"] if one["staff_id"] == user.id)
    return Hers("linwan", await house.staff("stylist1"), hers)


async def customer(house: House, her: Hers, name: str, *, contact: bool = True) -> tuple[Person, int]:
    """A follower who agreed to promotions, is bound to her, and (unless not) is her contact in WeCom."""
    person = house.world.add_person(name)
    await house.follow(person)
    member_id = await member_id_of(house, person)
    await Member.filter(id=member_id).update(stylist_id=her.stylist_id, unionid=person.unionid)
    # The welcome would take the day's one promotion.
    await CareMessage.filter(member_id=member_id).delete()
    await Consent.create(
        member_id=member_id, purpose="promotion", channel="chat", terms_version="1", given=True, created_at=TEN
    )
    if contact:
        await house.wechat("/wecom/contacts", {"person": person.id, "userid": her.userid})
        await outside.call_due(house.shop)
    return person, member_id


async def launched(house: House, **other: Any) -> int:
    """A campaign that goes by hand first, then by the open window, sent now."""
    token = await house.staff("marketing1")
    now = house.shop.now()
    body = words(
        audience={}, channels=["stylist", "window"], start_at=now.isoformat(),
        useful_until=(now + timedelta(days=3)).isoformat(),
    )  # fmt: skip
    made = await house.api("POST", "/staff/campaigns", {**body, **other}, token=token)
    assert made["channels"] == ["stylist", "window"]
    await house.api("POST", f"/staff/campaigns/{made['id']}/launch", token=token)
    await sent_out(house)
    campaign_id: int = made["id"]
    return campaign_id


async def sent_out(house: House) -> None:
    """Plan and send what is due, and let the minute of gathering pass; each by two workers at once."""
    await campaigns.plan_launched(house.shop)
    await asyncio.gather(send_due(house.shop), send_due(house.shop))
    house.world.clock.set(house.shop.now() + MINUTE, frozen=True)
    await asyncio.gather(outside.call_due(house.shop), outside.call_due(house.shop))


async def later(house: House, **by: float) -> None:
    house.world.clock.set(house.shop.now() + timedelta(**by), frozen=True)
    await asyncio.gather(wecom_tasks.look_at_open(house.shop), wecom_tasks.look_at_open(house.shop))
    await send_due(house.shop)


async def laid(house: House) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = (await house.wechat("/wecom/tasks", method="GET"))["tasks"]
    return tasks


async def state(campaign_id: int, member_id: int) -> tuple[str, str, list[list[str]]]:
    row = (await rows(campaign_id))[member_id]
    return row.state, row.channel, row.tried


async def test_contacts_are_told_read_at_night_and_end(house: House) -> None:
    assert (await house.wechat("/wecom/verify-url"))["ok"], "the echostr is encrypted, its plaintext comes back"
    her = await stylist(house)
    house.world.inject(Fault(match="callback:add_external_contact", kind="duplicate"))
    _, one = await customer(house, her, "安")
    contact = await WecomContact.get(member_id=one)
    assert (contact.userid, contact.ended_at) == ("linwan", None)
    # A path's step may name her hand too.
    token = await house.staff("marketing1")
    spec = (await house.api("GET", "/staff/paths/birthday", token=token))["spec"]
    by_hand = {**spec, "steps": [{**spec["steps"][0], "channels": ["stylist"]}]}
    body = {"spec": by_hand, "based_on": 0, "why": "by hand"}
    await house.api("PUT", "/staff/paths/birthday", body, token=token)
    async with transaction():
        await care.start(house.shop, one, Event.BIRTHDAY, "birthday:2026", TEN - timedelta(hours=10))
    await sent_out(house)
    assert [task["text"].partition("\n")[0] for task in await laid(house)] == ["生日快乐"]
    # A callback that is not WeCom's is not read, nor one of another corporation, nor an old one.
    async with house.http.get(f"{house.base}/wechat/wecom", params={"echostr": "x", "timestamp": "1"}) as answer:
        assert answer.status == 403
    async with house.http.post(f"{house.base}/wechat/wecom", data=b"<xml><Encrypt>x</Encrypt></xml>") as answer:
        assert answer.status == 403
    # Lost callbacks: somebody came, somebody went. And a stranger is no business of ours.
    ann = next(p for p in house.world.people.values() if p.name == "安")
    await house.wechat("/wecom/contacts/end", {"person": ann.id, "userid": her.userid, "told": False})
    other, two = await customer(house, her, "贝", contact=False)
    await house.wechat("/wecom/contacts", {"person": other.id, "userid": her.userid, "told": False})
    stranger = house.world.add_person("路人")
    await house.wechat("/wecom/contacts", {"person": stranger.id, "userid": her.userid})
    await outside.call_due(house.shop)
    assert await WecomContact.filter(member_id=None).count() == 1, "not known yet: by WeCom's name only"
    house.world.clock.set(house.shop.now() + MINUTE, frozen=True)
    await house.wechat("/wecom/tokens/revoke")
    assert await wecom_contacts.read_all(house.shop) == 1
    assert (await WecomContact.get(member_id=one)).ended_at is not None
    assert (await WecomContact.get(member_id=two)).ended_at is None
    assert await WecomContact.filter(member_id=None).count() == 0
    await house.wechat("/wecom/contacts/end", {"person": other.id, "userid": her.userid})
    assert (await WecomContact.get(member_id=two)).ended_at is not None


async def test_a_letter_goes_through_her_hand_or_the_next_channel(house: House) -> None:
    her = await stylist(house)
    (ann, one), (ben, two), (_, three) = [await customer(house, her, name) for name in ("安", "贝", "陈")]
    _, four = await customer(house, her, "丁", contact=False)
    first = await launched(house)
    # One task for all who get the same words; who is not her contact got it in the open window at once.
    [task] = await laid(house)
    assert (task["userid"], task["text"], len(task["customers"])) == ("linwan", "新衬衫\n秋天的新衬衫到了。", 3)
    assert await state(first, four) == ("sent", "window", [["stylist", "no_stylist"]])
    assert await state(first, one) == ("sending", "stylist", [])
    listed = (await house.api("GET", "/staff/letters", token=her.token))["items"]
    # Two senders filled it at once, so whose letter is the first is chance.
    assert [(t["state"], t["text"], sorted(x["member_id"] for x in t["letters"])) for t in listed] == [
        ("open", task["text"], [one, two, three])
    ]
    assert (await house.api("GET", "/staff/letters", token=await house.staff("stylist2")))["items"] == []

    # One customer deletes her before she sends, one has said no meanwhile: the task is stopped and laid anew.
    await house.wechat("/wecom/contacts/end", {"person": ben.id, "userid": her.userid})
    await Consent.create(
        member_id=three, purpose="promotion", channel="chat", terms_version="1", given=False,
        created_at=house.shop.now(),
    )  # fmt: skip
    await later(house, minutes=1)
    assert await state(first, three) == ("skipped", "", [])
    assert (await rows(first))[three].reason == "no_consent"
    assert await state(first, two) == ("sent", "inbox", [["stylist", "no_stylist"], ["window", "no_window"]])
    await sent_out(house)
    old, new = await laid(house)
    assert (old["stopped"], len(new["customers"])) == (True, 1)
    await house.wechat(f"/wecom/tasks/{new['msgid']}/confirm")
    await later(house, minutes=1)
    assert await state(first, one) == ("sent", "stylist", [])
    assert [item["content"] for item in await told(house, ann, "wecom")] == [task["text"]]
    assert await StylistPlace.all().order_by("member_id").values_list("member_id", "taken") == [
        (one, 1), (two, 0), (three, 0),
    ]  # fmt: skip
    report = await house.api("GET", f"/staff/campaigns/{first}/report", token=await house.staff("marketing1"))
    assert {c["channel"]: c["outcome"]["members"] for c in report["channels"]} == {
        "inbox": 1, "stylist": 1, "window": 1,
    }  # fmt: skip

    # She does nothing until the evening: stopped at 22:00, and the next channel takes over in the morning.
    await Consent.filter(member_id=three).delete()
    house.world.clock.set(house.shop.now() + timedelta(days=1), frozen=True)
    second = await launched(house)
    assert await state(second, one) == ("sending", "stylist", [])
    await later(house, hours=13)
    assert (await laid(house))[-1]["stopped"]
    assert (await rows(second))[one].reason == "quiet_hours"
    await later(house, hours=9)
    assert (await state(second, one))[1:] == ("inbox", [["stylist", "not_sent"], ["window", "no_window"]])
    assert await WecomTask.exclude(state="done").count() == 0


async def test_limits_faults_and_crashes_leave_true_reasons(house: House) -> None:
    her = await stylist(house)
    _, one = await customer(house, her, "安")
    add = "/cgi-bin/externalcontact/add_msg_template"

    async def day(after: int, **what: Any) -> int:
        """The campaign of another day, with whatever goes wrong on the way to WeCom."""
        house.world.clock.set(TEN + timedelta(days=after), frozen=True)
        if what:
            house.world.inject(Fault(match=add, **what))
        return await launched(house)

    object.__setattr__(house.shop.rules.care, "promotions_a_week", 20)
    # WeCom is busy: asked again, laid once.
    busy = await day(1, kind="errcode", errcode=45033)
    assert await state(busy, one) == ("sending", "stylist", [])
    house.world.clock.set(house.shop.now() + MINUTE, frozen=True)
    await outside.call_due(house.shop)
    [task] = await laid(house)
    # Her contact may have one a day: on sending WeCom says that it is one too many, and so do our books.
    await house.wechat("/wecom/limit", {"rule": "day"})
    house.world.room(CorpDesk).received(task["customers"][0]["external_userid"])
    await house.wechat(f"/wecom/tasks/{task['msgid']}/confirm")
    await later(house, minutes=1)
    assert await state(busy, one) == ("sent", "inbox", [["stylist", "month_full"], ["window", "no_window"]])
    assert (await StylistPlace.get(member_id=one)).taken == house.shop.rules.wecom.letters_a_month
    # Of eight who want the last places of another month at once, as many get one as there are.
    house.world.clock.set(TEN + timedelta(days=60), frozen=True)
    got = await asyncio.gather(*(wecom_letters.take_place(house.shop, one) for _ in range(8)))
    assert sum(got) == house.shop.rules.wecom.letters_a_month
    # So nothing more is laid before her this month; in the next one WeCom refuses before she is asked.
    full = await day(2)
    assert (await state(full, one))[2][0] == ["stylist", "no_place"]
    house.world.clock.set(TEN + timedelta(days=9), frozen=True)
    house.world.room(CorpDesk).received(task["customers"][0]["external_userid"])
    refused = await day(9)
    await later(house, minutes=1)
    assert await state(refused, one) == ("sent", "inbox", [["stylist", "refused"], ["window", "no_window"]])
    assert (await StylistPlace.get(member_id=one, month="2026-12")).taken == 0, "given back"
    # The answer is lost: nobody knows, so nobody says it again.
    await house.wechat("/wecom/limit", {"rule": "month"})
    unknown = await day(10, kind="drop_after")
    assert await state(unknown, one) == ("unknown", "stylist", [])
    # Killed between the mark and the call: the same.
    crashed = await day(11, kind="errcode", errcode=-1)
    await WecomTask.filter(state="wanted").update(state="calling")
    await OutsideCall.filter(kind="wecom_task", state="wanted").update(next_at=house.shop.now())
    await outside.call_due(house.shop)
    assert await state(crashed, one) == ("unknown", "stylist", [])
    assert len(await laid(house)) == 2, "the lost one, too, is with her"

    # A closed account is taken back from her.
    closed = await day(12)
    assert await state(closed, one) == ("sending", "stylist", [])
    await closings.ask(house.shop, one)
    await later(house, minutes=1)
    assert (await CareMessage.get(occurrence=f"campaign:{closed}")).reason == "member_gone"
    assert (await laid(house))[-1]["stopped"]
    assert await WecomContact.all().count() == 0


async def test_a_crash_at_any_await_lets_nobody_hear_it_twice(house: House) -> None:
    """The call and the look of the evening are killed at one await after the other, and the jobs run again."""
    her = await stylist(house)
    person, one = await customer(house, her, "安")
    campaign = await launched(house)
    external = (await WecomContact.get(member_id=one)).external_userid

    async def letter(number: int) -> CareMessage:
        """A message in her hands, in a task that gathers."""
        now = house.shop.now()
        until = stands_until(now, now + timedelta(days=1), house.shop.rules.care)
        message = await CareMessage.create(
            member_id=one, path="campaign", step=f"copy {number}", occurrence=f"campaign:{campaign}", edition="a",
            message_class="promotion", send_at=now, useful_until=now + timedelta(days=1), state="sending",
            channel="stylist", sent_at=now, created_at=now,
        )  # fmt: skip
        async with transaction():
            hand = wecom_letters.Hand(1, her.userid, external, f"第{number}次", until)
            await wecom_letters.hand_over(house.shop, [(message.id, one, hand)])
        house.world.clock.set(now + MINUTE, frozen=True)
        return message

    point, calling, looking = 0, True, True
    while calling or looking:
        point += STRIDE
        house.world.clock.set(TEN + timedelta(days=point), frozen=True)
        message = await letter(point)
        if calling:
            calling = await killed_at(outside.call_due(house.shop), point) >= point
            house.world.clock.set(house.shop.now() + MINUTE, frozen=True)
        await outside.call_due(house.shop)
        mine = [task for task in await laid(house) if task["text"] == f"第{point}次"]
        await message.refresh_from_db()
        # Where the crash left it open whether WeCom has it, nobody says it again.
        assert (len(mine), message.state) in ((1, "sending"), (1, "unknown"), (0, "unknown"))
        house.world.clock.set(TEN + timedelta(days=point, hours=12), frozen=True)
        if looking:
            looking = await killed_at(wecom_tasks.look_at_open(house.shop), point) >= point
        await wecom_tasks.look_at_open(house.shop)
        seen = message.state
        await message.refresh_from_db()
        if seen == "sending":
            assert (message.state, message.tried) == ("planned", [["stylist", "not_sent"]])
            assert next(task for task in await laid(house) if task["text"] == f"第{point}次")["stopped"]
        await CareMessage.filter(id=message.id).delete()
    assert point > 10, "there was something to kill"
    assert await told(house, person, "wecom") == []

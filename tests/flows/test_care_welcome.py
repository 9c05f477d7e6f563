"""The first thirty days: consent, caps, quiet hours, exits, the control group, unfollowing, the kill switch."""

from datetime import timedelta

import pytest

from domain.box import BoxState
from domain.care_gate import held_out
from domain.clock import at
from models import Box, CareMessage, InboxNote, Member
from services import consents
from tests.support.care import a_member, messages, told
from tests.support.house import START, House

DAY_ONE = at(START.date() + timedelta(days=1))


def day(number: int, hour: int, minute: int = 0) -> timedelta:
    """A wall-clock time of the `number`-th day after joining, as an offset from midnight of day one."""
    return timedelta(days=number - 1, hours=hour, minutes=minute)


async def test_a_follower_who_agreed_hears_of_us_on_the_days_of_the_path(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await house.move_to(DAY_ONE + day(1, 10, 29))
    assert (await messages(member_id, "welcome"))["how_it_works"].state == "planned"
    await house.move_to(DAY_ONE + day(1, 10, 30))
    first = (await messages(member_id, "welcome"))["how_it_works"]
    # Nothing was written to us, so there is no window; a promotion fits no template: the inbox carries it.
    assert (first.state, first.channel) == ("sent", "inbox")
    assert first.tried == [["window", "no_window"], ["credit", "no_template"], ["template", "promotion"]]
    inbox = await house.api("GET", "/me/inbox", token=await house.login(person))
    assert [note["title"] for note in inbox["items"]] == ["盒子怎么玩"]
    assert inbox["unread"] == 1
    # A line in the chat opens a window: the next word comes into the chat.
    await house.move_to(DAY_ONE + day(3, 12))
    await house.say(person, "你好")
    await house.move_to(DAY_ONE + day(3, 19, 30))
    [word] = await told(house, person, "custom")
    assert "风格档案" in word["content"]
    assert (await messages(member_id, "welcome"))["style_profile"].channel == "window"
    for number, hour in ((7, 11), (14, 20), (30, 11)):
        await house.move_to(DAY_ONE + day(number, hour))
    assert {name: m.state for name, m in (await messages(member_id, "welcome")).items()} == {
        "how_it_works": "sent", "style_profile": "sent", "first_box": "sent", "stylist": "sent",
        "recommend": "skipped", "opinion": "sent",
    }  # fmt: skip


async def test_without_consent_nothing_is_said(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await house.move_to(DAY_ONE + day(1, 12))
    first = (await messages(member_id, "welcome"))["how_it_works"]
    assert (first.state, first.reason, first.channel) == ("skipped", "no_consent", "")
    assert await told(house, person, "custom") == []


async def test_unfollowing_between_plan_and_send_ends_it_and_following_again_does_not_revive_it(
    house: House,
) -> None:
    person, member_id, _ = await a_member(house)
    await house.wechat(f"/people/{person.id}/unfollow")
    await house.move_to(DAY_ONE + day(1, 12))
    first = (await messages(member_id, "welcome"))["how_it_works"]
    assert (first.state, first.reason) == ("skipped", "unfollowed")
    await house.follow(person)
    await house.move_to(DAY_ONE + day(3, 20))
    assert (await messages(member_id, "welcome"))["style_profile"].reason == "no_consent"


async def test_nobody_is_invited_to_what_they_have_found(house: House) -> None:
    _, member_id, token = await a_member(house)
    await house.api("PUT", "/me/consents/profile", {"given": True}, token=token)
    await house.api("PUT", "/me/profile", {"profile": {"top_size": "M"}}, token=token)
    await Box.create(member_id=member_id, state=BoxState.REQUESTED, created_at=house.shop.now())
    await house.move_to(DAY_ONE + day(1, 12))
    await house.move_to(DAY_ONE + day(3, 20))
    await house.move_to(DAY_ONE + day(7, 12))
    rows = await messages(member_id, "welcome")
    assert {name: rows[name].reason for name in ("how_it_works", "style_profile", "first_box")} == {
        "how_it_works": "has_box", "style_profile": "has_profile", "first_box": "has_box",
    }  # fmt: skip


async def test_what_is_no_longer_of_use_is_skipped(house: House) -> None:
    """The jobs stood still for five days: an introduction of day one is not told on day five."""
    _, member_id, _ = await a_member(house)
    await house.move_to(DAY_ONE + day(5, 12))
    rows = await messages(member_id, "welcome")
    assert rows["how_it_works"].reason == "late"
    assert rows["style_profile"].state == "sent"


async def test_a_promotion_waits_for_the_morning(house: House) -> None:
    _, member_id, _ = await a_member(house)
    await house.move_to(DAY_ONE + day(3, 22))
    waiting = (await messages(member_id, "welcome"))["style_profile"]
    assert (waiting.state, waiting.reason) == ("planned", "quiet_hours")
    assert waiting.send_at == DAY_ONE + day(4, 8)
    await house.move_to(DAY_ONE + day(4, 7, 59))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "planned"
    await house.move_to(DAY_ONE + day(4, 8))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "sent"


async def test_one_a_day_and_the_better_one_first(house: House) -> None:
    _, member_id, _ = await a_member(house)
    await CareMessage.filter(member_id=member_id, step="welcome.style_profile").update(send_at=DAY_ONE + day(7, 9))
    await CareMessage.filter(member_id=member_id).update(useful_until=DAY_ONE + day(40, 12))
    await CareMessage.filter(member_id=member_id, step="welcome.how_it_works").update(state="skipped")
    # At nine the plain one yields its place: the invitation is due at eleven.
    await house.move_to(DAY_ONE + day(7, 9))
    waiting = (await messages(member_id, "welcome"))["style_profile"]
    assert (waiting.state, waiting.reason, waiting.send_at) == ("planned", "outranked", DAY_ONE + day(8, 9))
    await house.move_to(DAY_ONE + day(7, 11))
    assert (await messages(member_id, "welcome"))["first_box"].state == "sent"
    await house.move_to(DAY_ONE + day(8, 9))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "sent"


async def test_the_fourth_in_seven_days_waits_to_the_second(house: House) -> None:
    _, member_id, _ = await a_member(house)
    oldest = house.shop.now()
    for number in range(3):
        await CareMessage.create(
            member_id=member_id, path="welcome", step=f"test.{number}", occurrence="join",
            message_class="promotion", state="sent", send_at=oldest, useful_until=oldest,
            sent_at=oldest + timedelta(days=number), created_at=oldest,
        )  # fmt: skip
    others = CareMessage.filter(member_id=member_id, state="planned").exclude(step="welcome.style_profile")
    await others.update(state="skipped")
    await CareMessage.filter(member_id=member_id, step="welcome.style_profile").update(
        useful_until=oldest + timedelta(days=8)
    )
    await house.move_to(DAY_ONE + day(3, 19, 30))
    waiting = (await messages(member_id, "welcome"))["style_profile"]
    assert (waiting.state, waiting.reason, waiting.send_at) == ("planned", "cap_week", oldest + timedelta(days=7))
    await house.move_to(oldest + timedelta(days=7) - timedelta(seconds=5))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "planned"
    await house.move_to(oldest + timedelta(days=7))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "sent"


async def test_the_control_group_is_left_alone_and_noted(house: House) -> None:
    _, member_id, _ = await a_member(house)
    held = next(n for n in range(100_000, 100_100) if held_out(n, house.shop.rules.care))
    told_before = await CareMessage.get(member_id=member_id, step="welcome.how_it_works")
    # A member of the control group is a member like any other: the same rows under such an id.
    member = await Member.get(id=member_id)
    await Member.create(
        id=held, first_seen_at=member.first_seen_at, first_source=member.first_source,
        last_seen_at=member.last_seen_at, created_at=member.created_at,
    )  # fmt: skip
    await consents.note(house.shop, held, "promotion", "miniapp", given=True)
    await CareMessage.filter(id=told_before.id).update(member_id=held)
    await house.move_to(DAY_ONE + day(1, 12))
    left = await CareMessage.get(id=told_before.id)
    assert (left.state, left.reason) == ("skipped", "holdout")


async def test_the_kill_switch_stops_everything_and_lets_it_go_again(house: House) -> None:
    _, member_id, _ = await a_member(house)
    marketing = await house.staff("marketing1")
    await house.api("PUT", "/staff/care/halt", {"halted": True, "why": "错发"}, token=marketing)
    assert (await house.api("GET", "/staff/care/halt", token=marketing))["why"] == "错发"
    await house.move_to(DAY_ONE + day(1, 12))
    assert (await messages(member_id, "welcome"))["how_it_works"].state == "planned"
    marketing = await house.staff("marketing1")
    await house.api("PUT", "/staff/care/halt", {"halted": False}, token=marketing)
    await house.move(seconds=10)
    assert (await messages(member_id, "welcome"))["how_it_works"].state == "sent"


async def test_stop_and_resume_by_a_word(house: House) -> None:
    person, member_id, _ = await a_member(house)
    assert "回复「是」" in await house.say(person, "退订")
    assert "不再给您发" in await house.say(person, "是")
    await house.move_to(DAY_ONE + day(1, 12))
    assert (await messages(member_id, "welcome"))["how_it_works"].reason == "no_consent"
    assert "恢复推荐和关怀消息" in await house.say(person, "恢复消息")
    await house.move_to(DAY_ONE + day(3, 20))
    assert (await messages(member_id, "welcome"))["style_profile"].state == "sent"


async def test_one_topic_is_left_and_taken_up_again_by_a_word(house: House) -> None:
    person, member_id, token = await a_member(house)
    on = [True] * 5

    async def topics() -> list[bool]:
        return [topic["on"] for topic in (await house.api("GET", "/me/topics", token=token))["items"]]

    assert "「新品与活动」" in await house.say(person, "上新的消息就别发了")
    assert await topics() == on
    assert "别的照常" in await house.say(person, "嗯")
    assert await topics() == [False, *on[1:]]
    assert await consents.consented(member_id, "promotion")
    assert "已经恢复" in await house.say(person, "恢复新品与活动消息")
    assert await topics() == on
    await house.say(person, "别再发活动消息了")
    assert "不再给您发推荐和关怀消息" in await house.say(person, "全部都不要了")
    assert not await consents.consented(member_id, "promotion")


async def test_my_account_stays(house: House) -> None:
    """ "Not my account!" answers the read-back: the messages stop, the account was never in question."""
    person, member_id, token = await a_member(house)
    assert "账号也会留着" in await house.say(person, "退订")
    assert "账号和会员都在" in await house.say(person, "不是注销啊 账号留着")
    assert await consents.consented(member_id, "promotion") is False
    assert (await house.api("GET", "/me/consents", token=token))["consents"]["promotion"] is False
    assert "已经关掉" in await house.say(person, "退订")


async def test_who_thinks_better_of_it_keeps_the_messages(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await house.say(person, "退订")
    assert "消息照常" in await house.say(person, "不是")
    assert await consents.consented(member_id, "promotion")


async def test_the_inbox_turns_its_pages_and_remembers_what_was_read(house: House) -> None:
    _, member_id, token = await a_member(house)
    now = house.shop.now()
    for number in range(5):
        await InboxNote.create(member_id=member_id, title=f"第{number}条", text="…", created_at=now)
    first = await house.api("GET", "/me/inbox?limit=3", token=token)
    assert [note["title"] for note in first["items"]] == ["第4条", "第3条", "第2条"]
    rest = await house.api("GET", f"/me/inbox?limit=3&cursor={first['next_cursor']}", token=token)
    assert [note["title"] for note in rest["items"]] == ["第1条", "第0条"]
    assert (rest["next_cursor"], rest["unread"]) == (None, 5)
    note_id = first["items"][0]["id"]
    read = await house.api("POST", f"/me/inbox/{note_id}/read", token=token)
    await house.move(minutes=1)
    again = await house.api("POST", f"/me/inbox/{note_id}/read", token=token)
    assert read["read_at"] == again["read_at"] is not None
    assert (await house.api("GET", "/me/inbox", token=token))["unread"] == 4


async def test_only_marketing_may_touch_the_kill_switch(house: House) -> None:
    stylist = await house.staff("stylist1")
    await house.api("PUT", "/staff/care/halt", {"halted": True}, token=stylist, status=403)
    assert (await house.api("GET", "/staff/care/halt", token=await house.staff("admin1")))["halted"] is False


@pytest.mark.parametrize("other", ["GET", "POST"])
async def test_the_inbox_is_the_members_own(house: House, other: str) -> None:
    _, member_id, _ = await a_member(house)
    stranger, _, _ = await a_member(house)
    await house.move_to(DAY_ONE + day(1, 12))
    [row] = [m for m in (await messages(member_id, "welcome")).values() if m.state == "sent"]
    assert row.channel == "inbox"
    foreign = await house.login(stranger)
    note = await InboxNote.get(member_id=member_id)
    if other == "GET":
        listed = await house.api("GET", "/me/inbox", token=foreign)
        assert note.id not in [n["id"] for n in listed["items"]]
    else:
        await house.api("POST", f"/me/inbox/{note.id}/read", {}, token=foreign, status=404)
        assert (await InboxNote.get(id=note.id)).read_at is None

"""Booking a stylist in the chat: encrypted callbacks in, true answers out, and what stands in the book."""

from datetime import date, timedelta

from bot import replies
from domain.booking import BookingState
from domain.membership import Quota
from models import Booking, Conversation, QuotaCounter, Stylist, WorkingHours
from sandbox.world import Person
from services import bookings
from tests.support.booking import SATURDAY, member, on, plan
from tests.support.house import House, reply_text


async def follower(house: House, *, stylings: int | None = 6, name: str = "林一") -> tuple[Person, int]:
    """Somebody who follows, has logged in, and (unless None) has a plan: one member."""
    person = house.world.add_person(name)
    token = await house.login(person)
    await house.follow(person)
    await house.move(seconds=30)
    member_id = int((await house.api("GET", "/me", token=token))["member_id"])
    if stylings is not None:
        await plan(member_id, stylings=stylings)
    return person, member_id


async def said(house: House, person: Person, *lines: str) -> str:
    """Say the lines one after the other; the answer to the last."""
    reply = ""
    for line in lines:
        reply = await house.say(person, line)
    return reply


async def test_slots_are_filled_over_turns_read_back_and_booked_on_a_yes(house: House) -> None:
    person, member_id = await follower(house)
    reply = await house.say(person, "我想约个搭配师")
    assert "想约哪一天" in reply
    assert "11月23日（周一） 10:00" in reply  # free times that are really free
    reply = await house.say(person, "周六下午")
    assert "11月28日（周六）还有空的时间：12:00、13:00" in reply
    assert "到店，还是视频" in await house.say(person, "三点")
    reply = await house.say(person, "到店")
    assert "11月28日（周六）15:00–15:45" in reply
    assert "还剩 6 次" in reply
    assert "11月27日（周五）15:00 前可以免费取消" in reply
    assert not await Booking.exists(), "nothing is booked before the yes"
    reply = await house.say(person, "好的")
    assert "约好了" in reply
    booking = await Booking.get(member_id=member_id)
    assert (booking.state, booking.starts_at, booking.mode) == (BookingState.BOOKED, on(SATURDAY, 15), "store")
    assert str(booking.id) in reply
    assert (await QuotaCounter.get(membership__member_id=member_id, kind=Quota.STYLING)).held == 1
    assert (await Conversation.get(member_id=member_id)).form["name"] == "topic", "only what a correction would mean"


async def test_corrections_replace_what_was_said(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "帮我约周三下午四点的造型师", "不对 是周四")
    reply = await house.say(person, "视频的")
    assert "11月26日（周四）16:00" in reply
    reply = await house.say(person, "不是4点 我说错了 五点")
    assert "11月26日（周四）17:00" in reply
    assert "林晚老师" in await house.say(person, "换成林老师")
    await house.say(person, "对")
    booking = (await bookings.upcoming(house.shop, member_id))[0]
    assert (booking.stylist.name, booking.starts_at, booking.mode) == (
        "林晚", on(date(2026, 11, 26), 17), "video",
    )  # fmt: skip


async def test_a_no_books_nothing_and_giving_up_ends_the_form(house: House) -> None:
    person, member_id = await follower(house)
    assert "先不定" in await said(house, person, "约周六下午三点到店", "不要")
    assert "放下" in await house.say(person, "算了 最近太忙")
    assert not await Booking.exists()
    assert (await Conversation.get(member_id=member_id)).form == {}
    # So does half an hour of silence: the yes of then is no yes any more.
    await said(house, person, "约周六下午三点到店")
    await house.move(minutes=30)
    await house.say(person, "好的")
    assert not await Booking.exists()
    assert (await Conversation.get(member_id=member_id)).form == {}


async def test_a_time_that_is_not_free_gets_times_that_are(house: House) -> None:
    person, _ = await follower(house)
    reply = await house.say(person, "约今天晚上11点到店")
    assert "23:00 造型师没有空" in reply
    assert "11月22日（周日）还有空的时间：13:00" in reply
    # 陈屿 is in the store on Monday mornings; a slot that somebody takes is no longer offered.
    other = await member()
    await bookings.book(house.shop, other.id, None, on(date(2026, 11, 23), 10), "store")
    third = await member()
    await bookings.book(house.shop, third.id, None, on(date(2026, 11, 23), 10), "store")
    reply = await house.say(person, "那明天早上10点")
    assert "10:00 造型师没有空" in reply
    assert "11月23日（周一）还有空的时间：11:00" in reply


async def test_another_stylist_is_named_when_the_wanted_one_is_busy(house: House) -> None:
    person, _ = await follower(house)
    reply = await house.say(person, "约林老师周六下午一点到店")  # her lunch break
    assert "林晚老师没有空" in reply
    assert "周可老师、陈屿老师有空" in reply
    assert "陈屿老师" in await house.say(person, "那陈老师")
    assert "约好了" in await house.say(person, "好的")


async def test_a_slot_taken_between_read_back_and_yes_is_said_so(house: House) -> None:
    person, member_id = await follower(house)
    await house.say(person, "约林老师周六下午三点到店")
    quicker = await member()
    booking = await bookings.book(house.shop, quicker.id, 1, on(SATURDAY, 15), "store")
    assert booking.stylist.name == "林晚"
    reply = await house.say(person, "好的")
    assert "刚刚被约走" in reply
    assert "还有空的时间" in reply
    assert not await Booking.filter(member_id=member_id).exists()
    await said(house, person, "四点", "好的")
    assert (await Booking.get(member_id=member_id)).starts_at == on(SATURDAY, 16)


async def test_without_a_plan_or_a_unit_it_is_told_before_the_first_question(house: House) -> None:
    person, _ = await follower(house, stylings=None)
    assert "开通会员" in await house.say(person, "约周六下午三点到店")
    spent, _ = await follower(house, stylings=0, name="王二")
    told = await house.say(spent, "约周六下午三点到店")
    assert "用完" in told
    assert "单独加购一次，128.00 元" in told
    assert "pages/booking/booking" in told
    assert not await Booking.exists()


async def test_an_unknown_stylist_is_answered_with_those_there_are(house: House) -> None:
    person, _ = await follower(house)
    reply = await house.say(person, "约王老师周六下午三点到店")
    assert "没有找到「王老师」" in reply
    assert "林晚、周可、陈屿、苏禾" in reply
    assert "15:00–15:45" in await house.say(person, "都可以")


async def test_a_question_in_between_is_answered_and_the_form_goes_on(house: House) -> None:
    person, _ = await follower(house)
    await house.say(person, "约周六下午三点到店")
    reply = await house.say(person, "你们运费多少")
    assert "12.00 元" in reply
    assert "15:00–15:45" in reply
    assert "约好了" in await house.say(person, "好的")


async def test_a_form_that_another_one_replaced_waits_and_goes_on_when_that_one_ends(house: House) -> None:
    person, member_id = await follower(house)
    await house.say(person, "约周六下午三点")
    assert "要关掉推荐和关怀消息吗" in await house.say(person, "把短信都退订了")
    reply = await house.say(person, "是")
    assert "不再给您发推荐" in reply
    assert "接着说刚才的「约造型师」：\n您想到店，还是视频？" in reply
    clicked = reply_text(await house.wechat(f"/people/{person.id}/menu", {"key": "points_balance"}))
    assert clicked.startswith("您现在有 100 积分可用")
    assert "您想到店，还是视频？" in clicked
    # A second one waits too; what is dropped leads back to the one before it, and 都算了 ends all.
    await said(house, person, "先帮我订个盒子", "约会穿的")
    assert "接着说刚才的「约造型师」" in await house.say(person, "算了")
    assert "约好了" in await said(house, person, "视频", "好的")
    assert await Booking.filter(member_id=member_id).count() == 1
    reply = await said(house, person, "我要订盒子", "导出我的数据", "都算了")
    assert reply == replies.FORM_ENDED
    assert (await Conversation.get()).form == {}


async def test_who_cancels_may_move_instead_and_how_far_is_counted_from_the_booking(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约周六下午三点到店", "好的", "取消预约")
    assert "改到 11月29日（周日）16:00" in await said(house, person, "等等 能不能改到第二天", "再晚一个小时")
    assert "接着说" not in await house.say(person, "对 改")
    assert (await bookings.upcoming(house.shop, member_id))[0].starts_at == on(date(2026, 11, 29), 16)
    assert "11月25日（周三）16:00" in await house.say(person, "啊说错了 是周三")


async def test_asking_for_free_times_can_become_a_booking(house: House) -> None:
    person, member_id = await follower(house)
    reply = await house.say(person, "林老师周三下午有空吗")
    assert "11月25日（周三）还有空的时间：12:00、14:00、15:00" in reply
    await said(house, person, "那约四点", "视频就行", "嗯")
    booking = (await bookings.upcoming(house.shop, member_id))[0]
    assert (booking.stylist.name, booking.starts_at) == ("林晚", on(date(2026, 11, 25), 16))
    reply = await house.say(person, "我约的是几点来着")
    assert "11月25日（周三）16:00 林晚老师（视频）" in reply


async def test_moving_keeps_what_is_not_mentioned(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约林老师周六下午三点到店", "好的")
    reply = await house.say(person, "本来是三点的想换成五点")
    assert "改到 11月28日（周六）17:00 林晚老师（到店）" in reply
    booking = (await bookings.upcoming(house.shop, member_id))[0]
    assert booking.starts_at == on(SATURDAY, 15), "nothing moves before the yes"
    assert "还可以改 2 次" in await house.say(person, "好的")
    reply = await said(house, person, "改到周日", "嗯")
    assert "11月22日（周日）17:00" in reply  # 周日 alone is the next one, today included
    booking = (await bookings.upcoming(house.shop, member_id))[0]
    assert (booking.moves, booking.stylist.name) == (2, "林晚")


async def test_with_several_bookings_it_asks_which(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约林老师周六下午三点到店", "好的", "再约一次林老师 周五下午三点 视频", "好的")
    reply = await house.say(person, "改个时间")
    assert "1. 11月27日（周五）15:00" in reply
    assert "2. 11月28日（周六）15:00" in reply
    assert "您约的是 11月28日" in await house.say(person, "2")
    await said(house, person, "下午五点", "好的")
    times = [b.starts_at for b in await bookings.upcoming(house.shop, member_id)]
    assert times == [on(date(2026, 11, 27), 15), on(SATURDAY, 17)]


async def test_cancelling_says_what_it_costs_and_waits_for_a_yes(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约林老师周六下午三点到店", "好的")
    reply = await house.say(person, "帮我取消预约")
    assert "现在取消不扣次数" in reply
    assert "保留" in await house.say(person, "不")
    assert (await Booking.get(member_id=member_id)).state is BookingState.BOOKED
    assert "次数已经退回" in await said(house, person, "取消造型师预约", "确认")
    assert (await Booking.get(member_id=member_id)).state is BookingState.CANCELLED
    assert "没有待进行的" in await house.say(person, "我的预约")


async def test_a_yes_to_a_free_cancelling_is_no_yes_to_one_that_costs(house: House) -> None:
    person, member_id = await follower(house)
    await said(house, person, "约林老师周一下午三点到店", "好的")
    await house.move_to(on(date(2026, 11, 22), 15) - timedelta(minutes=5))
    assert "不扣次数" in await house.say(person, "取消造型师预约")
    await house.move(minutes=6)
    reply = await house.say(person, "确认")
    assert "会用掉 1 次" in reply
    assert (await Booking.get(member_id=member_id)).state is BookingState.BOOKED
    assert "用掉了 1 次" in await house.say(person, "确认")
    assert (await Booking.get(member_id=member_id)).state is BookingState.LATE_CANCELLED
    assert "不能再改" not in await house.say(person, "我的预约")


async def test_after_the_cut_off_moving_is_refused_with_the_ways_left(house: House) -> None:
    person, _ = await follower(house)
    await said(house, person, "约林老师周一下午三点到店", "好的")
    await house.move_to(on(date(2026, 11, 22), 16))
    reply = await house.say(person, "预约改到周五")
    assert "不到 24 小时，不能再改" in reply
    assert "人工" in reply


async def test_who_is_there_today_is_told_from_the_planned_hours(house: House) -> None:
    person, _ = await follower(house)
    everybody = await Stylist.filter(active=True).order_by("id")
    hers = everybody[0]
    await WorkingHours.filter(stylist_id=hers.id).delete()
    assert f"{hers.name}老师11月23日（周一）不上班" in await house.say(person, f"{hers.name}老师明天在店吗")
    await WorkingHours.create(
        stylist_id=hers.id, weekday=0, starts="13:00", ends="18:30", created_at=house.shop.now()
    )  # fmt: skip
    assert f"{hers.name}老师11月23日（周一） 13:00–18:30 在" in await house.say(person, f"{hers.name}老师明天在店吗")

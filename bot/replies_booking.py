"""What the bot says about stylist bookings."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.replies import WEEKDAYS, day_and_time
from domain.booking import Mode
from domain.clock import local
from domain.money import Fen, yuan
from domain.zone import beside
from services.bookings import Booking
from services.slots import DaySlots, Slot
from services.waitlist import Place

PLACES = {Mode.STORE: "到店", Mode.VIDEO: "视频"}
DAYS_SHOWN = 3
TIMES_SHOWN = 6

NO_PLAN = (
    "一对一造型是年度会员的权益，每个会员年度 6 次。您现在还没有生效中的会员，"
    "想开通可以回复「开通会员」，开通后马上就能约。"
)
NO_BOOKING = "您现在没有待进行的造型预约。想约一次，告诉我日期和时间就好，比如「周六下午三点到店」。"
WHICH_DAY = "想约哪一天、几点呢？"
WHICH_TIME = "想约几点呢？"
WHICH_MODE = "您想到店，还是视频？"
NOTHING_FREE = "最近 30 天暂时没有合适的空档，换一位造型师或换个时段试试？也可以回复「人工」，请同事帮您安排。"
WHAT_ELSE = "好的，先不定。想换成哪天、几点、哪位造型师，还是换到店或视频？直接告诉我。"
KEPT = "好的，预约为您保留着。"
LOOKED = "好的，想约的时候告诉我日期和时间就好。"
JUST_TAKEN = "这个时间刚刚被约走了。"
PAST = "这一天已经过去了。"
YOURS_THEN = "那个时间您已经有一次造型了。"
WAIT_HINT = "也可以回复「候补」，有人让出这个时间，我会先为您留着。"
NOTHING_TO_WAIT_FOR = "这个时间不在可约的范围里，等也等不到，换一个时间好吗？"
NOTHING_ASKED = "现在没有需要您选择的调整。想看预约，回复「我的预约」。"
NO_COLLEAGUE = "这个时间没有别的造型师有空。告诉我想换到哪天几点，或者回复「退回次数」。"
NOBODY_ELSE = "这个时间没有别的老师有空了，换个时间看看？告诉我日期和几点就好。"
WHOM = "想固定找哪位造型师？比如「以后都找林晚老师」。"
NO_FAVOURITE = "好的，以后由我安排当时有空的造型师。"
NO_OFFER = "现在没有为您保留的时间。想看候补到哪儿了，回复「我的候补」。"
HOLD_OVER = "为您保留的时间已经过了，让给了下一位。想约别的时间，直接告诉我。"
NO_WAIT = "您现在没有在候补。想等一个约满的时间，告诉我哪天几点，再回复「候补」。"


def quota_used_up(resets_at: datetime) -> str:
    return f"本会员年度的造型次数已经用完了，{day_and_time(resets_at)} 会员到期，续费后有新的次数。"


def one_more(price_fen: Fen) -> str:
    return f"也可以单独加购一次，{yuan(price_fen)} 元，本期内有效。"


def cancelling(free_hours: int) -> str:
    """What cancelling costs, whatever booking is meant."""
    return f"开始前 {free_hours} 小时以上取消或改时间都不扣次数；再晚取消，或者没来，这一次就算用掉了。"


def day(which: date) -> str:
    return f"{which.month}月{which.day}日（周{WEEKDAYS[which.weekday()]}）"


def clock(instant: datetime) -> str:
    return f"{local(instant):%H:%M}"


def times(slots: Sequence[Slot]) -> str:
    text = "、".join(clock(slot.starts_at) for slot in slots[:TIMES_SHOWN])
    return text + (" 等" if len(slots) > TIMES_SHOWN else "")


def offer(days: Sequence[DaySlots]) -> str:
    """The nearest free times, day by day; NOTHING_FREE when there are none."""
    free = [d for d in days if d.slots][:DAYS_SHOWN]
    if not free:
        return NOTHING_FREE
    return "最近有空的时间：\n" + "\n".join(f"· {day(d.day)} {times(d.slots)}" for d in free)


def free_on(which: DaySlots) -> str:
    return f"{day(which.day)}还有空的时间：{times(which.slots)}。"


def full(which: date, who: str) -> str:
    return f"{day(which)}{who}没有合适的空档了。"


def at_work(which: date, hours: Sequence[tuple[str, Sequence[tuple[datetime, datetime]]]]) -> str:
    """Who is there on a day and when; who is off is only told where one person was asked for."""
    there = [
        f"{name}老师{day(which)} {'、'.join(f'{clock(a)}–{clock(b)}' for a, b in periods)} 在"
        for name, periods in hours
        if periods
    ]
    if there:
        return "；".join(there) + "。想约，告诉我几点就好。"
    return f"{hours[0][0]}老师{day(which)}不上班。" if len(hours) == 1 else f"{day(which)}没有造型师上班。"


def too_far(days: int) -> str:
    return f"目前只开放 {days} 天内的预约。"


def not_then(starts_at: datetime, who: str) -> str:
    return f"{day_and_time(starts_at)} {who or '造型师'}没有空。"


def who_else(which: date | None, names: Sequence[str]) -> str:
    """Colleagues who are free on a day, or at the time just spoken of."""
    then = "那天" if which else "这个时间"
    return f"{then}{'、'.join(f'{name}老师' for name in names)}有空，想换老师的话直接说名字。"


def unknown_stylist(said: str, names: Sequence[str]) -> str:
    return f"没有找到「{said}」。我们的造型师有：{'、'.join(names)}。想约哪位？说「都可以」就由我来安排。"


def several_stylists(names: Sequence[str]) -> str:
    return f"您是想约{'，还是'.join(f'{name}老师' for name in names)}？"


def session(booking: Booking, zone: str = "") -> str:
    when = f"{day_and_time(booking.starts_at)}{beside(booking.starts_at, zone)}"
    return f"{when} {booking.stylist.name}老师（{PLACES[Mode(booking.mode)]}）"


def read_back(slot: Slot, name: str, mode: Mode, left: int, now: datetime, until: datetime, zone: str = "") -> str:
    change = (
        f"{day_and_time(until)} 前可以免费取消或改时间。" if now < until else "离开始不到一天，约好后取消会用掉这次。"
    )
    return (
        f"帮您约：{day_and_time(slot.starts_at)}–{clock(slot.ends_at)}{beside(slot.starts_at, zone)}，"
        f"{name}老师，{PLACES[mode]}。\n"
        f"这次会用 1 次造型（本年度还剩 {left} 次）。{change}\n"
        "确认请回复「好的」。"
    )


def booked(booking: Booking, zone: str = "") -> str:
    return f"约好了！{session(booking, zone)}，预约号 {booking.id}。开始前我会提醒您；要改时间或取消，直接告诉我。"


def move_read_back(booking: Booking, starts_at: datetime, name: str, mode: Mode) -> str:
    return f"把 {session(booking)} 改到 {day_and_time(starts_at)} {name}老师（{PLACES[mode]}）。\n确认请回复「好的」。"


def moved(booking: Booking, moves_left: int) -> str:
    return f"改好了！新的时间是 {session(booking)}。这次预约还可以改 {moves_left} 次。"


def where_to(booking: Booking, free: str) -> str:
    return f"您约的是 {session(booking)}。想改到什么时候？\n{free}"


def same_as_before(booking: Booking) -> str:
    return f"您本来约的就是 {session(booking)}，不用改。想换到别的时间，直接告诉我。"


def too_late_to_move(booking: Booking, hours: int) -> str:
    return (
        f"{session(booking)} 离开始已经不到 {hours} 小时，不能再改了。"
        "可以照常来，也可以取消（会用掉 1 次造型）；有特殊情况请回复「人工」。"
    )


def moved_too_often(booking: Booking, most: int) -> str:
    return f"{session(booking)} 已经改过 {most} 次，不能再改了。不方便的话可以取消后重新约。"


def which_booking(rows: Sequence[Booking], verb: str) -> str:
    lines = "\n".join(f"{number}. {session(row)}" for number, row in enumerate(rows, 1))
    return f"您有 {len(rows)} 个预约，要{verb}哪一个？回复序号就好。\n{lines}"


def cancel_read_back(booking: Booking, *, free: bool, until: datetime, hours: int) -> str:
    cost = (
        f"现在取消不扣次数（{day_and_time(until)} 前都可以免费取消）。"
        if free
        else f"离开始已经不到 {hours} 小时，现在取消会用掉 1 次造型。"
    )
    return f"要取消 {session(booking)} 吗？{cost}\n确认取消请回复「确认」，不取消回复「不」。"


def cancelled(booking: Booking, *, free: bool) -> str:
    end = "次数已经退回给您。" if free else "按规则用掉了 1 次造型。"
    return f"已经取消 {session(booking)}，{end}想再约随时叫我。"


def in_line(place: Place, minutes: int) -> str:
    entry, when = place.entry, day_and_time(place.entry.starts_at)
    if place.offer is not None and entry.offer_until is not None:
        return (
            f"{when} {place.offer.stylist.name}老师的时间正为您保留到 {clock(entry.offer_until)}。"
            "要的话回复「确认候补」，不要了回复「放弃候补」。"
        )
    before = f"前面还有 {place.ahead} 位" if place.ahead else "您排在第一位"
    return (
        f"{when} 已经为您候补（{PLACES[Mode(entry.mode)]}），{before}。"
        f"有人让出来，我会马上告诉您并保留 {minutes} 分钟；夜里不打扰，天亮再告诉您。不想等了，回复「取消候补」。"
    )


def swapped(booking: Booking) -> str:
    return f"好的，{session(booking)} 见，时间不变，次数也不多用。谢谢您的体谅。"


def favourite(name: str) -> str:
    return (
        f"记下了，以后优先为您约{name}老师；那个时间{name}老师没空，再为您找别的老师。想换人，回复「取消专属造型师」。"
    )


def out_of_line(told: str) -> str:
    return f"好的，{told} 不再候补了。想约别的时间随时告诉我。"


def mine(rows: Sequence[Booking], zone: str = "") -> str:
    if len(rows) == 1:
        return f"您约的是 {session(rows[0], zone)}。要改时间或取消，直接告诉我。"
    return "您的预约：\n" + "\n".join(f"· {session(row, zone)}" for row in rows) + "\n要改时间或取消，直接告诉我。"

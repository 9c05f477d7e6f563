"""What care says: every member-facing sentence of the paths, and what fits into WeChat's templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.clock import local
from domain.money import Fen, yuan
from domain.zone import beside

WEEKDAYS = "一二三四五六日"
THING = 20
"""Characters a `thing` value holds; WeChat refuses more in a subscription message (47003)."""


@dataclass(frozen=True)
class Words:
    """One message in all its forms. `data` holds a template's values; `page` is where a tap leads."""

    title: str
    text: str
    page: str
    link: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BookingFacts:
    booking_id: int
    starts_at: datetime
    mode: str  # store | video
    stylist: str
    store_name: str
    zone: str = ""  # the member's own, shown beside the shop's time


@dataclass(frozen=True)
class WaitFacts:
    """`until` is when the hold ends."""

    starts_at: datetime
    mode: str
    stylist: str
    until: datetime


@dataclass(frozen=True)
class SwapFacts:
    """`colleague` is empty when nobody else is free; `answer_by` is the first instant that is too late."""

    booking_id: int
    starts_at: datetime
    stylist: str
    colleague: str
    answer_by: datetime


@dataclass(frozen=True)
class BoxFacts:
    """`left` is how many items the member has neither decided to keep nor sent back."""

    box_id: int
    deadline_at: datetime
    left: int


@dataclass(frozen=True)
class SettledFacts:
    box_id: int
    kept: int
    returned: int


@dataclass(frozen=True)
class RenewalFacts:
    plan: str
    ends_at: datetime
    price_fen: Fen
    stylings_used: int
    stylings_left: int
    trips_used: int
    trips_left: int


@dataclass(frozen=True)
class LapseFacts:
    """So many points lapse at this end of a day."""

    points: int
    lapses_at: datetime


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign brings its own words."""

    title: str
    text: str
    page: str
    link: str


@dataclass(frozen=True)
class FallFacts:
    """A tier that falls at the year's end unless so much more is bought."""

    tier: str
    lower: str
    lacking_fen: Fen
    ends_at: datetime


MembershipFacts = RenewalFacts | LapseFacts | FallFacts
SubjectFacts = CampaignFacts | BookingFacts | WaitFacts | BoxFacts | SettledFacts | SwapFacts | MembershipFacts | None


# How instants are said -------------------------------------------------------------------------------


def day_words(instant: datetime) -> str:
    """11月25日（周三）"""
    wall = local(instant)
    return f"{wall.month}月{wall.day}日（周{WEEKDAYS[wall.weekday()]}）"


def moment_words(instant: datetime) -> str:
    """11月25日（周三）15:00"""
    return f"{day_words(instant)}{local(instant):%H:%M}"


def end_words(instant: datetime) -> str:
    """An end: midnight is said as 24:00 of the day it closes, as people say it."""
    if local(instant).strftime("%H:%M:%S") == "00:00:00":
        return f"{day_words(instant - timedelta(days=1))}24:00"
    return moment_words(instant)


def thing(text: str) -> str:
    """A value of the type `thing`: one line of at most twenty characters."""
    line = " ".join(text.split())
    return line if len(line) <= THING else line[: THING - 1] + "…"


def time_value(instant: datetime) -> str:
    """A value of the type `time`: 2026年11月25日 15:00. Midnight at an end is 23:59, 24:00 is refused."""
    wall = local(instant)
    if (wall.hour, wall.minute) == (0, 0):
        wall -= timedelta(minutes=1)
    return f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M}"


def date_value(instant: datetime) -> str:
    """A value of the type `date`: the last day that an exclusive end still covers."""
    wall = local(instant - timedelta(microseconds=1))
    return f"{wall.year}年{wall.month}月{wall.day}日"


# The first thirty days -------------------------------------------------------------------------------


def _how_it_works(facts: SubjectFacts) -> Words:
    return Words(
        "盒子怎么玩",
        "盒子是这样用的：\n"
        "1. 告诉造型师您的尺码和场合，或者自己挑 5–8 件；\n"
        "2. 我们寄到家，先试后付，五天慢慢试；\n"
        "3. 喜欢的留下，不合适的预约上门取件退回，留几件付几件。\n"
        "有任何想问的，直接在这里回复就好。",
        "pages/index/index",
        "看看盒子里有什么",
    )


def _style_profile(facts: SubjectFacts) -> Words:
    return Words(
        "两分钟，让造型师更懂您",
        "平时穿什么码？喜欢利落还是柔软一点？\n"
        "花两分钟填一下风格档案，造型师给您挑的衣服会合身很多。资料只给为您服务的造型师看，随时可以删。",
        "pages/me/me",
        "填写风格档案",
    )


def _first_box(facts: SubjectFacts) -> Words:
    return Words(
        "您的第一只盒子",
        "周末或通勤有想换换样子的场合吗？\n"
        "说一声场合和预算，造型师会为您配好一只盒子寄到家，试过再决定，不合适的退回来就行。",
        "pages/box/box",
        "要一只盒子",
    )


def _stylist(facts: SubjectFacts) -> Words:
    return Words(
        "和造型师聊 45 分钟",
        "衣柜满满，还是觉得没衣服穿？\n可以约一次一对一造型，到店或视频都行，45 分钟，帮您把常穿的场合理一遍。",
        "pages/booking/booking",
        "看看可约的时间",
    )


def _opinion(facts: SubjectFacts) -> Words:
    return Words(
        "认识一个月了",
        "您来盒子一个月了。用着顺手吗？有没有哪里让您觉得麻烦，或者想要而我们还没有的？\n"
        "直接回复这条消息就行，每一条我们都会看。",
        "pages/me/me",
        "写几句话给我们",
    )


# Bookings --------------------------------------------------------------------------------------------


def _place(facts: BookingFacts) -> str:
    return "视频连线" if facts.mode == "video" else facts.store_name


def _booking_data(facts: BookingFacts, hint: str) -> dict[str, str]:
    return {
        "thing1": thing(f"{facts.stylist}的一对一造型"),
        "time2": time_value(facts.starts_at),
        "thing3": thing(_place(facts)),
        "thing4": thing(hint),
    }


def _day_before(facts: SubjectFacts) -> Words:
    assert isinstance(facts, BookingFacts), "a booking's words are about a booking"
    where = "到时我们用小程序视频连线" if facts.mode == "video" else f"地点：{facts.store_name}"
    return Words(
        "明天的造型预约",
        f"提醒您，{moment_words(facts.starts_at)}{beside(facts.starts_at, facts.zone)}"
        f"和造型师{facts.stylist}有约，{where}。\n"
        "带上一两件您常穿的衣服会更好聊。临时有变化，请尽早在小程序里改期或取消。",
        f"pages/booking/booking?id={facts.booking_id}",
        "查看预约",
        _booking_data(facts, "明天见，有变化请尽早改期"),
    )


def _two_hours(facts: SubjectFacts) -> Words:
    assert isinstance(facts, BookingFacts), "a booking's words are about a booking"
    start = f"{local(facts.starts_at):%H:%M}"
    where = "请提前几分钟打开小程序" if facts.mode == "video" else f"我们在{facts.store_name}等您"
    return Words(
        "造型预约快到了",
        f"造型师{facts.stylist}今天 {start}{beside(facts.starts_at, facts.zone)} 等您，{where}。一会儿见！",
        f"pages/booking/booking?id={facts.booking_id}",
        "查看预约",
        _booking_data(facts, "造型师已准备好，一会儿见"),
    )


def _wait_offer(facts: SubjectFacts) -> Words:
    assert isinstance(facts, WaitFacts), "an offer's words are about an offer"
    where = "视频" if facts.mode == "video" else "到店"
    until = f"{local(facts.until):%H:%M}"
    return Words(
        "候补到了，为您保留中",
        f"您候补的{moment_words(facts.starts_at)}空出来了：造型师{facts.stylist}，{where}。\n"
        f"为您保留到 {until}，要的话回复「确认候补」，会用 1 次造型；不要了回复「放弃候补」。",
        "pages/booking/booking",
        "在小程序里确认",
        {
            "thing1": thing(f"{facts.stylist}的一对一造型"),
            "time2": time_value(facts.starts_at),
            "thing3": where,
            "thing4": thing(f"候补到了，请在 {until} 前确认"),
        },
    )


def _swap_choices(facts: SwapFacts) -> str:
    colleague = f"由{facts.colleague}老师接着为您做，回复「接受调整」；" if facts.colleague else ""
    return f"{colleague}想换时间，直接告诉我哪天几点；不约了，回复「退回次数」，次数马上退给您。"


def _swap_words(facts: SubjectFacts, title: str, lead: str) -> Words:
    assert isinstance(facts, SwapFacts), "a swap's words are about a swap"
    until = moment_words(facts.answer_by)
    return Words(
        title,
        f"{lead}{moment_words(facts.starts_at)}的造型，{facts.stylist}老师临时不能来了，很抱歉。\n"
        f"{_swap_choices(facts)}\n到 {until} 还没有收到您的回复，这次会取消，次数退回给您。",
        f"pages/booking/booking?id={facts.booking_id}",
        "选择怎么调整",
        {
            "thing1": thing(f"{facts.stylist}的一对一造型"),
            "time2": time_value(facts.starts_at),
            "thing3": thing(f"可改由{facts.colleague}" if facts.colleague else "请另选时间"),
            "thing4": thing(f"请在{local(facts.answer_by):%m-%d %H:%M}前选择"),
        },
    )


def _swap_offer(facts: SubjectFacts) -> Words:
    return _swap_words(facts, "造型师临时不能来", "")


def _swap_last_hour(facts: SubjectFacts) -> Words:
    return _swap_words(facts, "还有一小时，请选一下", "还在等您选择：")


def _swap_given_back(facts: SubjectFacts) -> Words:
    assert isinstance(facts, SwapFacts), "a swap's words are about a swap"
    return Words(
        "造型预约取消了，次数已退回",
        f"{moment_words(facts.starts_at)}的造型没有等到您的选择，已经取消，次数退回给您了。\n"
        "给您添麻烦了。想重新约，告诉我哪天几点就好。",
        "pages/booking/booking",
        "重新约时间",
    )


# The box in the member's hands -----------------------------------------------------------------------


def _box_data(facts: BoxFacts, hint: str) -> dict[str, str]:
    return {
        "thing1": "盒子试穿",
        "time2": time_value(facts.deadline_at),
        "number3": str(facts.left),
        "thing4": thing(hint),
    }


def _box_words(title: str, text: str, facts: BoxFacts, hint: str) -> Words:
    return Words(title, text, f"pages/box/box?id={facts.box_id}", "打开我的盒子", _box_data(facts, hint))


def _signed(facts: SubjectFacts) -> Words:
    assert isinstance(facts, BoxFacts), "a box's words are about a box"
    return _box_words(
        "盒子到家了",
        f"盒子已签收，慢慢试，不着急。请在{end_words(facts.deadline_at)}前决定去留："
        "不合适的在小程序里选退回、预约上门取件就好；到时没有退回的，会按留下结算。",
        facts,
        "慢慢试，不合适的预约上门取件",
    )


def _two_days(facts: SubjectFacts) -> Words:
    assert isinstance(facts, BoxFacts), "a box's words are about a box"
    return _box_words(
        "盒子还有两天",
        f"盒子的试穿期到{end_words(facts.deadline_at)}为止，还有 {facts.left} 件没有决定。\n"
        "想退的请在这之前预约上门取件或交给快递；还没想好，可以在小程序里延长一次。",
        facts,
        "还有两天，想退请先预约取件",
    )


def _last_day(facts: SubjectFacts) -> Words:
    assert isinstance(facts, BoxFacts), "a box's words are about a box"
    return _box_words(
        "盒子试穿今天到期",
        f"今天是试穿的最后一天，还有 {facts.left} 件没有决定。\n"
        f"想退的请在{end_words(facts.deadline_at)}前预约上门取件或交给快递；没有退回的会按留下自动结算。",
        facts,
        "今天到期，未退回的将按留下结算",
    )


def _fit(facts: SubjectFacts) -> Words:
    assert isinstance(facts, SettledFacts), "these words are about a settled box"
    opening = f"这只盒子您留下了 {facts.kept} 件，" if facts.kept else "这只盒子这次没有遇到喜欢的，"
    return Words(
        "这只盒子合身吗",
        f"{opening}谢谢您认真试过。\n"
        "想请教一下：尺码合身吗？款式对胃口吗？在小程序里点一点，下一只盒子造型师会照着改。",
        f"pages/box/box?id={facts.box_id}",
        "说说合不合身",
    )


# The membership year ---------------------------------------------------------------------------------


def _renewal(facts: SubjectFacts) -> Words:
    assert isinstance(facts, RenewalFacts), "these words are about a membership"
    used = f"这一期您用了 {facts.stylings_used} 次造型、{facts.trips_used} 次免费往返"
    left = f"还剩 {facts.stylings_left} 次造型、{facts.trips_left} 次往返，到期前都可以用"
    # Nothing charges by itself yet, whatever the member agreed to: the words promise only what happens.
    then = f"想继续，可以在小程序里续费（{yuan(facts.price_fen)} 元）；不续也不会扣任何费用。"
    return Words(
        "会员快到期了",
        f"您的{facts.plan}有效期到{end_words(facts.ends_at)}。\n{used}；{left}。\n{then}",
        "pages/me/me",
        "查看会员",
        {
            "thing1": thing(facts.plan),
            "date2": date_value(facts.ends_at),
            "amount3": f"{yuan(facts.price_fen)}元",
            "thing4": "不续费不会扣任何费用",
        },
    )


def _lapse(facts: SubjectFacts) -> Words:
    assert isinstance(facts, LapseFacts), "these words are about points that lapse"
    return Words(
        "积分快到期了",
        f"您有 {facts.points} 积分有效至{end_words(facts.lapses_at)}，过期就用不了了。\n"
        "可以在小程序「我的积分」里换成优惠券。",
        "pages/me/me",
        "查看积分",
    )


def _fall(facts: SubjectFacts) -> Words:
    assert isinstance(facts, FallFacts), "these words are about a tier"
    return Words(
        "会员等级年底会有变化",
        f"您现在是{facts.tier}。今年的消费离保住{facts.tier}还差 {yuan(facts.lacking_fen)} 元，"
        f"到{end_words(facts.ends_at)}如果没有补上，明年会是{facts.lower}。一次最多降一级，随时可以再升回来。",
        "pages/me/me",
        "查看会员等级",
    )


_WRITERS: dict[str, Callable[[SubjectFacts], Words]] = {
    "welcome.how_it_works": _how_it_works,
    "welcome.style_profile": _style_profile,
    "welcome.first_box": _first_box,
    "welcome.stylist": _stylist,
    "welcome.opinion": _opinion,
    "booking.day_before": _day_before,
    "booking.two_hours": _two_hours,
    "waitlist.offer": _wait_offer,
    "swap.offer": _swap_offer,
    "swap.last_hour": _swap_last_hour,
    "swap_over.given_back": _swap_given_back,
    "box.signed": _signed,
    "box.two_days": _two_days,
    "box.last_day": _last_day,
    "box_after.fit": _fit,
    "renewal.notice": _renewal,
    "tier.fall": _fall,
    "points.month": _lapse,
    "points.week": _lapse,
}


def words(step: str, facts: SubjectFacts) -> Words:
    """The message of a step. Raises KeyError for a step without words."""
    if isinstance(facts, CampaignFacts):
        return Words(facts.title, facts.text, facts.page, facts.link)
    return _WRITERS[step](facts)


def chat_text(said: Words, mini_appid: str) -> str:
    """As a chat message: the text, and a line that opens the page in the mini-program."""
    return f"{said.text}\n\n{page_link(said.page, said.link, mini_appid)}"


def page_link(page: str, label: str, mini_appid: str) -> str:
    """A line of a chat text that opens a page of the mini-program."""
    return f'<a data-miniprogram-appid="{mini_appid}" data-miniprogram-path="{page}">{label}</a>'

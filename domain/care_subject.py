"""What a path's message may be about: the facts of each event, and the names its words know them by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch

from domain.care_words import date_value, day_words, end_words, moment_words, time_value
from domain.clock import SHANGHAI, local
from domain.money import Fen, yuan
from domain.path import Event
from domain.zone import beside


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
    extended: bool


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
    saved_fen: Fen
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
class FallFacts:
    """A tier that falls at the year's end unless so much more is bought."""

    tier: str
    lower: str
    lacking_fen: Fen
    ends_at: datetime


@dataclass(frozen=True)
class AnswerFacts:
    """An opinion of that day, and what the shop says to it."""

    opinion_id: int
    told_at: datetime
    answer: str


MembershipFacts = RenewalFacts | LapseFacts | FallFacts
SubjectFacts = BookingFacts | WaitFacts | BoxFacts | SettledFacts | SwapFacts | AnswerFacts | MembershipFacts | None


# The names in the words ------------------------------------------------------------------------------


@singledispatch
def fields_of(facts: SubjectFacts) -> dict[str, str]:
    """What `{name}` in a message stands for. Most events bring nothing but themselves."""
    return {}


@fields_of.register
def _booking(facts: BookingFacts) -> dict[str, str]:
    video = facts.mode == "video"
    own = beside(facts.starts_at, facts.zone)
    return {
        "id": str(facts.booking_id),
        "moment": f"{moment_words(facts.starts_at)}{own}",
        "start": f"{local(facts.starts_at):%H:%M}{own}",
        "stylist": facts.stylist,
        "place": "视频连线" if video else facts.store_name,
        "where": "到时我们用小程序视频连线" if video else f"地点：{facts.store_name}",
        "arrive": "请提前几分钟打开小程序" if video else f"我们在{facts.store_name}等您",
        "start_value": time_value(facts.starts_at),
    }


@fields_of.register
def _wait(facts: WaitFacts) -> dict[str, str]:
    return {
        "moment": moment_words(facts.starts_at),
        "stylist": facts.stylist,
        "mode": "视频" if facts.mode == "video" else "到店",
        "until": f"{local(facts.until):%H:%M}",
        "start_value": time_value(facts.starts_at),
    }


@fields_of.register
def _swap(facts: SwapFacts) -> dict[str, str]:
    colleague = f"由{facts.colleague}老师接着为您做，说「接受调整」；" if facts.colleague else ""
    return {
        "id": str(facts.booking_id),
        "moment": moment_words(facts.starts_at),
        "stylist": facts.stylist,
        "choices": f"在公众号里回复就行：{colleague}想换时间，告诉我哪天几点；不约了，说「退回次数」，次数马上退给您。",
        "until": moment_words(facts.answer_by),
        "instead": f"可改由{facts.colleague}" if facts.colleague else "请另选时间",
        "answer_by": f"{local(facts.answer_by):%m-%d %H:%M}",
        "start_value": time_value(facts.starts_at),
    }


@fields_of.register
def _box(facts: BoxFacts) -> dict[str, str]:
    return {
        "id": str(facts.box_id),
        "deadline": end_words(facts.deadline_at),
        "left": str(facts.left),
        "longer": "" if facts.extended else "；还没想好，可以在小程序里延长一次",
        "deadline_value": time_value(facts.deadline_at),
    }


@fields_of.register
def _settled(facts: SettledFacts) -> dict[str, str]:
    kept = f"这只盒子您留下了 {facts.kept} 件，" if facts.kept else "这只盒子这次没有遇到喜欢的，"
    return {"id": str(facts.box_id), "opening": kept}


@fields_of.register
def _renewal(facts: RenewalFacts) -> dict[str, str]:
    return {
        "plan": facts.plan,
        "ends": end_words(facts.ends_at),
        "price": yuan(facts.price_fen),
        "saved": f"，一共省下 {yuan(facts.saved_fen)} 元" if facts.saved_fen else "",
        "stylings_used": str(facts.stylings_used),
        "stylings_left": str(facts.stylings_left),
        "trips_used": str(facts.trips_used),
        "trips_left": str(facts.trips_left),
        "end_date": date_value(facts.ends_at),
    }


@fields_of.register
def _lapse(facts: LapseFacts) -> dict[str, str]:
    return {"points": str(facts.points), "lapses": end_words(facts.lapses_at)}


@fields_of.register
def _fall(facts: FallFacts) -> dict[str, str]:
    return {
        "tier": facts.tier,
        "lower": facts.lower,
        "lacking": yuan(facts.lacking_fen),
        "ends": end_words(facts.ends_at),
    }


@fields_of.register
def _answer(facts: AnswerFacts) -> dict[str, str]:
    return {"id": str(facts.opinion_id), "day": day_words(facts.told_at), "answer": facts.answer}


def _wall(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


SAMPLES: Mapping[Event, SubjectFacts] = {
    Event.BOOKING: BookingFacts(7, _wall(25, 15), "store", "林小满", "盒子门店"),
    Event.WAITLIST: WaitFacts(_wall(25, 15), "store", "林小满", _wall(24, 12)),
    Event.SWAP: SwapFacts(7, _wall(25, 15), "林小满", "周可", _wall(24, 12)),
    Event.SWAP_OVER: SwapFacts(7, _wall(25, 15), "林小满", "周可", _wall(24, 12)),
    Event.BOX: BoxFacts(9, _wall(26, 0), 6, False),
    Event.BOX_AFTER: SettledFacts(9, 2, 4),
    Event.RENEWAL: RenewalFacts("年度会员", _wall(26, 0), 39800, 21600, 2, 4, 1, 5),
    Event.TIER: FallFacts("金盾", "金叶", 123456, _wall(26, 0)),
    Event.POINTS: LapseFacts(320, _wall(26, 0)),
    Event.ANSWERED: AnswerFacts(5, _wall(20, 10), "谢谢您，已经请版师改了袖长。"),
}
"""An example of each event that brings facts: what a preview shows, and what words are checked with."""

"""Joining, plans, the membership year and its quotas."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.clock import add_months, add_years, day_end, day_of
from domain.money import Fen
from domain.states import Transitions


class Level(StrEnum):
    """How near somebody stands to the shop; it only ever rises."""

    TRAFFIC = "traffic"  # seen, but neither follows nor logged in
    FOLLOWER = "follower"  # follows the official account
    REGISTERED = "registered"  # has logged in or given a phone number
    PAYER = "payer"  # has paid something that was not given back whole


LEVELS = tuple(Level)


def higher(a: Level, b: Level) -> Level:
    """The nearer of two relationship levels."""
    return max(a, b, key=LEVELS.index)


class Source(StrEnum):
    """The ways in."""

    FOLLOW = "follow"
    SCENE = "scene"  # follow by a scene QR code
    LOGIN = "login"  # mini-program login
    PAYMENT = "payment"
    WIFI = "wifi"
    CARD = "card"
    PARTNER = "partner"
    CHAT = "chat"  # wrote to the account before we knew them


class Purpose(StrEnum):
    """What a consent is for."""

    TERMS = "terms"  # member terms and privacy notice
    PROMOTION = "promotion"  # promotional messages
    PROFILE = "profile"  # sizes and style, kept for the stylist
    RENEWAL = "renewal"  # automatic renewal


class PlanState(StrEnum):
    """One bought membership period."""

    WANTED = "wanted"  # ordered, not paid
    ACTIVE = "active"  # running
    QUEUED = "queued"  # paid, follows the running one without a gap
    ENDED = "ended"  # its last day is over
    CANCELLED = "cancelled"  # never paid, or given back


PLAN_LIFE = Transitions(
    "plan",
    PlanState,
    PlanState.WANTED,
    {
        PlanState.WANTED: [PlanState.ACTIVE, PlanState.QUEUED, PlanState.CANCELLED],
        PlanState.ACTIVE: [PlanState.ENDED, PlanState.CANCELLED],
        PlanState.QUEUED: [PlanState.ACTIVE, PlanState.CANCELLED],
        PlanState.ENDED: [],
        PlanState.CANCELLED: [],
    },
)


class TwinEnd(StrEnum):
    """What becomes of a second running plan when two members turn out to be one person."""

    FOLLOW = "follow"  # it runs after the first one, for its whole time
    REFUND = "refund"  # it ends, and its fee goes back


class Quota(StrEnum):
    """The two independent allowances of a membership year."""

    STYLING = "styling"
    ROUND_TRIP = "round_trip"


@dataclass(frozen=True)
class PlanOffer:
    """A plan on sale. `months` is 12 for a year. Prices in fen; campaign window half-open, ISO instants."""

    code: str
    name: str
    price_fen: Fen
    months: int
    stylings: int
    round_trips: int
    points_multiplier_percent: int = 200
    campaign_price_fen: Fen | None = None
    campaign_from: str = ""
    campaign_until: str = ""


YEARLY = PlanOffer("yearly", "年度会员", 39800, 12, 6, 6)
MONTHLY = PlanOffer("monthly", "月度会员", 4900, 1, 1, 1)


@dataclass(frozen=True)
class MembershipRules:
    welcome_gift_points: int = 100
    welcome_gift_on: str = "registration"  # or "join"
    terms_version: str = "2026-11"
    price_lock_minutes: int = 15
    renewal_notice_days: int = 5
    extra_styling_fen: Fen = 12800  # one styling above the quota; 0 = the shop sells none
    plans: tuple[PlanOffer, ...] = (YEARLY, MONTHLY)

    def plan(self, code: str) -> PlanOffer | None:
        return next((p for p in self.plans if p.code == code), None)


def price_now(offer: PlanOffer, now: datetime) -> Fen:
    """The price at an instant: the campaign's inside its exact half-open window, else the list price."""
    if offer.campaign_price_fen is None:
        return offer.price_fen
    start, end = datetime.fromisoformat(offer.campaign_from), datetime.fromisoformat(offer.campaign_until)
    return offer.campaign_price_fen if start <= now < end else offer.price_fen


def locked_until(now: datetime, rules: MembershipRules) -> datetime:
    """Until when the price of an order made now holds."""
    return now + timedelta(minutes=rules.price_lock_minutes)


def last_day(anchor: date, months: int) -> date:
    """The last day, included, of a membership that began on `anchor`: the same day number later."""
    return add_years(anchor, months // 12) if months % 12 == 0 else add_months(anchor, months)


@dataclass(frozen=True)
class Period:
    """A membership period: half-open instants, and the day its chain of renewals counts from."""

    starts_at: datetime
    ends_at: datetime
    anchor: date
    months_from_anchor: int


def first_period(bought_at: datetime, months: int) -> Period:
    """Bought 2026-11-22 15:00 for a year → valid to 2027-11-22 24:00."""
    anchor = day_of(bought_at)
    return Period(bought_at, day_end(last_day(anchor, months)), anchor, months)


def next_period(anchor: date, months_from_anchor: int, months: int) -> Period:
    """The period that follows without a gap; always counted from the first anchor, so nothing drifts."""
    total = months_from_anchor + months
    return Period(day_end(add_months(anchor, months_from_anchor)), day_end(add_months(anchor, total)), anchor, total)


def period_bought(followed: Period | None, bought_at: datetime, months: int) -> Period:
    """The period of a purchase: bought while the one it renews still ran, it follows that one without a
    gap; bought after it, or for the first time, it begins at the purchase.
    """
    if followed is not None and bought_at < followed.ends_at:
        return next_period(followed.anchor, followed.months_from_anchor, months)
    return first_period(bought_at, months)


@dataclass(frozen=True)
class ValueStatement:
    """What a membership period was worth so far: money saved, services used, quotas left."""

    fee_fen: Fen
    saved_goods_fen: Fen  # kept goods of boxes and orders: public price less what was paid for them
    saved_freight_fen: Fen  # both legs of each free round trip that was used
    stylings_used: int
    stylings_left: int
    round_trips_used: int
    round_trips_left: int

    @property
    def saved_fen(self) -> Fen:
        return self.saved_goods_fen + self.saved_freight_fen


def saved_on_goods(bought: list[tuple[Fen, Fen]]) -> Fen:
    """Sum over kept items of `(public price, what was paid)`; an item that got cheaper since counts as 0."""
    return sum(max(0, public - paid) for public, paid in bought)


def saved_on_freight(round_trips_used: int, leg_fen: Fen) -> Fen:
    """Both legs of a box are one round trip."""
    return 2 * leg_fen * round_trips_used

"""Coupons in a member's hand: held for one box at a time, used at its settlement, or back in the hand."""

from dataclasses import dataclass
from datetime import datetime

from domain.coupon import CouponOffer
from domain.errors import NotFound, WrongState
from domain.money import Fen
from models import MemberCoupon
from services.shop import Shop

FOR_POINTS = "points:"
"""How the reason of a coupon begins that was bought with points."""


@dataclass(frozen=True)
class InHand:
    """One coupon as the member sees it. `usable`: an order or a box would take it now."""

    id: int
    name: str
    threshold_fen: Fen
    off_fen: Fen
    valid_from: datetime
    valid_until: datetime
    state: str
    usable: bool
    ref: str
    for_points: bool


async def in_hand(
    shop: Shop, member_id: int, *, before_id: int | None, limit: int, usable: bool = False
) -> list[InHand]:
    """The member's coupons, the newest first; what nobody used in time is told as lapsed."""
    now = shop.now()
    rows = MemberCoupon.filter(member_id=member_id)
    if usable:
        rows = rows.filter(state="open", coupon__valid_from__lte=now, coupon__valid_until__gt=now)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    found = await rows.order_by("-id").limit(limit).select_related("coupon")
    return [
        InHand(
            row.id, coupon.name, coupon.threshold_fen, coupon.off_fen, coupon.valid_from, coupon.valid_until,
            "lapsed" if row.state == "open" and coupon.valid_until <= now else row.state,
            row.state == "open" and coupon.valid_from <= now < coupon.valid_until,
            row.ref, row.reason.startswith(FOR_POINTS),
        )
        for row in found
        for coupon in [row.coupon]
    ]  # fmt: skip


async def usable(shop: Shop, member_id: int, member_coupon_id: int) -> CouponOffer:
    """What an open coupon of the member takes off now. Raises NotFound, WrongState when it is not usable."""
    row = await _of(member_id, member_coupon_id)
    now = shop.now()
    if row.state != "open" or not row.coupon.valid_from <= now < row.coupon.valid_until:
        raise WrongState("coupon", row.state if row.state != "open" else "lapsed", "held")
    return CouponOffer(row.coupon.threshold_fen, row.coupon.off_fen)


async def hold(shop: Shop, member_id: int, member_coupon_id: int, ref: str) -> CouponOffer:
    """Keep an open coupon for `ref` by a conditional update: one coupon, one box."""
    offer = await usable(shop, member_id, member_coupon_id)
    held = await MemberCoupon.filter(id=member_coupon_id, state="open").update(
        state="held", ref=ref, updated_at=shop.now()
    )
    if not held:
        raise WrongState("coupon", "held", "held")
    return offer


async def held(member_coupon_id: int | None) -> CouponOffer | None:
    """The offer a box holds or has used; a coupon that was held in time counts whenever the box settles."""
    if member_coupon_id is None:
        return None
    row = await MemberCoupon.get(id=member_coupon_id).select_related("coupon")
    return CouponOffer(row.coupon.threshold_fen, row.coupon.off_fen)


async def use(shop: Shop, member_coupon_id: int, ref: str) -> None:
    await MemberCoupon.filter(id=member_coupon_id, state="held", ref=ref).update(state="used", updated_at=shop.now())


async def at_work(member_coupon_id: int | None, ref: str) -> bool:
    """Whether `ref` still has the coupon: once it fell away, it falls away no more."""
    return await MemberCoupon.exists(id=member_coupon_id or 0, state__in=["held", "used"], ref=ref)


async def give_back(shop: Shop, member_coupon_id: int, ref: str) -> None:
    """Back in the member's hand, or lapsed when its time is over meanwhile."""
    row = await MemberCoupon.get(id=member_coupon_id).select_related("coupon")
    now = shop.now()
    await MemberCoupon.filter(id=row.id, state__in=["held", "used"], ref=ref).update(
        state="open" if now < row.coupon.valid_until else "lapsed", ref="", updated_at=now
    )


async def _of(member_id: int, member_coupon_id: int) -> MemberCoupon:
    row = await MemberCoupon.get_or_none(id=member_coupon_id, member_id=member_id).select_related("coupon")
    if row is None:
        raise NotFound("coupon")
    return row

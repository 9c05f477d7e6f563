"""Points for coupons: bought in one transaction, and given back while the coupon is not used."""

from dataclasses import dataclass

import structlog

from domain.errors import NotFound, WrongState
from models import Coupon, History, MemberCoupon
from services import points
from services.coupons import FOR_POINTS
from services.shop import Shop
from services.transaction import transaction

SPEND = "coupon"
log = structlog.get_logger()


def _name(held: MemberCoupon) -> str:
    """How the points ledger names a redemption."""
    return f"coupon:{held.id}"


async def offers(shop: Shop) -> list[Coupon]:
    """Coupons that points can buy now, the cheapest first."""
    now = shop.now()
    return await Coupon.filter(points_price__gt=0, valid_from__lte=now, valid_until__gt=now).order_by(
        "points_price", "id"
    )


@dataclass(frozen=True)
class Redemption:
    """A coupon that was bought with points."""

    held: MemberCoupon
    coupon: Coupon
    points: int


async def redeem(shop: Shop, member_id: int, coupon_id: int) -> Redemption:
    """Buy one coupon. Raises NotFound when it is not sold for points now, PointsShort."""
    now = shop.now()
    async with transaction():
        coupon = next((c for c in await offers(shop) if c.id == coupon_id), None)
        if coupon is None or coupon.points_price is None:
            raise NotFound("coupon")
        # The row's own id makes both the reason and the spend of every redemption one of a kind.
        held = await MemberCoupon.create(
            member_id=member_id, coupon_id=coupon_id, reason=f"{FOR_POINTS}{shop.rng.getrandbits(60):x}", created_at=now
        )
        await points.spend(shop, member_id, coupon.points_price, reason=SPEND, ref=_name(held))
    log.info("points.redeemed", member=member_id, coupon=coupon_id, points=coupon.points_price)
    return Redemption(held, coupon, coupon.points_price)


async def cancel(shop: Shop, member_id: int, member_coupon_id: int) -> int:
    """Give an unused coupon back: the points return to their own lots; how many.

    Again it changes nothing. Raises WrongState once it is held by an order or used, NotFound for a
    coupon that was not bought with points.
    """
    now = shop.now()
    async with transaction():
        held = await MemberCoupon.filter(id=member_coupon_id, member_id=member_id).select_for_update().first()
        if held is None or not held.reason.startswith(FOR_POINTS):
            raise NotFound("coupon")
        if held.state == "returned":
            return 0
        if held.state != "open":
            raise WrongState("coupon", held.state, "returned")
        await MemberCoupon.filter(id=held.id, state="open").update(state="returned", updated_at=now)
        await History.create(
            noun="coupon", row_id=held.id, old="open", new="returned", who=f"member:{member_id}",
            why="points given back", created_at=now,
        )  # fmt: skip
        back = await points.give_back(shop, member_id, reason=SPEND, ref=_name(held))
    log.info("points.redemption_cancelled", member=member_id, coupon=held.id, points=back)
    return back

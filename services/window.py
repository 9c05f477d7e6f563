"""The shop window, kept by staff: looks of the outfit board, and coupons on offer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.errors import Invalid, NotFound, WrongState
from models import Coupon, Look, LookItem, MemberCoupon, Product
from services import audit, catalog, claims
from services.catalog import Outfit
from services.shop import Shop
from services.transaction import after_commit, transaction

__all__ = ["Coupon", "Outfit", "add_coupon", "add_look", "change_coupon", "change_look", "coupons", "looks"]


async def looks(*, after_id: int = 0, limit: int = 50) -> list[Outfit]:
    """Every look, unpublished ones too, by id, with what is on sale of it."""
    return await catalog.with_products(await Look.filter(id__gt=after_id).order_by("id").limit(limit))


async def add_look(shop: Shop, staff_id: int, product_ids: Sequence[int], **given: Any) -> Outfit:
    """A look for the board, of products that are there. Raises NotFound, ClaimUnproved for words on the board."""
    async with transaction():
        look = await Look.create(**given, created_at=shop.now())
        await _dress(shop, look.id, product_ids)
        await claims.require_look_proved(shop, look.id)
        await audit.note(shop, staff_id, "look.add", f"look:{look.id}", products=list(product_ids))
        after_commit(_seen)
    return (await catalog.with_products([look]))[0]


async def change_look(
    shop: Shop, staff_id: int, look_id: int, product_ids: Sequence[int] | None, **changes: Any
) -> Outfit:
    """Change what is given; `published` False takes it off the board. Raises NotFound, ClaimUnproved."""
    async with transaction():
        if await Look.filter(id=look_id).select_for_update().first() is None:
            raise NotFound("look")
        await Look.filter(id=look_id).update(**changes, updated_at=shop.now())
        if product_ids is not None:
            await LookItem.filter(look_id=look_id).delete()
            await _dress(shop, look_id, product_ids)
        await claims.require_look_proved(shop, look_id)
        await audit.note(shop, staff_id, "look.change", f"look:{look_id}", changed=sorted(changes))
        after_commit(_seen)
    return (await catalog.with_products([await Look.get(id=look_id)]))[0]


async def _dress(shop: Shop, look_id: int, product_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(product_ids))
    if await Product.filter(id__in=wanted).count() != len(wanted):
        raise NotFound("product")
    await LookItem.bulk_create(
        [LookItem(look_id=look_id, product_id=product_id, created_at=shop.now()) for product_id in wanted]
    )


async def coupons() -> list[Coupon]:
    """Every coupon, the newest first."""
    return await Coupon.all().order_by("-id")


async def add_coupon(shop: Shop, staff_id: int, **given: Any) -> Coupon:
    """A coupon for campaigns, gifts or the points shop. Raises Invalid for a code that is taken, a window, a sum."""
    _require_terms(given["threshold_fen"], given["off_fen"], given["valid_from"], given["valid_until"])
    async with transaction():
        try:
            async with in_transaction():
                row = await Coupon.create(**_in_utc(given), created_at=shop.now())
        except IntegrityError:
            raise Invalid("code", "taken") from None
        await audit.note(shop, staff_id, "coupon.add", f"coupon:{row.id}", off_fen=row.off_fen)
    return row


async def change_coupon(shop: Shop, staff_id: int, coupon_id: int, **changes: Any) -> Coupon:
    """Change what is given. Raises NotFound, Invalid, WrongState for worse terms of one that members hold.

    What a member has in her hand stays as good as it was: the sums stay, and its time only grows.
    """
    async with transaction():
        row = await Coupon.filter(id=coupon_id).select_for_update().first()
        if row is None:
            raise NotFound("coupon")
        old_until = row.valid_until
        terms = {"threshold_fen", "off_fen", "valid_from"} & set(changes)
        row.update_from_dict(changes)
        _require_terms(row.threshold_fen, row.off_fen, row.valid_from, row.valid_until)
        if (terms or row.valid_until < old_until) and await MemberCoupon.exists(
            coupon_id=coupon_id, state__in=["open", "held"]
        ):
            raise WrongState("coupon", "held", "changed")
        await Coupon.filter(id=coupon_id).update(**_in_utc(changes), updated_at=shop.now())
        await audit.note(shop, staff_id, "coupon.change", f"coupon:{coupon_id}", changed=sorted(changes))
    return await Coupon.get(id=coupon_id)


def _require_terms(threshold_fen: int, off_fen: int, valid_from: datetime, valid_until: datetime) -> None:
    if not valid_from < valid_until:
        raise Invalid("valid_until", "after valid_from")
    if not 0 < off_fen <= threshold_fen:
        raise Invalid("off_fen", "above 0, and not above the threshold")


def _in_utc(values: dict[str, Any]) -> dict[str, Any]:
    return {name: v.astimezone(UTC) if isinstance(v, datetime) else v for name, v in values.items()}


async def _seen() -> None:
    catalog.stock_moved()

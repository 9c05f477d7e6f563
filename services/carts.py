"""The cart: what a member means to order. Prices and stock are looked at when it is read, and held by nobody.

Every change raises the version. Adding needs none, for it commutes; changing and removing name the one
that was seen.
"""

from dataclasses import dataclass

from tortoise.expressions import F

from domain.errors import Invalid, NotFound, OutOfStock, StaleVersion, TooMany
from models import Cart, CartLine, Sku
from services.shop import Shop
from services.transaction import transaction


@dataclass(frozen=True)
class Held:
    """The cart as it stands; the lines in the order in which they were put in."""

    version: int
    lines: list[CartLine]
    skus: dict[int, Sku]  # with their products


async def cart_of(member_id: int) -> Held:
    """The member's cart; an empty one for who never had any."""
    cart = await Cart.get_or_none(member_id=member_id)
    lines = await CartLine.filter(member_id=member_id).order_by("id")
    skus = await Sku.filter(id__in=[line.sku_id for line in lines]).select_related("product")
    return Held(cart.version if cart else 1, lines, {sku.id: sku for sku in skus})


async def add(shop: Shop, member_id: int, sku_id: int, quantity: int) -> Held:
    """Put so many more in. Raises NotFound, OutOfStock beyond what is on hand, TooMany beyond the limits."""
    async with transaction():
        await _locked(shop, member_id)
        line = await CartLine.get_or_none(member_id=member_id, sku_id=sku_id)
        wanted = quantity + (line.quantity if line else 0)
        await _check(shop, sku_id, wanted)
        if line is None:
            if await CartLine.filter(member_id=member_id).count() >= shop.rules.order.cart_lines_max:
                raise TooMany("cart_lines", shop.rules.order.cart_lines_max)
            await CartLine.create(member_id=member_id, sku_id=sku_id, quantity=wanted, created_at=shop.now())
        else:
            await CartLine.filter(id=line.id).update(quantity=wanted, updated_at=shop.now())
        await _raise_version(shop, member_id)
    return await cart_of(member_id)


async def change(shop: Shop, member_id: int, sku_id: int, quantity: int, version: int) -> Held:
    """Have exactly so many of one line. Raises StaleVersion, NotFound for what is not in it, OutOfStock."""
    async with transaction():
        await _locked(shop, member_id, version)
        await _check(shop, sku_id, quantity)
        if not await CartLine.filter(member_id=member_id, sku_id=sku_id).update(
            quantity=quantity, updated_at=shop.now()
        ):
            raise NotFound("cart_line")
        await _raise_version(shop, member_id)
    return await cart_of(member_id)


async def remove(shop: Shop, member_id: int, sku_id: int, version: int) -> Held:
    """Take one line out. Raises StaleVersion, NotFound."""
    async with transaction():
        await _locked(shop, member_id, version)
        if not await CartLine.filter(member_id=member_id, sku_id=sku_id).delete():
            raise NotFound("cart_line")
        await _raise_version(shop, member_id)
    return await cart_of(member_id)


async def _locked(shop: Shop, member_id: int, version: int | None = None) -> None:
    await Cart.bulk_create(
        [Cart(member_id=member_id, created_at=shop.now())], on_conflict=("member_id",), ignore_conflicts=True
    )
    cart = await Cart.filter(member_id=member_id).select_for_update().get()
    if version is not None and cart.version != version:
        raise StaleVersion("cart")


async def _raise_version(shop: Shop, member_id: int) -> None:
    await Cart.filter(member_id=member_id).update(version=F("version") + 1, updated_at=shop.now())


async def _check(shop: Shop, sku_id: int, quantity: int) -> None:
    most = shop.rules.order.quantity_max
    if quantity < 1:
        raise Invalid("quantity", "at least one piece")
    if quantity > most:
        raise TooMany("quantity", most)
    sku = await Sku.get_or_none(id=sku_id).select_related("product")
    if sku is None or not (sku.product.on_sale and sku.product.quality_passed):
        raise NotFound("sku")
    if sku.left < quantity:
        raise OutOfStock(sku_id, sku.left)

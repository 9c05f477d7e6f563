"""The demo shop: rows worth looking at, put there by `app.py demo | seed` and by the tests.

Doing it again adds nothing and changes nothing that is there; it fills in what is missing.
"""

import secrets
from datetime import datetime, timedelta

from models import (
    Coupon,
    Look,
    LookItem,
    Product,
    Sku,
    StaffUser,
    StockEntry,
    Stylist,
    WorkingHours,
)
from services.seed_data.goods import COLOURS, GOODS, ONE, WEIGHTS, Good
from services.seed_data.people import COUPONS, LOOKS, STAFF, STYLISTS
from services.shop import Shop
from services.staff import hash_password
from services.transaction import transaction

STOCK_REF = "seed"

# The demo passwords stand in this repository, so a dear hash would protect nothing and slow every start.
DEMO_HASH_COST = 2**10

# Enough of most sizes, a last piece here and there, and now and then none: a shop as it is.
_PIECES = (12, 9, 15, 1, 8, 11, 20, 6, 0, 10, 14, 2, 7)


async def shop_window(shop: Shop) -> None:
    """Fill the shop: goods with stock, staff and stylists with hours, looks and coupons."""
    now = shop.now()
    async with transaction():
        await _goods(now)
        await _staff(now)
        await _stylists(now)
        await _looks(now)
        await _coupons(now)


def picture(name: str) -> str:
    """The address of a drawing."""
    return f"/pictures/{name}.svg"


async def _goods(now: datetime) -> None:
    await Product.bulk_create(
        [
            Product(
                code=good.code,
                name=good.name,
                category=good.category,
                story=good.story,
                material=good.material,
                price_fen=good.price_fen,
                member_price_fen=good.member_price_fen,
                picture=picture(good.picture),
                weight_grams=WEIGHTS.get(good.category, 0),
                position=position,
                created_at=now,
            )
            for position, good in enumerate(GOODS, 1)
        ],
        on_conflict=("code",),
        ignore_conflicts=True,
    )
    ids = await _ids_by_code()
    skus = [sku for good in GOODS for sku in _skus(good, ids[good.code], now)]
    await Sku.bulk_create(skus, on_conflict=("code",), ignore_conflicts=True)
    received = {sku.code: sku.received for sku in skus}
    stocked = await Sku.filter(code__in=list(received)).values_list("id", "code")
    await StockEntry.bulk_create(
        [
            StockEntry(sku_id=sku_id, step="receive", quantity=received[code], ref=STOCK_REF, created_at=now)
            for sku_id, code in stocked
            if received[code]
        ],
        on_conflict=("sku_id", "step", "ref"),
        ignore_conflicts=True,
    )


def _skus(good: Good, product_id: int, now: datetime) -> list[Sku]:
    rows: list[Sku] = []
    for c, colour in enumerate(good.colours):
        for s, size in enumerate(good.sizes):
            pieces = _PIECES[(int(good.code[2:]) * 3 + c * 5 + s) % len(_PIECES)]
            rows.append(
                Sku(
                    product_id=product_id,
                    code=f"{good.code}-{colour}-{'U' if good.sizes is ONE else size}",
                    size=size,
                    colour=COLOURS[colour],
                    received=pieces,
                    on_hand=pieces,
                    created_at=now,
                )
            )
    return rows


async def _ids_by_code() -> dict[str, int]:
    rows = await Product.filter(code__in=[good.code for good in GOODS]).values_list("code", "id")
    return {str(code): int(number) for code, number in rows}


async def _staff(now: datetime) -> None:
    there = {str(login) for login in await StaffUser.all().values_list("login", flat=True)}
    await StaffUser.bulk_create(
        [
            StaffUser(
                login=login,
                name=name,
                role=role,
                password_hash=hash_password(f"demo-{login}", n=DEMO_HASH_COST),
                created_at=now,
            )
            for login, name, role in STAFF
            if login not in there
        ],
        on_conflict=("login",),
        ignore_conflicts=True,
    )


async def _stylists(now: datetime) -> None:
    staff = dict(await StaffUser.filter(role="stylist").values_list("login", "id"))
    await Stylist.bulk_create(
        [
            Stylist(
                name=one.name,
                staff_id=staff[one.login],
                words=one.words,
                skills=list(one.skills),
                modes=list(one.modes),
                picture=picture(one.picture),
                feed_token=secrets.token_urlsafe(24),
                created_at=now,
            )
            for one in STYLISTS
        ],
        on_conflict=("name",),
        ignore_conflicts=True,
    )
    ids = dict(await Stylist.all().values_list("name", "id"))
    await WorkingHours.bulk_create(
        [
            WorkingHours(stylist_id=ids[one.name], weekday=weekday, starts=starts, ends=ends, created_at=now)
            for one in STYLISTS
            for weekdays, starts, ends in one.hours
            for weekday in weekdays
        ],
        on_conflict=("stylist_id", "weekday", "starts"),
        ignore_conflicts=True,
    )


async def _looks(now: datetime) -> None:
    # A look has no key but its title, and only one process ever seeds.
    there = {str(title) for title in await Look.all().values_list("title", flat=True)}
    drawn = {good.code: good.picture for good in GOODS}
    await Look.bulk_create(
        [
            Look(
                title=title,
                words=words,
                picture=picture("_".join(["look", *(drawn[code] for code in codes)])),
                created_at=now,
            )
            for title, words, codes in LOOKS
            if title not in there
        ]
    )
    looks = dict(await Look.all().values_list("title", "id"))
    products = await _ids_by_code()
    await LookItem.bulk_create(
        [
            LookItem(look_id=looks[title], product_id=products[code], created_at=now)
            for title, _, codes in LOOKS
            for code in codes
        ],
        on_conflict=("look_id", "product_id"),
        ignore_conflicts=True,
    )


async def _coupons(now: datetime) -> None:
    await Coupon.bulk_create(
        [
            Coupon(
                code=code,
                name=name,
                threshold_fen=threshold,
                off_fen=off,
                valid_from=now,
                valid_until=now + timedelta(days=days),
                points_price=points_price,
                created_at=now,
            )
            for code, name, threshold, off, days, points_price in COUPONS
        ],
        on_conflict=("code",),
        ignore_conflicts=True,
    )

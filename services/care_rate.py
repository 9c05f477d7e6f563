"""One rate for all senders of an account, on whichever host: permits are taken from one row, before the calls."""

import asyncio

from models import sql
from services.shop import Shop


async def allowed(shop: Shop, calls: int) -> None:
    """Wait until so many calls may be made. The pace is real time's, by the database's clock, not the shop's."""
    rate = shop.rules.care.calls_a_second_max
    if not rate or not calls:
        return
    rows = await sql.run("care_rate", account=shop.accounts.official_appid, span=calls / rate, created=shop.now())
    if (wait := float(rows[0]["wait"])) > 0:
        await asyncio.sleep(wait)

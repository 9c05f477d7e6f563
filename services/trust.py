"""How far a member is trusted with goods that are not paid yet, reckoned from their own rows when asked."""

from datetime import timedelta

from domain.abuse import Facts, Trust, judge
from models.sql import run
from services.shop import Shop


async def of(shop: Shop, member_id: int) -> Trust:
    """Score, reasons, and the cap and deposit that follow; one statement."""
    rules, now = shop.rules.abuse, shop.now()
    [row] = await run(
        "abuse_facts", member_id=member_id, since=now - timedelta(days=rules.window_days),
        owed_since=now - timedelta(days=rules.owed_after_days),
    )  # fmt: skip
    facts = Facts(int(row["damaged"]), int(row["missing"]), int(row["all_back"]), int(row["owed_fen"]))
    return judge(facts, shop.rules.box.risk_cap_fen, shop.rules.box.deposit_fen, rules)

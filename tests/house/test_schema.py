"""What must be impossible is so in the database itself: each invariant of the migrations is there, and bites."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise, connections
from tortoise.exceptions import BaseORMException

from models import Member, database
from models.constraints import Check, PartialIndex, PartialUnique, Together

MIGRATIONS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "migrations").glob("[0-9]*.py"))


def flat(operations: Iterable[Any]) -> Iterator[Any]:
    """One by one, also those that are done together."""
    for operation in operations:
        yield from flat(operation.operations) if isinstance(operation, Together) else (operation,)


OPERATIONS = [
    operation
    for name in MIGRATIONS
    for operation in flat(importlib.import_module(f"migrations.{name}").Migration.operations)
]
AT = "2026-11-22 02:00:00+00:00"

ROWS: dict[str, dict[str, Any]] = {
    "invoice": {
        "id": 1, "member_id": 1, "ref": "box:9", "amount_fen": 1, "title_sealed": "", "tax_no": "", "channel": "chat",
        "number": "", "reason": "", "red_number": "",
    },
    "membership": {
        "id": 1, "member_id": 1, "plan": "yearly", "state": "expired", "price_fen": 1, "price_locked_until": AT,
        "months_from_anchor": 0,
    },
    "quota_counter": {"id": 1, "membership_id": 90, "kind": "styling", "granted": 6, "held": 1, "used": 5},
    "sku": {
        "id": 1, "product_id": 1, "code": "A", "size": "M", "colour": "白", "received": 4, "on_hand": 1, "reserved": 1,
        "sold": 1, "lost": 1,
    },
    "payment": {
        "id": 1, "member_id": 1, "out_trade_no": "A", "purpose": "deposit", "ref": "box:1", "description": "",
        "amount_fen": 0, "state": "wanted", "prepay_id": "", "expires_at": AT,
    },
    "refund": {
        "id": 1, "member_id": 1, "out_refund_no": "A", "transaction_id": "A", "ref": "box:1", "reason": "",
        "amount_fen": 5, "total_fen": 5, "state": "wanted",
    },
    "wait_entry": {
        "id": 1, "member_id": 1, "starts_at": AT, "mode": "store", "skill": "", "state": "waiting",
    },
    "broadcast_place": {"id": 1, "member_id": 1, "month": "2026-11", "taken": 0},
    "stylist_place": {"id": 1, "member_id": 1, "month": "2026-11", "taken": 0},
    "staff_user": {
        "id": 1, "login": "a", "name": "", "role": "stylist", "password_hash": "", "active": "true",
        "wecom_userid": "lin",
    },
    "wecom_task": {
        "id": 1, "staff_id": 1, "userid": "lin", "text": "", "words_key": "k", "until": AT, "state": "gathering",
        "msg_id": "",
    },
    "campaign": {
        "id": 1, "way": "ladder", "name": "x", "goal": "retain", "state": "draft", "audience": "{}",
        "variants": "[]", "priority": 50, "spread_minutes": 0, "stop_when_bought": False,
        "stop_when_returned": True, "made_by": 1, "paused_why": "", "start_at": AT,
        "useful_until": AT, "planned_id": 0, "passed_over": "{}", "series_on": "2026-11-22",
    },
    "swap": {"id": 1, "booking_id": 1, "absence_id": 1, "from_stylist_id": 1, "state": "open", "answer_by": AT},
    "gift": {"id": 1, "member_id": 1, "staff_id": 1, "amount_fen": 1, "words": "", "state": "asked"},
    "gift_budget": {"id": 1, "staff_id": 1, "month": "2026-11", "spent_fen": 0},
    "opinion": {"id": 1, "member_id": 1, "source": "chat", "text": "x", "answer": ""},
    "reply_window": {"id": 1, "openid": "o", "trigger": "message", "left_count": 0, "expires_at": AT},
    "consent_credit": {"id": 1, "member_id": 1, "template_id": "t", "left_count": 0},
    "score_cover": {
        "id": 1, "member_id": 1, "box_id": 1, "out_order_no": "A", "risk_fen": 1, "state": "DOING", "description": "",
        "collection": "", "package": "", "starts_at": AT, "ends_at": AT,
    },
    "parcel": {
        "id": 1, "box_id": 1, "direction": "out", "state": "wanted", "carrier": "SF", "return_id": "",
    },
    "box": {
        "id": 1, "member_id": 1, "state": "confirmed", "version": 1, "occasion": "", "wish": "", "stylist_words": "",
        "cover": "", "deposit_fen": 0, "highest_fen": 0, "freight_out_fen": 0, "freight_back_fen": 0,
        "address_sealed": "", "extended": "0", "kept_all": "0", "points_percent": 100, "goods_fen": 0,
        "charge_fen": 0, "damage_fen": 0,
    },
    "damage_fee": {
        "id": 1, "item_id": 1, "box_id": 1, "grade": "light", "fee_fen": 1, "words": "", "state": "proposed",
        "proposed_by": 1, "answer_until": AT, "answer": "",
    },
    "handoff": {
        "id": 1, "openid": "o", "reason": "complaint", "priority": 0, "state": "waiting", "offered_to": 0, "passes": 0,
        "tried": "[]",
    },
    "cart_line": {"id": 1, "member_id": 1, "sku_id": 1, "quantity": 1},
    "shop_order": {
        "id": 1, "member_id": 1, "number": "A", "state": "signed", "gross_fen": 10, "coupon_fen": 4, "goods_fen": 0,
        "freight_fen": 0, "total_fen": 6, "stored_fen": 5, "refunded_fen": 6, "priority": 0, "points_percent": 100,
        "address_sealed": "", "expires_at": AT,
    },
    "order_item": {
        "id": 1, "order_id": 1, "sku_id": 1, "name": "", "size": "M", "colour": "", "picture": "", "public_fen": 2,
        "price_fen": 1, "net_fen": 1, "state": "bought", "reason": "", "grade": "",
    },
    "limited_drop": {
        "id": 1, "product_id": 1, "title": "", "starts_at": AT, "ends_at": AT, "pieces": 3, "per_member": 2, "taken": 3,
    },
    "drop_claim": {"id": 1, "drop_id": 1, "member_id": 1, "taken": 2, "most": 2},
    "staff_case": {
        "id": 1, "kind": "dispute", "ref": "box:1", "state": "open", "priority": 1, "due_at": AT, "facts": "{}",
        "outcome": "",
    },
    "approval": {
        "id": 1, "kind": "goodwill", "ref": "goodwill:1", "facts": "{}", "reason": "", "state": "asked", "asked_by": 1,
        "decided_by": 2, "note": "",
    },
    "product_claim": {
        "id": 1, "product_id": 1, "word": "最", "evidence": "", "state": "asked", "asked_by": 1,
        "decided_by": 2, "note": "",
    },
    "wallet": {
        "id": 1, "member_id": 1, "principal_fen": 0, "bonus_fen": 0, "held_principal_fen": 0, "held_bonus_fen": 0,
    },
    "wallet_entry": {
        "id": 1, "wallet_id": 1, "step": "hold", "principal_fen": 0, "bonus_fen": 0, "ref": "box:1",
    },
    "top_up": {"id": 1, "member_id": 1, "amount_fen": 5, "bonus_fen": 0, "refunded_fen": 5},
    "store_sale": {
        "id": 1, "member_id": 1, "out_trade_no": "TILL1", "store": "SH01", "amount_fen": 5, "returned_fen": 5,
        "points_percent": 100, "sold_at": AT,
    },
    "goodwill": {
        "id": 1, "member_id": 1, "ref": "box:1", "amount_fen": 1, "reason": "", "state": "asked", "asked_by": 1,
        "alone": "false",
    },
}  # fmt: skip
"""A row of each table at the edge of what is allowed."""

ROWS["points_lot"] = {
    "id": 1, "member_id": 1, "points": 10, "unspent": 10, "usable_at": AT, "expires_at": AT, "reason": "box",
    "ref": "1",
}  # fmt: skip

BROKEN: dict[str, list[dict[str, Any]]] = {
    "broadcast_place_taken": [{"taken": -1}],
    "stylist_place_taken": [{"taken": -1}],
    "quota_never_overspent": [{"held": 2}, {"used": 6}, {"granted": 5}, {"held": -1}, {"used": -1, "held": 0}],
    "stock_adds_up": [
        {"on_hand": 2}, {"received": 5}, {"on_hand": -1, "received": 2}, {"reserved": -1, "received": 2},
        {"sold": -1, "received": 2}, {"lost": -1, "received": 2},
    ],
    "points_never_overspent": [{"unspent": 11}, {"unspent": -1}, {"points": -10}, {"points": 0, "unspent": 0}],
    "payment_amount": [{"amount_fen": -1}],
    "refund_amount": [{"amount_fen": 0}, {"amount_fen": 6}],
    "damage_fee_amount": [{"fee_fen": 0}, {"fee_fen": -1}],
    "opinion_rating": [{"rating": 0}, {"rating": 6}],
    "window_left": [{"left_count": -1}],
    "credit_left": [{"left_count": -1}],
    "cart_line_quantity": [{"quantity": 0}, {"quantity": -1}],
    "order_adds_up": [
        {"total_fen": 7}, {"gross_fen": 11}, {"refunded_fen": 7}, {"refunded_fen": -1}, {"goods_fen": -1},
        {"freight_fen": -1, "total_fen": 5, "refunded_fen": 5}, {"coupon_fen": -1, "total_fen": 11},
    ],
    "order_stored": [{"stored_fen": 7}, {"stored_fen": -1}],
    "order_item_net": [{"net_fen": 2}, {"net_fen": -1}],
    "drop_never_oversold": [{"taken": 4}, {"taken": -1}, {"pieces": 2}],
    "drop_claim_capped": [{"taken": 3}, {"taken": -1}, {"most": 1}],
    "approval_two_persons": [{"decided_by": 1}, {"asked_by": 2}],
    "product_claim_two_persons": [{"decided_by": 1}, {"asked_by": 2}],
    "gift_amount": [{"amount_fen": 0}, {"amount_fen": -1}],
    "gift_budget_spent": [{"spent_fen": -1}],
    "wallet_never_below_zero": [
        {"principal_fen": -1}, {"bonus_fen": -1}, {"held_principal_fen": -1}, {"held_bonus_fen": -1},
    ],
    "wallet_entry_magnitudes": [{"principal_fen": -1}, {"bonus_fen": -1}],
    "top_up_sums": [{"amount_fen": 0}, {"bonus_fen": -1}, {"refunded_fen": -1}, {"refunded_fen": 6}],
    "store_sale_returned": [{"amount_fen": 0, "returned_fen": 0}, {"returned_fen": -1}, {"returned_fen": 6}],
    "goodwill_amount": [{"amount_fen": 0}, {"amount_fen": -1}],
    "handoff_rating": [{"rating": 0}, {"rating": 6}],
}  # fmt: skip
"""For each CHECK: changes of its table's row that it must refuse."""

SECOND: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "staff_wecom_once": ({}, {"login": "b"}, {"login": "b", "wecom_userid": None}),
    "wecom_task_one_gathers": ({}, {"staff_id": 2}, {"state": "open"}),
    "uid_campaign_series_day": ({"series_id": 7}, {}, {"series_id": None}),
    "invoice_one_per_purchase": ({"state": "asked"}, {"state": "issued"}, {"state": "refused"}),
    "membership_one_active": ({"state": "active"}, {"state": "active"}, {"state": "expired"}),
    "membership_one_wanted": ({"state": "wanted"}, {"state": "wanted"}, {"state": "cancelled"}),
    "membership_one_follows": (
        {"follows_id": 7, "state": "queued"},
        {"follows_id": 7, "state": "expired", "member_id": 2},
        {"follows_id": 7, "state": "cancelled"},
    ),
    "payment_one_open": ({}, {"out_trade_no": "B"}, {"out_trade_no": "B", "state": "closed"}),
    "approval_one_open": ({}, {}, {"state": "refused"}),
    "product_claim_one_stands": ({}, {"state": "proved"}, {"state": "refused"}),
    "score_cover_one_open": ({}, {"out_order_no": "B"}, {"out_order_no": "B", "state": "REVOKED"}),
    "swap_one_open": ({}, {"absence_id": 2}, {"state": "lapsed"}),
    "wait_one_open": ({}, {"state": "offered"}, {"state": "lapsed"}),
    "box_one_exchange": (
        {"exchange_of_id": 7},
        {"exchange_of_id": 7, "state": "shipped"},
        {"exchange_of_id": 7, "state": "cancelled"},
    ),
    "parcel_seal": ({"seal": "S-1"}, {"box_id": 2}, {"seal": ""}),
    "parcel_return_seal": ({"return_seal": "R-1"}, {"box_id": 2}, {"return_seal": ""}),
    "handoff_one_open": ({}, {"state": "taken"}, {"state": "closed"}),
    "staff_case_one_open": ({}, {"priority": 2}, {"state": "closed"}),
}
"""For each partial key: a first row, a second one it must refuse, and one outside its condition."""


async def put(table: str, changes: dict[str, Any]) -> None:
    """Insert one row as it stands, without the ORM between us and the table."""
    row = {**ROWS[table], "created_at": AT, **changes}
    # Written into the statement: asyncpg would want instants as datetimes, SQLite takes them as text.
    values = ", ".join("NULL" if v is None else f"'{v}'" if isinstance(v, str) else str(v) for v in row.values())
    columns = ", ".join(f'"{name}"' for name in row)
    await connections.get("default").execute_query(f'INSERT INTO "{table}" ({columns}) VALUES ({values})')


async def empty(table: str) -> None:
    await connections.get("default").execute_query(f'DELETE FROM "{table}"')


async def without_parents() -> None:
    """Rows are put alone here: who they belong to is another constraint's matter."""
    connection = connections.get("default")
    if connection.capabilities.dialect == "sqlite":
        await connection.execute_query("PRAGMA foreign_keys = OFF")
        return
    keys = await connection.execute_query_dict(
        "SELECT conrelid::regclass::text AS at, conname AS name FROM pg_constraint WHERE contype = 'f'"
    )
    for key in keys:
        await connection.execute_query(f'ALTER TABLE {key["at"]} DROP CONSTRAINT "{key["name"]}"')


def of(kind: type[Any]) -> list[Any]:
    return [operation for operation in OPERATIONS if isinstance(operation, kind)]


def name_of(operation: Any) -> str:
    """The index a RunSQL operation makes."""
    return str(operation.sql).split('"')[1]


async def test_every_invariant_is_in_the_schema(database: str) -> None:
    connection = connections.get("default")
    indexes = {name_of(operation) for operation in (*of(PartialUnique), *of(PartialIndex))}
    checks = {operation.name for operation in of(Check)}
    if database.startswith("sqlite"):
        rows = await connection.execute_query_dict("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        there = {row["name"]: str(row["sql"]) for row in rows}
        assert {f"{name}_{event}" for name in checks for event in ("insert", "update")} <= set(there)
    else:
        found = await connection.execute_query_dict("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        assert checks <= {row["conname"] for row in found}
        rows = await connection.execute_query_dict("SELECT indexname, indexdef FROM pg_indexes")
        there = {row["indexname"]: row["indexdef"] for row in rows}
    assert indexes <= set(there)
    assert all("WHERE" in there[name] for name in indexes)
    assert all("UNIQUE" in there[name_of(operation)] for operation in of(PartialUnique))


async def test_a_task_that_spoke_of_another_database_before_opens_this_one(database_url: str) -> None:
    """As `nlu eval` does with its second file of dialogues: migrate, open, close, and once more."""
    await database.connect(database_url)
    await database.close()
    await Tortoise.init(config=database.config("sqlite://nowhere"), init_connections=False)
    await database.connect(database_url)
    assert not await Member.exists()
    await database.close()


def test_every_invariant_is_tried_here() -> None:
    assert set(BROKEN) == {operation.name for operation in of(Check)}
    assert set(SECOND) == {name_of(operation) for operation in of(PartialUnique)}


async def test_a_check_refuses_what_breaks_it_inserted_or_updated(database: str) -> None:
    await without_parents()
    for check in of(Check):
        for changes in BROKEN[check.name]:
            with pytest.raises(BaseORMException, match=check.name):
                await put(check.table, changes)
        await put(check.table, {})
        for changes in BROKEN[check.name]:
            sets = ", ".join(f'"{column}" = {value}' for column, value in changes.items())
            with pytest.raises(BaseORMException, match=check.name):
                await connections.get("default").execute_query(f'UPDATE "{check.table}" SET {sets}')
        await empty(check.table)


async def test_a_partial_key_holds_within_its_condition_only(database: str) -> None:
    await without_parents()
    for key in of(PartialUnique):
        table = str(key.sql).split('"')[3]
        first, second, outside = SECOND[name_of(key)]
        await put(table, first)
        # The refusal names the key or its columns; which key it was shows by the row outside its condition.
        with pytest.raises(BaseORMException, match=r"(?i)unique"):
            await put(table, {**first, "id": 2, **second})
        await put(table, {**first, "id": 2, **outside})
        await empty(table)

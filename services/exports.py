"""A copy of everything we know of a member, read from every table that names them, in the clear."""

import dataclasses
from datetime import date, datetime
from typing import Any

import orjson
import structlog
from tortoise.models import Model

import models
from domain.errors import NotFound, WrongState
from domain.privacy import ExportState, export_until
from models import (
    Box,
    BoxItem,
    ChatLine,
    DataExport,
    Identity,
    Member,
    Order,
    OrderItem,
    OrderParcel,
    Parcel,
    QuotaCounter,
    QuotaEntry,
    ReplyWindow,
    WalletEntry,
)
from services import addresses, families, invoices
from services.members import PHONE_AAD
from services.shop import Shop
from services.transaction import transaction

AAD = "data_export/sealed"
CHAT = "chat"
INSIDE: dict[type[Model], str] = {
    BoxItem: "box__member_id",
    Parcel: "box__member_id",
    OrderItem: "order__member_id",
    OrderParcel: "order__member_id",
    QuotaCounter: "membership__member_id",
    QuotaEntry: "counter__membership__member_id",
    WalletEntry: "wallet__member_id",
}
"""Rows that belong to a member through something else."""
BY_OPENID: tuple[type[Model], ...] = (ChatLine, ReplyWindow)
NOT_GIVEN = frozenset({"DataExport", "PartnerTicket"})
"""Copies of copies, and tickets that wait for their other half."""
HIDDEN = frozenset(
    {
        "sealed",
        "name_sealed",
        "title_sealed",
        "phone_sealed",
        "phone_index",
        "address_sealed",
        "account_index",
        "prepay_id",
        "package",
    }
)
"""Given in the clear beside it, or keys that mean nothing to a person."""
log = structlog.get_logger()


def tables() -> list[type[Model]]:
    """Every table with a member in it."""
    named = [getattr(models, name) for name in models.__all__ if name not in NOT_GIVEN]
    return [table for table in named if "member_id" in table._meta.fields_map]


async def count(member_id: int) -> int:
    """About how many rows a copy has: the tables that grow with what a member does."""
    openids = await _openids(member_id)
    lines = await ChatLine.filter(openid__in=openids).count()
    return lines + sum([await table.filter(member_id=member_id).count() for table in tables()])


async def collect(shop: Shop, member_id: int) -> dict[str, Any]:
    """Everything, table by table, with phone and addresses opened. Raises NotFound."""
    member = await Member.get_or_none(id=member_id)
    if member is None:
        raise NotFound("member")
    told: dict[str, Any] = {"member": _plain(await Member.filter(id=member_id).values())[0]}
    if member.phone_sealed:
        told["member"]["phone"] = shop.sealer.open(member.phone_sealed, PHONE_AAD)
    for table in tables():
        rows = await table.filter(member_id=member_id).order_by(table._meta.pk_attr).values()
        told[str(table._meta.db_table)] = _plain(rows)
    for table, through in INSIDE.items():
        rows = await table.filter(**{through: member_id}).order_by("id").values()
        told[str(table._meta.db_table)] = _plain(rows)
    openids = await _openids(member_id)
    for table in BY_OPENID:
        told[str(table._meta.db_table)] = _plain(await table.filter(openid__in=openids).order_by("id").values())
    told["member_address"] = [
        {"id": one.id, "is_default": one.is_default, **dataclasses.asdict(one.address)}
        for one in await addresses.kept(shop, member_id)
    ]
    names = {person.id: person.name for person in await families.listed(shop, member_id)}
    for line in told["family_profile"]:
        line["name"] = names[line["id"]]
    titles = {one.row.id: one.title for one in await invoices.of_member(shop, member_id)}
    for line in told["invoice"]:
        line["title"] = titles.get(line["id"], "")
    await _addresses(shop, told["box"], Box, member_id)
    await _addresses(shop, told["shop_order"], Order, member_id)
    return told


async def _addresses(shop: Shop, lines: list[dict[str, Any]], table: type[Box] | type[Order], member_id: int) -> None:
    """Where each went, in the clear."""
    rows = {row.id: row.address_sealed for row in await table.filter(member_id=member_id)}
    for line in lines:
        if rows[line["id"]]:
            line["address"] = dataclasses.asdict(addresses.unseal(shop, rows[line["id"]]))


async def _openids(member_id: int) -> list[str]:
    return [row.openid for row in await Identity.filter(member_id=member_id)]


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _value(value) for name, value in row.items() if name not in HIDDEN} for row in rows]


def _value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value


# Asking for one --------------------------------------------------------------------------------------


async def ask(shop: Shop, member_id: int, channel: str) -> DataExport:
    """The copy that is being prepared, or a new one: ready at once where there is little, else by the job.

    A chat is answered within seconds, so what is asked for there is always the job's.
    """
    async with transaction():
        # Two wishes at once wait here for each other.
        await Member.filter(id=member_id).select_for_update().get()
        waiting = await DataExport.filter(member_id=member_id, state=ExportState.ASKED).first()
        row = waiting or await DataExport.create(member_id=member_id, channel=channel, created_at=shop.now())
    if channel != CHAT and await count(member_id) <= shop.rules.privacy.export_rows_at_once:
        await _prepare(shop, row)
    log.info("export.asked", member=member_id, export=row.id, state=row.state)
    return row


async def _prepare(shop: Shop, row: DataExport) -> None:
    told = await collect(shop, row.member_id)
    text = orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
    now = shop.now()
    changes: dict[str, Any] = {
        "state": ExportState.READY, "ready_at": now, "until": export_until(now, shop.rules.privacy),
    }  # fmt: skip
    await DataExport.filter(id=row.id, state=ExportState.ASKED).update(
        sealed=shop.sealer.seal(text, AAD), updated_at=now, **changes
    )
    await row.refresh_from_db()


async def prepare_due(shop: Shop) -> int:
    """The job: copies that are too large to be made while somebody waits; how many."""
    rows = await DataExport.filter(state=ExportState.ASKED).order_by("id").limit(20)
    for row in rows:
        await _prepare(shop, row)
    return len(rows)


async def listed(member_id: int) -> list[DataExport]:
    """The member's copies, the newest first."""
    return await DataExport.filter(member_id=member_id).order_by("-id").limit(20)


async def file_of(shop: Shop, member_id: int, export_id: int) -> bytes:
    """The copy as JSON. Raises NotFound, also once it is too old; WrongState while it is being prepared."""
    row = await DataExport.filter(id=export_id, member_id=member_id).first()
    if row is None or (row.until is not None and row.until <= shop.now()):
        raise NotFound("export")
    if row.state is not ExportState.READY:
        raise WrongState("export", row.state, ExportState.READY)
    return shop.sealer.open(row.sealed, AAD).encode()

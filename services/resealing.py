"""Personal data is sealed again with the current key, so that the previous one can be thrown away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from domain.ports import SealBroken
from models import (
    Box,
    DataExport,
    FamilyProfile,
    IdempotentAnswer,
    Invoice,
    Member,
    MemberAddress,
    Order,
    WebhookEndpoint,
)
from models.base import Row
from services import addresses, answers, exports, families, invoices, members, webhooks
from services.shop import Shop
from services.transaction import transaction

CHUNK = 500


@dataclass(frozen=True)
class Column:
    """Where sealed texts stand, and what they were sealed for."""

    table: type[Row]
    name: str
    aad: str

    def __str__(self) -> str:
        return f"{self.table._meta.db_table}.{self.name}"


SEALED = (
    Column(Member, "phone_sealed", members.PHONE_AAD),
    Column(MemberAddress, "sealed", addresses.AAD),
    Column(Box, "address_sealed", addresses.AAD),
    Column(Order, "address_sealed", addresses.AAD),
    Column(FamilyProfile, "name_sealed", families.AAD),
    Column(Invoice, "title_sealed", invoices.AAD),
    Column(DataExport, "sealed", exports.AAD),
    Column(WebhookEndpoint, "secret_sealed", webhooks.AAD),
    Column(WebhookEndpoint, "old_secret_sealed", webhooks.AAD),
    Column(IdempotentAnswer, "body", answers.SEALED_AS),
)
"""Every column of sealed texts."""


@dataclass(frozen=True)
class Progress:
    """How far one column is; `broken` are the ids of rows that neither key opens, which stay as they are."""

    column: Column
    rows: int
    seen: int = 0
    resealed: int = 0
    broken: tuple[int, ...] = ()


async def reseal(shop: Shop) -> AsyncIterator[Progress]:
    """Seal everything again that the current key did not seal; a column's figures after each chunk of its rows.

    The shop may stay open: a chunk is one short transaction. Broken off, it goes on where it is needed when run again.
    """
    for column in SEALED:
        rows = column.table.exclude(**{column.name: ""})
        progress, last = Progress(column, await rows.count()), 0
        yield progress
        while ids := await rows.filter(id__gt=last).order_by("id").limit(CHUNK).values_list("id", flat=True):
            last = int(ids[-1])  # type: ignore[call-overload]  # the ORM types a flat list as tuples
            resealed, broken = await _chunk(shop, column, ids)
            progress = Progress(
                column, progress.rows, progress.seen + len(ids), progress.resealed + resealed, progress.broken + broken
            )
            yield progress


async def _chunk(shop: Shop, column: Column, ids: object) -> tuple[int, tuple[int, ...]]:
    """How many of these rows were sealed again, and which could not be opened."""
    fresh, broken = [], []
    async with transaction():
        for row in await column.table.filter(id__in=ids).select_for_update().order_by("id"):
            sealed = getattr(row, column.name)
            if not sealed or shop.sealer.is_current(sealed):
                continue
            try:
                text = shop.sealer.open(sealed, column.aad)
            except SealBroken:
                broken.append(row.id)
                continue
            setattr(row, column.name, shop.sealer.seal(text, column.aad))
            fresh.append(row)
        if fresh:
            await column.table.bulk_update(fresh, [column.name])
    return len(fresh), tuple(broken)

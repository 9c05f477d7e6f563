"""Invoices: what one can be had for, asking, and the desk that issues, refuses or reverses; the member is told.

An issued invoice over more than is kept by now is marked the moment the piece is back (`to_red`): the desk issues
the red-letter invoice and records its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.errors import Invalid, NotFound, WrongState
from domain.invoice import INVOICE_LIFE, OVER, InvoiceState, Payer
from domain.money import Fen, yuan
from models import InboxNote, Invoice, Purchase
from models.base import move
from models.sql import run
from services import audit, members, purchases
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Due", "Invoice", "Told", "ask", "due", "issue", "of_member", "redden", "refuse", "waiting"]

AAD = "invoice/title"
AT_ONCE = 100
log = structlog.get_logger()


@dataclass(frozen=True)
class Due:
    """A purchase an invoice can be asked for, and what is kept of it."""

    ref: str
    amount_fen: Fen


@dataclass(frozen=True)
class Told:
    """An invoice with its title in the clear."""

    row: Invoice
    title: str


async def due(member_id: int) -> list[Due]:
    """Purchases of which something is kept and no invoice is asked for or stands, the newest first."""
    asked = await Invoice.filter(member_id=member_id).exclude(state__in=OVER).values_list("ref", flat=True)
    rows = Purchase.filter(member_id=member_id, net_fen__gt=0).exclude(ref__in=list(asked))
    return [Due(row.ref, row.net_fen) for row in await rows.order_by("-bought_at", "-id").limit(AT_ONCE)]


async def ask(shop: Shop, member_id: int, ref: str, payer: Payer, channel: str, staff_id: int | None = None) -> Told:
    """Ask for the invoice of a purchase. `staff_id`: who took the wish down, by telephone or at the counter.

    Raises NotFound, Invalid for a company without its tax number, WrongState where one is asked for or issued.
    """
    if not payer.is_whole:
        raise Invalid("tax_no" if payer.is_company else "title", "a company's title takes its tax number")
    await members.get(member_id)
    async with transaction():
        purchase = await Purchase.get_or_none(member_id=member_id, ref=ref, net_fen__gt=0)
        if purchase is None:
            raise NotFound("purchase")
        try:
            async with in_transaction():
                row = await Invoice.create(
                    member_id=member_id, ref=ref, amount_fen=purchase.net_fen, channel=channel, tax_no=payer.tax_no,
                    title_sealed=shop.sealer.seal(payer.title, AAD), created_at=shop.now(),
                )  # fmt: skip
        except IntegrityError:
            raise WrongState("invoice", "there", InvoiceState.ASKED) from None
        if staff_id is not None:
            await audit.note(shop, staff_id, "invoice.ask", f"invoice:{row.id}", member=member_id)
    log.info("invoice.asked", invoice=row.id, channel=channel)
    return Told(row, payer.title)


async def of_member(shop: Shop, member_id: int) -> list[Told]:
    """A member's invoices, the newest first."""
    return _opened(shop, await Invoice.filter(member_id=member_id).order_by("-id").limit(AT_ONCE))


async def waiting(shop: Shop, state: InvoiceState) -> list[Told]:
    """What the desk has to issue (asked) or to reverse (to_red), the oldest first; at most a hundred."""
    return _opened(shop, await Invoice.filter(state=state).order_by("id").limit(AT_ONCE))


def _opened(shop: Shop, rows: Sequence[Invoice]) -> list[Told]:
    return [Told(row, shop.sealer.open(row.title_sealed, AAD) if row.title_sealed else "") for row in rows]


async def issue(shop: Shop, staff_id: int, invoice_id: int, number: str) -> Told:
    """Issued under a number, over what is kept of the purchase now. Raises NotFound, WrongState, Invalid."""
    async with transaction():
        # What comes back in this very moment is seen here, or marks the invoice afterwards.
        kept = await _kept(invoice_id, lock=True)
        row = await _locked(invoice_id)
        if kept <= 0:
            raise Invalid("amount", "nothing of the purchase is kept")
        await _decide(shop, staff_id, row, InvoiceState.ISSUED, "", number=number, amount_fen=kept)
        await _tell(shop, row, f"您的电子发票开好了：{yuan(kept)} 元，发票号码 {number}。")
    return _opened(shop, [await Invoice.get(id=invoice_id)])[0]


async def refuse(shop: Shop, staff_id: int, invoice_id: int, why: str) -> Told:
    """It cannot be issued; the member is told why and may ask again. Raises NotFound, WrongState."""
    async with transaction():
        row = await _locked(invoice_id)
        await _decide(shop, staff_id, row, InvoiceState.REFUSED, why, reason=why)
        await _tell(shop, row, f"您的发票暂时开不了：{why}。改好后可以再申请，回复「开发票」就行。")
    return _opened(shop, [await Invoice.get(id=invoice_id)])[0]


@purchases.changed
async def _mark(shop: Shop, member_id: int) -> None:
    """What was issued over more than is kept of it now is to be reversed."""
    for found in await run("invoices_over_kept", member_id=member_id):
        row = await _locked(found["id"])
        await move(row, INVOICE_LIFE, InvoiceState.TO_RED, at=shop.now(), who="shop", why="something of it came back")
        log.info("invoice.to_red", invoice=row.id)


async def redden(shop: Shop, staff_id: int, invoice_id: int, number: str) -> Told:
    """Reversed by the red-letter invoice of this number; the member is told. Raises NotFound, WrongState."""
    async with transaction():
        kept = await _kept(invoice_id)
        row = await _locked(invoice_id)
        await _decide(shop, staff_id, row, InvoiceState.RED, "", red_number=number)
        again = f"您留下的 {yuan(kept)} 元可以重新开，回复「开发票」就行。" if kept > 0 else ""
        await _tell(shop, row, f"因为有退货，发票 {row.number} 已冲红，红字发票号码 {number}。{again}")
    return _opened(shop, [await Invoice.get(id=invoice_id)])[0]


async def _kept(invoice_id: int, *, lock: bool = False) -> Fen:
    """What is kept of the purchase now; its row is always locked before the invoice's."""
    row = await Invoice.get_or_none(id=invoice_id)
    if row is None:
        raise NotFound("invoice")
    found = Purchase.filter(ref=row.ref)
    return int((await (found.select_for_update() if lock else found).get()).net_fen)


async def _locked(invoice_id: int) -> Invoice:
    row = await Invoice.filter(id=invoice_id).select_for_update().first()
    if row is None:
        raise NotFound("invoice")
    return row


async def _decide(shop: Shop, staff_id: int, row: Invoice, wanted: InvoiceState, why: str, **changes: object) -> None:
    await move(row, INVOICE_LIFE, wanted, at=shop.now(), who=f"staff:{staff_id}", why=why, **changes)
    await audit.note(shop, staff_id, f"invoice.{wanted.value}", f"invoice:{row.id}", **changes)
    log.info("invoice.decided", invoice=row.id, state=wanted)


async def _tell(shop: Shop, row: Invoice, text: str) -> None:
    await InboxNote.create(member_id=row.member_id, title="发票", text=text, page="pages/me/me", created_at=shop.now())

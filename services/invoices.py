"""Invoices: what one can be had for, asking, and the desk that issues or refuses; the member is told either way."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.errors import Invalid, NotFound, WrongState
from domain.invoice import INVOICE_LIFE, InvoiceState, Payer
from domain.money import Fen, yuan
from models import InboxNote, Invoice, Purchase
from models.base import move
from services import audit, members
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Due", "Invoice", "Told", "ask", "due", "issue", "of_member", "refuse", "waiting"]

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
    """Purchases of which something is kept and no invoice is asked for or issued, the newest first."""
    asked = await Invoice.filter(member_id=member_id, state__not=InvoiceState.REFUSED).values_list("ref", flat=True)
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


async def waiting(shop: Shop) -> list[Told]:
    """What the desk has to issue, the oldest first; at most a hundred."""
    return _opened(shop, await Invoice.filter(state=InvoiceState.ASKED).order_by("id").limit(AT_ONCE))


def _opened(shop: Shop, rows: Sequence[Invoice]) -> list[Told]:
    return [Told(row, shop.sealer.open(row.title_sealed, AAD) if row.title_sealed else "") for row in rows]


async def issue(shop: Shop, staff_id: int, invoice_id: int, number: str) -> Told:
    """Issued under a number, over what is kept of the purchase now. Raises NotFound, WrongState, Invalid."""
    async with transaction():
        row = await _locked(invoice_id)
        kept = (await Purchase.get(ref=row.ref)).net_fen
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

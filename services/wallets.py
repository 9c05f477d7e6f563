"""Stored value: topped up through WeChat Pay, held for a box, spent, given back, refunded.

Every change is one conditional update of the wallet and one line under a unique (step, ref), in the caller's
transaction, so neither a race nor a repeat takes it below 0 or moves it twice. Holding posts nothing: it is
still the member's money. Spending books `stored_principal + stored_bonus + / receivable -` (`stored:REF`).
"""

from dataclasses import dataclass

import structlog
from tortoise.expressions import F

from domain.errors import AbovePaid, CoverRefused, Invalid, NotAMember, TooMany
from domain.ledger import Account
from domain.membership import LEVELS, Level, higher
from domain.money import Fen
from domain.payment import PaymentPurpose
from domain.wallet import SIGN, Lot, LotRefund, Parts, WalletStep, first_bonus, refund_lots, spend, unspend
from models import Member, Payment, Refund, TopUp, Wallet, WalletEntry
from services import ledger, payments, refunds
from services.shop import Shop
from services.transaction import transaction

STORED = "stored_value"
FIRST = "first"
"""The ref of the bonus that is given once in a life."""
REFUND_WORDS = "储值余额退款"
log = structlog.get_logger()


# Topping up ----------------------------------------------------------------------------------------


async def top_up(shop: Shop, member_id: int, amount_fen: Fen) -> tuple[TopUp, Payment, Fen]:
    """Order a top-up; the payment to prepare, and the bonus it will bring if it is the first.

    Raises Invalid outside the limits of one top-up, TooMany above what one member may store, NotAMember.
    """
    rules = shop.rules.wallet
    if not rules.topup_min_fen <= amount_fen <= rules.topup_max_fen:
        raise Invalid("amount_fen", f"{rules.topup_min_fen} to {rules.topup_max_fen}")
    async with transaction():
        member = await Member.get(id=member_id)
        if LEVELS.index(member.level) < LEVELS.index(Level.REGISTERED):
            raise NotAMember
        wallet = await _opened(shop, member_id)
        if wallet.principal_fen + wallet.held_principal_fen + amount_fen > rules.balance_max_fen:
            raise TooMany("stored_fen", rules.balance_max_fen)
        row = await TopUp.create(member_id=member_id, amount_fen=amount_fen, created_at=shop.now())
        payment = await payments.want(shop, member_id, PaymentPurpose.TOP_UP, f"topup:{row.id}", amount_fen, "会员储值")
        bonus_fen = 0 if await _had_first(wallet) else first_bonus(amount_fen, rules)
    log.info("wallet.ordered", member=member_id, topup=row.id, amount_fen=amount_fen)
    return row, payment, bonus_fen


async def on_paid(shop: Shop, payment: Payment) -> None:
    """A top-up has come: principal, and the bonus of the first. Inside the caller's transaction."""
    row = await TopUp.get(id=int(payment.ref.partition(":")[2]))
    wallet = await _opened(shop, payment.member_id)
    await _write(shop, wallet, WalletStep.TOP_UP, Parts(payment.amount_fen, 0), payment.ref)
    # The wallet is locked; should that ever fail, the unique line makes a second bonus impossible.
    bonus_fen = 0 if await _had_first(wallet) else first_bonus(payment.amount_fen, shop.rules.wallet)
    await TopUp.filter(id=row.id).update(paid_at=payment.paid_at, bonus_fen=bonus_fen, updated_at=shop.now())
    if bonus_fen:
        await _write(shop, wallet, WalletStep.BONUS, Parts(0, bonus_fen), FIRST)
        await ledger.post(
            shop,
            f"bonus:{payment.ref}",
            {Account.BONUSES: bonus_fen, Account.STORED_BONUS: -bonus_fen},
            member_id=payment.member_id,
        )
    member = await Member.get(id=payment.member_id)
    await Member.filter(id=member.id).update(level=higher(member.level, Level.PAYER), updated_at=shop.now())
    log.info("wallet.topped_up", member=payment.member_id, amount_fen=payment.amount_fen, bonus_fen=bonus_fen)


async def _had_first(wallet: Wallet) -> bool:
    return await WalletEntry.exists(wallet_id=wallet.id, step=WalletStep.BONUS, ref=FIRST)


# Spending --------------------------------------------------------------------------------------------


async def free_fen(member_id: int) -> Fen:
    """What a member can spend now."""
    wallet = await Wallet.filter(member_id=member_id).first()
    return wallet.principal_fen + wallet.bonus_fen if wallet else 0


async def hold(shop: Shop, member_id: int, amount_fen: Fen, ref: str) -> None:
    """Set a sum aside for `ref`. Raises CoverRefused when there is less."""
    await _take(shop, await _opened(shop, member_id), WalletStep.HOLD, amount_fen, ref)


async def release(shop: Shop, member_id: int, ref: str) -> bool:
    """What is set aside for `ref` can be spent again; False when nothing is."""
    wallet = await _opened(shop, member_id)
    held = await _line(wallet, WalletStep.HOLD, ref)
    if held is None or await _line(wallet, WalletStep.RELEASE, ref) is not None:
        return False
    await _write(shop, wallet, WalletStep.RELEASE, held, ref)
    return True


async def is_held(member_id: int, ref: str) -> bool:
    """Whether a sum is set aside for `ref` now."""
    lines = WalletEntry.filter(wallet__member_id=member_id, ref=ref)
    return (
        await lines.filter(step=WalletStep.HOLD).exists() and not await lines.filter(step=WalletStep.RELEASE).exists()
    )


async def use_held(shop: Shop, member_id: int, held_ref: str, ref: str, amount_fen: Fen) -> Parts:
    """Pay for `ref` out of what is set aside for it; the rest can be spent again."""
    await release(shop, member_id, held_ref)
    return await pay(shop, member_id, ref, amount_fen)


async def pay(shop: Shop, member_id: int, ref: str, amount_fen: Fen) -> Parts:
    """Pay what is receivable for `ref` (`box:9`, `order:3`), once; the principal first.

    Inside the caller's transaction. Raises CoverRefused when there is less, IntegrityError when `ref` was
    paid by stored value before.
    """
    if amount_fen == 0:
        return Parts(0, 0)
    taken = await _take(shop, await _opened(shop, member_id), WalletStep.USE, amount_fen, ref)
    await ledger.post(
        shop,
        f"stored:{ref}",
        {
            Account.STORED_PRINCIPAL: taken.principal_fen,
            Account.STORED_BONUS: taken.bonus_fen,
            Account.RECEIVABLE: -amount_fen,
        },
        member_id=member_id,
        **ledger.about(ref),
    )
    return taken


async def used_fen(member_id: int, ref: str) -> Fen:
    """What stored value paid for `ref` and was not given back."""
    wallet = await Wallet.filter(member_id=member_id).first()
    return (await _used(wallet, ref)).total_fen if wallet else 0


async def give_back(shop: Shop, member_id: int, ref: str, back_fen: Fen, cause: str) -> Parts:
    """What was bought comes back: the stored value that paid it, the bonus first, once per cause.

    The caller has booked `refunds_due -`; here it is met. Raises AbovePaid for more than was used.
    """
    wallet = await _opened(shop, member_id)
    known = await _line(wallet, WalletStep.GIVE_BACK, f"{ref}:{cause}")
    if known is not None:
        return known
    used = await _used(wallet, ref)
    if back_fen > used.total_fen:
        raise AbovePaid(used.total_fen)
    back = unspend(used, back_fen)
    await _write(shop, wallet, WalletStep.GIVE_BACK, back, f"{ref}:{cause}")
    await ledger.post(
        shop,
        f"stored_back:{ref}:{cause}",
        {
            Account.REFUNDS_DUE: back_fen,
            Account.STORED_PRINCIPAL: -back.principal_fen,
            Account.STORED_BONUS: -back.bonus_fen,
        },
        member_id=member_id,
        **ledger.about(ref),
    )
    return back


async def _used(wallet: Wallet, ref: str) -> Parts:
    used = await _line(wallet, WalletStep.USE, ref) or Parts(0, 0)
    for line in await WalletEntry.filter(wallet_id=wallet.id, step=WalletStep.GIVE_BACK, ref__startswith=f"{ref}:"):
        used = Parts(used.principal_fen - line.principal_fen, used.bonus_fen - line.bonus_fen)
    return used


# Refunding what is unspent -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RefundPreview:
    """What would go back, and the bonus that falls away with it."""

    amount_fen: Fen
    void_fen: Fen
    left: Parts


async def refund_preview(member_id: int, amount_fen: Fen) -> RefundPreview:
    """The figures of a refund of unspent principal. Raises AbovePaid for more than is free."""
    wallet = await Wallet.filter(member_id=member_id).first() or Wallet(member_id=member_id)
    parts = await _refund_parts(wallet, amount_fen)
    void_fen = sum(part.void_fen for part in parts)
    left = Parts(wallet.principal_fen - amount_fen, wallet.bonus_fen - void_fen)
    return RefundPreview(amount_fen, void_fen, left)


async def refund(shop: Shop, member_id: int, amount_fen: Fen) -> list[Refund]:
    """Give unspent principal back by the way it came; its bonus falls away. Raises AbovePaid."""
    wanted: list[Refund] = []
    async with transaction():
        wallet = await _opened(shop, member_id)
        for part in await _refund_parts(wallet, amount_fen):
            wanted += await _refund_one(shop, wallet, part)
    log.info("wallet.refunded", member=member_id, amount_fen=amount_fen)
    return wanted


async def _refund_parts(wallet: Wallet, amount_fen: Fen) -> list[LotRefund]:
    if amount_fen > wallet.principal_fen:
        raise AbovePaid(wallet.principal_fen)
    rows = await TopUp.filter(member_id=wallet.member_id, paid_at__isnull=False).order_by("-id")
    lots = [Lot(row.id, row.amount_fen, row.bonus_fen, row.refunded_fen) for row in rows]
    return refund_lots(lots, wallet.principal_fen, wallet.bonus_fen, amount_fen)


async def _refund_one(shop: Shop, wallet: Wallet, part: LotRefund) -> list[Refund]:
    row = await TopUp.get(id=part.lot_id)
    name, key = f"topup:{row.id}", f"stored:{row.refunded_fen}"
    await TopUp.filter(id=row.id).update(refunded_fen=F("refunded_fen") + part.amount_fen, updated_at=shop.now())
    await _write(shop, wallet, WalletStep.REFUND, Parts(part.amount_fen, 0), f"{name}:{key}")
    if part.void_fen:
        await _write(shop, wallet, WalletStep.VOID, Parts(0, part.void_fen), f"{name}:{key}")
    await ledger.post(
        shop,
        f"refund:{name}:{key}",
        {
            Account.STORED_PRINCIPAL: part.amount_fen,
            Account.REFUNDS_DUE: -part.amount_fen,
            Account.STORED_BONUS: part.void_fen,
            Account.BONUSES: -part.void_fen,
        },
        member_id=wallet.member_id,
    )
    return await refunds.want_refund(shop, wallet.member_id, name, part.amount_fen, REFUND_WORDS, key=key)


async def void_bonus(shop: Shop, member_id: int) -> None:
    """The account closes: a bonus without principal is void, inside the caller's transaction."""
    wallet = await Wallet.filter(member_id=member_id, bonus_fen__gt=0).select_for_update().first()
    if wallet is None:
        return
    void_fen = wallet.bonus_fen
    await _write(shop, wallet, WalletStep.VOID, Parts(0, void_fen), "closed")
    await ledger.post(
        shop,
        f"void:wallet:{wallet.id}",
        {Account.STORED_BONUS: void_fen, Account.BONUSES: -void_fen},
        member_id=member_id,
    )


# Reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """What a member has stored. `held` is set aside for a box; only free principal can be refunded."""

    free: Parts
    held: Parts
    first_bonus_open: bool


async def balance(member_id: int) -> Balance:
    """The member's stored value."""
    wallet = await Wallet.filter(member_id=member_id).first() or Wallet(member_id=member_id)
    return Balance(
        Parts(wallet.principal_fen, wallet.bonus_fen),
        Parts(wallet.held_principal_fen, wallet.held_bonus_fen),
        wallet.id is None or not await _had_first(wallet),
    )


async def statement(member_id: int, before_id: int | None, limit: int) -> list[WalletEntry]:
    """The member's lines, the newest first."""
    rows = WalletEntry.filter(wallet__member_id=member_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


# The one way a wallet changes ------------------------------------------------------------------------


async def _opened(shop: Shop, member_id: int) -> Wallet:
    """The member's wallet, made if there is none, its row locked."""
    await Wallet.bulk_create(
        [Wallet(member_id=member_id, created_at=shop.now())], on_conflict=("member_id",), ignore_conflicts=True
    )
    return await Wallet.filter(member_id=member_id).select_for_update().get()


async def _line(wallet: Wallet, step: WalletStep, ref: str) -> Parts | None:
    row = await WalletEntry.filter(wallet_id=wallet.id, step=step, ref=ref).first()
    return Parts(row.principal_fen, row.bonus_fen) if row else None


async def _take(shop: Shop, wallet: Wallet, step: WalletStep, amount_fen: Fen, ref: str) -> Parts:
    free = Parts(wallet.principal_fen, wallet.bonus_fen)
    taken = spend(free, amount_fen)
    if taken is None:
        raise CoverRefused(STORED, free.total_fen)
    await _write(shop, wallet, step, taken, ref)
    return taken


async def _write(shop: Shop, wallet: Wallet, step: WalletStep, parts: Parts, ref: str) -> None:
    """The line and the sums together. A wallet that would fall below 0 raises CoverRefused."""
    now = shop.now()
    await WalletEntry.create(
        wallet_id=wallet.id, step=step, principal_fen=parts.principal_fen, bonus_fen=parts.bonus_fen, ref=ref,
        created_at=now,
    )  # fmt: skip
    sign = SIGN[step]
    changes = {
        "principal_fen": F("principal_fen") + sign * parts.principal_fen,
        "bonus_fen": F("bonus_fen") + sign * parts.bonus_fen,
    }
    if step in (WalletStep.HOLD, WalletStep.RELEASE):
        changes["held_principal_fen"] = F("held_principal_fen") - sign * parts.principal_fen
        changes["held_bonus_fen"] = F("held_bonus_fen") - sign * parts.bonus_fen
    enough = {"principal_fen__gte": parts.principal_fen, "bonus_fen__gte": parts.bonus_fen} if sign < 0 else {}
    if not await Wallet.filter(id=wallet.id, **enough).update(updated_at=now, **changes):
        raise CoverRefused(STORED, wallet.principal_fen + wallet.bonus_fen)
    wallet.principal_fen += sign * parts.principal_fen
    wallet.bonus_fen += sign * parts.bonus_fen

"""Stored value: principal the member paid and bonus the shop gave, apart; principal is spent first.

A bonus is earned as the principal of its top-up is spent: what goes back unspent voids its share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import Fen, share


@dataclass(frozen=True)
class WalletRules:
    topup_min_fen: Fen = 10000
    topup_max_fen: Fen = 200000
    balance_max_fen: Fen = 500000  # principal one member may have stored, what is held included
    first_bonus_percent: int = 10  # of a member's first top-up, once in a life
    first_bonus_max_fen: Fen = 10000

    def __post_init__(self) -> None:
        if not 0 < self.topup_min_fen <= self.topup_max_fen <= self.balance_max_fen:
            raise ValueError("rules.wallet: 0 < topup_min_fen <= topup_max_fen <= balance_max_fen")
        if not 0 <= self.first_bonus_percent <= 100:
            raise ValueError("rules.wallet.first_bonus_percent: 0 to 100")


class WalletStep(StrEnum):
    """One line of the statement."""

    TOP_UP = "top_up"  # principal came by WeChat Pay
    BONUS = "bonus"  # given on the first top-up
    HOLD = "hold"  # set aside for a box, still the member's
    RELEASE = "release"  # no longer set aside
    USE = "use"  # paid for a box or an order
    GIVE_BACK = "give_back"  # what was bought came back
    REFUND = "refund"  # unspent principal went back by the way it came
    VOID = "void"  # bonus that was not earned fell away with it


SIGN = {
    WalletStep.TOP_UP: 1,
    WalletStep.BONUS: 1,
    WalletStep.HOLD: -1,
    WalletStep.RELEASE: 1,
    WalletStep.USE: -1,
    WalletStep.GIVE_BACK: 1,
    WalletStep.REFUND: -1,
    WalletStep.VOID: -1,
}
"""What each step does to what the member can spend."""


@dataclass(frozen=True)
class Parts:
    """A sum of stored value by where it came from."""

    principal_fen: Fen
    bonus_fen: Fen

    @property
    def total_fen(self) -> Fen:
        return self.principal_fen + self.bonus_fen


def first_bonus(amount_fen: Fen, rules: WalletRules) -> Fen:
    """The bonus of a first top-up."""
    return min(share(amount_fen, rules.first_bonus_percent, 100), rules.first_bonus_max_fen)


def spend(there: Parts, amount_fen: Fen) -> Parts | None:
    """What a sum takes of what is there, the principal first; None when there is not enough."""
    if amount_fen > there.total_fen:
        return None
    principal_fen = min(there.principal_fen, amount_fen)
    return Parts(principal_fen, amount_fen - principal_fen)


def unspend(used: Parts, back_fen: Fen) -> Parts:
    """What comes back of what was used when the bill falls by `back_fen`: what was spent last, the bonus, first.

    Reckoned on what stays spent, so that many returns in any order end where one would. Raises ValueError
    when more is to come back than was used.
    """
    stays = spend(used, used.total_fen - back_fen) if 0 <= back_fen <= used.total_fen else None
    if stays is None:
        raise ValueError("more to give back than was used")
    return Parts(used.principal_fen - stays.principal_fen, used.bonus_fen - stays.bonus_fen)


@dataclass(frozen=True)
class Lot:
    """One top-up as a refund sees it."""

    id: int
    amount_fen: Fen
    bonus_fen: Fen
    refunded_fen: Fen


@dataclass(frozen=True)
class LotRefund:
    """What goes back of one top-up, and the bonus that falls away with it."""

    lot_id: int
    amount_fen: Fen
    void_fen: Fen


def refund_lots(lots: Sequence[Lot], free_principal_fen: Fen, free_bonus_fen: Fen, wanted_fen: Fen) -> list[LotRefund]:
    """Spread a refund of unspent principal over top-ups, given the newest first.

    The oldest principal counts as spent first, so the newest goes back first. The void is the bonus's share
    of all that was refunded of its top-up, less what was voided before; never more than is there. Raises
    ValueError when more is wanted than is free.
    """
    if not 0 < wanted_fen <= free_principal_fen:
        raise ValueError("more to refund than is unspent")
    parts = []
    for lot in lots:
        part_fen = min(lot.amount_fen - lot.refunded_fen, wanted_fen)
        if part_fen <= 0:
            continue
        void_fen = share(lot.bonus_fen, lot.refunded_fen + part_fen, lot.amount_fen) - share(
            lot.bonus_fen, lot.refunded_fen, lot.amount_fen
        )
        void_fen = min(void_fen, free_bonus_fen)
        parts.append(LotRefund(lot.id, part_fen, void_fen))
        wanted_fen -= part_fen
        free_bonus_fen -= void_fen
    if wanted_fen:
        raise ValueError("more to refund than was topped up")
    return parts

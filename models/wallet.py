"""Stored value: one wallet a member, its lines, and the top-ups it was filled by."""

from tortoise import fields

from domain.wallet import WalletStep
from models.base import FenField, Row
from models.member import Member


class Wallet(Row):
    """What a member has stored: free and held, principal and bonus apart, none ever below 0 (CHECK)."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "wallets")
    member_id: int
    principal_fen = FenField(default=0)
    bonus_fen = FenField(default=0)
    held_principal_fen = FenField(default=0)
    held_bonus_fen = FenField(default=0)

    class Meta:
        table = "wallet"
        unique_together = (("member_id",),)


class WalletEntry(Row):
    """One line of the statement, once per step and ref. The sums are magnitudes: the step says which way."""

    wallet: fields.ForeignKeyRelation[Wallet] = fields.ForeignKeyField("models.Wallet", "entries")
    wallet_id: int
    step = fields.CharEnumField(WalletStep, max_length=16)
    principal_fen = FenField(default=0)
    bonus_fen = FenField(default=0)
    ref = fields.CharField(max_length=64)  # topup:7, box:9:v2, order:3; `first` for the first top-up's bonus

    class Meta:
        table = "wallet_entry"
        unique_together = (("wallet_id", "step", "ref"),)


class TopUp(Row):
    """One top-up: ordered, then paid (its payment says so). `refunded_fen` went back unspent."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "top_ups")
    member_id: int
    amount_fen = FenField()
    bonus_fen = FenField(default=0)
    refunded_fen = FenField(default=0)
    paid_at = fields.DatetimeField(null=True)

    class Meta:
        table = "top_up"
        indexes = (("member_id",),)

"""Damage fees of pieces that came back."""

from tortoise import fields

from domain.damage import DamageState
from models.base import FenField, Row


class DamageFee(Row):
    """One fee for one piece, once. Proposed by one of the staff, decided by another."""

    item_id = fields.BigIntField(unique=True)
    box_id = fields.BigIntField()
    grade = fields.CharField(max_length=8)  # domain/damage.DamageGrade
    fee_fen = FenField()
    words = fields.CharField(max_length=300)  # what is damaged, for the member
    state = fields.CharEnumField(DamageState, max_length=16, default=DamageState.PROPOSED)
    proposed_by = fields.BigIntField()
    answer_until = fields.DatetimeField()
    answer = fields.CharField(max_length=300, default="")  # the member's words

    class Meta:
        table = "damage_fee"
        indexes = (("box_id",), ("state", "answer_until"))

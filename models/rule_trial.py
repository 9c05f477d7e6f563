"""Rules tried against last year's purchases: what was asked, how far it is, what it came to."""

from tortoise import fields

from models.base import Row


class RuleTrial(Row):
    """One simulation. Nothing but this row is ever written by it."""

    changes: fields.Field[dict[str, object]] = fields.JSONField()
    staff_id = fields.BigIntField()
    # The year that counts ends here; members up to `done_id` are gathered, of `last_id`.
    until_at = fields.DatetimeField()
    done_id = fields.BigIntField(default=0)
    last_id = fields.BigIntField()
    # What is gathered so far (`domain/simulation.Compared` and the quotas, as data).
    gathered: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "rule_trial"
        indexes = (("finished_at",),)

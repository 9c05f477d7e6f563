"""Points as a ledger of entries, each lot with a running total; and coupons that are sold for points."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Check, PartialIndex

COPY_LOTS = """
INSERT INTO points_entry (member_id, lot_id, points, reason, ref, created_at)
SELECT member_id, id, points, reason, ref, created_at FROM points_lot ORDER BY id
"""
COPY_SPENDS = """
INSERT INTO points_entry (member_id, lot_id, points, reason, ref, created_at)
SELECT l.member_id, l.id, -s.points, s.reason, s.ref, s.created_at
FROM points_spend AS s JOIN points_lot AS l ON l.id = s.lot_id ORDER BY s.id
"""
TOTAL = """
UPDATE points_lot SET unspent = (SELECT COALESCE(SUM(e.points), 0) FROM points_entry AS e WHERE e.lot_id = points_lot.id)
"""


class Migration(migrations.Migration):
    dependencies = [('models', '0031_exchanges')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PointsEntry',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member_id', fields.BigIntField()),
                ('lot', fields.ForeignKeyField('models.PointsLot', source_field='lot_id', db_constraint=True, to_field='id', related_name='entries', on_delete=OnDelete.CASCADE)),
                ('points', fields.IntField()),
                ('reason', fields.CharField(max_length=32)),
                ('ref', fields.CharField(max_length=64)),
            ],
            options={'table': 'points_entry', 'app': 'models', 'unique_together': (('lot_id', 'reason', 'ref'),), 'indexes': [Index(fields=['member_id', 'id']), Index(fields=['member_id', 'ref'])], 'pk_attr': 'id', 'table_description': 'One line of the points ledger: appended to, never changed. The entries of a lot sum to its `unspent`.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Coupon',
            name='points_price',
            field=fields.IntField(null=True),
        ),
        ops.RemoveIndex(
            model_name='PointsLot',
            name=None,
            fields=['expires_at'],
        ),
        ops.AlterModelOptions(
            name='PointsLot',
            options={'table': 'points_lot', 'app': 'models', 'unique_together': (('member_id', 'reason', 'ref'),), 'pk_attr': 'id', 'table_description': 'Points earned at once, with the day they become usable and lapse, or (negative) a debt.'},
        ),
        ops.AddField(
            model_name='PointsLot',
            name='unspent',
            field=fields.IntField(db_default=0),
        ),
        ops.RunSQL(COPY_LOTS, reverse_sql="SELECT 1"),
        ops.RunSQL(COPY_SPENDS, reverse_sql="SELECT 1"),
        ops.RunSQL(TOTAL, reverse_sql="SELECT 1"),
        ops.DeleteModel(name='PointsSpend'),
        # A lot runs from what it was down to nothing, a debt up to nothing, and neither past it.
        Check(
            "points_lot",
            "points_never_overspent",
            "(@points > 0 AND @unspent >= 0 AND @unspent <= @points) OR (@points < 0 AND @unspent <= 0 AND @unspent >= @points)",
        ),
        PartialIndex("points_lot", "points_lot_live", "member_id, expires_at, usable_at, unspent", "unspent <> 0"),
        PartialIndex("points_lot", "points_lot_lapse", "expires_at, id", "unspent > 0"),
    ]

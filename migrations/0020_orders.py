from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.box import ParcelState
from domain.order import OrderState, PieceState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [("models", "0050_points"), ("models", "0060_desk"), ("models", "0071_swaps_zones")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Cart',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='carts', on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField(default=1)),
            ],
            options={'table': 'cart', 'app': 'models', 'unique_together': (('member_id',),), 'pk_attr': 'id', 'table_description': 'One per member. Who changes or orders an older version than this is told to look again.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='CartLine',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='cart_lines', on_delete=OnDelete.CASCADE)),
                ('sku_id', fields.BigIntField()),
                ('quantity', fields.IntField()),
            ],
            options={'table': 'cart_line', 'app': 'models', 'unique_together': (('member_id', 'sku_id'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='LimitedDrop',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('product', fields.ForeignKeyField('models.Product', source_field='product_id', db_constraint=True, to_field='id', related_name='drops', on_delete=OnDelete.CASCADE)),
                ('title', fields.CharField(max_length=64)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('pieces', fields.IntField()),
                ('per_member', fields.IntField()),
                ('taken', fields.IntField(default=0)),
            ],
            options={'table': 'limited_drop', 'app': 'models', 'indexes': [Index(fields=['product_id', 'ends_at'])], 'pk_attr': 'id', 'table_description': 'While one is coming or running, its product is sold through it alone. taken ≤ pieces (CHECK).'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='DropClaim',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('drop', fields.ForeignKeyField('models.LimitedDrop', source_field='drop_id', db_constraint=True, to_field='id', related_name='claims', on_delete=OnDelete.CASCADE)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='drop_claims', on_delete=OnDelete.CASCADE)),
                ('taken', fields.IntField()),
                ('most', fields.IntField()),
            ],
            options={'table': 'drop_claim', 'app': 'models', 'unique_together': (('drop_id', 'member_id'),), 'pk_attr': 'id', 'table_description': 'What one member has taken of a drop: taken ≤ most (CHECK), so the cap holds under any race.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Order',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='orders', on_delete=OnDelete.CASCADE)),
                ('number', fields.CharField(unique=True, max_length=32)),
                ('state', fields.CharEnumField(description='PLACED: placed\nPAID: paid\nSHIPPED: shipped\nSIGNED: signed\nCANCELLED: cancelled\nLOST: lost', enum_type=OrderState, max_length=16)),
                ('gross_fen', fields.BigIntField()),
                ('coupon_fen', fields.BigIntField()),
                ('goods_fen', fields.BigIntField()),
                ('freight_fen', fields.BigIntField()),
                ('total_fen', fields.BigIntField()),
                ('refunded_fen', fields.BigIntField(default=0)),
                ('member_coupon_id', fields.BigIntField(null=True)),
                ('priority', fields.IntField(default=0)),
                ('points_percent', fields.IntField(default=100)),
                ('address_sealed', fields.TextField(unique=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('paid_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('shipped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('receive_by', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('signed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'shop_order', 'app': 'models', 'indexes': [Index(fields=['member_id', 'id']), Index(fields=['state', 'priority', 'id'])], 'pk_attr': 'id', 'table_description': 'Sums are frozen when it is placed. `goods_fen` alone falls later: the net goods that stay paid.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='OrderItem',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('order', fields.ForeignKeyField('models.Order', source_field='order_id', db_constraint=True, to_field='id', related_name='items', on_delete=OnDelete.CASCADE)),
                ('sku_id', fields.BigIntField()),
                ('name', fields.CharField(max_length=64)),
                ('size', fields.CharField(max_length=16)),
                ('colour', fields.CharField(max_length=16)),
                ('picture', fields.CharField(max_length=128)),
                ('public_fen', fields.BigIntField()),
                ('price_fen', fields.BigIntField()),
                ('net_fen', fields.BigIntField()),
                ('state', fields.CharEnumField(description='ORDERED: ordered\nBOUGHT: bought\nRETURNING: returning\nRETURNED: returned\nCANCELLED: cancelled\nLOST: lost', enum_type=PieceState, max_length=16)),
                ('reason', fields.CharField(default='', max_length=16)),
                ('drop_id', fields.BigIntField(null=True)),
                ('parcel_id', fields.BigIntField(null=True)),
                ('grade', fields.CharField(default='', max_length=16)),
            ],
            options={'table': 'order_item', 'app': 'models', 'indexes': [Index(fields=['order_id']), Index(fields=['parcel_id'])], 'pk_attr': 'id', 'table_description': 'One piece. `price_fen` is what it cost this member, `net_fen` its share of what was paid.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='OrderParcel',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('direction', fields.CharField(max_length=4)),
                ('state', fields.CharEnumField(description='WANTED: wanted\nACCEPTED: accepted\nSIGNED: signed\nRECEIVED: received\nLOST: lost\nCANCELLED: cancelled', enum_type=ParcelState, max_length=16)),
                ('carrier', fields.CharField(default='', max_length=16)),
                ('waybill', fields.CharField(null=True, unique=True, max_length=64)),
                ('return_id', fields.CharField(default='', max_length=64)),
                ('pickup_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('booked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('asked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('heard_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('accepted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('signed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('received_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('order', fields.ForeignKeyField('models.Order', source_field='order_id', db_constraint=True, to_field='id', related_name='parcels', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'order_parcel', 'app': 'models', 'indexes': [Index(fields=['order_id']), Index(fields=['state'])], 'pk_attr': 'id', 'table_description': 'An order goes out in one parcel, and each return has its own.'},
            bases=['Travelling'],
        ),
    ]

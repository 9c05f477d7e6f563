"""What looking at the books found."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0070_waitlist')]

    initial = False

    operations = [
        ops.CreateModel(
            name='BooksCheck',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('differences', fields.IntField()),
                ('found', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'books_check', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One look at all the books (services/books.check): how many differences, and the first of them.'},
            bases=['Row'],
        ),
    ]

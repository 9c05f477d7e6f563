"""After a change of the data key everything personal is sealed again, and the previous key may go."""

import dataclasses
import inspect

import models
from integrations.crypto import Sealer
from models import Member, MemberAddress
from models.base import Row
from services import addresses
from services.resealing import CHUNK, SEALED, reseal
from tests.support.boxes import ADDRESS, life
from tests.support.house import House


def test_every_sealed_column_is_named() -> None:
    sealed = {
        f"{table._meta.db_table}.{name}"
        for _, table in inspect.getmembers(models, inspect.isclass)
        if issubclass(table, Row)
        for name in table._meta.fields_map
        if name == "sealed" or name.endswith("_sealed")
    }
    assert {str(column) for column in SEALED} == sealed | {"idempotent_answer.body"}


async def test_the_previous_key_may_go(house: House) -> None:
    secrets = house.settings.security
    old, index = secrets.data_key.get_secret_value(), secrets.index_key.get_secret_value()
    one = await life(house, name="林小满")
    code = (await house.wechat(f"/people/{one.who.person.id}/phone-code", {}))["code"]
    await one.call("POST", "/me/phone", {"code": code})
    await house.api("POST", "/me/addresses", ADDRESS, token=one.who.token, key="home")
    told = addresses.unseal(house.shop, (await MemberAddress.all())[0].sealed)
    many = addresses.seal(house.shop, told)
    who = (await Member.all())[0].id
    await MemberAddress.bulk_create(
        [MemberAddress(member_id=who, sealed=many, created_at=house.shop.now()) for _ in range(CHUNK)]
    )
    lost = await MemberAddress.create(member_id=who, sealed="s1.00000000.AAAA", created_at=house.shop.now())

    shop = dataclasses.replace(house.shop, sealer=Sealer("n" * 40, index, old))
    last = {str(step.column): step async for step in reseal(shop)}
    assert {name: step.broken for name, step in last.items() if step.broken} == {"member_address.sealed": (lost.id,)}
    assert last["member_address.sealed"].resealed >= CHUNK + 1
    assert all(step.seen == step.rows == step.resealed + len(step.broken) for step in last.values())
    assert last["member.phone_sealed"].rows
    assert last["idempotent_answer.body"].rows

    alone = Sealer("n" * 40, index)
    for column in SEALED:
        for row in await column.table.exclude(**{column.name: ""}).exclude(id=lost.id):
            assert alone.open(getattr(row, column.name), column.aad)
    kept = dataclasses.replace(shop, sealer=alone)
    assert addresses.unseal(kept, (await MemberAddress.all().order_by("id"))[0].sealed) == told
    again = [step async for step in reseal(shop)]
    assert not sum(step.resealed for step in again)

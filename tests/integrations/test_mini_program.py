"""Login, phone, messages, content check, shipping and codes of the mini-program."""

import asyncio
from datetime import timedelta

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import MiniLogin, Prepay, ShippedParcel, Wechat
from sandbox.api.ledger import Shipping
from sandbox.api.login import Logins
from sandbox.api.notices import Credits
from sandbox.world import Person
from tests.integrations.shop import NOW, Heard, Shop

UPLOAD = "/wxa/sec/order/upload_shipping_info"
LOGIN = "/sns/jscode2session"
SUBSCRIBE = "/cgi-bin/message/subscribe/send"
PARCEL = ShippedParcel("ZTO1000000001", "ZTO", "盒子一个 · 五件")
SECOND = ShippedParcel("SF1000000002", "SF", "盒子第二包", "13800001234")


@pytest.fixture
def member(shop: Shop) -> Person:
    return shop.person()


@pytest.fixture
async def paid(shop: Shop, wechat: Wechat, member: Person) -> str:
    """The transaction_id of a payment by `member`."""
    prepay_id = await wechat.pay.prepay(Prepay("P-000001", "盒子押金", 50000, shop.openid(member)))
    told = await shop.act(f"/sandbox/pay/orders/{prepay_id}/confirm")
    return str(told["transaction_id"])


async def test_login_works_once(shop: Shop, wechat: Wechat, member: Person, heard: Heard) -> None:
    code = shop.world.room(Logins).code(member, "login")
    login = await wechat.mini.login(code)
    assert (login.openid, login.unionid) == (shop.openid(member), member.unionid)
    assert isinstance(login, MiniLogin)
    assert login.session_key not in repr(login)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.login(code)
    assert no.value.code == "40163"
    assert not shop.seen("/cgi-bin/stable_token"), "login needs no access token"


async def test_a_dropped_login_is_not_sent_again_behind_our_back(shop: Shop, wechat: Wechat, member: Person) -> None:
    logins = shop.world.room(Logins)
    await wechat.mini.login(logins.code(member, "login"))  # the connection is open and used again
    shop.fault(LOGIN, "drop_after")
    with pytest.raises(OutsideFault):
        await wechat.mini.login(logins.code(member, "login"))
    assert len(shop.seen(LOGIN)) == 2


@pytest.mark.parametrize(("phone", "told"), [("13800001234", "13800001234"), ("+852 61234567", "+85261234567")])
async def test_phone_numbers(shop: Shop, wechat: Wechat, phone: str, told: str) -> None:
    person = shop.world.add_person("陈", phone)
    for _ in range(4):  # the country comes as a text or as a number
        code = shop.world.room(Logins).code(person, "phone")
        assert await wechat.mini.phone_number(code, shop.openid(person)) == told
    code = shop.world.room(Logins).code(person, "phone")
    with pytest.raises(OutsideRefusal):
        await wechat.mini.phone_number(code, shop.openid(shop.person("别人")))


async def test_subscription_messages_use_up_consents_one_at_a_time(shop: Shop, wechat: Wechat, member: Person) -> None:
    template = shop.credentials["templates"]["one_time"]["refund"]
    data = {
        "character_string1": "B20261122",
        "amount2": "¥199.00",
        "thing3": "退回一件",
        "time4": "2026年11月22日 12:00",
    }
    openid = shop.openid(member)
    for _ in range(3):
        shop.world.room(Credits).add(shop.world.mini, member, template)
    shop.fault(SUBSCRIBE, "delay", seconds=0.05, times=3)

    async def send() -> None:
        await wechat.mini.send_subscribe(openid, template, data, "pages/refund/index")

    await asyncio.gather(send(), send(), send())
    assert shop.seen(SUBSCRIBE)[0].body["data"]["thing3"]["value"] == "退回一件"
    with pytest.raises(OutsideRefusal) as no:
        await send()
    assert no.value.code == "43101"
    shop.fault(SUBSCRIBE, "errcode", errcode=43108)
    with pytest.raises(OutsideFault):
        await send()


async def test_the_unionid_of_a_payer_is_told_for_five_minutes(shop: Shop, wechat: Wechat, member: Person) -> None:
    assert await wechat.mini.paid_unionid(shop.openid(member), "4200002400000000000000000000") is None


async def test_texts_are_judged(shop: Shop, wechat: Wechat, member: Person) -> None:
    openid = shop.openid(member)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.check_text(openid, "很好看", 2)
    assert no.value.code == "61010"
    member.last_visit_at = NOW
    fine = await wechat.mini.check_text(openid, "很好看,面料舒服", 2)
    assert (fine.suggest, fine.label, bool(fine.trace_id)) == ("pass", 100, True)
    assert (await wechat.mini.check_text(openid, "加微信刷单", 2)).suggest == "risky"


async def test_a_picture_or_a_refusal(shop: Shop, wechat: Wechat, heard: Heard) -> None:
    picture = await wechat.mini.scene_code("b=1", "pages/box/index")
    assert picture[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0")
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.scene_code("中文", "pages/box/index")
    assert no.value.code == "40129"
    shop.fault("/wxa/getwxacodeunlimit", "status", status=502, times=3)
    with pytest.raises(OutsideFault):
        await wechat.mini.scene_code("b=1", "pages/box/index")


async def test_shipped_in_one_parcel(shop: Shop, wechat: Wechat, member: Person, paid: str) -> None:
    openid = shop.openid(member)

    async def ship(seconds: int) -> None:
        await wechat.mini.upload_shipping(paid, openid, [PARCEL], NOW + timedelta(seconds=seconds), True)

    await ship(0)
    body = shop.seen(UPLOAD)[0].body
    assert (body["upload_time"], body["delivery_mode"]) == ("2026-11-22T12:00:00.000+08:00", 1)
    await ship(1)  # nothing changed
    await ship(1)  # the very same upload again
    shipment = shop.world.room(Shipping).of(shop.world.paid_orders[paid])
    assert (shipment.finished, shipment.finish_count) == (True, 1)
    await wechat.mini.confirm_receive(paid, NOW + timedelta(days=2))
    await wechat.mini.confirm_receive(paid, NOW + timedelta(days=2))


async def test_shipped_in_two_parcels(shop: Shop, wechat: Wechat, member: Person, paid: str) -> None:
    openid = shop.openid(member)
    await wechat.mini.upload_shipping(paid, openid, [PARCEL], NOW, False)
    shipment = shop.world.room(Shipping).of(shop.world.paid_orders[paid])
    assert not shipment.finished
    await wechat.mini.upload_shipping(paid, openid, [PARCEL, SECOND], NOW + timedelta(hours=1), True)
    assert shipment.finished
    assert [parcel["tracking_no"] for parcel in shipment.parcels] == [PARCEL.waybill, SECOND.waybill]
    assert shipment.parcels[1]["contact"]["receiver_contact"] == "138****1234"


async def test_a_lost_answer_and_the_same_upload_again(shop: Shop, wechat: Wechat, member: Person, paid: str) -> None:
    shop.fault(UPLOAD, "drop_after")
    with pytest.raises(OutsideFault):
        await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)
    await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.upload_shipping(paid, shop.openid(member), [SECOND], NOW, True)
    assert no.value.code == "268485216", "other parcels with an old time are no repetition"


@pytest.mark.parametrize("code", [10060002, 10060003, 10060023, 10060004])
async def test_codes_that_mean_done(shop: Shop, wechat: Wechat, member: Person, paid: str, code: int) -> None:
    shop.fault(UPLOAD, "errcode", errcode=code)
    await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)


@pytest.mark.parametrize("code", [10060001, 10060012, 10060019, -1])
async def test_codes_that_mean_later(shop: Shop, wechat: Wechat, member: Person, paid: str, code: int) -> None:
    shop.fault(UPLOAD, "errcode", errcode=code)
    with pytest.raises(OutsideFault):
        await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)
    assert len(shop.seen(UPLOAD)) == 1


async def test_a_payment_shipping_has_not_heard_of_yet(shop: Shop, wechat: Wechat, member: Person, paid: str) -> None:
    shop.world.tuning.shipping_lag_seconds = 30
    with pytest.raises(OutsideFault):
        await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)
    await shop.pass_time(seconds=30)
    await wechat.mini.upload_shipping(paid, shop.openid(member), [PARCEL], NOW, True)


async def test_somebody_elses_payment_is_refused(shop: Shop, wechat: Wechat, paid: str) -> None:
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.upload_shipping(paid, shop.openid(shop.person()), [PARCEL], NOW, True)
    assert no.value.code == "10060031"
    with pytest.raises(OutsideRefusal) as no:
        await wechat.mini.confirm_receive(paid, NOW)
    assert no.value.code == "10060028"

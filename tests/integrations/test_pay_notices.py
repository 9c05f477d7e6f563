"""Notices are verified before anything of them is read, and refused for everything odd."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.ports import NoticeRefused, Prepay, Wechat
from integrations import connect
from sandbox.pay.signing import encrypt
from tests.integrations.shop import Shop

Letter = tuple[dict[str, str], bytes]
NEEDED = ["Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial"]


@pytest.fixture
async def letter(shop: Shop, wechat: Wechat) -> Letter:
    """One true notice of a payment, as it came."""
    return await told(shop, wechat, "P-000001")


async def told(shop: Shop, wechat: Wechat, number: str) -> Letter:
    prepay_id = await wechat.pay.prepay(Prepay(number, "盒子押金", 50000, shop.openid(shop.person())))
    await shop.act(f"/sandbox/pay/orders/{prepay_id}/confirm")
    return shop.letterbox.letters[-1]


@pytest.fixture
def signed(shop: Shop) -> Callable[[bytes], Letter]:
    """Any body under the platform's true signature."""

    def sign(body: bytes) -> Letter:
        return shop.pay.keys.headers(body, shop.clock.now(), shop.world.merchant.public_key_id), body

    return sign


def refused(wechat: Wechat, headers: dict[str, str], body: bytes) -> str:
    with pytest.raises(NoticeRefused) as no:
        wechat.pay.read_notice(headers, body)
    assert no.value.__context__ is None
    return str(no.value)


async def test_a_true_notice_is_read_whatever_the_case_of_its_headers(wechat: Wechat, letter: Letter) -> None:
    headers, body = letter
    notice = wechat.pay.read_notice(headers, body)
    assert notice.id == json.loads(body)["id"]
    assert notice.resource["mchid"]
    for spell in (str.lower, str.upper):
        assert wechat.pay.read_notice({spell(k): v for k, v in headers.items()}, body) == notice


@pytest.mark.parametrize("missing", NEEDED)
async def test_a_missing_or_empty_header(wechat: Wechat, letter: Letter, missing: str) -> None:
    headers, body = letter
    assert "missing" in refused(wechat, {k: v for k, v in headers.items() if k != missing}, body)
    assert "missing" in refused(wechat, {**headers, missing: ""}, body)


@pytest.mark.parametrize(
    "signature",
    [
        "WECHATPAY/SIGNTEST/" + base64.b64encode(b"x" * 256).decode(),
        "WECHATPAY/SIGNTEST/",
        base64.b64encode(b"x" * 256).decode(),
        "not base64 at all!",
        "签名",
        "====",
        "A",
    ],
)
async def test_a_wrong_signature(wechat: Wechat, letter: Letter, signature: str) -> None:
    headers, body = letter
    assert refused(wechat, {**headers, "Wechatpay-Signature": signature}, body) == "wrong signature"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Wechatpay-Serial", "PUB_KEY_ID_0000000000"),
        ("Wechatpay-Serial", "签名"),
        ("Wechatpay-Nonce", "another"),
        ("Wechatpay-Timestamp", "soon"),
        ("Wechatpay-Timestamp", "-1"),
        ("Wechatpay-Timestamp", "9" * 400),
        ("Wechatpay-Timestamp", "１７３２２４８０００"),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3"),
    ],
)
async def test_an_odd_header(wechat: Wechat, letter: Letter, name: str, value: str) -> None:
    headers, body = letter
    refused(wechat, {**headers, name: value}, body)


async def test_a_header_that_came_twice(wechat: Wechat, letter: Letter) -> None:
    headers, body = letter
    twice = {**headers, "wechatpay-signature": headers["Wechatpay-Signature"]}
    assert refused(wechat, twice, body) == "a header came twice"


async def test_a_changed_body(wechat: Wechat, letter: Letter) -> None:
    headers, body = letter
    for other in (body + b" ", body.replace(b"TRANSACTION", b"TRANSACTIOM"), b"", b"{}"):
        assert refused(wechat, headers, other) == "wrong signature"


async def test_five_minutes_and_no_longer_by_our_clock(shop: Shop, wechat: Wechat, letter: Letter) -> None:
    await shop.pass_time(seconds=300)
    assert wechat.pay.read_notice(*letter).event_type == "TRANSACTION.SUCCESS"
    await shop.pass_time(seconds=1)
    assert refused(wechat, *letter) == "stale"
    await shop.pass_time(seconds=-602)
    assert refused(wechat, *letter) == "stale", "a notice from the future is no fresher"


async def test_a_signed_body_that_is_no_notice(
    wechat: Wechat, signed: Callable[[bytes], Letter], letter: Letter
) -> None:
    whole = json.loads(letter[1])
    resource = whole["resource"]
    odd: list[Any] = [
        [],
        "text",
        None,
        {},
        {**whole, "resource": None},
        {**whole, "resource": []},
        {**whole, "id": None},
        {**whole, "event_type": ""},
        {**whole, "resource": {**resource, "algorithm": "AEAD_SM4_GCM"}},
        {**whole, "resource": {**resource, "ciphertext": "%%%"}},
        {**whole, "resource": {**resource, "ciphertext": ""}},
        {**whole, "resource": {**resource, "ciphertext": resource["ciphertext"][:-8]}},
        {**whole, "resource": {**resource, "nonce": ""}},
        {**whole, "resource": {**resource, "nonce": 12}},
        {**whole, "resource": {**resource, "associated_data": "refund"}},
    ]
    for body in [*(json.dumps(one).encode() for one in odd), b"", b"\xff\xfe", b"<xml/>"]:
        refused(wechat, *signed(body))


async def test_what_the_plaintext_must_be(
    shop: Shop, wechat: Wechat, signed: Callable[[bytes], Letter], letter: Letter
) -> None:
    whole = json.loads(letter[1])
    key = shop.world.merchant.api_v3_key

    def notice(plain: bytes, aad: str = "transaction", api_key: str = key) -> Letter:
        return signed(json.dumps({**whole, "resource": encrypt(api_key, plain, aad)}).encode())

    assert refused(wechat, *notice(b'{"mchid":"1900000000"}')) == "not for this merchant"
    assert refused(wechat, *notice(b'{"mchid":5}')) == "not for this merchant"
    for plain in (b"[]", b"5", b"", b"\xff"):
        refused(wechat, *notice(plain))
    assert refused(wechat, *notice(b"{}", api_key="x" * 32)) == "unreadable"
    assert wechat.pay.read_notice(*notice(b'{"a":1}', aad="")).resource == {"a": 1}
    bare = {k: v for k, v in encrypt(key, b'{"a":2}', "").items() if k != "associated_data"}
    assert wechat.pay.read_notice(*signed(json.dumps({**whole, "resource": bare}).encode())).resource == {"a": 2}


@pytest.mark.parametrize("kind", ["wrong_signature", "stale_timestamp", "signtest", "duplicate"])
async def test_the_sandbox_plays_tricks(shop: Shop, wechat: Wechat, kind: str) -> None:
    shop.fault("notify:TRANSACTION.SUCCESS", kind)
    await told(shop, wechat, "P-000002")
    first, *rest = shop.letterbox.letters
    if kind == "duplicate":
        assert wechat.pay.read_notice(*first) == wechat.pay.read_notice(*rest[0])
    else:
        refused(wechat, *first)
    if kind == "signtest":
        assert wechat.pay.read_notice(*rest[0]).event_type == "TRANSACTION.SUCCESS"


async def test_certificate_and_public_key_serve_side_by_side(shop: Shop, tmp_path: Path) -> None:
    merchant = shop.credentials["merchant"]
    bundle = tmp_path / "platform.pem"
    bundle.write_text(merchant["platform_public_key_pem"] + merchant["platform_certificate_pem"])
    async with connect(shop.settings, shop.clock) as wechat:
        for sign_with, serial in (
            ("certificate", merchant["platform_serial"]),
            ("public_key", merchant["platform_public_key_id"]),
        ):
            shop.pay.settings.sign_with = sign_with
            headers, body = await told(shop, wechat, f"P-{sign_with}")
            assert headers["Wechatpay-Serial"] == serial
            assert wechat.pay.read_notice(headers, body).event_type == "TRANSACTION.SUCCESS"
            small = {**headers, "Wechatpay-Serial": serial.lower()}
            assert wechat.pay.read_notice(small, body).event_type == "TRANSACTION.SUCCESS"


async def test_an_unknown_serial_in_a_notice_makes_us_fetch_nothing(shop: Shop, wechat: Wechat) -> None:
    shop.pay.settings.sign_with = "certificate"
    assert refused(wechat, *await told(shop, wechat, "P-000003")) == "unknown serial"
    assert not shop.seen("/v3/certificates")


async def test_a_merchant_with_certificates_learns_a_rotated_one_from_an_answer(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "platform.pem").write_text(shop.credentials["merchant"]["platform_certificate_pem"])
    shop.pay.settings.sign_with = "certificate"
    pay_settings = shop.settings.wechat.pay.model_copy(update={"public_key_id": ""})
    settings = shop.settings.model_copy(
        update={"wechat": shop.settings.wechat.model_copy(update={"pay": pay_settings})}
    )
    async with connect(settings, shop.clock) as wechat:
        wechat.pay.read_notice(*await told(shop, wechat, "P-before"))
        await shop.act("/sandbox/pay/rotate")
        assert (await wechat.pay.query("P-before")).state == "SUCCESS"
        wechat.pay.read_notice(*await told(shop, wechat, "P-after"))
        assert len(shop.seen("/v3/certificates")) == 1

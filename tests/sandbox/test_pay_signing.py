"""Signatures both ways, cross-checked with wechatpayv3, which speaks to the real WeChat Pay."""

import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wechatpayv3 import utils

from sandbox.pay import failure
from sandbox.pay.signing import dump
from sandbox.pay.trial import TrialMerchant, open_trial
from sandbox.setup import make_world
from sandbox.world import Fault

QUERY = "/v3/payscore/serviceorder?service_id=1&appid=2&out_order_no=a%7Cb"
STRANGER = "/v3/refund/domestic/refunds/nobody"


@pytest.fixture
def private_pem() -> dict[str, str]:
    return {}


@pytest.fixture
async def shop(tmp_path: Path, private_pem: dict[str, str]) -> AsyncIterator[TrialMerchant]:
    world, credentials = make_world(tmp_path)
    world.clock.set(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), frozen=True)
    private_pem["merchant"] = credentials["merchant"]["merchant_private_key_pem"]
    async with open_trial(world, private_pem["merchant"]) as trial:
        yield trial


async def test_every_answer_is_signed_refusals_too(shop: TrialMerchant) -> None:
    answer = await shop.get(STRANGER)
    assert (answer.status, answer.code) == (404, "RESOURCE_NOT_EXISTS")
    assert shop.verifies(answer.headers, answer.raw)
    assert answer.headers["Wechatpay-Serial"] == shop.merchant.public_key_id
    assert answer.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"
    assert answer.headers["Wechatpay-Timestamp"] == str(int(shop.world.now().timestamp()))
    assert answer.tail > 0
    assert not shop.verifies(answer.headers, answer.raw + b" ")


async def test_a_query_string_is_signed_as_sent(shop: TrialMerchant) -> None:
    answer = await shop.get(QUERY)
    assert answer.status != 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "WECHATPAY2-SHA256-RSA2048",
        'WECHATPAY2-SM2-WITH-SM3 mchid="1",nonce_str="n",signature="s",timestamp="1",serial_no="s"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="n",timestamp="1",serial_no="s"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1" nonce_str="n" signature="s" timestamp="1" serial_no="s"',
        "WECHATPAY2-SHA256-RSA2048 mchid=1,nonce_str=n,signature=s,timestamp=1,serial_no=s",
    ],
)
async def test_no_or_malformed_authorization(shop: TrialMerchant, header: str) -> None:
    answer = await shop.call("GET", STRANGER, headers={"Authorization": header})
    assert (answer.status, answer.code, answer.tail) == (401, "SIGN_ERROR", 270924332)


async def test_who_signs_what_and_when(shop: TrialMerchant) -> None:
    now = int(shop.world.now().timestamp())

    async def tried(path: str = STRANGER, raw: bytes = b"", **other: str) -> int:
        header = shop.authorization("GET", path, raw, **other)
        return (await shop.call("GET", STRANGER, headers={"Authorization": header})).status

    assert await tried() == 404
    assert await tried(mchid="1900000000") == 401
    assert await tried(serial_no="ABCDEF") == 401
    assert await tried(timestamp=str(now - 301)) == 401
    assert await tried(timestamp=str(now + 301)) == 401
    assert await tried(timestamp=str(now - 299)) == 404
    assert await tried(path=f"{STRANGER}?x=1") == 401
    assert await tried(raw=b"{}") == 401
    assert await tried(signature="bm9wZQ==") == 401
    assert await tried(signature="not base64") == 401


async def test_the_body_is_signed_byte_by_byte(shop: TrialMerchant) -> None:
    path = "/v3/pay/transactions/jsapi"
    header = shop.authorization("POST", path, b'{"a":1}')
    answer = await shop.call("POST", path, b'{"a": 1}', headers={"Authorization": header})
    assert answer.code == "SIGN_ERROR"
    assert (await shop.call("POST", path, b'{"a":')).code == "PARAM_ERROR"
    assert (await shop.call("POST", path, b"[]")).code == "PARAM_ERROR"


async def test_accept_user_agent_and_content_type_are_required(shop: TrialMerchant) -> None:
    assert (await shop.call("GET", STRANGER, headers={"Accept": "*/*"})).status == 400
    assert (await shop.call("GET", STRANGER, headers={"User-Agent": ""})).status == 400
    path = "/v3/pay/transactions/jsapi"
    assert (await shop.call("POST", path, {}, headers={"Content-Type": "text/plain"})).status == 415


async def test_the_request_may_choose_the_key_of_the_answer(shop: TrialMerchant) -> None:
    serial = shop.merchant.platform_serial
    answer = await shop.call("GET", STRANGER, headers={"Wechatpay-Serial": serial})
    assert answer.headers["Wechatpay-Serial"] == serial
    assert shop.verifies(answer.headers, answer.raw)
    strange = await shop.call("GET", STRANGER, headers={"Wechatpay-Serial": "5A5A"})
    assert (strange.status, strange.code) == (400, "PARAM_ERROR")


async def test_certificates_rotate(shop: TrialMerchant) -> None:
    listed = (await shop.get("/v3/certificates")).body["data"]
    assert [one["serial_no"] for one in listed] == [shop.merchant.platform_serial]
    _, told = await shop.drive("POST", "/sandbox/pay/rotate")
    await shop.drive("POST", "/sandbox/pay/settings", {"sign_with": "certificate"})
    answer = await shop.get("/v3/certificates")
    assert answer.headers["Wechatpay-Serial"] == told["serial"]
    newest = answer.body["data"][-1]
    sealed = newest["encrypt_certificate"]
    pem = utils.aes_decrypt(sealed["nonce"], sealed["ciphertext"], sealed["associated_data"], shop.merchant.api_v3_key)
    assert pem == told["certificate_pem"]
    assert _library_accepts(answer.headers, answer.raw, utils.load_certificate(pem).public_key())
    await shop.drive("POST", "/sandbox/pay/settings", {"certificates_open": False})
    assert (await shop.get("/v3/certificates")).status == 404


async def test_the_library_accepts_our_answers(shop: TrialMerchant) -> None:
    answer = await shop.get(STRANGER)
    key = utils.load_public_key(shop.merchant.platform_public_pem)
    assert _library_accepts(answer.headers, answer.raw, key)


def _library_accepts(headers: dict[str, str], raw: bytes, key: Any) -> bool:
    return bool(
        utils.rsa_verify(
            headers["Wechatpay-Timestamp"],
            headers["Wechatpay-Nonce"],
            raw.decode(),
            headers["Wechatpay-Signature"],
            key,
        )
    )


async def test_we_accept_the_librarys_signature(
    shop: TrialMerchant, private_pem: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = shop.world.now().timestamp()
    monkeypatch.setattr(time, "time", lambda: now)
    path, body = "/v3/pay/transactions/jsapi", dump(shop.order_body(shop.world.add_person("林晓")))
    header = utils.build_authorization(
        path,
        "POST",
        shop.merchant.mchid,
        shop.merchant.merchant_serial,
        utils.load_private_key(private_pem["merchant"]),
        data=body.decode(),
    )
    answer = await shop.call("POST", path, body, headers={"Authorization": header})
    assert answer.status == 200


async def test_the_library_opens_our_notices(shop: TrialMerchant) -> None:
    prepay_id = await shop.open_order(shop.world.add_person("林晓"))
    await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    (heard,) = shop.heard
    key = utils.load_public_key(shop.merchant.platform_public_pem)
    assert _library_accepts(heard.headers, heard.raw, key)
    sealed = heard.envelope["resource"]
    plain = utils.aes_decrypt(
        sealed["nonce"], sealed["ciphertext"], sealed["associated_data"], shop.merchant.api_v3_key
    )
    assert '"trade_state":"SUCCESS"' in plain


async def test_answers_can_be_spoiled(shop: TrialMerchant) -> None:
    for kind in ("wrong_signature", "stale_timestamp", "signtest"):
        shop.world.inject(Fault(match=f"answer:{STRANGER}", kind=kind))
        answer = await shop.get(STRANGER)
        assert not shop.verifies(answer.headers, answer.raw), kind
    answer = await shop.get(STRANGER)
    assert shop.verifies(answer.headers, answer.raw)


async def test_injected_failures_are_signed(shop: TrialMerchant) -> None:
    answer = failure(shop.pay, STRANGER, 500)
    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    assert shop.verifies(dict(answer.headers), answer.body)
    assert b"SYSTEM_ERROR" in answer.body
    limited = failure(shop.pay, STRANGER, 429)
    assert isinstance(limited.body, bytes)
    assert b"FREQUENCY_LIMITED" in limited.body


async def test_unknown_addresses(shop: TrialMerchant) -> None:
    answer = await shop.get("/v3/pay/transactions/native")
    assert (answer.status, answer.code) == (404, "RESOURCE_NOT_EXISTS")
    assert base64.b64decode(answer.headers["Wechatpay-Signature"])

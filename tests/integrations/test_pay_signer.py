"""Our signer against wechatpayv3's, the reference, in both directions; and keys that are not right."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from wechatpayv3 import utils as reference

from domain.clock import ManualClock
from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import NoticeRefused
from integrations import connect
from integrations.pay_keys import MerchantKeys, read_merchant_keys
from integrations.pay_v3 import PayRefusal, PayV3, Unproven, read_answer
from integrations.wechat_http import Reply, WechatHttp
from integrations.wechat_pay import WechatPay
from sandbox.clock import SharedClock
from sandbox.setup import make_world
from settings import Settings, SettingsError
from tests.integrations.shop import settings_for

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def merchant(tmp_path: Path) -> dict[str, Any]:
    shop: dict[str, Any] = make_world(tmp_path)[1]["merchant"]
    return shop


@pytest.fixture
def keys(merchant: dict[str, Any]) -> MerchantKeys:
    return read_merchant_keys(
        mchid=merchant["mchid"],
        serial=merchant["merchant_serial"],
        private_pem=merchant["merchant_private_key_pem"].encode(),
        api_v3_key=merchant["api_v3_key"],
        platform_pem=merchant["platform_public_key_pem"].encode(),
        public_key_id=merchant["platform_public_key_id"],
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    credentials = make_world(tmp_path)[1]
    return settings_for(credentials, tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9")


@pytest.fixture
async def v3(keys: MerchantKeys) -> Any:
    http = WechatHttp(1.0)
    yield PayV3(http, "https://api.mch.weixin.qq.com", keys, ManualClock(NOW))
    await http.close()


def parts(header: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


@pytest.mark.parametrize("body", ["", '{"描述":"盒子","amount":{"total":1}}'])
async def test_the_authorization_is_the_references_own(
    v3: PayV3, keys: MerchantKeys, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = "/v3/pay/transactions/out-trade-no/P%7C1?mchid=1600000000"
    ours = parts(v3.authorization("GET", target, body.encode()))
    monkeypatch.setattr(reference.time, "time", NOW.timestamp)
    theirs = reference.build_authorization(
        target, "GET", keys.mchid, keys.serial, keys.private, data=body, nonce_str=ours["nonce_str"]
    )
    assert parts(theirs) == ours
    assert len(ours["nonce_str"]) == 32


async def test_pay_params_are_signed_as_the_reference_signs(
    v3: PayV3, keys: MerchantKeys, merchant: dict[str, Any]
) -> None:
    params = WechatPay(v3, "wxappid", "https://shop.example/n").pay_params("wx201410272009395522657a690389285100")
    text = f"wxappid\n{params.timeStamp}\n{params.nonceStr}\n{params.package}\n"
    assert params.paySign == reference.rsa_sign(keys.private, text)
    assert params.timeStamp == str(int(NOW.timestamp()))


async def test_what_the_reference_signs_and_seals_we_read(v3: PayV3, merchant: dict[str, Any], tmp_path: Path) -> None:
    """The platform's part is played by the reference; both must come to the same plaintext."""
    world, credentials = make_world(tmp_path)
    platform = reference.load_private_key(world.merchant.platform_private_pem)
    merchant = credentials["merchant"]
    theirs = read_merchant_keys(
        mchid=merchant["mchid"],
        serial=merchant["merchant_serial"],
        private_pem=merchant["merchant_private_key_pem"].encode(),
        api_v3_key=merchant["api_v3_key"],
        platform_pem=merchant["platform_public_key_pem"].encode(),
        public_key_id=merchant["platform_public_key_id"],
    )
    http = WechatHttp(1.0)
    pay = WechatPay(PayV3(http, "https://x", theirs, ManualClock(NOW)), "wx", "https://x/n")
    nonce = "0123456789ab"
    plain = json.dumps({"mchid": merchant["mchid"], "描述": "盒子"}, ensure_ascii=False)
    sealed = base64.b64encode(theirs.sealed.encrypt(nonce.encode(), plain.encode(), b"transaction")).decode()
    assert reference.aes_decrypt(nonce, sealed, "transaction", merchant["api_v3_key"]) == plain
    body = json.dumps(
        {
            "id": "n1",
            "event_type": "TRANSACTION.SUCCESS",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": nonce,
                "ciphertext": sealed,
                "associated_data": "transaction",
            },
        }
    )
    at = str(int(NOW.timestamp()))
    headers = {
        "Wechatpay-Timestamp": at,
        "Wechatpay-Nonce": "n0",
        "Wechatpay-Serial": merchant["platform_public_key_id"],
        "Wechatpay-Signature": reference.rsa_sign(platform, f"{at}\nn0\n{body}\n"),
    }
    assert reference.rsa_verify(at, "n0", body, headers["Wechatpay-Signature"], platform.public_key())
    assert pay.read_notice(headers, body.encode()).resource == json.loads(plain)
    with pytest.raises(NoticeRefused):
        pay.read_notice(headers, body.encode() + b"\n")
    await http.close()


async def test_an_empty_body_is_proven_too(v3: PayV3, tmp_path: Path, merchant: dict[str, Any]) -> None:
    """204 answers are signed over nothing."""
    world, _ = make_world(tmp_path)
    platform = reference.load_private_key(world.merchant.platform_private_pem)
    at = str(int(NOW.timestamp()))
    headers = {
        "Wechatpay-Timestamp": at,
        "Wechatpay-Nonce": "n0",
        "Wechatpay-Serial": merchant["platform_public_key_id"],
        "Wechatpay-Signature": reference.rsa_sign(platform, f"{at}\nn0\n\n"),
    }
    v3.prove(headers, b"")
    with pytest.raises(Unproven):
        v3.prove(headers, b" ")


async def test_keys_show_nothing_of_themselves(keys: MerchantKeys, merchant: dict[str, Any]) -> None:
    assert merchant["api_v3_key"] not in repr(keys)
    assert "PRIVATE" not in repr(keys)
    assert "RSAPrivateKey" not in repr(keys)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"merchant_key_file": ""}, "merchant_key_file"),
        ({"merchant_key_file": "no/such/file.pem"}, "merchant_key_file"),
        ({"merchant_key_file": "{platform}"}, "merchant_key_file"),
        ({"public_key_file": ""}, "public_key_file"),
        ({"public_key_file": "{merchant}"}, "public_key_file"),
        ({"public_key_file": "{junk}"}, "public_key_file"),
        ({"public_key_id": ""}, "public_key_id"),
        ({"api_v3_key": "short"}, "api_v3_key"),
    ],
    ids=str,
)
async def test_wrong_keys_fail_at_the_start_and_are_named(
    settings: Settings, tmp_path: Path, change: dict[str, str], named: str
) -> None:
    (tmp_path / "junk.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    places = {name: str(tmp_path / f"{name}.pem") for name in ("platform", "merchant", "junk")}
    said = {key: value.format(**places) for key, value in change.items()}
    whole = settings.model_dump(mode="python")
    whole["wechat"]["pay"].update(said)
    with pytest.raises(SettingsError, match=rf"wechat\.pay\.{named}"):
        async with connect(Settings.model_validate(whole), SharedClock(tmp_path / "clock.json")):
            raise AssertionError("opened with a wrong key")


def answer(status: int, body: bytes) -> Reply:
    return Reply(status, {"Request-ID": "08F78BB5AF0610D302-268435465"}, body)


@pytest.mark.parametrize("code", ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "RESOURCENOTEXISTS"])
def test_a_code_is_known_in_either_spelling(code: str) -> None:
    with pytest.raises(PayRefusal) as no:
        read_answer("x", answer(404, json.dumps({"code": code, "message": "订单不存在"}).encode()))
    assert no.value.is_not_found
    assert "_" in no.value.code
    assert no.value.text == "订单不存在 #268435465"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>not found</html>"),
        (404, b""),
        (404, b"[]"),
        (404, b'{"code":5}'),
        (429, b'{"code":"FREQUENCY_LIMITED"}'),
        (400, b'{"code":"SYSTEMERROR"}'),
        (403, b'{"code":"RATELIMIT_EXCEEDED"}'),
        (500, b'{"code":"PARAM_ERROR"}'),
        (502, b""),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
    ],
)
def test_what_may_pass_or_was_not_said_by_wechat_is_a_fault(status: int, body: bytes) -> None:
    with pytest.raises(OutsideFault):
        read_answer("x", answer(status, body))


@pytest.mark.parametrize("code", ["OPENID_MISMATCH", "OPENIDMISMATCH", "INVALID_TRANSACTIONID"])
def test_some_refusals_come_as_500(code: str) -> None:
    with pytest.raises(OutsideRefusal):
        read_answer("x", answer(500, json.dumps({"code": code}).encode()))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v3/billdownload/file?token=x",
        "http://api.mch.weixin.qq.com/v3/billdownload/file?token=x",
        "https://api.mch.weixin.qq.com.evil.example/x",
        "https://evilmch.weixin.qq.com/x",
        "//api2.mch.weixin.qq.com/x",
        "file:///etc/passwd",
        "no address",
        "",
    ],
)
async def test_our_authorization_goes_to_wechat_pay_alone(v3: PayV3, address: str) -> None:
    with pytest.raises(OutsideFault, match="foreign"):
        await v3.download("bill", address)

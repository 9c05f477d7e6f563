"""Our clients of WeChat: the real side of `domain.ports`.

Opened once by app.py with `connect`, and handed on as a `Wechat`; nobody else imports this room.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from domain.clock import Clock
from domain.ports import Wechat
from integrations.access_token import AccessToken, CorpToken
from integrations.crypto import Sealer
from integrations.logistics import WechatLogistics
from integrations.mini_program import WechatMiniProgram
from integrations.official_account import WechatOfficialAccount
from integrations.pay_keys import KeyProblem, MerchantKeys, read_merchant_keys
from integrations.pay_score import WechatPayScore
from integrations.pay_v3 import PayV3
from integrations.wechat_http import OnCall, WechatApi, WechatHttp
from integrations.wechat_pay import WechatPay
from integrations.wecom import WecomContacts
from settings import ROOT, PaySettings, Settings, SettingsError, WecomSettings

__all__ = ["GOODS_PICTURE_PATH", "PAY_NOTIFY_PATH", "connect", "make_sealer"]

PAY_NOTIFY_PATH = "/api/notify/pay"
"""Where WeChat Pay tells payments, refunds and Pay Score orders, under `app.public_url`."""

GOODS_PICTURE_PATH = "/static/goods.png"
"""One picture for all goods in WeChat's return and tracking pages, under `app.public_url`."""

WECHAT_API = "https://api.weixin.qq.com"
WECHAT_PICTURES = "https://mp.weixin.qq.com"


@asynccontextmanager
async def connect(
    settings: Settings, clock: Clock, *, on_call: OnCall | None = None, notify_path: str = PAY_NOTIFY_PATH
) -> AsyncIterator[Wechat]:
    """Every gateway over one HTTP session, closed at the end. Nothing is called yet.

    `on_call(endpoint, outcome, seconds)` is told of each attempt. Raises SettingsError naming the key.
    """
    wechat = settings.wechat
    keys = _merchant_keys(wechat.pay)
    base = wechat.api_base.rstrip("/")
    http = WechatHttp(wechat.timeout_seconds, on_call)
    plain = WechatApi(http, base, None)
    official_secret = wechat.official.secret.get_secret_value()
    mini_secret = wechat.mini.secret.get_secret_value()
    official_token = AccessToken(plain, wechat.official.appid, official_secret, clock)
    mini_token = AccessToken(plain, wechat.mini.appid, mini_secret, clock)
    mini = WechatApi(http, base, mini_token)
    wecom, corp_token = _wecom(settings.wecom, http, clock)
    v3 = PayV3(http, wechat.pay_base.rstrip("/"), keys, clock)
    ours = settings.app.public_url.rstrip("/")
    notify_url = ours + notify_path
    try:
        yield Wechat(
            official=WechatOfficialAccount(
                WechatApi(http, base, official_token),
                wechat.mini.appid,
                WECHAT_PICTURES if base == WECHAT_API else base,
            ),
            mini=WechatMiniProgram(mini, wechat.mini.appid, mini_secret),
            pay=WechatPay(v3, wechat.mini.appid, notify_url),
            score=WechatPayScore(v3, wechat.mini.appid, wechat.pay.payscore_service_id, notify_url),
            logistics=WechatLogistics(mini, ours + GOODS_PICTURE_PATH, wechat.couriers),
            wecom=wecom,
        )
    finally:
        await official_token.close()
        await mini_token.close()
        if corp_token is not None:
            await corp_token.close()
        await http.close()


def _wecom(
    settings: WecomSettings, http: WechatHttp, clock: Clock
) -> tuple[WecomContacts, CorpToken] | tuple[None, None]:
    """The gateway and its token; nothing where no corporation is set up."""
    if not settings.corpid:
        return None, None
    base = settings.api_base.rstrip("/")
    token = CorpToken(WechatApi(http, base, None), settings.corpid, settings.secret.get_secret_value(), clock)
    return WecomContacts(WechatApi(http, base, token)), token


def make_sealer(settings: Settings) -> Sealer:
    """The sealer of personal data. Raises SettingsError naming the key."""
    secrets = settings.security
    try:
        return Sealer(
            secrets.data_key.get_secret_value(),
            secrets.index_key.get_secret_value(),
            secrets.data_key_previous.get_secret_value(),
        )
    except ValueError as problem:
        raise SettingsError(str(problem)) from None


def _merchant_keys(pay: PaySettings) -> MerchantKeys:
    try:
        return read_merchant_keys(
            mchid=pay.mchid,
            serial=pay.merchant_serial,
            private_pem=_file("merchant_key_file", pay.merchant_key_file),
            api_v3_key=pay.api_v3_key.get_secret_value(),
            platform_pem=_file("public_key_file", pay.public_key_file),
            public_key_id=pay.public_key_id,
        )
    except KeyProblem as problem:
        raise SettingsError(str(problem)) from None


def _file(key: str, path: str) -> bytes:
    """Relative paths start at the project's root."""
    if not path:
        raise SettingsError(f"wechat.pay.{key}: not set")
    try:
        return (ROOT / Path(path)).read_bytes()
    except OSError as problem:
        raise SettingsError(f"wechat.pay.{key}: {problem.strerror}") from None

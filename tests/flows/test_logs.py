"""Nothing personal and nothing secret is written to a log, whatever happens."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

import logs
from models import Stylist
from services import members
from settings import LogSettings
from tests.support.boxes import ADDRESS, life
from tests.support.broken import free_loggers
from tests.support.house import House
from tests.support.money import fault

SAID = "我住在衡山路的老房子里，想约周六下午三点"
WISH = "膝盖受过伤，要宽松的裤子"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[pytest.CaptureFixture[str]]:
    """Logging as production has it, at its loudest."""
    caplog.set_level(logging.DEBUG)
    kept = structlog.get_config()
    logs.configure(LogSettings(level="debug", json_lines=True))
    structlog.configure(cache_logger_on_first_use=False)
    free_loggers()
    yield capsys
    structlog.configure(**kept)


async def test_a_life_leaves_no_name_number_text_or_key_in_the_logs(
    house: House, lines: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    one = await life(house, name="林小满")
    person = one.who.person
    await house.follow(person)
    await house.say(person, SAID)
    await house.say(person, "人工")
    code = (await house.wechat(f"/people/{person.id}/phone-code", {}))["code"]
    given = await one.call("POST", "/me/phone", {"code": code})
    await one.call("PUT", "/me/consents/profile", {"given": True})
    await one.call("PUT", "/me/profile", {"profile": {"height_cm": 168, "style": WISH}})
    await one.cover("deposit")
    await one.signed()
    await one.decide(2)
    # What goes wrong is logged most: refusals, a door forced with bad values, WeChat failing, a fault of ours.
    await house.api("POST", "/me/addresses", {**ADDRESS, "phone": "138"}, token=one.who.token, status=422)
    await house.api("POST", "/session", {"code": "a-used-code"}, status=422)
    await house.api("POST", "/staff/session", {"login": "admin1", "password": "a wrong password"}, status=403)
    await fault(house, "/sns/jscode2session", "drop_after")
    code = (await house.wechat(f"/people/{person.id}/login-code"))["code"]
    await house.api("POST", "/session", {"code": code}, status=502)
    stylist = await Stylist.all().order_by("id").first()
    assert stylist is not None
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(members, "get", _breaks)
        await house.api("GET", "/me", token=one.who.token, status=500)
        broken.setattr("services.styling.feed", _breaks)
        async with house.http.get(f"{house.base}/calendar/{stylist.feed_token}.ics") as answer:
            assert answer.status == 500
    await house.move(days=6)

    told = lines.readouterr()
    # The servers of the tests write an access log; those of app.py do not.
    theirs = [logs.MaskedFormatter().format(r) for r in caplog.records if r.name != "aiohttp.access"]
    text = "\n".join([told.out, told.err, *theirs])
    events = [json.loads(line)["event"] for line in told.out.splitlines() if line.startswith("{")]
    assert {"box.requested", "http.failed", "outside.unavailable"} <= set(events), events
    wechat, security = house.settings.wechat, house.settings.security
    secret = {
        "phone": ADDRESS["phone"], "name": "林小满", "street": ADDRESS["detail"], "street in chat": "衡山路",
        "chat": "老房子", "profile": "膝盖", "session": one.who.token, "new session": given["token"],
        "password": "a wrong password", "code": code, "used code": "a-used-code", "feed": stylist.feed_token,
        "official secret": wechat.official.secret.get_secret_value(),
        "mini secret": wechat.mini.secret.get_secret_value(),
        "official token": wechat.official.token.get_secret_value(),
        "pay key": wechat.pay.api_v3_key.get_secret_value(),
        "session key": security.session_key.get_secret_value(),
        "data key": security.data_key.get_secret_value(),
        "index key": security.index_key.get_secret_value(),
    }  # fmt: skip
    assert [what for what, value in secret.items() if value in text] == []
    for number in (person.phone, ADDRESS["phone"]):
        assert number not in text


async def _breaks(*_: object) -> None:
    """A fault that says more than it should."""
    raise RuntimeError(f"row with phone {ADDRESS['phone']} at ?access_token=abcdef&secret=ghijkl")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("打 13800001234 找我", "打 138****1234 找我"),
        ("13800001234,13900005678", "138****1234,139****5678"),
        ("订单 4200001234567890123", "订单 4200001234567890123"),
        ("https://x/y?access_token=AbC-1_2&a=1", "https://x/y?access_token=…&a=1"),
        ("?appid=wx1&secret=s3cr3t&js_code=033abc", "?appid=wx1&secret=…&js_code=…"),
        ("{'session_key': 'tiihtNczf5v6AKRyjwEUhQ=='}", "{'session_key': '…'}"),
        ('{"access_token":"ACCESS","expires_in":7200}', '{"access_token":"…","expires_in":7200}'),
        ("Authorization: Bearer eyJhbGciOi.eyJz-dWIi.x_Y", "Authorization: Bearer …"),
        ("+8613800001234", "+86138****1234"),
    ],
)
def test_masks(given: str, kept: str) -> None:
    assert logs.masked(given) == kept


def test_what_lies_deeper_in_an_event_is_masked_too(lines: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("x", told={"phones": ["13800001234", ("13800001234",)]}, number=1)
    [line] = lines.readouterr().out.splitlines()
    assert json.loads(line)["told"] == {"phones": ["138****1234", ["138****1234"]]}


def test_the_libraries_lines_are_masked_too() -> None:
    record = logging.makeLogRecord({"msg": "Error handling %s", "args": ("?access_token=AbC&phone=13800001234",)})
    assert logs.MaskedFormatter("%(message)s").format(record) == "Error handling ?access_token=…&phone=138****1234"

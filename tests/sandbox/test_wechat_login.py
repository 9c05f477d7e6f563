"""Signing in, session keys, phone numbers."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.trial import Trial, open_trial
from sandbox.world import Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


PHONE = "/wxa/business/getuserphonenumber"


async def exchange(trial: Trial, code: str, **changed: str) -> dict[str, object]:
    mini = trial.world.mini
    query = {"appid": mini.appid, "secret": mini.secret, "js_code": code, "grant_type": "authorization_code"}
    return await trial.get("/sns/jscode2session", **(query | changed))


async def code(trial: Trial, person: Person, purpose: str = "login") -> str:
    return str((await trial.act(person, f"{purpose}-code"))["code"])


async def test_a_login_code_is_good_once(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    given = await code(trial, person)
    answer = await exchange(trial, given)
    assert set(answer) == {"openid", "session_key", "unionid"}
    assert answer["openid"] == trial.openid(person, "mini")
    assert answer["unionid"] == person.unionid
    assert len(base64.b64decode(str(answer["session_key"]))) == 16
    assert (await exchange(trial, given))["errcode"] == 40163


async def test_a_login_code_lasts_five_minutes(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    first, second = await code(trial, person), await code(trial, person)
    trial.pass_time(seconds=299)
    assert "openid" in await exchange(trial, first)
    trial.pass_time(seconds=1)
    assert (await exchange(trial, second))["errcode"] == 40029


async def test_refused_logins(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    given, official = await code(trial, person), trial.world.official
    assert (await exchange(trial, "nope"))["errcode"] == 40029
    assert (await exchange(trial, ""))["errcode"] == 41008
    assert (await exchange(trial, given, appid="wx0"))["errcode"] == 40013
    assert (await exchange(trial, given, secret="0"))["errcode"] == 40125
    assert (await exchange(trial, given, grant_type="x"))["errcode"] == 40002
    assert (await exchange(trial, given, appid=official.appid, secret=official.secret))["errcode"] == 40013
    assert (await trial.post("/sns/jscode2session", {}))["errcode"] == 43001
    assert (await trial.get("/sns/jsCode2Session"))["errcode"] == 40066
    assert (await exchange(trial, await code(trial, person, "phone")))["errcode"] == 40029
    assert "openid" in await exchange(trial, given)
    await trial.act(person, "settings", risk_rank=4)
    assert (await exchange(trial, await code(trial, person)))["errcode"] == 40226


async def test_a_hundred_logins_a_minute(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    codes = [await code(trial, person) for _ in range(101)]
    answers = [await exchange(trial, one) for one in codes]
    assert [a.get("errcode", 0) for a in answers] == [0] * 100 + [45011]


def signed(session_key: object) -> str:
    return hmac.new(str(session_key).encode(), b"", hashlib.sha256).hexdigest()


async def test_checking_a_session(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    openid = trial.openid(person, "mini")
    query = {"openid": openid, "signature": "0" * 64, "sig_method": "hmac_sha256"}
    assert (await trial.mini("/wxa/checksession", **query))["errcode"] == 87007
    old = (await exchange(trial, await code(trial, person)))["session_key"]
    good = query | {"signature": signed(old)}
    assert (await trial.mini("/wxa/checksession", **good))["errcode"] == 0
    assert (await trial.mini("/wxa/checksession", good))["errcode"] == 0
    assert (await trial.mini("/wxa/checksession", **query))["errcode"] == 87009
    assert (await trial.mini("/wxa/checksession", **(good | {"sig_method": "md5"})))["errcode"] == 87008
    # Another login makes the key of the first one worthless.
    await exchange(trial, await code(trial, person))
    assert (await trial.mini("/wxa/checksession", **good))["errcode"] == 87009


async def test_resetting_a_session(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    key = (await exchange(trial, await code(trial, person)))["session_key"]
    query = {"openid": trial.openid(person, "mini"), "signature": signed(key), "sig_method": "hmac_sha256"}
    fresh = (await trial.mini("/wxa/resetusersessionkey", **query))["session_key"]
    assert fresh != key
    query["signature"] = signed(fresh)
    assert (await trial.mini("/wxa/checksession", **query))["errcode"] == 0


async def test_a_phone_number(trial: Trial) -> None:
    person = trial.world.add_person("小林", "13812345678")
    given = await code(trial, person, "phone")
    info = (await trial.mini(PHONE, {"code": given}))["phone_info"]
    assert (info["phoneNumber"], info["purePhoneNumber"]) == ("13812345678", "13812345678")
    assert int(info["countryCode"]) == 86
    assert info["watermark"]["appid"] == trial.world.mini.appid
    assert (await trial.mini(PHONE, {"code": given}))["errcode"] == 40163
    kinds = set()
    for _ in range(12):
        found = await trial.mini(PHONE, {"code": await code(trial, person, "phone")})
        kinds.add(type(found["phone_info"]["countryCode"]))
    assert kinds == {str, int}


async def test_refused_phone_codes(trial: Trial) -> None:
    person, other = trial.world.add_person("小林", "+852 61234567"), trial.world.add_person("小周")
    given = await code(trial, person, "phone")
    info = (await trial.mini(PHONE, {"code": given, "openid": trial.openid(person, "mini")}))["phone_info"]
    assert (info["phoneNumber"], str(info["countryCode"])) == ("85261234567", "852")
    bound = {"code": await code(trial, person, "phone"), "openid": trial.openid(other, "mini")}
    assert (await trial.mini(PHONE, bound))["errcode"] == 40003
    assert (await trial.mini(PHONE, {"code": await code(trial, person)}))["errcode"] == 40029
    assert (await trial.mini(PHONE, {"code": "x"}))["errcode"] == 40029
    assert (await trial.official(PHONE, {"code": "x"}))["errcode"] == 48001
    late = await code(trial, person, "phone")
    trial.pass_time(minutes=5)
    assert (await trial.mini(PHONE, {"code": late}))["errcode"] == 40029

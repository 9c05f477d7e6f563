"""Access tokens: two families, their overlaps, their ends, and who may ask."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.api.tokens import Tokens
from sandbox.trial import Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


INFO = "/cgi-bin/user/get"


async def plain(trial: Trial, kind: str = "official", **changed: str) -> dict[str, object]:
    account = trial.account(kind)
    query = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret, **changed}
    return await trial.get("/cgi-bin/token", **query)


async def works(trial: Trial, token: object) -> int:
    answer = await trial.get(INFO, access_token=str(token))
    return int(answer.get("errcode", 0))


async def test_stable_gives_the_same_token_with_its_remaining_life(trial: Trial) -> None:
    first = await trial.stable("official")
    assert first["expires_in"] == 7200
    trial.pass_time(minutes=10)
    second = await trial.stable("official")
    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] == 6600


async def test_stable_rotates_five_minutes_before_the_end_and_both_work(trial: Trial) -> None:
    old = (await trial.stable("official"))["access_token"]
    trial.pass_time(seconds=7200 - 301)
    assert (await trial.stable("official"))["access_token"] == old
    trial.pass_time(seconds=1)
    fresh = await trial.stable("official")
    assert fresh["access_token"] != old
    assert fresh["expires_in"] == 7200
    assert [await works(trial, old), await works(trial, fresh["access_token"])] == [0, 0]
    trial.pass_time(seconds=300)
    assert await works(trial, old) == 42001


async def test_force_kills_at_once_but_not_within_thirty_seconds(trial: Trial) -> None:
    old = (await trial.stable("official"))["access_token"]
    forced = (await trial.stable("official", force_refresh=True))["access_token"]
    assert forced != old
    assert await works(trial, old) == 40001
    trial.pass_time(seconds=29)
    assert (await trial.stable("official", force_refresh=True))["access_token"] == forced
    trial.pass_time(seconds=1)
    assert (await trial.stable("official", force_refresh=True))["access_token"] != forced


async def test_force_twenty_times_a_day(trial: Trial) -> None:
    await trial.stable("official")
    for _ in range(20):
        assert "access_token" in await trial.stable("official", force_refresh=True)
        trial.pass_time(seconds=30)
    assert (await trial.stable("official", force_refresh=True))["errcode"] == 45009
    trial.pass_time(hours=14)  # past midnight in Shanghai
    await trial.stable("official")
    assert "access_token" in await trial.stable("official", force_refresh=True)


async def test_plain_always_mints_and_the_old_one_works_five_more_minutes(trial: Trial) -> None:
    old = (await plain(trial))["access_token"]
    fresh = (await plain(trial))["access_token"]
    assert old != fresh
    assert await works(trial, old) == 0
    trial.pass_time(minutes=5)
    assert [await works(trial, old), await works(trial, fresh)] == [40001, 0]


async def test_the_families_and_the_accounts_never_touch(trial: Trial) -> None:
    stable, one = (await trial.stable("official"))["access_token"], (await plain(trial))["access_token"]
    mini = (await plain(trial, "mini"))["access_token"]
    trial.pass_time(seconds=1)
    await trial.stable("official", force_refresh=True)
    assert await works(trial, stable) == 40001
    assert await works(trial, one) == 0
    assert await works(trial, mini) == 48001


async def test_what_a_bad_token_is_called(trial: Trial) -> None:
    good = await trial.token("official")
    assert (await trial.get(INFO))["errcode"] == 41001
    assert await works(trial, "nonsense") == 40014
    assert await works(trial, good[::-1]) == 40001
    trial.pass_time(hours=2)
    assert await works(trial, good) == 42001


async def test_tokens_may_be_as_long_as_512_characters(trial: Trial) -> None:
    lengths = {len(str((await plain(trial))["access_token"])) for _ in range(40)}
    assert max(lengths) == 512


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "0" * 32}, 40125),
    ],
)
async def test_refusals_of_both_token_endpoints(trial: Trial, changed: dict[str, str], code: int) -> None:
    assert (await plain(trial, **changed))["errcode"] == code
    assert (await trial.stable("official", **changed))["errcode"] == code


async def test_methods_and_shapes(trial: Trial) -> None:
    assert (await trial.get("/cgi-bin/stable_token"))["errcode"] == 43002
    assert (await trial.post("/cgi-bin/token", {}))["errcode"] == 43001
    assert (await trial.post("/cgi-bin/stable_token", "a=b"))["errcode"] == 47001
    assert (await trial.post("/cgi-bin/stable_token", ""))["errcode"] == 44002
    assert (await trial.stable("official", force_refresh="true"))["errcode"] == 47001


async def test_the_whitelist_counts_only_here_and_names_the_address(trial: Trial) -> None:
    token = await trial.token("official")
    await trial.control("tuning", {"allowed_ips": ["10.0.0.1"]})
    refused = await trial.stable("official")
    assert refused["errcode"] == 40164
    assert "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: " in refused["errmsg"]
    assert await works(trial, token) == 0


async def test_a_frozen_secret_and_revoked_tokens(trial: Trial) -> None:
    token = await trial.token("mini")
    await trial.control("tokens", {"account": "mini", "action": "freeze"})
    assert (await trial.stable("mini"))["errcode"] == 40243
    await trial.control("tokens", {"account": "mini", "action": "thaw"})
    assert (await trial.stable("mini"))["access_token"] == token
    await trial.control("tokens", {"account": "mini", "action": "revoke"})
    assert await works(trial, token) == 40001
    assert (await trial.stable("mini"))["access_token"] != token


async def test_plain_two_thousand_a_day(trial: Trial) -> None:
    tokens = trial.world.room(Tokens)
    for _ in range(2000):
        tokens.plain(trial.world.official)
    assert (await plain(trial))["errcode"] == 45009

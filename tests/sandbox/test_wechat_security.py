"""Content checks: who may be checked, what texts get, when pictures answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.trial import Trial, open_trial
from sandbox.world import Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


TEXT, MEDIA, RISK = "/wxa/msg_sec_check", "/wxa/media_check_async", "/wxa/getuserriskrank"


async def visitor(trial: Trial) -> Person:
    person = trial.world.add_person("小林")
    await trial.act(person, "visit")
    return person


def text(trial: Trial, person: Person, content: object, **changed: object) -> dict[str, object]:
    base = {"content": content, "version": 2, "scene": 2, "openid": trial.openid(person, "mini")}
    return base | changed


async def test_texts_are_labelled_by_their_worst_word(trial: Trial) -> None:
    person = await visitor(trial)
    fine = await trial.mini(TEXT, text(trial, person, "这条裙子很显瘦"))
    assert fine["result"] == {"suggest": "pass", "label": 100}
    assert fine["errcode"] == 0
    assert len(fine["trace_id"]) == 32
    bad = await trial.mini(TEXT, text(trial, person, "滚蛋，高仿货"))
    assert bad["result"] == {"suggest": "risky", "label": 20013}
    assert bad["detail"][1]["keyword"] == "高仿"
    hidden = await trial.mini(TEXT, text(trial, person, "好看", nickname="刷单小王子"))
    assert hidden["result"]["suggest"] == "risky"
    await trial.control("moderation", {"word": "显瘦", "label": 10001, "suggest": "review"})
    again = await trial.mini(TEXT, text(trial, person, "这条裙子很显瘦"))
    assert again["result"] == {"suggest": "review", "label": 10001}


async def test_only_within_two_hours_of_a_visit(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    assert (await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] == 61010
    await trial.act(person, "visit")
    trial.pass_time(hours=2)
    assert (await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] == 0
    trial.pass_time(seconds=1)
    assert (await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] == 61010
    await trial.act(person, "login-code")
    assert (await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] == 0


async def test_refused_checks(trial: Trial) -> None:
    person = await visitor(trial)
    cases: list[tuple[dict[str, object], int]] = [
        (text(trial, person, ""), 44002),
        (text(trial, person, ["x"]), 47001),
        (text(trial, person, "x" * 2501), 45002),
        (text(trial, person, "x", scene=5), 40129),
        (text(trial, person, "x", scene="2"), 47001),
        (text(trial, person, "x", version=1), 40097),
        (text(trial, person, "x", openid="nobody"), 40003),
        (text(trial, person, "x", openid=trial.openid(person)), 43104),
        (text(trial, person, "x", signature="签名"), 40097),
    ]
    for body, errcode in cases:
        assert (await trial.mini(TEXT, body))["errcode"] == errcode
    assert (await trial.mini(TEXT, text(trial, person, "x", scene=1, signature="签名")))["errcode"] == 0
    assert (await trial.mini(TEXT, {"content": "卖枪支"}))["errcode"] == 87014
    assert (await trial.mini(TEXT, {"content": "卖裙子"}))["errcode"] == 0


def picture(trial: Trial, person: Person, url: str, **changed: object) -> dict[str, object]:
    base = {
        "media_url": url,
        "media_type": 2,
        "version": 2,
        "scene": 2,
        "openid": trial.openid(person, "mini"),
    }
    return base | changed


async def test_a_picture_is_answered_later(trial: Trial) -> None:
    person = await visitor(trial)
    asked = await trial.mini(MEDIA, picture(trial, person, "https://cos.example/sandbox-risky.jpg"))
    await trial.settle()
    assert trial.events("wxa_media_check") == []
    trial.pass_time(seconds=5)
    await trial.settle()
    push = trial.events("wxa_media_check")[0]
    assert push.kind == "mini"
    assert push.fields["trace_id"] == asked["trace_id"]
    assert push.fields["result"] == {"suggest": "risky", "label": "20002"}
    assert (push.fields["version"], push.fields["errcode"]) == ("2", "0")
    assert push.fields["appid"] == trial.world.mini.appid


async def test_a_picture_nobody_can_load(trial: Trial) -> None:
    person = await visitor(trial)

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=b"jpg", content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/good.jpg", show)
    async with TestServer(app) as server:
        good, gone = str(server.make_url("/good.jpg")), str(server.make_url("/gone.jpg"))
        for url in (good, gone):
            assert (await trial.mini(MEDIA, picture(trial, person, url)))["errcode"] == 0
        trial.pass_time(seconds=5)
        await trial.settle()
    codes = sorted(p.fields["errcode"] for p in trial.events("wxa_media_check"))
    assert codes == ["-1008", "0"]


async def test_refused_pictures(trial: Trial) -> None:
    person, url = await visitor(trial), "https://cos.example/a.jpg"
    assert (await trial.mini(MEDIA, picture(trial, person, url)))["errcode"] == 0
    assert (await trial.mini(MEDIA, picture(trial, person, url)))["errcode"] == 87020
    cases: list[tuple[dict[str, object], int]] = [
        ({"media_url": "a.jpg"}, 40097),
        ({"media_type": 3}, 40097),
        ({"version": 1}, 40097),
        ({"scene": 9}, 40129),
        ({"openid": trial.openid(person)}, 43104),
    ]
    for changed, errcode in cases:
        body = picture(trial, person, "https://cos.example/b.jpg", **changed)
        assert (await trial.mini(MEDIA, body))["errcode"] == errcode
    trial.pass_time(hours=3)
    assert (await trial.mini(MEDIA, picture(trial, person, "https://cos.example/c.jpg")))["errcode"] == 61010


async def test_the_risk_of_a_person(trial: Trial) -> None:
    person = await visitor(trial)
    body = {"appid": trial.world.mini.appid, "openid": trial.openid(person, "mini"), "scene": 1,
            "client_ip": "203.0.113.9"}  # fmt: skip
    assert (await trial.mini(RISK, body))["risk_rank"] == 0
    await trial.act(person, "settings", risk_rank=3)
    assert (await trial.mini(RISK, body))["risk_rank"] == 3
    assert (await trial.mini(RISK, body | {"client_ip": "home"}))["errcode"] == 40097
    assert (await trial.mini(RISK, body | {"scene": 3}))["errcode"] == 40129
    assert (await trial.mini(RISK, body | {"appid": "wx0"}))["errcode"] == 40013
    trial.pass_time(hours=3)
    assert (await trial.mini(RISK, body))["errcode"] == 61010


async def test_minute_limits(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.api.security.TEXTS_PER_MINUTE", 2)
    person = await visitor(trial)
    codes = [(await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] for _ in range(3)]
    assert codes == [0, 0, 44991]
    trial.pass_time(seconds=60)
    assert (await trial.mini(TEXT, text(trial, person, "好看")))["errcode"] == 0

"""Mass sends: two people at least, four a month each, one job per client id, and the report at the end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.trial import Trial, open_trial
from sandbox.world import Person

SEND, GET = "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/get"


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


async def send(trial: Trial, people: list[Person], content: str = "新品到店", client_id: str = "") -> dict[str, Any]:
    body = {"touser": [trial.openid(p) for p in people], "msgtype": "text", "text": {"content": content}}
    return await trial.official(SEND, {**body, "clientmsgid": client_id})


async def finished(trial: Trial) -> dict[str, Any]:
    trial.pass_time(seconds=30)
    await trial.settle()
    told = trial.events("MASSSENDJOBFINISH")[-1].fields
    return {name: int(value) if str(value).isdigit() else value for name, value in told.items()}


async def test_four_a_month_and_the_rest_is_filtered(trial: Trial) -> None:
    people = [await trial.follower() for _ in range(3)]
    first = await send(trial, people[:2], client_id="a")
    assert (first["errcode"], first["errmsg"]) == (0, "send job submission success")
    assert (await trial.official(GET, {"msg_id": first["msg_id"]}))["msg_status"] == "SENDING"
    assert await trial.chat(people[0], "mass") == [], "the job has not run"
    again = await send(trial, people[:2], client_id="a")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    report = await finished(trial)
    assert (report["MsgID"], report["Status"]) == (first["msg_id"], "send success")
    assert (report["TotalCount"], report["FilterCount"], report["SentCount"], report["ErrorCount"]) == (2, 2, 2, 0)
    assert (await trial.official(GET, {"msg_id": first["msg_id"]}))["msg_status"] == "SEND_SUCCESS"
    for _ in range(3):
        await send(trial, people[:2])
        await finished(trial)
    assert (await send(trial, people[:2]))["errcode"] == 45028
    await send(trial, people)
    report = await finished(trial)
    assert (report["TotalCount"], report["FilterCount"], report["SentCount"]) == (3, 1, 1)
    assert len(await trial.chat(people[0], "mass")) == 4
    trial.pass_time(days=31)
    assert (await send(trial, people[:2]))["errcode"] == 0, "another month"


async def test_what_is_no_mass_send(trial: Trial) -> None:
    people = [await trial.follower() for _ in range(2)]
    assert (await send(trial, people[:1]))["errcode"] == 40130
    assert (await send(trial, [people[0], people[0]]))["errcode"] == 40130
    assert (await send(trial, people, ""))["errcode"] == 44004
    assert (await send(trial, people, "长" * 700))["errcode"] == 45002
    assert (await send(trial, people, client_id="x" * 65))["errcode"] == 45067
    assert (await trial.official(GET, {"msg_id": 1}))["errcode"] == 40059
    await send(trial, people, "一起刷单")
    report = await finished(trial)
    assert (report["Status"], report["SentCount"], report["ErrorCount"]) == ("err(10001)", 0, 2)

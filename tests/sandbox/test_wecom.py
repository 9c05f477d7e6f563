"""The sandbox's WeCom: what it refuses, and its callbacks as wechatpy's own enterprise cipher reads them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.enterprise.crypto import WeChatCrypto

from sandbox import wire
from sandbox.trial import Trial, open_trial

TASK, RESULT = "add_msg_template", "get_groupmsg_send_result"


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


async def token(trial: Trial, **other: str) -> dict[str, Any]:
    corp = trial.credentials["corp"]
    return await trial.get("/cgi-bin/gettoken", **{"corpid": corp["corpid"], "corpsecret": corp["secret"], **other})


async def ask(trial: Trial, path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
    query["access_token"] = (await token(trial))["access_token"]
    where = f"/cgi-bin/externalcontact/{path}"
    return await (trial.get(where, **query) if body is None else trial.post(where, body, **query))


async def contact(trial: Trial, name: str, userid: str = "lin") -> tuple[str, str]:
    """Somebody who is a contact: their id here, and WeCom's name for them."""
    person = trial.world.add_person(name)
    await trial.control("wecom/staff", {"userid": userid})
    made = await trial.control("wecom/contacts", {"person": person.id, "userid": userid})
    return person.id, made["external_userid"]


async def test_tokens_live_two_hours_and_are_the_same_for_all(trial: Trial) -> None:
    first = await token(trial)
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    assert (await token(trial))["access_token"] == first["access_token"]
    assert (await token(trial, corpid="ww1"))["errcode"] == 40013
    assert (await token(trial, corpsecret="x"))["errcode"] == 40001
    where = "/cgi-bin/externalcontact/get_follow_user_list"
    assert (await trial.get(where))["errcode"] == 41001
    assert (await trial.get(where, access_token="never one"))["errcode"] == 40014
    trial.pass_time(seconds=7201)
    assert (await trial.get(where, access_token=first["access_token"]))["errcode"] == 42001
    assert (await ask(trial, "get_follow_user_list"))["follow_user"] == []


async def test_what_is_no_task_and_what_becomes_of_one(trial: Trial) -> None:
    (ann, one), (_, two) = [await contact(trial, name) for name in ("安", "贝")]
    _, foreign = await contact(trial, "陈", "zhou")
    good: dict[str, Any] = {"external_userid": [one, two], "sender": "lin", "text": {"content": "新品到店"}}
    for code, changes in (
        (40063, {"text": {}}),
        (40063, {"sender": "", "external_userid": []}),
        (40003, {"sender": "nobody"}),
        (40096, {"external_userid": ["wmNobody"]}),
        (45002, {"text": {"content": "长" * 1334}}),
        (41048, {"external_userid": [foreign]}),
    ):
        assert (await ask(trial, TASK, {**good, **changes}))["errcode"] == code, changes
    laid = await ask(trial, TASK, {**good, "external_userid": [one, two, foreign]})
    assert (laid["errcode"], laid["fail_list"]) == (0, [foreign])
    assert (await ask(trial, RESULT, {"msgid": "x", "userid": "lin"}))["errcode"] == 41047
    assert (await ask(trial, RESULT, {"userid": "lin"}))["errcode"] == 41046
    page = await ask(trial, RESULT, {"msgid": laid["msgid"], "userid": "lin", "limit": 1})
    assert [row["status"] for row in page["send_list"]] == [0]
    assert page["next_cursor"]
    # As many as the month has days: sent until one more is one too many.
    await trial.control("wecom/contacts/end", {"person": ann, "userid": "lin", "by": "customer"})
    await trial.control(f"wecom/tasks/{laid['msgid']}/confirm", {})
    told = await ask(trial, RESULT, {"msgid": laid["msgid"], "userid": "lin"})
    assert [row["status"] for row in told["send_list"]] == [2, 1]
    for _ in range(29):
        more = await ask(trial, TASK, {**good, "external_userid": [two]})
        await trial.control(f"wecom/tasks/{more['msgid']}/confirm", {})
    assert (await ask(trial, TASK, {**good, "external_userid": [two]}))["errcode"] == 41048
    trial.pass_time(days=31)
    last = await ask(trial, TASK, {**good, "external_userid": [two]})
    assert (await ask(trial, "cancel_groupmsg_send", {"msgid": last["msgid"]}))["errcode"] == 0
    assert "stopped" in (await trial.control(f"wecom/tasks/{last['msgid']}/confirm", {}, status=409))["error"]


async def test_contacts_by_pages(trial: Trial) -> None:
    found = {(await contact(trial, f"客{n}"))[1] for n in range(3)}
    assert (await ask(trial, "batch/get_by_user", {"userid_list": ["nobody"]}))["errcode"] == 40031
    await trial.control("wecom/staff", {"userid": "alone"})
    assert (await ask(trial, "batch/get_by_user", {"userid_list": ["alone"]}))["errcode"] == 84061
    seen, cursor = set(), ""
    while True:
        page = await ask(trial, "batch/get_by_user", {"userid_list": ["lin"], "cursor": cursor, "limit": 2})
        seen |= {one["external_contact"]["external_userid"] for one in page["external_contact_list"]}
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == found
    assert (await ask(trial, "get", external_userid="wmNobody"))["errcode"] == 40096


async def test_wechatpys_enterprise_cipher_reads_the_callbacks(trial: Trial) -> None:
    corp = trial.world.corp
    assert corp is not None
    crypto = WeChatCrypto(corp.token, corp.aes_key, corp.appid)
    heard: list[dict[str, Any]] = []

    async def receive(request: web.Request) -> web.Response:
        query = request.query
        signed = query["msg_signature"], query["timestamp"], query["nonce"]
        if request.method == "GET":
            return web.Response(text=crypto.check_signature(*signed, query["echostr"]))
        heard.append(wire.parse(crypto.decrypt_message(await request.text(), *signed)))
        return web.Response(text="success")

    listener = web.Application()
    listener.router.add_route("*", "/corp", receive)
    async with TestServer(listener) as listening:
        trial.world.corp = replace(corp, callback_url=str(listening.make_url("/corp")))
        assert (await trial.control("wecom/verify-url", {}))["ok"]
        person, external = await contact(trial, "安")
        await trial.control("wecom/contacts/end", {"person": person, "userid": "lin", "by": "staff"})
    assert [(one["ChangeType"], one["UserID"], one["ExternalUserID"]) for one in heard] == [
        ("add_external_contact", "lin", external),
        ("del_external_contact", "lin", external),
    ]

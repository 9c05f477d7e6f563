"""qyapi.weixin.qq.com as far as 客户联系 needs it. Strict: what WeCom refuses is refused here, by its own codes.

Paths, fields and limits are those of WeCom's pages 90455, 92135, 92994, 93338 and 97611. From memory and others'
clients: which of several codes answers a wrong sender (40003), too long a text (45002), and a `batch/get_by_user`
that finds nobody (84061).
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.api.common import PARSED, json_object, reply, wrong_shape
from sandbox.api.words import ApiError
from sandbox.wecom.state import CorpDesk, Task
from sandbox.world import World

TEXT_BYTES, CUSTOMERS_MOST, USERIDS_MOST = 4000, 10_000, 100
RESULTS_MOST = 1000
WORDS = {
    40001: "invalid credential",
    40003: "invalid userid",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40031: "invalid userid list",
    40058: "invalid Request Parameter",
    40063: "some parameters are empty",
    40096: "invalid external userid",
    41001: "access_token missing",
    41046: "missing msgid",
    41047: "invalid msgid",
    41048: "no customer to send",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    45002: "content size out of limit",
    84061: "not external contact",
}
Asked = Callable[[CorpDesk, dict[str, Any]], dict[str, Any]]


def _refusal(world: World, request: web.Request, error: ApiError) -> web.Response:
    hint = f"{int(world.now().timestamp())}_{secrets.token_hex(4)}"
    text = WORDS.get(error.code, error.text)
    said = f"{text}, hint: [{hint}], from ip: {request.remote}, more info at https://open.work.weixin.qq.com/devtool"
    return reply(world, request, {"errcode": error.code, "errmsg": said, **error.more})


def _guarded(world: World, work: Callable[[web.Request, CorpDesk], Awaitable[dict[str, Any]]]) -> Any:
    async def endpoint(request: web.Request) -> web.Response:
        try:
            said = await work(request, world.room(CorpDesk))
        except ApiError as error:
            return _refusal(world, request, error)
        return reply(world, request, {"errcode": 0, "errmsg": "ok", **said})

    return endpoint


async def _gettoken(request: web.Request, desk: CorpDesk) -> dict[str, Any]:
    if request.method != "GET":
        raise ApiError(43001)
    if request.query.get("corpid") != desk.corp.appid:
        raise ApiError(40013)
    if request.query.get("corpsecret") != desk.corp.secret:
        raise ApiError(40001)
    text, left = desk.token()
    return {"access_token": text, "expires_in": left}


def _asked(method: str, handler: Asked) -> Callable[[web.Request, CorpDesk], Awaitable[dict[str, Any]]]:
    """An endpoint that needs a token: its body, or its query, as one object."""

    async def work(request: web.Request, desk: CorpDesk) -> dict[str, Any]:
        _ = desk.corp
        desk.require(request.query.get("access_token", ""))
        if request.method != method:
            raise ApiError(43002 if method == "POST" else 43001)
        if method == "GET":
            return handler(desk, dict(request.query))
        data = await request.read()
        if not data:
            raise ApiError(44002)
        body = request[PARSED] = json_object(data)
        return handler(desk, body)

    return work


# Contacts --------------------------------------------------------------------------------------------


def _follow_users(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    return {"follow_user": list(desk.staff)}


def _customer(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    external = asked.get("external_userid", "")
    if external not in desk.people:
        raise ApiError(40096)
    follows = [f for (u, e), f in desk.friends.items() if e == external and f.deleted_at is None]
    if not follows:
        raise ApiError(84061)
    return {
        "external_contact": _who(desk, external),
        "follow_user": [{"userid": f.userid, "createtime": int(f.since.timestamp())} for f in follows],
        "next_cursor": "",
    }


def _who(desk: CorpDesk, external: str) -> dict[str, Any]:
    person = desk.people[external]
    return {"external_userid": external, "name": person.name, "type": 1, "gender": 0, "unionid": person.unionid}


def _customers(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    userids, limit = asked.get("userid_list"), asked.get("limit", 50)
    if (
        not isinstance(userids, list)
        or not 1 <= len(userids) <= USERIDS_MOST
        or any(u not in desk.staff for u in userids)
    ):
        raise ApiError(40031)
    if not isinstance(limit, int):
        wrong_shape("limit")
    pairs = [(userid, external) for userid in userids for external in desk.friends_of(userid)]
    if not pairs:
        raise ApiError(84061)
    start = _offset(asked)
    shown = pairs[start : start + min(limit, 100)]
    more = start + len(shown) < len(pairs)
    return {
        "external_contact_list": [
            {
                "external_contact": _who(desk, external),
                "follow_info": {
                    "userid": userid,
                    "createtime": int(desk.friends[userid, external].since.timestamp()),
                },
            }
            for userid, external in shown
        ],
        "next_cursor": f"c{start + len(shown)}" if more else "",
    }


def _offset(asked: dict[str, Any]) -> int:
    cursor = asked.get("cursor") or ""
    if not isinstance(cursor, str) or (cursor and not cursor[1:].isdigit()):
        raise ApiError(40058)
    return int(cursor[1:]) if cursor else 0


# Tasks -----------------------------------------------------------------------------------------------


def _add_task(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    """Who is no contact of the sender, or has had too many, is in fail_list; with nobody left it is 41048."""
    if asked.get("chat_type", "single") != "single":
        raise ApiError(40058, "this sandbox sends to single customers only")
    sender, customers = asked.get("sender", ""), asked.get("external_userid", [])
    if not isinstance(customers, list) or not isinstance(sender, str):
        wrong_shape("external_userid")
    if not sender and not customers:
        raise ApiError(40063)
    if sender not in desk.staff:
        raise ApiError(40003)
    if len(customers) > CUSTOMERS_MOST:
        raise ApiError(40058)
    if any(external not in desk.people for external in customers):
        raise ApiError(40096, fail_list=[])
    text = asked.get("text")
    content = text.get("content", "") if isinstance(text, dict) else ""
    if not content:
        raise ApiError(40063)
    if len(content.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    meant = list(dict.fromkeys(customers)) or desk.friends_of(sender)
    taken = [one for one in meant if desk.are_friends(sender, one) and desk.left(one) > 0]
    failed = [one for one in meant if one not in taken]
    if not taken:
        raise ApiError(41048, fail_list=failed)
    task = Task(f"msg{secrets.token_urlsafe(22)}", sender, content, desk.now(), dict.fromkeys(taken, 0))
    desk.tasks[task.msg_id] = task
    return {"fail_list": failed, "msgid": task.msg_id}


def _task(desk: CorpDesk, asked: dict[str, Any]) -> Task:
    msg_id = asked.get("msgid")
    if not msg_id:
        raise ApiError(41046)
    task = desk.tasks.get(str(msg_id))
    if task is None:
        raise ApiError(41047)
    return task


def _result(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    task = _task(desk, asked)
    if asked.get("userid") != task.userid:
        raise ApiError(40003)
    start, limit = _offset(asked), asked.get("limit", 500)
    if not isinstance(limit, int):
        wrong_shape("limit")
    shown = list(task.status.items())[start : start + min(limit, RESULTS_MOST)]
    more = start + len(shown) < len(task.status)
    return {
        "next_cursor": f"c{start + len(shown)}" if more else "",
        "send_list": [
            {"external_userid": external, "userid": task.userid, "status": status}
            | ({"send_time": int(task.sent_at[external].timestamp())} if external in task.sent_at else {})
            for external, status in shown
        ],
    }


def _stop(desk: CorpDesk, asked: dict[str, Any]) -> dict[str, Any]:
    """What has been sent stays sent."""
    _task(desk, asked).stopped = True
    return {}


def add_routes(app: web.Application, world: World) -> None:
    app.router.add_route("*", "/cgi-bin/gettoken", _guarded(world, _gettoken))
    for method, path, handler in (
        ("GET", "get_follow_user_list", _follow_users),
        ("GET", "get", _customer),
        ("POST", "batch/get_by_user", _customers),
        ("POST", "add_msg_template", _add_task),
        ("POST", "get_groupmsg_send_result", _result),
        ("POST", "cancel_groupmsg_send", _stop),
    ):
        app.router.add_route("*", f"/cgi-bin/externalcontact/{path}", _guarded(world, _asked(method, handler)))

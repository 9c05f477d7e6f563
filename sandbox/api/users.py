"""Followers: user/info, its batch, the list of openids, and the account's remark on one."""

from typing import Any

from aiohttp import web

from sandbox.api.common import OFFICIAL, OK, Ask, Family
from sandbox.api.tags import Tags
from sandbox.api.words import ApiError
from sandbox.world import Person, World

PER_PAGE = 10_000
PER_BATCH = 100


def _info(ask: Ask, person: Person, lang: str) -> dict[str, Any]:
    """What an account may know: next to nothing of someone who does not follow, no name of anyone."""
    openid = person.openids[ask.account.appid]
    if not person.follows or person.subscribed_at is None:
        return {"subscribe": 0, "openid": openid, "unionid": person.unionid}
    return {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": lang or "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(person.subscribed_at.timestamp()),
        "unionid": person.unionid,
        "remark": person.remark,
        "groupid": 0,
        "tagid_list": ask.world.room(Tags).of(person),
        "subscribe_scene": person.subscribe_scene,
        "qr_scene": person.qr_scene,
        "qr_scene_str": person.qr_scene_str,
    }


async def _one(ask: Ask) -> dict[str, Any]:
    person = ask.person_of(ask.query.get("openid", ""))
    return _info(ask, person, ask.query.get("lang", ""))


async def _batch(ask: Ask) -> dict[str, Any]:
    asked = ask.array("user_list", 47001)
    if not 1 <= len(asked) <= PER_BATCH:
        raise ApiError(40032)
    found = []
    for one in asked:
        if not isinstance(one, dict):
            raise ApiError(47001)
        person = ask.person_of(ask.text("openid", 40003, within=one))
        found.append(_info(ask, person, ask.text_or("lang", within=one)))
    return {"user_info_list": found}


async def _list(ask: Ask) -> dict[str, Any]:
    openids = [p.openids[ask.account.appid] for p in ask.world.people.values() if p.follows]
    start, after = 0, ask.query.get("next_openid", "")
    if after:
        if after not in openids:
            raise ApiError(40003)
        start = openids.index(after) + 1
    page = openids[start : start + PER_PAGE]
    answer: dict[str, Any] = {"total": len(openids), "count": len(page)}
    if page:
        answer["data"] = {"openid": page}
    return {**answer, "next_openid": page[-1] if page else ""}


async def _remark(ask: Ask) -> dict[str, Any]:
    person, remark = ask.person("openid"), ask.text_or("remark")
    if len(remark) > 30:
        raise ApiError(40097)
    person.remark = remark
    return OK


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, OFFICIAL)
    family.get("/cgi-bin/user/info", _one)
    family.post("/cgi-bin/user/info/batchget", _batch)
    family.get("/cgi-bin/user/get", _list)
    family.post("/cgi-bin/user/info/updateremark", _remark)

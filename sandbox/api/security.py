"""Content security (内容安全): texts at once, pictures with a pushed result, and people's risk."""

import hashlib
import ipaddress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.quota import Quotas
from sandbox.api.words import ApiError
from sandbox.callbacks import Pusher
from sandbox.world import Person, World

VISITED_WITHIN = timedelta(hours=2)
CONTENT_MAX = 2_500
TEXTS_PER_MINUTE, MEDIA_PER_MINUTE = 4_000, 2_000
PASS, NORMAL = "pass", 100
LABELS = {100, 10001, 20001, 20002, 20003, 20006, 20008, 20012, 20013, 21000}
IMAGE_LABELS = {100, 20001, 20002, 20006, 21000}
# word -> (label, suggest)
WORDS: dict[str, tuple[int, str]] = {
    "加微信": (10001, "risky"),
    "刷单": (10001, "risky"),
    "代开发票": (10001, "risky"),
    "私聊我": (10001, "review"),
    "政变": (20001, "risky"),
    "裸聊": (20002, "risky"),
    "色情": (20002, "risky"),
    "傻逼": (20003, "risky"),
    "滚蛋": (20003, "review"),
    "毒品": (20006, "risky"),
    "枪支": (20006, "risky"),
    "诈骗": (20008, "risky"),
    "返利": (20008, "review"),
    "低俗": (20012, "review"),
    "高仿": (20013, "risky"),
    # For pictures, which are judged by their address.
    "sandbox-risky": (20002, "risky"),
    "sandbox-review": (21000, "review"),
}
_RANK = {"pass": 0, "review": 1, "risky": 2}


class Moderation:
    """The word list, and which pictures were sent in already."""

    def __init__(self, world: World) -> None:
        self.words = dict(WORDS)
        self.asked: set[str] = set()

    def judge(self, text: str) -> tuple[int, str, str]:
        """(label, suggest, word) of the worst word in a text."""
        found = [(label, suggest, word) for word, (label, suggest) in self.words.items() if word in text]
        return max(found, key=lambda f: _RANK[f[1]], default=(NORMAL, PASS, ""))


def _trace_id(world: World) -> str:
    seed = f"{world.now().timestamp()}{world.number()}"
    return f"{hashlib.sha256(seed.encode()).hexdigest()[:32]}"


def _visitor(ask: Ask) -> Person:
    """The person of `openid`, who must have used the mini-program within two hours (61010)."""
    person = ask.person_of(ask.text("openid", 40003), foreign=43104)
    visit = person.last_visit_at
    if visit is None or ask.world.now() - visit > VISITED_WITHIN:
        raise ApiError(61010)
    return person


def _scene(ask: Ask, allowed: range = range(1, 5)) -> int:
    scene = ask.number("scene", 40129)
    if scene not in allowed:
        raise ApiError(40129)
    return scene


async def _text(ask: Ask) -> dict[str, Any]:
    content = ask.text("content", 44002)
    moderation = ask.world.room(Moderation)
    if "version" not in ask.body:
        # Version 1: no labels, an error for risky content, and nobody looks after its list any more.
        if moderation.judge(content)[1] == "risky":
            raise ApiError(87014)
        return OK
    if ask.number("version") != 2:
        raise ApiError(40097, "version must be 2")
    scene = _scene(ask)
    if ask.text_or("signature") and scene != 1:
        raise ApiError(40097, "signature is for scene 1")
    if len(content) > CONTENT_MAX:
        raise ApiError(45002)
    _visitor(ask)
    ask.world.room(Quotas).use_window(ask.account.appid, "msg_sec_check", TEXTS_PER_MINUTE, 44991)
    parts = [content, *(ask.text_or(key) for key in ("title", "nickname", "signature"))]
    label, suggest, word = moderation.judge("\n".join(parts))
    model = {"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}
    detail: list[dict[str, Any]] = [model]
    if word:
        detail.append({"strategy": "keyword", "errcode": 0, "suggest": suggest, "label": label,
                       "keyword": word, "level": 20})  # fmt: skip
    return {
        **OK,
        "trace_id": _trace_id(ask.world),
        "result": {"suggest": suggest, "label": label},
        "detail": detail,
    }


async def _media(ask: Ask) -> dict[str, Any]:
    url = ask.text("media_url")
    if not url.startswith(("http://", "https://")):
        raise ApiError(40097, "media_url")
    kind = ask.number("media_type")
    if kind not in (1, 2):
        raise ApiError(40097, "media_type must be 1 or 2")
    if ask.number("version") != 2:
        raise ApiError(40097, "version must be 2")
    _scene(ask)
    person, world = _visitor(ask), ask.world
    world.room(Quotas).use_window(ask.account.appid, "media_check_async", MEDIA_PER_MINUTE, 44991)
    moderation = world.room(Moderation)
    if url in moderation.asked:
        raise ApiError(87020)
    moderation.asked.add(url)
    trace_id, account = _trace_id(world), ask.account

    async def work() -> None:
        label, suggest, _ = moderation.judge(url)
        if kind == 2 and label not in IMAGE_LABELS:
            label = 21000
        errcode = 0 if await _loads(url) else -1008
        fields: dict[str, Any] = {"appid": account.appid, "trace_id": trace_id, "version": 2}
        if errcode == 0:
            detail = {
                "strategy": "content_model",
                "errcode": 0,
                "suggest": suggest,
                "label": label,
                "prob": 90,
            }
            fields |= {"detail": [detail], "errcode": 0, "errmsg": "ok",
                       "result": {"suggest": suggest, "label": label}}  # fmt: skip
        else:
            fields |= {"errcode": errcode, "errmsg": "download failed"}
        await world.room(Pusher).event(account, person.openids[account.appid], "wxa_media_check", **fields)

    world.soon(work, after=timedelta(seconds=world.tuning.media_check_seconds))
    return {**OK, "trace_id": trace_id}


async def _loads(url: str) -> bool:
    """Can the file be fetched? Only this machine is really asked; the sandbox calls nobody outside."""
    host = urlsplit(url).hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        return bool(host)
    try:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


async def _risk(ask: Ask) -> dict[str, Any]:
    if ask.text("appid", 41002) != ask.account.appid:
        raise ApiError(40013)
    person = _visitor(ask)
    _scene(ask, range(3))
    try:
        ipaddress.ip_address(ask.text("client_ip"))
    except ValueError as error:
        raise ApiError(40097, "client_ip") from error
    return {**OK, "risk_rank": person.risk_rank, "unoin_id": ask.world.number()}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, MINI)
    family.post("/wxa/msg_sec_check", _text)
    family.post("/wxa/media_check_async", _media)
    family.post("/wxa/getuserriskrank", _risk)

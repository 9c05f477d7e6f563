"""Mass sends of the service account (群发): by a list of openids, four a person and calendar month.

Submitting only starts a job; how it went is pushed as MASSSENDJOBFINISH, and mass/get answers it too. Whoever
has had four this month, does not follow any more or has switched messages off is filtered, without an error.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.api.common import OFFICIAL, Ask, Family
from sandbox.api.quota import BEIJING, Quotas
from sandbox.api.security import Moderation
from sandbox.api.words import ApiError
from sandbox.callbacks import Pusher
from sandbox.chat import Chat
from sandbox.world import Person, World

SEND, GET = "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/get"
A_MONTH = 4
OPENIDS = range(2, 10_001)
A_MINUTE = 60
CLIENT_ID_BYTES = 64
FINISHED_AFTER = timedelta(seconds=30)  # shop time
HELPER = "oSandboxMassHelper0000000000"
"""Who the report is from: no person, but WeChat's helper for mass sends."""


@dataclass
class Job:
    """One mass send; `status` is empty while it is under way."""

    msg_id: int
    total: int
    people: list[Person]
    content: str
    status: str = ""
    sent: int = 0


class MassSends:
    """Every job, and how many each person has had in each month."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.jobs: dict[int, Job] = {}
        self.by_client_id: dict[str, int] = {}
        self._had: dict[tuple[str, int, int], int] = {}

    def _month(self, person: Person) -> tuple[str, int, int]:
        now = self._world.now().astimezone(BEIJING)
        return person.id, now.year, now.month

    def left(self, person: Person) -> int:
        """How many mass messages a person may still get this month."""
        return A_MONTH - self._had.get(self._month(person), 0)

    def took(self, person: Person) -> None:
        month = self._month(person)
        self._had[month] = self._had.get(month, 0) + 1


async def _send(ask: Ask) -> dict[str, Any]:
    ask.world.room(Quotas).use_window(ask.account.appid, SEND, A_MINUTE, 45011)
    sends = ask.world.room(MassSends)
    openids = ask.array("touser", 40003)
    if len(set(map(str, openids))) not in OPENIDS:
        raise ApiError(40130)
    people = [ask.person_of(openid if isinstance(openid, str) else "") for openid in dict.fromkeys(openids)]
    if ask.text("msgtype", 40008) != "text":
        raise ApiError(40008, "this sandbox sends texts only")
    content = ask.text("content", 44004, within=ask.object("text", 44004))
    if len(content.encode()) > 2048:
        raise ApiError(45002)
    client_id = ask.text_or("clientmsgid")
    if len(client_id.encode()) > CLIENT_ID_BYTES:
        raise ApiError(45067)
    if client_id in sends.by_client_id:
        raise ApiError(45065, msg_id=sends.by_client_id[client_id])
    reached = [p for p in people if p.follows and not p.messages_off and not p.blacklisted and sends.left(p) > 0]
    if not reached and all(sends.left(p) <= 0 for p in people):
        raise ApiError(45028)
    job = Job(3_147_000_000 + ask.world.number(), len(people), reached, content)
    sends.jobs[job.msg_id] = job
    if client_id:
        sends.by_client_id[client_id] = job.msg_id

    async def finish() -> None:
        await _finish(ask, job)

    ask.world.soon(finish, after=FINISHED_AFTER)
    return {"errcode": 0, "errmsg": "send job submission success", "msg_id": job.msg_id}


async def _finish(ask: Ask, job: Job) -> None:
    world, sends = ask.world, ask.world.room(MassSends)
    label, suggest, _ = world.room(Moderation).judge(job.content)
    job.status = f"err({label})" if suggest == "risky" else "send success"
    for person in job.people if job.status == "send success" else ():
        sends.took(person)
        job.sent += 1
        world.room(Chat).out(person, "mass", ask.account, content=job.content)
    await world.room(Pusher).event(
        ask.account, HELPER, "MASSSENDJOBFINISH", MsgID=job.msg_id, Status=job.status, TotalCount=job.total,
        FilterCount=len(job.people), SentCount=job.sent, ErrorCount=len(job.people) - job.sent,
    )  # fmt: skip


async def _get(ask: Ask) -> dict[str, Any]:
    job = ask.world.room(MassSends).jobs.get(ask.number("msg_id", 40059))
    if job is None:
        raise ApiError(40059)
    said = {"": "SENDING", "send success": "SEND_SUCCESS"}.get(job.status, "SEND_FAIL")
    return {"msg_id": job.msg_id, "msg_status": said}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, OFFICIAL)
    family.post(SEND, _send)
    family.post(GET, _get)

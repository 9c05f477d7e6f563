"""/sandbox/wecom/…: who works there, who is whose contact, and the hand that confirms (or lets lie) a task."""

from typing import Any

from aiohttp import web

from sandbox.chat import Chat
from sandbox.control_input import bad, fields_of, guarded
from sandbox.wecom.push import CorpPusher
from sandbox.wecom.state import RULES, CorpDesk, Task
from sandbox.world import Person, World

ENDS = {"staff": "del_external_contact", "customer": "del_follow_user"}
"""Who deletes whom → what is told."""


class Hands:
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _desk(self) -> CorpDesk:
        if self._world.corp is None:
            bad("this world has no corporation", 404)
        return self._world.room(CorpDesk)

    def _person(self, person_id: str) -> Person:
        person = self._world.people.get(person_id)
        if person is None:
            bad(f"nobody has the id {person_id!r}", 404)
        return person

    async def staff(self, request: web.Request) -> Any:
        """Let somebody of the staff have customers (客户联系 → 权限配置)."""
        given = await fields_of(request)
        given.only("userid", "name")
        self._desk.staff[given.text("userid")] = given.text("name", "")
        return {"staff": self._desk.staff}

    async def add(self, request: web.Request) -> Any:
        """A person and one of the staff become contacts; `told` false keeps it from the application."""
        given = await fields_of(request)
        given.only("person", "userid", "told")
        userid = given.text("userid")
        if userid not in self._desk.staff:
            bad(f"{userid!r} has no right to customers")
        external = self._desk.add(userid, self._person(given.text("person")))
        told = given.flag("told", True)
        pushed = await self._world.room(CorpPusher).event("add_external_contact", userid, external) if told else []
        return {"external_userid": external, "deliveries": pushed}

    async def end(self, request: web.Request) -> Any:
        """One of the two deletes the other; `told` false keeps it from the application."""
        given = await fields_of(request)
        given.only("person", "userid", "by", "told")
        userid, by = given.text("userid"), given.choice("by", tuple(ENDS), "customer")
        external = self._desk.external_userid(self._person(given.text("person")))
        if not self._desk.are_friends(userid, external):
            bad("the two are no contacts")
        self._desk.friends[userid, external].deleted_at = self._world.now()
        told = given.flag("told", True)
        pushed = await self._world.room(CorpPusher).event(ENDS[by], userid, external) if told else []
        return {"external_userid": external, "deliveries": pushed}

    async def tasks(self, request: web.Request) -> Any:
        return {"tasks": [self._view(task) for task in self._desk.tasks.values()]}

    def _view(self, task: Task) -> dict[str, Any]:
        people = {external: self._desk.people[external].id for external in task.status}
        return {
            "msgid": task.msg_id, "userid": task.userid, "text": task.text, "created_at": task.created_at,
            "stopped": task.stopped,
            "customers": [
                {"person": people[external], "external_userid": external, "status": status}
                for external, status in task.status.items()
            ],
        }  # fmt: skip

    async def confirm(self, request: web.Request) -> Any:
        """She presses 发送. A task that was stopped cannot be sent any more."""
        task = self._desk.tasks.get(request.match_info["msgid"])
        if task is None:
            bad("no such task", 404)
        if task.stopped:
            bad("the task was stopped", 409)
        for person in self._desk.confirm(task):
            self._world.room(Chat).out(person, "wecom", self._desk.corp, content=task.text, userid=task.userid)
        return self._view(task)

    async def limit(self, request: web.Request) -> Any:
        """设置群发规则: how many a customer may get."""
        given = await fields_of(request)
        given.only("rule")
        self._desk.rule = given.choice("rule", RULES)
        return {"rule": self._desk.rule}

    async def revoke(self, request: web.Request) -> Any:
        """The access token dies before its time (42001)."""
        self._desk.revoke()
        return {"revoked": True}

    async def verify_url(self, request: web.Request) -> Any:
        return await self._world.room(CorpPusher).verify_url()


def add_routes(app: web.Application, world: World) -> None:
    hands = Hands(world)
    for method, path, handler in (
        ("POST", "staff", hands.staff),
        ("POST", "contacts", hands.add),
        ("POST", "contacts/end", hands.end),
        ("GET", "tasks", hands.tasks),
        ("POST", "tasks/{msgid}/confirm", hands.confirm),
        ("POST", "limit", hands.limit),
        ("POST", "tokens/revoke", hands.revoke),
        ("POST", "verify-url", hands.verify_url),
    ):
        app.router.add_route(method, f"/sandbox/wecom/{path}", guarded(handler))

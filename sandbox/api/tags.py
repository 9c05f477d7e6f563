"""Tags on followers (标签): a hundred per account, twenty per follower."""

from typing import Any

from aiohttp import web

from sandbox.api.common import OFFICIAL, OK, Ask, Family
from sandbox.api.words import ApiError
from sandbox.world import Person, World

TAGS_MAX = 100
PER_FAN = 20
NAME_BYTES = 30
BATCH_MAX = 50
PAGE = 10_000
SYSTEM = {0, 1, 2}


class Tags:
    """The official account's tags and who carries them, in the order they were given."""

    def __init__(self, world: World) -> None:
        self.names: dict[int, str] = {}
        self.members: dict[int, dict[str, Person]] = {}
        self._by_person: dict[str, list[int]] = {}
        self._next = 100

    def create(self, name: str) -> int:
        self.check_name(name)
        if len(self.names) >= TAGS_MAX:
            raise ApiError(45056)
        tag_id, self._next = self._next, self._next + 1
        self.names[tag_id] = name
        self.members[tag_id] = {}
        return tag_id

    def check_name(self, name: str, but: int | None = None) -> None:
        if len(name.encode()) > NAME_BYTES:
            raise ApiError(45158)
        if any(other == name for tag_id, other in self.names.items() if tag_id != but):
            raise ApiError(45157)

    def need(self, tag_id: int) -> int:
        if tag_id in SYSTEM:
            raise ApiError(45058)
        if tag_id not in self.names:
            raise ApiError(45159)
        return tag_id

    def delete(self, tag_id: int) -> None:
        for person in list(self.members[self.need(tag_id)].values()):
            self.take_off(person, tag_id)
        del self.names[tag_id], self.members[tag_id]

    def of(self, person: Person) -> list[int]:
        return list(self._by_person.get(person.id, []))

    def put_on(self, person: Person, tag_id: int) -> None:
        mine = self._by_person.setdefault(person.id, [])
        if tag_id in mine:
            return
        mine.append(tag_id)
        self.members[tag_id][person.id] = person

    def take_off(self, person: Person, tag_id: int) -> None:
        mine = self._by_person.get(person.id, [])
        if tag_id in mine:
            mine.remove(tag_id)
            del self.members[tag_id][person.id]


def _tags(ask: Ask) -> Tags:
    return ask.world.room(Tags)


async def _create(ask: Ask) -> dict[str, Any]:
    name = ask.text("name", 45157, within=ask.object("tag", 47001))
    return {"tag": {"id": _tags(ask).create(name), "name": name}}


async def _get(ask: Ask) -> dict[str, Any]:
    tags = _tags(ask)
    return {"tags": [{"id": i, "name": n, "count": len(tags.members[i])} for i, n in tags.names.items()]}


async def _update(ask: Ask) -> dict[str, Any]:
    tags, tag = _tags(ask), ask.object("tag", 47001)
    tag_id, name = tags.need(ask.number("id", 45159, within=tag)), ask.text("name", 45157, within=tag)
    tags.check_name(name, but=tag_id)
    tags.names[tag_id] = name
    return OK


async def _delete(ask: Ask) -> dict[str, Any]:
    _tags(ask).delete(ask.number("id", 45159, within=ask.object("tag", 47001)))
    return OK


def _members(ask: Ask) -> tuple[list[Person], int]:
    openids = ask.array("openid_list", 47001)
    if not 1 <= len(openids) <= BATCH_MAX:
        raise ApiError(40032)
    people = []
    for openid in openids:
        if not isinstance(openid, str):
            raise ApiError(47001)
        person = ask.person_of(openid, foreign=49003)
        if not person.follows:
            raise ApiError(40003)
        people.append(person)
    return people, _tags(ask).need(ask.number("tagid", 45159))


async def _batch_on(ask: Ask) -> dict[str, Any]:
    (people, tag_id), tags = _members(ask), _tags(ask)
    if any(tag_id not in tags.of(p) and len(tags.of(p)) >= PER_FAN for p in people):
        raise ApiError(45059)
    for person in people:
        tags.put_on(person, tag_id)
    return OK


async def _batch_off(ask: Ask) -> dict[str, Any]:
    people, tag_id = _members(ask)
    for person in people:
        _tags(ask).take_off(person, tag_id)
    return OK


async def _of_person(ask: Ask) -> dict[str, Any]:
    person = ask.person_of(ask.text("openid", 40003), foreign=49003)
    return {"tagid_list": _tags(ask).of(person)}


async def _fans(ask: Ask) -> dict[str, Any]:
    tags = _tags(ask)
    fans = tags.members[tags.need(ask.number("tagid", 45159))]
    openids = [p.openids[ask.account.appid] for p in fans.values()]
    after = ask.text_or("next_openid")
    if after and after not in openids:
        raise ApiError(40003)
    start = openids.index(after) + 1 if after else 0
    page = openids[start : start + PAGE]
    answer: dict[str, Any] = {"count": len(page)}
    if page:
        answer["data"] = {"openid": page}
    return {**answer, "next_openid": page[-1] if page else ""}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, OFFICIAL)
    family.post("/cgi-bin/tags/create", _create)
    family.get("/cgi-bin/tags/get", _get)
    family.post("/cgi-bin/tags/update", _update)
    family.post("/cgi-bin/tags/delete", _delete)
    family.post("/cgi-bin/tags/members/batchtagging", _batch_on)
    family.post("/cgi-bin/tags/members/batchuntagging", _batch_off)
    family.post("/cgi-bin/tags/getidlist", _of_person)
    family.either("/cgi-bin/user/tag/get", _fans)

"""/sandbox/people/…: who there is, what they do, what they see."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.acts import TIMES_MAX, Acts
from sandbox.api.custom import Windows
from sandbox.api.login import Logins
from sandbox.api.notices import Credits
from sandbox.api.tags import Tags
from sandbox.chat import Chat
from sandbox.control_input import Control, account_of, bad, fields_of, person_of, query_number
from sandbox.world import Person, World

Route = tuple[str, str, Control]
_RESERVED = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId"}
_SETTINGS = ("payscore_accepts", "messages_off", "blacklisted", "wallet_fen", "risk_rank")


class People:
    """The handlers about one person, or about all of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._acts = Acts(world)

    def _told(self, person: Person, deliveries: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {"deliveries": deliveries, "person": self._view(person), **more}

    def _view(self, person: Person) -> dict[str, Any]:
        world = self._world
        named = {"official": world.official.appid, "mini": world.mini.appid}
        return {
            **asdict(person),
            "openid": {kind: person.openids[appid] for kind, appid in named.items()},
            "tags": world.room(Tags).of(person),
            "windows": {
                kind: world.room(Windows).open(account, person)
                for kind, account in (("official", world.official), ("mini", world.mini))
            },
            "subscriptions": world.room(Credits).of(person),
        }

    # Who ---------------------------------------------------------------------------------------------

    async def all(self, request: web.Request) -> Any:
        return {"people": [self._view(person) for person in self._world.people.values()]}

    async def add(self, request: web.Request) -> Any:
        given = await fields_of(request)
        given.only("name", "phone")
        name = given.text("name")
        if not name.strip():
            bad("name is empty")
        return self._view(self._world.add_person(name, given.text("phone", "")))

    async def one(self, request: web.Request) -> Any:
        return self._view(person_of(self._world, request))

    async def chat(self, request: web.Request) -> Any:
        person, chat = person_of(self._world, request), self._world.room(Chat)
        return {"items": chat.after(person, query_number(request, "after", 0)), "typing": chat.typing(person)}

    async def settings(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only(*_SETTINGS)
        changed: dict[str, Any] = {}
        for key in given.values:
            if key == "wallet_fen":
                changed[key] = given.number(key)
            elif key == "risk_rank":
                changed[key] = given.number(key, high=4)
            else:
                changed[key] = given.flag(key)
        for key, value in changed.items():
            setattr(person, key, value)
        return self._told(person, [])

    # What they do ------------------------------------------------------------------------------------

    async def follow(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("scene")
        scene = given.text("scene") if given.has("scene") else None
        return self._told(person, await self._acts.follow(person, scene))

    async def unfollow(self, request: web.Request) -> Any:
        person = person_of(self._world, request)
        (await fields_of(request)).only()
        return self._told(person, await self._acts.unfollow(person))

    async def scan(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("scene")
        return self._told(person, await self._acts.scan(person, given.text("scene")))

    async def text(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("content", "times", "account", "menu_id")
        content, times = given.text("content"), given.number("times", 1, low=1, high=TIMES_MAX)
        if not content:
            bad("content is empty")
        account = account_of(self._world, given)
        done = await self._acts.text(person, account, content, times, given.text("menu_id", ""))
        return self._told(person, done)

    async def voice(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("recognition", "account")
        account = account_of(self._world, given)
        return self._told(person, await self._acts.voice(person, account, given.text("recognition", "")))

    async def image(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("pic_url", "account")
        account = account_of(self._world, given)
        return self._told(person, await self._acts.image(person, account, given.text("pic_url", "")))

    async def location(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("latitude", "longitude", "label", "account")
        place = {
            "Location_X": str(given.seconds("latitude")),
            "Location_Y": str(given.seconds("longitude")),
            "Scale": 15,
            "Label": given.text("label", ""),
        }
        done = await self._acts.location(person, account_of(self._world, given), place)
        return self._told(person, done)

    async def enter_session(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("session_from")
        return self._told(person, await self._acts.enter_session(person, given.text("session_from", "")))

    async def menu(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("key", "url", "pagepath")
        if len(given.values) != 1:
            bad("give exactly one of key, url and pagepath")
        key, url, page = (given.text(name, "") for name in ("key", "url", "pagepath"))
        return self._told(person, await self._acts.menu(person, key=key, url=url, pagepath=page))

    async def consent(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("template_id", "template_ids", "accept", "account", "in_settings")
        many = given.texts("template_ids") if given.has("template_ids") else [given.text("template_id")]
        if not 1 <= len(many) <= 5:
            bad("one to five templates can be asked about at a time")
        account, accept = account_of(self._world, given, "mini"), given.flag("accept")
        in_settings = given.flag("in_settings", False)
        done = await self._acts.consent(person, account, many, accept=accept, in_settings=in_settings)
        return self._told(person, done)

    async def wifi(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("shop_id")
        return self._told(person, await self._acts.wifi(person, given.text("shop_id")))

    async def card(self, request: web.Request) -> Any:
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("card_id", "outer")
        return self._told(person, await self._acts.card(person, given.text("card_id"), given.text("outer", "")))

    async def event(self, request: web.Request) -> Any:
        """Any event by name: cards, information withdrawn, location…, with its own fields."""
        person, given = person_of(self._world, request), await fields_of(request)
        given.only("event", "fields", "account")
        more = given.values.get("fields", {})
        if not isinstance(more, dict) or _RESERVED & set(more):
            bad(f"fields must be an object without {', '.join(sorted(_RESERVED))}")
        event = given.text("event")
        if not event.isidentifier() or not all(key.isidentifier() for key in more):
            bad("event and its fields have names of letters, digits and _")
        done = await self._acts.anything(person, account_of(self._world, given), event, more)
        return self._told(person, done)

    async def visit(self, request: web.Request) -> Any:
        """Open the mini-program: content checks need a visit within two hours."""
        person = person_of(self._world, request)
        (await fields_of(request)).only()
        person.last_visit_at = self._world.now()
        return self._told(person, [])

    async def login_code(self, request: web.Request) -> Any:
        person = person_of(self._world, request)
        (await fields_of(request)).only()
        return self._told(person, [], code=self._world.room(Logins).code(person, "login"))

    async def phone_code(self, request: web.Request) -> Any:
        person = person_of(self._world, request)
        (await fields_of(request)).only()
        return self._told(person, [], code=self._world.room(Logins).code(person, "phone"))


def routes(world: World) -> list[Route]:
    """Every address about people."""
    people = People(world)
    one = "people/{person:p[0-9]+}"
    acts: dict[str, Control] = {
        "follow": people.follow,
        "unfollow": people.unfollow,
        "scan": people.scan,
        "text": people.text,
        "voice": people.voice,
        "image": people.image,
        "location": people.location,
        "enter-session": people.enter_session,
        "menu": people.menu,
        "consent": people.consent,
        "wifi": people.wifi,
        "card": people.card,
        "event": people.event,
        "visit": people.visit,
        "login-code": people.login_code,
        "phone-code": people.phone_code,
        "settings": people.settings,
    }
    return [
        ("GET", "people", people.all),
        ("POST", "people", people.add),
        ("GET", one, people.one),
        ("GET", f"{one}/chat", people.chat),
        *(("POST", f"{one}/{name}", handler) for name, handler in acts.items()),
    ]

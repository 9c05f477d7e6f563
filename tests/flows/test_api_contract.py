"""Bad input at every address: a problem with a stable code, and nothing written."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from yarl import URL

from miniapp_api.frame import STAFF, PageQuery, Route, Who
from miniapp_api.problems import Problem
from miniapp_api.routes import ADDRESSES
from models import Payment, StaffUser
from tests.support.boxes import ADDRESS, Life, life
from tests.support.contract import address, good_body, good_query, name_of, route_of, row_counts, spoilt
from tests.support.house import House
from tests.support.money import shopper

WITH_BODY = [route for route in ADDRESSES if route.body is not None]
WITH_QUERY = [route for route in ADDRESSES if route.query is not None]
CLOSED = [route for route in ADDRESSES if Who.ANYONE not in route.who]
LOGINS = {
    Who.STYLIST: "stylist1", Who.WAREHOUSE: "warehouse1", Who.MARKETING: "marketing1",
    Who.SERVICE: "service1", Who.FINANCE: "finance1", Who.ADMIN: "admin1",
}  # fmt: skip


@dataclass
class Client:
    """Sends what no honest client would, and looks at the answer as a client must be able to."""

    house: House
    member: str
    staff: dict[Who, str]

    async def send(
        self,
        route: Route | str,
        path: str,
        *,
        raw: bytes | None = None,
        token: str = "",
        kind: str = "application/json",
    ) -> tuple[int, Problem | None]:
        """Status and problem (None below 400)."""
        method = route if isinstance(route, str) else route.method
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if raw is not None:
            headers["Content-Type"] = kind
        url = URL(f"{self.house.base}/api/v1{path}", encoded=True)
        async with self.house.http.request(method, url, data=raw, headers=headers) as answer:
            text = await answer.text()
            if answer.status < 400:
                return answer.status, None
            assert answer.content_type == "application/problem+json", f"{method} {path}: {answer.status} {text}"
            problem = Problem.model_validate_json(text)
            assert problem.status == answer.status
            assert problem.request_id == answer.headers["X-Request-Id"]
            return answer.status, problem

    def token_for(self, route: Route) -> str:
        """A session that may call the address."""
        if Who.MEMBER in route.who:
            return self.member
        return "" if Who.ANYONE in route.who else self.staff[Who.ADMIN]

    async def refused(self, route: Route, path: str, wanted: tuple[int, str], **more: Any) -> Problem:
        more.setdefault("token", self.token_for(route))
        status, problem = await self.send(route, path, **more)
        assert problem is not None, f"{name_of(route)} took it: {more}"
        assert (status, problem.code) == wanted, f"{name_of(route)} {path[:80]} {more}: {problem}"
        return problem


@pytest.fixture
async def client(no_limits: None, house: House) -> Client:
    await StaffUser.create(
        login="guide1", name="导购", role="guide", created_at=house.shop.now(),
        password_hash=(await StaffUser.get(login="admin1")).password_hash,
    )  # fmt: skip
    staff = {role: await house.staff(login) for role, login in LOGINS.items()}
    told = await house.api("POST", "/staff/session", {"login": "guide1", "password": "demo-admin1"})
    return Client(house, (await shopper(house)).token, {**staff, Who.GUIDE: told["token"]})


def raw(body: Any) -> bytes:
    """JSON as a client might send it: a lone surrogate stands as its escape."""
    return json.dumps(body).encode()


async def test_every_spoilt_body_is_refused_by_field_and_nothing_is_written(client: Client) -> None:
    before = await row_counts()
    for route in WITH_BODY:
        for bad in spoilt(route):
            problem = await client.refused(route, address(route), (422, "invalid"), raw=raw(bad.body))
            # Halves of a pair are no JSON at all, so there the whole body is to blame.
            assert problem.field is not None
            assert problem.field.split(".")[0] in (bad.field or "body", "body"), f"{bad.what}: {problem}"
    assert await row_counts() == before


async def test_what_is_not_a_json_body_is_refused_and_nothing_is_written(client: Client) -> None:
    before = await row_counts()
    for route in WITH_BODY:
        good = raw(good_body(route))
        broken = (b"", b"{", good[:-1], good + b"}", b"\xff\xfe", good.decode().encode("utf-16"), b"[" * 5000)
        for body in broken:
            problem = await client.refused(route, address(route), (422, "invalid"), raw=body)
            assert problem.field == "body"
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"):
            problem = await client.refused(route, address(route), (422, "invalid"), raw=good, kind=kind)
            assert problem.field == "Content-Type"
        huge = b'{"x": "' + b"x" * client.house.settings.app.max_body_bytes + b'"}'
        await client.refused(route, address(route), (413, "too_large"), raw=huge)
    assert await row_counts() == before


ODD_IDS = (
    "0", "-1", "abc", "1.5", "1e3", "%EF%BC%91", "9223372036854775808", "9" * 40, "0" * 19 + "1" + "9" * 19,
    "%00", "1%00", "%ED%A0%80", "%FF", "%0A", "..%2F1",
)  # fmt: skip
ODD_NAMES = ("%00", "a%00", "%ED%A0%80", "%FF", "x" * 63, "x" * 400, "%27%20OR%201=1--", "%E9%95%BF")


async def test_an_id_that_cannot_exist_is_not_found(client: Client) -> None:
    for route in (r for r in ADDRESSES if int in [r.hints[name] for name in r.path_names]):
        body = None if route.body is None else raw(good_body(route))
        for number in ODD_IDS:
            await client.refused(route, address(route, number), (404, "not_found"), raw=body)
        # One that nobody has is not answered with nothing: it is not found, or refused for its body before.
        query = "&".join(f"{name}={value}" for name, value in (good_query(route) if route.query else {}).items())
        path = f"{address(route, 987654321)}?{query}"
        _, problem = await client.send(route, path, raw=body, token=client.token_for(route))
        assert problem is not None, f"{name_of(route)} answers for nobody"


async def test_a_name_that_cannot_exist_is_not_found(client: Client) -> None:
    for name in ODD_NAMES:
        for path in ("POST /plans/{code}/order", "POST /payments/{out_trade_no}/prepare",
                     "GET /payments/{out_trade_no}", "PUT /me/consents/{purpose}"):  # fmt: skip
            route = route_of(path)
            body = None if route.body is None else raw(good_body(route))
            odd = route.path.replace("{" + route.path_names[0] + "}", name)
            await client.refused(route, odd, (404, "not_found"), raw=body)
        async with client.house.http.get(URL(f"{client.house.base}/calendar/{name}.ics", encoded=True)) as answer:
            assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_every_spoilt_query_is_refused_by_field(client: Client) -> None:
    for route in WITH_QUERY:
        assert route.query is not None
        names = [field.alias or name for name, field in route.query.model_fields.items()]
        faults = [("no_such_field", "no_such_field=1")]
        faults += [(name, f"{name}=1&{name}=1") for name in names]
        faults += [(name, f"{name}=" + "%00") for name in names]
        faults += [(name, f"{name}=" + "x" * 200) for name in names]
        if issubclass(route.query, PageQuery):
            faults += [("limit", f"limit={n}") for n in ("0", "101", "-1", "1.5", "", "9" * 30)]
            faults += [("cursor", f"cursor={n}") for n in ("-1", "abc", "9" * 19, "%EF%BC%91", "1%001")]
        for field, fault in faults:
            given = [f"{name}={value}" for name, value in good_query(route).items() if name != field]
            query = "&".join([*given, fault])
            problem = await client.refused(route, f"{address(route)}?{query}", (422, "invalid"))
            assert problem.field == field, f"{name_of(route)} {query}: {problem}"


async def test_without_a_session_or_with_a_false_one_nobody_is_let_in(client: Client) -> None:
    key = client.house.settings.security.session_key.get_secret_value()
    later = int((client.house.shop.now() + timedelta(hours=1)).timestamp())
    claims = {"sub": "member:1", "role": "member", "exp": later, "aud": "hezi"}
    lapsed = {**claims, "exp": int(client.house.shop.now().timestamp())}
    false = [
        "nonsense", client.member[:-3] + "AAA", "é", "a.b.c",
        jwt.encode(claims, "another key of thirty-two letters.", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(lapsed, key, algorithm="HS256"),
        jwt.encode({**claims, "aud": "another"}, key, algorithm="HS256"),
        jwt.encode({**claims, "role": "owner"}, key, algorithm="HS256"),
        jwt.encode({**claims, "sub": "member"}, key, algorithm="HS256"),
        jwt.encode({**claims, "sub": "member:424242"}, key, algorithm="HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="HS256"),
    ]  # fmt: skip
    before = await row_counts()
    for route in CLOSED:
        body = None if route.body is None else raw(good_body(route))
        await client.refused(route, address(route), (401, "session"), raw=body, token="")
    for token in false:
        for route in (route_of("GET /me"), route_of("POST /boxes")):
            body = None if route.body is None else raw(good_body(route))
            await client.refused(route, address(route), (401, "session"), raw=body, token=token)
    nobody = jwt.encode({**claims, "sub": "staff:424242", "role": "admin"}, key, algorithm="HS256")
    await client.refused(route_of("GET /staff/board"), "/staff/board", (401, "session"), token=nobody)
    assert await row_counts() == before


async def test_each_role_is_kept_to_its_own_addresses(client: Client) -> None:
    tokens = {Who.MEMBER: client.member, **client.staff}
    assert set(tokens) == {Who.MEMBER, *STAFF}
    before = await row_counts()
    for route in CLOSED:
        body = None if route.body is None else raw(good_body(route))
        for role, token in tokens.items():
            if role in route.who or (role is Who.ADMIN and Who.MEMBER not in route.who):
                continue
            problem = await client.refused(route, address(route), (403, "not_allowed"), raw=body, token=token)
            assert problem.facts == {"what": "role"}
    assert await row_counts() == before


async def test_a_lapsed_session_and_a_closed_account_end(client: Client) -> None:
    house = client.house
    me, board = route_of("GET /me"), route_of("GET /staff/board")
    await StaffUser.filter(login="warehouse1").update(active=False)
    await client.refused(board, "/staff/board", (401, "session"), token=client.staff[Who.WAREHOUSE])
    await StaffUser.filter(login="stylist1").update(role="finance")
    await client.refused(board, "/staff/board", (401, "session"), token=client.staff[Who.STYLIST])
    assert (await client.send(me, "/me", token=client.member))[0] == 200
    await house.move(hours=house.settings.security.session_hours)
    await client.refused(me, "/me", (401, "session"), token=client.member)
    await client.refused(board, "/staff/board", (401, "session"), token=client.staff[Who.ADMIN])


async def test_what_belongs_to_another_member_does_not_exist(client: Client) -> None:
    """One member has a box, a booking, an address, a payment; another asks for each, with a good body."""
    one: Life = await life(client.house, name="周二")
    home = await one.call("POST", "/me/addresses", ADDRESS)
    await one.cover("deposit")
    await one.signed()
    payment = await Payment.filter(member_id=one.who.member_id).order_by("-id").first()
    assert payment is not None
    starts = (await _first_slot(one))["starts_at"]
    booking = await one.call("POST", "/bookings", {"starts_at": starts, "mode": "store"})
    ids = {"box_id": one.id, "item_id": one.items[0]["id"], "booking_id": booking["id"],
           "address_id": home["id"], "out_trade_no": payment.out_trade_no, "note_id": 1}  # fmt: skip
    before = await row_counts()
    tried = 0
    for route in (r for r in ADDRESSES if Who.MEMBER in r.who and set(r.path_names) & set(ids)):
        path = route.path
        for name in route.path_names:
            path = path.replace("{" + name + "}", str(ids[name]))
        body = None if route.body is None else raw(good_body(route))
        await client.refused(route, path, (404, "not_found"), raw=body)
        tried += 1
    assert tried > 25
    await client.refused(route_of("GET /slots"), f"/slots?moving={booking['id']}", (404, "not_found"))
    assert await row_counts() == before


async def _first_slot(one: Life) -> Any:
    free = await one.call("GET", "/slots?mode=store")
    return next(slot for day in free["days"] for slot in day["slots"])


async def test_ids_of_others_inside_a_body_do_not_exist_either(client: Client) -> None:
    theirs, mine = await life(client.house, name="周二"), await life(client.house, name="吴三")
    home = await theirs.call("POST", "/me/addresses", ADDRESS)
    version = mine.box["version"]
    confirm = {"version": version, "cover": "deposit", "address_id": home["id"]}
    before = await row_counts()
    for method, path, body in (
        ("POST", f"/boxes/{mine.id}/confirm", confirm),
        ("PATCH", f"/boxes/{mine.id}", {"version": version, "remove": [theirs.items[0]["id"]]}),
    ):
        status, problem = await client.send(method, path, raw=raw(body), token=mine.who.token)
        assert (status, problem and problem.code) == (404, "not_found"), problem
    assert await row_counts() == before


async def test_a_stylist_sees_her_own_bookings_only(client: Client) -> None:
    one = await life(client.house, name="周二")
    free = await one.call("GET", "/slots?mode=store&stylist_id=1")
    starts = next(slot for day in free["days"] for slot in day["slots"])["starts_at"]
    booking = await one.call("POST", "/bookings", {"starts_at": starts, "mode": "store", "stylist_id": 1})
    other = await client.house.staff("stylist2")
    before = await row_counts()
    paths = [r for r in ADDRESSES if r.path.startswith("/staff/bookings/") and Who.STYLIST in r.who]
    assert len(paths) == 6
    for route in paths:
        body = None if route.body is None else raw(good_body(route))
        await client.refused(route, address(route, booking["id"]), (404, "not_found"), raw=body, token=other)
    assert await row_counts() == before
    await client.house.api("GET", f"/staff/bookings/{booking['id']}/brief", token=client.staff[Who.STYLIST])
    day = await client.house.api("GET", f"/staff/day?date={starts[:10]}", token=other)
    assert day["bookings"] == []


async def test_unknown_addresses_and_methods_are_problems_too(client: Client) -> None:
    status, problem = await client.send("GET", "/no/such")
    assert (status, problem and problem.code) == (404, "not_found")
    status, problem = await client.send("PUT", "/products")
    assert (status, problem and problem.code) == (405, "method_not_allowed")
    status, problem = await client.send("PROPFIND", "/products")
    assert (status, problem and problem.code) == (405, "method_not_allowed")

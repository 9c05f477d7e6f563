"""A write under an Idempotency-Key: one work, one answer; and lists walked page by page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from domain.booking import BookingState
from domain.payment import RefundState
from models import Booking, Box, IdempotentAnswer, InboxNote, MemberAddress, Membership, Payment, Refund, Stylist
from tests.support.booking import SATURDAY, on, plan
from tests.support.boxes import ADDRESS, life
from tests.support.house import House
from tests.support.money import Shopper, box, buy, fault, shopper


@dataclass
class Write:
    """A write a member may repeat, and how to count what it has done."""

    who: Shopper
    path: str
    body: Any
    other: Any
    done: Callable[[], Awaitable[int]]


async def _order(house: House) -> Write:
    who = await shopper(house)
    return Write(who, "/plans/yearly/order", None, None, Membership.filter(member_id=who.member_id).count)


async def _booking(house: House) -> Write:
    who = await shopper(house)
    await plan(who.member_id)
    body = {"starts_at": on(SATURDAY, 15).isoformat(), "mode": "store"}
    return Write(who, "/bookings", body, {**body, "occasion": "婚礼"}, Booking.filter(member_id=who.member_id).count)


async def _confirm(house: House) -> Write:
    one = await life(house)
    home = await one.call("POST", "/me/addresses", ADDRESS)
    body = {"version": one.box["version"], "cover": "deposit", "address_id": home["id"]}
    deposits = Payment.filter(member_id=one.who.member_id, ref=f"box:{one.id}")
    return Write(one.who, f"/boxes/{one.id}/confirm", body, {**body, "cover": "pay_score"}, deposits.count)


async def _address(house: House) -> Write:
    who = await shopper(house)
    kept = MemberAddress.filter(member_id=who.member_id)
    return Write(who, "/me/addresses", ADDRESS, {**ADDRESS, "city": "苏州市"}, kept.count)


WRITES = pytest.mark.parametrize("prepare", [_order, _booking, _confirm, _address], ids=lambda p: p.__name__[1:])


async def post(
    house: House, who: Shopper, path: str, body: Any, key: str | None
) -> tuple[int, dict[str, Any], bool, str]:
    """Status, answer, whether it was a replay, and the content type."""
    headers = {"Authorization": f"Bearer {who.token}"} | ({} if key is None else {"Idempotency-Key": key})
    async with house.http.post(f"{house.base}/api/v1{path}", json=body, headers=headers) as answer:
        replayed = answer.headers.get("Idempotency-Replayed") == "true"
        return answer.status, await answer.json(content_type=None), replayed, answer.content_type


@WRITES
async def test_a_repeat_gets_the_first_answer(house: House, prepare: Callable[[House], Awaitable[Write]]) -> None:
    it = await prepare(house)
    first = await post(house, it.who, it.path, it.body, "k-1")
    assert first[0] in (200, 201)
    assert not first[2]
    again = await post(house, it.who, it.path, it.body, "k-1")
    assert (again[0], again[1], again[3]) == (first[0], first[1], "application/json")
    assert again[2]
    assert await it.done() == 1
    # Kept sealed: an answer names people.
    [kept] = await IdempotentAnswer.filter(key="k-1")
    assert kept.status == first[0]
    assert '"' not in kept.body


@WRITES
async def test_another_body_under_the_key_is_refused(
    house: House, prepare: Callable[[House], Awaitable[Write]]
) -> None:
    it = await prepare(house)
    await post(house, it.who, it.path, it.body, "k-1")
    query = "?renew=true" if it.other is None else ""
    for path, body in ((it.path + query, it.other), ("/me/addresses", {**ADDRESS, "detail": "别处"})):
        status, told, replayed, kind = await post(house, it.who, path, body, "k-1")
        assert (status, told["code"], replayed) == (422, "idempotency_conflict", False)
        assert kind == "application/problem+json"
    assert await it.done() == 1


@WRITES
async def test_the_same_key_at_once_works_once(house: House, prepare: Callable[[House], Awaitable[Write]]) -> None:
    it = await prepare(house)
    answers = await asyncio.gather(*(post(house, it.who, it.path, it.body, "k-1") for _ in range(8)))
    done = [a for a in answers if a[0] in (200, 201)]
    waiting = [a for a in answers if a[0] == 409]
    assert len(done) + len(waiting) == 8
    assert sum(not replayed for _, _, replayed, _ in done) == 1
    assert {a[1]["code"] for a in waiting} <= {"in_progress"}
    assert len({str(a[1]) for a in done}) == 1
    assert await it.done() == 1
    again = await post(house, it.who, it.path, it.body, "k-1")
    assert (again[0], again[1], again[2]) == (done[0][0], done[0][1], True)


async def test_a_refusal_is_an_answer_too(house: House) -> None:
    who = await shopper(house)
    body = {"starts_at": on(SATURDAY, 15).isoformat(), "mode": "store"}
    first = await post(house, who, "/bookings", body, "k-1")
    assert (first[0], first[1]["code"]) == (409, "quota_spent")
    await plan(who.member_id)
    again = await post(house, who, "/bookings", body, "k-1")
    assert again == (409, first[1], True, "application/problem+json")
    assert await Booking.all().count() == 0
    assert (await post(house, who, "/bookings", body, "k-2"))[0] == 201


async def test_a_fault_is_not_an_answer(house: House) -> None:
    who = await shopper(house)
    await fault(house, "/v3/pay/transactions/jsapi", "drop_after")
    assert (await post(house, who, "/plans/yearly/order", None, "k-1"))[0] == 502
    assert await IdempotentAnswer.all().count() == 0
    status, _, replayed, _ = await post(house, who, "/plans/yearly/order", None, "k-1")
    assert (status, replayed) == (201, False)
    assert await Membership.filter(member_id=who.member_id).count() == 1


async def test_a_bad_value_does_not_use_the_key_up(house: House) -> None:
    who = await shopper(house)
    assert (await post(house, who, "/me/addresses", {**ADDRESS, "phone": "1"}, "k-1"))[0] == 422
    assert (await post(house, who, "/me/addresses", ADDRESS, "k-1"))[0] == 201


async def test_a_key_belongs_to_its_sender(house: House) -> None:
    one, other = await shopper(house, "林一"), await shopper(house, "周二")
    told = [(await post(house, who, "/me/addresses", ADDRESS, "k-1"))[1]["id"] for who in (one, other)]
    assert told[0] != told[1]
    assert await MemberAddress.filter(member_id=other.member_id).count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 65, "ключ"])
async def test_a_key_that_is_none_is_refused(house: House, key: str) -> None:
    who = await shopper(house)
    status, told, _, _ = await post(house, who, "/me/addresses", ADDRESS, key)
    assert (status, told["code"], told["field"]) == (422, "invalid", "Idempotency-Key")
    assert await MemberAddress.all().count() == 0


async def test_log_ins_are_never_kept(house: House) -> None:
    for login, wanted in (("admin1", 201), ("finance1", 201), ("admin1", 201)):
        body = {"login": login, "password": f"demo-{login}"}
        await house.api("POST", "/staff/session", body, key="k-1", status=wanted)
    assert await IdempotentAnswer.all().count() == 0


# Pages --------------------------------------------------------------------------------------------


async def walk(
    house: House, path: str, limit: int, token: str = "", between: Callable[[], Awaitable[Any]] | None = None
) -> list[int]:
    """Every id of a list, page by page; `between` happens after the first page."""
    seen: list[int] = []
    cursor, pages = "", 0
    while True:
        page = await house.api("GET", f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""), token=token)
        assert 0 < len(page["items"]) <= limit
        seen += [item["id"] for item in page["items"]]
        pages += 1
        if pages == 1 and between is not None:
            await between()
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == limit
        cursor = page["next_cursor"]
    assert pages > 2
    return seen


async def _boxes(house: House, who: Shopper) -> None:
    await box(house, who)


async def _bookings(house: House, who: Shopper) -> None:
    number, stylist = await Booking.all().count(), await Stylist.all().order_by("id").first()
    assert stylist is not None
    starts_at = on(SATURDAY, 10 + number % 8)
    await Booking.create(
        member_id=who.member_id, stylist_id=stylist.id, starts_at=starts_at, ends_at=starts_at, mode="store",
        state=BookingState.DONE, counter_id=1, uid=f"walk-{number}", created_at=house.shop.now(),
    )  # fmt: skip


async def _notes(house: House, who: Shopper) -> None:
    await InboxNote.create(member_id=who.member_id, title="盒子", text="到了", created_at=house.shop.now())


@pytest.mark.parametrize(
    ("path", "model", "make"),
    [("/boxes", Box, _boxes), ("/bookings", Booking, _bookings), ("/me/inbox", InboxNote, _notes)],
)
@pytest.mark.parametrize("count", [7, 9])
async def test_a_member_walks_a_list_without_gaps_or_repeats(
    house: House, path: str, model: Any, make: Callable[[House, Shopper], Awaitable[None]], count: int
) -> None:
    who, other = await shopper(house, "林一"), await shopper(house, "周二")
    for _ in range(count):
        await make(house, who)
        await make(house, other)
    mine = set(await model.filter(member_id=who.member_id).values_list("id", flat=True))
    # What comes in while she reads is on a first page, and moves nothing on the others.
    seen = await walk(house, path, 3, who.token, lambda: make(house, who))
    assert len(seen) == count
    assert set(seen) == mine
    assert seen == sorted(mine, reverse=True)


async def test_the_catalogue_and_the_board_are_walked_whole(house: House) -> None:
    for path, limit in (("/products", 7), ("/looks", 2)):
        whole = await house.api("GET", f"{path}?limit=100")
        assert whole["next_cursor"] is None
        assert await walk(house, path, limit) == [item["id"] for item in whole["items"]]


async def test_finance_walks_the_open_refunds(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    payment = await Payment.get(member_id=who.member_id)
    for number in range(7):
        await Refund.create(
            member_id=who.member_id, out_refund_no=f"R{number}", ref=payment.ref, reason="x", amount_fen=1,
            total_fen=39800, transaction_id="4200", state=RefundState.WANTED, created_at=house.shop.now(),
        )  # fmt: skip
    seen = await walk(house, "/staff/refunds", 3, await house.staff("finance1"))
    assert seen == sorted([row.id for row in await Refund.all()], reverse=True)

"""A case waits for a person: opened once, taken, noted on, closed – and all of it is on record."""

import asyncio
from datetime import timedelta

import pytest

from domain.case import CaseKind
from models import AuditEntry, Case
from services import cases
from services.transaction import transaction
from tests.support.house import House


async def opened(house: House, kind: CaseKind, ref: str, **more: int) -> Case:
    async with transaction():
        return await cases.open_case(house.shop, kind, ref, 7, facts=more)


async def test_opened_once_taken_noted_and_closed(house: House) -> None:
    desk = await house.staff("service1")
    first = await opened(house, CaseKind.CARRIER_CLAIM, "parcel:5", asked=1)
    again = await opened(house, CaseKind.CARRIER_CLAIM, "parcel:5", asked=2)
    assert (again.id, again.facts) == (first.id, {"asked": 1})
    urgent = await opened(house, CaseKind.REFUND, "refund:1")
    seen = await house.api("GET", "/staff/cases", token=desk)
    assert [one["id"] for one in seen["items"]] == [urgent.id, first.id]
    assert seen["items"][1]["due_at"] == (first.created_at + timedelta(hours=240)).strftime("%Y-%m-%dT%H:%M:%SZ")
    by_kind = await house.api("GET", "/staff/cases?kind=carrier_claim&ref=parcel:5", token=desk)
    assert by_kind["total"] == 1
    soon = (house.shop.now() + timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await house.api("GET", f"/staff/cases?due_before={soon}", token=desk))["total"] == 1

    await house.api("POST", f"/staff/cases/{first.id}/take", token=desk)
    assert (await house.api("GET", "/staff/cases?mine=true", token=desk))["total"] == 1
    await house.api("POST", f"/staff/cases/{first.id}/notes", {"text": "电话里说明了情况"}, token=desk)
    body = {"outcome": "paid", "note": "次数退还"}
    told = await house.api("POST", f"/staff/cases/{first.id}/close", body, token=desk)
    assert await house.api("POST", f"/staff/cases/{first.id}/close", body, token=desk) == told
    assert (told["case"]["state"], told["case"]["outcome"]) == ("closed", "paid")
    assert [note["text"] for note in told["notes"]] == ["电话里说明了情况", "次数退还"]
    assert [(m["old"], m["new"]) for m in told["history"]] == [("open", "closed")]
    other = {"outcome": "refused"}
    assert (await house.api("POST", f"/staff/cases/{first.id}/close", other, token=desk, status=409))["code"]
    assert (await house.api("POST", f"/staff/cases/{first.id}/take", token=desk, status=409))["code"] == "wrong_state"
    did = [one.action for one in await AuditEntry.filter(ref=f"case:{first.id}").order_by("id")]
    assert did == ["case.take", "case.note", "case.close"]
    # What was closed may come up again.
    assert (await opened(house, CaseKind.CARRIER_CLAIM, "parcel:5")).id != first.id


async def test_what_ends_with_a_decision_is_not_closed_by_hand(house: House) -> None:
    desk = await house.staff("service1")
    case = await opened(house, CaseKind.DISPUTE, "box:5")
    body = {"outcome": "settled"}
    assert (await house.api("POST", f"/staff/cases/{case.id}/close", body, token=desk, status=422))["code"] == "invalid"


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_ten_at_once_open_one(house: House) -> None:
    found = await asyncio.gather(*(opened(house, CaseKind.MERGE, "member:1") for _ in range(10)))
    assert len({case.id for case in found}) == 1

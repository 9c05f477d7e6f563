"""Stored value through the doors: topped up, held for a box, spent principal first, given back, refunded."""

import asyncio
from typing import Any

import pytest

from domain.errors import CoverRefused
from models import Refund, Wallet, WalletEntry
from services import books, merging, wallets
from services.transaction import transaction
from tests.support.boxes import ADDRESS, Life, life
from tests.support.house import House
from tests.support.money import Shopper, balance, fault, pay, shopper


async def topped_up(house: House, who: Shopper, fen: int) -> dict[str, Any]:
    told: dict[str, Any] = await house.api("POST", "/me/wallet/top-ups", {"amount_fen": fen}, token=who.token)
    assert (await pay(house, told["pay"]))["notice"]["accepted"]
    return told


async def wallet(house: House, who: Shopper) -> tuple[int, int, int, int]:
    """Principal, bonus, held principal, held bonus."""
    told = await house.api("GET", "/me/wallet", token=who.token)
    assert await books.check() == []
    free, held = told["free"], told["held"]
    return free["principal_fen"], free["bonus_fen"], held["principal_fen"], held["bonus_fen"]


async def steps(house: House, who: Shopper) -> list[tuple[str, int, int]]:
    page = await house.api("GET", "/me/wallet/entries?limit=100", token=who.token)
    return [(e["step"], e["principal_fen"], e["bonus_fen"]) for e in reversed(page["items"])]


async def test_the_first_top_up_brings_a_bonus_once_in_a_life(house: House) -> None:
    who = await shopper(house)
    assert (await house.api("GET", "/me/wallet", token=who.token))["first_bonus_open"]
    first = await topped_up(house, who, 50000)
    assert first["bonus_fen"] == 5000
    assert await wallet(house, who) == (50000, 5000, 0, 0)
    second = await topped_up(house, who, 20000)
    assert second["bonus_fen"] == 0
    assert await wallet(house, who) == (70000, 5000, 0, 0)
    assert await steps(house, who) == [("top_up", 50000, 0), ("bonus", 0, 5000), ("top_up", 20000, 0)]
    assert await balance(member_id=who.member_id) == {
        "wechat": 70000, "stored_principal": -70000, "stored_bonus": -5000, "bonuses": 5000,
    }  # fmt: skip
    assert (await house.api("GET", "/me", token=who.token))["level"] == "payer"


async def test_two_first_top_ups_paid_at_once_bring_one_bonus(house: House) -> None:
    who = await shopper(house)
    told = [await house.api("POST", "/me/wallet/top-ups", {"amount_fen": 10000}, token=who.token) for _ in range(2)]
    await asyncio.gather(*(pay(house, one["pay"]) for one in told))
    await house.move(minutes=5)
    assert await wallet(house, who) == (20000, 1000, 0, 0)


async def test_a_notice_told_twice_tops_up_once(house: House) -> None:
    who = await shopper(house)
    await fault(house, "notify:TRANSACTION.SUCCESS", "duplicate")
    await topped_up(house, who, 10000)
    await house.move(minutes=5)
    assert await wallet(house, who) == (10000, 1000, 0, 0)


async def test_the_limits_of_a_top_up(house: House) -> None:
    who = await shopper(house)
    for fen in (9999, 200001):
        told = await house.api("POST", "/me/wallet/top-ups", {"amount_fen": fen}, token=who.token, status=422)
        assert told["field"] == "amount_fen"
    for fen in (200000, 200000):
        await topped_up(house, who, fen)
    told = await house.api("POST", "/me/wallet/top-ups", {"amount_fen": 100001}, token=who.token, status=409)
    assert told["code"] == "too_many"


async def stored(house: House, *fen: int, cheap: bool = True) -> Life:
    """A member with stored value and a proposed box of cheap pieces."""
    box = await life(house, cheap=cheap)
    for one in fen:
        await topped_up(house, box.who, one)
    return box


async def test_a_box_by_stored_value_holds_spends_and_releases(house: House) -> None:
    box = await stored(house, 200000, 200000)
    preview = await box.call("GET", f"/boxes/{box.id}/preview")
    [option] = [c for c in preview["covers"] if c["kind"] == "stored_value"]
    top = preview["highest_fen"]
    assert (option["available"], option["now_fen"], option["later_fen"]) == (top <= 410000, 0, top)
    sheet = await box.confirm("stored_value")
    assert (sheet["state"], sheet["taken"], sheet["pay"]) == ("packing", True, None)
    free = min(top, 400000)
    assert await wallet(house, box.who) == (400000 - free, 10000 - (top - free), free, top - free)

    await box.signed()
    kept = sum(i["price_fen"] for i in box.items[:2])
    await box.decide(2)
    await box.come_back(await box.send_back())
    assert (await box.look())["state"] == "settled"
    assert await wallet(house, box.who) == (400000 - kept, 10000, 0, 0)
    assert await balance(box_id=box.id) == {"stored_principal": kept, "sales": -kept}
    await box.call("POST", f"/boxes/{box.id}/balance", status=409)

    # One of them comes back by the law's right: what was spent returns to where it was.
    item = box.items[0]
    told = await box.call("POST", f"/boxes/{box.id}/items/{item['id']}/statutory-return", {})
    await box.staff("POST", "/staff/parcels/receive", {"waybill": await box.hand_over(told["return_id"])})
    await box.grade({item["id"]: "ok"})
    assert await wallet(house, box.who) == (400000 - kept + item["price_fen"], 10000, 0, 0)
    assert await Refund.all().count() == 0
    assert [s for s, _, _ in await steps(house, box.who)][-4:] == ["hold", "release", "use", "give_back"]


async def test_a_cancelled_box_releases_what_was_held(house: House) -> None:
    box = await stored(house, 200000, 200000)
    await box.confirm("stored_value")
    held = sum((await wallet(house, box.who))[2:])
    told = await box.call("GET", f"/boxes/{box.id}/cancel-preview")
    assert (told["refund_fen"], told["released_fen"], told["round_trip_back"]) == (0, held, True)
    await box.call("POST", f"/boxes/{box.id}/cancel", {})
    assert await wallet(house, box.who) == (400000, 10000, 0, 0)


async def test_too_little_stored_refuses_this_cover_alone(house: House) -> None:
    box = await stored(house, 10000)
    preview = await box.call("GET", f"/boxes/{box.id}/preview")
    [option] = [c for c in preview["covers"] if c["kind"] == "stored_value"]
    assert (option["available"], option["reason"]) == (False, "not_enough_stored")
    address = await box.call("POST", "/me/addresses", ADDRESS)
    body = {"version": box.box["version"], "cover": "stored_value", "address_id": address["id"]}
    told = await box.call("POST", f"/boxes/{box.id}/confirm", body, status=409)
    assert (told["code"], told["facts"]) == ("cover_refused", {"kind": "stored_value", "highest_fen": 11000})
    assert await wallet(house, box.who) == (10000, 1000, 0, 0)
    assert (await box.look())["state"] == "proposed"


async def test_a_confirmed_box_switches_to_stored_value(house: House) -> None:
    box = await stored(house, 200000, 200000)
    await box.confirm("deposit")
    sheet = await box.call("POST", f"/boxes/{box.id}/cover", {"cover": "stored_value"})
    assert (sheet["state"], sheet["taken"]) == ("packing", True)


async def test_unspent_principal_goes_back_and_voids_its_bonus(house: House) -> None:
    who = await shopper(house)
    await topped_up(house, who, 50000)
    await topped_up(house, who, 20000)
    await house.move(minutes=2)
    seen = await house.api("GET", "/me/wallet/refund-preview?amount_fen=45000", token=who.token)
    assert (seen["void_fen"], seen["left"]) == (2500, {"principal_fen": 25000, "bonus_fen": 2500})
    told = await house.api("POST", "/me/wallet/refund", {"amount_fen": 45000}, token=who.token, key="back")
    assert await house.api("POST", "/me/wallet/refund", {"amount_fen": 45000}, token=who.token, key="back") == told
    assert len(told["numbers"]) == 2
    assert await wallet(house, who) == (25000, 2500, 0, 0)
    refused = await house.api("POST", "/me/wallet/refund", {"amount_fen": 25001}, token=who.token, status=409)
    assert (refused["code"], refused["facts"]["left_fen"]) == ("above_paid", 25000)
    await house.api("POST", "/me/wallet/refund", {"amount_fen": 25000}, token=who.token)
    for _ in range(3):
        await house.move(minutes=1, seconds=5)
    assert await wallet(house, who) == (0, 0, 0, 0)
    assert {r.state.value for r in await Refund.all()} == {"done"}
    assert await balance(member_id=who.member_id) == {}
    # The gift was given once in this life.
    assert (await topped_up(house, who, 10000))["bonus_fen"] == 0


async def test_a_refund_of_a_top_up_paid_by_hand_is_foreseen(house: House) -> None:
    who = await shopper(house)
    await topped_up(house, who, 50000)
    told = await house.api("POST", "/me/wallet/refund", {"amount_fen": 20000}, token=who.token)
    [refund] = await Refund.filter(out_refund_no__in=told["numbers"])
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "ABNORMAL"})
    await house.move(seconds=1)
    finance, admin = await house.staff("finance1"), await house.staff("admin1")
    proof = {"reason": "银行转账，回单 0412"}
    asked = await house.api("POST", f"/staff/refunds/{refund.id}/by-hand", proof, token=finance)
    path, before = f"/staff/approvals/{asked['id']}/approve", await balance(member_id=who.member_id)
    no = await house.api("POST", f"{path}/preview", {}, token=finance, status=409)
    assert no["code"] == "second_person_needed"
    seen = await house.api("POST", f"{path}/preview", {}, token=admin)
    assert (seen["ref"], seen["state"], seen["charge_fen"], seen["refund_fen"]) == (refund.ref, "paid", 30000, 0)
    assert await balance(member_id=who.member_id) == before, "a preview writes nothing"
    await house.api("POST", path, {}, token=admin)
    after = await balance(member_id=who.member_id)
    moved = {e["what"]: e["amount"] for e in seen["effects"] if e["kind"] == "money"}
    assert moved == {"refunds_due": 20000, "bank": -20000}
    assert {a: after.get(a, 0) - before.get(a, 0) for a in {*before, *after}} == {
        **dict.fromkeys({*before, *after}, 0), **moved,
    }  # fmt: skip
    assert [e["what"] for e in seen["effects"] if e["kind"] == "state"] == ["refund: abnormal → done"]


async def test_many_at_once_never_spend_more_than_is_there(house: House) -> None:
    who = await shopper(house)
    await topped_up(house, who, 10000)

    async def spend(number: int) -> bool:
        try:
            async with transaction():
                await wallets.pay(house.shop, who.member_id, f"order:{number}", 3000)
        except CoverRefused:
            return False
        return True

    won = await asyncio.gather(*(spend(number) for number in range(10)))
    assert sum(won) == 3
    row = await Wallet.get(member_id=who.member_id)
    assert (row.principal_fen, row.bonus_fen) == (1000, 1000)
    assert await wallets.used_fen(who.member_id, f"order:{won.index(True)}") == 3000


async def test_merged_members_have_one_wallet(house: House) -> None:
    one, two = await shopper(house, "甲"), await shopper(house, "乙")
    await topped_up(house, one, 10000)
    await topped_up(house, two, 20000)
    async with transaction():
        await merging.merge(house.shop, one.member_id, two.member_id)
    row = await Wallet.get(member_id=one.member_id)
    assert (row.principal_fen, row.bonus_fen) == (30000, 3000)
    assert await WalletEntry.filter(wallet_id=row.id).count() == 4
    assert await books.check() == []


@pytest.mark.parametrize("way", ["drop", "delay"])
async def test_a_lost_answer_of_the_refund_gives_back_once(house: House, way: str) -> None:
    who = await shopper(house)
    await topped_up(house, who, 10000)
    more = {"seconds": 1} if way == "delay" else {}
    await fault(house, "/v3/refund/domestic/refunds", way, **more)
    await house.api("POST", "/me/wallet/refund", {"amount_fen": 10000}, token=who.token)
    for _ in range(4):
        await house.move(minutes=2)
    assert await wallet(house, who) == (0, 0, 0, 0)
    assert await balance(member_id=who.member_id) == {}

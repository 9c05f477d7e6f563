"""Goodwill refunds: previewed, alone within limits, with a second person above them, never above what was paid."""

from domain.payment import RefundState
from models import Approval, AuditEntry, Goodwill, Refund, StaffUser
from tests.support.boxes import Life, life
from tests.support.house import House
from tests.support.money import balance


async def kept(house: House) -> Life:
    """A settled box of which everything was kept, paid by Pay Score."""
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.call("POST", f"/boxes/{box.id}/keep-all")
    await box.look()
    assert box.box["state"] == "settled"
    await house.move(minutes=1)
    return box


async def test_a_small_kindness_is_one_persons(house: House) -> None:
    box = await kept(house)
    ref, paid_fen = f"box:{box.id}", box.box["charge_fen"]
    desk = await house.staff("service1")
    seen = await house.api("GET", f"/staff/goodwill/preview?ref={ref}&amount_fen=3000", token=desk)
    assert (seen["left_fen"], seen["second_person"], [p["amount_fen"] for p in seen["parts"]]) == (paid_fen, "", [3000])
    assert await Goodwill.all().count() == 0, "a preview writes nothing"

    body = {"ref": ref, "amount_fen": 3000, "reason": "迟发一天"}
    given = await house.api("POST", "/staff/goodwill", body, token=desk, key="kind")
    assert given["state"] == "granted"
    assert await house.api("POST", "/staff/goodwill", body, token=desk, key="kind") == given
    await house.move(seconds=10)
    [refund] = await Refund.all()
    assert (refund.state, refund.amount_fen, refund.ref) == (RefundState.DONE, 3000, ref)
    assert await balance(box_id=box.id) == {"wechat": paid_fen - 3000, "sales": -paid_fen, "compensation": 3000}
    assert await AuditEntry.filter(action="goodwill.ask", ref=ref).count() == 1

    # Slices of one thing add up: the next one needs a second person.
    seen = await house.api("GET", f"/staff/goodwill/preview?ref={ref}&amount_fen=2001", token=desk)
    assert seen["second_person"] == "above_limit"


async def test_above_the_limit_another_person_decides(house: House) -> None:
    box = await kept(house)
    ref = f"box:{box.id}"
    finance, admin = await house.staff("finance1"), await house.staff("admin1")
    body = {"ref": ref, "amount_fen": 8000, "reason": "拉链损坏"}
    asked = await house.api("POST", "/staff/goodwill", body, token=finance)
    assert asked["state"] == "asked"
    [row] = (await house.api("GET", "/staff/approvals?state=asked", token=finance))["items"]
    assert (row["kind"], row["facts"]["amount_fen"], row["facts"]["about"]) == ("goodwill", 8000, ref)
    assert await Refund.all().count() == 0

    path = f"/staff/approvals/{row['id']}"
    no = await house.api("POST", f"{path}/approve", {}, token=finance, status=409)
    assert no["code"] == "second_person_needed"
    desk = await house.staff("service1")
    await house.api("POST", f"{path}/approve", {}, token=desk, status=403)
    done = await house.api("POST", f"{path}/approve", {"note": "照片看过了"}, token=admin)
    assert (done["state"], done["note"]) == ("approved", "照片看过了")
    again = await house.api("POST", f"{path}/refuse", {}, token=admin, status=409)
    assert again["code"] == "wrong_state"
    await house.move(seconds=10)
    [refund] = await Refund.all()
    assert (refund.state, refund.amount_fen) == (RefundState.DONE, 8000)
    assert (await balance(box_id=box.id))["compensation"] == 8000


async def test_a_second_persons_no_gives_nothing(house: House) -> None:
    box = await kept(house)
    body = {"ref": f"box:{box.id}", "amount_fen": 8000, "reason": "拉链损坏"}
    await house.api("POST", "/staff/goodwill", body, token=await house.staff("service1"))
    [row] = await Approval.all()
    await house.api("POST", f"/staff/approvals/{row.id}/refuse", {}, token=await house.staff("finance1"))
    assert [g.state.value for g in await Goodwill.all()] == ["refused"]
    assert await Refund.all().count() == 0


async def test_the_month_of_one_person_has_an_end(house: House) -> None:
    box = await kept(house)
    desk = await house.staff("service1")
    me = await StaffUser.get(login="service1")
    await Goodwill.create(
        member_id=box.who.member_id, ref="box:999", amount_fen=48000, reason="x", asked_by=me.id,
        alone=True, state="granted", created_at=house.shop.now(),
    )  # fmt: skip
    path = f"/staff/goodwill/preview?ref=box:{box.id}&amount_fen="
    assert (await house.api("GET", f"{path}2000", token=desk))["second_person"] == ""
    assert (await house.api("GET", f"{path}2001", token=desk))["second_person"] == "month_spent"


async def test_never_more_than_was_paid_and_only_for_what_is_over(house: House) -> None:
    box = await life(house)
    desk = await house.staff("service1")

    async def refused(ref: str, fen: int, status: int = 409) -> str:
        told = await house.api("GET", f"/staff/goodwill/preview?ref={ref}&amount_fen={fen}", token=desk, status=status)
        body = {"ref": ref, "amount_fen": fen, "reason": "好意"}
        assert (await house.api("POST", "/staff/goodwill", body, token=desk, status=status))["code"] == told["code"]
        return str(told["code"])

    assert await refused(f"box:{box.id}", 100) == "wrong_state"
    assert await refused("box:99999", 100, 404) == "not_found"
    assert await refused("booking:1", 100, 404) == "not_found"
    assert await refused("box:1 or 1", 100, 422) == "invalid"
    page = await box.call("GET", "/me/membership")
    plan = f"membership:{page['current']['id']}"
    assert await refused(plan, 39801) == "above_paid"
    assert await Goodwill.all().count() == 0
    await box.call("GET", f"/staff/goodwill/preview?ref={plan}&amount_fen=1", status=403)


async def test_what_was_given_in_kindness_is_not_given_back_a_second_time(house: House) -> None:
    box = await kept(house)
    paid_fen = box.box["charge_fen"]
    desk = await house.staff("service1")
    await house.api(
        "POST", "/staff/goodwill", {"ref": f"box:{box.id}", "amount_fen": 5000, "reason": "好意"}, token=desk
    )
    for item in box.items:
        told = await box.call("POST", f"/boxes/{box.id}/items/{item['id']}/statutory-return", {})
        await box.staff("POST", "/staff/parcels/receive", {"waybill": await box.hand_over(told["return_id"])})
        await box.grade({item["id"]: "ok"})
    for _ in range(8):
        await house.move(minutes=1)
    assert sum(r.amount_fen for r in await Refund.filter(ref=f"box:{box.id}")) == paid_fen
    assert await balance(box_id=box.id) == {}

"""The case screen tells everything of a box in order; the exposure tells what is out, by due day."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from services.effects import Effect, EffectKind, in_order
from tests.flows.test_box_evidence import approval, back_with, show
from tests.support.boxes import Life, life
from tests.support.house import House


async def test_every_effect_stands_in_order_with_who_and_why(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=3)
    await box.come_back(await box.send_back())
    await house.move(minutes=30)
    service = await house.staff("service1")
    told = (await house.api("GET", f"/staff/boxes/{box.id}/effects", token=service))["items"]
    assert [e["at"] for e in told] == sorted(e["at"] for e in told)
    by_kind = {kind: [e for e in told if e["kind"] == kind] for kind in {e["kind"] for e in told}}
    assert set(by_kind) == {"state", "money", "stock", "quota", "points", "message", "staff"}
    assert sum(e["amount"] for e in by_kind["money"]) == 0
    steps = [e["what"].split(": ")[1] for e in by_kind["stock"]]
    assert sorted(steps) == ["release"] * 2 + ["reserve"] * 5 + ["sell"] * 3
    assert [e["what"] for e in by_kind["quota"]] == ["round_trip: hold", "round_trip: use"]
    assert by_kind["points"][0]["amount"] > 0
    assert [e["what"] for e in told if e["ref"] == f"box:{box.id}" and e["kind"] == "state"][-1].endswith("→ settled")
    assert all(e["who"] for e in told)
    assert {e["who"] for e in by_kind["money"] if e["why"] == "paid"} == {"wechat"}
    assert any(e["who"].startswith("member:") for e in by_kind["state"])
    asked = [(e["what"], e["amount"]) for e in by_kind["state"] if e["what"].endswith(("→ wanted", "→ asked"))]
    assert asked[0] == ("payment: → wanted", 30000)
    await house.api("GET", "/staff/boxes/999/effects", token=service, status=404)
    await box.call("GET", f"/staff/boxes/{box.id}/effects", status=403)


def test_what_has_no_name_takes_that_of_its_own_transaction_whether_written_before_the_move_or_after() -> None:
    def effect(second: float, kind: EffectKind, who: str = "") -> Effect:
        return Effect(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=second), kind, "", "", 0, who)

    moves = [effect(0, EffectKind.STATE, "staff:8"), effect(60.001, EffectKind.STATE, "job:deadlines")]
    unnamed = [effect(0.002, EffectKind.QUOTA), effect(60, EffectKind.STOCK), effect(60.002, EffectKind.MONEY)]
    told = [(e.kind, e.who) for e in in_order(moves, unnamed, [])]
    assert told == [
        (EffectKind.STATE, "staff:8"), (EffectKind.QUOTA, "staff:8"),
        (EffectKind.STOCK, "job:deadlines"), (EffectKind.STATE, "job:deadlines"), (EffectKind.MONEY, "job:deadlines"),
    ]  # fmt: skip


async def test_exposure_by_the_shanghai_day_of_the_deadline(house: House) -> None:
    first, second = await life(house), await life(house, name="周二")
    for box in (first, second):
        await box.cover("pay_score")
    finance = await house.staff("finance1")
    assert (await house.api("GET", "/staff/exposure", token=finance)) == {"total_fen": 0, "days": []}
    await first.signed()
    await second.ship()
    sums = [sum(i["price_fen"] for i in box.items) for box in (first, second)]
    seen = await house.api("GET", "/staff/exposure", token=finance)
    assert seen == {
        "total_fen": sum(sums),
        "days": [
            {"day": "2026-11-27", "boxes": 1, "goods_fen": sums[0]},
            {"day": None, "boxes": 1, "goods_fen": sums[1]},
        ],
    }
    await first.call("POST", f"/boxes/{first.id}/keep-all")
    assert (await house.api("GET", "/staff/exposure", token=finance))["total_fen"] == sums[1]


async def foreseen(box: Life, path: str, body: dict[str, Any] | None, token: str) -> dict[str, Any]:
    """What the preview of an act says, having changed nothing."""
    before = await effects_of(box)
    told: dict[str, Any] = await box.house.api("POST", f"{path}/preview", body, token=token)
    assert await effects_of(box) == before
    return told


async def effects_of(box: Life) -> Counter[tuple[str, str, int]]:
    told = await box.house.api("GET", f"/staff/boxes/{box.id}/effects", token=await box.house.staff("service1"))
    return Counter((e["kind"], e["what"], e["amount"]) for e in told["items"])


async def came_true(box: Life, told: dict[str, Any], before: Counter[tuple[str, str, int]]) -> None:
    """The box stands as it was said, and all of the effects that were said are there."""
    seen = await box.look()
    assert [seen[name] for name in ("state", "charge_fen", "owed_fen")] == [
        told[name] for name in ("state", "charge_fen", "owed_fen")
    ]
    said = Counter((e["kind"], e["what"], e["amount"]) for e in told["effects"])
    assert said
    assert not said - (await effects_of(box) - before)


async def test_a_preview_says_what_the_act_then_does(house: House) -> None:
    box = await back_with(house, "deposit", ["damaged", "missing", "missing"])
    path = f"/staff/boxes/{box.id}/items/{box.items[2]['id']}"
    for number in (2, 3, 4):
        await show(box, number)
    finance = await house.staff("finance1")

    async def does(path: str, body: dict[str, Any] | None, token: str = "") -> dict[str, Any]:
        """Foresee the act, do it, and see that it came true."""
        token, before = token or box.warehouse, await effects_of(box)
        told = await foreseen(box, path, body, token)
        await house.api("POST", path, body, token=token)
        await came_true(box, told, before)
        return told

    # A fee is foreseen as if she and a second person agreed; what comes first is only the question.
    damage = {"grade": "light", "fee_fen": 500, "words": "袖口勾丝"}
    told = await foreseen(box, f"{path}/damage", damage, box.warehouse)
    assert "damage_fee: accepted → charged" in [e["what"] for e in told["effects"]]
    await box.staff("POST", f"{path}/damage", damage)
    await box.call("POST", f"/boxes/{box.id}/items/{box.items[2]['id']}/damage/answer", {"accept": True})
    await does(f"/staff/approvals/{await approval(house, 'damage_fee')}/approve", {"note": "看过"}, finance)

    # One missing piece is charged, the other forgiven: with that the box settles, and the figures are all there.
    charged = f"/staff/boxes/{box.id}/items/{box.items[3]['id']}/dispute/charge"
    told = await foreseen(box, charged, {"why": "没有放"}, box.warehouse)
    assert (told["state"], told["charge_fen"]) == ("disputed", 0)
    await box.staff("POST", charged, {"why": "没有放"})
    await does(f"/staff/approvals/{await approval(house, 'dispute_charge')}/approve", {"note": "看过"}, finance)
    goods = sum(box.items[n]["price_fen"] for n in (0, 1, 3))
    told = await does(f"/staff/boxes/{box.id}/items/{box.items[4]['id']}/dispute/forgive", {"why": "算了"})
    assert (told["state"], told["charge_fen"]) == ("settled", goods + 500)
    assert (told["owed_fen"], told["asked_fen"], told["refund_fen"]) == (goods + 500 - 30000, goods + 500 - 30000, 0)
    # Its own points, and the gifts for a first purchase and for one of a thousand yuan.
    assert told["points"] == goods // 100 * 2 + 200 + 300

    # After the law's window a piece is taken back with a reason: what is owed falls, and so do the points.
    await box.at("2026-12-20T02:00:00+00:00")
    late = {"items": [{"item_id": box.items[0]["id"], "grade": "ok", "note": "店长同意"}]}
    told = await does(f"/staff/boxes/{box.id}/grade", late)
    assert told["charge_fen"] == goods + 500 - box.items[0]["price_fen"]
    assert told["points"] < 0


async def test_a_lost_parcel_and_a_cancelled_box_are_foreseen(house: House) -> None:
    first, second = await life(house), await life(house, name="周二")
    for box in (first, second):
        await box.cover("deposit")
    service = await house.staff("service1")
    told = await foreseen(second, f"/staff/boxes/{second.id}/cancel", {"reason": "缺货"}, service)
    assert (told["state"], told["refund_fen"]) == ("cancelled", 30000)
    [parcel] = await first.ship()
    before = await effects_of(first)
    told = await foreseen(first, f"/staff/parcels/{parcel['id']}/lost", None, first.warehouse)
    assert (told["state"], told["refund_fen"], told["charge_fen"]) == ("lost", 30000, 0)
    await first.staff("POST", f"/staff/parcels/{parcel['id']}/lost")
    await came_true(first, told, before)

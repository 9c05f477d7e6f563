"""The case screen tells everything of a box in order; the exposure tells what is out, by due day."""

from tests.support.boxes import life
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
    await house.api("GET", "/staff/boxes/999/effects", token=service, status=404)
    await box.call("GET", f"/staff/boxes/{box.id}/effects", status=403)


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

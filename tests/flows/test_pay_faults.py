"""Each call to WeChat Pay in a box's life lost, answered late or refused, each notice lost, late or doubled, in turn.

All the lives go side by side, so that the clock is moved once for all of them. One of each way is undisturbed:
the others must end as it does, in our books and in WeChat's.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from models import Box, BoxItem, Member, Payment, PointsLot, Refund, ScoreCover
from services import books, catalog
from tests.support.boxes import ADDRESS, Life, life
from tests.support.house import House
from tests.support.money import balance, fault, pay

CREATE, ORDER, REFUND = "/v3/payscore/serviceorder", "/v3/pay/transactions/jsapi", "/v3/refund/domestic/refunds"
CALLS = ("drop", "drop_after", "status")
"""The request is lost; it is worked and the answer lost, so that we repeat it; WeChat fails."""
NOTICES = ("drop", "duplicate", "delay", "reorder", "wrong_signature")


@dataclass
class Disturbed:
    """One life: how it is covered and ends, and what goes wrong at which of its steps."""

    way: str  # score | score_cancelled | rest | balance
    step: str = ""  # cover | yes | end | balance | paid; "" = nothing goes wrong
    match: str = ""
    kind: str = ""
    box: Life | None = None
    sheet: dict[str, Any] | None = None

    @property
    def life(self) -> Life:
        assert self.box is not None
        return self.box

    async def go_wrong(self, house: House, step: str) -> None:
        """What is to go wrong at this step does, once."""
        if step == self.step:
            await fault(house, self.match, self.kind, status=500, seconds=90)


def table() -> list[Disturbed]:
    score = [
        Disturbed("score", step, match, kind) for step, match in (("cover", CREATE), ("end", CREATE)) for kind in CALLS
    ]
    score += [Disturbed("score", "yes", "notify:PAYSCORE.USER_CONFIRM", kind) for kind in NOTICES]
    given_up = [Disturbed("score_cancelled", "end", CREATE, kind) for kind in CALLS]
    rest = [
        Disturbed("rest", step, match, kind) for step, match in (("cover", ORDER), ("end", REFUND)) for kind in CALLS
    ]
    rest += [Disturbed("rest", "yes", "notify:TRANSACTION.SUCCESS", kind) for kind in NOTICES]
    owing = [Disturbed("balance", "balance", ORDER, kind) for kind in CALLS]
    owing += [Disturbed("balance", "paid", "notify:TRANSACTION.SUCCESS", kind) for kind in NOTICES]
    quiet = [Disturbed(way) for way in ("score", "score_cancelled", "rest", "balance")]
    return quiet + score + given_up + rest + owing


LATE = ("PAYSCORE.USER_PAID", "REFUND.SUCCESS")
"""Notices that come with the clock: the first ones are disturbed, whosever they are."""


async def begin(house: House, one: Disturbed, number: int) -> None:
    one.box = await life(house, name=f"林{number}", plan=False, cheap=one.way != "balance")
    kind = "pay_score" if one.way.startswith("score") else "deposit"
    address = await one.life.call("POST", "/me/addresses", ADDRESS)
    body = {"version": one.life.box["version"], "cover": kind, "address_id": address["id"]}
    await one.go_wrong(house, "cover")
    status, told = await house.ask("POST", f"/boxes/{one.life.id}/confirm", body, token=one.life.who.token)
    one.sheet = told if status == 200 else None


async def say_yes(house: House, one: Disturbed) -> None:
    sheet = one.sheet or await one.life.call("GET", f"/boxes/{one.life.id}/cover")
    await one.go_wrong(house, "yes")
    if sheet["pay"]:
        await pay(house, sheet["pay"])
    else:
        await house.wechat(f"/payscore/{sheet['package']}/confirm", {"person": one.life.who.person.id})


async def end(house: House, one: Disturbed) -> None:
    """The last act of the life, with which WeChat is asked for money, or to give it back."""
    box = one.life
    assert (await box.look())["state"] == "packing", one
    if one.way == "score_cancelled":
        await one.go_wrong(house, "end")
        await box.call("POST", f"/boxes/{box.id}/cancel", {})
        return
    await box.signed()
    if one.way == "balance":
        await box.call("POST", f"/boxes/{box.id}/keep-all")
        return
    await box.decide(keep=1)
    await box.staff("POST", "/staff/parcels/receive", {"waybill": await box.send_back()})
    await box.look()
    await one.go_wrong(house, "end")
    await box.grade({item["id"]: "ok" for item in box.items if item["state"] == "received"})


async def pay_balance(house: House, one: Disturbed) -> None:
    path = f"/boxes/{one.life.id}/balance"
    await one.go_wrong(house, "balance")
    status, told = await house.ask("POST", path, {}, token=one.life.who.token)
    if status >= 400:
        # She taps again.
        told = await one.life.call("POST", path, {})
    await one.go_wrong(house, "paid")
    await pay(house, told["pay"])


async def outcome(house: House, one: Disturbed, wechat: dict[str, Any]) -> dict[str, Any]:
    """How it stands at the end, in our books and in WeChat's; nothing in it is this life's own number."""
    box, ref = await Box.get(id=one.life.id), f"box:{one.life.id}"
    payments = await Payment.filter(ref=ref).order_by("id")
    refunds = await Refund.filter(ref=ref).order_by("id")
    covers = await ScoreCover.filter(box_id=box.id).order_by("id")
    member = await Member.get(id=box.member_id)
    mine = one.life.who.person.openids[house.settings.wechat.mini.appid]
    return {
        "box": (box.state.value, box.charge_fen, box.goods_fen),
        "items": [item.state.value for item in await BoxItem.filter(box_id=box.id).order_by("id")],
        # An order that was given up while WeChat did not answer is nobody's money.
        "payments": sorted((p.purpose.value, p.amount_fen) for p in payments if p.state == "paid"),
        "covers": [(c.state, c.collection, c.total_fen) for c in covers],
        "refunds": [(r.state.value, r.amount_fen) for r in refunds],
        "ledger": await balance(box_id=box.id),
        "points": sum(lot.points for lot in await PointsLot.filter(member_id=box.member_id, reason="box")),
        "level": member.level,
        "wechat_paid": sorted((p["total_fen"], p["refunded_fen"]) for p in wechat["payments"] if p["openid"] == mine),
        "wechat_refunds": sorted(
            (r["amount"]["refund"], r["status"]) for r in wechat["refunds"]
            if r["out_refund_no"] in {row.out_refund_no for row in refunds}
        ),
        "wechat_orders": sorted(
            (o["state"], o.get("total_amount")) for o in wechat["payscore_orders"]
            if o["out_order_no"] in {row.out_order_no for row in covers}
        ),
    }  # fmt: skip


@pytest.mark.timeout(180)
async def test_whatever_goes_wrong_at_wechat_pay_the_end_is_the_undisturbed_one(no_limits: None, house: House) -> None:
    lives = table()

    shelf = await house.api("GET", "/products?limit=100")
    for sku in (sku for product in shelf["items"] for sku in product["skus"]):
        await catalog.receive(house.shop, sku["id"], len(lives), ref="for all the lives")
    for number, one in enumerate(lives):
        await begin(house, one, number)
    await house.move(minutes=2)
    for one in lives:
        await say_yes(house, one)
    await house.move(minutes=12)
    for name in LATE:
        for kind in NOTICES:
            await fault(house, f"notify:{name}", kind, seconds=90)
    for one in lives:
        await end(house, one)
    for one in (one for one in lives if one.way == "balance"):
        await pay_balance(house, one)
    for minutes in (1, 5, 15, 30):
        await house.move(minutes=minutes)
    assert (await house.wechat("/faults", method="GET"))["faults"] == [], "everything went wrong that was to"

    wechat = await house.wechat("/pay/state", method="GET")
    wanted = {one.way: await outcome(house, one, wechat) for one in lives if not one.step}
    assert wanted["score"]["covers"] == [("DONE", "USER_PAID", wanted["score"]["box"][1])]
    assert wanted["rest"]["refunds"] == [("done", 30000 - wanted["rest"]["box"][1])]
    assert len(wanted["balance"]["payments"]) == 2
    assert wanted["score_cancelled"]["ledger"] == {}
    for one in lives:
        assert await outcome(house, one, wechat) == wanted[one.way], f"{one.way}: {one.kind} at {one.match}, {one.step}"
    assert await books.check() == []
    print(f"{len(lives)} lives, {sum(bool(one.step) for one in lives) + len(LATE) * len(NOTICES)} faults")

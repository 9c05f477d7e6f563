"""Renewing in one tap: what it would bring is shown first, then ordered, paid, and follows without a gap."""

from tests.support.house import House
from tests.support.money import buy, pay, shopper


async def test_one_tap_renews_the_running_plan(house: House) -> None:
    who = await shopper(house)
    none = await house.api("GET", "/me/renewal", token=who.token, status=404)
    assert none["code"] == "not_found"
    page = await buy(house, who)
    seen = await house.api("GET", "/me/renewal", token=who.token)
    assert (seen["plan"], seen["price_fen"]) == ("yearly", 39800)
    assert seen["starts_at"] == page["current"]["ends_at"], "without a gap"
    assert (seen["value"]["stylings_left"], seen["value"]["round_trips_left"]) == (6, 6)

    placed = await house.api("POST", "/me/renewal/order", token=who.token, status=201)
    assert (await pay(house, placed["pay_params"]))["notice"]["accepted"]
    page = await house.api("GET", "/me/membership", token=who.token)
    assert (page["queued"]["starts_at"], page["queued"]["ends_at"]) == (seen["starts_at"], seen["ends_at"])
    again = await house.api("POST", "/me/renewal/order", token=who.token, status=409)
    assert again["code"] == "plan_active"

"""Family under one account: whom a box or a session is for, and whose sizes the stylist sees."""

from typing import Any

from models import Box, FamilyProfile
from tests.support import money
from tests.support.house import House
from tests.support.money import buy, shopper

CHILD: dict[str, Any] = {"name": "糖糖", "relation": "女儿", "sizes": {"height_cm": 128, "top_size": "130"}}


async def test_a_box_and_a_session_for_the_daughter(house: House) -> None:
    who, other = await shopper(house), await shopper(house, "周二")

    async def call(method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        return await house.api(method, path, body, token=who.token, status=status)

    assert (await call("POST", "/me/family", CHILD, status=403))["code"] == "consent_missing"
    await call("PUT", "/me/consents/profile", {"given": True})
    await call("PUT", "/me/profile", {"profile": {"height_cm": 165}})
    [child] = (await call("POST", "/me/family", CHILD))["items"]
    assert (child["name"], child["sizes"]["top_size"]) == ("糖糖", "130")
    assert "糖糖" not in (await FamilyProfile.get()).name_sealed
    await call("PUT", f"/me/family/{child['id']}", {**CHILD, "sizes": {"height_cm": 131}})
    box = await call("POST", "/boxes", {"occasion": "开学"})
    seen = f"/staff/boxes/{box['id']}/person"
    stylist = await house.staff("stylist1")
    assert (await house.api("GET", seen, token=stylist))["sizes"]["height_cm"] == 165
    await call("PUT", f"/boxes/{box['id']}/person", {"profile_id": child["id"]})
    told = await house.api("GET", seen, token=stylist)
    assert (told["relation"], told["sizes"]["height_cm"]) == ("女儿", 131)
    await call("PUT", f"/boxes/{box['id']}/person", {"profile_id": child["id"] + 1}, status=404)
    await house.api("PUT", f"/boxes/{box['id']}/person", {"profile_id": None}, token=other.token, status=404)
    await house.api("DELETE", f"/me/family/{child['id']}", token=other.token, status=404)

    # A session for her: the brief is about her, and about what she had at home.
    await buy(house, who)
    slot = next(day for day in (await call("GET", "/slots?mode=store"))["days"] if day["slots"])["slots"][0]
    session = await call("POST", "/bookings", {"starts_at": slot["starts_at"], "mode": "store"})
    await call("PUT", f"/bookings/{session['id']}/person", {"profile_id": child["id"]})
    brief = await house.api("GET", f"/staff/bookings/{session['id']}/brief", token=await house.staff("admin1"))
    assert (brief["person"]["name"], brief["sizes"], brief["past"]) == ("糖糖", {"height_cm": 131}, [])
    shelf = (await call("GET", "/products"))["items"]
    skus = [next(sku["id"] for sku in one["skus"] if sku["left"]) for one in shelf[:5]]
    draft = await house.api(
        "POST", f"/staff/bookings/{session['id']}/proposal", {"sku_ids": skus}, token=await house.staff("admin1")
    )
    assert (await Box.get(id=draft["id"])).profile_id == child["id"], "what comes of her session is hers"

    # The consent goes, and the sizes with it; the profile goes, and the box is the member's own again.
    await call("PUT", "/me/consents/profile", {"given": False})
    assert (await house.api("GET", seen, token=stylist))["sizes"]["height_cm"] is None
    assert (await FamilyProfile.get()).profile == {}
    confirmed = await money.box(house, who)
    await call("PUT", f"/boxes/{confirmed.id}/person", {"profile_id": child["id"]}, status=409)
    assert (await call("DELETE", f"/me/family/{child['id']}"))["items"] == []
    assert (await Box.get(id=box["id"])).profile_id is None
    for _ in range(6):
        await call("POST", "/me/family", {"name": "家人", "relation": "亲戚"})
    assert (await call("POST", "/me/family", {"name": "家人", "relation": "亲戚"}, status=409))["code"] == "too_many"

"""The audit log: every act of staff with who, what and when; read with filters, by finance and admin alone."""

from models import AuditEntry, StaffUser
from tests.support.boxes import life
from tests.support.house import House


async def test_what_staff_did_is_read_by_person_act_thing_and_time(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    ref, admin = f"box:{box.id}", await house.staff("admin1")
    at = (await house.now()).isoformat().replace("+00:00", "Z")
    page = await house.api("GET", f"/staff/audit?ref={ref}", token=admin)
    assert [line["action"] for line in page["items"]] == ["box.ship"]
    who = await StaffUser.get(login="warehouse1")
    assert (page["items"][0]["login"], page["items"][0]["staff_id"]) == ("warehouse1", who.id)

    await house.move(hours=1)
    await house.api(
        "POST", "/staff/goodwill", {"ref": "box:999", "amount_fen": 1, "reason": "没有"}, token=admin, status=404
    )
    assert await AuditEntry.filter(action="goodwill.ask").count() == 0, "what was refused was not done"
    for query, some in (
        (f"staff_id={who.id}", True), (f"staff_id={who.id + 1}", False), ("action=box.", True), ("action=box", False),
        ("action=box.ship", True), (f"since={at}", True), (f"until={at}", False),
    ):  # fmt: skip
        found = (await house.api("GET", f"/staff/audit?{query}", token=admin))["items"]
        assert ("box.ship" in [line["action"] for line in found]) is some, query

    await AuditEntry.bulk_create(
        [AuditEntry(staff_id=who.id, action="x.y", ref=f"x:{n}", created_at=house.shop.now()) for n in range(5)]
    )
    first = await house.api("GET", "/staff/audit?action=x.&limit=3", token=admin)
    rest = await house.api("GET", f"/staff/audit?action=x.&limit=3&cursor={first['next_cursor']}", token=admin)
    assert [line["ref"] for line in first["items"] + rest["items"]] == [f"x:{n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next_cursor"] is None


async def test_only_finance_and_admin_read_it_and_nobody_writes_it(house: House) -> None:
    for login, status in (
        ("finance1", 200),
        ("service1", 403),
        ("warehouse1", 403),
        ("stylist1", 403),
        ("marketing1", 403),
    ):
        await house.api("GET", "/staff/audit", token=await house.staff(login), status=status)
    for method in ("POST", "PUT", "DELETE"):
        status, _ = await house.ask(method, "/staff/audit", {}, token=await house.staff("admin1"))
        assert status in (404, 405)

"""The shelf and the window through the doors of the staff: what is added is sold, what is claimed is proved."""

import pytest

from domain.claim import ClaimState
from domain.errors import OutOfStock
from models import AuditEntry, MemberCoupon, ProductClaim, Sku, StaffUser
from services import books, catalog
from services.catalog import Piece
from services.staff import hash_password
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import shopper

NEW = {
    "code": "N001", "name": "羊绒围巾", "category": "配饰", "price_fen": 59900, "member_price_fen": 49900,
    "picture": "/pictures/scarf.svg", "story": "山羊绒，轻。", "material": "山羊绒",
}  # fmt: skip


async def test_a_product_is_added_stocked_put_on_the_shelf_and_bought(house: House) -> None:
    shop, store = await house.staff("marketing1"), await house.staff("warehouse1")
    made = await house.api("POST", "/staff/products", NEW, token=shop, status=201, key="new-1")
    assert await house.api("POST", "/staff/products", NEW, token=shop, status=201, key="new-1") == made
    assert (await house.api("POST", "/staff/products", NEW, token=shop, status=422))["field"] == "code"
    dear = {**NEW, "code": "N002", "member_price_fen": 60000}
    assert (await house.api("POST", "/staff/products", dear, token=shop, status=422))["field"] == "member_price_fen"
    here = f"/staff/products/{made['id']}"
    await house.api("GET", f"/products/{made['id']}", status=404)
    size = {"code": "N001-U", "size": "均码", "colour": "米白"}
    [sku] = (await house.api("POST", f"{here}/skus", size, token=store, status=201))["skus"]
    await house.api("POST", f"{here}/skus", size, token=store, status=422)
    there = f"/staff/skus/{sku['id']}/deliveries"
    for _ in range(2):
        told = await house.api("POST", there, {"quantity": 5, "delivery": "D-77"}, token=store, status=201)
        assert (told["received"], told["on_hand"]) == (5, 5)
    await house.api("POST", there, {"quantity": 6, "delivery": "D-77"}, token=store, status=422)
    await house.api("POST", there, {"quantity": 6, "delivery": "D-78"}, token=shop, status=403)
    assert (await house.api("PUT", here, {"on_sale": True}, token=shop))["on_sale"]
    seen = await house.api("GET", f"/products/{made['id']}")
    assert (seen["price_fen"], seen["skus"][0]["left"]) == (59900, 5)
    await house.api("PUT", here, {"price_fen": 55900}, token=shop)
    assert (await house.api("GET", f"/products/{made['id']}"))["price_fen"] == 55900, "no old answer is kept"
    who = await shopper(house)
    cart = await house.api("POST", "/cart/items", {"sku_id": sku["id"], "quantity": 1}, token=who.token, status=201)
    assert cart["items"][0]["sku_id"] == sku["id"]
    acts = await AuditEntry.filter(ref=f"product:{made['id']}").order_by("id")
    assert [act.action for act in acts] == ["product.add", "product.change", "product.change"]
    assert (acts[2].facts["before"], acts[2].facts["after"]) == ({"price_fen": 59900}, {"price_fen": 55900})
    assert (await Sku.get(id=sku["id"])).received == 5
    await house.api("PUT", here, {"on_sale": False}, token=shop)
    await house.api("GET", f"/products/{made['id']}", status=404)


async def test_a_claim_word_waits_for_evidence_and_a_second_person(house: House) -> None:
    one = await house.staff("marketing1")
    await StaffUser.create(
        login="marketing2", name="阿蓝", role="marketing", password_hash=hash_password("demo-marketing2", n=2**4),
        created_at=house.shop.now(),
    )  # fmt: skip
    other = await house.staff("marketing2")
    made = await house.api(
        "POST", "/staff/products", {**NEW, "story": "最轻的羊绒，100%山羊绒。"}, token=one, status=201
    )
    assert made["unproved"] == ["最", "100%"]
    here = f"/staff/products/{made['id']}"
    refused = await house.api("PUT", here, {"on_sale": True}, token=one, status=409)
    assert (refused["code"], refused["facts"]["words"]) == ("claim_unproved", "最、100%")
    await house.api("PUT", here, {"story": "山羊绒含量 100%。"}, token=one)
    proof = {"word": "100%", "evidence": "国家纺织检测中心 2026-10 报告 A123"}
    claim = await house.api("POST", f"{here}/claims", proof, token=one, status=201)
    await house.api("POST", f"{here}/claims", proof, token=one, status=409)
    await house.api("POST", f"{here}/claims", {**proof, "word": "柔软"}, token=one, status=422)
    verdict = f"/staff/claims/{claim['id']}/verdict"
    assert (await house.api("POST", verdict, {"proved": True}, token=one, status=409))["code"] == "second_person_needed"
    assert [row["id"] for row in (await house.api("GET", "/staff/claims", token=other))["items"]] == [claim["id"]]
    assert (await house.api("POST", verdict, {"proved": True}, token=other))["state"] == "proved"
    assert (await house.api("PUT", here, {"on_sale": True}, token=one))["unproved"] == []
    # A text on the shelf does not get a new unproved word.
    await house.api("PUT", here, {"name": "顶级羊绒围巾"}, token=one, status=409)
    # The report turned out to be wrong: the product leaves the shelf.
    await house.api("POST", verdict, {"proved": False, "note": "报告已过期"}, token=other)
    assert (await house.api("GET", here, token=one))["on_sale"] is False


async def test_looks_and_coupons_are_kept_without_sql(house: House) -> None:
    shop = await house.staff("marketing1")
    goods = [p["id"] for p in (await house.api("GET", "/products?limit=3"))["items"]]
    look = {"title": "周末一套", "picture": "/pictures/look.svg", "product_ids": goods}
    made = await house.api("POST", "/staff/looks", look, token=shop, status=201)
    assert [p["id"] for p in (await house.api("GET", f"/looks/{made['id']}"))["products"]] == goods
    here = f"/staff/looks/{made['id']}"
    told = await house.api("PUT", here, {"product_ids": goods[:1], "published": False}, token=shop)
    assert (told["on_sale_ids"], told["published"]) == (goods[:1], False)
    await house.api("GET", f"/looks/{made['id']}", status=404)
    await house.api("PUT", here, {"product_ids": [999999]}, token=shop, status=404)

    body = {
        "code": "WIN50", "name": "冬日 50", "threshold_fen": 30000, "off_fen": 5000, "points_price": 500,
        "valid_from": "2026-11-22T00:00:00Z", "valid_until": "2026-12-22T00:00:00+08:00",
    }  # fmt: skip
    coupon = await house.api("POST", "/staff/coupons", body, token=shop, status=201)
    assert coupon["valid_until"] == "2026-12-21T16:00:00Z"
    await house.api("POST", "/staff/coupons", body, token=shop, status=422)
    too_much = {**body, "code": "X", "off_fen": 30001}
    assert (await house.api("POST", "/staff/coupons", too_much, token=shop, status=422))["field"] == "off_fen"
    who = await shopper(house)
    assert "冬日 50" in [c["name"] for c in (await house.api("GET", "/points/coupons", token=who.token))["items"]]
    there = f"/staff/coupons/{coupon['id']}"
    assert (await house.api("PUT", there, {"off_fen": 6000}, token=shop))["off_fen"] == 6000
    await MemberCoupon.create(
        member_id=who.member_id, coupon_id=coupon["id"], reason="gift", created_at=house.shop.now()
    )
    for worse in ({"off_fen": 1000}, {"valid_until": "2026-12-01T00:00:00Z"}):
        assert (await house.api("PUT", there, worse, token=shop, status=409))["code"] == "wrong_state"
    longer = await house.api("PUT", there, {"valid_until": "2027-01-31T00:00:00Z", "name": "冬日券"}, token=shop)
    assert (longer["name"], longer["valid_until"]) == ("冬日券", "2027-01-31T00:00:00Z")


async def test_a_size_is_renamed_and_retired_and_stock_is_counted(house: House) -> None:
    store, [one, *_] = await house.staff("warehouse1"), (await house.api("GET", "/products?limit=1"))["items"]
    most, *others = sorted(one["skus"], key=lambda s: -s["left"])
    sku = await Sku.get(id=most["id"])
    here, was = f"/staff/skus/{sku.id}", sku.on_hand
    counted = {"counted": was - 2, "count": "2026-11", "why": "月末盘点"}
    for _ in range(2):
        told = await house.api("POST", f"{here}/counts", counted, token=store, status=201)
        assert (told["received"], told["on_hand"], told["lost"]) == (was, was - 2, 2)
    more = {"counted": was + 1, "count": "2026-12", "why": "找到一箱"}
    told = await house.api("POST", f"{here}/counts", more, token=store, status=201)
    assert (told["received"], told["on_hand"], told["lost"]) == (was + 3, was + 1, 2)
    await house.api("POST", f"{here}/counts", more, token=await house.staff("marketing1"), status=403)

    await house.api("PUT", here, {"code": "NEW-1", "size": "新码"}, token=store)
    taken = {"size": others[0]["size"], "colour": others[0]["colour"]}
    await house.api("PUT", here, taken, token=store, status=422)
    assert "新码" in [s["size"] for s in (await house.api("GET", f"/products/{one['id']}"))["skus"]]
    who = await shopper(house)
    cart = await house.api("POST", "/cart/items", {"sku_id": sku.id, "quantity": 1}, token=who.token, status=201)
    await house.api("PUT", here, {"retired": True}, token=store)
    assert sku.id not in [s["id"] for s in (await house.api("GET", f"/products/{one['id']}"))["skus"]]
    assert (await house.api("GET", "/cart", token=who.token))["items"][0]["left"] == 0
    body = {"sku_id": sku.id, "quantity": 1}
    assert (await house.api("POST", "/cart/items", body, token=who.token, status=409))["code"] == "out_of_stock"
    with pytest.raises(OutOfStock):
        async with transaction():
            await catalog.reserve(house.shop, [Piece(sku.id, "test")])
    assert cart["items"][0]["left"] > 0
    acts = [act.action for act in await AuditEntry.filter(ref=f"sku:{sku.id}").order_by("id")]
    assert acts == ["stock.count", "stock.count", "sku.change", "sku.change"]
    await house.api("PUT", here, {"retired": False}, token=store)
    async with transaction():
        await catalog.reserve(house.shop, [Piece(sku.id, "test")])
    assert [d for d in await books.check() if d.subject.split(":")[:2] == ["sku", str(sku.id)]] == []


async def test_a_looks_words_are_proved_like_those_of_its_products(house: House) -> None:
    shop = await house.staff("marketing1")
    goods = [p["id"] for p in (await house.api("GET", "/products?limit=2"))["items"]]
    look = {"title": "最显瘦的一套", "picture": "/pictures/look.svg", "product_ids": goods}
    assert (await house.api("POST", "/staff/looks", look, token=shop, status=409))["facts"]["words"] == "最"
    made = await house.api("POST", "/staff/looks", {**look, "published": False}, token=shop, status=201)
    here = f"/staff/looks/{made['id']}"
    await house.api("PUT", here, {"published": True}, token=shop, status=409)
    claim = await ProductClaim.create(
        product_id=goods[0], word="最", evidence="检测报告", asked_by=1, state=ClaimState.PROVED,
        created_at=house.shop.now(),
    )  # fmt: skip
    assert (await house.api("PUT", here, {"published": True}, token=shop))["published"]
    await house.api("POST", f"/staff/claims/{claim.id}/verdict", {"proved": False}, token=shop)
    await house.api("GET", f"/looks/{made['id']}", status=404)

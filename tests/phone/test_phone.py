"""The phone in a real browser: follow, chat, log in, browse, pay, book, move the clock – and a whole box."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from domain.booking import BookingState
from domain.box import BoxState
from domain.membership import PlanState
from models import Booking, Box, BoxItem, DamageFee, Member, Membership, Order, OrderItem, Payment, Photo, QuotaCounter
from tests.flows.test_box_evidence import JPEG, show
from tests.support.boxes import Life, pieces
from tests.support.house import House
from tests.support.money import Shopper

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = "86400"


async def _log_in(phone: Page) -> None:
    await phone.check("#agree")
    await phone.click("#login")
    await phone.wait_for_selector(".tile")


async def _buy_plan(phone: Page) -> None:
    await phone.click("[data-tab=me]")
    await phone.click("[data-plan=yearly]")
    await phone.click("#pay-confirm")
    await phone.click("#consent-allow")
    await phone.wait_for_selector(".member.paid")


async def _book(phone: Page) -> None:
    await phone.click("[data-tab=booking]")
    await phone.click("[data-stylist=林晚]")
    await phone.wait_for_selector("[data-stylist=林晚].on")
    await phone.locator(".slot").first.click()
    await phone.click("#book")
    await phone.click("#consent-allow")
    await phone.wait_for_selector(".card.booking")


async def test_following_brings_a_welcome_and_a_line_brings_an_answer(phone: Page, house: House) -> None:
    await phone.click("#follow")
    await expect(phone.locator(".line.theirs .bubble")).to_have_count(1)
    assert await Member.filter(follows=True).count() == 1
    await phone.fill("#chat-input", "你们店几点开门")
    await phone.click("#chat-send")
    await expect(phone.locator(".line.mine .bubble").last).to_have_text("你们店几点开门")
    await expect(phone.locator(".line.theirs .bubble")).to_have_count(2)
    await expect(phone.locator(".line.theirs .bubble").last).to_contain_text("10:00")


async def test_the_menu_answers_and_opens_the_mini_program(phone: Page, house: House) -> None:
    await phone.click("#follow")
    await expect(phone.locator(".line.theirs .bubble")).to_have_count(1)
    buttons = phone.locator("#chat-menus button")
    await expect(buttons).to_have_count(3)
    await buttons.nth(2).click()
    await phone.locator(".popover button", has_text="我的积分").click()
    await expect(phone.locator(".line.theirs .bubble")).to_have_count(2)
    await _log_in(phone)
    await phone.click("[data-tab=me]")
    await buttons.nth(0).click()
    await phone.locator(".popover button", has_text="逛商店").click()
    await expect(phone.locator(".tile").first).to_be_visible()


async def test_unfollowing_keeps_the_member(phone: Page, house: House) -> None:
    await phone.click("#follow")
    await expect(phone.locator(".line.theirs .bubble")).to_have_count(1)
    await phone.click("#chat-more")
    await phone.click("[data-value=unfollow]")
    await expect(phone.locator("#follow")).to_be_visible()
    member = await Member.get()
    assert not member.follows


async def test_the_shelves_are_full_and_a_product_changes_colour(phone: Page, house: House) -> None:
    await _log_in(phone)
    assert await phone.locator(".tile").count() >= 30
    await phone.wait_for_function("document.querySelector('.tile img').naturalWidth > 0")
    await phone.locator("[data-category=针织]").click()
    await phone.locator("[data-product=ZZ01]").click()
    await phone.locator(".choice .chip", has_text="酒红").click()
    await expect(phone.locator(".big img")).to_have_attribute("src", re.compile("cable-burgundy"))
    await phone.click("#to-bag")
    await expect(phone.locator("#bag-bar")).to_contain_text("1 件")


async def test_a_refused_payment_changes_nothing_and_a_paid_one_starts_the_plan(phone: Page, house: House) -> None:
    await _log_in(phone)
    await phone.click("[data-tab=me]")
    await phone.click("[data-plan=yearly]")
    await expect(phone.locator("#pay-sum")).to_have_text("¥398")
    await phone.click("#pay-refuse")
    await expect(phone.locator(".toast")).to_contain_text("没有付款")
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 0
    await _buy_plan(phone)
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 1
    assert await Payment.filter(state="paid", amount_fen=39800).count() == 1
    await expect(phone.locator("#member-until")).to_contain_text("2027年11月22日")
    await expect(phone.locator("[data-quota=styling] b")).to_have_text("6")


async def test_without_a_plan_a_slot_is_refused_in_kind_words(phone: Page, house: House) -> None:
    await _log_in(phone)
    await phone.click("[data-tab=booking]")
    await phone.locator(".slot").first.click()
    await phone.click("#book")
    await expect(phone.locator(".toast.bad")).to_contain_text("造型")
    assert await Booking.all().count() == 0


async def test_a_styling_above_the_quota_is_bought_by_a_tap(phone: Page, house: House) -> None:
    await _log_in(phone)
    await _buy_plan(phone)
    await QuotaCounter.filter(kind="styling").update(granted=0)
    await phone.click("[data-tab=booking]")
    await phone.click("#extra-styling")
    await phone.get_by_text("去付款", exact=True).click()
    await expect(phone.locator("#pay-sum")).to_have_text("¥128")
    await phone.click("#pay-confirm")
    await expect(phone.locator("text=还有 1 次造型")).to_be_visible()


async def test_a_slot_is_booked_and_the_clock_moves(phone: Page, house: House) -> None:
    await _log_in(phone)
    await _buy_plan(phone)
    await _book(phone)
    booking = await Booking.get()
    assert booking.state is BookingState.BOOKED
    await expect(phone.locator(".backstage .date")).to_contain_text("11月22日")
    before = house.shop.now()
    await phone.click(f"[data-leap='{DAY}']")
    await expect(phone.locator(".backstage .date")).to_contain_text("11月23日")
    assert (house.shop.now() - before).total_seconds() >= 86_400


async def test_a_whole_box_by_clicking(phone: Page, house: House) -> None:
    await phone.click("#follow")
    await _log_in(phone)
    await _buy_plan(phone)
    await phone.click("[data-tab=box]")
    await phone.click("#ask-box")
    await phone.click("#send-request")
    await phone.click("[data-deed=propose]")
    await phone.click("#add-address")
    await phone.click("[data-place='0']")
    await phone.click("[data-cover=pay_score]:not(.on), [data-cover=pay_score].on")
    await phone.locator("label.switch", has=phone.locator("#swap-allowed")).click()
    await phone.click("#confirm-box:not([disabled])")
    await phone.click("#score-confirm")
    await phone.click("#consent-allow")
    await expect(phone.locator("#swap-allowed")).to_be_checked()
    assert (await Box.get()).swap_allowed
    await phone.click("[data-deed=ship]")
    await phone.click("[data-carrier='100001']")
    await phone.wait_for_selector("text=已揽收")
    await phone.click("[data-carrier='300003']")
    await phone.wait_for_selector("#deadline")
    await phone.locator(".row.item").first.get_by_text("退回", exact=True).click()
    await phone.click("[data-reason=size]")
    await phone.click("#send-back")
    await phone.locator(".sheet .go").click()
    await phone.click("#book-pickup")
    await phone.click("[data-leap='7200']")
    await phone.click("[data-carrier='100001']")
    await phone.click("[data-leap='7200']")
    await phone.click("[data-deed=receive]")
    await phone.click("[data-deed=grade]")
    await expect(phone.locator(".row.item em.returned")).to_have_count(1)
    await phone.click("#keep-rest")
    await phone.locator(".sheet .go").click()
    await phone.wait_for_selector("[data-state=settled], .boxline .tag.settled")
    box = await Box.get()
    assert box.state is BoxState.SETTLED
    states = [item.state.value for item in await BoxItem.filter(box_id=box.id)]
    assert sorted(states) == ["bought"] * 5 + ["returned"]


async def test_a_piece_is_exchanged_missed_and_damaged_by_tapping(phone: Page, house: House, tmp_path: Path) -> None:
    person = next(one for one in house.world.people.values() if one.name == "沈知夏")
    await _log_in(phone)
    token = await house.login(person)
    member = await Member.get()
    box = Life(house, Shopper(person, token, member.id), await house.staff("warehouse1"))
    box.box = await box.call("POST", "/boxes", {"sku_ids": await pieces(house, 5), "occasion": "通勤"})
    await box.cover("pay_score")
    await box.signed()

    await phone.click("[data-tab=box]")
    await phone.locator("[data-about=exchange]").first.click()
    await phone.locator(".sheet [data-value]").first.click()
    await phone.click("#score-confirm")
    await phone.click("#consent-allow")
    await phone.wait_for_selector(f"[data-box='{box.id}']")
    exchange = await Box.get(exchange_of_id=box.items[0]["id"])
    assert exchange.state is BoxState.PACKING

    # Three pieces come back: the exchanged one, one that is not in the parcel, one that is torn.
    first, lost, torn = (item["id"] for item in box.items[:3])
    lines = [{"item_id": i, "decision": "return", "reason": "size"} for i in (lost, torn)]
    lines += [{"item_id": item["id"], "decision": "keep"} for item in box.items[3:]]
    await box.call("POST", f"/boxes/{box.id}/decisions", {"items": lines})
    await box.staff("POST", "/staff/parcels/receive", {"waybill": await box.send_back()})
    await box.grade({first: "ok", lost: "missing", torn: "damaged"})
    await show(box, 2)
    fee = {"grade": "light", "fee_fen": 500, "words": "袖口勾丝"}
    await box.staff("POST", f"/staff/boxes/{box.id}/items/{torn}/damage", fee)

    picture = tmp_path / "parcel.jpg"
    picture.write_bytes(JPEG)
    await phone.click(f"[data-box='{box.id}']")
    await phone.click("[data-about=missing]")
    await phone.fill("#evidence-words", "和另外两件放在一个袋子里")
    await phone.set_input_files("#evidence-file", picture)
    await phone.click("#evidence-send")
    await expect(phone.locator(".toast")).to_contain_text("核对完告诉你")
    await phone.click("[data-about=damage]")
    await phone.wait_for_function("document.querySelector('.sheet img.evidence') !== null")
    await phone.click("#damage-accept")
    await expect(phone.locator("[data-about=damage]")).to_have_count(0)
    assert (await BoxItem.get(id=lost)).statement == "和另外两件放在一个袋子里"
    assert await Photo.filter(item_id=lost).count() == 1
    assert (await DamageFee.get(item_id=torn)).state == "accepted"


async def test_an_order_from_the_cart_to_the_return_by_clicking(phone: Page, house: House) -> None:
    await _log_in(phone)
    for code in ("ZZ01", "ZZ02"):
        await phone.locator(f"[data-product={code}]").click()
        await phone.click("#to-cart")
        await expect(phone.locator(".toast.good").last).to_contain_text("购物车")
        await phone.click("[data-tab=shop]")
    await expect(phone.locator("#cart-bar")).to_contain_text("2 件")
    await phone.click("#cart-bar")
    await phone.click("#checkout")
    await phone.click("#add-address")
    await phone.click("[data-place='0']")
    await phone.click("#place-order:not([disabled])")
    await phone.click("#pay-confirm")
    await phone.click("[data-deed=ship-order]")
    await phone.click("#receive-order")
    await phone.locator("[data-piece] .chip").first.click()
    await phone.click("[data-value=size]")
    await phone.click("#send-order-back")
    await phone.click("#return-confirm")
    await phone.click("#book-pickup:not([disabled])")
    await phone.click("[data-carrier='100001']")
    await phone.click("[data-leap='7200']")
    await phone.click("[data-deed=receive-order]")
    await phone.click("[data-deed=grade-order]")
    await expect(phone.locator("[data-piece] em.returned")).to_have_count(1)
    order = await Order.get()
    states = [piece.state.value for piece in await OrderItem.filter(order_id=order.id)]
    assert sorted(states) == ["bought", "returned"]
    await expect(phone.locator("#refunded")).to_contain_text("¥")
    assert order.refunded_fen > 0

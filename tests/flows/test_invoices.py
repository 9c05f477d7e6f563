"""Invoices: asked for by chat, in the mini-program or by telephone; issued or refused by the desk, and told."""

import asyncio
from datetime import timedelta

import pytest

from domain.invoice import Payer, payer_in
from models import AuditEntry, InboxNote, Invoice, Purchase
from services import books, closings, exports, invoices, purchases
from services.transaction import transaction
from tests.flows.test_booking_doors import subscriber
from tests.support.house import House
from tests.support.money import Shopper
from tests.support.orders import arrived, come_back, send_back

COMPANY, TAX_NO = "上海风尚贸易有限公司", "91310000MA1FL0XX2Q"


async def bought(house: House, who: Shopper, ref: str, net_fen: int) -> None:
    days = timedelta(days=int(ref.split(":")[1]))
    await Purchase.create(
        member_id=who.member_id, ref=ref, net_fen=net_fen, bought_at=house.shop.now() + days,
        created_at=house.shop.now(),
    )  # fmt: skip


def test_title_and_tax_number_are_read_as_they_are_said() -> None:
    for line, payer in {
        "张三": Payer("张三"),
        "抬头写李小姐": Payer("李小姐"),
        f"公司抬头：{COMPANY}，税号：{TAX_NO}": Payer(COMPANY, TAX_NO),
        f"抬头{COMPANY} 税号{TAX_NO.lower()}": Payer(COMPANY, TAX_NO),
        f"{COMPANY}\n{TAX_NO}": Payer(COMPANY, TAX_NO),
        TAX_NO: Payer("", TAX_NO),
    }.items():
        assert payer_in(line) == payer, line
    assert [Payer("张三").is_whole, Payer(COMPANY).is_whole, Payer("", TAX_NO).is_whole] == [True, False, False]


async def test_an_invoice_is_asked_for_by_chat_issued_and_told(house: House) -> None:
    who = await subscriber(house)
    await house.follow(who.person)
    await house.move(seconds=30)
    assert "都可以开电子发票" in await house.say(who.person, "我要开发票")
    await bought(house, who, "box:9", 128000)
    assert "盒子（9 号），1280.00 元，可以开电子发票" in await house.say(who.person, "开发票")
    assert "还要税号" in await house.say(who.person, COMPANY)
    reply = await house.say(who.person, TAX_NO)
    assert f"「{COMPANY}」，税号 {TAX_NO}，1280.00 元" in reply
    assert not await Invoice.exists()
    assert "提交好了" in await house.say(who.person, "对")
    assert "已经提交" in await house.say(who.person, "发票开好了吗 开发票")

    desk, other = await house.staff("service1"), await house.staff("warehouse1")
    [waits] = (await house.api("GET", "/staff/invoices", token=desk))["items"]
    assert (waits["title"], waits["tax_no"], waits["amount_fen"]) == (COMPANY, TAX_NO, 128000)
    assert COMPANY not in (await Invoice.get()).title_sealed
    here = f"/staff/invoices/{waits['id']}"
    await house.api("POST", f"{here}/issue", {"number": "24312000000012345678"}, token=other, status=403)
    # A piece came back meanwhile: the invoice is over what is kept.
    await Purchase.filter(ref="box:9").update(net_fen=100000)
    done = await house.api("POST", f"{here}/issue", {"number": "24312000000012345678"}, token=desk)
    assert (done["state"], done["amount_fen"]) == ("issued", 100000)
    await house.api("POST", f"{here}/refuse", {"why": "晚了"}, token=desk, status=409)
    assert "1000.00 元" in (await InboxNote.filter(member_id=who.member_id, title="发票").get()).text
    assert "24312000000012345678" in await house.say(who.person, "我的发票呢 要发票")
    told = await exports.collect(house.shop, who.member_id)
    assert told["invoice"][0]["title"] == COMPANY


async def test_a_refused_one_may_be_asked_for_again_and_by_telephone(house: House) -> None:
    who, stranger, desk = await subscriber(house), await subscriber(house, "别人"), await house.staff("service1")
    await bought(house, who, "order:3", 59900)
    assert (await house.api("GET", "/me/invoices", token=who.token))["due"] == [{"ref": "order:3", "amount_fen": 59900}]
    body = {"ref": "order:3", "title": COMPANY}
    assert (await house.api("POST", "/me/invoices", body, token=who.token, status=422))["field"] == "tax_no"
    whole = {**body, "tax_no": TAX_NO}
    await house.api("POST", "/me/invoices", whole, token=stranger.token, status=404)
    asked = await house.api("POST", "/me/invoices", whole, token=who.token, status=201)
    await house.api("POST", "/me/invoices", whole, token=who.token, status=409)
    refused = {"why": "税号和抬头对不上"}
    await house.api("POST", f"/staff/invoices/{asked['id']}/refuse", refused, token=desk)
    phoned = await house.api("POST", f"/staff/members/{who.member_id}/invoices", {**body, "title": "张三"}, token=desk)
    assert phoned["state"] == "asked"
    mine = await house.api("GET", "/me/invoices", token=who.token)
    assert [(one["state"], one["reason"], one["title"]) for one in mine["items"]] == [
        ("asked", "", "张三"), ("refused", refused["why"], COMPANY),
    ]  # fmt: skip
    assert mine["due"] == []
    acts = await AuditEntry.filter(action__startswith="invoice.").order_by("id")
    assert [act.action for act in acts] == ["invoice.refused", "invoice.ask"]
    assert Invoice in closings.EMPTIED


async def test_what_comes_back_after_the_invoice_is_reversed_by_a_red_one(house: House) -> None:
    one, desk = await arrived(house, count=2), await house.staff("service1")
    ref, whole = f"order:{one.id}", one.order["goods_fen"]
    asked = await one.call("POST", "/me/invoices", {"ref": ref, "title": "林一"})
    here, number = f"/staff/invoices/{asked['id']}", {"number": "24312000000012345678"}
    await house.api("POST", f"{here}/issue", number, token=desk)
    early = await house.api("POST", f"{here}/red", number, token=desk, status=409)
    assert early["code"] == "wrong_state", "nothing of it came back"
    await house.move(minutes=1)
    order = await come_back(one, await send_back(one, 0))

    [waits] = (await house.api("GET", "/staff/invoices?state=to_red", token=desk))["items"]
    assert (waits["id"], waits["amount_fen"], waits["state"]) == (asked["id"], whole, "to_red")
    assert (await one.call("GET", "/me/invoices"))["due"] == [], "two would stand for one purchase"
    await house.api("POST", f"{here}/red", {"number": "1"}, token=desk, status=422)
    await house.api("POST", f"{here}/red", {"number": "24312000000087654321"}, token=one.warehouse, status=403)
    red = await house.api("POST", f"{here}/red", {"number": "24312000000087654321"}, token=desk)
    assert (red["state"], red["number"], red["red_number"]) == ("red", number["number"], "24312000000087654321")
    assert (await house.api("GET", "/staff/invoices?state=to_red", token=desk))["items"] == []
    note = await InboxNote.filter(title="发票").order_by("-id").first()
    assert note is not None
    assert "24312000000087654321" in note.text
    assert [act.action for act in await AuditEntry.filter(ref=f"invoice:{asked['id']}").order_by("id")] == [
        "invoice.issued", "invoice.red",
    ]  # fmt: skip
    # What is kept may have one of its own, which is right until something of that comes back too.
    again = await one.call("POST", "/me/invoices", {"ref": ref, "title": "林一"})
    assert again["amount_fen"] == order["goods_fen"] == whole - order["items"][0]["net_fen"]
    issued = await house.api("POST", f"/staff/invoices/{again['id']}/issue", number, token=desk)
    assert issued["amount_fen"] == order["goods_fen"]
    await house.move(minutes=2)
    await come_back(one, await send_back(one, 1))
    [waits] = (await house.api("GET", "/staff/invoices?state=to_red", token=desk))["items"]
    assert waits["id"] == again["id"]
    assert await books.check() == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_issued_while_a_piece_comes_back_it_is_right_or_marked(house: House) -> None:
    who = await subscriber(house)

    async def comes_back(ref: str) -> None:
        async with transaction():
            await purchases.keep(house.shop, who.member_id, ref, 60000)

    async def once(number: int) -> tuple[str, int]:
        ref = f"order:{number}"
        await bought(house, who, ref, 100000)
        asked = await invoices.ask(house.shop, who.member_id, ref, Payer("林一"), "miniapp")
        await asyncio.gather(invoices.issue(house.shop, 1, asked.row.id, "243120000001"), comes_back(ref))
        row = await Invoice.get(id=asked.row.id)
        return row.state.value, row.amount_fen

    ends = {await once(number) for number in range(1, 13)}
    assert ends <= {("issued", 60000), ("to_red", 100000)}

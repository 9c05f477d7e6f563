"""Chat messages, templates, the menu, scene codes and followers of the service account."""

from datetime import timedelta

import pytest

from domain.errors import OutsideRefusal
from domain.ports import Card, Choice, Wechat
from sandbox.api.custom import Windows
from sandbox.api.media import Media
from sandbox.api.menu import Menu
from sandbox.world import Person
from tests.integrations.shop import NOW, Shop

SEND = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"


@pytest.fixture
def follower(shop: Shop) -> Person:
    person = shop.person()
    person.follows, person.subscribed_at, person.qr_scene_str = True, NOW - timedelta(days=1), "store-1"
    shop.world.room(Windows).grant(shop.world.official, person, "message")
    return person


@pytest.fixture
def openid(shop: Shop, follower: Person) -> str:
    return follower.openids[shop.world.official.appid]


async def test_a_follower_and_a_stranger(shop: Shop, wechat: Wechat, follower: Person, openid: str) -> None:
    user = await wechat.official.user_info(openid)
    assert (user.follows, user.unionid, user.scene) == (True, follower.unionid, "store-1")
    assert user.subscribed_at == NOW - timedelta(days=1)
    follower.qr_scene_str = ""
    assert (await wechat.official.user_info(openid)).scene == "ADD_SCENE_SEARCH"
    stranger = await wechat.official.user_info(shop.person().openids[shop.world.official.appid])
    assert (stranger.follows, stranger.scene, stranger.subscribed_at) == (False, "", None)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.official.user_info("nobody")
    assert no.value.code == "40003"


async def test_messages_go_out_in_raw_chinese(shop: Shop, wechat: Wechat, openid: str) -> None:
    await wechat.official.send_text(openid, "您好,盒子已寄出 🎁")
    await wechat.official.send_choices(openid, "您想", [Choice("1", "预约造型师"), Choice("2", "查积分")], "")
    media = shop.world.room(Media).put("image", b"\x89PNG", "image/png")
    await wechat.official.send_card(openid, Card("我的盒子", "pages/box/index", media))
    bodies = [call.body for call in shop.seen(SEND)]
    assert [body["msgtype"] for body in bodies] == ["text", "msgmenu", "miniprogrampage"]
    assert bodies[0]["text"]["content"] == "您好,盒子已寄出 🎁"
    await wechat.official.send_text(openid, "四")
    await wechat.official.send_text(openid, "五")
    for code in ("45047", "45015"):
        with pytest.raises(OutsideRefusal) as no:
            await wechat.official.send_text(openid, "还在吗")
        assert no.value.code == code
        await shop.pass_time(hours=48)


async def test_the_same_template_message_is_sent_once(shop: Shop, wechat: Wechat, openid: str) -> None:
    template = shop.credentials["templates"]["category"]["booking_reminder"]
    data = {"thing1": "造型咨询", "time2": "2026年11月23日 15:00", "thing3": "西湖店", "thing4": "请准时到店"}
    long_id = "booking:" + "7" * 60

    async def send(client_msg_id: str) -> str:
        return await wechat.official.send_template(openid, template, data, "pages/booking/index", client_msg_id)

    first = await send(long_id)
    assert first.isdigit()
    assert await send(long_id) == first
    assert await send("other") != first
    assert shop.seen(TEMPLATE)[0].body["miniprogram"]["appid"] == shop.world.mini.appid
    assert await wechat.official.send_template(openid, template, data, "", "")
    assert "miniprogram" not in shop.seen(TEMPLATE)[-1].body


async def test_the_menu_is_replaced(shop: Shop, wechat: Wechat) -> None:
    await wechat.official.create_menu([{"type": "click", "name": "我的盒子", "key": "box"}])
    assert shop.world.room(Menu) is not None
    assert shop.seen("/cgi-bin/menu/create")[0].body["button"][0]["name"] == "我的盒子"


@pytest.mark.parametrize("seconds", [None, 600])
async def test_scene_codes_lead_to_their_picture(shop: Shop, wechat: Wechat, seconds: int | None) -> None:
    address = await wechat.official.create_scene_code("stylist-7", seconds)
    async with shop.session.get(address) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/png"

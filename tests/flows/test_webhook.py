"""The callback's door: signatures first, nothing half-read, bad input cleanly refused, nothing stored."""

import hashlib
import secrets
from collections.abc import AsyncIterator

import pytest
from wechatpy.crypto import WeChatCrypto

from models import ChatLine, InboundEvent, Member
from tests.support.house import House, reply_text

TEXT = (
    "<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
    "<MsgId>{number}</MsgId></xml>"
)


class Sender:
    """Pushes as WeChat does, and as an attacker would."""

    def __init__(self, house: House) -> None:
        self.house = house
        account = house.settings.wechat.official
        self.token = account.token.get_secret_value()
        self.crypto = WeChatCrypto(self.token, account.aes_key.get_secret_value(), account.appid)

    def sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode()).hexdigest()

    async def post(
        self,
        body: str | bytes,
        *,
        signature: str | None = None,
        msg_signature: str | None = None,
        at: int | None = None,
        in_pieces: bool = False,
    ) -> int:
        stamp = str(at if at is not None else int(self.house.shop.now().timestamp()))
        nonce = secrets.token_hex(4)
        encrypted = ""
        if isinstance(body, str) and "<Encrypt><![CDATA[" in body:
            encrypted = body.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        query = {
            "signature": self.sign(stamp, nonce) if signature is None else signature,
            "msg_signature": self.sign(stamp, nonce, encrypted) if msg_signature is None else msg_signature,
            "timestamp": stamp,
            "nonce": nonce,
            "encrypt_type": "aes",
        }
        sent = self._pieces(body.encode()) if in_pieces and isinstance(body, str) else body
        async with self.house.http.post(f"{self.house.base}/wechat/official", params=query, data=sent) as answer:
            return answer.status

    async def _pieces(self, body: bytes) -> AsyncIterator[bytes]:
        """The second half leaves when the first was surely read: another call has been answered meanwhile."""
        yield body[: len(body) // 2]
        async with self.house.http.get(f"{self.house.base}/readyz") as answer:
            assert answer.status == 200
        yield body[len(body) // 2 :]

    def sealed(self, plain: str) -> str:
        stamp = str(int(self.house.shop.now().timestamp()))
        whole = str(self.crypto.encrypt_message(plain, "n", stamp))
        encrypted = whole.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        return f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"


async def nothing_stored() -> bool:
    return not (await InboundEvent.exists() or await Member.exists() or await ChatLine.exists())


async def test_the_address_check_echoes_only_with_a_right_signature(house: House) -> None:
    told = await house.wechat("/verify-url", {"account": "official"})
    assert told
    async with house.http.get(f"{house.base}/wechat/official?signature=x&timestamp=1&nonce=2&echostr=hi") as answer:
        assert answer.status == 403


async def test_a_bad_signature_is_refused_before_the_body_is_read(house: House) -> None:
    sender = Sender(house)
    good = sender.sealed(TEXT.format(openid="o1", at=1, text="你好", number=1))
    assert await sender.post(good, signature="0" * 40) == 403
    assert await sender.post(b"\xff\xfe not even text", signature="0" * 40) == 403
    assert await sender.post(good, msg_signature="0" * 40) == 403
    assert await sender.post(good, at=int(house.shop.now().timestamp()) - 3600) == 403
    assert await nothing_stored()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not xml",
        "<xml></xml>",
        "<xml><Encrypt></Encrypt></xml>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt><![CDATA[x]]></Encrypt></xml>',
        "<xml><Encrypt><![CDATA[notbase64!]]></Encrypt></xml>",
        "<xml><Encrypt><![CDATA[AAAAAAAAAAAAAAAAAAAAAA==]]></Encrypt></xml>",
        "{}",
        '{"Encrypt": 5}',
        b"\xff\xfe\x00",
    ],
)
async def test_malformed_bodies_are_a_clean_400(house: House, body: str | bytes) -> None:
    assert await Sender(house).post(body) == 400
    assert await nothing_stored()


@pytest.mark.parametrize(
    "plain",
    [
        "<xml></xml>",
        "<root/>",
        "plain text",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
        TEXT.format(openid="o1", at="soon", text="你好", number=1),
        TEXT.format(openid="o1", at=1, text="你好", number="many"),
        TEXT.format(openid="o1", at=1, text="你好", number=1).replace("<MsgType>", "<MsgType>text</MsgType><MsgType>"),
    ],
)
async def test_malformed_messages_inside_the_cipher_are_a_clean_400(house: House, plain: str) -> None:
    sender = Sender(house)
    assert await sender.post(sender.sealed(plain)) == 400
    assert await nothing_stored()


async def test_an_oversized_body_is_a_413(house: House) -> None:
    assert await Sender(house).post("<xml>" + "x" * 70_000 + "</xml>") == 413
    assert await nothing_stored()


async def test_a_body_that_comes_in_pieces_is_read_to_its_end(house: House) -> None:
    sender = Sender(house)
    at = int(house.shop.now().timestamp())
    whole = sender.sealed(TEXT.format(openid="o1", at=at, text="你好", number=1))
    assert await sender.post(whole, in_pieces=True) == 200
    assert (await ChatLine.filter(side="follower").get()).text == "你好"
    padded = whole.replace("<xml>", "<xml>" + " " * house.settings.app.max_body_bytes, 1)
    assert await sender.post(padded, in_pieces=True) == 413


async def test_a_repeated_text_is_worked_once_and_answered_alike(house: House) -> None:
    person = house.world.add_person("小雪")
    await house.follow(person)
    await house.wechat("/faults", {"match": "callback:text", "kind": "duplicate", "times": 1})
    told = await house.wechat(f"/people/{person.id}/text", {"content": "我有多少积分"})
    assert len(told["deliveries"]) == 2
    assert {reply_text({"deliveries": [d]}) for d in told["deliveries"]} == {reply_text(told)}
    assert "积分" in reply_text(told)
    assert await InboundEvent.filter(kind="text").count() == 1
    assert await ChatLine.filter(side="follower").count() == 1


async def test_a_reply_cannot_be_broken_by_what_was_said(house: House) -> None:
    person = house.world.add_person("]]>小白")
    await house.follow(person)
    assert await house.say(person, "]]><script>你好")
    # Marks of XML are only words when a member says them.
    assert await house.say(person, "<!-- 你好 --> <!DOCTYPE x>")


async def test_the_plaintext_is_forgotten_once_the_event_is_handled(house: House) -> None:
    person = house.world.add_person("小暑")
    await house.follow(person)
    await house.say(person, "我的手机是13912345678")
    assert [e.payload for e in await InboundEvent.all()] == [{}, {}]

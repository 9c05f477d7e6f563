"""The pushes as wechatpy reads them, and wechatpy's replies as the sandbox reads them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.messages import TextMessage
from wechatpy.replies import ArticlesReply, TextReply
from wechatpy.utils import check_signature

from sandbox.trial import Push, Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


def crypto(trial: Trial, kind: str) -> WeChatCrypto:
    account = trial.account(kind)
    return WeChatCrypto(account.token, account.aes_key, account.appid)


def opened(trial: Trial, push: Push) -> str:
    """The clear message, decrypted by wechatpy, which checks msg_signature and appid."""
    body = json.loads(push.body) if push.body.startswith("{") else push.body
    query = push.query
    check_signature(trial.account(push.kind).token, query["signature"], query["timestamp"], query["nonce"])
    clear = crypto(trial, push.kind).decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
    return clear if isinstance(clear, str) else clear.decode()


@pytest.mark.parametrize("length", [0, 1, 10, 11, 31, 32, 33, 500])
async def test_wechatpy_reads_texts_of_every_padding(trial: Trial, length: int) -> None:
    person = await trial.follower()
    content = "裙" + "x" * length
    await trial.act(person, "text", content=content)
    message = parse_message(opened(trial, trial.pushes[-1]))
    assert isinstance(message, TextMessage)
    assert message.content == content
    assert message.source == trial.openid(person)
    assert message.target == trial.world.official.gh_id


async def test_wechatpy_reads_json_pushes(trial: Trial) -> None:
    await trial.control("accounts/mini", {"format": "json"})
    person = trial.world.add_person("小林")
    await trial.act(person, "enter-session", session_from="box")
    fields = json.loads(opened(trial, trial.pushes[-1]))
    assert fields["Event"] == "user_enter_tempsession"
    assert fields["SessionFrom"] == "box"


async def test_wechatpy_reads_the_events_it_knows(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    await trial.act(person, "follow", scene="store-12")
    await trial.act(person, "scan", scene="store-13")
    await trial.act(person, "menu", key="STYLIST")
    await trial.act(person, "menu", url="https://shop.example/a?b=1&c=2")
    await trial.act(person, "wifi", shop_id="88")
    await trial.act(person, "card", card_id="pCard")
    await trial.act(person, "voice", recognition="我想预约")
    await trial.act(person, "image")
    await trial.act(person, "location", latitude=31.2, longitude=121.5, label="静安")
    await trial.act(person, "unfollow")
    messages = [parse_message(opened(trial, push)) for push in trial.pushes]
    follow, scan, click, view, wifi, card, voice, image, place, leave = messages
    assert (follow.event, follow.scene_id) == ("subscribe_scan", "store-12")
    assert (scan.event, scan.scene_id) == ("scan", "store-13")
    assert (click.event, click.key) == ("click", "STYLIST")
    assert (view.event, view.url) == ("view", "https://shop.example/a?b=1&c=2")
    assert wifi.shop_id == "88"
    assert card.card_id == "pCard"
    assert voice.recognition == "我想预约"
    assert image.media_id
    assert place.label == "静安"
    assert leave.event == "unsubscribe"
    assert [m.id for m in (follow, scan, click)] == [0, 0, 0]


@pytest.mark.parametrize("content", ["好的", "好的，" * 40, "<a href='x'>看看</a> & 更多"])
async def test_the_sandbox_reads_wechatpy_replies(trial: Trial, content: str) -> None:
    person = await trial.follower()

    def answer(push: Push) -> str:
        message = parse_message(opened(trial, push))
        xml = TextReply(content=content, message=message).render()
        sealed = crypto(trial, push.kind).encrypt_message(xml, push.query["nonce"], push.query["timestamp"])
        return str(sealed)

    trial.answer = answer
    done = await trial.act(person, "text", content="在吗")
    assert done["deliveries"][0]["reply"] == {"msgtype": "text", "content": content}


async def test_the_sandbox_reads_wechatpy_articles(trial: Trial) -> None:
    person = await trial.follower()

    def answer(push: Push) -> str:
        reply = ArticlesReply(message=parse_message(opened(trial, push)))
        reply.add_article({"title": "本周盒子", "description": "五件", "image": "http://p", "url": "http://u"})
        return str(crypto(trial, push.kind).encrypt_message(reply.render(), "n", push.query["timestamp"]))

    trial.answer = answer
    done = await trial.act(person, "text", content="看看")
    assert done["deliveries"][0]["reply"]["articles"][0]["title"] == "本周盒子"


async def test_a_reply_sealed_with_another_appid_is_refused(trial: Trial) -> None:
    person = await trial.follower()
    official = trial.world.official

    def answer(push: Push) -> str:
        other = WeChatCrypto(official.token, official.aes_key, "wx0000000000000000")
        return str(other.encrypt_message("<xml></xml>", "n", "1"))

    trial.answer = answer
    done = await trial.act(person, "text", content="在吗")
    assert "appid" in done["deliveries"][0]["reply"]["malformed"]

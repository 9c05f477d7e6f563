"""Encrypted callbacks: follows that make members, and texts that are understood and answered."""

import asyncio
import hashlib
import random
import time

import asyncpg
from wechatpy.crypto import WeChatCrypto

from bench.running import Running, summary

AT_ONCE = 192
"""Callbacks in the air, as in a rush: what waits is written in groups, and groups are what makes it cheap."""

TEXTS = (
    "你好", "我还有多少积分", "会员都有什么权益", "怎么开通会员", "盒子到哪了", "想退两件衣服", "怎么订盒子",
    "运费多少钱", "身高165体重52穿什么码", "有没有黑色大衣", "谢谢啦", "优惠券怎么用", "有没有新款裙子", "退款到了吗",
    "门店几点关门", "我想续费",
)  # fmt: skip


def _post(running: Running, body: str, nonce: str, timestamp: int, token: str, encrypted: str) -> bytes:
    signature = hashlib.sha1("".join(sorted((token, str(timestamp), nonce))).encode()).hexdigest()
    sealed = hashlib.sha1("".join(sorted((token, str(timestamp), nonce, encrypted))).encode()).hexdigest()
    path = (
        f"/wechat/official?signature={signature}&timestamp={timestamp}&nonce={nonce}"
        f"&encrypt_type=aes&msg_signature={sealed}"
    )
    data = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {running.host}\r\nContent-Type: text/xml\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def prepared(running: Running, count: int, kind: str, *, start: int = 0, people: int = 0) -> list[bytes]:
    """Whole HTTP requests of encrypted pushes, each a different event."""
    account = running.credentials["official"]
    crypto = WeChatCrypto(account["token"], account["aes_key"], account["appid"])
    chance = random.Random(7 + start)
    made = []
    now = int(time.time())
    for i in range(start, start + count):
        openid = f"oBench{(i % people) if people else i:014d}{'x' * 8}"
        if kind == "subscribe":
            inner = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey></EventKey>"
        else:
            inner = (
                f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{chance.choice(TEXTS)}]]></Content>"
                f"<MsgId>{9_000_000_000 + i}</MsgId>"
            )
        plain = (
            f"<xml><ToUserName><![CDATA[{account['gh_id']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{now}</CreateTime>{inner}</xml>"
        )
        sealed = crypto.encrypt_message(plain, f"n{i}", now)
        encrypted = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        body = f"<xml><ToUserName>{account['gh_id']}</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        made.append(_post(running, body, f"n{i}", now, account["token"], encrypted))
    return made


def opened(running: Running, body: str) -> str:
    """The plaintext of an encrypted reply; raises when the signature or the cipher is wrong."""
    account = running.credentials["official"]
    crypto = WeChatCrypto(account["token"], account["aes_key"], account["appid"])
    parts = {
        name: body.split(f"<{name}>")[1].split(f"</{name}>")[0].removeprefix("<![CDATA[").removesuffix("]]>")
        for name in ("MsgSignature", "TimeStamp", "Nonce")
    }
    return str(crypto.decrypt_message(body, parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"]))


async def driver_joins(url: str, count: int, *, batch: int = 100, connections: int = 2) -> float:
    """Members a second when the bare driver writes the same rows in groups: the baseline of joining."""
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)

    async def worker(number: int) -> None:
        for first in range(number * batch, count, connections * batch):
            rows = [f"oBare{first + i:014d}" for i in range(batch)]
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    "INSERT INTO inbound_event (source, external_id, kind, payload, attempts, failure, created_at) "
                    "SELECT 'bare', o, 'subscribe', '{}', 0, '', now() FROM unnest($1::text[]) AS o", rows,
                )  # fmt: skip
                ids = await connection.fetch(
                    "INSERT INTO member (level, first_seen_at, first_source, first_scene, last_seen_at, follows, "
                    "phone_sealed, profile, zone, created_at) "
                    "SELECT 'follower', now(), 'follow', '', now(), true, '', '{}', '', now() "
                    "FROM unnest($1::text[]) RETURNING id", rows,
                )  # fmt: skip
                await connection.execute(
                    "INSERT INTO identity (member_id, appid, openid, created_at) "
                    "SELECT m, 'bare', o, now() FROM unnest($1::bigint[], $2::text[]) AS t(m, o)",
                    [r["id"] for r in ids], rows,
                )  # fmt: skip

    started = time.perf_counter()
    await asyncio.gather(*(worker(n) for n in range(connections)))
    rate = count / (time.perf_counter() - started)
    await pool.close()
    return rate


async def count_rows(url: str, statement: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


def constant(running: Running) -> float:
    """Requests a second when the same server answers a constant: what it can do here, today."""
    one = f"GET /healthz HTTP/1.1\r\nHost: {running.host}\r\n\r\n".encode()
    running.fire([one] * 4_000, connections=32, most_seconds=10)
    done = running.fire([one] * 40_000, connections=64, most_seconds=20)
    rate = float(done["rate"])
    print(summary("the server answering a constant", done, "", rate))
    return rate


def follow(running: Running, _: float) -> None:
    """Follows that each make a member and are answered with the welcome."""
    driver = asyncio.run(driver_joins(running.database_url, 20_000))
    print(f"{'the driver alone, joins in groups':<34}{driver:>9,.0f}/s")
    before = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM member"))
    running.fire(prepared(running, 2_000, "subscribe"), connections=64, most_seconds=20)
    done = running.fire(
        prepared(running, 20_000, "subscribe", start=2_000), connections=AT_ONCE, most_seconds=30, keep_every=997
    )
    print(summary("follow → member → welcome", done, "≥ 1,000/s, p99 ≤ 500", driver))
    made = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM member")) - before
    assert made == 2_000 + done["count"], f"{made} members for {2_000 + done['count']} follows"
    assert all("欢迎" in opened(running, body) for body in done["kept"].values()), "a welcome is missing"


def text(running: Running, bare: float) -> None:
    """Texts of followers, each stored once, understood and answered."""
    # Those who write have followed before; what is measured is the text.
    running.fire(prepared(running, 5_000, "subscribe", people=5_000), connections=128, most_seconds=30)
    running.fire(texts(running, 2_000), connections=64, most_seconds=20)
    done = running.fire(texts(running, 20_000, start=2_000), connections=AT_ONCE, most_seconds=30, keep_every=997)
    print(summary("text → understood → answered", done, "≥ 1,500/s, p99 ≤ 300", bare))
    assert all(len(opened(running, body)) > 100 for body in done["kept"].values()), "a reply is empty"
    kept = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM inbound_event WHERE kind = 'text'"))
    assert kept == 2_000 + done["count"], "a text was not stored exactly once"


def texts(running: Running, count: int, *, start: int = 0) -> list[bytes]:
    return prepared(running, count, "text", start=start, people=5_000)

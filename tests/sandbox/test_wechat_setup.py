"""Invented credentials: what is in them, that they are kept, and the command that serves them."""

import asyncio
import json
import os
import signal
import stat
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sandbox.__main__ import main
from sandbox.clock import SharedClock
from sandbox.setup import make_world, read_world


def test_init_writes_both_views_and_keeps_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["init", "--dir", str(tmp_path), "--official-callback", "http://127.0.0.1:1/wechat"]
    assert main(words) == 0
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(before) == {"sandbox.json", "credentials.json"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
    assert main(words) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert "kept" in capsys.readouterr().out
    clock = SharedClock(tmp_path / "clock.json")
    world = read_world(tmp_path, clock)
    clock.advance(timedelta(minutes=1))
    assert read_world(tmp_path, clock).number() > world.number(), "started again, nothing is given out twice"
    given = json.loads(before["credentials.json"])
    assert world.official.callback_url == "http://127.0.0.1:1/wechat"
    assert given["official"]["secret"] == world.official.secret
    assert "merchant_private_key_pem" not in before["sandbox.json"]
    (tmp_path / "sandbox.json").unlink()
    assert main(words) == 2


def test_the_credentials_fit_together(tmp_path: Path) -> None:
    world, given = make_world(tmp_path)
    for kind in ("official", "mini"):
        assert len(given[kind]["aes_key"]) == 43
        assert given[kind]["aes_key"].isalnum()
    shop = given["merchant"]
    certificate = x509.load_pem_x509_certificate(shop["merchant_certificate_pem"].encode())
    key = serialization.load_pem_private_key(shop["merchant_private_key_pem"].encode(), None)
    assert certificate.public_key() == key.public_key()
    assert f"{certificate.serial_number:X}" == shop["merchant_serial"] == world.merchant.merchant_serial
    platform = x509.load_pem_x509_certificate(shop["platform_certificate_pem"].encode())
    public = serialization.load_pem_public_key(shop["platform_public_key_pem"].encode())
    assert platform.public_key() == public
    assert shop["platform_public_key_id"].startswith("PUB_KEY_ID_")
    assert (len(shop["api_v3_key"]), len(shop["api_v2_key"]), len(shop["mchid"])) == (32, 32, 10)
    assert len(shop["payscore_service_id"]) == 32
    assert {len(i) for ids in given["templates"].values() for i in ids.values()} == {43}


def test_two_worlds_share_no_secret(tmp_path: Path) -> None:
    one, two = make_world(tmp_path)[1], make_world(tmp_path)[1]
    assert one["mini"]["secret"] != two["mini"]["secret"]
    assert one["merchant"]["api_v3_key"] != two["merchant"]["api_v3_key"]


async def test_serving_until_told_to_stop(tmp_path: Path) -> None:
    assert main(["serve", "--dir", str(tmp_path)]) == 2
    main(["init", "--dir", str(tmp_path)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "serve", "--dir", str(tmp_path), "--port", "0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().removeprefix("sandbox ").strip()
        async with aiohttp.ClientSession() as session, session.get(f"{address}/sandbox/clock") as response:
            assert (await response.json())["frozen"] is False
    finally:
        process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")

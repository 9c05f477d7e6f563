"""Mini-program codes and URL links."""

import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.trial import Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


CODE, LINK = "/wxa/getwxacodeunlimit", "/wxa/generate_urllink"


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG whose pixels are all there."""
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT") + 4
    assert len(zlib.decompressobj().decompress(png[start:])) == (width + 1) * height
    return width, height


async def test_a_code_is_a_picture_and_a_refusal_is_json(trial: Trial) -> None:
    made = await trial.mini(CODE, {"scene": "i=8f3k2", "page": "pages/index/index"})
    assert made["content_type"] == "image/png"
    assert size(made["image"]) == (430, 430)
    wide = await trial.mini(CODE, {"scene": "i=8f3k2", "width": 1280, "is_hyaline": True})
    assert size(wide["image"]) == (1280, 1280)
    assert (await trial.control("links"))["codes"][0] == {"scene": "i=8f3k2", "page": "pages/index/index"}


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40129),
        ({"scene": "x" * 33}, 40169),
        ({"scene": "100%"}, 40129),
        ({"scene": "中文"}, 40129),
        ({"scene": "a b"}, 40129),
        ({"scene": 5}, 47001),
        ({"scene": "a", "page": "/pages/index/index"}, 41030),
        ({"scene": "a", "page": "pages/index/index?x=1"}, 41030),
        ({"scene": "a", "page": "pages/gone/gone"}, 41030),
        ({"scene": "a", "width": 279}, 40097),
        ({"scene": "a", "env_version": "beta"}, 40097),
        ({"scene": "a", "check_path": "no"}, 47001),
        ({"scene": "a", "line_color": "red"}, 47001),
    ],
)
async def test_refused_codes(trial: Trial, body: dict[str, object], errcode: int) -> None:
    await trial.control("pages", {"pages": ["pages/index/index"]})
    assert (await trial.mini(CODE, body))["errcode"] == errcode


async def test_a_page_need_not_be_released_without_check(trial: Trial) -> None:
    await trial.control("pages", {"pages": ["pages/index/index"]})
    body = {"scene": "a", "page": "pages/soon/soon", "check_path": False, "env_version": "trial"}
    assert "image" in await trial.mini(CODE, body)


async def test_links_end_within_thirty_days(trial: Trial) -> None:
    now = int(trial.world.now().timestamp())
    base: dict[str, Any] = {"path": "pages/box/box", "query": "id=7&from=card"}
    assert (await trial.mini(LINK, base))["url_link"].startswith("https://wxaurl.cn/")
    cases: list[tuple[dict[str, Any], int]] = [
        ({"expire_type": 1, "expire_interval": 30}, 0),
        ({"expire_type": 1, "expire_interval": 31}, 85401),
        ({"expire_type": 1}, 85401),
        ({"expire_type": 0, "expire_time": now + 60}, 0),
        ({"expire_type": 0, "expire_time": now + 59}, 85401),
        ({"expire_time": now + 30 * 86_400 + 1}, 85401),
        ({"expire_type": 2}, 40097),
        ({"path": "box"}, 40165),
        ({"query": "a=" + "x" * 1024}, 40212),
        ({"query": "a=中文"}, 40212),
        ({"query": 1}, 47001),
    ]
    for changed, errcode in cases:
        assert (changed, (await trial.mini(LINK, base | changed))["errcode"]) == (changed, errcode)
    assert (await trial.official(LINK, base))["errcode"] == 48001


async def test_links_have_limits_by_the_second_and_the_day(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.api.links.LINKS_PER_SECOND", 2)
    codes = [(await trial.mini(LINK, {"path": "pages/box/box"}))["errcode"] for _ in range(3)]
    assert codes == [0, 0, 44990]
    trial.pass_time(seconds=1)
    await trial.control("quota", {"cgi_path": LINK, "daily_limit": 4})
    codes = [(await trial.mini(LINK, {"path": "pages/box/box"}))["errcode"] for _ in range(2)]
    assert codes == [0, 44993]

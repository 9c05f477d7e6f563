"""The page's files: complete, served by the sandbox beside WeChat's own addresses, and nothing else of the disk."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import SharedClock
from sandbox.server import build_app
from sandbox.setup import make_world
from sandbox.world import World

Client = TestClient[web.Request, web.Application]
FOLDER = Path(__file__).parents[2] / "sandbox" / "phone"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, SharedClock(tmp_path / "clock.json"))[0]


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(world))) as opened:
        yield opened


def test_every_import_and_every_link_leads_to_a_file() -> None:
    for script in FOLDER.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text()):
            assert (FOLDER / name).is_file(), f"{script.name} imports {name}"
    for name in re.findall(r'(?:href|src)="([^"/]+)"', (FOLDER / "index.html").read_text()):
        assert (FOLDER / name).is_file(), name


def test_nothing_comes_from_elsewhere() -> None:
    for path in FOLDER.iterdir():
        outside = re.findall(r"https?://(?!www\.w3\.org/)[\w.]+", path.read_text())
        assert outside == [], path.name
    assert not any("innerHTML" in path.read_text() for path in FOLDER.glob("*.js"))


async def test_the_page_is_served_and_is_no_call_of_the_application(client: Client, world: World) -> None:
    for path, kind in (
        ("/phone", "text/html"),
        ("/phone/", "text/html"),
        ("/phone/main.js", "text/javascript"),
        ("/phone/base.css", "text/css"),
        ("/phone/seal.svg", "image/svg+xml"),
    ):
        answer = await client.get(path)
        assert (answer.status, answer.content_type) == (200, kind), path
    for path in ("/phone/nothing.js", "/phone/..%2fserver.py"):
        assert (await client.get(path)).status == 404, path
    assert world.calls_seen == 0


async def test_the_page_learns_where_the_application_is(client: Client) -> None:
    assert (await (await client.get("/sandbox/phone/config")).json())["api_base"] == ""
    told = await client.post("/sandbox/phone/config", json={"api_base": "http://127.0.0.1:8080/"})
    assert (await told.json())["api_base"] == "http://127.0.0.1:8080"
    for wrong in ({"api_base": "ftp://x"}, {"api_base": 7}, {}, {"other": "x"}):
        assert (await client.post("/sandbox/phone/config", json=wrong)).status == 400, wrong

"""A real Chromium on the phone page, beside the whole house; SQLite only, for the page cares for neither."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from bot import menu
from sandbox.phone_page import PhonePage
from tests.support.house import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SLOWEST_MS = 20_000  # Two cores may be shared by several test processes.


@pytest.fixture
async def phone(house: House) -> AsyncIterator[Page]:
    """The page of a newcomer called 沈知夏, who neither follows nor has logged in. No script may fail."""
    if CHROMIUM is None:
        pytest.skip("chromium not installed")
    house.world.room(PhonePage).api_base = house.base
    official = house.shop.wechat.official
    await official.create_menu(menu.buttons(house.shop.rules.menu, house.shop.accounts.mini_appid, house.base))
    broken: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(SLOWEST_MS)
        page.on("pageerror", lambda error: broken.append(str(error)))
        await page.goto(f"{house.sandbox_base}/phone")
        await page.wait_for_selector("#follow")
        yield page
        await browser.close()
    assert broken == []

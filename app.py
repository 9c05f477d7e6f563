"""The composition root: the only file that sees everything. Its command line is `cli.py`."""

import asyncio
import ctypes
import gc
import importlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import structlog
from aiohttp import web

import integrations
from bot.reception import Reception
from bot.understand import Understander
from bot.webhook import Account, Webhook
from bot.wecom import WecomWebhook
from domain.clock import Clock, SystemClock
from domain.ports import Belt
from integrations.helper_model import open_helper
from integrations.keywords import JiebaKeywords
from integrations.nats_belt import open_belt
from integrations.shared_clock import SharedClock
from integrations.webhooks import open_webhooks
from jobs import schedule
from jobs.senders import relay, send_from, send_steadily
from miniapp_api import site
from miniapp_api.demo_clock import DemoClock
from models import database
from services import blocking, stylists
from services.shop import Accounts, Shop
from settings import Settings

log = structlog.get_logger()
COLLECT_AFTER = 5_000


@dataclass(frozen=True)
class Built:
    """Everything of one running process."""

    settings: Settings
    shop: Shop
    reception: Reception
    site: web.Application
    timetable: tuple[schedule.Job, ...]

    async def run_jobs(self) -> None:
        """Catch up: run every job that has fallen due by the shop's clock."""
        await schedule.run_due(self.shop, self.extra_jobs(), timetable=self.timetable)

    def extra_jobs(self) -> tuple[schedule.Job, ...]:
        """Jobs that need a door: events a dead process left behind are worked by the bot."""
        sweep = self.reception.sweep
        return (schedule.every("sweep_inbox", seconds=30, run=lambda _: sweep()),)


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    """The shop with its gateways, which are closed at the end: what a process without doors needs."""
    clock: Clock = SharedClock(settings.app.clock_file) if settings.app.clock_file else SystemClock()
    async with integrations.connect(settings, clock) as wechat, open_webhooks(settings.webhooks) as webhooks:
        yield Shop(
            clock=clock,
            rules=settings.rules,
            wechat=wechat,
            sealer=integrations.make_sealer(settings),
            accounts=Accounts(
                settings.wechat.official.appid,
                settings.wechat.mini.appid,
                bool(settings.wechat.pay.payscore_service_id),
                _templates(settings.wechat.official_templates.model_dump()),
                _templates(settings.wechat.mini_templates.model_dump()),
                settings.wechat.official.card_picture,
            ),
            webhooks=webhooks,
            keywords=JiebaKeywords(),
            blocklist=blocking.blocklist(settings.rules.words),
        )


@asynccontextmanager
async def open_transport(settings: Settings) -> AsyncIterator[Belt | None]:
    """The belt to the senders; None where they take what is due from the database themselves."""
    if settings.transport.kind == "database":
        yield None
        return
    async with open_belt(settings.transport.url.get_secret_value()) as belt:
        yield belt


def timetable_with(belt: Belt | None) -> tuple[schedule.Job, ...]:
    """The timetable; with a belt its leader relays care messages instead of sending them."""
    if belt is None:
        return schedule.TIMETABLE

    async def lay(shop: Shop) -> None:
        await relay(shop, belt)

    return tuple(replace(job, run=lay, seconds=1) if job.name == "send_care" else job for job in schedule.TIMETABLE)


@asynccontextmanager
async def build(
    settings: Settings, *, jobs_here: bool = True, understander: Understander | None = None
) -> AsyncIterator[Built]:
    """Put everything together on an open database; closes the gateways at the end.

    `jobs_here`: this process also runs the jobs, so a moved clock can run them at once. A loaded
    `understander` may be handed in; otherwise one is loaded with the stylists' names of this shop.
    """
    async with (
        open_shop(settings) as shop,
        open_helper(settings.helper) as helper,
        open_transport(settings) as belt,
    ):
        clock = shop.clock
        if understander is None:
            understander = Understander(stylists=[s.name for s in await stylists.active()])
            await asyncio.get_running_loop().run_in_executor(None, understander.load)
        reception = Reception(shop, understander, helper)
        built = Built(settings, shop, reception, site.build(settings, shop), timetable_with(belt))
        _mount_callbacks(built)
        if isinstance(clock, SharedClock):
            moved = DemoClock(clock, built.run_jobs if jobs_here else _jobs_elsewhere(shop))
            built.site.router.add_get("/demo/clock", moved.get)
            built.site.router.add_post("/demo/clock", moved.post)
        yield built


def _templates(given: dict[str, str]) -> dict[str, str]:
    return {kind: template for kind, template in given.items() if template}


def _mount_callbacks(built: Built) -> None:
    """The two accounts' callback addresses, and the corporation's; one that is not set up is not mounted."""
    wechat, app = built.settings.wechat, built.settings.app
    accounts = (
        (
            "official",
            wechat.official.appid,
            wechat.official.token,
            [wechat.official.aes_key, wechat.official.aes_key_previous],
        ),
        ("mini", wechat.mini.appid, wechat.mini.token, [wechat.mini.aes_key]),
    )
    for source, appid, token, keys in accounts:
        if not token.get_secret_value():
            continue
        webhook = Webhook(
            Account(source, appid, token.get_secret_value(), [k.get_secret_value() for k in keys]),
            built.reception,
            built.shop.clock,
            answer_seconds=app.callback_answer_seconds,
            max_body=app.max_body_bytes,
        )
        built.site.router.add_get(f"/wechat/{source}", webhook.get)
        built.site.router.add_post(f"/wechat/{source}", webhook.post)

    wecom = built.settings.wecom
    if wecom.corpid:
        corp = Account("wecom", wecom.corpid, wecom.token.get_secret_value(), [wecom.aes_key.get_secret_value()])
        door = WecomWebhook(corp, built.shop, max_body=app.max_body_bytes)
        built.site.router.add_get("/wechat/wecom", door.get)
        built.site.router.add_post("/wechat/wecom", door.post)


def _jobs_elsewhere(shop: Shop) -> Callable[[], Awaitable[None]]:
    """Wait, at most half a minute, until the jobs process has caught up with a moved clock."""

    async def wait() -> None:
        target = shop.now()
        for _ in range(300):
            if await schedule.caught_up(target):
                return
            await asyncio.sleep(0.1)

    return wait


# Processes ---------------------------------------------------------------------------------------


async def _until_told(stop: asyncio.Event | None = None) -> None:
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _settle() -> None:
    """Tell Python's cycle collector that what is loaded by now stays: it would walk over it all again and again.

    What comes later is mostly freed by its counts, so a look every few thousand objects is often enough.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    # What only loading needed (tables of scripts, above all) is free but still ours: about 45 MB a process.
    with suppress(OSError, AttributeError):
        # Only glibc has this; others give memory back by themselves, or not at all.
        ctypes.CDLL("libc.so.6").malloc_trim(0)


async def serve(
    settings: Settings,
    *,
    web_here: bool,
    jobs_here: bool,
    ready: Callable[[Built], Awaitable[None]] | None = None,
) -> None:
    """Run one process until it is told to stop; what is being answered is answered first."""
    await database.connect(settings.database.url.get_secret_value(), pool_max=settings.database.pool_max)
    try:
        async with build(settings, jobs_here=jobs_here) as built:
            ticker = schedule.Ticker(
                built.shop,
                built.extra_jobs(),
                database_url=settings.database.url.get_secret_value(),
                every_seconds=1.0 if settings.app.mode == "production" else 0.2,
                timetable=built.timetable,
            )
            runner = web.AppRunner(built.site, access_log=None, shutdown_timeout=5)
            await runner.setup()
            try:
                if web_here:
                    site_ = web.TCPSite(
                        runner,
                        settings.app.host,
                        settings.app.port,
                        reuse_port=settings.app.processes > 1,
                        backlog=1024,
                    )
                    await site_.start()
                if jobs_here:
                    await ticker.start()
                if ready is not None:
                    await ready(built)
                _settle()
                log.info("app.started", web=web_here, jobs=jobs_here, port=settings.app.port)
                await _until_told()
            finally:
                if jobs_here:
                    await ticker.stop()
                await runner.cleanup()
    finally:
        await database.close()


async def send(settings: Settings) -> None:
    """Run one process that only sends care messages, until it is told to stop."""
    await database.connect(settings.database.url.get_secret_value(), pool_max=settings.database.pool_max)
    try:
        async with open_shop(settings) as shop:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            async with open_transport(settings) as belt:
                _settle()
                log.info("sender.started")
                await (send_steadily(shop, stop) if belt is None else send_from(shop, belt, stop))
    finally:
        await database.close()


async def with_shop(settings: Settings, do: Callable[[Built], Awaitable[None]]) -> None:
    """Do one thing with everything open, and close it again: what commands that serve nothing are made of."""
    await database.connect(settings.database.url.get_secret_value())
    try:
        async with build(settings) as built:
            await do(built)
    finally:
        await database.close()


if __name__ == "__main__":
    # The command line stands above this file and imports it, so it is only named, not imported, here.
    raise SystemExit(importlib.import_module("cli").main())

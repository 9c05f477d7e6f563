"""The composition root and the command line: the only file that sees everything.

`python -m app web | jobs | all | demo | migrate | seed | menu`
"""

import argparse
import asyncio
import multiprocessing
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

import demo
import integrations
import logs
from bot import menu
from bot.reception import Reception
from bot.understand import Understander
from bot.webhook import Account, Webhook
from domain.clock import Clock, SystemClock
from integrations.shared_clock import SharedClock
from jobs import schedule
from miniapp_api import site
from miniapp_api.demo_clock import DemoClock
from models import database
from services import seed, stylists
from services.shop import Accounts, Shop
from settings import Settings, SettingsError, load

log = structlog.get_logger()


@dataclass(frozen=True)
class Built:
    """Everything of one running process."""

    settings: Settings
    shop: Shop
    reception: Reception
    site: web.Application

    async def run_jobs(self) -> None:
        """Catch up: run every job that has fallen due by the shop's clock."""
        await schedule.run_due(self.shop, self.extra_jobs())

    def extra_jobs(self) -> tuple[schedule.Job, ...]:
        """Jobs that need a door: events a dead process left behind are worked by the bot."""
        sweep = self.reception.sweep
        return (schedule.every("sweep_inbox", seconds=30, run=lambda _: sweep()),)


@asynccontextmanager
async def build(
    settings: Settings, *, jobs_here: bool = True, understander: Understander | None = None
) -> AsyncIterator[Built]:
    """Put everything together on an open database; closes the gateways at the end.

    `jobs_here`: this process also runs the jobs, so a moved clock can run them at once. A loaded
    `understander` may be handed in; otherwise one is loaded with the stylists' names of this shop.
    """
    clock: Clock = SharedClock(settings.app.clock_file) if settings.app.clock_file else SystemClock()
    async with integrations.connect(settings, clock) as wechat:
        shop = Shop(
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
            ),
        )
        if understander is None:
            understander = Understander(stylists=[s.name for s in await stylists.active()])
            await asyncio.get_running_loop().run_in_executor(None, understander.load)
        reception = Reception(shop, understander)
        built = Built(settings, shop, reception, site.build(settings, shop))
        _mount_callbacks(built)
        if isinstance(clock, SharedClock):
            moved = DemoClock(clock, built.run_jobs if jobs_here else _jobs_elsewhere(shop))
            built.site.router.add_get("/demo/clock", moved.get)
            built.site.router.add_post("/demo/clock", moved.post)
        yield built


def _templates(given: dict[str, str]) -> dict[str, str]:
    return {kind: template for kind, template in given.items() if template}


def _mount_callbacks(built: Built) -> None:
    """The two accounts' callback addresses; one without a token is not mounted."""
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
                log.info("app.started", web=web_here, jobs=jobs_here, port=settings.app.port)
                await _until_told()
            finally:
                if jobs_here:
                    await ticker.stop()
                await runner.cleanup()
    finally:
        await database.close()


def _run(main: Coroutine[None, None, None]) -> None:
    """Run under uvloop where it is installed; Ctrl-C is an ordinary end."""
    try:
        import uvloop
    except ImportError:
        run: Callable[[Coroutine[None, None, None]], None] = asyncio.run
    else:
        run = uvloop.run
    # What was open is closed on the way out: the interrupt reaches the main task as a cancellation.
    with suppress(KeyboardInterrupt):
        run(main)


def _one_web_process(settings: Settings) -> None:
    logs.configure(settings.log)
    _run(serve(settings, web_here=True, jobs_here=False))


def _web(settings: Settings) -> None:
    """One process, or several that share the port; one that dies is started again."""
    if settings.app.processes == 1:
        _one_web_process(settings)
        return
    if settings.database.url.get_secret_value().startswith("sqlite"):
        raise SettingsError("app.processes: SQLite has one writer; use PostgreSQL for several processes")
    context = multiprocessing.get_context("spawn")
    running: dict[int, multiprocessing.process.BaseProcess] = {}
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for process in running.values():
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        for number in range(settings.app.processes):
            if number not in running or not running[number].is_alive():
                running[number] = context.Process(target=_one_web_process, args=(settings,))
                running[number].start()
        for process in list(running.values()):
            process.join(0.2)
    for process in running.values():
        process.join(10)


# Demo --------------------------------------------------------------------------------------------


async def _demo(folder: Path, port: int, sandbox_port: int, database_url: str) -> None:
    """The sandbox WeChat beside the application, on a seeded database; ends both together."""
    folder.mkdir(parents=True, exist_ok=True)
    base, sandbox_base = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    python = sys.executable
    words = ["init", "--dir", str(folder / "wechat"), "--base-url", sandbox_base,
             "--official-callback", f"{base}/wechat/official", "--mini-callback", f"{base}/wechat/mini"]  # fmt: skip
    made = await asyncio.create_subprocess_exec(python, "-m", "sandbox", *words, stdout=asyncio.subprocess.DEVNULL)
    if await made.wait():
        raise SettingsError("the sandbox could not make its credentials")
    credentials = demo.read_credentials(folder / "wechat" / "credentials.json")
    settings = demo.sandbox_settings(
        credentials, sandbox_base=sandbox_base, public_url=base, database_url=database_url, folder=folder,
        mode="demo", port=port,
    )  # fmt: skip
    await database.migrate(database_url)
    await _with_shop(settings, _seed)
    sandbox = await asyncio.create_subprocess_exec(
        python, "-m", "sandbox", "serve", "--dir", str(folder / "wechat"), "--port", str(sandbox_port),
        "--clock", str(folder / "clock.json"), "--app", base, stdout=asyncio.subprocess.DEVNULL,
        # Ctrl-C reaches the whole group of the terminal; the sandbox ends when we tell it to.
        start_new_session=True,
    )  # fmt: skip

    async def open_shop(built: Built) -> None:
        await _menu(built)
        print(_addresses(base, sandbox_base), flush=True)

    try:
        await _answering(f"{sandbox_base}/sandbox/clock", sandbox)
        await serve(settings, web_here=True, jobs_here=True, ready=open_shop)
    finally:
        with suppress(ProcessLookupError):
            sandbox.terminate()
        await sandbox.wait()


async def _answering(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until a started process answers. Raises SettingsError when it ends instead."""
    async with aiohttp.ClientSession() as http:
        for _ in range(200):
            with suppress(aiohttp.ClientError):
                async with http.get(url):
                    return
            if process.returncode is not None:
                break
            await asyncio.sleep(0.05)
    raise SettingsError(f"the sandbox did not start: is {url.split('/')[2]} taken?")


def _addresses(base: str, sandbox_base: str) -> str:
    return f"""
  盒子 Hezi is open.

  The phone   {sandbox_base}/phone     chat and mini-program, side by side
  The API     {base}/docs      (OpenAPI 3.1: {base}/openapi.json)
  Health      {base}/healthz   {base}/readyz   {base}/metrics
  WeChat      {sandbox_base}/sandbox/state   the sandbox, looked into

  Staff logins of the demo: stylist1..4, warehouse1, service1, marketing1, finance1, admin1
  (password: demo- and the login). Ctrl-C ends it all.
"""


# Command line ------------------------------------------------------------------------------------


async def _with_shop(settings: Settings, do: Callable[[Built], Awaitable[None]]) -> None:
    await database.connect(settings.database.url.get_secret_value())
    try:
        async with build(settings) as built:
            await do(built)
    finally:
        await database.close()


async def _seed(built: Built) -> None:
    await seed.shop_window(built.shop)


async def _menu(built: Built) -> None:
    app = built.settings.app
    await built.shop.wechat.official.create_menu(menu.buttons(built.shop.accounts.mini_appid, app.public_url))


COMMANDS = {
    "web": "serve the API and the callbacks (app.processes processes)",
    "jobs": "run the scheduled jobs; a second one stands by",
    "all": "both in one process: what SQLite needs",
    "migrate": "bring the database's schema up to date",
    "seed": "fill an empty database with a shop window (demo data)",
    "menu": "send the official account's menu to WeChat",
    "demo": "the whole house with a WeChat of its own, on SQLite",
}


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app", description="Hezi, the backend of a WeChat shop.")
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {name: commands.add_parser(name, help=words) for name, words in COMMANDS.items()}
    show = parsers["demo"]
    show.add_argument("--dir", type=Path, default=Path("var/demo"))
    show.add_argument("--port", type=int, default=8080)
    show.add_argument("--sandbox-port", type=int, default=8100)
    show.add_argument("--database", default="", help="another database than DIR/hezi.sqlite3")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    args = _arguments(words)
    try:
        if args.command == "demo":
            logs.configure_for_people()
            args.dir.mkdir(parents=True, exist_ok=True)
            url = args.database or f"sqlite://{(args.dir / 'hezi.sqlite3').resolve()}"
            _run(_demo(args.dir.resolve(), args.port, args.sandbox_port, url))
            return 0
        settings = load()
        logs.configure(settings.log)
        if args.command == "web":
            _web(settings)
        elif args.command == "migrate":
            _run(database.migrate(settings.database.url.get_secret_value()))
        elif args.command in ("jobs", "all"):
            if args.command == "all" and settings.app.processes != 1:
                settings = settings.model_copy(update={"app": settings.app.model_copy(update={"processes": 1})})
            _run(serve(settings, web_here=args.command == "all", jobs_here=True))
        elif args.command == "seed":
            _run(_with_shop(settings, _seed))
        else:
            _run(_with_shop(settings, _menu))
    except SettingsError as mistake:
        print(mistake, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

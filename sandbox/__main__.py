"""`python -m sandbox init|serve`: make invented credentials, and play WeChat on a port."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox.clock import SharedClock
from sandbox.phone_page import PhonePage
from sandbox.server import build_app
from sandbox.setup import BASE_URL, init_files, read_world


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="invent accounts, keys and certificates")
    init.add_argument("--dir", type=Path, required=True)
    init.add_argument("--official-callback", default="", metavar="URL")
    init.add_argument("--mini-callback", default="", metavar="URL")
    init.add_argument("--corp-callback", default="", metavar="URL")
    init.add_argument("--base-url", default=BASE_URL, metavar="URL", help="where `serve` will listen")
    serve = commands.add_parser("serve", help="play WeChat")
    serve.add_argument("--dir", type=Path, required=True)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8100)
    serve.add_argument("--clock", type=Path, help="the shared clock's file; DIR/clock.json when absent")
    serve.add_argument("--seed", type=int, default=1)
    serve.add_argument("--app", default="", metavar="URL", help="the application the page /phone is for")
    return parser.parse_args(words)


async def _serve(args: argparse.Namespace) -> None:
    clock = SharedClock(args.clock or args.dir / "clock.json")
    world = read_world(args.dir, clock, seed=args.seed)
    world.room(PhonePage).api_base = args.app.rstrip("/")
    runner = web.AppRunner(build_app(world), access_log=None, shutdown_timeout=1)
    await runner.setup()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        site = web.TCPSite(runner, args.host, args.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        print(f"sandbox http://{host}:{port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def main(words: list[str] | None = None) -> int:
    args = _arguments(words)
    if args.command == "init":
        try:
            written = init_files(
                args.dir,
                official_callback=args.official_callback,
                mini_callback=args.mini_callback,
                corp_callback=args.corp_callback,
                base_url=args.base_url,
            )
        except FileExistsError as error:
            print(error, file=sys.stderr)
            return 2
        print("\n".join(f"wrote {path}" for path in written) or f"kept what is in {args.dir}")
        return 0
    if not (args.dir / "sandbox.json").exists():
        print(f"there is no sandbox.json in {args.dir}: run init first", file=sys.stderr)
        return 2
    asyncio.run(_serve(args))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

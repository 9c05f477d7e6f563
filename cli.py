"""The command line, `python -m app COMMAND`: each command is one function, named where it stands."""

import argparse
import asyncio
import multiprocessing
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import app
import demo
import logs
import rehearsal
from bot import menu
from domain.clock import SystemClock
from domain.errors import Invalid
from models import database
from services import books, resealing, rule_trials, seed
from settings import RowsSettings, Settings, SettingsError, load

Run = Callable[[argparse.Namespace], None]
Arguments = Callable[[argparse.ArgumentParser], None]


@dataclass(frozen=True)
class Command:
    """What a word does; `arguments` adds options of its own."""

    words: str
    run: Run
    arguments: Arguments | None


COMMANDS: dict[str, Command] = {}


def command(name: str, words: str, arguments: Arguments | None = None) -> Callable[[Run], Run]:
    """Name the function that a command runs; it gets its own options."""

    def register(run: Run) -> Run:
        COMMANDS[name] = Command(words, run, arguments)
        return run

    return register


def main(words: list[str] | None = None) -> int:
    """Run one command; 2 when the settings are wrong."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Hezi, the backend of a WeChat shop.")
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, known in COMMANDS.items():
        one = parsers.add_parser(name, help=known.words)
        if known.arguments is not None:
            known.arguments(one)
    args = parser.parse_args(words)
    try:
        COMMANDS[args.command].run(args)
    except SettingsError as mistake:
        print(mistake, file=sys.stderr)
        return 2
    return 0


# What commands share -----------------------------------------------------------------------------


def configured(kind: type[Settings] = Settings) -> Settings:
    """The settings of this machine; from here on logs look as they say."""
    settings = load(kind)
    logs.configure(settings.log)
    return settings


def run_to_end(main: Coroutine[None, None, None]) -> None:
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


# Commands ----------------------------------------------------------------------------------------


@command("web", "serve the API and the callbacks (app.processes processes)")
def _web(_: argparse.Namespace) -> None:
    settings = configured()
    if settings.app.processes == 1:
        _one_web_process(settings)
    else:
        _several_web_processes(settings)


def _one_web_process(settings: Settings) -> None:
    logs.configure(settings.log)
    run_to_end(app.serve(settings, web_here=True, jobs_here=False))


def _several_web_processes(settings: Settings) -> None:
    """Several share the port; one that dies is started again."""
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


@command("jobs", "run the scheduled jobs; a second one stands by")
def _jobs(_: argparse.Namespace) -> None:
    run_to_end(app.serve(configured(), web_here=False, jobs_here=True))


@command("sender", "only send care messages: any number of processes, on any host (PostgreSQL)")
def _sender(_: argparse.Namespace) -> None:
    settings = configured()
    if settings.database.url.get_secret_value().startswith("sqlite"):
        raise SettingsError("database.url: SQLite has one writer; its `all` process sends by itself")
    run_to_end(app.send(settings))


@command("all", "both in one process: what SQLite needs")
def _all(_: argparse.Namespace) -> None:
    settings = configured()
    alone = settings.app.model_copy(update={"processes": 1})
    run_to_end(app.serve(settings.model_copy(update={"app": alone}), web_here=True, jobs_here=True))


@command("migrate", "bring the database's schema up to date")
def _migrate(_: argparse.Namespace) -> None:
    run_to_end(database.migrate(configured().database.url.get_secret_value()))


@command("seed", "fill an empty database with a shop window (demo data)")
def _seed(_: argparse.Namespace) -> None:
    run_to_end(app.with_shop(configured(), lambda built: seed.shop_window(built.shop)))


@command("reseal", "after a change of security.data_key: seal what the previous key sealed again")
def _reseal(_: argparse.Namespace) -> None:
    latest: dict[str, resealing.Progress] = {}

    async def work(built: app.Built) -> None:
        async for told in resealing.reseal(built.shop):
            latest[str(told.column)] = told
            ends = "\n" if told.seen >= told.rows else "\r"
            print(f"{told.column}: {told.seen} of {told.rows} seen, {told.resealed} sealed again", end=ends, flush=True)

    run_to_end(app.with_shop(configured(), work))
    broken = [f"{name} of row {row_id}" for name, told in latest.items() for row_id in told.broken]
    for one in broken:
        print(f"neither key opens {one}", file=sys.stderr)
    if broken:
        raise SystemExit(1)
    print("Everything is sealed with the current key: security.data_key_previous may go.")


@command("menu", "send the official account's menu to WeChat")
def _menu(_: argparse.Namespace) -> None:
    settings = configured()
    run_to_end(app.with_shop(settings, lambda built: menu.send(built.shop, settings.app.public_url)))


def _ledger_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("check", "export"))
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, 2026-11-01")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day, included")
    parser.add_argument("--out", type=Path, help="the CSV file to write (otherwise it is printed)")


@command("ledger", "check: do the books agree (exit 1: no); export: every line as CSV", _ledger_arguments)
def _ledger(args: argparse.Namespace) -> None:
    settings = configured(RowsSettings)
    if args.what == "export":
        run_to_end(_with_books(settings, _export(args.first, args.last, args.out)))
        return
    found: list[books.Difference] = []

    async def look() -> None:
        found.extend(await books.check())

    run_to_end(_with_books(settings, look()))
    for one in found:
        print(f"{one.rule}: {one.subject} should be {one.wanted}, is {one.found}")
    if found:
        raise SystemExit(1)
    print(f"The books agree: {len(books.RULES)} rules, no difference.")


async def _with_books(settings: Settings, work: Coroutine[None, None, None]) -> None:
    """The rows alone are needed: no gateway is opened."""
    await database.connect(settings.database.url.get_secret_value())
    try:
        await work
    finally:
        await database.close()


async def _export(first: date | None, last: date | None, out: Path | None) -> None:
    with out.open("w") if out is not None else nullcontext(sys.stdout) as file:
        async for piece in books.export(first, last):
            file.write(piece)


def _rules_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("simulate",))
    parser.add_argument(
        "--set", dest="changes", action="append", required=True, metavar="KEY=VALUE",
        help="rules.points.fen_per_point=50; several may be given",
    )  # fmt: skip


@command("rules", "simulate: try other numbers against the last 365 days' purchases", _rules_arguments)
def _rules(args: argparse.Namespace) -> None:
    changes = dict(change.partition("=")[::2] for change in args.changes)
    settings = configured(RowsSettings)
    run_to_end(_with_books(settings, _simulate(settings, changes)))


async def _simulate(settings: Settings, changes: dict[str, str]) -> None:
    """Print how far it is while it runs, then the figures month by month."""
    result = None
    try:
        async for result in rule_trials.gather(settings.rules, SystemClock().now(), changes):
            print(f"{result.done_percent} %", end="\r", file=sys.stderr, flush=True)
    except Invalid as wrong:
        raise SettingsError(f"{wrong.field}: {wrong.problem}") from None
    assert result is not None, "there is at least one chunk"
    for line in rule_trials.as_text(result):
        print(line)


@command("nlu", "how Chinese is understood: `eval FILE…` of labelled lines, `say TEXT` of one", rehearsal.arguments)
def _nlu(args: argparse.Namespace) -> None:
    logs.configure_for_people()
    print(rehearsal.run(args))


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, default=Path("var/demo"))
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--sandbox-port", type=int, default=8100)
    parser.add_argument("--database", default="", help="another database than DIR/hezi.sqlite3")


@command("demo", "the whole house with a WeChat of its own, on SQLite", _demo_arguments)
def _demo(args: argparse.Namespace) -> None:
    logs.configure_for_people()
    folder = args.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    url = args.database or f"sqlite://{folder / 'hezi.sqlite3'}"
    run_to_end(demo.run(folder, args.port, args.sandbox_port, url))

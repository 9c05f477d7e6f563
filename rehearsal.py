"""Lines and dialogues of labelled files, understood and held: `python -m app nlu eval | say`.

A dialogue is held by the bot's own router and forms, in a small shop on a database of its own that is thrown
away afterwards. No server, no WeChat and no settings are needed. What the labels take for granted is put there:
the member has a plan that renews itself, one session to come and, where the talk is of what to keep or send back, a
box at home; every stylist who is named works there, all day, in half hours.
"""

import argparse
import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import orjson

from bot.router import speak
from bot.turn import Form, Turn
from bot.understand import Understander, evaluate
from bot.understand.evaluate import Spoken
from bot.understand.slots import ANY, LABELLED
from domain.booking import BookingRules, Mode
from domain.box import BoxState, ItemState
from domain.clock import Clock, at, day_of
from domain.membership import Level, PlanState, Purpose, Quota, Source
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from models import (
    Booking,
    Box,
    BoxItem,
    Member,
    Membership,
    Product,
    QuotaCounter,
    Sku,
    Stylist,
    WorkingHours,
    database,
)
from services import bookings, consents, seed
from services.glance import Glances
from services.shop import Accounts, Shop
from services.turns import Talk

REGULARS = ("林晚", "周可", "陈屿", "苏禾")
BOX_AT_HOME = {"keep_items", "return_box", "exchange_size"}
"""Wishes that take a box at the member's home for granted; who orders one has none."""
SESSION_IN_DAYS, SESSION_AT = 16, time(15)


class Stopped:
    """The clock of a dialogue: its `now`, a minute later with every turn."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def wait_a_minute(self) -> None:
        self._now += timedelta(minutes=1)


def shop_at(clock: Clock) -> Shop:
    # Talking asks neither WeChat nor the sealer; a use case that did would fail loudly.
    nobody, no_sealer = cast(Wechat, None), cast(Sealer, None)
    rules = Rules(booking=BookingRules(slot_step_minutes=30))
    return Shop(clock, rules, nobody, no_sealer, Accounts("wx-official", "wx-mini"))


# Understanding -----------------------------------------------------------------------------------


def reader(stylists: Sequence[str] = REGULARS) -> Understander:
    """The understander as the application loads it, with the names of this shop's stylists."""
    loaded = Understander(stylists=stylists)
    loaded.load()
    return loaded


def say(words: Sequence[str], now: str) -> str:
    """One understanding, for people."""
    heard = reader().understand(" ".join(words), datetime.fromisoformat(now))
    rest = "  ".join(f"{name} {chance:.3f}" for name, chance in heard.alternatives)
    moment = evaluate.outcome_line({}, heard)
    lines = [
        f"text        {heard.text}",
        f"intent      {heard.intent} ({heard.confidence:.3f})",
        f"or          {rest}",
        f"slots       {orjson.dumps(heard.slots).decode()}",
        f"when        date {moment['date']}  time {moment['time']}  part {moment['part']}",
        f"as answer   {heard.answer}",
    ]
    return "\n".join(lines)


# Dialogues ---------------------------------------------------------------------------------------


def _named(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The stylists the labels of dialogues speak of."""
    told = {t["expect"].get("slots", {}).get("stylist") for row in rows for t in row["turns"]}
    return sorted(str(name).removesuffix("老师") for name in told if name)


async def open_shop(folder: Path, rows: Sequence[dict[str, Any]], empty: Path | None) -> Path:
    """A database with the shop window, and every stylist who is named, at work every day."""
    path = folder / "shop.sqlite3"
    url = f"sqlite://{path}"
    if empty is None:
        await database.migrate(url)
    else:
        shutil.copy(empty, path)
    await database.connect(url)
    try:
        now = datetime.fromisoformat(rows[0]["now"]).astimezone(UTC)
        await seed.shop_window(shop_at(Stopped(now)))
        there = [s.name for s in await Stylist.all()]
        for name in _named(rows):
            if not any(known.lower().startswith(name.lower()) for known in there):
                await Stylist.create(
                    name=name, modes=["store", "video"], skills=[], feed_token=f"rehearsal-{name}", created_at=now
                )
                there.append(name)
        await Stylist.all().update(modes=["store", "video"])
        await WorkingHours.all().delete()
        await WorkingHours.bulk_create([
            WorkingHours(stylist_id=s.id, weekday=day, starts="10:00", ends="21:00", created_at=now)
            for s in await Stylist.all() for day in range(7)
        ])  # fmt: skip
    finally:
        await database.close()
    return path


async def a_member(shop: Shop) -> int:
    """Somebody with a plan that runs and renews itself, and one session to come."""
    now = shop.now()
    member = await Member.create(
        level=Level.PAYER, first_seen_at=now, first_source=Source.LOGIN, last_seen_at=now,
        registered_at=now, created_at=now,
    )  # fmt: skip
    period = await Membership.create(
        member_id=member.id, plan="yearly", state=PlanState.ACTIVE, price_fen=39800, price_locked_until=now,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=365), created_at=now,
    )  # fmt: skip
    await consents.note(shop, member.id, Purpose.RENEWAL.value, "rehearsal", given=True)
    for kind in (Quota.ROUND_TRIP, Quota.STYLING):
        await QuotaCounter.create(membership_id=period.id, kind=kind, granted=6, created_at=now)
    day: date = day_of(now) + timedelta(days=SESSION_IN_DAYS)
    session = await bookings.book(shop, member.id, None, at(day, SESSION_AT), Mode.STORE)
    # It is an old one: 刚约的 means what was booked in the dialogue.
    await Booking.filter(id=session.id).update(created_at=now - timedelta(days=1))
    return int(member.id)


async def box_at_home(shop: Shop, member_id: int) -> None:
    """A box that was delivered yesterday, a piece of every kind in it, nothing decided yet."""
    now = shop.now()
    box = await Box.create(
        member_id=member_id, state=BoxState.DELIVERED, delivered_at=now - timedelta(days=1),
        deadline_at=now + timedelta(days=4), created_at=now,
    )  # fmt: skip
    kinds: dict[str, Product] = {}
    for product in await Product.all().order_by("id"):
        kinds.setdefault(product.category, product)
    for product in kinds.values():
        sku = await Sku.filter(product_id=product.id).order_by("id").first()
        if sku is not None:
            await BoxItem.create(
                box_id=box.id, sku_id=sku.id, name=product.name, size=sku.size, colour=sku.colour,
                picture=product.picture, price_fen=product.price_fen, state=ItemState.AT_MEMBER, created_at=now,
            )  # fmt: skip


def _known(form: Form | None, before: Form | None, said: dict[str, object], *, same: bool) -> dict[str, object]:
    """What is known by the end of a turn, by the names of the labels: the form's slots and what was just said."""
    kept = dict(before.slots) if before and same else {}
    if "time" in said:
        kept.pop("part", None)
    known = {**kept, **said, **(form.slots if form and same else {})}
    return {name: value for name, value in known.items() if name in LABELLED and value not in (None, ANY)}


def _wishes(row: dict[str, Any]) -> set[str]:
    """The intents the labels of a dialogue speak of."""
    return {str(turn["expect"]["intent"]) for turn in row["turns"]}


async def _hold(row: dict[str, Any], understander: Understander) -> list[Spoken]:
    """One dialogue, turn by turn, with a member of its own."""
    clock = Stopped(datetime.fromisoformat(row["now"]))
    shop = shop_at(clock)
    glances, member_id = Glances(shop), await a_member(shop)
    if _wishes(row) & BOX_AT_HOME and "order_box" not in _wishes(row):
        await box_at_home(shop, member_id)
    talk = Talk()
    spoken: list[Spoken] = []
    for turn in row["turns"]:
        before = Form.from_json(talk.form)
        heard = understander.understand(turn["user"], clock.now(), expecting=before.asked or None if before else None)
        if talk.owner != "bot":
            # A person has the chat: the bot says nothing, whatever comes.
            spoken.append(Spoken(heard, heard.intent, heard.slots, "person", ""))
            continue
        said, talk = await speak(
            Turn(shop, glances, "rehearsal", member_id, turn["user"], heard, None, clock.now()), talk
        )
        same = (before is not None and said.about != heard.intent) or said.about == heard.intent
        known = _known(said.form, before, heard.slots, same=same)
        spoken.append(Spoken(heard, said.about, known, said.outcome, said.text))
        clock.wait_a_minute()
    return spoken


async def hold(rows: Sequence[dict[str, Any]], empty: Path | None = None) -> list[list[Spoken]]:
    """Every dialogue, each in a fresh copy of the shop. `empty` is a migrated database, where one is at hand."""
    spoken: list[list[Spoken]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = await open_shop(folder, rows, empty)
        understander = reader([*REGULARS, *_named(rows)])
        now = folder / "now.sqlite3"
        await database.connect(f"sqlite://{now}")
        try:
            for row in rows:
                # Written over under the open connection: opening one takes longer than a dialogue.
                with closing(sqlite3.connect(shop)) as fresh, closing(sqlite3.connect(now)) as used:
                    fresh.backup(used)
                spoken.append(await _hold(row, understander))
        finally:
            await database.close()
    return spoken


# The commands ------------------------------------------------------------------------------------


def measure(files: Sequence[Path], out: Path | None) -> str:
    """The figures of labelled files; with `out`, one JSON line per line (per turn) is written."""
    understander = reader()
    told: list[str] = []
    lines: list[dict[str, object]] = []
    for path in files:
        rows = evaluate.load(path)
        told.append(f"{path}: {len(rows)} rows")
        plain = [r for r in rows if "turns" not in r]
        got = list(zip(plain, evaluate.understand_all(understander, plain), strict=True))
        chat = [(r, u) for r, u in got if "intent" in r]
        times = [(r, u) for r, u in got if "intent" not in r]
        dialogues = [r for r in rows if "turns" in r]
        held = list(zip(dialogues, asyncio.run(hold(dialogues)), strict=True)) if dialogues else []
        told += evaluate.lines_of_chat(chat) if chat else []
        told += evaluate.lines_of_times(times) if times else []
        told += evaluate.lines_of_dialogues(held) if held else []
        lines += [evaluate.outcome_line(r, u) for r, u in got]
        lines += [evaluate.turn_line(r, n, s) for r, spoken in held for n, s in enumerate(spoken, 1)]
    if out is not None:
        out.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return "\n".join(told)


def arguments(parser: argparse.ArgumentParser) -> None:
    """`eval FILE… [--out FILE]` and `say TEXT [--now INSTANT]`."""
    ways = parser.add_subparsers(dest="way", required=True)
    wanted = ways.add_parser("eval", help="the figures of labelled JSONL files: chat, times, dialogues")
    wanted.add_argument("files", nargs="+", type=Path)
    wanted.add_argument("--out", type=Path, help="write one JSON line per line, per turn of a dialogue")
    one = ways.add_parser("say", help="how one line is understood")
    one.add_argument("text", nargs="+")
    one.add_argument("--now", default=datetime.now(UTC).isoformat(), help="when it is said, as ISO 8601 with a zone")


def run(args: argparse.Namespace) -> str:
    """What is to be printed."""
    return measure(args.files, args.out) if args.way == "eval" else say(args.text, args.now)

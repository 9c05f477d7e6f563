"""How well labelled lines are understood: the figures, and one line of outcome per line. Holds no dialogues itself.

Intents: accuracy (`also` counts as right), macro-F1, confusions, `other`, actions taken for other actions, per tag.
Times: date, time and part all right. Dialogues: every turn's intent and outcome right. What a row is, its fields tell:
`turns` make a dialogue, `intent` a line of chat, `part` a time. `evaluate` in `rehearsal.py` brings all of it together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bot.understand.meaning import ACTION_INTENTS, Understanding
from bot.understand.understander import Understander

DEFAULT_NOW = "2026-11-22T10:00:00+08:00"


@dataclass(frozen=True)
class Report:
    """The figures of one file; shares are 0..1, `wrong` holds (id, text, wanted, got)."""

    lines: int = 0
    accuracy: float = 1.0
    macro_f1: float = 1.0
    other_precision: float = 1.0
    other_recall: float = 1.0
    false_actions: float = 0.0
    confusions: tuple[tuple[str, str, int], ...] = ()
    by_tag: dict[str, tuple[int, float]] = field(default_factory=dict)
    wrong: tuple[tuple[str, str, str, str], ...] = ()


def _share(part: float, whole: float, empty: float = 1.0) -> float:
    return part / whole if whole else empty


def intent_report(rows: Iterable[tuple[dict[str, Any], str]]) -> Report:
    """Figures of (labelled line, intent given). A second acceptable intent counts as the wanted one."""
    pairs = []
    for row, got in rows:
        wanted = got if got in row.get("also", []) else row["intent"]
        pairs.append((row, wanted, got))
    if not pairs:
        return Report()
    scores = []
    for name in sorted({w for _r, w, _g in pairs}):
        hits = sum(w == g == name for _r, w, g in pairs)
        wanted_n, got_n = sum(w == name for _r, w, _g in pairs), sum(g == name for _r, _w, g in pairs)
        scores.append(_share(2 * hits, wanted_n + got_n))
    wrong = [(r, w, g) for r, w, g in pairs if w != g]
    harm = sum(w in ACTION_INTENTS and g in ACTION_INTENTS for _r, w, g in wrong)
    tags: dict[str, list[bool]] = defaultdict(list)
    for row, wanted, got in pairs:
        for tag in row.get("tags", []):
            tags[tag].append(wanted == got)
    others = sum(w == g == "other" for _r, w, g in pairs)
    return Report(
        lines=len(pairs),
        accuracy=1 - len(wrong) / len(pairs),
        macro_f1=sum(scores) / len(scores),
        other_precision=_share(others, sum(g == "other" for _r, _w, g in pairs)),
        other_recall=_share(others, sum(w == "other" for _r, w, _g in pairs)),
        false_actions=harm / len(pairs),
        confusions=tuple((w, g, n) for (w, g), n in Counter((w, g) for _r, w, g in wrong).most_common()),
        by_tag={t: (len(v), sum(v) / len(v)) for t, v in sorted(tags.items())},
        wrong=tuple((str(r.get("id", "")), str(r["text"]), w, g) for r, w, g in wrong),
    )


def _moment(got: Understanding) -> tuple[str | None, str | None, str | None]:
    date, time = got.when.date, got.when.time
    return date.isoformat() if date else None, time.strftime("%H:%M") if time else None, got.when.part


def time_report(rows: Iterable[tuple[dict[str, Any], Understanding]]) -> Report:
    """Share of lines whose date, time and part are all right."""
    pairs = [(r, (r["date"], r["time"], r["part"]), _moment(u)) for r, u in rows]
    wrong = tuple((str(r.get("id", "")), str(r["text"]), str(w), str(g)) for r, w, g in pairs if w != g)
    tags: dict[str, list[bool]] = defaultdict(list)
    for row, wanted, got in pairs:
        for tag in row.get("tags", []):
            tags[tag].append(wanted == got)
    by_tag = {t: (len(v), sum(v) / len(v)) for t, v in sorted(tags.items())}
    return Report(lines=len(pairs), accuracy=1 - _share(len(wrong), len(pairs), 0.0), by_tag=by_tag, wrong=wrong)


def slot_share(rows: Iterable[tuple[dict[str, Any], Understanding]]) -> float:
    """Share of the labelled slots that are there with the same value (lines whose intent is right)."""
    right = total = 0
    for row, got in rows:
        if got.intent == row["intent"]:
            total += len(row.get("slots", {}))
            right += sum(got.slots.get(k) == v for k, v in row.get("slots", {}).items())
    return _share(right, total)


def load(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSONL file."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]


def understand_all(reader: Understander, rows: Sequence[dict[str, Any]]) -> list[Understanding]:
    """Every row read at its own `now`."""
    return [reader.understand(r["text"], datetime.fromisoformat(r.get("now", DEFAULT_NOW))) for r in rows]


@dataclass(frozen=True)
class Spoken:
    """One turn of a dialogue as it went: the wish it served, what is known of it by then, and what came of it."""

    heard: Understanding
    intent: str
    slots: dict[str, object]
    outcome: str  # answer | ack | ask:SLOT | confirm | done | person
    reply: str


@dataclass(frozen=True)
class DialogueReport:
    """Shares are 0..1; `wrong` holds (dialogue, number of the turn, what was said, wanted, got)."""

    dialogues: int = 0
    turns: int = 0
    all_right: float = 1.0
    turns_right: float = 1.0
    slots_right: float = 1.0
    by_tag: dict[str, tuple[int, float]] = field(default_factory=dict)
    wrong: tuple[tuple[str, int, str, str, str], ...] = ()


SAME_OUTCOME = {"handoff": "person"}
"""Labels have two words for a chat that is in a person's hands."""


def turn_is_right(wanted: dict[str, Any], got: Spoken) -> bool:
    """The intent (or an `also`) and one of the outcomes that are wanted, `|` between them."""
    fits = got.intent == wanted["intent"] or got.intent in wanted.get("also", [])
    return fits and got.outcome in {SAME_OUTCOME.get(name, name) for name in str(wanted["outcome"]).split("|")}


def dialogue_report(pairs: Iterable[tuple[dict[str, Any], Sequence[Spoken]]]) -> DialogueReport:
    """Figures of dialogues held; a dialogue is right when all of its turns are. Slots are counted apart."""
    held = list(pairs)
    tags: dict[str, list[bool]] = defaultdict(list)
    wrong: list[tuple[str, int, str, str, str]] = []
    turns = slots = wanted_slots = 0
    for row, spoken in held:
        whole = True
        for number, (turn, got) in enumerate(zip(row["turns"], spoken, strict=True), 1):
            wanted, turns = turn["expect"], turns + 1
            for name, value in wanted.get("slots", {}).items():
                wanted_slots, slots = wanted_slots + 1, slots + (got.slots.get(name) == value)
            if not turn_is_right(wanted, got):
                whole = False
                names = "/".join([wanted["intent"], *wanted.get("also", [])])
                wrong.append((
                    str(row.get("id", "")), number, turn["user"],
                    f"{names} → {wanted['outcome']}", f"{got.intent} → {got.outcome}",
                ))  # fmt: skip
        for tag in row.get("tags", []):
            tags[tag].append(whole)
    failed = {name for name, *_ in wrong}
    return DialogueReport(
        dialogues=len(held),
        turns=turns,
        all_right=1 - _share(len(failed), len(held), 0.0),
        turns_right=1 - _share(len(wrong), turns, 0.0),
        slots_right=_share(slots, wanted_slots),
        by_tag={t: (len(v), sum(v) / len(v)) for t, v in sorted(tags.items())},
        wrong=tuple(wrong),
    )


# What is printed and written ---------------------------------------------------------------------


def lines_of_chat(chat: Sequence[tuple[dict[str, Any], Understanding]]) -> list[str]:
    """The figures of chat lines, for people."""
    report = intent_report((r, u.intent) for r, u in chat)
    out = [
        f"  chat: {report.lines} lines",
        f"    intent accuracy {report.accuracy:.4f}  macro-F1 {report.macro_f1:.4f}",
        f"    other: precision {report.other_precision:.4f}  recall {report.other_recall:.4f}",
        f"    false-action rate {report.false_actions:.4f}  slots right {slot_share(chat):.4f}",
    ]
    out += [f"    confused: {wanted} taken for {named}: {count}" for wanted, named, count in report.confusions]
    return out + _rest(report)


def lines_of_times(times: Sequence[tuple[dict[str, Any], Understanding]]) -> list[str]:
    report = time_report(times)
    return [f"  times: {report.lines} lines", f"    all right {report.accuracy:.4f}", *_rest(report)]


def lines_of_dialogues(held: Sequence[tuple[dict[str, Any], Sequence[Spoken]]]) -> list[str]:
    report = dialogue_report(held)
    out = [
        f"  dialogues: {report.dialogues}, {report.turns} turns",
        f"    all turns right {report.all_right:.4f}  turns right {report.turns_right:.4f}"
        f"  slots right {report.slots_right:.4f}",
    ]
    out += [f"    [{tag}] {share:.3f} of {count}" for tag, (count, share) in report.by_tag.items()]
    out += [f"    {name}.{turn} {text!r}: {got}, wanted {wanted}" for name, turn, text, wanted, got in report.wrong]
    return out


def _rest(report: Report) -> list[str]:
    out = [f"    [{tag}] {share:.3f} of {count}" for tag, (count, share) in report.by_tag.items()]
    return out + [f"    {number} {text!r}: {got}, wanted {wanted}" for number, text, wanted, got in report.wrong]


def outcome_line(row: dict[str, Any], got: Understanding) -> dict[str, object]:
    """What `--out` writes of a chat or time line."""
    date, time, part = _moment(got)
    return {
        "id": row.get("id"), "intent": got.intent, "confidence": got.confidence, "slots": got.slots,
        "date": date, "time": time, "part": part,
    }  # fmt: skip


def turn_line(row: dict[str, Any], number: int, got: Spoken) -> dict[str, object]:
    """What `--out` writes of one turn; turns count from 1."""
    line = outcome_line(row, got.heard)
    return {**line, "intent": got.intent, "slots": got.slots, "turn": number, "outcome": got.outcome}

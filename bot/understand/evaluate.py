"""`python -m bot.understand.evaluate`: how well lines of a labelled file are understood.

Intents: accuracy (`also` counts as right), macro-F1, confusions, `other`, actions taken for other actions, per tag.
Times: date, time and part all right. Lines with an `intent` count for the first, lines with a `part` for the second.
"""

import argparse
import sys
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


def _print(path: Path, rows: list[dict[str, Any]], got: list[Understanding]) -> None:
    print(f"{path}: {len(rows)} lines")
    chat = [(r, u) for r, u in zip(rows, got, strict=True) if "intent" in r]
    if chat:
        report = intent_report((r, u.intent) for r, u in chat)
        print(f"  intent accuracy {report.accuracy:.3f}  macro-F1 {report.macro_f1:.3f}  slots {slot_share(chat):.3f}")
        print(f"  other: precision {report.other_precision:.3f} recall {report.other_recall:.3f}")
        print(f"  false actions {report.false_actions:.4f}")
        for wanted, named, count in report.confusions[:15]:
            print(f"    {wanted} taken for {named}: {count}")
        _print_rest(report)
    times = [(r, u) for r, u in zip(rows, got, strict=True) if "part" in r and "intent" not in r]
    if times:
        report = time_report(times)
        print(f"  times all right {report.accuracy:.3f}")
        _print_rest(report)


def _print_rest(report: Report) -> None:
    for tag, (count, share) in report.by_tag.items():
        print(f"    [{tag}] {share:.3f} of {count}")
    for number, text, wanted, got in report.wrong:
        print(f"    {number} {text!r}: {got}, wanted {wanted}")


def main(argv: list[str] | None = None) -> int:
    """Print the figures of every file named; with --out write one JSON line per row instead of nothing."""
    parser = argparse.ArgumentParser(prog="nlu eval", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, help="write {id, intent, confidence, slots, date, time, part} per line")
    args = parser.parse_args(argv)
    reader = Understander()
    reader.load()
    lines: list[bytes] = []
    for path in args.files:
        rows = load(path)
        got = understand_all(reader, rows)
        _print(path, rows, got)
        for row, one in zip(rows, got, strict=True):
            date, time, part = _moment(one)
            lines.append(orjson.dumps({
                "id": row.get("id"), "intent": one.intent, "confidence": one.confidence, "slots": one.slots,
                "date": date, "time": time, "part": part,
            }))  # fmt: skip
    if args.out:
        args.out.write_bytes(b"".join(line + b"\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m app nlu`: the figures of labelled files, what is written of them, and dialogues that are really held."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

import cli
import rehearsal
from bot.understand import evaluate

SAMPLE = Path(__file__).parent / "sample"
HELD_OUT = Path(__file__).parent / "heldout"


def test_eval_prints_the_figures_and_writes_one_line_per_line_and_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "got.jsonl"
    files = [SAMPLE / name for name in ("chat.jsonl", "times.jsonl", "dialogues.jsonl")]

    assert cli.main(["nlu", "eval", *map(str, files), "--out", str(out)]) == 0

    told = capsys.readouterr().out
    for words in ("intent accuracy", "macro-F1", "precision", "recall", "false-action rate", "[pinyin]"):
        assert words in told
    held = re.search(r"all turns right ([\d.]+) .* slots right ([\d.]+)", told)
    assert held is not None
    assert float(held[1]) >= 0.95, told
    assert float(held[2]) >= 0.98, told
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == 180 + 45 + 27
    assert set(rows[0]) == {"id", "intent", "confidence", "slots", "date", "time", "part"}
    assert set(rows[-1]) == set(rows[0]) | {"turn", "outcome"}
    assert [r["turn"] for r in rows if r["id"] == "d29"] == [1, 2, 3]


def test_say_shows_one_understanding(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["nlu", "say", "后天下午三点约林老师到店", "--now", "2026-11-22T10:00:00+08:00"]

    assert cli.main(words) == 0

    told = capsys.readouterr().out
    assert "book_stylist" in told
    assert "2026-11-24" in told
    assert "林老师" in told


async def test_labelled_dialogues_are_held_as_labelled(sqlite_templates: dict[bool, Path]) -> None:
    """Those of the sample are held by the command, above."""
    rows = [row for path in sorted(HELD_OUT.glob("dialogues-*.jsonl")) for row in evaluate.load(path)]

    report = evaluate.dialogue_report(zip(rows, await rehearsal.hold(rows, sqlite_templates[False]), strict=True))

    assert report.dialogues >= 60
    assert report.all_right >= 0.95, report.wrong
    assert report.slots_right >= 0.98


def test_a_dialogue_counts_only_when_every_turn_is_right() -> None:
    turns = [
        {"user": "约造型师", "expect": {"intent": "book_stylist", "slots": {}, "outcome": "ask:date|answer"}},
        {"user": "好", "expect": {"intent": "book_stylist", "also": ["thanks_bye"], "slots": {}, "outcome": "done"}},
    ]
    heard = rehearsal.reader().understand("好", datetime.fromisoformat("2026-11-22T10:00:00+08:00"))
    right = evaluate.Spoken(heard, "book_stylist", {}, "answer", "")
    also = evaluate.Spoken(heard, "thanks_bye", {}, "done", "")
    wrong = evaluate.Spoken(heard, "book_stylist", {}, "confirm", "")

    handed = {"intent": "human_agent", "outcome": "handoff"}
    assert evaluate.turn_is_right(handed, evaluate.Spoken(heard, "human_agent", {}, "person", ""))

    row = {"id": "x", "turns": turns, "tags": ["book"]}
    assert evaluate.dialogue_report([(row, [right, also])]).all_right == 1
    report = evaluate.dialogue_report([(row, [right, wrong]), (row, [right, also])])
    assert (report.turns, report.turns_right) == (4, 0.75)

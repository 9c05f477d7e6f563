"""The training lines, made into samples: placeholders filled, spellings disturbed. Used in training only.

Every choice is drawn from a generator seeded by the line itself, so one line changed disturbs no other.
"""

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.understand.meaning import INTENTS
from bot.understand.pinyin import sound
from bot.understand.view import DATA, lexicon

TRAINING = DATA / "training"


@lru_cache(maxsize=1)
def _fills() -> dict[str, tuple[str, ...]]:
    rows = (DATA / "fills.txt").read_text("utf-8").splitlines()
    return {row.split(" ")[0]: tuple(row.split(" ")[1:]) for row in rows if not row.startswith("#")}


_CLASSES = {
    "cat": "C",
    "col": "K",
    "occ": "O",
    "sty": "S",
    "partner": "P",
    "brand": "B",
    "else": "E",
    "city": "L",
    "store": "R",
    "style": "Y",
}


@dataclass(frozen=True)
class Sample:
    """One training example: a line, its intent and which features may be taken from it."""

    text: str
    intent: str
    line: int  # which hand-written line it came from
    mask: bool = True
    chars: bool = True
    weight: float = 1.0


def lines(folder: Path = TRAINING) -> Iterator[tuple[str, str]]:
    """(intent, line) of every hand-written training line."""
    for intent in INTENTS:
        for line in (folder / f"{intent}.txt").read_text("utf-8").splitlines():
            if line.strip():
                yield intent, line.strip()


def fill(line: str, rng: random.Random) -> str:
    """Put a word of its class into every placeholder of a line."""
    out, rest = [], line
    while "{" in rest:
        head, _, tail = rest.partition("{")
        name, found, after = tail.partition("}")
        words = _fills().get(name) or (lexicon()[_CLASSES[name]] if name in _CLASSES else None)
        if not found or words is None:
            out.append(head + "{")
            rest = tail
            continue
        out.append(head + rng.choice(words))
        rest = after
    return "".join([*out, rest])


def _homophones() -> dict[str, list[str]]:
    by_sound: dict[str, list[str]] = {}
    for char in sorted({c for _intent, line in lines() for c in line}):
        if sound(char):
            by_sound.setdefault(sound(char), []).append(char)
    return by_sound


def _disturb(text: str, rng: random.Random, by_sound: dict[str, list[str]]) -> str:
    """A typing slip: a homophone, a dropped, a doubled or two swapped characters."""
    at = rng.randrange(len(text))
    kind = rng.random()
    if kind < 0.7:
        others = [c for c in by_sound.get(sound(text[at]), ()) if c != text[at]]
        if others:
            return text[:at] + rng.choice(others) + text[at + 1 :]
    if kind < 0.85 and len(text) > 4:
        return text[:at] + text[at + 1 :]
    if kind < 0.93:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


_OPENINGS = (
    "你好 ",
    "在吗 ",
    "您好，",
    "亲 ",
    "请问",
    "那个 ",
    "我想问下 ",
    "麻烦",
    "老师 ",
    "谢谢 ",
    "嗯 ",
    "哈喽 ",
    "不好意思 ",
)
_CLOSINGS = (
    "啊",
    "呀",
    "呢",
    "吧",
    " 谢谢",
    "？",
    "！",
    "~",
    " 急",
    "哦",
    "哈",
    " 谢谢啦",
    " 麻烦了",
    "🙏",
    "😊",
    "。",
    " 在吗",
    "嘛",
    "哟",
)
_NO_OPENING = frozenset({"greeting", "thanks_bye", "other"})


def samples() -> list[Sample]:
    """Every sample to train on, in a fixed order."""
    by_sound = _homophones()
    out: list[Sample] = []
    for at, (intent, line) in enumerate(lines()):
        rng = random.Random(zlib.crc32(f"{intent}|{line}".encode()))
        for turn in range(2 if "{" in line else 1):
            text = fill(line, rng)
            out.append(Sample(text, intent, at))
            if "{" in line and turn == 0:
                out.append(Sample(fill(line, rng), intent, at, mask=False, weight=0.5))
            if len(text) > 2 and rng.random() < 0.55:
                out.append(Sample(_disturb(text, rng, by_sound), intent, at, weight=0.5))
            if len(text) > 2 and rng.random() < 0.6:
                out.append(Sample(text, intent, at, chars=False, weight=0.4))
            if intent not in _NO_OPENING and rng.random() < 0.3:
                dressed = text
                if rng.random() < 0.5:
                    dressed = rng.choice(_OPENINGS) + dressed
                if rng.random() < 0.7:
                    dressed += rng.choice(_CLOSINGS)
                out.append(Sample(dressed, intent, at, weight=0.5))
    return out

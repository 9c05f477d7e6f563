"""Toneless syllables for characters, and the cutting of typed pinyin into syllables.

Syllables are merged the way southern keyboards merge them (zh = z, ang = an, …), so that 仁工 and 人工, or
`rengong` and 人工, look alike. Words are not looked up: a character has one sound here.
"""

import re
from functools import lru_cache
from pathlib import Path

# Characters with a second sound: the one that is meant in a shop.
_SOUNDS = {
    "行": "xing", "长": "chang", "还": "hai", "都": "dou", "重": "chong", "调": "tiao", "了": "le", "没": "mei",
    "得": "de", "地": "di", "的": "de", "大": "da", "便": "bian", "量": "liang", "么": "me", "少": "shao",
    "和": "he", "合": "he", "号": "hao", "好": "hao", "吗": "ma", "呢": "ne", "着": "zhe", "会": "hui",
    "给": "gei", "什": "shen", "分": "fen", "发": "fa", "单": "dan", "种": "zhong", "中": "zhong", "约": "yue",
    "要": "yao", "卡": "ka", "券": "quan", "色": "se", "红": "hong", "参": "can", "降": "jiang", "说": "shuo",
    "哪": "na", "那": "na", "这": "zhe", "打": "da", "觉": "jue", "乐": "le", "似": "si", "更": "geng",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
# Letters that are words of their own here, never syllables.
_NOT_PINYIN = frozenset(
    [
        "a",
        "e",
        "o",
        "ok",
        "an",
        "man",
        "men",
        "can",
        "fan",
        "pan",
        "ban",
        "hi",
        "he",
        "me",
        "test",
        "she",
        "long",
        "hen",
        "pin",
        "sun",
        "ran",
        "wan",
        "dan",
        "din",
        "den",
        "gen",
        "bye",
        "code",
        "change",
        "cancel",
        "size",
        "box",
        "vip",
        "app",
        "plus",
        "size",
        "mini",
        "line",
        "nine",
        "wine",
        "name",
        "game",
        "same",
        "made",
    ]
)


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    """The first toneless reading of each character (data/sounds.txt, written by sounds.py)."""
    found: dict[str, str] = {}
    for line in (Path(__file__).parent / "data" / "sounds.txt").read_text().splitlines():
        syllable, _, chars = line.partition(" ")
        found.update(dict.fromkeys(chars, syllable))
    return found


def _plain(char: str) -> str:
    return _table().get(char, "")


def merge(syllable: str) -> str:
    """Fold the sounds that keyboards and dialects confuse."""
    s = syllable
    if s[:2] in ("zh", "ch", "sh"):
        s = s[0] + s[2:]
    if s.endswith("ng") and s[-3:-2] in ("a", "e", "i"):
        s = s[:-1]
    return s


@lru_cache(maxsize=30000)
def sound(char: str) -> str:
    """The merged syllable of one Chinese character, or "" for any other character."""
    if not "\u4e00" <= char <= "\u9fff":
        return ""
    return merge(_SOUNDS.get(char) or _plain(char))


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """Every legal toneless syllable (unmerged)."""
    found = set(_table().values())
    return frozenset(s for s in found if (len(s) > 1 and s not in ("hm", "hng", "ng")) or s in ("a", "e"))


@lru_cache(maxsize=4096)
def cut(word: str) -> tuple[str, ...]:
    """Cut a run of Latin letters into unmerged syllables, fewest first; () if it is not pinyin."""
    known = syllables()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            head = best[start]
            if head is not None and word[start:end] in known:
                tried = (*head, word[start:end])
                held = best[end]
                if held is None or len(tried) < len(held):
                    best[end] = tried
    return best[len(word)] or ()


def typed(line: str) -> list[str]:
    """The unmerged syllables of a line written in pinyin; [] if the line is not pinyin.

    A line counts as pinyin when it has no Chinese characters and nearly all its letters can be cut.
    """
    words = _WORD.findall(line)
    if not words or all(w in _NOT_PINYIN for w in words):
        return []
    out: list[str] = []
    lost = 0
    for word in words:
        parts = cut(word)
        if parts:
            out.extend(parts)
        else:
            lost += len(word)
    letters = sum(map(len, words))
    if len(out) < 2 or lost * 3 > letters:
        return []
    return out

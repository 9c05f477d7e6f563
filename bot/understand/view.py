"""The model's view of a line: folded spellings, masked word classes, and the features counted from them.

A view is for the linear model only; slots and times are read from the normalised line itself.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path

from bot.understand.pinyin import merge, sound, typed

DATA = Path(__file__).parent / "data"
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_EMAIL = re.compile(r"[\w.-]+@[\w.-]+")
_WAYBILL = re.compile(r"(?:sf|yt|zto?|jd|jt|yd|sto?|ems)\d{7,}")
_PUNCT = re.compile(r"[\s,。.、;:!~'\"()\[\]{}<>《》【】|/\\+=_*&%$^`·…-]+")
# 不是问等级 问我剩几分: what is denied at the head of a clause is not the wish, if more is said than that.
# 不是说免费吗 is no denial but a reproach, and 是不是 a question.
_DENIED_CLAUSE = re.compile(
    r"(?:^|(?<=[ ,。;!?]))(?:我|真|又|可|这次|也|并)*"
    r"(?:不是我?(?:问|要|想|来|嫌|光|只|单|催|查|为了?|不|退|换|取消|注销|投诉|续|约|改|开|让)"
    r"|(?:没|不)(?:问|催|查|打听)|(?:不光|不只|不单|光)(?:是|要|想)?"
    r"|(?:先|都)?不(?:换|改|续|取消|注销|退(?![钱款押我货会订]))(?=[^ ,。;!?]{0,9}[ ,。;!?]))"
    r"(?![^ ,。;!?]{0,14}[吗么嘛])[^ ,。;!?]{0,14}?"
    r"(?:[ ,。;!?]+|(?=(?:而是|就是|只是|是[要想问让给]|我是|我就)))(?=.{3})"
)
_HAN_NUM = re.compile(r"[一二两三四五六七八九十]+(?=[点号斤码岁])")


class Trie:
    """Longest-match replacement of words; what a line holds of a word list, left to right."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._words = dict(pairs)
        self._by_head: dict[str, tuple[int, ...]] = {}
        heads: dict[str, set[int]] = {}
        for word in self._words:
            heads.setdefault(word[0], set()).add(len(word))
        for head, lengths in heads.items():
            self._by_head[head] = tuple(sorted(lengths, reverse=True))

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, value) of the longest words, not overlapping."""
        found = []
        at, size, heads, words = 0, len(text), self._by_head, self._words
        while at < size:
            for length in heads.get(text[at], ()):
                value = words.get(text[at : at + length])
                if value is not None and at + length <= size:
                    found.append((at, at + length, value))
                    at += length - 1
                    break
            at += 1
        return found

    def replace(self, text: str) -> str:
        """`text` with every found word replaced by its value."""
        found = self.find(text)
        if not found:
            return text
        out, last = [], 0
        for start, end, value in found:
            out.append(text[last:start])
            out.append(value)
            last = end
        out.append(text[last:])
        return "".join(out)


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Class symbol → words, from data/lexicon.txt (several classes may hold one word)."""
    out: dict[str, tuple[str, ...]] = {}
    for line in (DATA / "lexicon.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            symbol, _name, *words = line.split(" ")
            out[symbol] = tuple(words)
    return out


@lru_cache(maxsize=1)
def _folds() -> Trie:
    lines = (DATA / "folds.txt").read_text("utf-8").splitlines()
    pairs = [tuple(x.split("=", 1)) for x in lines if x and not x.startswith("#")]
    return Trie((a, b) for a, b in pairs)


@lru_cache(maxsize=1)
def _masks() -> Trie:
    words: dict[str, str] = {}
    for symbol, members in lexicon().items():
        for word in members:
            if len(word) > 1 and not (word.isascii() and len(word) < 4):
                words.setdefault(word, symbol)
    for head in ("", "这", "本", "下", "下个", "这个", "下下", "上"):
        for char in "一二三四五六日天末":
            words[f"{head}周{char}"] = "D"
    return Trie(words.items())


@lru_cache(maxsize=1)
def _concepts() -> Trie:
    words: dict[str, str] = {}
    for row in (DATA / "concepts.txt").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            name, *members = row.split(" ")
            for word in members:
                words[_folds().replace(word)] = words.get(_folds().replace(word), "") + f" {name}"
    return Trie(words.items())


def _number(match: "re.Match[str]") -> str:
    digits = match.group()
    whole = digits.split(".")[0]
    size = len(whole)
    if size == 11 and whole[0] == "1":
        return "Ⓟ"
    if size >= 7:
        return "Ⓛ"
    if size == 3 and whole[0] == "1" and 140 <= int(whole) <= 195:
        return "Ⓗ"
    if size <= 2:
        return "①"
    return "③" if size == 3 else "④"


def view(line: str, *, mask: bool = True) -> str:
    """Fold and mask a normalised line."""
    if "@" in line:
        line = _EMAIL.sub("Ⓔ", line)
    text = _folds().replace(_WAYBILL.sub("单号Ⓛ", line))
    if "不" in text or "没" in text or "光" in text:
        text = _DENIED_CLAUSE.sub("Ⓝ", text)
    if mask:
        text = _masks().replace(text)
    text = _HAN_NUM.sub("①", _DIGITS.sub(_number, text))
    return _PUNCT.sub(" ", text).strip()


def features(line: str, *, mask: bool = True, chars: bool = True) -> set[str]:
    """Distinct features of a normalised line: character 1–3-grams, groups of meaning and their
    pairs (marked by §), sound 2–3-grams (marked by ~)."""
    text = view(line, mask=mask)
    said = typed(line) if text.isascii() or not any(map(sound, text)) else None
    out: set[str] = set()
    if chars and not said:
        padded = f"^{text}$"
        size = len(padded)
        out.update(padded[1:-1])
        for length in (2, 3):
            out.update([padded[i : i + length] for i in range(size - length + 1)])
        touched = sorted({name for _s, _e, names in _concepts().find(text) for name in names.split()})
        out.update([f"§{a}" for a in touched])
        out.update([f"§{a}+{b}" for a, b in combinations(touched, 2)])
    parts = [merge(s) for s in said] if said else [sound(c) or c for c in text.replace(" ", "")]
    if said or len(parts) > 1:
        parts = ["<", *parts, ">"]
        out.update([f"~{a}{b}" for a, b in pairwise(parts)])
        out.update([f"~{a}{b}{c}" for a, b, c in zip(parts, parts[1:], parts[2:], strict=False)])
    return out

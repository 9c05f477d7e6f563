"""Sensitive words: found however they are dressed up, masked before they are logged, never sent.

Full-width letters, capitals and marks put between the characters change nothing; the end of a
sentence does, so that two words which only meet there are not one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_ENDS = frozenset("。，！？；：、\n")
_STOP = "\0"
MASK = "＊"
OTHER_LABEL = 21000
"""As WeChat's own check numbers what fits none of its kinds: what a text is refused with that holds a word of ours."""


@dataclass(frozen=True)
class WordRules:
    """The shop's own words beside the list that is shipped, and those of the list it does not mind."""

    blocked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


class _Letters(dict[int, str]):
    """What counts of each character: its letters, plain and small, or a stop; reckoned when it first comes."""

    def __missing__(self, code: int) -> str:
        mark = chr(code)
        letters = (c for c in unicodedata.normalize("NFKC", mark).lower() if c.isalnum())
        found = _STOP if mark in _ENDS else "".join(letters)
        if code < _REMEMBERED:
            self[code] = found
        return found


_REMEMBERED = 0x10000
"""Rarer characters are reckoned every time, so that nobody can fill our memory with them."""
_LETTERS = _Letters()


def _plain(text: str) -> tuple[list[str], list[int]]:
    """The letters that count, one by one, and where each stood."""
    found = [(letter, place) for place, mark in enumerate(text) for letter in _LETTERS[ord(mark)]]
    return [letter for letter, _ in found], [place for _, place in found]


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


class Blocklist:
    """A set of words as a tree of letters: a text is read once, however many words there are."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._tree: dict[str, Any] = {}
        plain = {word.translate(_LETTERS) for word in words} - {""}
        for word in plain:
            at = self._tree
            for letter in word:
                at = at.setdefault(letter, {})
            at[""] = True
        # Most texts hold none, which one search tells; `(?!)` is found nowhere.
        self._any = re.compile("|".join(map(re.escape, sorted(plain))) or "(?!)")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where sensitive words stand, half-open, the longest at each place."""
        if self._any.search(text.translate(_LETTERS)) is None:
            return []
        letters, places = _plain(text)
        found: list[tuple[int, int]] = []
        start = 0
        while start < len(letters):
            at, end = self._tree, 0
            for i in range(start, len(letters)):
                if letters[i] not in at:
                    break
                at = at[letters[i]]
                if "" in at:
                    end = i + 1
            if end and not self._inside_a_word(text, letters, places[start], places[end - 1], start):
                found.append((places[start], places[end - 1] + 1))
                start = end
            else:
                start += 1
        return found

    def _inside_a_word(self, text: str, letters: list[str], first: int, last: int, start: int) -> bool:
        """A Latin word only counts as a whole: `av` is not in `have`."""
        if not _latin(letters[start]):
            return False
        before = text[first - 1] if first else ""
        after = text[last + 1] if last + 1 < len(text) else ""
        return any(_latin(unicodedata.normalize("NFKC", c).lower()[:1]) for c in (before, after) if c)

    def holds(self, text: str) -> bool:
        return bool(self.spans(text))

    def masked(self, text: str) -> str:
        """The text with a mark in the place of each letter of a sensitive word."""
        for start, end in self.spans(text):
            text = text[:start] + MASK * (end - start) + text[end:]
        return text

"""Bring a chat line into one spelling: width, script, marks. It changes no meaning and drops no words.

Dialect and chat spellings are folded later, for the model only (`view.py`); the member's words stay hers.
"""

import re
import unicodedata
from typing import Protocol

import opencc


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


_MAX_CHARS = 600  # WeChat text is at most 2,048 bytes; anything longer says no more about the wish.

_HAN = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]")
_DROP = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffd\U0001f3fb-\U0001f3ff\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"([!?,;~:。、…·\-_=*])\1+")
_REPEAT = re.compile(r"([^\d\s])\1{3,}")
_PHRASE = re.compile(r"([\u4e00-\u9fff]{2,6}?)\1{2,}")
_TABLE = str.maketrans(
    {"妳": "你", "您": "您", "祢": "你", "牠": "它", "「": '"', "」": '"', "“": '"', "”": '"', "‘": "'", "’": "'",
     "～": "~", "〜": "~", "—": "-", "–": "-", "﹣": "-", "。": "。", "．": "."}
)  # fmt: skip
# Words Taiwan and Hong Kong members write which a character table leaves alone.
_WORDS = (("视讯", "视频"), ("讯息", "消息"), ("简讯", "短信"), ("帐", "账"), ("资讯", "信息"))


class Normaliser:
    """Holds the traditional-to-simplified table; `__call__` is pure and never fails on any text."""

    def __init__(self) -> None:
        self._t2s: _Converter = opencc.OpenCC("t2s")

    def __call__(self, text: str) -> str:
        """Return `text` in simplified script, half width, lower case, single spaces, repeated marks shortened."""
        line = _DROP.sub("", text[: _MAX_CHARS * 2])
        line = unicodedata.normalize("NFKC", line)[:_MAX_CHARS].translate(_TABLE)
        line = _DROP.sub("", line).lower()
        if _HAN.search(line):
            line = self._t2s.convert(line)
            for old, new in _WORDS:
                if old in line:
                    line = line.replace(old, new)
        line = _SPACE.sub(" ", line).strip()
        line = _MARKS.sub(r"\1", line)
        line = _REPEAT.sub(r"\1\1\1", line)
        return _PHRASE.sub(r"\1\1", line)


def has_han(text: str) -> bool:
    """Whether a line holds any Chinese character."""
    return _HAN.search(text) is not None

"""The list of sensitive words that is shipped, with the shop's own."""

from functools import cache
from pathlib import Path

import opencc

from domain.blocklist import Blocklist, WordRules

_SCRIPTS = ("s2t", "s2tw", "s2hk", "t2s")
_SHIPPED = Path(__file__).with_name("blocked_words.txt")


@cache
def blocklist(rules: WordRules) -> Blocklist:
    """Built once per process and rules; each word counts in either script."""
    lines = (line.strip() for line in _SHIPPED.read_text(encoding="utf-8").splitlines())
    shipped = {line for line in lines if line and not line.startswith("#")}
    words = (shipped - set(rules.allowed)) | set(rules.blocked)
    scripts = [opencc.OpenCC(way) for way in _SCRIPTS]
    return Blocklist(sorted(words | {script.convert(word) for word in words for script in scripts}))

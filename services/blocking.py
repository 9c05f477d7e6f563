"""The list of sensitive words that is shipped, with the shop's own."""

from functools import cache
from pathlib import Path

from domain.blocklist import Blocklist, WordRules

_SHIPPED = Path(__file__).with_name("blocked_words.txt")


@cache
def blocklist(rules: WordRules) -> Blocklist:
    """Built once per process and rules."""
    lines = (line.strip() for line in _SHIPPED.read_text(encoding="utf-8").splitlines())
    shipped = {line for line in lines if line and not line.startswith("#")}
    return Blocklist(sorted((shipped - set(rules.allowed)) | set(rules.blocked)))

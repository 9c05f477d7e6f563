"""Run as a process of its own: texts in as JSON, the words of each out as JSON."""

import json
import sys

from jieba import analyse

WORDS_AT_MOST = 6
KINDS = ("n", "nz", "vn", "v", "a", "an", "l")
"""Nouns, verbs, adjectives and set phrases, as jieba tags them."""


def words_of(text: str) -> list[str]:
    """The words of a text that say most, what is rare in the language first."""
    return list(analyse.extract_tags(text, topK=WORDS_AT_MOST, allowPOS=KINDS))


if __name__ == "__main__":
    json.dump([words_of(text) for text in json.load(sys.stdin)], sys.stdout)

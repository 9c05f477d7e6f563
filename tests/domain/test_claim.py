"""Which words in a text about goods need proof."""

import pytest

from domain.claim import ClaimRules, claims_in

RULES = ClaimRules()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("意大利羊毛，轻而保暖。", []),
        ("全城最柔软的羊绒", ["最"]),
        ("最后三件，最近上新", []),
        ("最后三件，却是最暖的", ["最"]),
        ("行业第一，顶级面料", ["第一", "顶级"]),
        ("第一次穿就喜欢", []),
        ("１００％纯棉", ["100%"]),
        ("最" * 5, ["最"]),
        ("", []),
    ],
)
def test_claim_words_are_found_and_harmless_phrases_are_not(text: str, words: list[str]) -> None:
    assert claims_in(text, RULES) == words


def test_of_two_that_overlap_the_longer_one_counts() -> None:
    assert claims_in("世界级第一品牌", ClaimRules(words=("世界级第一", "第一"), harmless=())) == ["世界级第一"]

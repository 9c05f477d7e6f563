"""Sensitive words, dressed up and hidden in honest ones."""

import time

import pytest

from domain.blocklist import Blocklist, WordRules
from services.blocking import blocklist

LIST = Blocklist(["赌博", "av女优", "fuck", "cnm", "高利贷"])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("一起赌博吗", "一起＊＊吗"),
        ("一起赌 博吗", "一起＊＊＊吗"),
        ("赌*-博", "＊＊＊＊"),
        ("ＦＵＣＫ you", "＊＊＊＊ you"),
        ("f.u.c.k", "＊＊＊＊＊＊＊"),
        ("CNM！", "＊＊＊！"),
        ("AV女优", "＊＊＊＊"),
        # Honest words.
        ("我敢打赌。博物馆那天穿的", "我敢打赌。博物馆那天穿的"),
        ("scnmy 和 fucking", "scnmy 和 fucking"),
        ("利率高，利贷", "利率高，利贷"),
        ("今天穿什么", "今天穿什么"),
        ("", ""),
    ],
)
def test_words_are_found_however_they_are_dressed(text: str, masked: str) -> None:
    assert LIST.masked(text) == masked
    assert LIST.holds(text) is (text != masked)


def test_the_shop_adds_and_takes_away() -> None:
    shipped, own = blocklist(WordRules()), blocklist(WordRules(blocked=("某牌",), allowed=("赌博",)))
    assert shipped.holds("赌博")
    assert not shipped.holds("某牌")
    assert own.holds("某 牌")
    assert not own.holds("赌博")


@pytest.mark.parametrize(
    "honest",
    [
        "您的盒子已经签收，请在 11月27日（周五）24:00 前决定",
        "羊毛大衣有 M 码吗",
        "我要投诉，衣服破了",
        "大麻纤维衬衫",
        "积分怎么用",
    ],
)
def test_the_shipped_list_leaves_honest_talk_alone(honest: str) -> None:
    assert not blocklist(WordRules()).holds(honest)


def test_a_long_text_is_read_once() -> None:
    long = "今天天气不错，想看看大衣。" * 50
    begun = time.perf_counter()
    for _ in range(20):
        LIST.holds(long)
    assert (time.perf_counter() - begun) / 20 < 0.02


def test_a_shipped_word_counts_in_either_script() -> None:
    assert blocklist(WordRules()).masked("一起賭博吗") == "一起＊＊吗"
    assert not blocklist(WordRules(allowed=("赌博",))).holds("賭博")

"""One spelling for a line: width, script, marks, control characters."""

import pytest

from bot.understand.normalise import Normaliser
from bot.understand.pinyin import cut, sound, typed
from bot.understand.respell import respell

NORMAL = Normaliser()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("  你好　ＡＢＣ１２３ ", "你好 abc123"),
        ("預約造型師", "预约造型师"),
        ("視訊訊息", "视频消息"),
        ("帳號", "账号"),
        ("妳好嗎", "你好吗"),
        ("快点！！！！", "快点!"),
        ("哈哈哈哈哈哈哈哈", "哈哈哈"),
        ("退\u200b订\x00\x07", "退订"),
        ("👍🏻好", "👍好"),
        ("☎️电话", "☎电话"),
        ("13800138000000", "13800138000000"),
        ("", ""),
        ("\n\t ", ""),
    ],
)
def test_spelling(line: str, wanted: str) -> None:
    assert NORMAL(line) == wanted


def test_a_normal_line_stays_as_it_is() -> None:
    once = NORMAL("預約！！明天～下午３點，找Coco老師")
    assert NORMAL(once) == once


def test_very_long_text_is_cut() -> None:
    assert len(NORMAL("约 " * 5000)) <= 600


def test_homophones_sound_alike() -> None:
    assert [sound(c) for c in "仁工"] == [sound(c) for c in "人工"]
    assert sound("a") == ""


def test_typed_pinyin_is_cut_into_syllables() -> None:
    assert cut("rengong") == ("ren", "gong")
    assert cut("xqz") == ()
    assert typed("wo yao yuyue") == ["wo", "yao", "yu", "yue"]
    assert typed("hello world") == []
    assert typed("ok") == []


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("名天", "明天"),
        ("下星期3", "下周3"),
        ("下周散", "下周三"),
        ("3典办", "3点半"),
        ("xia zhou san", "下周三"),
        ("tmr", "明天"),
    ],
)
def test_time_words_get_their_usual_spelling(line: str, wanted: str) -> None:
    assert respell(line) == wanted

"""What a line says besides its intent."""

import datetime as dt

import pytest

from bot.understand import Understander
from bot.understand.amounts import amount, budget, height, weight
from bot.understand.times import SHOP_ZONE

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=SHOP_ZONE)


@pytest.mark.parametrize(
    ("line", "intent", "slots"),
    [
        ("约下周六下午两点林老师 到店", "book_stylist",
         {"date": "2026-11-28", "time": "14:00", "stylist": "林老师", "mode": "store"}),
        ("约coco老师明晚视频", "book_stylist",
         {"date": "2026-11-23", "part": "evening", "stylist": "coco", "mode": "video"}),
        ("约Coco老师明天三点", "book_stylist", {"date": "2026-11-23", "time": "15:00", "stylist": "Coco"}),
        ("想约林小宇 后天上午11点", "book_stylist", {"date": "2026-11-24", "time": "11:00", "stylist": "林小雨"}),
        ("不要林老师 约王老师 周五", "book_stylist", {"date": "2026-11-27", "stylist": "王老师"}),
        ("帮我约静安寺店的老师 周五下午", "book_stylist",
         {"date": "2026-11-27", "part": "afternoon", "store": "静安寺店"}),
        ("预约改到周三晚上", "change_booking", {"date": "2026-11-25", "part": "evening"}),
        ("要一盒通勤穿的 预算两千 不要裙子 黑色的", "order_box",
         {"occasion": "通勤", "budget": 2000, "colour": "黑色"}),
        ("有没有500以内的红色连衣裙", "product_search", {"category": "连衣裙", "colour": "红色", "budget": 500}),
        ("裤子小了 把M换成L", "exchange_size", {"size": "L"}),
        ("大衣黑色换成驼色", "exchange_size", {"colour": "驼色"}),
        ("我一米六五 一百一十斤 穿什么码", "size_advice", {"height": 165, "weight": 55}),
        ("162cm 105斤选S还是M", "size_advice", {"height": 162, "weight": 52.5, "size": ["S", "M"]}),
        ("年会穿什么好看", "style_advice", {"occasion": "年会"}),
        ("店里今天几点关门", "store_info", {}),
    ],
)  # fmt: skip
def test_slots_of_a_line(reader: Understander, line: str, intent: str, slots: dict[str, object]) -> None:
    got = reader.understand(line, NOW)

    assert (got.intent, got.slots) == (intent, slots)


@pytest.mark.parametrize(
    ("line", "expecting", "slots"),
    [
        ("到店", "mode", {"mode": "store"}),
        ("视频的", "mode", {"mode": "video"}),
        ("随便哪个老师", "stylist", {"stylist": "any"}),
        ("Amy吧", "stylist", {"stylist": "Amy"}),
        ("周四下午四点", "date", {"date": "2026-11-26", "time": "16:00"}),
        ("两千", "budget", {"budget": 2000}),
        ("139 0000 2207", "phone", {"phone": "13900002207"}),
    ],
)
def test_a_form_asks_and_the_line_answers(
    reader: Understander, line: str, expecting: str, slots: dict[str, object]
) -> None:
    got = reader.understand(line, NOW, expecting=expecting).slots

    assert {k: got.get(k) for k in slots} == slots


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("对", "yes"), ("好的就这样", "yes"), ("就这么定", "yes"), ("OK", "yes"), ("👌", "yes"), ("不要", "no"),
     ("不对", "no"),
     ("算了", "cancel"), ("取消吧", "cancel"), ("先不约了", "cancel"), ("可以吗", None), ("不错", None), ("周四", None),
     ("不好意思", None)],
)  # fmt: skip
def test_answers(reader: Understander, line: str, wanted: str | None) -> None:
    assert reader.understand(line, NOW).answer == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2500", 2500),
        ("1.5k", 1500),
        ("3千", 3000),
        ("一千五", 1500),
        ("两百", 200),
        ("一百零五", 105),
        ("一千零五", 1005),
        ("abc", None),
    ],
)
def test_amounts(text: str, wanted: float | None) -> None:
    assert amount(text) == wanted


def test_body_and_money() -> None:
    assert height("1米68") == 168
    assert height("1.7米") == 170
    assert height("穿38码") is None
    assert weight("165/110") == 55
    assert weight("52.5kg") == 52.5
    assert budget("500-800块之间") == 800
    assert budget("要3件以内") is None

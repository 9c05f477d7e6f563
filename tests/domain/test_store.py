"""Stores: which one is meant, and whether it is open, to the minute."""

from datetime import datetime

import pytest

from domain.store import Store, meant

STORES = (
    Store("静安店", "上海", "南京西路 1 号", "021-1", opens="10:00", closes="21:00"),
    Store("春熙路店", "成都", "春熙路 2 号", "028-2", opens="10:30", closes="22:00"),
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("静安那家店几点关", ["静安店"]),
        ("成都有店吗", ["春熙路店"]),
        ("上海和成都的店在哪", ["静安店", "春熙路店"]),
        ("你们店在哪", ["静安店", "春熙路店"]),
        ("大连有店吗", ["静安店", "春熙路店"]),
    ],
)
def test_the_store_that_is_named_or_all(text: str, names: list[str]) -> None:
    assert [store.name for store in meant(STORES, text)] == names


@pytest.mark.parametrize(("wall", "there"), [("09:59", False), ("10:00", True), ("20:59", True), ("21:00", False)])
def test_open_from_the_opening_to_just_before_the_closing(wall: str, there: bool) -> None:
    assert STORES[0].open_at(datetime.fromisoformat(f"2026-11-22T{wall}:00+08:00")) is there


def test_a_store_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rules\.store"):
        Store("夜店", "上海", "", "", opens="21:00", closes="10:00")

"""One loaded Understander for all of these tests: loading is what takes the time."""

import pytest

from bot.understand import Understander

STYLISTS = ("林小雨", "周可", "Coco", "Amy")


@pytest.fixture(scope="session")
def reader() -> Understander:
    made = Understander(stylists=STYLISTS, categories=("小香风套装",), stores=("静安寺店", "三里屯店"))
    made.load()
    return made

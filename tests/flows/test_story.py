"""The story is also a test: the same life through the same doors, on both databases."""

from story.door import Doors
from story.life import live
from story.telling import Telling
from tests.support.house import House


async def test_one_whole_life(house: House) -> None:
    telling = Telling(quiet=True)
    await live(Doors(house.http, house.base, house.sandbox_base), telling)
    assert telling.checks > 60

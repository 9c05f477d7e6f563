"""One farm for the whole folder: its start is most of its cost."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import asyncpg
import pytest

from tests.processes.farm import Farm, Town
from tests.processes.farm import farm as run_farm


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs this folder, or each would start a farm of its own."""
    for item in items:
        if "processes" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture(scope="session")
def farm(pg_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with run_farm(pg_server, tmp_path_factory.mktemp("farm")) as running:
        yield running


@pytest.fixture
async def town(farm: Farm) -> AsyncIterator[Town]:
    """The farm, whole again after whatever the test before has killed, and no fault left."""
    farm.whole_again()
    books = await asyncpg.connect(farm.site.database_url)
    try:
        async with aiohttp.ClientSession() as http:
            opened = Town(http, farm, books)
            await opened.wechat("/faults", method="DELETE")
            yield opened
    finally:
        await books.close()

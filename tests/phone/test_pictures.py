"""The drawn pictures: every one of the shop window is there, well-formed, the same each time, and cached."""

from xml.etree import ElementTree

import pytest

from miniapp_api.drawings import NAME_MAX, draw
from models import Look, Product, Stylist
from services.seed_data.goods import GOODS, Good
from tests.support.house import House

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("good", GOODS, ids=lambda good: good.code)
def test_every_colour_of_every_product_can_be_drawn(good: Good) -> None:
    kind, shown, *figure = good.picture.split("-")
    assert shown == good.colours[0]
    for colour in good.colours:
        name = "-".join((kind, colour, *figure))
        svg = draw(name)
        assert svg is not None, name
        assert ElementTree.fromstring(svg).get("viewBox") == "0 0 400 500"
        assert draw(name) == svg


@pytest.mark.parametrize(
    "name",
    [
        "", "coat", "coat-", "coat-turquoise", "spaceship-camel", "coat-camel-dots", "coat-camel-plaid-plaid",
        "portrait-navy", "portrait-navy-mohawk", "portrait-navy-bob-x", "look_", "look_coat-camel_spaceship-red",
        "look_" + "_".join(["belt-black"] * 7), "../../etc/passwd", "<script>", "x" * (NAME_MAX + 1),
    ],
)  # fmt: skip
def test_a_name_that_means_nothing_draws_nothing(name: str) -> None:
    assert draw(name) is None


@on_sqlite
async def test_the_seeded_pictures_are_served_once(house: House) -> None:
    seeded = [
        *await Product.all().values_list("picture", flat=True),
        *await Look.all().values_list("picture", flat=True),
        *await Stylist.all().values_list("picture", flat=True),
    ]
    assert len(seeded) >= 40
    for path in seeded:
        async with house.http.get(f"{house.base}{path}") as first:
            assert (first.status, first.content_type) == (200, "image/svg+xml"), path
            mark = first.headers["ETag"]
        async with house.http.get(f"{house.base}{path}", headers={"If-None-Match": mark}) as again:
            assert (again.status, await again.read()) == (304, b"")


@on_sqlite
async def test_unknown_pictures_are_not_found_and_the_goods_picture_is_a_png(house: House) -> None:
    for path in ("/pictures/coat-camel", "/pictures/coat-camel.png", "/pictures/nothing.svg"):
        async with house.http.get(f"{house.base}{path}") as answer:
            assert answer.status == 404, path
    async with house.http.get(f"{house.base}/static/goods.png") as answer:
        assert answer.content_type == "image/png"
        assert (await answer.read()).startswith(b"\x89PNG\r\n\x1a\n")

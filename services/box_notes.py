"""What a member is told of a box in the mini-program's inbox, in the transaction of what it tells."""

from collections.abc import Iterable

from models import Box, BoxItem, InboxNote
from services.shop import Shop


async def tell(shop: Shop, box: Box, title: str, text: str) -> None:
    """A note that leads to the box."""
    await InboxNote.create(
        member_id=box.member_id, title=title, text=text, page=f"pages/box/box?id={box.id}", created_at=shop.now()
    )


def named(items: Iterable[BoxItem]) -> str:
    """The pieces in a sentence: 「风衣」「半裙」."""
    return "".join(f"「{item.name}」" for item in items)

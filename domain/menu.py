"""The official account's menu as data: rooms, and what each entry does when it is tapped."""

from dataclasses import dataclass

ROOMS_MAX, ENTRIES_MAX = 3, 5
ROOM_BYTES, ENTRY_BYTES = 16, 60


@dataclass(frozen=True)
class MenuEntry:
    """Either `key`, answered in the chat, or `page` of the mini-program."""

    name: str
    key: str = ""
    page: str = ""

    def __post_init__(self) -> None:
        if bool(self.key) == bool(self.page):
            raise ValueError(f"menu entry {self.name!r} has either a key or a page")
        if not 0 < len(self.name.encode()) <= ENTRY_BYTES:
            raise ValueError(f"menu entry {self.name!r}: 1 to {ENTRY_BYTES} bytes")


@dataclass(frozen=True)
class MenuRoom:
    name: str
    entries: tuple[MenuEntry, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.name.encode()) <= ROOM_BYTES:
            raise ValueError(f"menu room {self.name!r}: 1 to {ROOM_BYTES} bytes")
        if not 0 < len(self.entries) <= ENTRIES_MAX:
            raise ValueError(f"menu room {self.name!r}: 1 to {ENTRIES_MAX} entries")


def _by_default() -> tuple[MenuRoom, ...]:
    return (
        MenuRoom(
            "盒子",
            (
                MenuEntry("我的盒子", key="my_box"),
                MenuEntry("订盒子", key="order_box"),
                MenuEntry("退回", key="return_box"),
                MenuEntry("逛商店", page="pages/shop/index"),
            ),
        ),
        MenuRoom("造型师", (MenuEntry("约造型师", key="book"), MenuEntry("我的预约", key="my_bookings"))),
        MenuRoom(
            "会员",
            (
                MenuEntry("我的权益", key="benefits"),
                MenuEntry("续费", key="renew"),
                MenuEntry("我的积分", key="points"),
                MenuEntry("找人工", key="person"),
            ),
        ),
    )


@dataclass(frozen=True)
class MenuRules:
    """WeChat takes three rooms of five entries at most."""

    rooms: tuple[MenuRoom, ...] = _by_default()

    def __post_init__(self) -> None:
        if not 0 < len(self.rooms) <= ROOMS_MAX:
            raise ValueError(f"a menu has 1 to {ROOMS_MAX} rooms")

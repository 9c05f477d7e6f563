"""The shop's stores as members hear of them: where each stands, when it is open, what else is asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from domain.clock import local


@dataclass(frozen=True)
class Store:
    """`opens` and `closes` hold every day on the shop's wall clock; `told` are whole sentences to members."""

    name: str
    city: str
    address: str
    phone: str
    opens: str = "10:00"
    closes: str = "21:00"
    told: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not time.fromisoformat(self.opens) < time.fromisoformat(self.closes):
            raise ValueError(f"rules.store: {self.name}: a name, and an opening before the closing")

    def open_at(self, instant: datetime) -> bool:
        """From the first instant of opening, not at that of closing."""
        return time.fromisoformat(self.opens) <= local(instant).time() < time.fromisoformat(self.closes)


@dataclass(frozen=True)
class StoreRules:
    stores: tuple[Store, ...] = (
        Store("静安店", "上海", "上海市静安区南京西路 1600 号 3 楼", "021-55550100", told=("商场地下车库可以停车。",)),
    )


def meant(stores: Sequence[Store], text: str) -> list[Store]:
    """The stores a text names by name or city; all of them where it names none."""
    return [s for s in stores if s.name.removesuffix("店") in text or s.city in text] or list(stores)

"""One turn of a conversation: what was said and where the talk stands, and what is said back."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from bot.understand import Understanding
from services.glance import Glances
from services.shop import Shop

SURE = 0.55
"""From this confidence on the bot acts; below it asks, with two choices; twice unclear → a person."""
CERTAIN = 0.8
"""From this confidence on a clear wish may be done at once where it asks for no read-back; below it is read back."""
LOOKING = "looking"
"""In a form: it stands behind an answer to a question, so 知道了 only takes note of that and asks for nothing."""


@dataclass(frozen=True)
class Form:
    """An open form. `asked` is the slot the last question was about; `confirm` means a yes is awaited.

    `behind` is the form that waits for this one to end.
    """

    name: str  # book | move | cancel_booking | …
    slots: dict[str, Any] = field(default_factory=dict)
    asked: str = ""
    confirm: bool = False
    behind: "Form | None" = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Form | None":
        if not kept:
            return None
        return cls(**{**kept, "behind": cls.from_json(kept.get("behind") or {})})


@dataclass(frozen=True)
class Turn:
    """A text from a follower who is a member (a follow makes one). `form` is what is open, if anything."""

    shop: Shop
    glances: Glances
    openid: str
    member_id: int
    text: str
    understanding: Understanding
    form: Form | None
    now: datetime

    def slot(self, name: str) -> Any:
        """A slot said now, else the one the form already holds."""
        said = self.understanding.slots.get(name)
        if said is not None:
            return said
        return self.form.slots.get(name) if self.form else None


@dataclass(frozen=True)
class Say:
    """What is said back. `form` None ends an open form.

    `outcome` names the turn for tests and measurement: answer | ack | ask:SLOT | confirm | done | person.
    `page` is where the mini-program opens by a tap on `label`: what concerns money or deletion is done there.
    """

    text: str
    outcome: str = "answer"
    form: Form | None = None
    about: str = ""  # the wish this turn served; the router fills it in: 视频的 is still about booking
    page: str = ""
    label: str = "打开小程序"


Handler = Callable[[Turn], Awaitable[Say]]
"""What answers an intent or carries on a form. Each `on_*` file names its own in INTENTS and FORMS."""

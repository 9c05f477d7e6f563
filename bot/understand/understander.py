"""Understander: one line in, one Understanding out. Pure apart from reading its own data files in `load`."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from bot.understand import times
from bot.understand.answers import answer
from bot.understand.intents import IntentModel
from bot.understand.meaning import Understanding
from bot.understand.normalise import Normaliser
from bot.understand.slots import SLOTS, SlotReader

_ALTERNATIVES = 3
_ALSO = re.compile(r"(?<=.{3})[\s,。;]*(?:顺便|顺带|另外(?![一的])|还有就是)(?:也|再)?(?=.{3})")
"""Where a second wish begins: 约周三三点的老师 顺便查下积分."""
_PLAIN_YES = 0.9
_CLEAR = 0.8
_DATED = frozenset(name for name, slots in SLOTS.items() if "date" in slots)
_BOOKING_SLOTS = frozenset({"date", "time", "part", "stylist", "mode"})


class Understander:
    """Reads one line of chat. `load` once, then `understand` from any thread."""

    def __init__(
        self, *, stylists: Sequence[str] = (), categories: Sequence[str] = (), stores: Sequence[str] = ()
    ) -> None:
        self._names = (tuple(stylists), tuple(categories))
        self._stores = tuple(sorted(stores, key=len, reverse=True))
        self._model = IntentModel()
        self._normal: Normaliser | None = None
        self._slots: SlotReader | None = None

    def load(self) -> None:
        """Read weights and word lists, and warm every table, so that the first message waits for nothing."""
        self._model.load()
        self._normal = Normaliser()
        self._slots = SlotReader(*self._names)
        self.understand("你好 mingtian 明天下午三点约林老师", datetime.fromisoformat("2026-01-01T10:00:00+08:00"))

    def understand(
        self, text: str, now: datetime, *, expecting: str | None = None, wish: str | None = None
    ) -> Understanding:
        """Read `text` as said at `now` (aware); `expecting` is the slot a form has just asked for.

        `wish` reads the line as that intent, whatever it looks like: for one who knows better.
        Any text is accepted; text that says nothing is `other`.
        """
        if self._normal is None or self._slots is None:
            raise RuntimeError("Understander.load() has not been called")
        line = self._normal(text)
        scores = self._model.scores(line)
        confidence, intent = scores[0]
        also = _ALSO.search(line) if expecting is None else None
        if also and confidence < _CLEAR:
            # Two wishes blur each other: then the first one is read by itself.
            scores = max(scores, self._model.scores(line[: also.start()]), key=lambda found: found[0][0])
            confidence, intent = scores[0]
        when = times.read(line, now)
        said = answer(line)
        if said == "yes" and intent != "thanks_bye" and confidence < _PLAIN_YES:
            # 就这么定, 确定: an acknowledgement, whatever else its characters are found in.
            confidence, intent = _PLAIN_YES, "thanks_bye"
        if wish is not None:
            confidence, intent = next(pair for pair in scores if pair[1] == wish)
        slots = self._slots.read(line, text, intent, expecting)
        if intent in _DATED or expecting in _BOOKING_SLOTS:
            if when.date is not None:
                slots["date"] = when.date.isoformat()
            if when.time is not None:
                slots["time"] = when.time.strftime("%H:%M")
            elif when.part is not None:
                slots["part"] = when.part
        for store in self._stores if intent in _DATED or intent == "store_info" or expecting == "store" else ():
            if store.lower() in line:
                slots["store"] = store
                break
        others = ((name, round(chance, 4)) for chance, name in scores if name != intent)
        rest = tuple(islice(others, _ALTERNATIVES))
        second = self.understand(line[also.end() :], now) if also else None
        return Understanding(line, intent, round(confidence, 4), rest, slots, when, said, second)

"""A small model of a box's life after signing: what a shop owner would reckon on paper, without a database.

It knows pieces, parcels, one deadline, one dispute and one bill; every act answers whether the shop takes it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _midnight(instant: datetime) -> datetime:
    """The beginning of an instant's day in Shanghai."""
    return instant.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass
class Sack:
    """A parcel back: which pieces, when the carrier was last heard of it (None: it has none), and whether it came."""

    pieces: set[int]
    heard_at: datetime | None = None
    opened: bool = False

    @property
    def taken(self) -> bool:
        return self.heard_at is not None

    def silent(self, now: datetime) -> bool:
        """Nothing was heard of it until the end of the tenth day after."""
        return self.heard_at is not None and not self.opened and now >= _midnight(self.heard_at) + timedelta(days=11)


@dataclass
class BoxModel:
    prices: list[int]
    signed_at: datetime
    pieces: list[str] = field(init=False)
    sacks: list[Sack] = field(default_factory=list)
    extended: bool = False
    settled: bool = False
    charge_fen: int = 0
    disputed_at: datetime | None = None

    def __post_init__(self) -> None:
        self.pieces = ["at_member"] * len(self.prices)

    # The clock -----------------------------------------------------------------------------------

    @property
    def deadline(self) -> datetime:
        """24:00 in Shanghai of the fifth day after signing, two days later when extended."""
        return _midnight(self.signed_at) + timedelta(days=6 + (2 if self.extended else 0))

    def open(self, now: datetime) -> bool:
        return not self.settled and now < self.deadline

    def tick(self, now: datetime) -> None:
        """What the jobs do: buy what is late, end a dispute, settle."""
        over = self.disputed_at is not None and now >= self.disputed_at + timedelta(hours=72)
        if self.settled or not (now >= self.deadline or over):
            return
        self._settle(now)

    def _settle(self, now: datetime) -> None:
        late = now >= self.deadline
        over = self.disputed_at is not None and now >= self.disputed_at + timedelta(hours=72)
        waits = False
        for sack in self.sacks:
            for i in sack.pieces:
                if sack.silent(now) and self.pieces[i] == "returning":
                    self.pieces[i] = "lost"
        for i, state in enumerate(self.pieces):
            sent = any(i in sack.pieces and sack.taken for sack in self.sacks)
            if late and (state in ("at_member", "keeping") or (state == "returning" and not sent)):
                self.pieces[i] = "bought"
            elif state == "missing" and over:
                self.pieces[i] = "lost"
            elif state in ("at_member", "returning", "received", "missing"):
                waits = True
        if waits:
            return
        self.settled = True
        self.pieces = ["bought" if s == "keeping" else s for s in self.pieces]
        self.charge_fen = sum(p for p, s in zip(self.prices, self.pieces, strict=True) if s == "bought")

    # The doors -----------------------------------------------------------------------------------

    def sack_of(self, piece: int) -> Sack | None:
        return next((sack for sack in self.sacks if piece in sack.pieces), None)

    def decide(self, piece: int, keep: bool, now: datetime) -> bool:
        state, sack = self.pieces[piece], self.sack_of(piece)
        if not self.open(now) or state not in ("at_member", "keeping", "returning"):
            return False
        new = "keeping" if keep else "returning"
        if new != state:
            if sack is not None:
                if sack.taken:
                    return False
                sack.pieces.discard(piece)
            self.pieces[piece] = new
        self.sacks = [one for one in self.sacks if one.pieces]
        return True

    def extend(self, now: datetime) -> bool:
        if not self.open(now) or self.extended:
            return False
        self.extended = True
        return True

    def book(self, now: datetime) -> bool:
        if not self.open(now):
            return False
        fresh = {i for i, s in enumerate(self.pieces) if s == "returning" and self.sack_of(i) is None}
        if fresh:
            self.sacks.append(Sack(fresh))
            return True
        # Nothing new: the same parcel again, if one still waits for its courier.
        return any(not sack.taken for sack in self.sacks)

    def receive(self, sack: Sack) -> bool:
        sack.opened = True
        for i in sack.pieces:
            if self.pieces[i] == "returning":
                self.pieces[i] = "received"
        return True

    def grade(self, piece: int, grade: str, now: datetime) -> bool:
        """Only pieces that came back, or were missing, are graded here."""
        state = self.pieces[piece]
        newly = state == "received" and grade == "missing"
        if state == "received":
            self.pieces[piece] = "missing" if grade == "missing" else "returned"
        elif state == "missing" and grade != "missing" and not self.settled:
            self.pieces[piece] = "returned"
        begins = "missing" in self.pieces and "received" not in self.pieces and self.disputed_at is None
        if not self.settled and (begins or (newly and self.disputed_at is not None)):
            self.disputed_at = now
        if not self.settled:
            self._settle(now)
        return True

    def keep_all(self, now: datetime) -> bool:
        if not self.open(now):
            return False
        for i, state in enumerate(self.pieces):
            sack = self.sack_of(i)
            if state == "at_member" or (state == "returning" and (sack is None or not sack.taken)):
                if sack is not None:
                    sack.pieces.discard(i)
                self.pieces[i] = "keeping"
        self.sacks = [one for one in self.sacks if one.pieces]
        self._settle(now)
        return True

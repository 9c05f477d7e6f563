"""A small model of a box's life after signing: what a shop owner would reckon on paper, without a database.

It knows pieces, parcels, one deadline, one dispute, exchanges, fees, a coupon and one bill; every act answers
whether the shop takes it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
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
    coupon: tuple[int, int] | None = None  # so much off from so much on
    exchanged: set[int] = field(default_factory=set)  # pieces another one is sent for
    fees: dict[int, int] = field(default_factory=dict)  # approved damage fees
    sold: list[int] = field(default_factory=list)  # what was bought at the settlement

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
                self.exchanged.discard(i)
            elif state == "missing" and over:
                self.pieces[i] = "lost"
            elif state in ("at_member", "returning", "received", "missing"):
                waits = True
        if waits:
            return
        self.settled = True
        self.pieces = ["bought" if s == "keeping" else s for s in self.pieces]
        self.sold = [i for i, s in enumerate(self.pieces) if s == "bought"]
        self.charge_fen = self.goods(self.sold) + sum(self.fees.values())

    # The bill ------------------------------------------------------------------------------------

    def goods(self, kept: list[int]) -> int:
        """What these pieces come to, of all that were bought: never more than with one piece more.

        While the coupon is met each piece carries its share; else it costs its price.
        """
        whole = sum(self.prices[i] for i in self.sold)
        threshold, off = self.coupon or (0, 0)
        off = min(off, whole) if whole >= threshold else 0
        shares = self._shares(off)
        rest = [i for i in self.sold if i not in kept]
        sums = [sum(self.prices[i] for i in kept)]
        for count in range(len(rest) + 1):
            for more in combinations(rest, count):
                some = [*kept, *more]
                if off and some and sum(self.prices[i] for i in some) >= threshold:
                    sums.append(sum(self.prices[i] - shares[i] for i in some))
        return min(sums)

    def _shares(self, off: int) -> dict[int, int]:
        """The coupon over what was bought, by largest remainder, ties to the earlier."""
        whole = sum(self.prices[i] for i in self.sold) or 1
        shares = {i: off * self.prices[i] // whole for i in self.sold}
        by_rest = sorted(self.sold, key=lambda i: (-(off * self.prices[i] % whole), i))
        for i in by_rest[: off - sum(shares.values())]:
            shares[i] += 1
        return shares

    def reclaim(self, piece: int, now: datetime) -> bool:
        """Sent back by the law's right and graded: the whole way in one act."""
        open_ = now < _midnight(self.signed_at) + timedelta(days=8)
        if not self.settled or self.pieces[piece] != "bought" or not open_:
            return False
        before = [i for i, s in enumerate(self.pieces) if s == "bought"]
        after = [i for i in before if i != piece]
        self.charge_fen -= self.goods(before) - self.goods(after)
        self.pieces[piece] = "returned"
        return True

    def fee(self, piece: int, fee_fen: int) -> None:
        """A second person has approved a damage fee."""
        self.fees[piece] = fee_fen
        if self.settled:
            self.charge_fen += fee_fen

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
            if keep:
                self.exchanged.discard(piece)
        self.sacks = [one for one in self.sacks if one.pieces]
        return True

    def exchange(self, piece: int, now: datetime) -> bool:
        sack = self.sack_of(piece)
        if not self.open(now) or self.pieces[piece] not in ("at_member", "keeping", "returning"):
            return False
        if sack is not None and sack.taken:
            return False
        self.pieces[piece] = "returning"
        self.exchanged.add(piece)
        return True

    def verdict(self, piece: int, state: str, now: datetime) -> None:
        """A dispute is decided: the missing piece is lost, or bought."""
        self.pieces[piece] = state
        self._settle(now)

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
            going = state == "returning" and (sack is None or not sack.taken) and i not in self.exchanged
            if state == "at_member" or going:
                if sack is not None:
                    sack.pieces.discard(i)
                self.pieces[i] = "keeping"
        self.sacks = [one for one in self.sacks if one.pieces]
        self._settle(now)
        return True

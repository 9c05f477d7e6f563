"""Quarters of an hour that are taken, packed into one integer: asking about a session is one AND."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """Bit n stands for quarter `base` + n, as `domain.booking.quarter_of` counts them."""

    base: int = 0
    bits: int = 0

    @classmethod
    def of(cls, quarters: Iterable[int]) -> "Taken":
        """These quarters, in any order."""
        found = sorted(quarters)
        base = found[0] if found else 0
        return cls(base, sum(1 << (quarter - base) for quarter in dict.fromkeys(found)))

    def since(self, quarter: int) -> int:
        """The bits from a quarter on, that quarter first."""
        shift = quarter - self.base
        return self.bits >> shift if shift >= 0 else self.bits << -shift

    def without(self, quarters: Iterable[int]) -> "Taken":
        """With some quarters free again."""
        bits = self.bits
        for quarter in quarters:
            if quarter >= self.base:
                bits &= ~(1 << (quarter - self.base))
        return Taken(self.base, bits)

    def count(self, first: int, end: int) -> int:
        """How many of the quarters from `first` to before `end` are taken."""
        return (self.since(first) & ((1 << (end - first)) - 1)).bit_count()

    def __len__(self) -> int:
        return self.bits.bit_count()


NOTHING = Taken()
"""Every quarter is free."""

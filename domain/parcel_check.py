"""What a parcel should weigh, and whether what was weighed is near enough."""

from collections.abc import Sequence

from domain.box import BoxRules


def expected_grams(pieces: Sequence[int], rules: BoxRules) -> int | None:
    """The weight of these pieces in their packing, in grams; None where the weight of one is not known (0)."""
    if not all(pieces):
        return None
    return sum(pieces) + rules.package_grams


def weight_differs(expected: int, weighed: int, rules: BoxRules) -> bool:
    """Whether the scales say something else: by more than the grams and more than the percent that are let pass."""
    off = abs(expected - weighed)
    return off > rules.weight_tolerance_grams and off * 100 > expected * rules.weight_tolerance_percent

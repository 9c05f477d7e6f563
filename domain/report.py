"""What reports are made of: four layers a person reaches, and shares that never divide by nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """How far somebody came. Each person counts once a layer, whatever order they reached them in."""

    AWARE = "aware"  # was seen
    TRIAL = "trial"  # confirmed a first box, or had a styling
    REGISTERED = "registered"  # logged in or gave a phone
    LOYAL = "loyal"  # in the mature stage, or with a running plan


@dataclass(frozen=True)
class Step:
    """One layer: how many reached it, and how many of those of the layer before."""

    layer: Layer
    people: int
    of_previous: int
    from_previous_percent: float | None  # None: nobody is in the layer before


def percent(part: int, whole: int) -> float | None:
    """A share with one digit after the point; None where there is nothing to share."""
    return round(100 * part / whole, 1) if whole else None


def funnel(counts: Mapping[str, int]) -> list[Step]:
    """The four layers of one group. Everybody of a later layer was seen, so that the second's own count is its pair."""
    aware, trial, registered, loyal = (counts[layer] for layer in Layer)
    pairs = (aware, trial, counts["trial_registered"], counts["registered_loyal"])
    before = (0, aware, trial, registered)
    return [
        Step(layer, people, pair, percent(pair, previous))
        for layer, people, pair, previous in zip(Layer, (aware, trial, registered, loyal), pairs, before, strict=True)
    ]

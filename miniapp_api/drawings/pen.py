"""The pen: layers of a drawing, symmetric ones written by their right half only."""

import re
from dataclasses import dataclass
from enum import StrEnum

WIDTH, HEIGHT, MIDDLE = 400, 500, 200


class Tone(StrEnum):
    """What a layer is filled with, relative to the garment's own colour."""

    CLOTH = "cloth"
    LIGHT = "light"  # a part that catches the light: lapels, cuffs, a folded edge
    DEEP = "deep"  # a part in the shade: ribs, straps
    INSIDE = "inside"  # what one sees looking into it
    METAL = "metal"
    PALE = "pale"  # soles, shirt buttons, pearls
    SECOND = "second"  # the second colour of a blocked garment


@dataclass(frozen=True)
class Layer:
    """One closed shape. `twice` draws its mirror image too."""

    path: str
    tone: Tone = Tone.CLOTH
    twice: bool = False


@dataclass(frozen=True)
class Line:
    """A seam, a fold or an edge; `faint` ones are folds. `twice` draws its mirror image too."""

    path: str
    twice: bool = False
    faint: bool = False
    width: float = 1.6


@dataclass(frozen=True)
class Sketch:
    """A garment: layers and lines from back to front, buttons as (x, y, radius), and what it hangs on."""

    marks: tuple[Layer | Line, ...]
    buttons: tuple[tuple[float, float, float], ...] = ()
    hangs: str = "hanger"  # hanger | clips | ground | nothing


_WORDS = re.compile(r"[A-Za-z]|-?[0-9.]+")


def _numbers(words: list[str], at: int, count: int) -> list[float]:
    return [float(word) for word in words[at : at + count]]


def whole(half: str) -> str:
    """The closed outline whose right half is `half`: absolute M, L, C and Q, from the middle to the middle."""
    words = _WORDS.findall(half)
    x, y = _numbers(words, 1, 2)
    points: list[tuple[str, list[float]]] = []
    corners = [(x, y)]
    at = 3
    while at < len(words):
        command = words[at]
        size = {"L": 2, "Q": 4, "C": 6}[command]
        numbers = _numbers(words, at + 1, size)
        points.append((command, numbers))
        corners.append((numbers[-2], numbers[-1]))
        at += 1 + size
    there = " ".join(f"{command}{_join(numbers)}" for command, numbers in points)
    back = []
    for index in range(len(points) - 1, -1, -1):
        command, numbers = points[index]
        controls = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers) - 2, 2)]
        mirrored = [(2 * MIDDLE - cx, cy) for cx, cy in [*reversed(controls), corners[index]]]
        back.append(f"{command}{_join([value for pair in mirrored for value in pair])}")
    left_end = (2 * MIDDLE - corners[-1][0], corners[-1][1])
    bridge = "" if left_end == corners[-1] else f" L{_join(list(left_end))}"
    return f"M{_join([x, y])} {there}{bridge} {' '.join(back)} Z"


def _join(numbers: list[float]) -> str:
    return " ".join(f"{number:g}" for number in numbers)

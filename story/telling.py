"""How the story is told: steps with their figures, in colour where somebody watches, and a last table."""

import os
import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from story.door import Off

COLOUR = sys.stdout.isatty() or os.environ.get("FORCE_COLOR") == "1"


def paint(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def wide(text: str) -> int:
    """Columns a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - wide(text))


def yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


@dataclass
class Telling:
    """Prints what happens and keeps what is for the last table."""

    quiet: bool = False
    checks: int = 0
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def say(self, line: str = "") -> None:
        if not self.quiet:
            print(line, flush=True)

    def chapter(self, number: int, title: str) -> None:
        self.say("\n" + paint(f" {number} ", "30;42") + " " + paint(title, "1"))

    def step(self, at: datetime, what: str, *figures: str) -> None:
        self.say(
            f"   {paint(f'{at:%m-%d %H:%M}', '90')}  {what}"
            + (paint("   " + " · ".join(figures), "36") if figures else "")
        )

    def quote(self, who: str, text: str) -> None:
        lines = text.strip().splitlines()
        self.say(f"                 {paint(who, '33')} {lines[0]}")
        for line in lines[1:]:
            self.say(f"                 {' ' * wide(who)} {line}")

    def check(self, what: str, found: object, wanted: object) -> None:
        """The story goes on only when this is exactly so."""
        self.checks += 1
        if found != wanted:
            raise Off(f"{what}: {found!r}, but it must be {wanted!r}")

    def note(self, area: str, what: str, figure: str) -> None:
        """A line of the last table."""
        self.rows.append((area, what, figure))

    def table(self) -> None:
        left = max(wide(what) for _, what, _ in self.rows) + 2
        right = max(wide(figure) for _, _, figure in self.rows)
        area = ""
        order = list(dict.fromkeys(name for name, _, _ in self.rows))
        self.say("")
        for name, what, figure in sorted(self.rows, key=lambda row: order.index(row[0])):
            head = pad(name, 10) if name != area else " " * 10
            area = name
            self.say(f"   {paint(head, '1;32')}{pad(what, left)}{' ' * (right - wide(figure))}{figure}")
        self.say(f"\n   {self.checks} checks, all as they must be.")

"""Money in integer fen; one rounding rule (half up); splits that never lose a fen."""

from collections.abc import Sequence

Fen = int


def share(fen: Fen, numerator: int, denominator: int) -> Fen:
    """`fen × numerator / denominator`, rounded half up, for amounts ≥ 0."""
    if fen < 0 or numerator < 0 or denominator <= 0:
        raise ValueError("share() takes amounts and ratios from zero up")
    return (2 * fen * numerator + denominator) // (2 * denominator)


def split(total: Fen, weights: Sequence[int]) -> list[Fen]:
    """Split `total` by `weights` with the largest-remainder method; ties go to the earlier line.

    The parts always sum to `total`. All-zero weights split as evenly as whole fen allow.
    """
    if total < 0 or any(w < 0 for w in weights):
        raise ValueError("split() takes amounts and weights from zero up")
    if not weights:
        if total:
            raise ValueError("nothing to split over")
        return []
    if sum(weights) == 0:
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * w // whole for w in weights]
    remainders = [total * w % whole for w in weights]
    missing = total - sum(parts)
    for i in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:missing]:
        parts[i] += 1
    return parts


def yuan(fen: Fen) -> str:
    """How a member reads it: 39800 → `398.00`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"

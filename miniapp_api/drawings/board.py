"""The outfit board: several garments of one look, laid out on a page."""

from miniapp_api.drawings.cloth import PALETTE, lighter
from miniapp_api.drawings.frame import definitions, drawn, read

_WIDTH, _HEIGHT = 800, 640
_MOST = 6

# Where each garment lies: x, y, size, turn. The first is the large one on the left.
_PLACES = ((-10, 36, 1.14, -3), (318, -28, 0.82, 3), (470, 118, 0.9, -2), (278, 330, 0.66, -4), (560, -18, 0.6, 5), (40, 380, 0.5, 2))  # fmt: skip


def look(names: list[str]) -> str | None:
    """The board of these garments, from the outside in; None where one of them is unknown."""
    pieces = [read(name) for name in names]
    if not 1 <= len(pieces) <= _MOST or any(piece is None for piece in pieces):
        return None
    known = [piece for piece in pieces if piece is not None]
    tint = lighter(PALETTE[known[0][1]], 0.72)
    order = sorted(range(len(known)), key=lambda i: -_PLACES[i][2])
    groups = "".join(
        f'<g transform="translate({_PLACES[i][0]} {_PLACES[i][1]}) rotate({_PLACES[i][3]} 200 250) '
        f'scale({_PLACES[i][2]})">{drawn(known[i], f"p{i}")}</g>'
        for i in order
    )
    dots = "".join(
        f'<circle cx="{40 + i * 34}" cy="606" r="11" fill="{PALETTE[piece[1]]}" stroke="#fff" stroke-width="2.5"/>'
        for i, piece in enumerate(known)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
        f'{definitions()}<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#f5f0e8"/>'
        f'<path d="M0 {_HEIGHT} V210 C120 120 260 250 400 170 C560 80 640 190 {_WIDTH} 110 V{_HEIGHT} Z" fill="{tint}" opacity=".75"/>'
        f"{groups}{dots}</svg>"
    )

"""Colours and patterns: what a garment is made of, as SVG definitions."""

PALETTE = {
    "camel": "#c19a6b",
    "ivory": "#ece3d2",
    "black": "#33312f",
    "charcoal": "#5a5a5c",
    "navy": "#2c3e5c",
    "burgundy": "#7b2d3b",
    "forest": "#2f4d40",
    "sage": "#9fae98",
    "mist": "#a9bccb",
    "rose": "#d0a198",
    "oat": "#d6c6ab",
    "chocolate": "#5f4335",
    "denim": "#5f7fa3",
    "white": "#f4f2ee",
    "grey": "#b9b8b5",
    "rust": "#b4623a",
    "plum": "#63405c",
    "mustard": "#cf9f3d",
    "gold": "#c9a45c",
    "pearl": "#e3dcd3",
}

PATTERNS = ("herringbone", "stripe", "pinstripe", "plaid", "floral", "block")


def mix(colour: str, other: str, part: float) -> str:
    """`colour` with `part` (0 to 1) of `other` in it."""
    a, b = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (colour, other))
    return "#" + "".join(f"{round(x + (y - x) * part):02x}" for x, y in zip(a, b, strict=True))


def darker(colour: str, part: float) -> str:
    return mix(colour, "#1d1612", part)


def lighter(colour: str, part: float) -> str:
    return mix(colour, "#fffaf2", part)


def is_light(colour: str) -> bool:
    return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) > 600


def pattern(kind: str, colour: str, ident: str) -> str:
    """The pattern's definition, transparent between its lines, to be laid over the plain colour."""
    ink = darker(colour, 0.45) if is_light(colour) else lighter(colour, 0.55)
    head = f'<pattern id="{ident}" patternUnits="userSpaceOnUse" '
    if kind == "herringbone":
        return (
            f'{head}width="16" height="10"><path d="M0 10 8 0 16 10 M0 0 8 -10 16 0 M0 20 8 10 16 20" '
            f'fill="none" stroke="{darker(colour, 0.4)}" stroke-width="1.6" opacity=".42"/></pattern>'
        )
    if kind == "stripe":
        return f'{head}width="40" height="22"><rect y="4" width="40" height="9" fill="{ink}" opacity=".85"/></pattern>'
    if kind == "pinstripe":
        return f'{head}width="9" height="20"><rect width="2.4" height="20" fill="#fff" opacity=".6"/></pattern>'
    if kind == "plaid":
        dark, light = darker(colour, 0.45), lighter(colour, 0.65)
        return (
            f'{head}width="46" height="46"><rect width="20" height="46" fill="{dark}" opacity=".32"/>'
            f'<rect width="46" height="20" fill="{dark}" opacity=".32"/>'
            f'<path d="M33 0V46M0 33H46" stroke="{light}" stroke-width="2" opacity=".6"/>'
            f'<path d="M10 0V46M0 10H46" stroke="#d8a24a" stroke-width="1.4" opacity=".6"/></pattern>'
        )
    if kind == "floral":
        return f'{head}width="44" height="48">{_flowers()}</pattern>'
    return ""


def _flowers() -> str:
    """Three small flowers and a leaf, as our pattern-maker brought them from the botanical garden."""
    drawn = []
    for x, y, size, colour in ((10, 12, 4.2, "#f0d9c8"), (33, 30, 4.8, "#e3a08f"), (14, 39, 3.2, "#e9c877")):
        petals = "".join(
            f'<circle cx="{x + dx * size:.1f}" cy="{y + dy * size:.1f}" r="{size * 0.72:.1f}"/>'
            for dx, dy in ((0, -0.9), (0.86, -0.28), (0.53, 0.73), (-0.53, 0.73), (-0.86, -0.28))
        )
        drawn.append(f'<g fill="{colour}">{petals}</g><circle cx="{x}" cy="{y}" r="{size * 0.5:.1f}" fill="#8a5a32"/>')
    leaves = '<path d="M24 10q6-6 9 0-5 4-9 0ZM36 44q4-7 8-2-3 5-8 2Z" fill="#b9c9a4" opacity=".8"/>'
    return "".join(drawn) + leaves

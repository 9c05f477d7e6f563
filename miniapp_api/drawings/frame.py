"""From a sketch to a picture: cloth, shade, seams, the arch behind it and the hanger it is on."""

from miniapp_api.drawings.bottoms import BOTTOMS
from miniapp_api.drawings.cloth import PALETTE, PATTERNS, darker, is_light, lighter, mix, pattern
from miniapp_api.drawings.pen import HEIGHT, WIDTH, Layer, Line, Sketch, Tone
from miniapp_api.drawings.small import SMALL
from miniapp_api.drawings.tops import TOPS

SKETCHES: dict[str, Sketch] = {**TOPS, **BOTTOMS, **SMALL}
PAPERS = ("#f3ece2", "#efe7e1", "#ecebe3", "#f1e8e4", "#e9eae8")
BRASS = "#b8935a"
_MIRROR = f'transform="translate({WIDTH} 0) scale(-1 1)"'


def read(name: str) -> tuple[str, str, str] | None:
    """Silhouette, colour and pattern ("" for none) of a name; None where a part is unknown."""
    kind, _, rest = name.partition("-")
    colour, _, figure = rest.partition("-")
    if kind not in SKETCHES or colour not in PALETTE or (figure and figure not in PATTERNS):
        return None
    return kind, colour, figure


def garment(name: str) -> str | None:
    """One garment on paper, before the arch."""
    parts = read(name)
    if parts is None:
        return None
    kind, _, _ = parts
    paper = PAPERS[sum(name.encode()) % len(PAPERS)]
    arch = "M62 500 V214 A138 138 0 0 1 338 214 V500 Z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f"{definitions()}"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{paper}"/>'
        f'<path d="{arch}" fill="url(#arch)"/>'
        f"{_support(SKETCHES[kind].hangs)}{drawn(parts, 'g')}</svg>"
    )


def definitions() -> str:
    """What every picture shares: the light from the left, the soft shadow, the arch's glow."""
    return (
        '<defs><linearGradient id="light" x1="0" x2="1">'
        '<stop offset="0" stop-color="#2a1c12" stop-opacity=".26"/>'
        '<stop offset=".22" stop-color="#2a1c12" stop-opacity=".02"/>'
        '<stop offset=".4" stop-color="#fff" stop-opacity=".16"/>'
        '<stop offset=".7" stop-color="#2a1c12" stop-opacity=".04"/>'
        '<stop offset="1" stop-color="#2a1c12" stop-opacity=".32"/></linearGradient>'
        '<linearGradient id="arch" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fff" '
        'stop-opacity=".78"/><stop offset="1" stop-color="#fff" stop-opacity=".28"/></linearGradient>'
        '<radialGradient id="ground"><stop offset="0" stop-color="#5b4632" stop-opacity=".34"/>'
        '<stop offset="1" stop-color="#5b4632" stop-opacity="0"/></radialGradient>'
        '<filter id="soft" x="-20%" y="-20%" width="140%" height="150%"><feDropShadow dx="0" dy="9" '
        'stdDeviation="9" flood-color="#4a3626" flood-opacity=".22"/></filter></defs>'
    )


def drawn(parts: tuple[str, str, str], ident: str) -> str:
    """The garment alone, as one group with its shadow. `ident` keeps its definitions apart from others'."""
    kind, colour_name, figure = parts
    colour = PALETTE[colour_name]
    sketch = SKETCHES["block" if figure == "block" else kind]
    fill = f"{ident}-cloth"
    tile = "" if figure in ("", "block") else pattern(figure, colour, fill)
    marks = "".join(
        _layer(mark, colour, fill if tile else "") if isinstance(mark, Layer) else _line(mark, colour)
        for mark in sketch.marks
    )
    buttons = "".join(_button(x, y, r, kind, colour) for x, y, r in sketch.buttons)
    return f'<defs>{tile}</defs><g filter="url(#soft)">{marks}{buttons}</g>'


def _tones(colour: str) -> dict[Tone, str]:
    return {
        Tone.CLOTH: colour,
        Tone.LIGHT: lighter(colour, 0.13) if not is_light(colour) else darker(colour, 0.035),
        Tone.DEEP: darker(colour, 0.16),
        Tone.INSIDE: darker(colour, 0.42),
        Tone.METAL: BRASS,
        Tone.PALE: mix(colour, "#fbf8f2", 0.86),
        Tone.SECOND: mix(colour, "#4a5a70", 0.78),
    }


def _layer(layer: Layer, colour: str, fill: str) -> str:
    edge = darker(colour, 0.5)
    shapes = [f'<path d="{layer.path}" fill="{_tones(colour)[layer.tone]}" fill-rule="evenodd"/>']
    if fill and layer.tone in (Tone.CLOTH, Tone.LIGHT, Tone.DEEP):
        shapes.append(f'<path d="{layer.path}" fill="url(#{fill})" fill-rule="evenodd"/>')
    shapes.append(
        f'<path d="{layer.path}" fill="url(#light)" fill-rule="evenodd" stroke="{edge}" stroke-opacity=".5" '
        f'stroke-width="1.1" stroke-linejoin="round"/>'
    )
    drawing = "".join(shapes)
    return f"{drawing}<g {_MIRROR}>{drawing}</g>" if layer.twice else drawing


def _line(line: Line, colour: str) -> str:
    ink, opacity = darker(colour, 0.55), ".3" if line.faint else ".62"
    if line.width >= 5:
        ink, opacity = darker(colour, 0.2), "1"  # A strap, not a seam.
    drawing = (
        f'<path d="{line.path}" fill="none" stroke="{ink}" stroke-opacity="{opacity}" '
        f'stroke-width="{line.width}" stroke-linecap="round" stroke-linejoin="round"/>'
    )
    return f"{drawing}<g {_MIRROR}>{drawing}</g>" if line.twice else drawing


def _button(x: float, y: float, radius: float, kind: str, colour: str) -> str:
    if kind == "earrings":
        return (
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#f3ece4" stroke="#b9a894" stroke-width=".8"/>'
            f'<circle cx="{x - radius / 3:.1f}" cy="{y - radius / 3:.1f}" r="{radius / 3:.1f}" fill="#fff"/>'
        )
    tone = darker(colour, 0.5) if is_light(colour) or radius > 4 else lighter(colour, 0.5)
    return (
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{tone}"/>'
        f'<circle cx="{x - radius / 4:.1f}" cy="{y - radius / 4:.1f}" r="{radius * 0.3:.1f}" fill="#fff" opacity=".45"/>'
    )


def _support(hangs: str) -> str:
    """What holds the garment: a hanger, a bar with two clips, or the ground under it."""
    brass = f'fill="none" stroke="{BRASS}" stroke-linecap="round" stroke-linejoin="round"'
    if hangs == "hanger":
        return f'<path d="M200 84 V66 C200 56 214 58 214 48 C214 38 198 36 196 46" {brass} stroke-width="4"/>'
    if hangs == "clips":
        return (
            f'<path d="M200 76 V62 C200 54 212 55 212 46 C212 37 198 36 196 45 M132 76 H268" {brass} stroke-width="4"/>'
            f'<path d="M150 72 V96 M250 72 V96" {brass} stroke-width="9"/>'
        )
    if hangs == "ground":
        return '<ellipse cx="200" cy="404" rx="150" ry="24" fill="url(#ground)"/>'
    return ""

"""A stylist's portrait: a calm face, hair of four kinds, a collar in their colour."""

from miniapp_api.drawings.cloth import PALETTE, darker, lighter

_HAIR = {
    "long": "M104 170 C96 92 150 58 200 58 C252 58 304 92 296 172 C298 240 304 300 312 340 C290 356 262 352 250 330 L150 330 C138 352 110 356 88 340 C96 300 102 240 104 170 Z",
    "bob": "M100 186 C88 96 146 56 200 56 C256 56 312 96 300 186 C302 222 298 246 288 262 C270 270 256 262 252 246 L148 246 C144 262 130 270 112 262 C102 246 98 222 100 186 Z",
    "short": "M112 176 C98 104 144 62 202 62 C262 62 302 104 288 176 C284 190 282 196 278 200 L122 200 C118 196 116 190 112 176 Z",
    "bun": "M112 182 C100 108 146 72 200 72 C256 72 300 108 288 182 L276 214 L124 214 Z M200 20 C230 20 246 40 244 62 C240 82 222 90 200 90 C178 90 160 82 156 62 C154 40 170 20 200 20 Z",
}
_FRINGE = {
    "long": "M122 178 C126 128 160 104 214 96 C236 118 268 132 280 180 C286 120 252 78 200 78 C148 78 116 122 122 178 Z",
    "bob": "M118 172 C120 120 160 92 200 92 C242 92 280 120 282 172 C264 150 234 144 200 146 C166 144 136 150 118 172 Z",
    "short": "M120 168 C126 124 158 128 190 112 C224 132 262 120 280 168 C288 104 250 70 202 70 C152 70 112 104 120 168 Z",
    "bun": "M122 172 C132 132 170 122 200 96 C230 122 268 132 278 172 C284 116 250 82 200 82 C150 82 116 116 122 172 Z",
}
_HAIR_COLOUR = {"long": "#3a2c26", "bob": "#5a3d2c", "short": "#2b2827", "bun": "#463229"}
_SKIN = "#f0cfb6"


def portrait(colour_name: str = "", hair: str = "", *more: str) -> str | None:
    """The portrait in a colour with one of four hair styles; None where either is unknown."""
    if more or colour_name not in PALETTE or hair not in _HAIR:
        return None
    colour, dark = PALETTE[colour_name], _HAIR_COLOUR[hair]
    shade, ink = darker(_SKIN, 0.14), "#4b352b"
    glasses = (
        '<g fill="none" stroke="#4b3a30" stroke-width="3"><circle cx="168" cy="186" r="21"/>'
        '<circle cx="232" cy="186" r="21"/><path d="M189 184 Q200 178 211 184"/></g>'
        if hair == "short"
        else '<circle cx="124" cy="222" r="5" fill="#c9a45c"/><circle cx="276" cy="222" r="5" fill="#c9a45c"/>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f'<rect width="400" height="400" fill="{lighter(colour, 0.68)}"/>'
        f'<circle cx="200" cy="196" r="150" fill="#fff" opacity=".5"/>'
        f'<path d="{_HAIR[hair]}" fill="{dark}"/>'
        f'<path d="M170 250 H230 V312 Q200 336 170 312 Z" fill="{shade}"/>'
        f'<path d="M52 400 C58 338 104 314 166 302 Q200 334 234 302 C296 314 342 338 348 400 Z" fill="{colour}"/>'
        f'<path d="M166 302 L200 350 L234 302 L246 308 L204 384 L196 384 L154 308 Z" fill="{darker(colour, 0.22)}"/>'
        f'<path d="M172 302 Q200 334 228 302 L200 346 Z" fill="#f7f2ea"/>'
        f'<path d="M124 168 C124 118 158 96 200 96 C242 96 276 118 276 168 C278 232 240 276 200 276 C160 276 122 232 124 168 Z" fill="{_SKIN}"/>'
        f'<path d="{_FRINGE[hair]}" fill="{dark}"/>'
        f'<path d="M{150} 96 C176 82 210 80 238 92" fill="none" stroke="#fff" stroke-opacity=".16" stroke-width="9" stroke-linecap="round"/>'
        f'<g fill="none" stroke="{ink}" stroke-linecap="round"><path d="M154 164 Q168 156 182 163 M218 163 Q232 156 246 164" stroke-width="4"/>'
        f'<path d="M202 190 Q210 212 198 216" stroke-width="2.4" stroke="{darker(_SKIN, 0.35)}"/>'
        f'<path d="M180 238 Q200 254 220 238" stroke="#b1544c" stroke-width="4.5"/></g>'
        f'<g fill="{ink}"><ellipse cx="168" cy="187" rx="5.4" ry="6.4"/><ellipse cx="232" cy="187" rx="5.4" ry="6.4"/></g>'
        '<g fill="#e58f80" opacity=".34"><circle cx="148" cy="218" r="15"/><circle cx="252" cy="218" r="15"/></g>'
        f"{glasses}</svg>"
    )

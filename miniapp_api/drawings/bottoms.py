"""Dresses, skirts, trousers: drawn hanging, the right half of what is symmetric."""

from miniapp_api.drawings.pen import Layer, Line, Sketch, Tone, whole

_LIGHT, _DEEP, _IN = Tone.LIGHT, Tone.DEEP, Tone.INSIDE

DRESS = Sketch(
    (
        Layer(
            "M262 104 C286 110 298 130 304 160 C310 200 314 230 316 262 Q302 270 288 264 C284 230 276 196 266 176 Z",
            twice=True,
        ),
        Layer(
            whole(
                "M200 104 L226 92 C246 98 264 102 276 110 C280 150 268 186 262 214 C284 280 312 370 322 434 C280 452 240 456 200 457"
            )
        ),
        Line(
            "M246 232 C264 300 280 380 286 440 M222 234 C232 310 238 390 238 452",
            twice=True,
            faint=True,
            width=2,
        ),
        Layer(whole("M200 86 Q220 86 230 92 Q224 118 200 128"), _IN),
        Line("M139 213 Q200 226 261 213", width=2),
        Line("M254 246 L262 284", twice=True),
        Line("M246 120 C242 150 238 180 236 214", twice=True, faint=True),
    ),
)
SLIP = Sketch(
    (
        Line("M232 84 C240 100 246 116 248 134", twice=True, width=3),
        Layer(
            whole(
                "M200 158 C212 152 232 140 250 130 C262 150 266 170 262 196 C268 250 290 350 300 440 C266 452 230 456 200 456"
            )
        ),
        Line(
            "M250 200 C256 280 274 360 280 442 M216 190 C226 270 222 360 232 450 M172 200 C164 290 150 370 148 444",
            faint=True,
            width=2.4,
        ),
        Line("M200 158 C188 176 176 180 164 178 M200 158 C214 174 226 178 238 176", faint=True),
        Line("M108 436 C140 448 260 448 292 436", faint=True),
    ),
)
TEADRESS = Sketch(
    (
        Layer(
            "M262 104 C290 108 306 128 314 158 C318 176 316 190 318 204 Q298 216 280 206 C276 186 270 172 264 166 Z",
            twice=True,
        ),
        Layer(
            whole(
                "M200 150 L224 90 C246 96 264 102 276 110 C280 148 268 180 260 208 C286 280 312 360 320 424 C286 446 240 452 200 452"
            )
        ),
        Line(
            "M240 222 C262 300 274 370 280 436 M214 222 C226 300 230 380 228 448",
            twice=True,
            faint=True,
            width=2,
        ),
        Layer("M176 88 Q200 98 224 88 L200 152 Z", _IN),
        Line("M224 90 L140 206", width=2),
        Line("M176 90 L200 150", width=2),
        Layer("M140 204 Q200 220 260 204 L262 218 Q200 234 138 218 Z", _DEEP),
        Layer("M150 212 C138 240 136 270 142 296 L154 292 C150 264 154 240 160 216 Z", _DEEP),
    ),
)
SHIRTDRESS = Sketch(
    (
        Layer(
            "M262 106 C290 112 304 132 308 162 C316 220 330 260 336 300 L302 308 C292 262 280 220 266 180 Z",
            twice=True,
        ),
        Layer("M300 290 L336 282 L340 308 L304 314 Z", _LIGHT, twice=True),
        Layer(
            whole(
                "M200 96 L222 90 C246 98 264 104 278 112 C282 150 272 190 266 224 C280 290 298 370 302 436 C286 452 250 440 200 448"
            )
        ),
        Line("M246 246 C258 310 270 380 272 436 M160 250 C150 320 140 380 138 436", faint=True, width=2),
        Line("M193 122 L193 446 M207 122 L207 446"),
        Layer("M134 218 Q200 232 266 218 L268 238 Q200 252 132 238 Z", _DEEP),
        Layer("M204 232 C216 262 222 290 220 322 L206 324 C208 292 202 266 194 240 Z", _DEEP),
        Layer(whole("M200 86 Q216 86 226 90 Q216 108 200 112"), _IN),
        Layer("M200 122 L176 86 C170 88 166 92 164 98 L174 138 Z", _LIGHT),
        Layer("M200 122 L224 86 C230 88 234 92 236 98 L226 138 Z", _LIGHT),
    ),
    tuple((200, y, 3.2) for y in (146, 182, 270, 312, 354, 396)),
)

_WAIST = Layer(whole("M200 92 Q240 92 262 88 L265 112 Q240 117 200 117"), _LIGHT)
_LOOPS = Line("M150 90 v24 M250 90 v24 M200 92 v24", width=3)


def _legs(hip: float, hem_in: float, hem_out: float, end: float, knee: float) -> Layer:
    return Layer(
        f"M200 92 L262 88 C270 120 {hip} 150 {hip} 190 C{knee} 280 {hem_out} 360 {hem_out} {end} "
        f"Q{(hem_in + hem_out) / 2} {end + 6} {hem_in} {end} C{hem_in - 4} 360 212 290 202 214 "
        f"L198 214 C188 290 {404 - hem_in} 360 {400 - hem_in} {end} Q{400 - (hem_in + hem_out) / 2} {end + 6} {400 - hem_out} {end} "
        f"C{400 - hem_out} 360 {400 - knee} 280 {400 - hip} 190 C{400 - hip} 150 130 120 138 88 Z"
    )


_FLY = Line("M200 116 L200 214 M200 186 Q216 184 217 160 L217 117")
_POCKETS = Line("M238 116 Q246 140 268 148", twice=True)

TROUSERS = Sketch(
    (_legs(274, 214, 272, 452, 276), _WAIST, _LOOPS, _FLY, _POCKETS, Line("M242 150 C246 250 244 350 243 452", twice=True)),
    ((206, 104, 3.4),), "clips",
)  # fmt: skip
WIDE = Sketch(
    (
        _legs(282, 206, 316, 454, 298), _WAIST, _FLY,
        Line("M236 118 C248 230 254 340 256 454 M258 118 C276 240 288 350 292 452", twice=True, faint=True, width=2.2),
        Line("M234 117 L240 160 M224 117 L228 156", twice=True),
    ),
    ((206, 104, 3.4),), "clips",
)  # fmt: skip
JEANS = Sketch(
    (
        _legs(274, 212, 276, 448, 276),
        Layer("M232 220 C252 250 256 320 248 380 C238 340 228 280 226 230 Z", _LIGHT, twice=True),
        _WAIST, _LOOPS, _FLY,
        Line("M236 116 Q242 146 268 152", twice=True, width=2),
        Line("M234 116 Q240 150 268 156", twice=True, faint=True),
        Line("M213 434 L274 434", twice=True),
        Line("M268 160 C272 250 268 350 268 444", twice=True, faint=True),
    ),
    ((200, 104, 4.6),), "clips",
)  # fmt: skip
JOGGER = Sketch(
    (
        _legs(282, 214, 262, 432, 288),
        Layer(whole("M200 90 Q240 90 262 86 L266 114 Q240 120 200 120"), _DEEP),
        Line(" ".join(f"M{x} 92 L{x} 116" for x in range(142, 262, 8)), faint=True, width=1.2),
        Layer("M212 428 L264 428 L260 460 Q238 464 216 460 Z", _DEEP, twice=True),
        Line(" ".join(f"M{x} 432 L{x} 458" for x in range(220, 260, 7)), twice=True, faint=True, width=1.2),
        Line("M192 112 C186 140 184 156 186 174 M208 112 C214 136 216 150 212 168", width=3),
        Line("M240 124 Q250 150 278 160", twice=True),
    ),
    (), "clips",
)  # fmt: skip

_PLEATS = " ".join(f"M{200 + (x - 200) * 0.62:.0f} 116 L{200 + (x - 200) * 1.12:.0f} 448" for x in range(106, 300, 16))
PLEATED = Sketch(
    (
        Layer(whole("M200 92 Q240 92 260 88 C270 200 300 350 312 446 C290 456 240 460 200 460")),
        Line(_PLEATS, width=2.2),
        Layer(whole("M200 92 Q240 92 260 88 L264 112 Q240 117 200 117"), _LIGHT),
    ),
    (), "clips",
)  # fmt: skip
PENCIL = Sketch(
    (
        Layer(whole("M200 92 Q240 92 258 88 C278 130 284 190 280 240 C278 300 270 350 264 398 C240 404 220 405 200 405")),
        Layer(whole("M200 92 Q240 92 258 88 L265 110 Q240 116 200 116"), _LIGHT),
        Line("M240 118 L236 168", twice=True),
        Line("M258 180 C262 260 254 330 250 398", twice=True, faint=True),
        Line("M222 404 L222 330"),
    ),
    (), "clips",
)  # fmt: skip
ALINE = Sketch(
    (
        Layer(whole("M200 92 Q240 92 260 88 C272 160 296 260 310 348 C280 362 240 368 200 369")),
        Line("M244 120 C258 200 270 280 276 356 M218 120 C226 210 232 290 232 364", twice=True, faint=True, width=2),
        Layer(whole("M200 92 Q240 92 260 88 L265 112 Q240 117 200 117"), _LIGHT),
        Line("M102 336 Q200 366 298 336", faint=True),
        Line("M250 150 L262 196 M250 150 L276 158", twice=True),
    ),
    ((200, 105, 4.4),), "clips",
)  # fmt: skip

BOTTOMS = {
    "dress": DRESS,
    "slip": SLIP,
    "teadress": TEADRESS,
    "shirtdress": SHIRTDRESS,
    "trousers": TROUSERS,
    "wide": WIDE,
    "jeans": JEANS,
    "jogger": JOGGER,
    "pleated": PLEATED,
    "pencil": PENCIL,
    "aline": ALINE,
}

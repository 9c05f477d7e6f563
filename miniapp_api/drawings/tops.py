"""What is worn above: coats, down, knitwear, shirts. Drawn hanging, the right half of what is symmetric."""

from miniapp_api.drawings.pen import Layer, Line, Sketch, Tone, whole

_CLOTH, _LIGHT, _DEEP, _IN = Tone.CLOTH, Tone.LIGHT, Tone.DEEP, Tone.INSIDE


def _sleeve(top: float, cuff: float, out: float, width: float = 38, drop: float = 0) -> Layer:
    """A sleeve from the shoulder (`top`) to the cuff; `out` is how far the cuff stands from the middle."""
    x = 200 + out
    return Layer(
        f"M{262 + drop} {top - 6} C{298 + drop} {top + 4} {308 + drop} {top + 30} {312 + drop} {top + 66} "
        f"C{x + 6} {top + 130} {x + width * 0.4} {cuff - 60} {x + width * 0.5} {cuff} "
        f"Q{x} {cuff + 8} {x - width * 0.5} {cuff + 2} "
        f"C{x - width * 0.6} {cuff - 70} {276 + drop} {top + 140} {264 + drop} {top + 84} Z",
        _CLOTH,
        twice=True,
    )


def _neck(width: float, depth: float, top: float = 90) -> Layer:
    """The inside of the back, seen through the neck."""
    return Layer(
        whole(
            f"M200 {top - 4} Q{200 + width * 0.7} {top - 6} {200 + width} {top} Q{200 + width * 0.7} {depth} 200 {depth + 6}"
        ),
        _IN,
    )


_COAT_BODY = (
    "M200 90 L226 88 C250 96 272 104 288 114 C290 150 284 190 283 226 C288 300 296 380 300 446 C270 453 230 455 200 455"
)
_LAPEL = Layer("M224 88 C238 94 248 102 252 112 L240 132 L254 142 L207 232 L203 216 L216 130 Z", _LIGHT, twice=True)
_FOLDS = Line("M262 250 C266 320 270 380 272 440 M236 270 C240 330 240 390 238 446", twice=True, faint=True)

COAT = Sketch(
    (
        _sleeve(116, 346, 126),
        Layer(whole(_COAT_BODY)),
        _FOLDS,
        Layer("M178 88 Q200 104 222 88 L218 128 L203 218 L182 128 Z", _IN),
        _LAPEL,
        Line("M203 224 L204 455"),
        Line("M240 308 L282 300 L283 312 L242 321 Z", twice=True),
        Line("M312 322 L334 320", twice=True),
    ),
    ((214, 246, 5), (214, 292, 5)),
)

COCOON = Sketch(
    (
        _sleeve(124, 340, 138, 44, 8),
        Layer(
            whole(
                "M200 90 L226 90 C256 98 284 108 298 124 C306 180 316 240 316 300 C314 360 296 410 272 440 C246 448 220 449 200 449"
            )
        ),
        Line("M282 250 C290 310 276 380 256 430 M242 290 C246 340 240 400 232 440", twice=True, faint=True),
        Layer("M176 92 Q200 108 224 92 L218 130 L202 206 L182 130 Z", _IN),
        Layer("M224 90 C244 98 256 110 258 128 C250 170 228 200 206 222 L203 206 L216 136 Z", _LIGHT, twice=True),
        Line("M204 216 L205 449"),
        Line("M252 318 L298 322 L296 362 L254 358 Z", twice=True),
    ),
    ((216, 238, 6.5), (216, 288, 6.5)),
)

TRENCH = Sketch(
    (
        _sleeve(116, 346, 126),
        Layer(
            whole(
                "M200 90 L226 88 C250 96 272 104 288 114 C290 150 280 200 272 244 C286 310 304 390 310 450 C276 458 230 460 200 460"
            )
        ),
        Line("M258 280 C270 340 278 400 282 448 M226 290 C232 350 232 410 230 456", twice=True, faint=True),
        Layer("M178 88 Q200 104 222 88 L216 130 L200 190 L184 130 Z", _IN),
        Layer(
            "M224 87 C240 92 252 102 256 116 L244 140 L258 150 L226 212 L204 190 L216 128 Z",
            _LIGHT,
            twice=True,
        ),
        Line("M252 104 C266 108 278 114 286 120 L280 132 C268 126 258 122 248 120", twice=True),
        Line("M226 212 L228 240 M228 262 L232 458"),
        Layer("M126 240 Q200 254 274 240 L276 262 Q200 276 124 262 Z", _DEEP),
        Layer("M186 242 h32 v30 h-32 Z M193 249 h18 v16 h-18 Z", Tone.METAL),
        Layer("M222 266 C232 300 238 330 236 356 L220 360 C222 326 218 298 210 270 Z", _DEEP),
        Line("M252 308 L286 298 L290 318", twice=True),
        Line("M310 318 L336 314 M312 330 L337 326", twice=True),
    ),
    ((182, 220, 4.5), (222, 224, 4.5), (178, 292, 4.5), (216, 292, 4.5), (176, 336, 4.5)),
)

PEACOAT = Sketch(
    (
        _sleeve(116, 344, 126),
        Layer(
            whole(
                "M200 90 L226 88 C250 96 272 104 288 114 C290 160 286 210 286 250 C288 300 290 330 292 358 C266 364 230 366 200 366"
            )
        ),
        Line("M268 220 C270 270 272 310 272 352", twice=True, faint=True),
        Layer("M178 88 Q200 104 222 88 L216 130 L200 188 L184 130 Z", _IN),
        Layer(
            "M224 87 C242 92 258 104 262 120 L246 142 L262 156 L228 214 L204 190 L216 128 Z",
            _LIGHT,
            twice=True,
        ),
        Line("M228 214 L232 365"),
        Line("M262 282 L268 322", twice=True, width=2.4),
        Line("M312 320 L334 318", twice=True),
    ),
    ((180, 222, 5.5), (222, 222, 5.5), (178, 264, 5.5), (222, 264, 5.5), (178, 306, 5.5), (222, 306, 5.5)),
)

_QUILT = "M122 {y} Q200 {z} 278 {y}"


def _quilts(rows: tuple[int, ...]) -> tuple[Line, ...]:
    return tuple(Line(_QUILT.format(y=y, z=y + 10), width=2) for y in rows)


def _puffed(top: float, cuff: float, out: float) -> tuple[Layer | Line, ...]:
    steps = [top + 56 + i * (cuff - top - 60) / 4 for i in range(4)]
    seams = " ".join(f"M{282 + i * 8} {y + 8} Q{300 + i * 8} {y + 10} {317 + i * 9} {y}" for i, y in enumerate(steps))
    return (_sleeve(top, cuff, out, 54, 8), Line(seams, twice=True, width=2))


_HOOD = Layer(whole("M200 58 C236 58 258 76 262 108 C252 122 228 132 200 134"), _LIGHT)
_ZIP = Line("M200 128 L200 360", width=3.4)

PUFFER = Sketch(
    (
        *_puffed(120, 330, 136),
        Layer(
            whole(
                "M200 84 L236 84 C262 98 284 106 298 120 C300 170 302 230 300 290 C302 310 300 326 294 334 C262 342 230 344 200 344"
            )
        ),
        *_quilts((150, 192, 234, 276)),
        Layer(whole("M200 326 L292 320 Q298 332 292 342 Q240 352 200 352"), _DEEP),
        Layer(whole("M200 74 C226 74 240 80 244 92 C246 106 244 118 240 126 C226 134 212 136 200 136"), _LIGHT),
        Layer(whole("M200 78 C220 78 232 82 236 88 C226 98 210 100 200 100"), _IN),
        Line("M200 100 L200 350", width=3.4),
        Line("M252 262 L268 304", twice=True, width=2.4),
    ),
)

LONGPUFFER = Sketch(
    (
        *_puffed(120, 346, 134),
        _HOOD,
        Layer(whole("M200 66 C226 66 244 80 248 108 C240 118 220 124 200 126"), _IN),
        Layer(
            whole(
                "M200 112 C226 112 244 106 250 100 C268 106 284 112 294 122 C296 190 296 300 300 452 C266 462 230 464 200 464"
            )
        ),
        *_quilts((160, 206, 252, 298, 344, 390, 434)),
        Line("M200 112 L200 464", width=3.4),
        Layer("M194 196 h12 v10 h-12 Z", Tone.METAL),
        Line("M252 288 L266 332", twice=True, width=2.4),
    ),
)

VEST = Sketch(
    (
        Layer(
            whole(
                "M200 84 L236 86 C254 96 266 102 276 108 C266 140 266 176 284 206 C290 250 292 300 290 346 C262 354 230 356 200 356"
            )
        ),
        Line("M276 108 C266 140 266 176 284 206", twice=True, width=3),
        *_quilts((216, 256, 296)),
        Line("M142 140 Q200 150 258 140 M140 178 Q200 188 260 178", width=2),
        Layer(whole("M200 76 C224 76 236 82 240 92 C242 104 240 114 236 120 C224 128 212 130 200 130"), _LIGHT),
        Layer(whole("M200 80 C218 80 228 84 232 90 C222 98 210 100 200 100"), _IN),
        Line("M200 100 L200 356", width=3.4),
        Line("M250 272 L266 312", twice=True, width=2.4),
    ),
)

_KNIT_BODY = (
    "M200 92 L224 90 C250 98 270 106 284 118 C288 170 284 230 284 300 C284 326 280 344 276 352 C250 360 226 361 200 361"
)
_HEM = Layer(whole("M200 338 L281 332 Q284 346 277 354 Q240 363 200 364"), _DEEP)
_HEM_RIBS = Line(" ".join(f"M{x} 340 L{x} 360" for x in range(128, 280, 9)), faint=True, width=1.2)
_CUFFS = Layer("M304 322 Q322 330 342 322 L346 346 Q326 354 306 348 Z", _DEEP, twice=True)


def _knit(*inside: Layer | Line) -> Sketch:
    return Sketch((_sleeve(118, 344, 126, 40), _CUFFS, Layer(whole(_KNIT_BODY)), _HEM, _HEM_RIBS, *inside))


_CREW = (
    _neck(34, 116),
    Layer(
        "M164 88 C170 112 184 126 200 126 C216 126 230 112 236 88 L226 86 C222 104 212 114 200 114 C188 114 178 104 174 86 Z",
        _DEEP,
    ),
    Line("M258 130 C264 160 264 190 262 214", twice=True, faint=True),
)


def _cables() -> tuple[Line, ...]:
    lines = []
    for x in (150, 200, 250):
        twist = " ".join(
            f"M{x - 9} {y} C{x - 9} {y + 12} {x + 9} {y + 12} {x + 9} {y + 24} M{x + 9} {y} C{x + 9} {y + 12} {x - 9} {y + 12} {x - 9} {y + 24}"
            for y in range(134, 320, 24)
        )
        lines.append(Line(twist, width=2.6, faint=True))
        lines.append(Line(f"M{x - 16} 134 V334 M{x + 16} 134 V334", width=1.4, faint=True))
    return tuple(lines)


CABLE = _knit(*_cables(), *_CREW)
KNIT = _knit(*_CREW)
TURTLENECK = _knit(
    Line("M258 130 C264 160 264 190 262 214 M240 240 C244 280 242 310 238 336", twice=True, faint=True),
    Layer(whole("M200 62 Q226 62 232 68 C234 86 236 98 240 106 C226 118 214 122 200 122"), _DEEP),
    Layer(whole("M200 66 Q220 66 228 70 Q216 78 200 79"), _IN),
    Line("M166 88 Q200 102 234 88", width=2),
)
CARDIGAN = Sketch(
    (
        _sleeve(118, 344, 126, 40),
        _CUFFS,
        Layer(whole(_KNIT_BODY)),
        _HEM,
        _HEM_RIBS,
        Layer("M170 88 Q200 100 230 88 L202 236 L198 236 Z", _IN),
        Layer(
            "M224 86 L238 88 C232 150 222 200 208 238 L208 364 L192 364 L192 232 C206 200 220 140 224 86 Z",
            _DEEP,
        ),
        Layer("M176 86 L162 88 C168 150 178 200 192 238 L200 232 C188 196 178 140 176 86 Z", _DEEP),
        Line("M244 286 h34 v40 h-34 Z", twice=True),
    ),
    ((200, 246, 4.5), (200, 272, 4.5), (200, 298, 4.5), (200, 324, 4.5), (200, 350, 4.5)),
)
BLOCK = _knit(
    Layer(
        "M117 214 L283 214 C285 250 284 300 284 320 L280 334 L120 334 L116 320 C116 290 115 250 117 214 Z",
        Tone.SECOND,
    ),
    Layer(
        "M314 210 C320 250 330 290 341 320 Q322 330 304 322 C292 280 284 250 272 214 Z",
        Tone.SECOND,
        twice=True,
    ),
    *_CREW,
)

_SHIRT_BODY = (
    "M200 94 L222 90 C248 98 268 106 282 116 C286 170 280 230 282 300 C284 330 286 350 284 362 C262 380 236 372 200 378"
)
_COLLAR = (
    _neck(26, 108),
    Layer("M200 122 L176 86 C170 88 166 92 164 98 L174 140 Z", _LIGHT),
    Layer("M200 122 L224 86 C230 88 234 92 236 98 L226 140 Z", _LIGHT),
)
_SHIRT_CUFFS = Layer("M306 322 L342 314 L346 346 L310 352 Z", _LIGHT, twice=True)
SHIRT = Sketch(
    (
        _sleeve(116, 344, 126),
        _SHIRT_CUFFS,
        Layer(whole(_SHIRT_BODY)),
        Line("M262 150 C266 220 258 300 262 362 M160 240 C166 290 160 340 164 370", faint=True),
        Line("M193 122 L193 377 M207 122 L207 377"),
        Line("M228 168 h36 v34 l-18 10 l-18 -10 Z"),
        *_COLLAR,
    ),
    tuple((200, y, 3.2) for y in (150, 192, 234, 276, 318, 354)),
)
BLOUSE = Sketch(
    (
        _sleeve(116, 330, 134, 58),
        Layer("M302 326 Q332 340 364 322 L362 348 Q334 360 306 350 Z", _LIGHT, twice=True),
        Layer(
            whole(
                "M200 94 L222 90 C248 98 268 106 282 116 C286 170 276 230 280 290 C284 330 288 350 286 362 C262 372 236 372 200 374"
            )
        ),
        Line("M260 150 C266 220 262 300 266 360 M232 170 C238 240 232 310 236 366", twice=True, faint=True),
        _neck(28, 108),
        Layer("M172 88 Q200 120 228 88 L234 104 Q202 138 166 104 Z", _LIGHT),
        Layer("M200 124 C224 104 250 112 254 130 C250 148 222 146 200 130 Z", _LIGHT, twice=True),
        Layer("M196 130 C182 170 176 210 182 252 L204 248 C198 208 202 168 206 132 Z", _LIGHT),
        Layer("M204 130 C220 164 230 190 230 222 L212 228 C212 190 204 160 198 134 Z", _LIGHT),
        Layer("M190 118 h20 v20 h-20 Z", _DEEP),
    ),
)

TOPS = {
    "coat": COAT,
    "cocoon": COCOON,
    "trench": TRENCH,
    "peacoat": PEACOAT,
    "puffer": PUFFER,
    "longpuffer": LONGPUFFER,
    "vest": VEST,
    "cable": CABLE,
    "knit": KNIT,
    "block": BLOCK,
    "turtleneck": TURTLENECK,
    "cardigan": CARDIGAN,
    "shirt": SHIRT,
    "blouse": BLOUSE,
}

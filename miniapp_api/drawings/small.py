"""Shoes and accessories: drawn standing on the ground, shoes as a pair, the far one behind."""

from miniapp_api.drawings.pen import Layer, Line, Sketch, Tone, whole

_LIGHT, _DEEP, _IN, _METAL, _PALE = Tone.LIGHT, Tone.DEEP, Tone.INSIDE, Tone.METAL, Tone.PALE


def _pair(*marks: Layer | Line) -> tuple[Layer | Line, ...]:
    """The same shoe twice: the far one a little up and to the right."""
    return (*(_moved(mark, 84, -58) for mark in marks), *(_moved(mark, 0, 14) for mark in marks))


def _moved(mark: Layer | Line, dx: float, dy: float) -> Layer | Line:
    """The same mark elsewhere; its path holds only absolute M, L, C, Q and Z."""
    words: list[str] = []
    vertical = False
    for word in mark.path.replace(",", " ").split():
        if word[0].isalpha():
            words.append(word)
            vertical = False
            continue
        words.append(f"{float(word) + (dy if vertical else dx):g}")
        vertical = not vertical
    path = " ".join(words)
    if isinstance(mark, Layer):
        return Layer(path, mark.tone)
    return Line(path, faint=mark.faint, width=mark.width)


BOOTS = Sketch(
    _pair(
        Layer("M 238 196 C 240 240 240 280 236 310 C 236 340 232 350 226 362 L 104 366 C 92 356 92 338 104 328 C 130 314 146 300 152 280 C 156 250 154 220 152 198 Q 196 188 238 196 Z"),
        Layer("M 152 198 Q 196 188 238 196 Q 196 208 152 198 Z", _IN),
        Layer("M 182 212 Q 196 208 210 212 C 216 250 214 280 204 306 Q 192 308 184 304 C 174 270 176 240 182 212 Z", _DEEP),
        Layer("M 100 360 L 228 356 L 230 372 L 104 374 Q 98 370 100 360 Z", _DEEP),
        Layer("M 196 372 L 230 371 L 230 392 L 198 392 Z", _DEEP),
        Line("M 110 338 Q 130 330 148 316", faint=True, width=3),
    ), (), "ground",
)  # fmt: skip
PUMPS = Sketch(
    _pair(
        Layer("M 244 262 C 250 290 248 310 240 330 L 212 344 C 180 346 160 352 140 362 C 116 368 92 366 86 352 C 88 334 116 318 138 316 C 176 312 212 296 230 262 Q 238 256 244 262 Z"),
        Layer("M 230 262 C 214 298 176 314 138 316 C 160 326 206 318 236 276 Z", _IN),
        Layer("M 216 342 L 244 322 C 244 350 240 372 238 392 L 214 392 C 216 372 214 356 206 346 Z", _DEEP),
        Layer("M 86 352 C 92 366 116 368 140 362 L 138 370 Q 104 378 88 364 Z", _DEEP),
        Line("M 98 346 Q 120 332 146 328", faint=True, width=3),
    ), (), "ground",
)  # fmt: skip
LOAFERS = Sketch(
    _pair(
        Layer("M 246 292 C 252 316 250 336 244 356 L 100 364 C 82 360 78 342 92 330 C 116 318 138 312 156 298 Q 168 288 180 294 C 200 304 226 300 238 288 Q 244 286 246 292 Z"),
        Layer("M 180 294 C 200 304 226 300 238 288 L 244 296 C 226 316 196 318 172 306 Z", _IN),
        Layer("M 132 318 Q 156 300 172 306 L 198 320 Q 196 340 184 350 L 160 342 Q 146 328 132 318 Z", _LIGHT),
        Layer("M 150 326 L 186 312 L 192 322 L 158 338 Z", _DEEP),
        Layer("M 90 358 L 246 350 L 246 366 L 96 376 Q 84 370 90 358 Z", _DEEP),
        Layer("M 204 368 L 246 365 L 246 382 L 206 384 Z", _DEEP),
        Line("M 92 344 Q 120 330 140 330", faint=True, width=3),
    ), (), "ground",
)  # fmt: skip
SNEAKERS = Sketch(
    _pair(
        Layer("M 246 276 C 252 304 254 330 250 354 L 96 360 C 78 352 80 334 96 328 C 124 318 146 300 162 276 Q 172 268 182 276 C 200 290 222 286 236 274 Q 242 270 246 276 Z"),
        Layer("M 182 276 C 200 290 222 286 236 274 L 244 282 C 222 304 196 304 174 288 Z", _IN),
        Layer("M 228 284 L 246 278 C 252 304 252 326 250 344 L 232 344 Q 236 310 228 284 Z", _DEEP),
        Layer("M 86 350 L 252 346 L 254 370 Q 252 376 244 376 L 96 380 Q 80 376 86 350 Z", _PALE),
        Line("M 148 304 L 168 314 M 156 294 L 178 304 M 164 284 L 188 296 M 138 314 L 158 324", width=3.4),
        Line("M 98 336 Q 116 344 122 358 M 176 330 Q 206 322 234 326", faint=True, width=2.4),
        Line("M 88 366 L 252 361", faint=True),
    ), (), "ground",
)  # fmt: skip
SCARF = Sketch(
    (
        Layer("M176 150 L238 150 L262 430 L196 436 Z", _DEEP),
        Layer("M150 158 L214 150 L200 446 L124 440 Z"),
        Layer(whole("M200 84 C246 84 280 104 282 134 C280 166 244 182 200 184")),
        Layer(whole("M200 106 C226 106 246 112 248 124 C244 136 226 142 200 143"), _IN),
        Line("M132 150 C160 176 240 176 270 146 M150 104 C180 92 226 92 254 104", faint=True, width=2.4),
        Line(" ".join(f"M{x} 441 L{x - 2} 466" for x in range(126, 202, 7)), width=2.4),
        Line(" ".join(f"M{x} 434 L{x + 2} 456" for x in range(204, 262, 8)), width=2.4),
    ), (), "nothing",
)  # fmt: skip
TOTE = Sketch(
    (
        Line("M150 232 C150 130 168 92 200 92 C232 92 250 130 250 232", width=9),
        Layer(whole("M200 212 L296 212 L312 416 Q308 426 296 426 L200 426")),
        Layer(whole("M200 212 L296 212 L297 226 L200 228"), _DEEP),
        Line("M142 236 C142 120 162 80 200 80 C238 80 258 120 258 236", width=9),
        Layer("M250 222 L266 222 L266 262 L258 270 L250 262 Z", _DEEP, twice=True),
        Line("M98 400 L302 400", faint=True),
        Line("M112 240 L100 414 M288 240 L300 414", faint=True),
        Layer("M184 300 h32 v24 h-32 Z", _METAL),
    ), ((142, 246, 2.6), (258, 246, 2.6)), "ground",
)  # fmt: skip
BERET = Sketch(
    (
        Layer("M90 290 C86 220 150 176 220 178 C300 182 338 236 322 290 C312 322 258 330 236 332 L150 336 C116 332 94 322 90 290 Z"),
        Layer("M146 322 C180 342 232 340 262 320 L258 348 C228 362 178 364 150 350 Z", _DEEP),
        Line("M222 178 C222 166 226 158 232 154", width=6),
        Line("M120 270 C150 300 250 306 306 274 M160 216 C190 204 236 202 268 214", faint=True, width=2.6),
    ), (), "ground",
)  # fmt: skip
EARRINGS = Sketch(
    (
        Layer("M136 150 h128 q10 0 10 10 v170 q0 10 -10 10 h-128 q-10 0 -10 -10 v-170 q0 -10 10 -10 Z", _PALE),
        Line("M140 300 H260 M140 312 H220", faint=True),
        Layer("M168 206 a7 7 0 1 0 0.1 0 Z", _METAL, twice=True),
        Line("M168 220 C168 228 168 232 168 238", twice=True, width=3),
    ), ((168, 252, 17), (232, 252, 17)), "nothing",
)  # fmt: skip
BELT = Sketch(
    (
        Layer("M200 150 C290 150 330 200 330 250 C330 310 280 352 200 352 C124 352 70 310 70 250 C70 200 110 150 200 150 Z M200 180 C130 180 98 214 98 250 C98 294 138 324 200 324 C268 324 302 294 302 250 C302 214 270 180 200 180 Z"),
        Layer("M200 324 C262 324 304 344 336 386 L320 408 C292 372 256 352 200 352 Z", _DEEP),
        Layer("M168 310 h46 q6 0 6 6 v44 q0 6 -6 6 h-46 q-6 0 -6 -6 v-44 q0 -6 6 -6 Z M174 322 v32 h34 v-32 Z", _METAL),
        Line("M174 338 H206", width=5),
        Line("M84 250 C84 206 120 165 200 165 C280 165 316 206 316 250", faint=True),
    ), ((244, 343, 2.6), (268, 350, 2.6), (290, 364, 2.6)), "ground",
)  # fmt: skip

SMALL = {
    "boots": BOOTS,
    "pumps": PUMPS,
    "loafers": LOAFERS,
    "sneakers": SNEAKERS,
    "scarf": SCARF,
    "tote": TOTE,
    "beret": BERET,
    "earrings": EARRINGS,
    "belt": BELT,
}

"""Small PNG pictures drawn with the standard library: they look like codes and say nothing."""

import hashlib
import struct
import zlib

CELLS = 29
_FINDER = 7


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows: list[bytes]) -> bytes:
    """A greyscale picture from rows of one byte per pixel."""
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _finder(x: int, y: int) -> bool | None:
    """Is this cell dark as part of one of the three corner squares; None when it is outside them."""
    for left, top in ((0, 0), (CELLS - _FINDER, 0), (0, CELLS - _FINDER)):
        dx, dy = x - left, y - top
        if -1 <= dx <= _FINDER and -1 <= dy <= _FINDER:
            ring = max(abs(dx - 3), abs(dy - 3))
            return ring in (0, 1, 3)
    return None


def code_image(text: str, width: int = 430) -> bytes:
    """A square picture of `width` pixels: the same text gives the same picture."""
    noise = b"".join(hashlib.sha256(f"{text}:{n}".encode()).digest() for n in range(4))
    scale = max(1, width // (CELLS + 4))
    rows: list[bytes] = []
    for y in range(-2, CELLS + 2):
        row = bytearray()
        for x in range(-2, CELLS + 2):
            dark = False
            if 0 <= x < CELLS and 0 <= y < CELLS:
                bit = y * CELLS + x
                corner = _finder(x, y)
                dark = corner if corner is not None else bool(noise[bit // 8 % len(noise)] >> bit % 8 & 1)
            row += (b"\0" if dark else b"\xff") * scale
        line = bytes(row).ljust(width, b"\xff")[:width]
        rows += [line] * scale
    rows += [b"\xff" * width] * (width - len(rows))
    return png(rows[:width])

"""Photos kept as evidence: what they may be, told by their first bytes and not by their name."""

MAGIC: tuple[tuple[bytes, int, bytes, str], ...] = (
    (b"\xff\xd8\xff", 0, b"", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, b"", "image/png"),
    (b"RIFF", 8, b"WEBP", "image/webp"),
)
"""First bytes, where further bytes stand, those bytes, and the kind they show."""


def kind_of(data: bytes) -> str | None:
    """The picture's kind; None for anything that is not a JPEG, PNG or WebP."""
    for first, place, further, kind in MAGIC:
        if data.startswith(first) and data[place : place + len(further)] == further:
            return kind
    return None

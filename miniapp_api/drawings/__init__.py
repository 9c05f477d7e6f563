"""The shop's pictures, drawn: pure functions from a name to an SVG text, the same for ever.

A name says what is to be seen: `coat-camel-herringbone` a garment, its colour and its pattern,
`portrait-navy-short` a stylist, `look_coat-camel_jeans-denim` an outfit of up to six garments.
"""

from miniapp_api.drawings.board import look
from miniapp_api.drawings.frame import garment
from miniapp_api.drawings.portrait import portrait

NAME_MAX = 110


def draw(name: str) -> str | None:
    """The drawing of that name; None where the name means nothing."""
    if len(name) > NAME_MAX:
        return None
    if name.startswith("look_"):
        return look(name.split("_")[1:])
    if name.startswith("portrait-"):
        return portrait(*name.split("-")[1:])
    return garment(name)


__all__ = ["NAME_MAX", "draw"]

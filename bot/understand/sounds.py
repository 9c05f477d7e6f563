"""Writes data/sounds.txt: the first toneless reading of every character, once, from pypinyin's table.

`python -m bot.understand.sounds`. A tool for developers: at run time only the small file is read, since
the library's own table takes 56 MB.
"""

import unicodedata
from pathlib import Path

from pypinyin.constants import PINYIN_DICT

TARGET = Path(__file__).parent / "data" / "sounds.txt"


def main() -> None:
    by_sound: dict[str, list[str]] = {}
    for code in range(0x4E00, 0xA000):
        readings = PINYIN_DICT.get(code, "")
        first = unicodedata.normalize("NFD", readings.split(",")[0].replace("ü", "v"))
        plain = "".join(c for c in first if "a" <= c <= "z")
        if plain:
            by_sound.setdefault(plain, []).append(chr(code))
    TARGET.write_text("".join(f"{sound} {''.join(chars)}\n" for sound, chars in sorted(by_sound.items())))


if __name__ == "__main__":
    main()

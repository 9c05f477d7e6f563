"""A line whose first words answer, and whose rest says why or adds to it: 嗯 就她, 算了 最近太忙, 不取消了 我还是去.

How a whole line reads as an answer is `understand.answers`; here only lines with more in them, while a form is open.
"""

import re

from bot.understand.answers import answer

_CLAUSES = re.compile(r"[\s,，。.!！~、…;；:：]+")
_DROP = (
    r"(?:算[了啦]|拉倒|罢了|不用了|不要了|不必了|没事了"
    r"|(?:不想|先不|不)(?:约|订|定|要|改|弄|办|填|去|来|续|换|退|买|开)?了)(?!解|.{0,2}[？?吗])"
)
_BEFORE = r"^(?:啊|哎呀?|唉|嗯|额|呃|哦|好的?|行|那|还是|要不|我|先|就|都|全部?|[ ,，])*"
_DROPS = re.compile(rf"{_BEFORE}{_DROP}(?:[\s,，]*{_DROP})*")
_DO_IT = re.compile(
    r"^(?:(?:好的?|行|嗯+|可以|对|ok)[\s,，]*)?(?:那|就)*(?:约|订|定|办|下单|提交)(?:吧|了|啦|呀)?$"
    r"|^(?:好的?|行|嗯+|可以|对|是的?|ok)[\s,，]*(?:那|就)*改(?:吧|了|啦)?$"
)
_ASKS = re.compile(
    r"[?？吗么呢]|怎么|咋|多少|什么|啥|哪|几[点号天件个时]|多久|能不能|可不可以|有没有|是不是|[^不\s,，]{2}不[?？]*$"
)
_HOLDS_BACK = re.compile(r"等|再|考虑|但是?|不过|可是|先|别|不|没|换|改|问|还有|另外|顺便|除了|只")


def asks(line: str) -> bool:
    """Whether a line reads as a question."""
    return _ASKS.search(line) is not None


_REST_LONGEST = 10
"""A yes with a longer story behind it is asked for again."""


def led(line: str) -> tuple[str | None, str]:
    """How a normalised line or its first words answer (yes | no | cancel | None), and what comes after the answer."""
    whole = "yes" if _DO_IT.match(line) else answer(line)
    if whole in ("yes", "cancel"):
        return whole, ""
    clauses = [part for part in _CLAUSES.split(line) if part]
    dropped = _DROPS.match(line)
    if dropped is not None:
        return "cancel", line[dropped.end() :].strip()
    if len(clauses) < 2:
        return None, line
    said, rest = answer(clauses[0]), "".join(clauses[1:])
    if said == "yes" and (asks(rest) or _HOLDS_BACK.search(rest) or len(rest) > _REST_LONGEST):
        return None, line
    if said == "no" and asks(rest):
        return None, line
    return said, rest

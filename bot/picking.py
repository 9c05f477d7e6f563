"""Choosing among things just shown: 第二个, 后面那个, 最晚的, 3, 随便."""

import re

_BARE = re.compile(r"[\s,，。.!！~、「」]+")
_HEAD = r"^(?:那|就|嗯|好|行|我?(?:选|要|约|定|订|来|取|改|取消|退|留|是))*"
_TAIL = r"(?:吧|的|呗|好了|就行|就好|可以|了|啦|呀|啊|谢谢)*$"
_UNIT = r"(?:个|种|项|位|件|条|款|双|套|次|场|行|家)?"
_DIGITS = "一二三四五六七八九"
_NUMBERED = re.compile(rf"{_HEAD}第?(?P<n>[1-9一二两三四五六七八九]){_UNIT}{_TAIL}")
_FIRST = re.compile(rf"{_HEAD}(?:前(?:者|面|边)|头一|上面|最?(?:早|前面?)|早一?点|早些)(?:的?那?一?{_UNIT}|的){_TAIL}")
_LAST = re.compile(
    rf"{_HEAD}(?:后(?:者|面|边)|下面|最(?:后|晚|末)面?|末尾|晚一?点|晚些|倒数第一)(?:的?那?一?{_UNIT}|的){_TAIL}"
)
_MIDDLE = re.compile(rf"{_HEAD}中间(?:的?那?一?{_UNIT}|的){_TAIL}")
_THAT = re.compile(rf"{_HEAD}(?:那|这){_UNIT}{_TAIL}")
_EVERY = re.compile(
    rf"{_HEAD}(?:随便|都行|都可以|都好|无所谓|哪个都(?:行|可以)|你们?(?:定|安排|看着?(?:办|定|安排)?)){_TAIL}"
)


def picked(text: str, shown: int) -> int | None:
    """Which of `shown` things (0, 1, …) a line picks, None when it picks none. 那个 picks where one is shown.

    后面那个 is the last, as of two it is the second.
    """
    bare = _BARE.sub("", text)
    if not shown:
        return None
    numbered = _NUMBERED.match(bare)
    if numbered is not None:
        said = numbered["n"].replace("两", "二")
        place = int(said) if said.isdigit() else _DIGITS.index(said) + 1
        return place - 1 if place <= shown else None
    if _FIRST.match(bare):
        return 0
    if _LAST.match(bare):
        return shown - 1
    if _MIDDLE.match(bare) and shown % 2:
        return shown // 2
    return 0 if shown == 1 and _THAT.match(bare) else None


def leaves_it_to_us(text: str) -> bool:
    """随便, 都行, 你安排."""
    return _EVERY.match(_BARE.sub("", text)) is not None

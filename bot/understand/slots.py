"""What a line says besides its intent: stylist, mode, sizes, goods, occasion, money. Words stay the member's own."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from bot.understand import amounts
from bot.understand.pinyin import sound
from bot.understand.view import Trie, lexicon

_BOOKING = ("date", "time", "part", "stylist", "mode")
_GOODS = ("occasion", "category", "colour", "budget")
SLOTS: dict[str, tuple[str, ...]] = {
    "book_stylist": _BOOKING,
    "change_booking": _BOOKING,
    "cancel_booking": ("date", "time", "stylist"),
    "my_bookings": ("date", "time", "part", "stylist"),
    "order_box": _GOODS,
    "product_search": ("category", "colour", "budget"),
    "exchange_size": ("size", "colour"),
    "size_advice": ("height", "weight", "size"),
    "style_advice": ("occasion",),
}
LABELLED = frozenset({"phone", *(name for names in SLOTS.values() for name in names)})
"""Every slot there is, by the names labelled lines use."""
_EXPECTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_BOOKING, _BOOKING),
    **dict.fromkeys(_GOODS, _GOODS),
    **dict.fromkeys(("height", "weight"), ("height", "weight", "size")),
    "size": ("size", "colour"),
    "phone": ("phone",),
}

_NOT = re.compile(
    r"(?:不要|别|不想要?|不喜欢|除了|不是|不穿|不看|不约|不用|(?<!有)没有?|非|去不了|不)(?:再|选|给我|放|配|去|约|寄|来|的|要)?$"
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾邵万钱戴严莫孔向常温施文安颜章鲁俞翁凌祝季柳骆简阮"
)
_TEACHER = re.compile(
    r"(?P<latin>[a-z]{2,12})\s?老师|(?P<little>[小阿][\u4e00-\u9fff])老师|(?P<one>[\u4e00-\u9fff])(?:姓?老师)"
)
ANY = "any"
"""The value of a slot the member leaves to us: 随便哪个老师, 预算不限."""
_OPEN = re.compile(
    r"随便|都行|都可以|都[成中]|不限|没要求|无所谓|没有$|不知道|你们?(?:看着|定|安排|决定)|老师(?:定|看着|决定|安排)|没预算"
)
_ANYONE = re.compile(
    r"随便|都行|都可以|都[成中好]|哪[个位]?(?:老师|造型师)都|谁都|你们?(?:定|安排|看|推荐)|不挑|无所谓|哪个都|哪位都"
    r"|任意|均可"
)
_MODE = re.compile(
    r"(?P<video>视频|视屏|线上|连线|连个线|远程|网上|连麦|镜头前|隔着屏幕|shipin)|(?P<store>到店|去店|来店|进店|[倒道]店|[去到来]你们?(?:家|那边?|那儿|那里)?店|店里|门店|线下|当面|面对面|实体店|到门店|过去店|daodian)"
)
_SIZE = re.compile(
    r"(?<![a-z\d])(?P<letter>[2-6]xl|x{0,3}l|x{0,2}s|m|[sml]码)(?![a-z])|(?P<free>均码)"
    r"|(?<![\d.])(?P<num>[2-4]\d(?:\.5)?)(?=码|的鞋|号鞋)|(?:穿|换成?|要|拿|选|买|是)(?P<num2>[2-4]\d(?:\.5)?)(?![\d.]|件|块|元|个|天|岁|斤)"
)
_COLOUR_ONE = re.compile(
    r"(?P<c>[黑白红蓝绿黄紫粉灰棕驼杏橙])(?=的|款|那件|这件|大衣|裙|衬|毛|羽|外|裤|鞋|包|西|卫|t|针|风|开|衣|色)|(?P<k>米|咖)(?=色)"
)
_TARGET = re.compile(r"换成?|改成?|要")
_LAST_AMOUNT = re.compile(r"(?P<n>[\d.一二两三四五六七八九十百千万kw]+)(?:元|块钱?|左右|以内|好了|吧|啊|\s)*$")
_BUDGET_LEAST = 20
_BARE_BUDGET = re.compile(r"(?<=[ ,，])([1-9]\d{2,4})(?:元|块钱?)?$")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d{9})(?!\d)")


def _kept(line: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Mentions that are not turned down just before."""
    return [f for f in found if not _NOT.search(line[max(0, f[0] - 5) : f[0]])]


class SlotReader:
    """Knows the shop's live names; reading is pure."""

    def __init__(self, stylists: Sequence[str], categories: Sequence[str]) -> None:
        words = lexicon()
        live = {c.lower(): c for c in categories}
        self._categories = Trie({w: w for w in [*words["C"], *live] if w not in ("包", "鞋")}.items())
        self._colours = Trie({w: w for k in words["K"] for w in (k, f"{k}色")}.items())
        self._occasions = Trie({w: w for w in words["O"]}.items())
        self._stylists = tuple(stylists)
        self._sounds = {name: tuple(map(sound, name)) for name in stylists if not name.isascii()}
        known = {w for w in words["S"] if w.isascii() and len(w) > 2}
        self._latin = known | {s.lower().removesuffix("老师") for s in stylists if s.isascii()}

    def read(self, line: str, original: str, intent: str, expecting: str | None) -> dict[str, object]:
        """Slots other than date, time and part. `original` keeps the case of Latin names."""
        wanted = set(SLOTS.get(intent, ())) | set(_EXPECTED.get(expecting or "", (expecting,) if expecting else ()))
        out: dict[str, object] = {}
        if "stylist" in wanted:
            name = self.stylist(line, original)
            if name is None and expecting == "stylist" and _ANYONE.search(line):
                name = ANY
            out["stylist"] = name
        if "mode" in wanted:
            out["mode"] = self._mode(line)
            if out["mode"] is None and expecting == "mode" and "daodian" in "".join(map(sound, line)):
                out["mode"] = "store"  # 到电里, a slip of the keyboard.
        if "height" in wanted:
            out["height"], out["weight"] = amounts.height(line), amounts.weight(line)
            if expecting in ("height", "weight") and out["height"] is None and out["weight"] is None:
                out[expecting] = amounts.alone(line, expecting)
        if "size" in wanted:
            out["size"] = self._size(line, intent)
        if "category" in wanted:
            out["category"] = self._first(line, self._categories)
        if "colour" in wanted:
            out["colour"] = self._colour(line, intent)
        if "occasion" in wanted:
            out["occasion"] = self._first(line, self._occasions)
        if "budget" in wanted:
            out["budget"] = amounts.budget(line)
            if out["budget"] is None and expecting == "budget":
                last = _LAST_AMOUNT.search(line)
                value = amounts.amount(last["n"]) if last else None
                out["budget"] = int(value) if value and value >= _BUDGET_LEAST else None
            if out["budget"] is None and intent == "order_box":
                bare = _BARE_BUDGET.search(line)
                out["budget"] = int(bare[1]) if bare else None
        if "phone" in wanted:
            # 138 0013 8000 is one number, 尾号1189 13600001189 are two; the last one said counts.
            phones = _PHONE.findall(line) or _PHONE.findall(line.replace(" ", "").replace("-", ""))
            out["phone"] = phones[-1] if phones else None
        if expecting in ("occasion", "budget") and out[expecting] is None and _OPEN.search(line):
            out[expecting] = ANY
        return {name: value for name, value in out.items() if value is not None}

    def stylist(self, line: str, original: str) -> str | None:
        """The stylist named: a live name where one is meant, else the words of the line (林老师, Coco)."""
        found: list[tuple[int, int, str]] = []
        for name in self._stylists:
            at = line.find(name.lower())
            if at >= 0:
                found.append((at, at + len(name), name))
        for m in _TEACHER.finditer(line):
            if m["latin"]:
                found.append((m.start(), m.end(), self._cased(m["latin"], original)))
            elif m["little"]:
                found.append((*m.span(), m.group()))
            elif m["one"] in _SURNAMES:
                found.append((m.start(), m.end(), f"{m['one']}老师"))
        for m in re.finditer(r"(?<![a-z])[a-z]{3,12}(?![a-z])", line):
            word = m.group()
            if word in self._latin or any(fuzz.ratio(word, known) >= 86 for known in self._latin if len(word) > 3):
                found.append((*m.span(), self._cased(word, original)))
        if not found and self._sounds:
            found.extend(self._heard(line))
        kept = _kept(line, found)
        return max(kept, key=lambda f: (f[0], f[1]))[2] if kept else None

    def _heard(self, line: str) -> list[tuple[int, int, str]]:
        """Live names written with other characters of the same sound."""
        said = list(map(sound, line))
        out: list[tuple[int, int, str]] = []
        for name, parts in self._sounds.items():
            size = len(parts)
            starts = range(len(said) - size + 1) if size > 1 else range(0)
            out.extend((at, at + size, name) for at in starts if tuple(said[at : at + size]) == parts)
        return out

    @staticmethod
    def _cased(word: str, original: str) -> str:
        found = re.search(re.escape(word), original, re.IGNORECASE)
        return found.group() if found else word

    @staticmethod
    def _mode(line: str) -> str | None:
        found = _kept(line, [(m.start(), m.end(), str(m.lastgroup)) for m in _MODE.finditer(line)])
        return found[-1][2] if found else None

    def _size(self, line: str, intent: str) -> object:
        found = []
        for m in _SIZE.finditer(line):
            word = m["letter"] or m["free"] or m["num"] or m["num2"]
            found.append((m.start(), m.end(), word.removesuffix("码").upper() if m["letter"] else word))
        found = _kept(line, found)
        if not found:
            return None
        if intent != "exchange_size":
            names = list(dict.fromkeys(f[2] for f in found))
            return names if len(names) > 1 else names[0]
        return self._wanted(line, found)

    @staticmethod
    def _wanted(line: str, found: list[tuple[int, int, str]]) -> str:
        """In an exchange: what stands after 换, else the last."""
        swaps = [m.end() for m in _TARGET.finditer(line)]
        after = [f for f in found if any(f[0] >= s for s in swaps)]
        return (after or found)[-1 if not after or len(swaps) > 1 else 0][2]

    def _colour(self, line: str, intent: str) -> str | None:
        found = self._colours.find(line)
        taken = {i for start, end, _ in found for i in range(start, end)}
        for m in _COLOUR_ONE.finditer(line):
            if m.start() not in taken:
                found.append((m.start(), m.end(), m.group()))
        found = _kept(line, sorted(found))
        if not found:
            return None
        return self._wanted(line, found) if intent == "exchange_size" else found[0][2]

    @staticmethod
    def _first(line: str, words: Trie) -> str | None:
        found = _kept(line, words.find(line))
        return found[0][2] if found else None

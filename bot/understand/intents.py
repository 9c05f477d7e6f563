"""The intent of a line: exact rules first, then a linear model over character and sound n-grams.

Inference is plain Python. A feature's 33 weights are one long integer with a 32-bit lane per intent, so that
adding up a line costs one integer addition per feature.
"""

import math
import re
from array import array
from pathlib import Path

import orjson

from bot.understand.meaning import INTENTS
from bot.understand.view import DATA, features

_LANE = 4
_EMPTY = re.compile(r"[\s,。.、?!;:~'\"()…·-]+")
_TOKEN = re.compile(r"\[[^\[\]]{1,8}\]")
_PLACEHOLDER = re.compile(r"^(?:[\[【][^\]】]{1,30}[\]】]\s*(?:\d+\"?)?\s*)+$")
_LINK = re.compile(r"https?://|www\.|t\.cn/|\.com/")
_INJECTION = re.compile(
    r"system prompt|ignore (?:all |the )?(?:previous|above)|提示词"
    r"|忽略.{0,6}(?:指令|设定|规则)|开发者模式|<script|drop table"
)
_SPAM = re.compile(
    r"加(?:我)?(?:微信|薇信|v信|vx|v)(?:号)?.{0,12}(?:领|返|赚|送|\d{4})|首充|日结|刷单|彩金|(?:^|】).{0,8}验证码"
)
_BODY = re.compile(r"^1[4-9]\d(?:cm)?\s?[/,、 -]\s?(?:[3-9]\d|1\d\d)(?:kg|斤)?$")
_NO_WORDS = re.compile(r"^[\W\d_]+$")


def _exact() -> dict[str, str]:
    out: dict[str, str] = {}
    for row in (DATA / "exact.txt").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            intent, *words = row.split(" ")
            out.update(dict.fromkeys(words, intent))
    return out


# What an explicit "not" rules out, when the line says more than that: 不是注销 就是别发消息 is no privacy_request.
_DENIED: tuple[tuple[str, str], ...] = (
    ("注销|销号|删号", "privacy_request"),
    ("退订|取消推送|取消订阅", "stop_messages"),
    ("取消(?!推送|订阅|通知|短信|自动|续|授权|关注|退订)|取消预约", "cancel_booking"),
    ("退货|退盒|退(?![款钱订押会卡货盒费])", "return_box"),
    ("退款|退钱", "refund_status"),
    ("换货|换码|换尺码|换(?=[ ,了就])", "exchange_size"),
    ("改时间|改期|改约|改预约|改之前|改原来", "change_booking"),
    ("投诉", "complaint"),
    ("办会员|开会员|入会", "join_membership"),
    ("查物流|查快递", "box_status"),
    ("约老师|约造型师|约搭配|预约老师|预约造型", "book_stylist"),
    ("续费|续会员", "renew_membership"),
    ("要盒子|订盒子|下单", "order_box"),
)
_DENIAL = tuple(
    (
        re.compile(
            rf"(?:不是(?:要|想|说|来|问)?|(?<![还么能可要是让给什])不(?:用|想|要|需要|打算)?|没说要?|没要|别)(?:{words}).{{2,}}"
            rf"|.{{4,}}(?<![是还])不是(?:要|想|说|来|问)?(?:{words})\W*$"
        ),
        intent,
    )
    for words, intent in _DENIED
)


# 把短信退订了 asks for the reverse of what 恢复 does, however near its other words are.
_ENDS = re.compile(r"退订|[停关]掉|关了|停了|别[再]?发|不要[再]?发")
_BEGINS = re.compile(r"恢复|重[新开]|打开|开[起通回]|又|之前|以前|上次|后悔|取消|现在|还是|误|不小心|手[滑快]")
# Words that are somebody else's business, unless the line also speaks of ours: 酒店押金什么时候退 is no box deposit.
_ELSEWHERE = re.compile(
    r"酒店|民宿|单车|充电宝|健身房|游泳卡|理发|驾校|培训班|学费|医院|挂号|牙医|话费|宽带|流量|高铁|火车票|机票|航班|演唱会|电影票|门票"
    r"|景区|外卖|网约车|出租车|打车|房东|房租|租房|公积金|社保|医保|护照|身份证|签证|游戏|皮肤|美团|滴滴|拼多多|饿了么|爱奇艺|优酷"
    r"|腾讯视频|网易云|肯德基|麦当劳|海底捞|瑞幸|喜茶|王者荣耀|原神|12306|屈臣氏|摩拜|哈啰"
)
_OURS = re.compile(
    r"你们|你家|咱家|贵店|盒|造型|搭配|老师|匹配|对等|等级|互认|升|会员价|入会|开卡|衣|裙|裤|鞋|包|帽|穿|搭|店里|约|改|尺|码|寄|收|那件|这件|直播"
)
_FAR = 10.0


class IntentModel:
    """`score(line)` gives every intent a chance; `load` must have been called once."""

    def __init__(self, path: Path = DATA / "weights.bin") -> None:
        self._path = path
        self._rows: dict[str, int] = {}
        self._bias: tuple[float, ...] = ()
        self._scale = 1.0
        self._temperature = 1.0
        self._exact: dict[str, str] = {}

    def load(self) -> None:
        """Read weights.bin: a JSON line, the features one per line, then one byte per feature and intent."""
        blob = self._path.read_bytes()
        end = blob.index(b"\n")
        head = orjson.loads(blob[:end])
        names_end = end + 1 + head["names_bytes"]
        names = blob[end + 1 : names_end].decode("utf-8").split("\n")
        raw = blob[names_end:]
        wide = bytearray(_LANE * len(raw))
        wide[::_LANE] = raw
        step = _LANE * len(INTENTS)
        view = bytes(wide)
        self._rows = {name: int.from_bytes(view[i * step : (i + 1) * step], "little") for i, name in enumerate(names)}
        self._bias = tuple(head["bias"])
        self._scale = float(head["scale"])
        self._temperature = float(head["temperature"])
        self._exact = _exact()

    def rule(self, line: str) -> str | None:
        """The intent of lines that need no model: bare acknowledgements, emoji, placeholders, spam."""
        bare = _EMPTY.sub("", line)
        # 嗯 says yes, 嗯？ asks: the mark is looked at before it is taken off.
        found = self._exact.get(line) or self._exact.get(bare)
        if found is not None:
            return found
        if not bare:
            return "other"
        if _BODY.match(line):
            return "size_advice"
        if _NO_WORDS.match(bare) or _TOKEN.fullmatch(line):
            for intent, marks in _EMOJI:
                if any(mark in line for mark in marks):
                    return intent
            return "other"
        if _PLACEHOLDER.match(line) or _INJECTION.search(line) or _SPAM.search(line):
            return "other"
        if len(set(bare)) == 1 and bare[0] in "哈嘿嘻啊呀哇呜嘤呃额唉哎hae嗷噗咯":
            return "other"
        if _LINK.search(line) and not re.search("盒|券|订单|会员", line):
            return "other"
        return None

    def scores(self, line: str) -> list[tuple[float, str]]:
        """(chance, intent), best first, for a normalised line."""
        rule = self.rule(line)
        if rule is not None:
            return [(0.99, rule), *((0.01 / (len(INTENTS) - 1), i) for i in INTENTS if i != rule)]
        # No known feature's weights are all nought, as each lane counts from 128 up.
        found = list(filter(None, map(self._rows.get, features(line))))
        lanes = array("I", sum(found).to_bytes(_LANE * len(INTENTS), "little"))
        count = max(len(found), 1)
        factor = self._scale / math.sqrt(count) / self._temperature
        offset = 128 * len(found)
        raw = [(v - offset) * factor + b for v, b in zip(lanes, self._bias, strict=True)]
        top = max(raw)
        powers = list(map(math.exp, [v - top for v in raw]))
        if "不" in line or "没" in line or "别" in line:
            for pattern, intent in _DENIAL:
                if pattern.search(line):
                    powers[INTENTS.index(intent)] *= 0.001
        if _ENDS.search(line) and not _BEGINS.search(line):
            powers[INTENTS.index("resume_messages")] *= 0.001
        if _ELSEWHERE.search(line) and not _OURS.search(line):
            powers[INTENTS.index("other")] *= _FAR
        total = sum(powers)
        ranked = sorted(zip(powers, INTENTS, strict=True), reverse=True)
        return [(power / total, intent) for power, intent in ranked]


# What a line of nothing but emoji or WeChat's bracketed faces says; the first that occurs decides.
_EMOJI: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("complaint", ("😡", "🤬", "👎", "💢", "🤮", "😠", "[发怒]", "[愤怒]", "[怒]", "[咒骂]", "[弱]", "[抓狂]")),
    ("stop_messages", ("🔕", "📵", "🛑")),
    ("resume_messages", ("🔔",)),
    ("greeting", ("👋", "🙋", "[嘿哈]", "[招手]")),
    ("thanks_bye", ("🙏", "👌", "👍", "🌹", "💐", "❤", "💕", "🤝", "😘", "🆗", "✅", "[抱拳]", "[玫瑰]", "[ok]", "[强]",
                    "[握手]", "[合十]", "[爱心]", "[再见]", "[鼓掌]", "[比心]", "[亲亲]")),
)  # fmt: skip

"""Spellings of time words: 礼拜 and 星期, slips of the keyboard (名天, 3典), typed pinyin, English days."""

import re
from collections.abc import Callable
from functools import lru_cache

from bot.understand.pinyin import cut, sound, typed

_NUMERALS = "一二三四五六七八九十两"
_SOUNDS = {("min", "tian"): "明天", ("hou", "tian"): "后天", ("jin", "tian"): "今天", ("xia", "wu"): "下午",
           ("wan", "san"): "晚上", ("zong", "wu"): "中午", ("zao", "san"): "早上", ("san", "wu"): "上午",
           ("min", "wan"): "明晚", ("jin", "wan"): "今晚"}  # fmt: skip
_FIRST = frozenset(a for a, _b in _SOUNDS)


def _earlier(match: "re.Match[str]") -> str:
    """两三点 is from two on; 二五点 is left alone."""
    first, second = (_NUMERALS.index("二" if c == "两" else c) for c in match.groups())
    return match[1] if second == first + 1 else match[0]


_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")

_SLIPS: tuple[tuple["re.Pattern[str]", str | Callable[["re.Match[str]"], str]], ...] = tuple(
    (re.compile(a), b)
    for a, b in (
        (
            r"[壹贰叁肆伍陆柒捌玖拾]{1,3}(?=[点号日月时分刻])"
            r"|(?<=[点号月期拜周初])[壹贰叁肆伍陆柒捌玖拾]{1,3}(?![续人])",
            lambda m: m[0].translate(_FORMAL),
        ),
        (r"廿(?=[一二三四五六七八九]?(?:[号日 ,]|$|[上下晚早中]))", "二十"),
        (r"卅(?=一?(?:[号日 ,]|$|[上下晚早中]))", "三十"),
        (r"星期|礼拜|礼白|里白|星其|星基|里拜|礼败", "周"),
        (r"([下这本上]个?)[粥洲州舟走](?=[一二三四五六日天末])", r"\1周"),
        (r"(?<![\u4e00-\u9fff])[粥洲州舟](?=[一二三四五六日末])", "周"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[散伞叁仨参]", r"\1三"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[思斯寺似丝死肆](?!末)", r"\1四"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[舞物午武伍无吾](?!年|所)", r"\1五"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[刘流留溜陆]", r"\1六"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[意医衣依壹](?![思义])", r"\1一"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[而耳尔贰]", r"\1二"),
        (r"([下这本]个?周|^周|(?<=[ ,约到改])周)[曰目]", r"\1日"),
        (r"下五(?=$|[\s\d一二两三四五六七八九十,吧行左])", "下午"),
        (r"上五(?=$|[\s\d一二两三四五六七八九十,吧行左])", "上午"),
        (r"中五(?=$|[\s\d一二两三四五六七八九十,吧行左])", "中午"),
        (r"(?<!周)(?<!十)([一二两三四五六七八])[到、]?([二三四五六七八九])(?=点)", _earlier),
        (r"周末", "週末"),
        (r"(?<=[\d一二两三四五六七八九十])[典电店垫奌占](?=$|[\s,.!?半办伴一二三四五十\d吧行左前后到可钟整见])", "点"),
        (r"(?<=[\d一二两三四五六七八九十]点)[办伴板扮瓣](?!公|法)", "半"),
        (r"(?<=[\d一二两三四五六七八九十]点)([一三13])[客课克可](?!以)", r"\1刻"),
        (r"(?<=[\d一二三四五六七八九十]月)([\d一二三四五六七八九十]{1,3})[好浩耗](?=$|[\s,上下晚早中的吧])", r"\1号"),
        (r"([下这本]个)[越约阅](?=[\d一二三四五六七八九十]{1,3}[号日])", r"\1月"),
        (r"(?<=[三四五六七八九十])点终", "点钟"),
        (r"\b(?:tmrw|tmr|tomorrow|2moro)\b", "明天"),
        (r"tmrw|tmr", "明天"),
        (r"再下一?个?(?=周)", "下下"),
        (r"下一(?=周的?周)", "下"),
        (r"元月", "1月"),
        (r"下半日", "下午"),
        (r"上半日", "上午"),
        (r"明儿个?|明朝|明个儿|翌日|听日", "明天"),
        (r"后儿个?|后朝", "后天"),
        (r"今儿个?|今朝|今个儿", "今天"),
        (r"外后天", "大后天"),
        (r"夜头|夜饭辰光|晚黑|夜晚黑", "晚上"),
        (r"下昼|晏昼|下半天|后晌|下半晌|过午", "下午"),
        (r"上昼|上半天|前晌|头午|上半晌", "上午"),
        (r"晌午头|中晌", "中午"),
        (r"(?<![a-z])mon(?:day)?(?![a-z])", "周一"),
        (r"(?<![a-z])tue(?:s|sday)?(?![a-z])", "周二"),
        (r"(?<![a-z])wed(?:nesday)?(?![a-z])", "周三"),
        (r"(?<![a-z])thu(?:rs|rsday)?(?![a-z])", "周四"),
        (r"(?<![a-z])fri(?:day)?(?![a-z])", "周五"),
        (r"(?<![a-z])sat(?:urday)?(?![a-z])", "周六"),
        (r"(?<![a-z])sun(?:day)?(?![a-z])", "周日"),
        (r"\bnext (?=周)", "下"),
        (r"\bthis (?=周)", "这"),
    )
)  # fmt: skip
_WATCH = re.compile(
    r"[一二两三四五六七八](?:[到、]?[二三四五六七八九])点|[a-z无吾五礼禮星里粥洲州舟走散伞叁仨肆思斯寺似丝舞物武伍"
    r"刘流留溜陆死参廿卅柒捌玖拾壹叁意医衣依壹而耳尔贰曰目末典电店垫奌占办伴板扮瓣客课克可好浩耗越约阅终儿朝翌外夜昼晌黑半头个过午听元再]"
)
_PAIRS = {("ming", "tian"): "明天", ("hou", "tian"): "后天", ("jin", "tian"): "今天", ("da", "hou"): "大后",
          ("xia", "wu"): "下午", ("shang", "wu"): "上午", ("zhong", "wu"): "中午", ("wan", "shang"): "晚上",
          ("zao", "shang"): "早上", ("xing", "qi"): "周", ("li", "bai"): "周", ("ming", "wan"): "明晚",
          ("jin", "wan"): "今晚", ("ming", "zao"): "明早", ("xia", "ge"): "下个", ("zhe", "ge"): "这个",
          ("ban", "xiao"): "半小", ("xiao", "shi"): "小时", ("zhi", "hou"): "之后", ("yi", "hou"): "以后"}  # fmt: skip
_ONES = {"yi": "一", "er": "二", "liang": "两", "san": "三", "si": "四", "wu": "五", "liu": "六", "qi": "七",
         "ba": "八", "jiu": "九", "shi": "十", "dian": "点", "ban": "半", "ke": "刻", "hao": "号", "yue": "月",
         "zhou": "周", "xia": "下", "zhe": "这", "ben": "本", "tian": "天", "ri": "日", "hou": "后", "wan": "晚",
         "zao": "早", "fen": "分", "ge": "个", "da": "大", "bu": "不", "gai": "改", "dao": "到",
         "guo": "过"}  # fmt: skip
_DIGIT_PINYIN = re.compile(r"(\d+)\s*(dian|hao|yue|tian|fen)\b")


def _from_pinyin(line: str) -> str:
    """`xia zhou san xia wu` → 下周三下午; syllables that say no time are kept as spaces."""
    out: list[str] = []
    for token in re.findall(r"[a-z]+|\d+|\s+|[^a-z\d\s]", line):
        if not token.isascii() or not token.isalpha():
            if not token.isspace():
                out.append(token)
            continue
        out.extend(cut(token) or (" ",))
    done: list[str] = []
    at = 0
    while at < len(out):
        pair = _PAIRS.get((out[at], out[at + 1])) if at + 1 < len(out) else None
        if pair:
            done.append(pair)
            at += 2
            continue
        done.append(_ONES.get(out[at], out[at] if not out[at].isalpha() else " "))
        at += 1
    return "".join(done)


@lru_cache(maxsize=1024)
def respell(text: str) -> str:
    """The line with its time words in their usual spelling; all other words stay."""
    if text.isascii() and typed(text):
        line = _from_pinyin(text)
        if re.search(r"[天周点号月晚午]", line):
            return line
    line = text
    if _WATCH.search(line):
        for pattern, put in _SLIPS:
            line = pattern.sub(put, line)
        line = line.replace("週末", "周末")
    for at in range(len(line) - 1):
        first = line[at]
        if first in _NUMERALS or first in "晌响" or line[at + 1] in _NUMERALS or not "\u4e00" <= first <= "\u9fff":
            continue
        heard = sound(first)
        if heard in _FIRST:
            put = _SOUNDS.get((heard, sound(line[at + 1])), "")
            if put and put != line[at : at + 2]:
                line = line[:at] + put + line[at + 2 :]
    return line

"""Claim words in texts about goods: what may only be said with proof in hand (Advertising Law, 9 and 28)."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from domain.states import Transitions


@dataclass(frozen=True)
class ClaimRules:
    """`words` need evidence wherever they stand; inside a `harmless` phrase they claim nothing."""

    words: tuple[str, ...] = (
        "最", "第一", "顶级", "顶尖", "极致", "极品", "唯一", "首选", "独家", "王牌", "冠军", "绝无仅有",
        "国家级", "世界级", "全国", "全网", "全球", "绝对", "百分百", "100%", "永久", "永不", "万能",
        "特效", "治疗", "保健", "抗菌", "抑菌", "防紫外线", "零甲醛", "无添加", "不起球", "不褪色",
    )  # fmt: skip
    harmless: tuple[str, ...] = ("最后", "最近", "最初", "最终", "第一次", "第一步", "第一眼", "全国包邮", "全国联保")


class ClaimState(StrEnum):
    ASKED = "asked"  # evidence is named, a second person has not looked yet
    PROVED = "proved"
    REFUSED = "refused"  # the evidence does not carry the word


CLAIM_LIFE = Transitions(
    "claim",
    ClaimState,
    ClaimState.ASKED,
    {
        ClaimState.ASKED: [ClaimState.PROVED, ClaimState.REFUSED],
        ClaimState.PROVED: [ClaimState.REFUSED],
        ClaimState.REFUSED: [],
    },
)


def claims_in(text: str, rules: ClaimRules) -> list[str]:
    """The claim words of a text, each once, in the order of the rules; of two that overlap the longer one."""
    left = unicodedata.normalize("NFKC", text)
    for phrase in rules.harmless:
        left = left.replace(phrase, " ")
    found = set()
    for word in sorted(rules.words, key=len, reverse=True):
        if word in left:
            found.add(word)
            left = left.replace(word, " ")
    return [word for word in rules.words if word in found]

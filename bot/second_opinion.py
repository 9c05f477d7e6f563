"""A second opinion on lines that were not understood well: a helper model names the wish, and is not trusted further.

Who asks keeps the reins: nothing personal leaves the house, the model only chooses among names, a wish that acts
without a read-back is not among them, and what it says is never so sure that it would break into an open form.
"""

import re
from dataclasses import replace
from datetime import datetime

import structlog

from bot.understand import ACTION_INTENTS, INTENTS, Understander, Understanding
from domain.errors import OutsideFault
from domain.ports import Helper

log = structlog.get_logger()

UNSURE = 0.55
"""Below this confidence the bot would ask back: then the helper is asked first."""
BELIEVED = 0.7
"""How sure the helper has to be."""
WORTH, WORTH_OF_ACTIONS = 0.7, 0.6
"""The confidence a line has afterwards: enough to be answered, too little for an act to interrupt an open form."""

AT_ONCE = frozenset({"resume_messages"})
"""Wishes that are done without a read-back: only the member's own clear words may ask for them."""

MEANINGS = {
    "greeting": "says hello", "thanks_bye": "thanks, goodbye, acknowledges", "book_stylist": "book a stylist session",
    "change_booking": "move an existing booking", "cancel_booking": "cancel an existing booking",
    "my_bookings": "when is my booking, which times are free", "order_box": "get a try-before-you-buy box",
    "box_status": "where is my box, what is in it", "return_box": "send things of the box back",
    "keep_items": "keep or buy things of the box", "refund_status": "where is my refund or deposit",
    "exchange_size": "swap for another size or colour", "size_advice": "which size fits me",
    "style_advice": "what to wear or combine", "product_search": "find goods, price, stock",
    "points_balance": "points", "member_benefits": "level and benefits", "join_membership": "become a member",
    "renew_membership": "renew, when does it end, auto-renewal", "tier_match": "have another firm's level recognised",
    "coupon": "coupons and gift cards", "invite_friend": "invite a friend, its reward",
    "shipping_policy": "freight and delivery before ordering", "store_info": "shop address, hours, telephone",
    "invoice": "invoice", "update_profile": "change own data", "privacy_request": "see, export, delete own data",
    "feedback": "praise or suggestion", "complaint": "grievance, wants redress", "human_agent": "wants a human",
    "stop_messages": "no more marketing messages", "resume_messages": "marketing messages again",
    "other": "none of these, other firms, chit-chat, spam",
}  # fmt: skip
OFFERED = {name: MEANINGS[name] for name in INTENTS if name not in AT_ONCE}

_HIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "〈邮箱〉"),
    (re.compile(r"(?:https?://|www\.)\S+"), "〈链接〉"),
    (re.compile(r"(?:微信号?|vx|wx|qq)\s?(?:是|:|：)?\s?[a-z][\w-]{4,}", re.IGNORECASE), "〈账号〉"),
    (re.compile(r"[a-z]{0,4}\d(?:[ \-]?\d){3,}x?", re.IGNORECASE), "〈号码〉"),
    (re.compile(r"[零〇一二三四五六七八九幺]{6,}"), "〈号码〉"),
    (
        re.compile(
            r"(?:我(?:的名字)?(?:叫|是叫)|姓名|收件人|收货人|联系人|抬头)(?:是|叫|为|:|：)?\s?[\u4e00-\u9fffA-Za-z·]{2,20}"
        ),
        "〈姓名〉",
    ),
    (re.compile(r"[\u4e00-\u9fff]{1,3}(?:先生|女士|小姐)"), "〈姓名〉"),
    (
        re.compile(
            r"(?:[\u4e00-\u9fff]{2,8}(?:省|市|区|县|镇|乡|街道))*[\u4e00-\u9fff]{1,8}(?:路|街|巷|弄|大道|小区|花园|村)"
            r"\s?\d+[\d\-号弄栋幢座单元室楼层]*"
        ),
        "〈地址〉",
    ),
)


def hidden(text: str) -> str:
    """The line without numbers, addresses, accounts and names that could tell who said it."""
    for pattern, put in reversed(_HIDDEN):
        text = pattern.sub(put, text)
    return text[:200]


class SecondOpinion:
    """Wraps what was understood; without a helper, or when it fails, everything stays as it was."""

    def __init__(self, helper: Helper | None, understander: Understander) -> None:
        self._helper, self._understander = helper, understander

    async def on(self, heard: Understanding, text: str, now: datetime, expecting: str | None) -> Understanding:
        """The understanding to go on with. A line that answers a question of ours is left alone."""
        if self._helper is None or heard.confidence >= UNSURE or heard.answer is not None or expecting is not None:
            return heard
        try:
            wish, sure = await self._helper.wish_of(hidden(heard.text), OFFERED)
        except OutsideFault as fault:
            log.warning("helper.silent", why=str(fault))
            return heard
        if sure < BELIEVED or wish == heard.intent == "other":
            return heard
        again = self._understander.understand(text, now, wish=wish)
        worth = WORTH_OF_ACTIONS if wish in ACTION_INTENTS else WORTH
        return replace(again, confidence=worth, alternatives=heard.alternatives)

"""WeChat Pay Score (微信支付分): try first, pay later, with the member's confirmation of each order.

The three states of WeChat (state, state_description, collection.state) are read together into one
`ScoreFact`. Refunds of a collected order go through `wechat_pay`, by transaction_id.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from domain.clock import SHANGHAI
from domain.money import Fen
from domain.ports import Notice, ScoreFact, ScoreLine, ScoreOrder
from integrations.pay_v3 import PayRefusal, PayV3, squeezed
from integrations.wechat_http import Fault
from integrations.wechat_pay import same_number

ORDERS = "/v3/payscore/serviceorder"
CANCEL = "/v3/payscore/serviceorder/{}/cancel"
COMPLETE = "/v3/payscore/serviceorder/{}/complete"
MODIFY = "/v3/payscore/serviceorder/{}/modify"

NAME_CHARS = 20
INTRODUCTION_CHARS = 20
DESCRIPTION_CHARS = 30
REASON_CHARS = 50
COMPACT = "%Y%m%d%H%M%S"
OVER = frozenset({"REVOKED", "EXPIRED"})
DISCOUNT = "优惠"
NOTHING_KEPT = "全部退回"


class WechatPayScore:
    """Implements `domain.ports.PayScore` for one service of one merchant."""

    def __init__(self, v3: PayV3, appid: str, service_id: str, notify_url: str) -> None:
        """The appid must stay the same over an order's life, or WeChat refuses (4108)."""
        self._v3 = v3
        self._who = {"appid": appid, "service_id": service_id}
        self._notify_url = notify_url

    async def create(self, order: ScoreOrder) -> ScoreFact:
        """Open an order; the same order asked again answers with a fresh `package`.

        It begins when the member confirms (`OnAccept`): a start of our own would lie in the past by the
        time of a second try and would be refused. `starts_at` is told at completion.
        Raises OutsideRefusal: INVALID_REQUEST, PARAM_ERROR, NO_AUTH; never show a member the reason.
        """
        payload = {
            **self._who,
            "out_order_no": order.out_order_no,
            "service_introduction": order.introduction[:INTRODUCTION_CHARS],
            "post_payments": _items([(line.name, line.description, line.amount_fen) for line in order.lines]),
            "time_range": {"start_time": "OnAccept", "end_time": compact(order.ends_at)},
            "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": order.risk_fen},
            "notify_url": self._notify_url,
            "need_user_confirm": True,
        }
        answer = await self._v3.call(ORDERS, "POST", ORDERS, payload)
        same_number(ORDERS, answer, "out_order_no", order.out_order_no)
        return score_fact(answer)

    async def query(self, out_order_no: str) -> ScoreFact:
        """What WeChat knows; state NOT_FOUND where it never heard of the number."""
        target = f"{ORDERS}?{urlencode({**self._who, 'out_order_no': out_order_no})}"
        try:
            answer = await self._v3.call(ORDERS, "GET", target, safe=True)
        except PayRefusal as no:
            if not no.is_not_found:
                raise
            return ScoreFact(out_order_no, "NOT_FOUND")
        same_number(ORDERS, answer, "out_order_no", out_order_no)
        return score_fact(answer)

    async def cancel(self, out_order_no: str, reason: str) -> None:
        """An order already revoked or expired, or one WeChat never heard of, counts as cancelled.

        Raises OutsideRefusal when it is already completed.
        """
        payload = {**self._who, "reason": reason[:REASON_CHARS]}
        try:
            await self._v3.call(CANCEL, "POST", _with(CANCEL, out_order_no), payload)
        except PayRefusal as no:
            if no.is_not_found:
                return
            if not _about_the_state(no) or (await self.query(out_order_no)).state not in OVER:
                raise

    async def complete(
        self,
        out_order_no: str,
        lines: Sequence[ScoreLine],
        total_fen: Fen,
        starts_at: datetime,
        ends_at: datetime,
    ) -> ScoreFact:
        """Name the final lines and sum; WeChat collects it. Zero ends the order with nothing collected.

        A line below zero is a discount, and so is what the lines exceed `total_fen` by. Completed before
        with the same sum, the fact is returned; with another sum, WeChat's refusal is raised. An end in
        the future would be refused, so it is told as now. Raises ValueError when lines fall short.
        """
        ended = min(ends_at, self._v3.now())
        payload = {
            **self._who,
            **_sums(lines, total_fen),
            "time_range": {"start_time": compact(min(starts_at, ended)), "end_time": compact(ended)},
        }
        return await self._settle(COMPLETE, out_order_no, payload, total_fen)

    async def modify(self, out_order_no: str, lines: Sequence[ScoreLine], total_fen: Fen, reason: str) -> ScoreFact:
        """Lower the sum of a completed order that is not collected yet; repeated, it tells the fact."""
        payload = {**self._who, **_sums(lines, total_fen), "reason": reason[:REASON_CHARS]}
        return await self._settle(MODIFY, out_order_no, payload, total_fen)

    def score_told(self, notice: Notice) -> ScoreFact:
        return score_fact(notice.resource)

    async def _settle(self, endpoint: str, out_order_no: str, payload: Mapping[str, Any], total_fen: Fen) -> ScoreFact:
        try:
            answer = await self._v3.call(endpoint, "POST", _with(endpoint, out_order_no), payload)
        except PayRefusal as no:
            if not _about_the_state(no):
                raise
            fact = await self.query(out_order_no)
            if not _is_completed(fact) or fact.total_fen != total_fen:
                raise
            return fact
        same_number(endpoint, answer, "out_order_no", out_order_no)
        # The short answer of these calls may leave out what it takes for granted.
        told = {"total_amount": total_fen, **answer}
        if told.get("state") == "DOING":
            told.setdefault("state_description", "MCH_COMPLETE")
        return score_fact(told)


def score_fact(said: Mapping[str, Any]) -> ScoreFact:
    """An order as a query or a PAYSCORE notice tells it. Raises OutsideFault when unreadable."""
    try:
        collection = said.get("collection") or {}
        details = collection.get("details") or []
        paid: Mapping[str, Any] = next((d for d in details if d.get("transaction_id")), {})
        paid_time = paid.get("paid_time")
        total = said.get("total_amount")
        return ScoreFact(
            out_order_no=said["out_order_no"],
            state=str(said["state"]),
            description=said.get("state_description") or "",
            collection=collection.get("state") or "",
            # A number here, a text in some of WeChat's own samples.
            total_fen=int(collection.get("total_amount") or 0 if total is None else total),
            order_id=said.get("order_id") or "",
            transaction_id=paid.get("transaction_id") or "",
            package=said.get("package") or "",
            openid=said.get("openid") or "",
            paid_at=_from_compact(paid_time) if paid_time else None,
            risk_fen=int((said.get("risk_fund") or {}).get("amount") or 0),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise Fault(ORDERS, "unreadable")


def compact(at: datetime) -> str:
    """yyyyMMddHHmmss in Beijing, the seconds cut off: never later than the instant itself."""
    return at.astimezone(SHANGHAI).strftime(COMPACT)


def _from_compact(text: str) -> datetime:
    form = COMPACT if len(text) == 14 else "%Y%m%d"
    return datetime.strptime(text, form).replace(tzinfo=SHANGHAI).astimezone(UTC)


def _items(said: Sequence[tuple[str, str, Fen]]) -> list[dict[str, Any]]:
    """Lines of (name, description, fen) as WeChat wants them: short, and no name twice in one order."""
    items: list[dict[str, Any]] = []
    taken: set[str] = set()
    for name, description, fen in said:
        short, again = name[:NAME_CHARS], 2
        while short in taken:
            tail = f" {again}"
            short, again = name[: NAME_CHARS - len(tail)] + tail, again + 1
        taken.add(short)
        text = (description or name)[:DESCRIPTION_CHARS]
        items.append({"name": short, "description": text, "amount": fen, "count": 1})
    return items


def _sums(lines: Sequence[ScoreLine], total_fen: Fen) -> dict[str, Any]:
    """total_amount = sum of payments − sum of discounts, or WeChat refuses."""
    due = [(line.name, line.description, line.amount_fen) for line in lines if line.amount_fen >= 0]
    less = [(line.name, line.description, -line.amount_fen) for line in lines if line.amount_fen < 0]
    over = sum(line.amount_fen for line in lines) - total_fen
    if over < 0 or total_fen < 0:
        raise ValueError("the lines of a Pay Score order fall short of its total")
    if over:
        less.append((DISCOUNT, "", over))
    told: dict[str, Any] = {
        "post_payments": _items(due or [(NOTHING_KEPT, "", 0)]),
        "total_amount": total_fen,
    }
    if less:
        told["post_discounts"] = _items(less)
    return told


def _about_the_state(no: PayRefusal) -> bool:
    """INVALID_REQUEST is how WeChat says "not in this state"; its cause numbers are not all documented."""
    return squeezed(no.code) == "INVALIDREQUEST"


def _is_completed(fact: ScoreFact) -> bool:
    return fact.state == "DONE" or (fact.state == "DOING" and fact.description == "MCH_COMPLETE")


def _with(template: str, number: str) -> str:
    return template.format(quote(number, safe=""))

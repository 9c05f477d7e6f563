"""How a Pay Score order is told: by the API and, nearly the same, by its notices."""

from typing import Any

from sandbox.pay.desk import Pay
from sandbox.pay.state import ScoreOrder

_ECHOED = ("post_payments", "post_discounts", "risk_fund", "time_range", "location", "attach", "device")


def score_view(pay: Pay, order: ScoreOrder) -> dict[str, Any]:
    """The order entity; absent things are absent. State, description and collection belong together."""
    asked = order.asked
    view: dict[str, Any] = {
        "appid": asked["appid"],
        "mchid": pay.merchant.mchid,
        "service_id": asked["service_id"],
        "out_order_no": order.out_order_no,
        "service_introduction": asked["service_introduction"],
        "state": order.state,
        "order_id": order.order_id,
        "need_user_confirm": asked.get("need_user_confirm", True),
        "notify_url": asked["notify_url"],
    }
    if order.description:
        view["state_description"] = order.description
    for name in _ECHOED:
        value = order.now_says(name)
        if value is not None:
            view[name] = value
    if order.openid:
        view["openid"] = order.openid
    if order.cancel_reason:
        view["reason"] = order.cancel_reason
    if order.total_fen is not None:
        view["total_amount"] = order.total_fen
        view["need_collection"] = order.total_fen > 0
        if order.collection_state:
            view["collection"] = _collection(order, order.total_fen)
    return view


def _collection(order: ScoreOrder, total_fen: int) -> dict[str, Any]:
    paid = order.collection_state == "USER_PAID"
    collection: dict[str, Any] = {
        "state": order.collection_state,
        "total_amount": total_fen,
        "paying_amount": 0 if paid else total_fen,
        "paid_amount": total_fen if paid else 0,
    }
    if order.details:
        collection["details"] = order.details
    return collection


def notice_view(pay: Pay, order: ScoreOrder) -> dict[str, Any]:
    """The plaintext of USER_CONFIRM and USER_PAID."""
    view = score_view(pay, order)
    del view["notify_url"]
    if pay.settings.score_total_as_text and "total_amount" in view:
        view["total_amount"] = str(view["total_amount"])
    return view

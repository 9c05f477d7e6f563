"""Bodies of the Pay Score endpoints and the rules that need nothing but the body and the clock."""

from datetime import datetime
from typing import Any

from sandbox.pay import fields
from sandbox.pay.errors import OUT_OF_RANGE, PayError, param_error
from sandbox.pay.fields import Check, flag, listed, one_of, shape, text, whole
from sandbox.pay.times import ON_ACCEPT, compact, parse_compact

END_BEFORE_START = 271316637
GOODS_NAME = "商品信息"  # the only name several post_payments may share


def _time(value: Any, field: str) -> None:
    text(14)(value, field)
    if value != ON_ACCEPT and parse_compact(value) is None:
        raise param_error(field, "时间格式应为 yyyyMMddHHmmss 或 yyyyMMdd", value)


_ITEM = {"amount": whole(0), "description": text(30), "count": whole(1, 100)}
_PAYMENTS = listed(shape({"name": text(20)}, _ITEM), most=100)
_DISCOUNTS = listed(shape({"name": text(20)}, _ITEM), most=30)
_FINAL_ITEM = {"description": text(30), "count": whole(1, 100)}
_FINAL_PAYMENTS = listed(shape({"name": text(20), "amount": whole(0)}, _FINAL_ITEM), least=1, most=100)
_FINAL_DISCOUNTS = listed(shape({"name": text(20), "amount": whole(0)}, _FINAL_ITEM), most=30)
_REMARKS = {"start_time_remark": text(20), "end_time": _time, "end_time_remark": text(50)}

CREATE: Check = shape(
    {
        "out_order_no": text(32, pattern=fields.OUT_TRADE_NO),
        "appid": text(32),
        "service_id": text(32),
        "service_introduction": text(20),
        "time_range": shape({"start_time": _time}, _REMARKS),
        "risk_fund": shape({"name": text(64), "amount": whole(1)}, {"description": text(30)}),
        "notify_url": fields.notify_url,
    },
    {
        "post_payments": _PAYMENTS,
        "post_discounts": _DISCOUNTS,
        "location": shape({}, {"start_location": text(50), "end_location": text(50)}),
        "attach": text(256),
        "need_user_confirm": flag,
        "openid": text(128),
        "device": shape({"start_device_id": text(64)}, {"end_device_id": text(64), "materiel_no": text(64)}),
    },
)
_WHOSE: dict[str, Check] = {"appid": text(32), "service_id": text(32)}
CANCEL: Check = shape({**_WHOSE, "reason": text(50)})
COMPLETE: Check = shape(
    {**_WHOSE, "post_payments": _FINAL_PAYMENTS, "total_amount": whole(0)},
    {
        "post_discounts": _FINAL_DISCOUNTS,
        "time_range": shape({}, {"start_time": _time, **_REMARKS}),
        "location": shape({}, {"end_location": text(50)}),
        "profit_sharing": flag,
        "goods_tag": text(32),
    },
)
MODIFY: Check = shape(
    {**_WHOSE, "post_payments": _FINAL_PAYMENTS, "total_amount": whole(0), "reason": text(50)},
    {"post_discounts": _FINAL_DISCOUNTS},
)
SYNC: Check = shape({**_WHOSE, "type": one_of("Order_Paid"), "detail": shape({"paid_time": _time})})
COLLECT: Check = shape(_WHOSE)


def check_items(asked: dict[str, Any]) -> None:
    """Names are not repeated, and every item says what it costs or what it is."""
    for field in ("post_payments", "post_discounts"):
        seen: set[str] = set()
        for number, item in enumerate(asked.get(field, ())):
            where = f"/{field}/{number}"
            if "amount" not in item and "description" not in item:
                raise param_error(where, "amount与description须至少填写一个")
            repeatable = field == "post_payments" and item["name"] == GOODS_NAME
            if item["name"] in seen and not repeatable:
                raise param_error(f"{where}/name", "同一订单的项目名称不可重复", item["name"])
            seen.add(item["name"])


def check_total(asked: dict[str, Any]) -> int:
    """total_amount = sum of payments − sum of discounts, and never below zero."""
    due = sum(i["amount"] for i in asked["post_payments"])
    due -= sum(i["amount"] for i in asked.get("post_discounts", ()))
    total = int(asked["total_amount"])
    if total != due:
        raise PayError(
            400,
            "PARAM_ERROR",
            "最终总金额计算非法",
            tail=OUT_OF_RANGE,
            detail={
                "field": "/total_amount",
                "value": total,
                "issue": f"应等于后付费项目之和减去优惠之和（{due}）",
                "location": "body",
            },
        )
    return total


def check_planned_times(asked: dict[str, Any], now: datetime) -> None:
    """The planned span: not begun in the past, not ended before it begins, written in one format."""
    span = asked["time_range"]
    start, end = span["start_time"], span.get("end_time")
    if end == ON_ACCEPT:
        raise param_error("/time_range/end_time", "结束时间不能为OnAccept", end)
    if start != ON_ACCEPT:
        _same_format(start, end)
        if _moment(start) < _floor(now, start):
            raise param_error("/time_range/start_time", "服务开始时间不能早于下单时间", start)
    if end is not None:
        begins = now if start == ON_ACCEPT else _moment(start)
        if _moment(end) < _floor(begins, end):
            raise param_error("/time_range/end_time", "服务结束时间不能早于服务开始时间", end)


def check_real_times(asked: dict[str, Any], planned: dict[str, Any], now: datetime) -> None:
    """The real span at completion: ended by now, and not before the order's start_time."""
    given = asked.get("time_range", {})
    end = given.get("end_time")
    if end is None and "end_time" not in planned:
        raise param_error("/time_range/end_time", "创建订单时未填写，完结时必须填写")
    if ON_ACCEPT in (end, given.get("start_time")):
        raise param_error("/time_range", "完结时不能使用OnAccept", ON_ACCEPT)
    if end is None:
        return
    _same_format(given.get("start_time", end), end)
    if _moment(end) > now:
        raise param_error("/time_range/end_time", "实际结束时间不能晚于使用完结接口的时间", end)
    for start in (planned["start_time"], given.get("start_time")):
        if start and _moment(end) < _floor(_moment(start), end):
            issue = "真实结束时间小于预计开始时间"
            raise param_error("/time_range/end_time", issue, end, tail=END_BEFORE_START)


def _moment(written: str) -> datetime:
    at = parse_compact(written)
    assert at is not None  # the shape has been checked
    return at


def _floor(at: datetime, like: str) -> datetime:
    """`at` at the precision of the text `like`: its second, or its Shanghai day."""
    return _moment(compact(at)[: len(like)])


def _same_format(start: str, end: str | None) -> None:
    if end is not None and len(start) != len(end):
        raise param_error("/time_range", "同一订单的时间须使用相同格式", f"{start}/{end}")

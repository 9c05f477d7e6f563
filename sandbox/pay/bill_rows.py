"""The lines of the statements, in the columns WeChat prints; every value starts with a backtick."""

from dataclasses import dataclass
from datetime import date, datetime

from sandbox.pay.desk import Pay
from sandbox.pay.state import Payment, Refund
from sandbox.pay.times import SHANGHAI

RATE_PER_MILLE = 6
_TRADE = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额"
)
_REFUND_TIMES = "退款申请时间,退款成功时间"
_REFUND = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
_GOODS = "商品名称,商户数据包,手续费,费率,订单金额"
HEADS = {
    "ALL": f"{_TRADE},{_REFUND},{_GOODS},申请退款金额,费率备注",
    "SUCCESS": f"{_TRADE},{_GOODS},费率备注",
    "REFUND": f"{_TRADE},{_REFUND_TIMES},{_REFUND},{_GOODS},申请退款金额,费率备注",
}
_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_FLOW = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FLOW_SUM = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
REFUND_STATES = {"PROCESSING": "PROCESSING", "SUCCESS": "SUCCESS", "ABNORMAL": "CHANGE", "CLOSED": "FAIL"}


def yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fee_of(fen: int) -> int:
    """0.6 per cent, to the nearest fen, half up."""
    return (fen * RATE_PER_MILLE + 500) // 1000


def _stamp(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _line(*values: str) -> str:
    return ",".join(f"`{v.replace(',', ' ')}" for v in values)


def _is_of(at: datetime, day: date) -> bool:
    return at.astimezone(SHANGHAI).date() == day


def payments_of(pay: Pay, day: date) -> list[Payment]:
    return [p for p in pay.payments.values() if _is_of(p.paid_at, day)]


def refunds_of(pay: Pay, day: date) -> list[Refund]:
    return [r for r in pay.refunds.values() if _is_of(r.created_at, day)]


def trade_bill(pay: Pay, payments: list[Payment], refunds: list[Refund], kind: str) -> str:
    """The trade bill: one line per payment and per refund, then the sums of the day."""
    rows = [_paid_line(pay, p, kind) for p in payments] + [_refund_line(pay, r, kind) for r in refunds]
    taken, given = sum(p.total_fen for p in payments), sum(r.refund_fen for r in refunds)
    fees = sum(fee_of(p.total_fen) for p in payments) - sum(fee_of(r.refund_fen) for r in refunds)
    sums = (str(len(rows)), yuan(taken), yuan(given), "0.00", yuan(fees), yuan(taken), yuan(given))
    return "\r\n".join([HEADS[kind], *rows, _SUM, _line(*sums)]) + "\r\n"


def _common(pay: Pay, payment: Payment, at: datetime, state: str, due_fen: int) -> tuple[str, ...]:
    return (
        _stamp(at),
        payment.appid,
        pay.merchant.mchid,
        "0",
        "",
        payment.transaction_id,
        payment.out_trade_no,
        payment.openid,
        payment.kind,
        state,
        payment.bank_type,
        "CNY",
        yuan(due_fen),
        yuan(0),
    )


def _goods(payment: Payment, fee_fen: int, total_fen: int) -> tuple[str, ...]:
    return (payment.description, payment.attach, yuan(fee_fen), "0.60%", yuan(total_fen))


def _paid_line(pay: Pay, payment: Payment, kind: str) -> str:
    common = _common(pay, payment, payment.paid_at, "SUCCESS", payment.total_fen)
    goods = _goods(payment, fee_of(payment.total_fen), payment.total_fen)
    if kind == "SUCCESS":
        return _line(*common, *goods, "")
    return _line(*common, "0", "0", yuan(0), yuan(0), "", "", *goods, yuan(0), "")


def _refund_line(pay: Pay, refund: Refund, kind: str) -> str:
    payment = refund.payment
    common = _common(pay, payment, refund.created_at, "REFUND", 0)
    times = (_stamp(refund.created_at), _stamp(refund.finished_at)) if kind == "REFUND" else ()
    numbers = (refund.refund_id, refund.out_refund_no, yuan(refund.refund_fen), yuan(0))
    goods = _goods(payment, -fee_of(refund.refund_fen), 0)
    state = REFUND_STATES[refund.status]
    return _line(*common, *times, *numbers, "ORIGINAL", state, *goods, yuan(refund.refund_fen), "")


@dataclass(frozen=True)
class Flow:
    """One movement on the merchant's basic account; negative fen leave it."""

    at: datetime
    business_no: str
    name: str
    fen: int
    proof: str


def flows_of(pay: Pay, day: date) -> list[Flow]:
    """Payments, their fees and refunds of a day, in the order in which they were booked."""
    flows: list[Flow] = []
    for payment in payments_of(pay, day):
        number, proof = payment.transaction_id, payment.out_trade_no
        flows.append(Flow(payment.paid_at, number, "交易", payment.total_fen, proof))
        if fee_of(payment.total_fen):
            flows.append(Flow(payment.paid_at, number, "扣除交易手续费", -fee_of(payment.total_fen), proof))
    for refund in refunds_of(pay, day):
        if refund.status == "CLOSED":
            continue
        back = fee_of(refund.refund_fen) - refund.refund_fen
        flows.append(Flow(refund.created_at, refund.refund_id, "退款", back, refund.out_refund_no))
    return sorted(flows, key=lambda f: f.at)


def fund_bill(flows: list[Flow]) -> str:
    """The fund-flow bill; the balance column runs from zero at the day's beginning."""
    rows: list[str] = []
    balance = 0
    for flow in flows:
        balance += flow.fen
        rows.append(
            _line(
                _stamp(flow.at),
                flow.business_no,
                f"1{flow.business_no[-16:]}{len(rows):03d}",
                flow.name,
                flow.name,
                "收入" if flow.fen >= 0 else "支出",
                yuan(abs(flow.fen)),
                yuan(balance),
                "system",
                "",
                flow.proof,
            )
        )
    came, went = [f.fen for f in flows if f.fen >= 0], [-f.fen for f in flows if f.fen < 0]
    sums = (str(len(flows)), str(len(came)), yuan(sum(came)), str(len(went)), yuan(sum(went)))
    return "\r\n".join([_FLOW, *rows, _FLOW_SUM, _line(*sums)]) + "\r\n"

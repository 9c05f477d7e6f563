"""WeChat's daily bill as text: read to the fen, refused when it was cut off or is something else."""

import pytest

from domain.day_bill import BillLine, BillUnreadable, LineKind, read

HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
FOOT = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PAID = (
    "`2026-11-22 10:00:00,`wx1,`19,`0,`,`42,`HZ1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`398.00,`0.00,`0,`0,`0.00,`0.00,`,`,"
    "`年度会员,`,`2.39,`0.60%,`398.00,`0.00,`"
)
BACK = (
    "`2026-11-22 11:00:00,`wx1,`19,`0,`,`42,`HZ1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50,`HZ1-settle,"
    "`8.05,`0.00,`ORIGINAL,`SUCCESS,`年度会员,`,`-0.05,`0.60%,`0.00,`8.05,`"
)


def bill(*lines: str, count: int | None = None) -> str:
    foot = f"`{len(lines) if count is None else count},`0.00,`0.00,`0.00,`0.00,`0.00,`0.00"
    return "\r\n".join([HEAD, *lines, FOOT, foot]) + "\r\n"


def test_payments_and_refunds_are_read_to_the_fen() -> None:
    assert read(bill(PAID, BACK)) == [
        BillLine(LineKind.PAYMENT, "HZ1", 39800, "SUCCESS"),
        BillLine(LineKind.REFUND, "HZ1-settle", 805, "SUCCESS"),
    ]
    assert read("") == []
    assert read("\ufeff" + bill(PAID)) == [BillLine(LineKind.PAYMENT, "HZ1", 39800, "SUCCESS")]


@pytest.mark.parametrize(
    "text",
    [
        bill(PAID, count=2),  # the foot counts another line
        HEAD + "\r\n" + PAID + "\r\n",  # cut off before the foot
        "<html></html>",
        bill(PAID.replace("398.00", "viel")),
    ],
)
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(BillUnreadable):
        read(text)

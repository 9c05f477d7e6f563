"""Statements of a Shanghai day: asked for (signed), then downloaded as a file (unsigned answer).

Ready from ten o'clock of the next day. A day without anything has no statement at all.
"""

import gzip
import hashlib
import re
from datetime import date, datetime, time, timedelta

from sandbox.pay import bill_rows
from sandbox.pay.desk import Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import PayError, param_error
from sandbox.pay.signing import nonce
from sandbox.pay.state import BillFile
from sandbox.pay.times import SHANGHAI

READY_HOUR = 10
OLDEST = timedelta(days=92)
LINK_LIFE = timedelta(minutes=5)
NO_STATEMENT = 268435466
BEING_MADE = 268435467


def trade(pay: Pay, request: Request) -> Answer:
    """GET /v3/bill/tradebill?bill_date=&bill_type=ALL|SUCCESS|REFUND&tar_type=GZIP"""
    day = _day(pay, request)
    kind = request.query.get("bill_type", "ALL")
    if kind not in {"ALL", "SUCCESS", "REFUND"}:
        raise param_error("bill_type", "取值应为 ALL、SUCCESS、REFUND 之一", kind, location="query")
    payments = bill_rows.payments_of(pay, day) if kind != "REFUND" else []
    refunds = bill_rows.refunds_of(pay, day) if kind != "SUCCESS" else []
    if not payments and not refunds:
        raise _none()
    return _offered(pay, request, bill_rows.trade_bill(pay, payments, refunds, kind))


def fund_flow(pay: Pay, request: Request) -> Answer:
    """GET /v3/bill/fundflowbill?bill_date=&account_type=BASIC|OPERATION|FEES&tar_type=GZIP"""
    day = _day(pay, request)
    account = request.query.get("account_type", "BASIC")
    if account not in {"BASIC", "OPERATION", "FEES"}:
        raise param_error("account_type", "取值应为 BASIC、OPERATION、FEES 之一", account, location="query")
    flows = bill_rows.flows_of(pay, day) if account == "BASIC" else []
    if not flows:
        raise _none()
    return _offered(pay, request, bill_rows.fund_bill(flows))


def _day(pay: Pay, request: Request) -> date:
    written = request.asked("bill_date")
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", written) is None:
            raise ValueError(written)
        day = date.fromisoformat(written)
    except ValueError as wrong:
        raise param_error("bill_date", "日期格式应为 yyyy-MM-dd", written, location="query") from wrong
    now = pay.world.now().astimezone(SHANGHAI)
    if day >= now.date() or now.date() - day > OLDEST:
        raise param_error("bill_date", "仅支持三个月内、今日之前的账单", written, location="query")
    if now < datetime.combine(day + timedelta(days=1), time(READY_HOUR), SHANGHAI):
        raise PayError(400, "STATEMENT_CREATING", "账单生成中，请于次日 10 点后下载", tail=BEING_MADE)
    return day


def _none() -> PayError:
    return PayError(400, "NO_STATEMENT_EXIST", "账单文件不存在", tail=NO_STATEMENT)


def _offered(pay: Pay, request: Request, content: str) -> Answer:
    """The hash is always of the plain file, also when the download is packed."""
    raw = content.encode()
    packed = request.query.get("tar_type", "")
    if packed not in {"", "GZIP"}:
        raise param_error("tar_type", "取值应为 GZIP", packed, location="query")
    token = nonce(64)
    file = gzip.compress(raw) if packed else raw
    pay.bills[token] = BillFile(file, pay.world.now() + LINK_LIFE)
    return 200, {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
        "download_url": f"{request.base}/v3/billdownload/file?token={token}",
    }


def download(pay: Pay, request: Request) -> bytes:
    """GET /v3/billdownload/file?token="""
    bill = pay.bills.get(request.asked("token"))
    if bill is None or pay.world.now() >= bill.until:
        raise param_error("token", "下载地址无效或已过期", location="query")
    return bill.content

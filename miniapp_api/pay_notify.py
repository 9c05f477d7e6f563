"""WeChat Pay's door: notices of payments, refunds and Pay Score orders.

Verified before anything of them is read, worked once, answered within WeChat's five seconds. Whatever is
not answered with success WeChat sends again for about a day.
"""

import asyncio

import structlog
from aiohttp import web
from prometheus_client import Counter

from domain.errors import NotYet
from domain.ports import Notice, NoticeRefused
from miniapp_api.frame import SHOP
from services import notices
from services.shop import Shop

ANSWER_SECONDS = 4.0
"""What is still being worked then goes on, and the repeat finds it done; WeChat waits five."""

NOTICES = Counter("hezi_pay_notices_total", "Notices of WeChat Pay by kind and outcome", ["kind", "outcome"])
log = structlog.get_logger()

_working: set[asyncio.Task[notices.Outcome]] = set()


async def handle(request: web.Request) -> web.Response:
    """Told to our own address, or to a store's, whose till orders by itself.

    204 when WeChat may stop, 401 for what is not WeChat's, 500 for what it is to send again."""
    shop = request.app[SHOP]
    body = await request.read()
    try:
        notice = shop.wechat.pay.read_notice(request.headers, body)
    except NoticeRefused as why:
        NOTICES.labels("unknown", "refused").inc()
        log.warning("pay.notice_refused", why=str(why), size=len(body))
        return _fail(401, "签名验证失败")
    outcome = await _work(shop, notice, request.match_info.get("store", ""))
    NOTICES.labels(notice.event_type, outcome).inc()
    log.info("pay.notice", kind=notice.event_type, notice=notice.id, outcome=outcome)
    if outcome in set(notices.Outcome):
        return web.Response(status=204)
    return _fail(500, "处理失败，请重试")


async def _work(shop: Shop, notice: Notice, store: str) -> str:
    """The outcome, or why there is none yet: `not_yet`, `slow`, `fault`."""
    task = asyncio.create_task(notices.on_notice(shop, notice, store))
    _working.add(task)
    task.add_done_callback(_worked)
    try:
        return await asyncio.wait_for(asyncio.shield(task), ANSWER_SECONDS)
    except NotYet as refusal:
        log.warning("pay.notice_too_early", kind=notice.event_type, what=refusal.what)
        return "not_yet"
    except TimeoutError:
        return "slow"
    except Exception:
        log.exception("pay.notice_broke", kind=notice.event_type, notice=notice.id)
        return "fault"


def _worked(task: asyncio.Task[notices.Outcome]) -> None:
    """Forget a finished one; what failed after its answer was given is said here, and WeChat repeats it."""
    _working.discard(task)
    if not task.cancelled() and (fault := task.exception()) is not None:
        log.info("pay.notice_not_worked", fault=type(fault).__name__)


def _fail(status: int, message: str) -> web.Response:
    return web.json_response({"code": "FAIL", "message": message}, status=status)

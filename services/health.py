"""Whether the database answers, and how long the queues are."""

from prometheus_client import Gauge
from tortoise.connection import get_connection

from models import BillDifference, BooksCheck, CareMessage, InboundEvent, OutsideCall, Refund
from services.shop import Shop

QUEUE = Gauge("hezi_queue_length", "Rows waiting, by queue", ["queue"])
DIFFERENCES = Gauge("hezi_books_differences", "What the newest check of the books found")
OLDEST = Gauge("hezi_queue_oldest_seconds", "Age of the oldest row that is due, by queue", ["queue"])


async def ping() -> None:
    """Raises whatever the database raises."""
    await get_connection("default").execute_query("SELECT 1")


async def measure(shop: Shop) -> None:
    """Set the gauges: calls to WeChat, care messages, events, refunds."""
    now = shop.now()
    wanted = OutsideCall.filter(state="wanted", next_at__lte=now)
    QUEUE.labels("outside_calls").set(await wanted.count())
    first_call = await wanted.order_by("next_at").first()
    OLDEST.labels("outside_calls").set((now - first_call.next_at).total_seconds() if first_call else 0)
    QUEUE.labels("outside_calls_failed").set(await OutsideCall.filter(state="failed").count())
    due = CareMessage.filter(state="planned", send_at__lte=now)
    QUEUE.labels("care_messages").set(await due.count())
    first_message = await due.order_by("send_at").first()
    OLDEST.labels("care_messages").set((now - first_message.send_at).total_seconds() if first_message else 0)
    for state in ("failed", "unknown"):
        QUEUE.labels(f"care_messages_{state}").set(await CareMessage.filter(state=state).count())
    QUEUE.labels("inbound_events").set(await InboundEvent.filter(handled_at=None).count())
    QUEUE.labels("refunds_open").set(await Refund.filter(state__in=["asked", "accepted", "abnormal"]).count())
    QUEUE.labels("bill_differences").set(await BillDifference.filter(state="open").count())
    checked = await BooksCheck.all().order_by("-id").first()
    DIFFERENCES.set(checked.differences if checked else 0)

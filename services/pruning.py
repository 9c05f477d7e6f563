"""What is only kept for a while goes: answers to repeats, handled events, windows that have shut."""

from datetime import timedelta

from domain.wecom import TaskState
from models import (
    DataExport,
    IdempotentAnswer,
    InboundEvent,
    OutsideCall,
    PartnerTicket,
    ReplyWindow,
    WebhookDelivery,
    WecomTask,
)
from services.shop import Shop

ANSWERS_KEPT = timedelta(hours=24)
EVENTS_KEPT = timedelta(days=30)
"""Far longer than WeChat repeats anything, so that a repeat is always known as one."""
WINDOWS_KEPT = timedelta(days=1)
TASKS_KEPT = timedelta(days=90)
CHUNK = 1000


async def prune(shop: Shop) -> int:
    """Delete in small pieces, so that nobody waits; how many rows went."""
    now = shop.now()
    gone = 0
    for old in (
        IdempotentAnswer.filter(created_at__lt=now - ANSWERS_KEPT),
        # What failed (a wrong amount, say) is evidence, and stays until somebody has dealt with it.
        InboundEvent.filter(handled_at__isnull=False, failure="", created_at__lt=now - EVENTS_KEPT),
        ReplyWindow.filter(expires_at__lt=now - WINDOWS_KEPT),
        DataExport.filter(until__lte=now),
        # What was said is in the thread; here it was only on its way.
        OutsideCall.filter(
            kind__in=["push_reply", "push_card", "paid_unionid"], state="done", created_at__lt=now - WINDOWS_KEPT
        ),
        WebhookDelivery.filter(created_at__lt=now - timedelta(days=shop.rules.webhook.log_days)),
        PartnerTicket.filter(until__lt=now - WINDOWS_KEPT),
        # What became of each letter stays with its message; the words and WeCom's names go.
        WecomTask.filter(until__lt=now - TASKS_KEPT).exclude(state__in=[TaskState.GATHERING, TaskState.OPEN]),
    ):
        while ids := await old.limit(CHUNK).values_list("id", flat=True):
            gone += await old.model.filter(id__in=ids).delete()
    return gone

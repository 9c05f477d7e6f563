"""The staff side of a chat: the queue, the thread with its member, taking, answering, passing on, handing back."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from miniapp_api.frame import Body, Call, Id, Ok, Text, View, Who
from services import desk, desk_facts, desk_queue, desk_talk
from services.desk import Clerk
from services.desk_queue import Part


def _clerk(call: Call) -> Clerk:
    return Clerk(call.staff_id, call.person.role in (Who.SERVICE, Who.ADMIN))


class WaitingView(View):
    conversation_id: int
    handoff_id: int
    member_id: int | None
    reason: str
    priority: int
    state: str
    offered_to: Annotated[int, Field(description="A staff id; 0 for everybody at the desk")]
    staff_id: int | None
    waiting_since: datetime | None
    due_at: datetime | None
    passes: int
    last: str


class DeskView(View):
    items: list[WaitingView]


class DeskQuery(Body):
    part: Literal["", "mine", "pool", "all"] = ""


async def get_desk(call: Call, query: DeskQuery) -> DeskView:
    """Chats that wait for a person and one's own: complaints, super users and higher tiers first."""
    rows = await desk_queue.queue(_clerk(call), Part(query.part) if query.part else None)
    return DeskView(items=[WaitingView.model_validate(row) for row in rows])


class MetricsView(View):
    waiting: int
    oldest_waiting_since: datetime | None
    taken: int
    handed_over: int
    answered: int
    first_answer_median_seconds: float | None
    rated: int
    rating_average: float | None


async def get_metrics(call: Call) -> MetricsView:
    """How many wait and how long, and of the last seven days: first answers and ratings."""
    return MetricsView.model_validate(await desk_queue.metrics(call.shop))


class LineView(View):
    side: Annotated[str, Field(description="follower, bot, staff, or note: a colleague's private remark")]
    text: str
    at: datetime
    staff_id: int | None
    delivery: str | None
    flagged: bool


class CardBooking(View):
    booking_id: int
    starts_at: datetime
    stylist: str


class CardBox(View):
    box_id: int
    state: str
    deadline_at: datetime | None


class CardView(View):
    member_id: int
    level: str
    follows: bool
    since: datetime
    tier: int
    super_user: bool
    plan_until: datetime | None
    points: int
    box: CardBox | None
    booking: CardBooking | None
    bound_staff: list[int]
    hand_offs: int
    last_rating: int | None


class ThreadView(View):
    owner: str
    member: CardView | None
    lines: list[LineView]


async def get_thread(call: Call, conversation_id: int) -> ThreadView:
    """The thread of one chat, oldest line first, with what is to be known of the member."""
    row, lines = await desk_queue.thread(_clerk(call), conversation_id)
    return ThreadView(
        owner=row.owner,
        member=await _card(call, row.member_id) if row.member_id is not None else None,
        lines=[
            LineView(
                side=line.side, text=line.text, at=line.created_at, staff_id=line.staff_id,
                delivery=line.delivery, flagged=bool(line.flagged),
            )
            for line in lines
        ],
    )  # fmt: skip


async def _card(call: Call, member_id: int) -> CardView:
    known = await desk_facts.card(call.shop, member_id)
    box, booking = known.box, known.booking
    return CardView(
        member_id=known.member_id, level=known.level, follows=known.follows, since=known.since, tier=known.tier,
        super_user=known.super_user, plan_until=known.plan_until, points=known.balance.usable,
        box=CardBox.model_validate(box) if box else None,
        booking=CardBooking(booking_id=booking.id, starts_at=booking.starts_at, stylist=booking.stylist.name)
        if booking
        else None,
        bound_staff=list(known.bound_staff), hand_offs=known.hand_offs, last_rating=known.last_rating,
    )  # fmt: skip


async def post_take(call: Call, conversation_id: int) -> Ok:
    """Take a chat that waits."""
    await desk.take(call.shop, _clerk(call), conversation_id)
    return Ok()


Words = Annotated[Text, Field(min_length=1, max_length=600)]


class ReplyBody(Body):
    text: Words


class DeliveryView(View):
    delivery: Annotated[
        str, Field(description="sent: in the chat; inbox: no window was left; wanted: tried again; unknown; failed")
    ]


async def post_reply(call: Call, conversation_id: int, body: ReplyBody) -> DeliveryView:
    """Answer the follower; the bot stays silent meanwhile."""
    return DeliveryView(delivery=await desk_talk.reply(call.shop, _clerk(call), conversation_id, body.text))


async def post_note(call: Call, conversation_id: int, body: ReplyBody) -> Ok:
    """Write a private remark into the thread, for colleagues only."""
    await desk_talk.note(call.shop, _clerk(call), conversation_id, body.text)
    return Ok()


class TransferBody(Body):
    to_staff_id: Id
    why: Annotated[Text, Field(max_length=600)] = ""


async def post_transfer(call: Call, conversation_id: int, body: TransferBody) -> Ok:
    """Offer the chat to a colleague, with a private word why."""
    await desk.transfer(call.shop, _clerk(call), conversation_id, body.to_staff_id, body.why)
    return Ok()


async def post_hand_back(call: Call, conversation_id: int) -> Ok:
    """Hand the chat back to the bot."""
    await desk.hand_back(call.shop, _clerk(call), conversation_id)
    return Ok()


class CannedBody(Body):
    title: Annotated[Text, Field(min_length=1, max_length=64)]
    text: Words


class CannedView(View):
    code: str
    title: str
    text: str


class CannedList(View):
    items: list[CannedView]


async def get_canned(call: Call) -> CannedList:
    """The replies kept ready; names in braces are filled when one is used."""
    return CannedList(items=[CannedView.model_validate(row) for row in await desk_facts.canned()])


async def put_canned(call: Call, code: str, body: CannedBody) -> CannedView:
    """Write or rewrite a canned reply; {deadline}, {box_state}, {booking}, {points}, {plan_until} are filled."""
    return CannedView.model_validate(
        await desk_facts.put_canned(call.shop, call.staff_id, code[:32], body.title, body.text)
    )


async def delete_canned(call: Call, code: str) -> Ok:
    """Take a canned reply away."""
    await desk_facts.drop_canned(call.shop, call.staff_id, code)
    return Ok()


class FilledView(View):
    text: str


async def get_filled(call: Call, conversation_id: int, code: str) -> FilledView:
    """A canned reply filled with this member's live facts, to be read before it is sent."""
    return FilledView(text=await desk_facts.filled(call.shop, _clerk(call), conversation_id, code))


class GuideBody(Body):
    staff_id: Id


async def put_guide(call: Call, member_id: int, body: GuideBody) -> Ok:
    """Make a guide the member's own: their chats go there first."""
    await desk.bind_guide(call.shop, call.staff_id, member_id, body.staff_id)
    return Ok()

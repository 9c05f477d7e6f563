"""Evidence and what is decided by it: photos of pieces, disputes about missing ones, damage fees."""

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field

from domain.damage import DamageGrade, DamageState
from domain.errors import Invalid
from miniapp_api.frame import Body, Call, FenAmount, Ok, Text, View
from services import damages, disputes, photos, unsent


class PhotoView(View):
    id: int
    kind: str
    who: str


class PhotosView(View):
    ids: list[int]


async def _picture(call: Call) -> bytes:
    """The body as it came, up to the rules' size. Raises Invalid above it."""
    most = call.shop.rules.box.photo_max_bytes
    data = bytearray()
    async for chunk in call.request.content.iter_chunked(65536):
        data += chunk
        if len(data) > most:
            raise Invalid("body", f"a picture has at most {most} bytes")
    return bytes(data)


async def post_photo(call: Call, box_id: int, item_id: int) -> PhotoView:
    """Add a photo of a piece of one's own box: a JPEG, PNG or WebP as the body."""
    item = await photos.item_for(box_id, item_id, member_id=call.member_id)
    return PhotoView.model_validate(await photos.add(call.shop, item, await _picture(call), call.person.actor))


async def get_photo(call: Call, photo_id: int) -> web.Response:
    """A photo of a piece of one's own box."""
    photo = await photos.look(photo_id, member_id=call.member_id)
    return web.Response(body=photo.data, content_type=photo.kind)


async def post_staff_photo(call: Call, box_id: int, item_id: int) -> PhotoView:
    """Add a photo of a piece that came back: a JPEG, PNG or WebP as the body."""
    item = await photos.item_for(box_id, item_id)
    photo = await photos.add(call.shop, item, await _picture(call), call.person.actor, staff_id=call.staff_id)
    return PhotoView.model_validate(photo)


async def get_staff_photo(call: Call, photo_id: int) -> web.Response:
    """One photo, for staff."""
    photo = await photos.look(photo_id)
    return web.Response(body=photo.data, content_type=photo.kind)


async def get_staff_photos(call: Call, box_id: int, item_id: int) -> PhotosView:
    """The photos of a piece, the oldest first."""
    item = await photos.item_for(box_id, item_id)
    return PhotosView(ids=await photos.ids_of(item.id))


# Disputes ----------------------------------------------------------------------------------------------


class StatementBody(Body):
    words: Annotated[Text, Field(min_length=1, max_length=500)]


async def post_statement(call: Call, box_id: int, item_id: int, body: StatementBody) -> Ok:
    """What the member says about a piece that was not in the parcel."""
    await disputes.state_case(call.shop, call.member_id, box_id, item_id, body.words)
    return Ok()


class ReasonBody(Body):
    why: Annotated[Text, Field(min_length=1, max_length=200)]


class DisputeView(View):
    """`approval_id`: the question a second person decides; None when it is decided for the member."""

    item_id: int
    approval_id: int | None


async def post_forgive(call: Call, box_id: int, item_id: int, body: ReasonBody) -> DisputeView:
    """Decide a dispute for the member: nothing is owed, the piece is written off."""
    await disputes.forgive(call.shop, call.staff_id, box_id, item_id, body.why)
    return DisputeView(item_id=item_id, approval_id=None)


async def post_charge(call: Call, box_id: int, item_id: int, body: ReasonBody) -> DisputeView:
    """Ask a second person to charge a missing piece; needs a photo by the staff."""
    row = await disputes.ask_to_charge(call.shop, call.staff_id, box_id, item_id, body.why)
    return DisputeView(item_id=item_id, approval_id=row.id)


class NotSentView(View):
    """`approval_id`: the question a second person decides."""

    parcel_id: int
    approval_id: int


async def post_not_sent(call: Call, parcel_id: int, body: ReasonBody) -> NotSentView:
    """Ask a second person to take for kept what was to be picked up days ago and never was."""
    row = await unsent.ask_to_charge(call.shop, call.staff_id, parcel_id, body.why)
    return NotSentView(parcel_id=parcel_id, approval_id=row.id)


# Damage fees -------------------------------------------------------------------------------------------


class DamageBody(Body):
    """`words` tell the member what is damaged."""

    grade: DamageGrade
    fee_fen: FenAmount
    words: Annotated[Text, Field(min_length=1, max_length=300)]


class AnswerBody(Body):
    accept: bool
    words: Annotated[Text, Field(max_length=300)] = ""


class DamageView(View):
    """`state`: proposed (waits for the member), accepted, contested, unanswered (a second person decides),
    charged, waived.
    """

    item_id: int
    box_id: int
    grade: DamageGrade
    fee_fen: int
    words: str
    state: DamageState
    answer: str
    answer_until: datetime = Field(description="The first instant that is too late to answer")
    photo_ids: list[int]


def _damage(seen: damages.DamageSheet) -> DamageView:
    fee = seen.fee
    return DamageView(
        item_id=fee.item_id, box_id=fee.box_id, grade=DamageGrade(fee.grade), fee_fen=fee.fee_fen, words=fee.words,
        state=fee.state, answer=fee.answer, answer_until=fee.answer_until, photo_ids=seen.photo_ids,
    )  # fmt: skip


async def post_damage(call: Call, box_id: int, item_id: int, body: DamageBody) -> DamageView:
    """Propose a fee for a damaged piece; the member answers, a second person decides."""
    await damages.propose(call.shop, call.staff_id, box_id, item_id, body.grade, body.fee_fen, body.words)
    return _damage(await damages.sheet(None, box_id, item_id))


async def get_staff_damage(call: Call, box_id: int, item_id: int) -> DamageView:
    """The fee proposed for a piece, with its photos and the member's answer."""
    return _damage(await damages.sheet(None, box_id, item_id))


async def get_damage(call: Call, box_id: int, item_id: int) -> DamageView:
    """The fee proposed for a piece, with its photos: what accepting or contesting is about."""
    return _damage(await damages.sheet(call.member_id, box_id, item_id))


async def post_answer(call: Call, box_id: int, item_id: int, body: AnswerBody) -> DamageView:
    """Agree with a damage fee or object to it; nothing is charged before a second person has looked."""
    await damages.answer(call.shop, call.member_id, box_id, item_id, accept=body.accept, words=body.words)
    return _damage(await damages.sheet(call.member_id, box_id, item_id))

"""Privacy by one's own hand: a copy of all one's data, and closing the account."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from domain.privacy import ClosingState, ExportState, Open
from miniapp_api.frame import Body, Call, Ok, View
from services import closings, exports


class ExportView(View):
    """`asked`: being prepared. `ready`: to be fetched until `until` at `/me/exports/{id}/file`."""

    id: int
    state: ExportState
    created_at: datetime
    ready_at: datetime | None
    until: datetime | None


class ExportsView(View):
    items: list[ExportView]


async def post_export(call: Call) -> ExportView:
    """Ask for a copy of everything we know of the member; ready at once, or in a minute where it is much."""
    return ExportView.model_validate(await exports.ask(call.shop, call.member_id, "miniapp"))


async def get_exports(call: Call) -> ExportsView:
    """The member's copies, the newest first."""
    return ExportsView(items=[ExportView.model_validate(row) for row in await exports.listed(call.member_id)])


async def get_file(call: Call, export_id: int) -> web.Response:
    """The copy itself: JSON, one list of rows for each kind of thing, in the clear."""
    body = await exports.file_of(call.shop, call.member_id, export_id)
    name = f'attachment; filename="hezi-{export_id}.json"'
    return web.Response(body=body, content_type="application/json", headers={"Content-Disposition": name})


class ClosingView(View):
    """A wish to close the account. `asked`: it waits for what is open; carried out by `due_at` at the latest."""

    id: int
    state: ClosingState
    created_at: datetime
    due_at: datetime


class ClosingOutlookView(View):
    """What closing means now. What the law wants kept (orders, payments) stays and names nobody any more."""

    open: Annotated[list[Open], Field(description="What has to be over first; the wish waits for it")]
    points_lost: int
    coupons_lost: int
    plan_lost: Annotated[bool, Field(description="A paid plan ends without a refund")]
    waiting: ClosingView | None


async def get_closing(call: Call) -> ClosingOutlookView:
    """What closing the account would mean: what is still open, what is lost, and whether a wish waits already."""
    return ClosingOutlookView.model_validate(await closings.outlook(call.shop, call.member_id))


class ClosingBody(Body):
    confirm: Annotated[Literal[True], Field(description="The member has seen what is lost and said yes")]


async def post_closing(call: Call, body: ClosingBody) -> ClosingView:
    """Close the account for good: at once, or as soon as nothing is open. No reason is asked for."""
    return ClosingView.model_validate(await closings.ask(call.shop, call.member_id))


async def delete_closing(call: Call) -> Ok:
    """Take the wish back while it waits."""
    await closings.withdraw(call.shop, call.member_id)
    return Ok()


class StaffClosingView(ClosingView):
    member_id: int
    open: list[Open]


class StaffClosingsView(View):
    items: list[StaffClosingView]


async def get_staff_closings(call: Call) -> StaffClosingsView:
    """Wishes to close an account that wait, the first due first, with what holds each open."""
    return StaffClosingsView(
        items=[
            StaffClosingView(
                id=row.id, state=row.state, created_at=row.created_at, due_at=row.due_at, member_id=row.member_id,
                open=held,
            )
            for row, held in await closings.waiting()
        ]
    )  # fmt: skip

"""The kill switch of care, for marketing: one call stops every message, one lets them leave again."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Text, View
from services import care_channels


class HaltView(View):
    halted: bool
    since: datetime | None = None
    who: str = ""
    why: str = ""


class HaltBody(Body):
    halted: bool
    why: Annotated[Text, Field(max_length=200)] = ""


async def get_halt(call: Call) -> HaltView:
    """Whether care messages stand still, since when, by whom and why."""
    halt = await care_channels.halted()
    if halt is None:
        return HaltView(halted=False)
    return HaltView(halted=True, since=halt.created_at, who=halt.who, why=halt.why)


async def put_halt(call: Call, body: HaltBody) -> HaltView:
    """Throw the kill switch, or lift it; what became useless meanwhile is skipped."""
    if body.halted:
        await care_channels.halt(call.shop, call.staff_id, body.why)
    else:
        await care_channels.lift(call.shop, call.staff_id)
    return await get_halt(call)

"""What cover a member's boxes need, and why: every fact that counts is told."""

from typing import Annotated

from pydantic import Field

from domain.abuse import Band, Fact
from miniapp_api.frame import Call, View
from services import members, trust


class ReasonView(View):
    """One fact of the last year that counts: how often, and the points it brings."""

    fact: Fact
    count: int
    points: int


class BoxTermsView(View):
    """The score (0: nothing speaks against it) and what it makes of the shop's own cap and deposit."""

    score: int
    band: Band
    reasons: list[ReasonView]
    risk_cap_fen: int
    deposit_fen: int
    usual_risk_cap_fen: int
    usual_deposit_fen: int
    window_days: Annotated[int, Field(description="Older facts do not count")]


async def _terms(call: Call, member_id: int) -> BoxTermsView:
    found, rules = await trust.of(call.shop, member_id), call.shop.rules
    return BoxTermsView(
        score=found.score,
        band=found.band,
        reasons=[ReasonView.model_validate(reason) for reason in found.reasons],
        risk_cap_fen=found.risk_cap_fen,
        deposit_fen=found.deposit_fen,
        usual_risk_cap_fen=rules.box.risk_cap_fen,
        usual_deposit_fen=rules.box.deposit_fen,
        window_days=rules.abuse.window_days,
    )


async def get_terms(call: Call) -> BoxTermsView:
    """The cap and the deposit that hold for the member's boxes, with every fact they follow from."""
    return await _terms(call, call.member_id)


async def get_terms_of(call: Call, member_id: int) -> BoxTermsView:
    """The same for the desk, when a member asks why."""
    await members.get(member_id)
    return await _terms(call, member_id)

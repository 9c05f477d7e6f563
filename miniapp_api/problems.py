"""Refusal → problem+json (RFC 9457): one table, status and title per code."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from domain import errors
from domain.errors import Refusal

STATUS: dict[type[Refusal], tuple[int, str]] = {
    errors.NotFound: (404, "Not found"),
    errors.NotAllowed: (403, "Not allowed"),
    errors.Invalid: (422, "A value is not acceptable"),
    errors.PathRefused: (422, "The path cannot be followed"),
    errors.WrongState: (409, "Not possible in this state"),
    errors.StaleVersion: (409, "Changed meanwhile"),
    errors.NotAMember: (403, "Only for registered members"),
    errors.ConsentMissing: (403, "A consent is missing"),
    errors.PlanActive: (409, "A plan is running"),
    errors.QuotaSpent: (409, "No unit of the quota is left"),
    errors.PointsShort: (409, "Not enough points"),
    errors.SlotTaken: (409, "The time is taken"),
    errors.SlotNotOffered: (409, "The time is not on offer"),
    errors.TooLate: (409, "Too late"),
    errors.TooEarly: (409, "Too early"),
    errors.TooMany: (409, "A limit is reached"),
    errors.OutOfStock: (409, "Out of stock"),
    errors.CoverRefused: (409, "The payment cover was refused"),
    errors.PaymentPending: (409, "A payment is pending"),
    errors.AmountMismatch: (409, "Amounts differ"),
    errors.NotYet: (409, "Not there yet"),
    errors.IdempotencyConflict: (422, "The same Idempotency-Key came with another body"),
    errors.ContentRefused: (422, "The text did not pass the content check"),
    errors.Unlawful: (422, "The law forbids this rule"),
    errors.AbovePaid: (409, "More than was paid"),
    errors.SecondPersonNeeded: (409, "Another person must decide"),
    errors.ClaimUnproved: (409, "A claim in the text is not proved"),
    errors.ParcelHeld: (409, "A packed parcel is held back for a second look"),
    errors.RateLimited: (429, "Too many requests"),
}


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable; `facts` are typed per code; `field` names a bad value."""

    type: str = Field("about:blank", description="A URI of the problem's kind")
    title: str
    status: int
    code: str
    field: str | None = None
    detail: str | None = None
    facts: dict[str, Any] = {}
    request_id: str = ""


def render(problem: Problem, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=problem.model_dump_json(exclude_none=True).encode(),
        status=problem.status,
        content_type="application/problem+json",
        headers=headers,
    )


def of_refusal(refusal: Refusal, request_id: str) -> web.Response:
    """The answer for a refusal; one without a row in the table is a mistake the tests catch."""
    status, title = STATUS[type(refusal)]
    facts = refusal.facts()
    headers = {}
    if isinstance(refusal, errors.RateLimited):
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    return render(
        Problem(
            title=title,
            status=status,
            code=refusal.code,
            field=facts.get("field"),
            detail=facts.get("problem"),
            facts=facts,
            request_id=request_id,
        ),
        headers,
    )


def plain(status: int, code: str, title: str, request_id: str = "") -> web.Response:
    return render(Problem(title=title, status=status, code=code, request_id=request_id))

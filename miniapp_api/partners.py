"""Linking accounts of partners, and the door at which partners tell their accounts' levels."""

import hashlib
import hmac
from datetime import datetime
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import AwareDatetime, Field, SecretStr, ValidationError

from domain.errors import Refusal
from domain.partner import MatchState
from domain.tier import tier_of
from miniapp_api import problems
from miniapp_api.frame import SHOP, Body, Call, Ok, Text, View
from services import inbox, partners
from services.partners import Standing, Word
from services.shop import Shop

SECRETS: web.AppKey[dict[str, SecretStr]] = web.AppKey("partner_secrets", dict)
log = structlog.get_logger()


class PartnerView(View):
    """A partner and what its level stands for here. `trial`: settling; `confirmed` at `settles_at`."""

    code: str
    name: str
    linked: bool
    level: Annotated[int, Field(description="The partner's level; 0 = none, or not linked")]
    state: MatchState
    tier: Annotated[str | None, Field(description="The tier it is matched to; null = none")]
    settles_at: datetime | None
    trial_used: bool
    levels: Annotated[list[str], Field(description="The tier each of the partner's levels stands for, from 1 on")]


class PartnersView(View):
    items: list[PartnerView]


def _view(call: Call, one: Standing) -> PartnerView:
    link, rules = one.link, call.shop.rules.tier
    return PartnerView(
        code=one.partner.code,
        name=one.partner.name,
        linked=link is not None and link.account_index is not None,
        level=link.level if link else 0,
        state=link.state if link else MatchState.NONE,
        tier=tier_of(link.matched, rules).name if link and link.matched else None,
        settles_at=link.settles_at if link else None,
        trial_used=link is not None and link.trial_used,
        levels=[tier_of(level, rules).name if level else "" for level in one.partner.levels],
    )


async def get_partners(call: Call) -> PartnersView:
    """The partners whose levels are recognised, and where the member stands with each."""
    return PartnersView(items=[_view(call, one) for one in await partners.standing(call.shop, call.member_id)])


class TicketView(View):
    ticket: str
    until: datetime


async def post_ticket(call: Call, code: str) -> TicketView:
    """A ticket to take to the partner's own page, where the member agrees; the partner then tells the account."""
    ticket, until = await partners.ticket_for(call.shop, call.member_id, code)
    return TicketView(ticket=ticket, until=until)


class LinkBody(Body):
    ticket: Annotated[Text, Field(min_length=1, max_length=64, description="From the partner's link")]


async def post_link(call: Call, code: str, body: LinkBody) -> PartnersView:
    """Link the account whose ticket the partner gave: its level counts at once, on trial for three months."""
    partners.known(call.shop, code)
    await partners.claim(call.shop, call.member_id, body.ticket)
    return await get_partners(call)


async def delete_link(call: Call, code: str) -> Ok:
    """Unlink: the matched level goes at once, and what is kept of the account with it. There is no second trial."""
    await partners.unlink(call.shop, call.member_id, code)
    return Ok()


# The partner's door ----------------------------------------------------------------------------------


class WordBody(Body):
    """`id` names the word: the same one again changes nothing. `level` 0 = the account has none any more."""

    id: Annotated[Text, Field(min_length=1, max_length=64)]
    account: Annotated[Text, Field(min_length=1, max_length=64)]
    level: Annotated[int, Field(ge=0, le=99)]
    at: AwareDatetime
    ticket: Annotated[Text, Field(max_length=64)] = ""


async def handle(request: web.Request) -> web.Response:
    """`X-Partner-Time: UNIX seconds`, `X-Partner-Signature: hex(HMAC-SHA256(secret, TIME + "\\n" + body))`.

    200 with a ticket where nobody has the account yet; 401 for what is not the partner's or too old, 409
    and 422 as problem+json for what cannot be followed.
    """
    code, shop, body = request.match_info["partner"], request.app[SHOP], await request.read()
    secret = request.app[SECRETS].get(code)
    told, signature = (request.headers.get(f"X-Partner-{name}", "") for name in ("Time", "Signature"))
    if secret is None or not _signed(secret, told, signature, body) or not _fresh(shop.now(), told, shop):
        log.warning("partner.word_refused", partner=code, size=len(body))
        return web.json_response({"code": "FAIL"}, status=401)
    try:
        word = WordBody.model_validate_json(body)
    except ValidationError:
        return web.json_response({"code": "FAIL"}, status=400)

    async def work() -> str:
        said = Word(word.account, word.level, word.at, word.ticket)
        return await partners.on_word(shop, code, said) or ""

    try:
        ticket, fresh = await inbox.once("partner", f"{code}:{word.id}", "level", work, now=shop.now())
    except Refusal as no:
        return problems.of_refusal(no, "")
    log.info("partner.word", partner=code, fresh=fresh)
    return web.json_response({"code": "OK", "ticket": ticket})


def _signed(secret: SecretStr, told: str, signature: str, body: bytes) -> bool:
    right = hmac.new(secret.get_secret_value().encode(), told.encode() + b"\n" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), signature.lower().encode())


def _fresh(now: datetime, told: str, shop: Shop) -> bool:
    """Whether the word was signed lately: a recorded one is worth nothing later."""
    if not told.isascii() or not told.isdigit() or len(told) > 12:
        return False
    return abs(now.timestamp() - int(told)) <= shop.rules.partner.signature_minutes * 60

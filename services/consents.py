"""The consent ledger: lines are only ever added; the newest per purpose counts."""

from models import Consent
from services.shop import Shop


async def consented(member_id: int, purpose: str) -> bool:
    """Whether the newest line for this purpose gives consent."""
    newest = await Consent.filter(member_id=member_id, purpose=purpose).order_by("-created_at", "-id").first()
    return newest is not None and newest.given


async def consented_many(member_ids: list[int], purpose: str) -> set[int]:
    """Those of the members whose newest line for this purpose gives consent."""
    newest: dict[int, bool] = {}
    for line in await Consent.filter(member_id__in=member_ids, purpose=purpose).order_by("created_at", "id"):
        newest[line.member_id] = line.given
    return {member_id for member_id, given in newest.items() if given}


async def note(shop: Shop, member_id: int, purpose: str, channel: str, *, given: bool) -> None:
    """Add a line, unless it would only repeat the newest one under the same terms."""
    version = shop.rules.membership.terms_version
    newest = await Consent.filter(member_id=member_id, purpose=purpose).order_by("-created_at", "-id").first()
    if newest is not None and newest.given == given and newest.terms_version == version:
        return
    await Consent.create(
        member_id=member_id,
        purpose=purpose,
        channel=channel,
        terms_version=version,
        given=given,
        created_at=shop.now(),
    )


async def withdraw_if_given(shop: Shop, member_id: int, purpose: str, channel: str) -> None:
    """Withdraw a consent that stands; without one there is nothing to withdraw."""
    if await consented(member_id, purpose):
        await note(shop, member_id, purpose, channel, given=False)


async def standing(member_id: int) -> dict[str, bool]:
    """Every purpose ever asked about, and whether it is given now."""
    found: dict[str, bool] = {}
    for line in await Consent.filter(member_id=member_id).order_by("created_at", "id"):
        found[line.purpose] = line.given
    return found

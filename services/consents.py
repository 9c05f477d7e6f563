"""The consent ledger: lines are only ever added; the newest per purpose counts."""

from collections.abc import Sequence

from domain.path import Topic
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
    """Every purpose ever asked about, and whether it is given now; topics are read by themselves."""
    found: dict[str, bool] = {}
    for line in await Consent.filter(member_id=member_id).order_by("created_at", "id"):
        found[line.purpose] = line.given
    return {purpose: given for purpose, given in found.items() if not purpose.startswith(TOPIC)}


TOPIC = "topic:"
"""A topic of promotions is a purpose of the same ledger: wanted until a line says no."""


async def topics_off(member_ids: Sequence[int]) -> dict[int, set[Topic]]:
    """The topics each of the members has switched off; who wants all of them is not in it."""
    newest: dict[tuple[int, str], bool] = {}
    lines = Consent.filter(member_id__in=list(member_ids), purpose__startswith=TOPIC)
    found = await lines.order_by("created_at", "id").values_list("member_id", "purpose", "given")
    for member_id, purpose, given in found:
        newest[member_id, purpose] = given
    off: dict[int, set[Topic]] = {}
    for (member_id, purpose), wanted in newest.items():
        if not wanted:
            off.setdefault(member_id, set()).add(Topic(purpose.removeprefix(TOPIC)))
    return off


async def switch_topic(shop: Shop, member_id: int, topic: Topic, channel: str, *, on: bool) -> None:
    """Have promotions of one topic or not; again changes nothing."""
    if on is (topic in (await topics_off([member_id])).get(member_id, set())):
        await note(shop, member_id, f"{TOPIC}{topic.value}", channel, given=on)

"""Audiences with a name: saved version by version, counted before they are saved, read by campaigns and paths."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tortoise.exceptions import IntegrityError

from domain.audience import Audience, audience_from
from domain.errors import Invalid, NotFound, StaleVersion
from domain.stage import Stage
from models import MemberTag, Segment, SegmentVersion, sql
from services import audiences, audit
from services.shop import Shop
from services.transaction import transaction


@dataclass(frozen=True)
class Named:
    """A segment in one version."""

    id: int
    name: str
    version: int
    audience: Audience


async def create(shop: Shop, staff_id: int, name: str, audience: Audience, why: str) -> Named:
    """Save a new one. Raises Invalid when the name is taken."""
    try:
        async with transaction():
            row = await Segment.create(name=name, created_at=shop.now())
            await _add(shop, staff_id, row, 1, audience, why)
    except IntegrityError:
        raise Invalid("name", "taken by another segment") from None
    return Named(row.id, name, 1, audience)


async def save(shop: Shop, staff_id: int, segment_id: int, audience: Audience, based_on: int, why: str) -> Named:
    """Save the next version; what was planned by an earlier one keeps it.

    Raises NotFound, StaleVersion when somebody saved after `based_on` was read.
    """
    async with transaction():
        row = await Segment.filter(id=segment_id).select_for_update().first()
        if row is None:
            raise NotFound("segment")
        if (await in_force(segment_id)).version != based_on:
            raise StaleVersion("segment")
        await _add(shop, staff_id, row, based_on + 1, audience, why)
    return Named(row.id, row.name, based_on + 1, audience)


async def _add(shop: Shop, staff_id: int, row: Segment, version: int, audience: Audience, why: str) -> None:
    await SegmentVersion.create(
        segment_id=row.id, version=version, audience=asdict(audience), staff_id=staff_id, why=why[:200],
        created_at=shop.now(),
    )  # fmt: skip
    await audit.note(shop, staff_id, "segment.save", f"segment:{row.id}", version=version, why=why[:200])


async def in_force(segment_id: int) -> Named:
    """The newest version. Raises NotFound."""
    newest = await SegmentVersion.filter(segment_id=segment_id).order_by("-version").select_related("segment").first()
    if newest is None:
        raise NotFound("segment")
    return Named(segment_id, newest.segment.name, newest.version, audience_from(newest.audience))


async def listed(before_id: int | None, limit: int) -> list[Named]:
    """The newest first, each in its newest version."""
    rows = Segment.all() if before_id is None else Segment.filter(id__lt=before_id)
    found = await rows.order_by("-id").limit(limit)
    newest: dict[int, SegmentVersion] = {}
    for one in await SegmentVersion.filter(segment_id__in=[row.id for row in found]).order_by("version"):
        newest[one.segment_id] = one
    return [Named(r.id, r.name, newest[r.id].version, audience_from(newest[r.id].audience)) for r in found]


async def versions(segment_id: int) -> list[SegmentVersion]:
    """What was saved of it, the newest first."""
    return await SegmentVersion.filter(segment_id=segment_id).order_by("-version")


async def named(name: str) -> Named | None:
    """The segment of that name in its newest version, if there is one."""
    row = await Segment.filter(name=name).first()
    return await in_force(row.id) if row is not None else None


async def among(shop: Shop, name: str, member_ids: Sequence[int]) -> set[int]:
    """Those of the members who are in the segment of that name now; nobody is in one that is not there."""
    found = await named(name)
    return await audiences.among(found.audience, shop.now(), member_ids) if found is not None else set()


# Preview ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flow:
    """Of one stage: how many are meant, how many of them follow and have agreed to promotions; and how that
    differs from what is in force: how many stay, come and leave.
    """

    stage: Stage
    members: int
    following: int
    consented: int
    stay: int
    come: int
    leave: int


async def preview(shop: Shop, audience: Audience, instead_of: int | None = None) -> list[Flow]:
    """Count whom an audience means, beside those whom a segment (by id) means now; nothing is written.

    Raises NotFound.
    """
    now = shop.now()
    before = (await in_force(instead_of)).audience if instead_of is not None else Audience()
    old = {f"old_{name}": value for name, value in audiences.conditions(before, now).items()}
    rows = await sql.run(
        "segment_preview", compared=int(instead_of is not None), **audiences.conditions(audience, now), **old
    )
    return [Flow(Stage(row.pop("stage")), **{name: int(value) for name, value in row.items()}) for row in rows]


# Tags ------------------------------------------------------------------------------------------------


async def tag(shop: Shop, staff_id: int, member_id: int, names: Sequence[str]) -> list[str]:
    """Let a member carry exactly these tags; again changes nothing."""
    wanted = set(names)
    async with transaction():
        there = set(await tags_of(member_id))
        await MemberTag.filter(member_id=member_id, name__in=list(there - wanted)).delete()
        new = [
            MemberTag(member_id=member_id, name=name, staff_id=staff_id, created_at=shop.now())
            for name in sorted(wanted - there)
        ]
        await MemberTag.bulk_create(new, ignore_conflicts=True)
        if there != wanted:
            await audit.note(shop, staff_id, "member.tag", f"member:{member_id}", tags=sorted(wanted))
    return sorted(wanted)


async def tags_of(member_id: int) -> list[str]:
    """A member's tags by name."""
    return [row.name for row in await MemberTag.filter(member_id=member_id).order_by("name")]


async def tags() -> dict[str, int]:
    """Every tag with the number of members who carry it."""
    return {row["name"]: int(row["n"]) for row in await sql.run("tags")}

"""The case screen of a box: everything that ever happened to it, in order, with who and why."""

from tortoise.expressions import Q

from domain.payment import ScoreState
from models import Booking, Box, BoxItem, DamageFee, Parcel, ScoreCover
from services import effects, ledger
from services.box_covers import ref
from services.effects import Effect, EffectKind
from services.proposals import box_for_staff


async def of_box(box_id: int) -> list[Effect]:
    """Every effect of one box, the oldest first. Raises NotFound."""
    box = await box_for_staff(box_id)
    name = ref(box)
    items = [row["id"] for row in await BoxItem.filter(box_id=box_id).values("id")]
    parcels = [row["id"] for row in await Parcel.filter(box_id=box_id).values("id")]
    fees = [row["id"] for row in await DamageFee.filter(box_id=box_id).values("id")]
    refs = [name, *(f"item:{i}" for i in items), *(f"parcel:{i}" for i in parcels), *(f"damage:{i}" for i in fees)]
    refs += await effects.refunds_of(name)
    scores = await ScoreCover.filter(box_id=box_id).order_by("id")
    rows = {
        "box": [box_id],
        "box_item": items,
        "parcel": parcels,
        "score_cover": [score.id for score in scores],
        "damage_fee": fees,
    }
    # By their exact names, of every time the box was confirmed: so the index finds them.
    pieces = Q(ref__in=[f"item:{i}:v{version}" for i in items for version in range(box.version + 1)])
    return effects.in_order(
        [*await effects.moves(name, refs, rows), *await effects.staff(refs)],
        [
            *effects.money(await ledger.lines_of_box(box_id)),
            *await effects.stored(box.member_id, name),
            *(await effects.stock(pieces) if items else []),
            *await effects.begun(name, refs),
            *(_begun(score) for score in scores),
            *await effects.quotas(await _units(box)),
            *await effects.points(box.member_id, name, refs),
        ],
        await effects.messages(box.member_id, name, f"pages/box/box?id={box_id}"),
    )


def _begun(score: ScoreCover) -> Effect:
    what, why = f"score_cover: → {ScoreState.WANTED}", "the highest sum"
    return Effect(score.created_at, EffectKind.STATE, what, f"score_cover:{score.id}", score.risk_fen, why=why)


async def _units(box: Box) -> Q:
    """The round trip of each time it was confirmed, and the styling it came from."""
    trips = Q(ref__startswith=f"{ref(box)}:v")
    booking = await Booking.get_or_none(id=box.booking_id) if box.booking_id is not None else None
    if booking is None:
        return trips
    return trips | Q(ref=booking.quota_ref, counter_id=booking.counter_id)

"""What members think: taken down, owned and answered in time, told to its author, rated, and read by the maker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from domain.case import CaseKind
from domain.errors import Invalid, NotFound, WrongState
from domain.path import Event
from models import CareMessage, Case, Opinion, Product, Sku, sql
from services import audit, care, care_paths, cases
from services.care_subjects import CAMPAIGN
from services.shop import Shop
from services.transaction import transaction

LISTENING = timedelta(days=4)
"""So long after a path asked for an opinion (`Step.listens`), what is said in the chat may be one."""
AT_ONCE = 200
log = structlog.get_logger()


def ref(opinion_id: int) -> str:
    return f"opinion:{opinion_id}"


async def tell(shop: Shop, member_id: int, text: str, source: str, sku_id: int | None = None) -> Opinion:
    """Take an opinion down: a case with a due time is opened for it. Raises Invalid for no such piece."""
    async with transaction():
        product_id = None
        if sku_id is not None:
            sku = await Sku.filter(id=sku_id).first()
            if sku is None:
                raise Invalid("sku_id", "no such piece")
            product_id = sku.product_id
        now = shop.now()
        row = await Opinion.create(
            member_id=member_id, text=text, source=source, product_id=product_id, sku_id=sku_id, created_at=now
        )
        facts = {"length": len(text)} | ({"product_id": product_id} if product_id else {})
        await cases.open_case(shop, CaseKind.OPINION, ref(row.id), member_id, None, facts)
        await care.start(shop, member_id, Event.OPINION, ref(row.id), now)
    log.info("opinion.told", opinion=row.id, member=member_id, source=source)
    return row


async def asked(shop: Shop, member_id: int) -> bool:
    """Whether a path asked this member for an opinion lately, and none was given since."""
    said = CareMessage.filter(member_id=member_id, state="sent", sent_at__gt=shop.now() - LISTENING)
    if (told := await Opinion.filter(member_id=member_id).order_by("-created_at").first()) is not None:
        said = said.filter(sent_at__gte=told.created_at)
    for message in await said.exclude(path=CAMPAIGN):
        step = (await care_paths.version_of(shop, message.path, message.version or 0)).step(message.step)
        if step is not None and step.listens:
            return True
    return False


async def answer(shop: Shop, staff_id: int, opinion_id: int, text: str) -> Opinion:
    """Answer it and close its case; the author is told. Raises WrongState when it is answered, NotFound."""
    now = shop.now()
    async with transaction():
        mine = Opinion.filter(id=opinion_id)
        if not await mine.filter(answered_at__isnull=True).update(
            answer=text, answered_at=now, answered_by=staff_id, updated_at=now
        ):
            await opinion(opinion_id)
            raise WrongState("opinion", "answered", "answered")
        row = await mine.get()
        await cases.settle_case(shop, CaseKind.OPINION, ref(opinion_id), "answered", f"staff:{staff_id}")
        await care.start(shop, row.member_id, Event.ANSWERED, ref(opinion_id), now)
        await audit.note(shop, staff_id, "opinion.answer", ref(opinion_id), length=len(text))
    log.info("opinion.answered", opinion=opinion_id, staff=staff_id)
    return row


async def rate(shop: Shop, member_id: int, opinion_id: int, stars: int) -> Opinion:
    """How the author likes the answer, 1 to 5; again changes it. Raises WrongState before it is answered, NotFound."""
    row = await opinion_of(member_id, opinion_id)
    if row.answered_at is None:
        raise WrongState("opinion", "open", "answered")
    await Opinion.filter(id=row.id).update(rating=stars, rated_at=shop.now(), updated_at=shop.now())
    return await opinion_of(member_id, opinion_id)


async def opinion(opinion_id: int) -> Opinion:
    """Raises NotFound."""
    row = await Opinion.filter(id=opinion_id).first()
    if row is None:
        raise NotFound("opinion")
    return row


async def opinion_of(member_id: int, opinion_id: int) -> Opinion:
    """The member's own. Raises NotFound for anybody else's."""
    row = await opinion(opinion_id)
    if row.member_id != member_id:
        raise NotFound("opinion")
    return row


async def of_member(member_id: int) -> list[Opinion]:
    """A member's own, the newest first."""
    return await Opinion.filter(member_id=member_id).order_by("-id").limit(AT_ONCE)


@dataclass(frozen=True)
class Desk:
    """An opinion with its case: who owns it, and until when it is to be answered."""

    opinion: Opinion
    case_id: int
    owner_staff_id: int | None
    due_at: datetime


async def listed(*, answered: bool, before_id: int | None, limit: int) -> list[Desk]:
    """Opinions that wait for an answer, or have one; the newest first."""
    rows = Opinion.filter(answered_at__isnull=not answered)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    found = await rows.order_by("-id").limit(limit)
    owned = {case.ref: case for case in await Case.filter(kind=CaseKind.OPINION, ref__in=[ref(o.id) for o in found])}
    return [Desk(o, (c := owned[ref(o.id)]).id, c.owner_staff_id, c.due_at) for o in found]


# For the maker ---------------------------------------------------------------------------------------


async def find_keywords(shop: Shop) -> int:
    """Name the words of opinions that have none yet; how many. A job: the dictionary is large, and loaded apart."""
    done = 0
    if shop.keywords is None:
        return 0
    while rows := await Opinion.filter(keywords__isnull=True).order_by("id").limit(AT_ONCE):
        found = await shop.keywords.of([row.text for row in rows])
        for row, words in zip(rows, found, strict=True):
            await Opinion.filter(id=row.id).update(keywords=list(words), updated_at=shop.now())
        done += len(rows)
    return done


@dataclass(frozen=True)
class Theme:
    """A word members use, how often, about which product (None: none was named), and the newest who used it."""

    word: str
    product_id: int | None
    product: str
    opinions: int
    members: int
    newest_ids: list[int]


async def themes(since: datetime, until: datetime, *, limit: int = 100) -> list[Theme]:
    """What members talk about, the most first: the maker's report (C2M)."""
    rows = await sql.run("opinion_themes", since=since, until=until, count=limit)
    ids = [row["product_id"] for row in rows if row["product_id"] is not None]
    names = {product.id: product.name for product in await Product.filter(id__in=ids)}
    return [
        Theme(
            row["word"], row["product_id"], names.get(row["product_id"], ""), int(row["opinions"]),
            int(row["members"]), _newest(str(row["ids"])),
        )
        for row in rows
    ]  # fmt: skip


def _newest(ids: str) -> list[int]:
    found: Sequence[int] = sorted((int(i) for i in ids.split(",")), reverse=True)
    return list(found[:5])

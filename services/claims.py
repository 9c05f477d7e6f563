"""Claim words in texts of products and looks: none stands there without evidence a second person has looked at."""

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.claim import CLAIM_LIFE, ClaimState, claims_in
from domain.errors import ClaimUnproved, Invalid, NotFound, SecondPersonNeeded, WrongState
from models import Look, LookItem, Product, ProductClaim
from models.base import move
from services import audit
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "ProductClaim", "decide", "name_evidence", "of_product", "require_look_proved", "require_proved", "unproved",
    "waiting",
]  # fmt: skip

log = structlog.get_logger()


def _texts(product: Product) -> str:
    return "\n".join((product.name, product.story, product.material))


async def unproved(shop: Shop, product: Product) -> list[str]:
    """The claim words in a product's texts that no approved evidence stands behind."""
    words = claims_in(_texts(product), shop.rules.claim)
    if not words:
        return []
    proved = ProductClaim.filter(product_id=product.id, state=ClaimState.PROVED, word__in=words)
    there = {claim.word for claim in await proved}
    return [word for word in words if word not in there]


async def require_proved(shop: Shop, product: Product) -> None:
    """Raises ClaimUnproved with the words, for a product that is to stand on the shelf."""
    words = await unproved(shop, product)
    if words:
        raise ClaimUnproved("、".join(words))


async def require_look_proved(shop: Shop, look_id: int) -> None:
    """Raises ClaimUnproved for a look on the board whose words claim what is proved of none of its products."""
    words = await _unproved_of_look(shop, await Look.get(id=look_id))
    if words:
        raise ClaimUnproved("、".join(words))


async def _unproved_of_look(shop: Shop, look: Look) -> list[str]:
    words = claims_in(f"{look.title}\n{look.words}", shop.rules.claim) if look.published else []
    if not words:
        return []
    worn = await LookItem.filter(look_id=look.id).values_list("product_id", flat=True)
    proved = ProductClaim.filter(product_id__in=worn, state=ClaimState.PROVED, word__in=words)
    there = {claim.word for claim in await proved}
    return [word for word in words if word not in there]


async def of_product(product_id: int) -> list[ProductClaim]:
    """What was named for a product, the newest first. Raises NotFound."""
    if not await Product.exists(id=product_id):
        raise NotFound("product")
    return await ProductClaim.filter(product_id=product_id).order_by("-id")


async def waiting() -> list[ProductClaim]:
    """Evidence that waits for a second person, the oldest first; at most a hundred."""
    return await ProductClaim.filter(state=ClaimState.ASKED).order_by("id").limit(100)


async def name_evidence(shop: Shop, staff_id: int, product_id: int, word: str, evidence: str) -> ProductClaim:
    """Say what proves a word. Raises NotFound, Invalid for no claim word, WrongState when some is named already."""
    if word not in shop.rules.claim.words:
        raise Invalid("word", "not a claim word")
    async with transaction():
        if not await Product.exists(id=product_id):
            raise NotFound("product")
        try:
            async with in_transaction():
                claim = await ProductClaim.create(
                    product_id=product_id, word=word, evidence=evidence, asked_by=staff_id, created_at=shop.now()
                )
        except IntegrityError:
            raise WrongState("claim", "named", ClaimState.ASKED) from None
        await audit.note(shop, staff_id, "claim.ask", f"product:{product_id}", claim=claim.id)
    return claim


async def decide(shop: Shop, staff_id: int, claim_id: int, *, proved: bool, note: str) -> ProductClaim:
    """A second person says whether the evidence carries the word; what was proved may be refused later.

    A refusal takes the product off the shelf, and its looks off the board, when the word still stands in their
    texts. Raises NotFound,
    SecondPersonNeeded, WrongState.
    """
    now, wanted = shop.now(), ClaimState.PROVED if proved else ClaimState.REFUSED
    async with transaction():
        claim = await ProductClaim.filter(id=claim_id).select_for_update().first()
        if claim is None:
            raise NotFound("claim")
        if staff_id == claim.asked_by:
            raise SecondPersonNeeded(claim.asked_by)
        await move(
            claim, CLAIM_LIFE, wanted, at=now, who=f"staff:{staff_id}", why=note[:200], decided_by=staff_id, note=note
        )
        product = await Product.filter(id=claim.product_id).select_for_update().get()
        if product.on_sale and await unproved(shop, product):
            await Product.filter(id=product.id).update(on_sale=False, updated_at=now)
            log.warning("claim.off_the_shelf", product=product.id, claim=claim_id)
        if not proved:
            for item in await LookItem.filter(product_id=product.id, look__published=True).select_related("look"):
                if await _unproved_of_look(shop, item.look):
                    await Look.filter(id=item.look_id).update(published=False, updated_at=now)
                    log.warning("claim.off_the_board", look=item.look_id, claim=claim_id)
        await audit.note(shop, staff_id, "claim.decide", f"product:{product.id}", claim=claim_id, proved=proved)
    return claim

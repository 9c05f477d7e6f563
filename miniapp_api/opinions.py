"""What members think, as they tell it and as the staff answer it."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from miniapp_api.frame import Body, Call, Id, Page, PageQuery, Text, View
from services import opinions


class OpinionBody(Body):
    """`sku_id` names the piece it is about, where there is one."""

    text: Annotated[Text, Field(min_length=1, max_length=1000)]
    sku_id: Id | None = None


class OpinionView(View):
    """Empty `answer` and no `answered_at`: the answer is still due."""

    id: int
    text: str
    product_id: int | None
    sku_id: int | None
    answer: str
    answered_at: datetime | None
    rating: int | None
    created_at: datetime


class OpinionsView(View):
    items: list[OpinionView]


class RatingBody(Body):
    stars: Annotated[int, Field(ge=1, le=5)]


class AnswerBody(Body):
    text: Annotated[Text, Field(min_length=1, max_length=300)]


class DeskQuery(PageQuery):
    answered: bool = False


class DeskView(OpinionView):
    """With the member, and the case that has its owner and due time (`/staff/cases`)."""

    member_id: int
    source: str
    keywords: list[str] | None
    case_id: int
    owner_staff_id: int | None
    due_at: datetime


class ThemesQuery(Body):
    since: AwareDatetime
    until: AwareDatetime


class ThemeView(View):
    """A word with the product it was said about, and the newest opinions that say it."""

    word: str
    product_id: int | None
    product: str
    opinions: int
    members: int
    newest_ids: list[int]


class ThemesView(View):
    items: list[ThemeView]


async def post_opinion(call: Call, body: OpinionBody) -> OpinionView:
    """Tell the shop what you think; somebody answers within its due time."""
    return OpinionView.model_validate(await opinions.tell(call.shop, call.member_id, body.text, "miniapp", body.sku_id))


async def get_mine(call: Call) -> OpinionsView:
    """What you told, with the answers; the newest first."""
    return OpinionsView(items=[OpinionView.model_validate(o) for o in await opinions.of_member(call.member_id)])


async def post_rating(call: Call, opinion_id: int, body: RatingBody) -> OpinionView:
    """How you like the answer, one to five."""
    return OpinionView.model_validate(await opinions.rate(call.shop, call.member_id, opinion_id, body.stars))


async def get_opinions(call: Call, query: DeskQuery) -> Page[DeskView]:
    """Opinions that wait for an answer, or have one; with owner and due time."""
    before = int(query.cursor) if query.cursor else None
    found = await opinions.listed(answered=query.answered, before_id=before, limit=query.limit + 1)
    return Page[DeskView](
        items=[_desk(one) for one in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].opinion.id) if len(found) > query.limit else None,
    )


def _desk(one: opinions.Desk) -> DeskView:
    row = one.opinion
    return DeskView(
        **OpinionView.model_validate(row).model_dump(), member_id=row.member_id, source=row.source,
        keywords=row.keywords, case_id=one.case_id, owner_staff_id=one.owner_staff_id, due_at=one.due_at,
    )  # fmt: skip


async def post_answer(call: Call, opinion_id: int, body: AnswerBody) -> OpinionView:
    """Answer an opinion; its case is closed and the author told."""
    return OpinionView.model_validate(await opinions.answer(call.shop, call.staff_id, opinion_id, body.text))


async def get_themes(call: Call, query: ThemesQuery) -> ThemesView:
    """What members talk about, by word and product, the most first: the report for the maker."""
    found = await opinions.themes(query.since, query.until)
    return ThemesView(items=[ThemeView.model_validate(theme) for theme in found])

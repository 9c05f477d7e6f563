"""Members' posts: written, read and taken back by members; let through by the staff."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.post import PostState
from miniapp_api.frame import Body, Call, Id, Ok, Page, PageQuery, Text, View
from services import posts


class PostBody(Body):
    words: Annotated[Text, Field(min_length=5, max_length=500)]
    product_id: Id | None = None


class PostView(View):
    """As everybody sees it: without its author."""

    id: int
    words: str
    product_id: int | None
    created_at: datetime


class OwnPostView(PostView):
    """`why` says why it was refused."""

    state: PostState
    why: str


class StaffPostView(OwnPostView):
    """`suggest` is WeChat's word (pass, review; unchecked when it could not look), `label` its kind of risk."""

    member_id: int
    suggest: str
    label: int
    decided_by: int | None


class StaffPostsView(View):
    items: list[StaffPostView]


class LetThroughBody(Body):
    """`why` is told to the author when it is not published."""

    publish: bool
    why: Annotated[Text, Field(min_length=1, max_length=200)]


def _before(query: PageQuery) -> int | None:
    return int(query.cursor) if query.cursor else None


async def get_posts(call: Call, query: PageQuery) -> Page[PostView]:
    """What members share, the newest first."""
    rows = await posts.published(before_id=_before(query), limit=query.limit + 1)
    page = rows[: query.limit]
    return Page[PostView](
        items=[PostView.model_validate(row) for row in page],
        next_cursor=str(page[-1].id) if len(rows) > query.limit else None,
    )


async def get_own_posts(call: Call, query: PageQuery) -> Page[OwnPostView]:
    """One's own posts and what became of each."""
    rows = await posts.of_member(call.member_id, before_id=_before(query), limit=query.limit + 1)
    page = rows[: query.limit]
    return Page[OwnPostView](
        items=[OwnPostView.model_validate(row) for row in page],
        next_cursor=str(page[-1].id) if len(rows) > query.limit else None,
    )


async def post_post(call: Call, body: PostBody) -> OwnPostView:
    """Write a post; WeChat's check and a person come before it is shown."""
    return OwnPostView.model_validate(await posts.write(call.shop, call.member_id, body.words, body.product_id))


async def delete_post(call: Call, post_id: int) -> Ok:
    """Take a post back: its words are gone."""
    await posts.delete(call.shop, call.member_id, post_id)
    return Ok()


async def get_waiting(call: Call) -> StaffPostsView:
    """Posts that wait for a person, the oldest first."""
    return StaffPostsView(items=[StaffPostView.model_validate(row) for row in await posts.waiting()])


async def post_decision(call: Call, post_id: int, body: LetThroughBody) -> StaffPostView:
    """Publish a post, refuse it, or take a published one down."""
    row = await posts.decide(call.shop, call.staff_id, post_id, publish=body.publish, why=body.why)
    return StaffPostView.model_validate(row)

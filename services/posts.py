"""Members' posts: written, checked by WeChat, looked at by a person, shown; each step told to the author."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from domain.blocklist import OTHER_LABEL
from domain.clock import at, day_of
from domain.errors import ContentRefused, NotFound, OutsideRefusal, TooMany
from domain.post import FORUM, POST_LIFE, RISKY, UNCHECKED, PostState
from models import InboxNote, Member, OutsideCall, Post, Product
from models.base import move
from services import audit, members, outside
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Post", "decide", "delete", "of_member", "published", "waiting", "write"]

log = structlog.get_logger()


async def write(shop: Shop, member_id: int, words: str, product_id: int | None) -> Post:
    """Keep a post; WeChat and then a person look before anybody else does.

    Raises ContentRefused for a sensitive word, NotFound for the product, TooMany on one day.
    """
    if shop.blocklist.holds(words):
        raise ContentRefused(OTHER_LABEL)
    now, most = shop.now(), shop.rules.post.per_day
    today = at(day_of(now))
    async with transaction():
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        if product_id is not None and not await Product.exists(id=product_id, on_sale=True):
            raise NotFound("product")
        written = Post.filter(member_id=member_id, created_at__gte=today, created_at__lt=today + timedelta(days=1))
        if await written.count() >= most:
            raise TooMany("posts", most)
        post = await Post.create(member_id=member_id, words=words, product_id=product_id, created_at=now)
        await outside.want(shop, "check_post", f"post:{post.id}", post=post.id)
    log.info("post.written", post=post.id, member=member_id)
    return await Post.get(id=post.id)


@outside.caller("check_post")
async def _check(shop: Shop, call: OutsideCall) -> None:
    """Risky by WeChat's word is refused at once; all else waits for a person, with that word beside it."""
    post = await Post.get(id=int(str(call.payload["post"])))
    if post.state is not PostState.CHECKING:
        return
    suggest, label = UNCHECKED, 0
    openid = await members.openid_of(post.member_id, shop.accounts.mini_appid)
    if openid is not None:
        try:
            said = await shop.wechat.mini.check_text(openid, post.words, FORUM)
            suggest, label = said.suggest, said.label
        except OutsideRefusal as no:
            # Who has left the mini-program is not checked by WeChat any more.
            log.info("post.unchecked", post=post.id, code=no.code)
    async with transaction():
        row = await Post.filter(id=post.id).select_for_update().get()
        if row.state is not PostState.CHECKING:
            return
        state = PostState.REFUSED if suggest == RISKY else PostState.WAITING
        why = "没有通过平台的内容检查" if suggest == RISKY else ""
        await move(row, POST_LIFE, state, at=shop.now(), who="wechat", why=suggest, suggest=suggest, label=label)
        if why:
            await _refused(shop, row, why)


async def decide(shop: Shop, staff_id: int, post_id: int, *, publish: bool, why: str) -> Post:
    """Show a post, refuse it, or take it down later; its author is told. Raises NotFound, WrongState."""
    async with transaction():
        post = await Post.filter(id=post_id).select_for_update().first()
        if post is None:
            raise NotFound("post")
        wanted = PostState.PUBLISHED if publish else PostState.REFUSED
        if post.state is wanted:
            return post
        await move(post, POST_LIFE, wanted, at=shop.now(), who=f"staff:{staff_id}", why=why[:200], decided_by=staff_id)
        await audit.note(shop, staff_id, "post.decide", f"post:{post_id}", publish=publish)
        if not publish:
            await _refused(shop, post, why)
    log.info("post.decided", post=post_id, publish=publish)
    return post


async def _refused(shop: Shop, post: Post, why: str) -> None:
    await Post.filter(id=post.id).update(why=why[:200])
    post.why = why[:200]
    await InboxNote.create(
        member_id=post.member_id, title="这条分享没有发布", text=f"原因：{why}。修改后可以重新发布。",
        page="pages/posts/mine", created_at=shop.now(),
    )  # fmt: skip


async def delete(shop: Shop, member_id: int, post_id: int) -> None:
    """The author takes it back: its words are gone. Again changes nothing. Raises NotFound."""
    async with transaction():
        post = await Post.filter(id=post_id, member_id=member_id).select_for_update().first()
        if post is None:
            raise NotFound("post")
        if post.state is not PostState.DELETED:
            await move(post, POST_LIFE, PostState.DELETED, at=shop.now(), who=f"member:{member_id}", words="")


async def published(*, before_id: int | None = None, limit: int = 20) -> Sequence[Post]:
    """What everybody sees, the newest first."""
    return await _page(before_id, limit, state=PostState.PUBLISHED)


async def of_member(member_id: int, *, before_id: int | None = None, limit: int = 20) -> Sequence[Post]:
    """One's own, whatever became of them; deleted ones left out."""
    states = [state for state in PostState if state is not PostState.DELETED]
    return await _page(before_id, limit, member_id=member_id, state__in=states)


async def _page(before_id: int | None, limit: int, **where: object) -> Sequence[Post]:
    rows = Post.filter(**where)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


async def waiting() -> Sequence[Post]:
    """What a person is to look at, the oldest first; at most a hundred."""
    return await Post.filter(state=PostState.WAITING).order_by("id").limit(100)

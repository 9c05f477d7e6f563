"""What members say: posts checked first, polls counted; and a guide's credit."""

from datetime import timedelta

from models import GuideBinding, InboxNote, PollVote, Post, StaffUser
from services import purchases
from services.staff import hash_password
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import Shopper, shopper


async def notes(who: Shopper) -> list[str]:
    return [note.title for note in await InboxNote.filter(member_id=who.member_id).order_by("-id")]


async def test_a_post_is_checked_by_wechat_and_a_person_before_it_is_shown(house: House) -> None:
    who, desk = await shopper(house), await house.staff("marketing1")
    made = await house.api("POST", "/posts", {"words": "这件大衣配靴子很好看"}, token=who.token, status=201)
    assert made["state"] == "waiting", "WeChat has looked, a person has not"
    assert (await house.api("GET", "/posts"))["items"] == []
    [seen] = (await house.api("GET", "/staff/posts", token=desk))["items"]
    assert (seen["id"], seen["suggest"]) == (made["id"], "pass")
    yes = {"publish": True, "why": "好内容"}
    told = await house.api("POST", f"/staff/posts/{made['id']}/decision", yes, token=desk)
    assert told["state"] == "published"
    [shown] = (await house.api("GET", "/posts"))["items"]
    assert set(shown) == {"id", "words", "product_id", "created_at"}, "without its author"
    # WeChat's no is final, and told.
    bad = await house.api("POST", "/posts", {"words": "想赚钱的加微信刷单"}, token=who.token, status=201)
    assert bad["state"] == "refused"
    assert (await notes(who))[0] == "这条分享没有发布"
    # Who left the mini-program hours ago is not checked by WeChat: the person sees that.
    await house.move(hours=3)
    late = await house.api("POST", "/posts", {"words": "毛衣也很暖和呢"}, token=who.token, status=201)
    assert (await Post.get(id=late["id"])).suggest == "unchecked"
    # Taken down by the staff, taken back by its author.
    no = {"publish": False, "why": "图文不符"}
    assert (await house.api("POST", f"/staff/posts/{made['id']}/decision", no, token=desk))["state"] == "refused"
    await house.api("DELETE", f"/posts/{late['id']}", token=who.token)
    await house.api("DELETE", f"/posts/{late['id']}", token=who.token)
    assert (await Post.get(id=late["id"])).words == ""
    await house.api("POST", f"/staff/posts/{late['id']}/decision", yes, token=desk, status=409)
    own = (await house.api("GET", "/me/posts", token=who.token))["items"]
    assert [(post["state"], post["why"] != "") for post in own] == [("refused", True), ("refused", True)]
    other = await shopper(house, "周也")
    await house.api("DELETE", f"/posts/{made['id']}", token=other.token, status=404)
    for _ in range(2):
        await house.api("POST", "/posts", {"words": "今天又来分享"}, token=who.token, status=201)
    told = await house.api("POST", "/posts", {"words": "今天又来分享"}, token=who.token, status=409)
    assert told["code"] == "too_many"


async def test_a_poll_counts_one_yes_a_member_and_tells_them_what_came_of_it(house: House) -> None:
    shop = await house.staff("marketing1")
    people = [await shopper(house, name) for name in ("甲", "乙", "丙")]
    body = {
        "title": "羊毛马甲", "picture": "/pictures/vest.svg", "price_fen": 39900, "goal": 2,
        "closes_at": "2026-11-30T00:00:00Z",
    }  # fmt: skip
    poll = await house.api("POST", "/staff/polls", body, token=shop, status=201)
    over = {**body, "closes_at": "2026-11-22T02:00:00Z"}
    await house.api("POST", "/staff/polls", over, token=shop, status=422)
    vote = f"/polls/{poll['id']}/vote"
    for who, size in zip(people, ("M", "L", "M"), strict=True):
        for wanted in ("S", size):
            told = await house.api("PUT", vote, {"size": wanted}, token=who.token)
            assert told["own_size"] == wanted
    assert (await house.api("DELETE", vote, token=people[1].token))["own_size"] is None
    [seen] = (await house.api("GET", "/polls", token=people[0].token))["items"]
    assert (seen["votes"], seen["own_size"]) == (2, "M")
    [counted] = (await house.api("GET", "/staff/polls", token=shop))["items"]
    assert counted["by_size"] == {"M": 2}
    product = (await house.api("GET", "/products?limit=1"))["items"][0]["id"]
    end = {"words": "12 月上架，可以直接下单", "product_id": product}
    assert (await house.api("POST", f"/staff/polls/{poll['id']}/close", end, token=shop))["state"] == "made"
    assert [(await notes(who))[:1] == ["「羊毛马甲」要做了"] for who in people] == [True, False, True]
    await house.api("PUT", vote, {"size": "M"}, token=people[1].token, status=409)
    await house.api("POST", f"/staff/polls/{poll['id']}/close", end, token=shop, status=409)
    late = await house.api("POST", "/staff/polls", body, token=shop, status=201)
    await house.move_to(house.shop.now() + timedelta(days=8))
    token = await house.login(people[0].person)
    told = await house.api("PUT", f"/polls/{late['id']}/vote", {}, token=token, status=409)
    assert told["code"] == "too_late"
    assert await PollVote.filter(poll_id=late["id"]).count() == 0


async def test_a_guide_has_the_credit_of_what_her_members_buy_online(house: House) -> None:
    guide = await StaffUser.create(
        login="guide1", name="小鹿", role="guide", password_hash=hash_password("demo-guide1", n=2**4),
        created_at=house.shop.now(),
    )  # fmt: skip
    bound, free = await shopper(house, "甲"), await shopper(house, "乙")
    await GuideBinding.create(member_id=bound.member_id, staff_id=guide.id, created_at=house.shop.now())
    async with transaction():
        await purchases.keep(house.shop, bound.member_id, "order:1", 30000)
        await purchases.keep(house.shop, bound.member_id, "box:1", 20000)
        await purchases.keep(house.shop, bound.member_id, "order:2", 9900)
        await purchases.keep(house.shop, bound.member_id, "store:7", 9900)
        await purchases.keep(house.shop, free.member_id, "order:3", 9900)
        # Part of one came back, and all of another.
        await purchases.keep(house.shop, bound.member_id, "order:1", 12000)
        await purchases.keep(house.shop, bound.member_id, "order:2", 0)
    # Another guide later changes nothing of what was bought before.
    await GuideBinding.filter(member_id=bound.member_id).update(staff_id=guide.id + 100)
    path = "/staff/credits?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"
    for login in ("guide1", "finance1"):
        told = await house.api("GET", path, token=await house.staff(login))
        assert told["items"] == [{"staff_id": guide.id, "name": "小鹿", "members": 1, "purchases": 2, "net_fen": 32000}]
    await house.api("GET", path, token=await house.staff("service1"), status=403)

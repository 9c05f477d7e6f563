"""Many members with a promotion each that is due, an open window here and at WeChat, and what became of them."""

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from domain.campaign import CampaignState, Goal
from models import Booking, Campaign, CareMessage, Consent, ConsentCredit, Identity, Member, ReplyWindow, Stylist
from sandbox.api.custom import Windows
from sandbox.api.notices import Credits
from sandbox.world import Call
from services.care_claims import LEASE
from tests.support.house import House

CUSTOM, TEMPLATE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
SUBSCRIBE = "/cgi-bin/message/subscribe/send"
DAY = timedelta(days=1)


async def a_crowd(house: House, count: int) -> dict[int, str]:
    """Members who follow, agreed to promotions, and wrote just now: member → openid."""
    now, world = house.shop.now(), house.world
    people = [world.add_person(f"会员{n}") for n in range(count)]
    for person in people:
        person.follows = True
        world.room(Windows).grant(world.official, person, "message")
    made = {"first_seen_at": now, "first_source": "follow", "last_seen_at": now, "created_at": now}
    await Member.bulk_create([Member(follows=True, follow_told_at=now, **made) for _ in people])
    ids = sorted(await Member.all().order_by("-id").limit(count).values_list("id", flat=True))
    openids = {int(i): p.openids[world.official.appid] for i, p in zip(ids, people, strict=True)}  # type: ignore[call-overload]  # Flat ids.
    appid = world.official.appid
    await Identity.bulk_create(
        [Identity(member_id=m, appid=appid, openid=o, created_at=now) for m, o in openids.items()]
    )
    agreed = {"purpose": "promotion", "channel": "miniapp", "terms_version": "1", "given": True, "created_at": now}
    await Consent.bulk_create([Consent(member_id=m, **agreed) for m in openids])
    window = {"trigger": "message", "left_count": 5, "expires_at": now + 2 * DAY, "created_at": now}
    await ReplyWindow.bulk_create([ReplyWindow(openid=o, **window) for o in openids.values()])
    return openids


async def promotions_due(house: House, members: list[int]) -> Campaign:
    """A running campaign whose message to each of them is due now."""
    now = house.shop.now()
    said = {
        "name": "a",
        "title": "新到",
        "text": "入秋的新款到了。",
        "page": "pages/shop/index",
        "link": "去看看",
        "weight": 1,
    }
    campaign = await Campaign.create(
        name="crowd", goal=Goal.DEEPEN, state=CampaignState.RUNNING, audience={}, variants=[said], start_at=now,
        useful_until=now + 2 * DAY, spread_minutes=0, made_by=1, planned_at=now, created_at=now,
    )  # fmt: skip
    name = f"campaign:{campaign.id}"
    same = {"path": "campaign", "step": name, "occurrence": name, "edition": "a", "message_class": "promotion",
            "send_at": now, "useful_until": now + 2 * DAY, "created_at": now}  # fmt: skip
    await CareMessage.bulk_create([CareMessage(member_id=m, **same) for m in members])
    return campaign


async def reminders_due(house: House, members: list[int]) -> None:
    """A booked session of tomorrow for each, whose reminder is due now and goes by template: no window is open."""
    openids = await Identity.filter(member_id__in=members).values_list("openid", flat=True)
    await ReplyWindow.filter(openid__in=list(openids)).delete()
    now, stylist = house.shop.now(), await Stylist.all().order_by("id").first()
    assert stylist is not None
    starts_at = now + DAY
    same = {"stylist_id": stylist.id, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45),
            "mode": "store", "state": "booked", "counter_id": 1, "created_at": now}  # fmt: skip
    await Booking.bulk_create([Booking(member_id=m, uid=f"crowd-{m}", **same) for m in members])
    due = {"path": "booking", "step": "booking.day_before", "message_class": "service", "send_at": now, "priority": 80,
           "useful_until": now + timedelta(hours=22), "created_at": now}  # fmt: skip
    bookings = await Booking.filter(member_id__in=members)
    await CareMessage.bulk_create(
        [CareMessage(member_id=b.member_id, occurrence=f"booking:{b.id}", **due) for b in bookings]
    )


async def subscribed(house: House, openids: dict[int, str]) -> dict[int, str]:
    """One consent to a reminder each, here and at WeChat: member → openid of the mini-program."""
    now, world = house.shop.now(), house.world
    template_id = house.shop.accounts.mini_templates["booking_reminder"]
    minis = {}
    for member_id, openid in openids.items():
        person = world.by_openid[openid]
        world.room(Credits).add(world.mini, person, template_id)
        minis[member_id] = person.openids[world.mini.appid]
    same = {"appid": world.mini.appid, "created_at": now}
    await Identity.bulk_create([Identity(member_id=m, openid=o, **same) for m, o in minis.items()])
    await ConsentCredit.bulk_create(
        [ConsentCredit(member_id=m, template_id=template_id, left_count=1, created_at=now) for m in minis]
    )
    return minis


def arrived(house: House, path: str) -> dict[str, list[Call]]:
    """The calls that reached WeChat under an address, by openid."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in house.world.calls:
        if call.path == path:
            found[call.body["touser"]].append(call)
    return found


def read_once(calls: list[Call]) -> bool:
    """Repeats under one client id are one message to the member, for the ten minutes that WeChat remembers it."""
    same_id = len({call.body["client_msg_id"] for call in calls}) == 1
    remembered = [a.reply["msgid"] == b.reply["msgid"] for a, b in pairwise(calls) if b.at - a.at < 2 * LEASE]
    return same_id and all(remembered)

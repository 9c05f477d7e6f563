"""Paths lived through: branches, waits, tasks and gifts at their instants, each once; versions, and who is moved."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.clock import SHANGHAI, ManualClock
from domain.membership import Source
from domain.path import Event
from domain.rules import Rules
from models import CareMessage, Case, Member, MemberStage, Opinion, PathTurn, Perk, Purchase, StageChange
from services import care, care_events, care_paths, opinions, path_desk, path_walking
from services.care_subjects import look_many
from services.shop import Accounts, Shop
from services.transaction import transaction
from tests.conftest import NO_SEALER, NOBODY
from tests.support.care import a_member
from tests.support.house import START, House


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def shop(database: str, clock: ManualClock) -> Shop:
    return Shop(clock, Rules(), NOBODY, NO_SEALER, Accounts("wx", "wx"))


async def someone(*, bought: int = 0, birthday: str = "") -> int:
    """A registered member who bought so often, long ago."""
    long_ago = START - timedelta(days=300)
    member = await Member.create(
        first_seen_at=long_ago, last_seen_at=long_ago, first_source=Source.FOLLOW, created_at=long_ago,
        registered_at=long_ago, birthday=birthday or None,
    )  # fmt: skip
    for number in range(bought):
        await Purchase.create(
            member_id=member.id,
            ref=f"old:{member.id}{number}",
            bought_at=long_ago,
            net_fen=50_000,
            created_at=long_ago,
        )
    return int(member.id)


async def declines(shop: Shop, member_id: int) -> None:
    """As a stage pass leaves it, and told to care."""
    await MemberStage.filter(member_id=member_id).delete()
    now = shop.now()
    await MemberStage.create(member_id=member_id, stage="decline", since_at=now)
    await StageChange.create(
        member_id=member_id, old="growth", new="decline", reason="silent", rules_version=0, created_at=now
    )


async def turns(member_id: int) -> dict[str, tuple[str, str]]:
    return {t.step: (t.state, t.outcome.partition(":")[0]) for t in await PathTurn.filter(member_id=member_id)}


async def test_decline_asks_a_person_for_the_dear_and_listens(shop: Shop, clock: ManualClock) -> None:
    dear, other = await someone(bought=3), await someone(bought=1)
    for member_id in (dear, other):
        await declines(shop, member_id)
    clock.advance(timedelta(minutes=1))
    assert await care_events.tell_due(shop) >= 2
    assert await care_events.tell_due(shop) == 0
    assert await path_walking.walk_due(shop) == 0

    clock.advance(timedelta(minutes=31))
    await path_walking.walk_due(shop)
    assert (await turns(dear))["decline.dear"] == ("taken", "yes")
    assert (await turns(other))["decline.dear"] == ("taken", "no")
    await path_walking.walk_due(shop)
    case = await Case.get(kind="care")
    assert (case.member_id, case.ref) == (dear, f"decline.call:{dear}")
    assert case.due_at == shop.now() + timedelta(hours=72)
    assert "老朋友" in str(case.facts["todo"])

    # What she says wakes the wait; nothing happens twice.
    told = await opinions.tell(shop, dear, "袖子太长了", "chat")
    for _ in range(3):
        await path_walking.walk_due(shop)
    assert (await turns(dear))["decline.heard"] == ("taken", "yes")
    assert await Case.filter(kind="care").count() == 2
    assert await Case.filter(kind="opinion", ref=f"opinion:{told.id}").count() == 1
    # Nobody spoke here: the wait ends by itself, and opens nothing.
    clock.advance(timedelta(days=11))
    await path_walking.walk_due(shop)
    assert (await turns(other))["decline.heard"] == ("taken", "no")
    assert await Case.filter(kind="care", member_id=other).count() == 0

    # Again within ninety days she is asked nothing anew.
    await declines(shop, dear)
    clock.advance(timedelta(minutes=1))
    await care_events.tell_due(shop)
    assert await PathTurn.filter(member_id=dear, step="decline.dear").count() == 1


async def test_a_gift_is_given_once_and_a_purchase_ends_the_wooing(shop: Shop, clock: ManualClock) -> None:
    silent, back = await someone(bought=1), await someone(bought=1)
    for member_id in (silent, back):
        await declines(shop, member_id)
    clock.advance(timedelta(minutes=1))
    await care_events.tell_due(shop)
    await Purchase.create(
        member_id=back, ref="order:9", bought_at=shop.now() + timedelta(days=5), net_fen=9900, created_at=START
    )
    clock.advance(timedelta(days=32))
    for _ in range(3):
        await path_walking.walk_due(shop)
    assert (await turns(silent))["win_back.small_gift"] == ("taken", "given")
    assert await Perk.filter(member_id=silent, rule="win_back").count() == 1
    assert (await turns(back))["win_back.back"] == ("taken", "exit")
    left = await CareMessage.filter(member_id=back, path="win_back").values_list("state", "reason")
    assert set(left) == {("skipped", "exit")}
    assert await Perk.filter(member_id=back).count() == 0


async def test_a_birthday_is_told_once_a_year_on_its_day(shop: Shop, clock: ManualClock) -> None:
    member_id = await someone(birthday="1990-11-22")
    await someone(birthday="1990-11-23")
    assert await care_events.tell_birthdays(shop) == 1
    assert await care_events.tell_birthdays(shop) == 1
    [wish] = await CareMessage.filter(path="birthday")
    assert wish.member_id == member_id
    # The day's 09:30 is over at ten, and the day is not.
    assert wish.send_at.astimezone(SHANGHAI).strftime("%H:%M") == "10:00"


def a_path(text: str, **other: Any) -> dict[str, Any]:
    return {
        "title": "常来", "event": "growth", "goal": "deepen", "kpi": "orders", "topic": "care",
        "steps": [
            {"name": "first", "does": "message", "class": "promotion", "when": {"days": 1, "at": "10:00"},
             "lasts_hours": 48, "title": "你好", "text": text, "page": "pages/me/me", "link": "看看"},
            {"name": "second", "does": "message", "class": "promotion", "when": {"days": 5, "at": "10:00"},
             "lasts_hours": 48, "title": "你好", "text": text, "page": "pages/me/me", "link": "看看"},
        ],
        **other,
    }  # fmt: skip


async def test_who_is_inside_keeps_the_version_entered_unless_moved(shop: Shop, clock: ManualClock) -> None:
    one, two, three = await someone(), await someone(), await someone()
    await path_desk.publish(shop, 1, "regulars", a_path("一"), 0, "new")
    async with transaction():
        await care.start(shop, one, Event.GROWTH, "stage:1", START)
        await care.start(shop, three, Event.GROWTH, "stage:3", START)
    newer = a_path("二")
    newer["steps"].append({"name": "look", "does": "task", "when": {"days": 6, "at": "10:00"}, "text": "看看"})
    await path_desk.publish(shop, 1, "regulars", newer, 1, "better")
    async with transaction():
        await care.start(shop, two, Event.GROWTH, "stage:2", START)
        # Told once more, she keeps what she entered.
        await care.start(shop, one, Event.GROWTH, "stage:1", START)
    mine = CareMessage.filter(path="regulars")
    assert set(await mine.values_list("member_id", "version", flat=False)) == {(one, 1), (two, 2), (three, 1)}
    assert [turn.member_id for turn in await PathTurn.filter(path="regulars")] == [two]

    # Two days later the first is over; she is moved, and what is ahead is said by the new version.
    clock.advance(timedelta(days=2))
    await mine.filter(member_id=one, step="regulars.first").update(state="sent", sent_at=shop.now())
    tomorrow = shop.now() + timedelta(days=1)
    await mine.filter(member_id=three, step="regulars.first").update(reason="cap_day", send_at=tomorrow)
    assert await path_desk.move(shop, 1, "regulars", 1, 2) == 2
    assert await path_desk.move(shop, 1, "regulars", 1, 2) == 0
    # What only waited for its place is still said.
    waits = await mine.get(member_id=three, step="regulars.first")
    assert (waits.state, waits.version, waits.send_at) == ("planned", 2, tomorrow)
    assert set(await mine.filter(member_id=one).values_list("step", "version", "state")) == {
        ("regulars.first", 1, "sent"), ("regulars.second", 2, "planned"),
    }  # fmt: skip
    turn = await PathTurn.get(path="regulars", member_id=one)
    assert turn.due_at == datetime(2026, 11, 28, 10, tzinfo=SHANGHAI)
    assert (await care_paths.newest(shop, "regulars")).version == 2


async def test_who_is_moved_stays_in_the_line_a_fork_opened(shop: Shop, clock: ManualClock) -> None:
    one = await someone()
    forked: dict[str, Any] = {
        "title": "岔路", "event": "growth", "goal": "deepen", "kpi": "orders", "topic": "care",
        "steps": [
            {"name": "fork", "does": "branch", "if": "has_plan", "then": "with", "otherwise": "without"},
            {"name": "soon", "does": "task", "line": "without", "when": {"since": "start", "days": 1}, "text": "一"},
            {"name": "later", "does": "task", "line": "without", "when": {"since": "start", "days": 5}, "text": "一"},
            {"name": "other", "does": "task", "line": "with", "text": "二"},
            {"name": "word", "does": "message", "line": "without", "when": {"since": "start", "days": 1},
             "lasts_hours": 24, "class": "promotion", "title": "一", "text": "一", "page": "pages/me/me", "link": "一",
             "unless": ["bought_since"]},
        ],
    }  # fmt: skip
    await path_desk.publish(shop, 1, "forked", forked, 0, "new")
    async with transaction():
        await care.start(shop, one, Event.GROWTH, "stage:1", START)
    clock.advance(timedelta(hours=1))
    await Purchase.create(member_id=one, ref="x", bought_at=shop.now(), net_fen=1, created_at=START)
    clock.advance(timedelta(hours=1))
    await path_walking.walk_due(shop)
    # The line began after the purchase, the path before it.
    row, member = await CareMessage.get(path="forked"), await Member.get(id=one)
    assert (await look_many(shop, [(row, member)]))[0].exit_reason == "bought_since"
    last = {"name": "last", "does": "task", "line": "without", "when": {"since": "start", "days": 6}, "text": "三"}
    other = {**forked, "steps": [*forked["steps"], last]}
    await path_desk.publish(shop, 1, "forked", other, 1, "better")
    clock.advance(timedelta(days=2))
    await path_walking.walk_due(shop)
    assert await path_desk.move(shop, 1, "forked", 1, 2) == 1
    mine = await PathTurn.filter(path="forked", member_id=one).order_by("due_at")
    assert [(turn.step, turn.version, turn.state) for turn in mine] == [
        ("forked.fork", 1, "taken"), ("forked.soon", 1, "taken"),
        ("forked.later", 2, "waiting"), ("forked.last", 2, "waiting"),
    ]  # fmt: skip
    assert [(turn.due_at - START).days for turn in mine] == [0, 1, 5, 6], "counted from the line's own beginning"


async def test_marketing_reads_checks_previews_publishes_and_measures(house: House) -> None:
    token = await house.staff("marketing1")
    paths = {path["name"]: path for path in (await house.api("GET", "/staff/paths", token=token))["items"]}
    assert paths["renewal"]["kpi"] == "renewed"
    sheet = await house.api("GET", "/staff/paths/welcome", token=token)
    spec, body = sheet["spec"], {"based_on": 0, "why": "shorter"}
    assert (sheet["version"], sheet["versions"]) == (0, [])

    spoilt = {**spec, "steps": [{**spec["steps"][0], "text": "{name}，您好"}]}
    found = await house.api("POST", "/staff/paths/welcome/check", {"spec": spoilt}, token=token)
    assert [p["where"] for p in found["problems"]] == ["steps.0.text"]
    status, problem = await house.ask("PUT", "/staff/paths/welcome", {"spec": spoilt, **body}, token=token)
    assert (status, problem["code"]) == (422, "path_refused")
    assert problem["facts"]["problems"][0]["where"] == "steps.0.text"
    gift = {**spec, "steps": [{"name": "g", "does": "gift", "gift": "car"}]}
    found = await house.api("POST", "/staff/paths/welcome/check", {"spec": gift}, token=token)
    assert found["problems"][0]["what"].startswith("'car' is no perk")

    shorter = {**spec, "steps": spec["steps"][:2]}
    shown = await house.api(
        "POST", "/staff/paths/welcome/preview", {"spec": shorter, "anchor_at": START.isoformat()}, token=token
    )
    assert [(s["step"], s["title"]) for s in shown["steps"]] == [
        ("how_it_works", "盒子怎么玩"), ("style_profile", "两分钟，让造型师更懂您"),
    ]  # fmt: skip
    made = await house.api("PUT", "/staff/paths/welcome", {"spec": shorter, **body}, token=token)
    assert (made["version"], made["versions"][0]["why"]) == (1, "shorter")
    status, problem = await house.ask("PUT", "/staff/paths/welcome", {"spec": spec, **body}, token=token)
    assert (status, problem["code"]) == (409, "stale_version")

    # Who follows now is welcomed by it.
    person = house.world.add_person("小雨")
    await house.follow(person)
    steps = await CareMessage.filter(path="welcome").values_list("step", "version")
    assert set(steps) == {("welcome.how_it_works", 1), ("welcome.style_profile", 1)}
    query = "since=2026-11-01T00:00:00Z&version=1"
    report = await house.api("GET", f"/staff/paths/welcome/report?{query}", token=token)
    assert {(s["step"], s["state"], s["count"]) for s in report["steps"]} == {
        ("welcome.how_it_works", "planned", 1), ("welcome.style_profile", "planned", 1),
    }  # fmt: skip
    assert [(g["group"], g["members"], g["value"]) for g in report["groups"]] == [("untold", 1, 0)]
    assert report["lift"] is None
    # She is told and buys; of two who were held out, none does.
    [told] = await CareMessage.filter(step="welcome.how_it_works")
    await CareMessage.filter(id=told.id).update(state="sent")
    for _ in range(2):
        await CareMessage.create(
            member_id=await someone(), path="welcome", version=1, step="welcome.how_it_works", occurrence="join",
            message_class="promotion", state="skipped", reason="holdout", send_at=START, useful_until=START,
            created_at=house.shop.now(),
        )  # fmt: skip
    await Purchase.create(
        member_id=told.member_id, ref="x", bought_at=START + timedelta(hours=1), net_fen=1, created_at=START
    )
    report = await house.api("GET", f"/staff/paths/welcome/report?{query}", token=token)
    assert [(g["group"], g["members"], g["value"]) for g in report["groups"]] == [("control", 2, 0), ("told", 1, 1)]
    assert {name: round(value, 3) for name, value in report["lift"].items()} == {
        "points": 1.0, "low": -0.031, "high": 1.0,
    }  # fmt: skip
    known = await house.api("GET", "/staff/paths/vocabulary", token=token)
    assert next(e for e in known["events"] if e["event"] == "box")["words"]["left"] == "6"


async def test_an_opinion_is_answered_in_time_told_rated_and_read_by_the_maker(house: House) -> None:
    _, _, token = await a_member(house)
    desk = await house.staff("service1")
    text = {"text": "袖子太长了，面料很舒服但是容易起球", "sku_id": 1}
    told = await house.api("POST", "/opinions", text, token=token)
    [waiting] = (await house.api("GET", "/staff/opinions", token=desk))["items"]
    due = datetime.fromisoformat(waiting["due_at"]) - datetime.fromisoformat(waiting["created_at"])
    assert (waiting["id"], due, waiting["owner_staff_id"]) == (told["id"], timedelta(hours=72), None)
    await house.api("POST", f"/staff/cases/{waiting['case_id']}/take", token=desk)
    status, _ = await house.ask("POST", f"/opinions/{told['id']}/rating", {"stars": 5}, token=token)
    assert status == 409
    status, _ = await house.ask("POST", f"/staff/cases/{waiting['case_id']}/close", {"outcome": "done"}, token=desk)
    assert status == 422
    answer = {"text": "下一批袖长改短两厘米，谢谢您。"}
    await house.api("POST", f"/staff/opinions/{told['id']}/answer", answer, token=desk)
    status, _ = await house.ask("POST", f"/staff/opinions/{told['id']}/answer", answer, token=desk)
    assert status == 409
    await house.move(minutes=1)
    notes = (await house.api("GET", "/me/inbox", token=token))["items"]
    assert "下一批袖长改短两厘米" in notes[0]["text"]
    rated = await house.api("POST", f"/opinions/{told['id']}/rating", {"stars": 5}, token=token)
    assert (rated["rating"], rated["answer"]) == (5, answer["text"])
    assert (await house.api("GET", "/staff/opinions", token=desk))["items"] == []

    assert await opinions.find_keywords(house.shop) == 1
    days = "since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z"
    themes = (await house.api("GET", f"/staff/reports/opinions?{days}", token=desk))["items"]
    assert {"袖子", "面料", "起球"} <= {theme["word"] for theme in themes}
    assert all(theme["product_id"] and theme["newest_ids"] == [told["id"]] for theme in themes)


async def test_a_topic_is_left_by_itself_and_an_answer_in_the_chat_is_an_opinion(house: House) -> None:
    person, member_id, token = await a_member(house)
    left = await house.api("PUT", "/me/topics/styling", {"on": False}, token=token)
    assert {one["topic"] for one in left["items"] if not one["on"]} == {"styling"}
    assert "topic:styling" not in (await house.api("GET", "/me", token=token))["consents"]
    await house.move_to(START + timedelta(days=1, hours=2))
    first = await CareMessage.get(member_id=member_id, step="welcome.how_it_works")
    assert (first.state, first.reason) == ("skipped", "topic_off")
    token = await house.login(person)
    again = await house.api("PUT", "/me/topics/styling", {"on": True}, token=token)
    assert all(one["on"] for one in again["items"])

    # Words that mean nothing else to the bot are asked about, and a word in passing stays in the chat, until a path
    # has asked for an opinion: then what a member says of size, price or cloth is one, and what she wants is not.
    lines = ["内啥来着 13800138000 呗", "质量一般", "尺码总是偏小，袖子又太长"]
    for line in lines:
        await house.say(person, line)
        await house.say(person, "算了")
    assert await Opinion.filter(member_id=member_id).count() == 0
    asking = CareMessage.filter(id=first.id)
    await asking.update(path="opinion", step="opinion.worn", state="sent")
    for line in lines:
        await house.move(seconds=1)
        await asking.update(sent_at=house.shop.now())
        assert "身高" in await house.say(person, "帮我看看穿什么码")
        await house.say(person, "算了")
        await house.move(seconds=1)
        assert "答复" in await house.say(person, line), line
        told = await Opinion.filter(member_id=member_id).order_by("-id").first()
        assert told is not None
        assert (told.source, told.text) == ("chat", line)
        assert await Case.filter(kind="opinion", ref=f"opinion:{told.id}").count() == 1
    # Once told, the next line is read as ever. What is told unasked is taken down when it says something.
    assert "身高" in await house.say(person, lines[2])
    await house.say(person, "算了")
    assert "答复" in await house.say(person, "希望裤子能有加长的版本")
    assert await Opinion.filter(member_id=member_id).count() == len(lines) + 1

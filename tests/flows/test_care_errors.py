"""WeChat errs in every way it can, twice each: each message ends, with a true reason, and the counts add up."""

from collections import Counter
from datetime import timedelta

import pytest

from models import CareMessage, ConsentCredit, InboxNote, Member
from services.care_sending import send_due
from tests.support.house import House
from tests.support.letters import (
    CUSTOM,
    SUBSCRIBE,
    TEMPLATE,
    a_crowd,
    arrived,
    promotions_due,
    read_once,
    reminders_due,
    subscribed,
)

MESSAGES = 150
WAYS: list[dict[str, object]] = [
    {"kind": "errcode", "errcode": -1},
    {"kind": "errcode", "errcode": 45009},
    {"kind": "errcode", "errcode": 45015},
    {"kind": "errcode", "errcode": 45047},
    {"kind": "errcode", "errcode": 43004},
    {"kind": "errcode", "errcode": 40001},
    {"kind": "errcode", "errcode": 40003},
    {"kind": "status", "status": 502},
    {"kind": "drop"},
    {"kind": "drop_after"},
]


REMINDERS = 60
REFUSED = [(SUBSCRIBE, code) for code in (-1, 43101, 45009, 40001, 40003, 47003)]
REFUSED += [(TEMPLATE, code) for code in (-1, 43004, 45009, 40001, 40003, 40037)]
BROKEN = [
    (SUBSCRIBE, "status"),
    (SUBSCRIBE, "drop"),
    (TEMPLATE, "status"),
    (TEMPLATE, "drop"),
    (TEMPLATE, "drop_after"),
]
ELSEWHERE: list[dict[str, object]] = [
    *({"match": match, "kind": "errcode", "errcode": code} for match, code in REFUSED),
    *({"match": match, "kind": kind, "status": 502} for match, kind in BROKEN),
]
"""The same of one-time subscriptions and templates, which carry reminders: one in ten each, too."""


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_one_error_in_ten_of_every_kind(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    openids = await a_crowd(house, MESSAGES)
    await promotions_due(house, list(openids))
    for way in WAYS:
        await house.wechat("/faults", {"match": CUSTOM, "times": 2, "chance": 0.03, **way})
    booked = await a_crowd(house, REMINDERS)
    minis = await subscribed(house, dict(list(booked.items())[: REMINDERS // 2]))
    await reminders_due(house, list(booked))
    for way in ELSEWHERE:
        await house.wechat("/faults", {"times": 10**6, "chance": 0.0125, **way})
    for _ in range(60):
        await send_due(house.shop)
        if not await CareMessage.filter(state__in=["planned", "sending"]).exists():
            break
        # Pauses for a quota, and waits between attempts.
        house.world.clock.set(house.shop.now() + timedelta(minutes=11), frozen=True)

    rows = await CareMessage.filter(path="campaign")
    notes = {note.member_id for note in await InboxNote.all()}
    gone = {m.id for m in await Member.filter(follows=False)}
    calls = arrived(house, CUSTOM)
    for row in rows:
        codes = [
            call.reply.get("errcode") if isinstance(call.reply, dict) else f"status {call.status}"
            for call in calls[openids[row.member_id]]
        ]
        said = codes.count(0)
        match row.state, row.reason:
            case "sent", "":
                assert (said, row.member_id in notes) == ((1, False) if row.channel == "window" else (0, True)), codes
            case "skipped", "unfollowed":
                assert (said, codes[-1], row.member_id in gone) == (0, 43004, True)
            case "skipped", "holdout":
                assert codes == []
            case "unknown", reason:
                # The answer was lost: a broken connection, a gateway's page. It may have arrived, once.
                assert reason.startswith("fault ")
                assert said <= 1
                assert codes[-1] in (0, "status 0", "status 502")
            case "failed", reason:
                assert (said, row.attempts, reason.startswith("fault ")) == (0, 5, True)
            case other:
                pytest.fail(f"{other}: {codes}")
    # What the member began is said in the end, by one channel or another, or stands in the inbox.
    by_credit, by_template = arrived(house, SUBSCRIBE), arrived(house, TEMPLATE)
    for row in await CareMessage.filter(path="booking"):
        assert (row.state, row.reason) == ("sent", ""), row.tried
        credit = [call.reply for call in by_credit.get(minis.get(row.member_id, ""), [])]
        template = by_template.get(booked[row.member_id], [])
        match row.channel:
            case "credit":
                assert [answer.get("errcode") for answer in credit if isinstance(answer, dict)].count(0) == 1
            case "template":
                # Repeats after a lost answer go under one client id: it is read once.
                assert read_once(
                    [call for call in template if isinstance(call.reply, dict) and call.reply.get("msgid")]
                )
            case channel:
                assert (channel, row.member_id in notes) == ("inbox", True), row.tried
    left = await ConsentCredit.filter(member_id__in=list(minis)).values_list("left_count", flat=True)
    assert set(left) <= {0, 1}
    told = Counter(row.state for row in rows)
    assert sum(told.values()) == MESSAGES
    assert told["sent"] > MESSAGES * 0.8 * 0.9, told

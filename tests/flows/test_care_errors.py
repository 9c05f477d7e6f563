"""WeChat errs one time in ten, in every way it can: each message ends, with a true reason, and the counts add up."""

from collections import Counter
from datetime import timedelta

import pytest

from models import CareMessage, InboxNote, Member
from services.care_sending import send_due
from tests.support.house import House
from tests.support.letters import CUSTOM, a_crowd, arrived, promotions_due

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


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_one_error_in_ten_of_every_kind(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    openids = await a_crowd(house, MESSAGES)
    await promotions_due(house, list(openids))
    for way in WAYS:
        await house.wechat("/faults", {"match": CUSTOM, "times": 10**6, "chance": 0.01, **way})
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
            call.reply.get("errcode") if isinstance(call.reply, dict) else call.status
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
                assert codes[-1] in (0, 502)
            case "failed", reason:
                assert (said, row.attempts, reason.startswith("fault ")) == (0, 5, True)
            case other:
                pytest.fail(f"{other}: {codes}")
    told = Counter(row.state for row in rows)
    assert sum(told.values()) == MESSAGES
    assert told["sent"] > MESSAGES * 0.8 * 0.9, told

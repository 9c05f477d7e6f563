"""The desk over two processes: one person has a chat, the bot is silent meanwhile, and nothing falls between."""

import asyncio
from typing import Any

from sandbox.world import Person
from tests.processes.farm import Town
from tests.processes.pushes import deliver, follower, openid_of, text
from tests.support.doors import Doors


async def chat_id(town: Town, person: Person) -> int:
    return int(await town.value("SELECT id FROM conversation WHERE openid = $1", openid_of(town, person)))


async def lines(town: Town, person: Person) -> list[dict[str, Any]]:
    return await town.rows("SELECT side, text FROM chat_line WHERE openid = $1 ORDER BY id", openid_of(town, person))


async def pushed(town: Town, person: Person) -> list[str]:
    """What reached the person by customer-service messages."""
    return [item["content"] for item in await town.chat(person) if item["kind"] == "custom"]


async def two_clerks(town: Town) -> list[tuple[Doors, str]]:
    """Two people of the desk, each at a process of their own."""
    boss = await town.staff("admin1")
    login = {"login": "service2", "name": "小雨", "role": "service", "password": "demo-service2"}
    await town.ask("POST", "/staff/users", login, token=boss)
    return [(town, await town.staff("service1")), (town.mortal, await town.staff("service2"))]


async def test_two_take_one_chat_and_the_bot_is_silent_until_it_is_handed_back(town: Town) -> None:
    person = await follower(town, "小林")
    clerks = await two_clerks(town)
    bases = (town.base, town.mortal.base)
    # Handed over while more is said: whatever the bot answers, it answers before a person owns the chat.
    await deliver(town, town.base, text(town, person, "人工"))
    here = f"/staff/desk/{await chat_id(town, person)}"
    told = await asyncio.gather(
        *(doors.ask("POST", f"{here}/take", token=token) for doors, token in clerks * 2),
        *(deliver(town, bases[n % 2], text(town, person, "我有多少积分")) for n in range(6)),
    )
    taken = [status for status, _ in told[:4]]
    assert sorted(taken) == [200, 200, 409, 409], "one of the two has it, and asking again is fine"
    doors, token = clerks[taken.index(200)]
    assert [reply for _, reply in told[4:]] == [""] * 6
    own = f"staff:{await town.value('SELECT staff_id FROM handoff WHERE openid = $1', openid_of(town, person))}"
    assert await town.value("SELECT owner FROM conversation WHERE openid = $1", openid_of(town, person)) == own
    before = await pushed(town, person)
    assert before == [], "nothing was pushed by the bot"
    await doors.api("POST", f"{here}/reply", {"text": "我来看看"}, token=token)

    # The follower goes on talking while the chat is given back.
    answers = await asyncio.gather(
        *(deliver(town, bases[n % 2], text(town, person, "我有多少积分")) for n in range(3)),
        doors.api("POST", f"{here}/hand-back", token=token),
        *(deliver(town, bases[n % 2], text(town, person, "我有多少积分")) for n in range(3)),
    )
    said = [answer[1] for n, answer in enumerate(answers) if n != 3]
    await town.until("what is pushed has been pushed", lambda: quiet(town, person))
    assert sum(line["side"] == "follower" for line in await lines(town, person)) == 13, "each line is kept once"
    answered = [reply for reply in said if reply]
    reached = [words for words in await pushed(town, person) if "积分" in words]
    spoken = [line for line in await lines(town, person) if line["side"] == "bot" and "积分可用" in line["text"]]
    assert len(spoken) == len([r for r in answered if "积分可用" in r]) + len(reached), (said, reached, spoken)
    # From now on the bot has it again.
    assert "积分可用" in (await deliver(town, town.base, text(town, person, "我有多少积分")))[1]
    open_ones = await town.value(
        "SELECT count(*) FROM handoff WHERE openid = $1 AND state <> 'closed'", openid_of(town, person)
    )
    assert open_ones == 0


async def quiet(town: Town, person: Person) -> bool:
    """No line of the person's is still being worked, and no push is wanted."""
    working = await town.value(
        "SELECT min(id) FROM inbound_event WHERE handled_at IS NULL AND external_id LIKE $1",
        f"{openid_of(town, person)}:%",
    )
    wanted = await town.value("SELECT count(*) FROM outside_call WHERE kind = 'push_reply' AND state = 'wanted'")
    return working is None and wanted == 0

"""Fifty new people follow and log in within one second, told to two processes: one member and one gift each."""

import asyncio

from tests.processes.farm import Town
from tests.processes.pushes import deliver, openid_of, subscribe
from tests.support.doors import Doors

PEOPLE = 50


async def test_fifty_people_come_by_two_ways_at_once(town: Town) -> None:
    doors: list[Doors] = [town, town.mortal]
    people = [await town.person(f"新客{n}") for n in range(PEOPLE)]
    pushes = [subscribe(town, person) for person in people]
    codes = [(await town.wechat(f"/people/{person.id}/login-code"))["code"] for person in people]
    follows = [deliver(town, doors[(n + k) % 2].base, push) for n, push in enumerate(pushes) for k in range(2)]
    logins = [doors[n % 2].api("POST", "/session", {"code": code}, status=201) for n, code in enumerate(codes)]
    answers = await asyncio.gather(*follows, *logins)
    assert all(answer[0] == 200 for answer in answers[: len(follows)])

    names = [openid_of(town, person) for person in people]
    standing = (
        "SELECT count(DISTINCT m.id) FROM member m JOIN identity i ON i.member_id = m.id "
        "WHERE m.merged_into_id IS NULL AND i.openid = ANY($1)"
    )
    unions = [person.unionid for person in people]

    async def joined() -> bool:
        """Both ways of everybody lead to one member, once WeChat has told who followed."""
        ways = await town.value(
            "SELECT count(*) FROM identity i JOIN member m ON m.id = i.member_id WHERE m.unionid = ANY($1)", unions
        )
        return bool(ways == 2 * PEOPLE)

    for _ in range(20):
        if await joined():
            break
        await town.move(seconds=31)
    assert await joined()
    assert await town.value(standing, names) == PEOPLE
    gifts = await town.rows(
        "SELECT m.id, sum(l.unspent)::int AS points, count(*)::int AS lots FROM member m "
        "JOIN points_lot l ON l.member_id = m.id WHERE m.unionid = ANY($1) GROUP BY m.id",
        unions,
    )
    assert [(gift["points"], gift["lots"]) for gift in gifts] == [(100, 1)] * PEOPLE

"""Random lives of boxes against a small model: any door, repeated calls, notices dropped or doubled, clock jumps.

Each life has a seed of its own, printed when it fails: `LIVES_SEED=7` lives that one alone. After every act
the pieces and the bill are what the model says; after every life all books agree.
"""

import os
import random
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from services import books
from tests.support.box_model import BoxModel, Sack
from tests.support.boxes import MOVING, SIGNED, Life, life
from tests.support.house import House
from tests.support.money import balance, fault

SECONDS = 16
FIRST_SEED = 20261122
ACTS = (
    "decide",
    "decide",
    "decide",
    "book",
    "hand_over",
    "receive",
    "grade",
    "grade",
    "keep_all",
    "extend",
    "jump",
    "word",
)


class Story:
    """One life, told to the shop and to the model alike."""

    def __init__(self, seed: int, box: Life, model: BoxModel, parcels: list[int]) -> None:
        self.seed, self.box, self.model, self.parcels = seed, box, model, parcels
        self.chance = random.Random(seed)
        self.return_ids: dict[int, str] = {}
        self.waybills: dict[int, str] = {}
        self.told: list[str] = []

    async def act(self) -> None:
        name = self.chance.choice(ACTS)
        self.told.append(name)
        await getattr(self, name)()
        await self.compare()

    async def ask(self, path: str, body: Any, expected: bool) -> Any:
        """Call a member's door, now and then twice under one key; it takes it exactly when the model does."""
        house, key = self.box.house, f"{self.seed}-{len(self.told)}-{self.chance.random()}"
        status, answer = await house.ask("POST", f"/boxes/{self.box.id}{path}", body, token=self.box.who.token, key=key)
        if self.chance.random() < 0.3:
            again = await house.ask("POST", f"/boxes/{self.box.id}{path}", body, token=self.box.who.token, key=key)
            assert again == (status, answer), self.where()
        assert (status < 400) == expected, f"{self.where()}: {path} {body} {status} {answer}"
        return answer

    def where(self) -> str:
        return f"seed {self.seed}, after {self.told}, model {self.model}"

    async def now(self) -> datetime:
        return await self.box.house.now()

    async def compare(self) -> None:
        seen = await self.box.look()
        assert [i["state"] for i in seen["items"]] == self.model.pieces, self.where()
        assert (seen["state"] == "settled") == self.model.settled, self.where()
        if self.model.settled:
            assert seen["charge_fen"] == self.model.charge_fen, self.where()
        else:
            assert datetime.fromisoformat(seen["deadline_at"]) == self.model.deadline, self.where()

    # Acts ----------------------------------------------------------------------------------------

    async def decide(self) -> None:
        piece, keep = self.chance.randrange(len(self.model.pieces)), self.chance.random() < 0.4
        line = {"item_id": self.box.items[piece]["id"], "decision": "keep" if keep else "return"}
        if not keep:
            line["reason"] = "size"
        await self.ask("/decisions", {"items": [line]}, self.model.decide(piece, keep, await self.now()))

    async def book(self) -> None:
        told = await self.ask("/return", {}, self.model.book(await self.now()))
        for sack in self.model.sacks:
            if "return_id" in told and not sack.taken:
                row = await self.box.look()
                mine = {row["items"][i]["back_parcel_id"] for i in sack.pieces}
                if mine == {told["parcel_id"]}:
                    self.return_ids[id(sack)] = told["return_id"]

    async def hand_over(self) -> None:
        ready = [s for s in self.model.sacks if not s.taken and s.pieces and id(s) in self.return_ids]
        if not ready or self.model.settled or await self.now() + timedelta(minutes=12) >= self.model.deadline:
            return
        sack = self.chance.choice(ready)
        self.waybills[id(sack)] = await self.box.hand_over(self.return_ids[id(sack)])
        await self.move(timedelta(minutes=11))
        sack.heard_at = await self.now()

    async def receive(self) -> None:
        ready = [s for s in self.model.sacks if s.taken and not s.opened]
        ready = [s for s in ready if any(self.model.pieces[i] == "returning" for i in s.pieces)]
        if ready:
            sack: Sack = self.chance.choice(ready)
            for _ in range(self.chance.choice((1, 1, 2))):
                await self.box.staff("POST", "/staff/parcels/receive", {"waybill": self.waybills[id(sack)]})
            self.model.receive(sack)

    async def grade(self) -> None:
        there = [i for i, s in enumerate(self.model.pieces) if s == "received" or (s == "missing")]
        if not there or self.model.settled:
            return
        piece = self.chance.choice(there)
        grade = self.chance.choice(("ok", "ok", "damaged", "missing"))
        if grade == "missing" and self.model.pieces[piece] == "missing":
            return
        self.model.grade(piece, grade, await self.now())
        await self.box.grade({self.box.items[piece]["id"]: grade})

    async def keep_all(self) -> None:
        if self.chance.random() < 0.4:
            expected = self.model.keep_all(await self.now())
            await self.ask("/keep-all", None, expected or self.again())

    def again(self) -> bool:
        """Keeping all of a box that was settled so is answered as before."""
        return self.model.settled and bool(self.box.box.get("kept_all"))

    async def extend(self) -> None:
        await self.ask("/extend", None, self.model.extend(await self.now()))

    async def word(self) -> None:
        """The carrier repeats itself, late and out of order: nothing changes."""
        for action in self.chance.sample((MOVING, SIGNED, SIGNED), 2):
            await self.box.carrier(self.chance.choice(self.parcels), action)

    async def jump(self) -> None:
        await self.move(timedelta(minutes=self.chance.choice((5, 70, 700, 1500, 4400))))

    async def move(self, by: timedelta) -> None:
        await self.box.at(await self.now() + by)
        self.model.tick(await self.now())


async def begin(house: House, seed: int) -> Story:
    chance = random.Random(-seed)
    box = await life(house, name=f"林{seed}", count=chance.choice((5, 6)))
    if chance.random() < 0.5:
        # A notice that is doubled, or does not come: the job asks, and nothing happens twice.
        await fault(house, "notify:", chance.choice(("duplicate", "drop")), times=2)
    await box.cover_somehow(chance.choice(("pay_score", "deposit")))
    parcels = [p["id"] for p in await box.ship(*chance.choice(((), (2, len(box.items) - 2))))]
    for parcel in chance.sample(parcels, len(parcels)):
        for _ in range(chance.choice((1, 2))):
            await box.carrier(parcel, SIGNED)
    await box.look()
    model = BoxModel([i["price_fen"] for i in box.items], await house.now())
    return Story(seed, box, model, parcels)


async def finish(story: Story) -> None:
    """Let everything run out, then look at the money and the books."""
    for _ in range(4):
        await story.move(timedelta(days=6))
        for sack in story.model.sacks:
            for i in sack.pieces:
                if story.model.pieces[i] == "received" and not story.model.settled:
                    story.model.grade(i, "ok", await story.now())
                    await story.box.grade({story.box.items[i]["id"]: "ok"})
        await story.compare()
    assert story.model.settled, story.where()
    told, charge = await balance(box_id=story.box.id), story.model.charge_fen
    owed = story.box.box["owed_fen"]
    wanted = {"wechat": charge - owed, "receivable": owed, "sales": -charge}
    assert told == {account: fen for account, fen in wanted.items() if fen}, story.where()
    assert await books.check() == [], story.where()


@pytest.mark.timeout(180)
async def test_random_lives_go_as_the_model_says(no_limits: None, house: House) -> None:
    alone = os.environ.get("LIVES_SEED", "")
    until, seed, lives, acts = time.monotonic() + SECONDS, int(alone or FIRST_SEED), 0, 0
    while lives == 0 or (time.monotonic() < until and not alone):
        story = await begin(house, seed)
        await story.compare()
        for _ in range(random.Random(seed).randrange(10, 40)):
            await story.act()
        acts += len(story.told)
        await finish(story)
        seed, lives = seed + 1, lives + 1
    print(f"{lives} lives from seed {alone or FIRST_SEED}, {acts} acts")
    assert acts > 50 or alone

"""Random lives of boxes against a small model: any door, repeated calls, processes killed, clock jumps; notices that
are lost, late, doubled or out of order; exchanges, disputes, damage fees, coupons, and pieces sent back by law.

Each life has a seed of its own, printed when it fails: `LIVES_SEED=7` lives that one alone, and
`LIVES_SECONDS=600` goes on for so long. After every act the pieces and the bill are what the model says; after
every life all books agree.
"""

import os
import random
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.box import Grade
from models import Sku, StaffUser
from services import books, returns, settlement
from services.returns import Graded
from tests.flows.test_box_evidence import show
from tests.support.box_model import BoxModel, Sack
from tests.support.boxes import MOVING, SIGNED, Life, life
from tests.support.house import House
from tests.support.kill_points import killed_at
from tests.support.money import balance, fault, pay
from tests.support.orders import coupon

SECONDS = int(os.environ.get("LIVES_SECONDS", "8"))
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
    "exchange",
    "verdict",
    "damage",
    "reclaim",
    "noise",
    "jump",
    "jump",
    "word",
)
NOISES = ("duplicate", "drop", "reorder", "delay", "wrong_signature")


class Story:
    """One life, told to the shop and to the model alike."""

    def __init__(self, house: House, seed: int, box: Life, model: BoxModel, parcels: list[int]) -> None:
        self.house = house
        self.seed, self.box, self.model, self.parcels = seed, box, model, parcels
        self.chance = random.Random(seed)
        self.return_ids: dict[int, str] = {}
        self.waybills: dict[int, str] = {}
        self.small: dict[int, Life] = {}
        self.damaged: set[int] = set()
        self.kills = 0
        self.told: list[str] = []

    async def act(self) -> None:
        name = self.chance.choice(ACTS)
        self.told.append(name)
        await getattr(self, name)()
        await self.compare()

    async def ask(self, path: str, body: Any, expected: bool) -> Any:
        """Call a member's door, now and then twice under one key; it takes it exactly when the model does."""
        house, key = self.house, f"{self.seed}-{len(self.told)}-{self.chance.random()}"
        status, answer = await house.ask("POST", f"/boxes/{self.box.id}{path}", body, token=self.box.who.token, key=key)
        if self.chance.random() < 0.3:
            again = await house.ask("POST", f"/boxes/{self.box.id}{path}", body, token=self.box.who.token, key=key)
            assert again == (status, answer), self.where()
        assert (status < 400) == expected, f"{self.where()}: {path} {body} {status} {answer}"
        return answer

    def where(self) -> str:
        return f"seed {self.seed}, after {self.told}, model {self.model}"

    async def now(self) -> datetime:
        return await self.house.now()

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
        if grade == "damaged":
            self.damaged.add(piece)
        await self.maybe_killed(self._grade(piece, grade))
        # After the restart, or at once: the warehouse says it (again).
        await self.box.grade({self.box.items[piece]["id"]: grade})

    async def _grade(self, piece: int, grade: str) -> None:
        warehouse = await StaffUser.get(login="warehouse1")
        graded = [Graded(self.box.items[piece]["id"], Grade(grade))]
        await returns.grade(self.house.shop, warehouse.id, self.box.id, graded)

    async def maybe_killed(self, work: Coroutine[Any, Any, object]) -> None:
        """Now and then a process begins the work and dies at some await of it."""
        if self.chance.random() < 0.3:
            self.kills += 1
            await killed_at(work, self.chance.randrange(1, 160))
        else:
            work.close()

    async def exchange(self) -> None:
        piece = self.chance.randrange(len(self.model.pieces))
        item = self.box.items[piece]
        known = piece in self.model.exchanged
        mine = await Sku.get(id=item["sku_id"])
        others = Sku.filter(product_id=mine.product_id, on_hand__gt=0).exclude(id=mine.id).order_by("id")
        found = self.small[piece].items[0]["sku_id"] if known else getattr(await others.first(), "id", None)
        # Two at once: the sandbox lets nobody have more than three open orders of Pay Score.
        if found is None or (not known and len(self.model.exchanged) >= 2):
            return
        path = f"/items/{item['id']}/exchange"
        sheet = await self.ask(path, {"sku_id": found}, self.model.exchange(piece, await self.now()))
        if "box_id" not in sheet or known:
            return
        small = Life(self.house, self.box.who, self.box.warehouse)
        small.box = await self.box.call("GET", f"/boxes/{sheet['box_id']}")
        self.small[piece] = small
        if sheet["pay"]:
            await pay(self.house, sheet["pay"])
        else:
            await self.house.wechat(f"/payscore/{sheet['package']}/confirm", {"person": self.box.who.person.id})

    async def verdict(self) -> None:
        """Staff decide about a missing piece: for the member, or, with a second person, against her."""
        there = [i for i, s in enumerate(self.model.pieces) if s == "missing"]
        if not there or self.model.settled:
            return
        piece, why = self.chance.choice(there), {"why": "看过了"}
        path = f"/staff/boxes/{self.box.id}/items/{self.box.items[piece]['id']}"
        if self.chance.random() < 0.5:
            await self.box.staff("POST", f"{path}/dispute/forgive", why)
            self.model.verdict(piece, "lost", await self.now())
            return
        await show(self.box, piece)
        asked = await self.box.staff("POST", f"{path}/dispute/charge", why)
        if await self.second_person(asked["approval_id"]):
            self.model.verdict(piece, "bought", await self.now())

    async def second_person(self, approval_id: int) -> bool:
        yes = self.chance.random() < 0.6
        finance = await self.house.staff("finance1")
        path = f"/staff/approvals/{approval_id}/{'approve' if yes else 'refuse'}"
        await self.house.api("POST", path, {"note": "看过了"}, token=finance)
        return yes

    async def damage(self) -> None:
        """A fee for a damaged piece: she agrees, objects or says nothing; a second person decides."""
        there = sorted(self.damaged)
        if not there:
            return
        piece = there[0]
        self.damaged.discard(piece)
        item, fee_fen = self.box.items[piece], self.model.prices[piece] // 10
        path = f"/boxes/{self.box.id}/items/{item['id']}/damage"
        await show(self.box, piece)
        body = {"grade": "light", "fee_fen": fee_fen, "words": "勾丝"}
        await self.box.staff("POST", f"/staff{path}", body)
        if self.chance.random() < 0.8:
            accept = self.chance.random() < 0.6
            await self.ask(f"/items/{item['id']}/damage/answer", {"accept": accept}, expected=True)
        else:
            await self.move(timedelta(hours=73))
        finance = await self.house.staff("finance1")
        waiting = (await self.house.api("GET", "/staff/approvals?state=asked", token=finance))["items"]
        [asked] = [one["id"] for one in waiting if one["facts"].get("item") == item["id"]]
        if await self.second_person(asked):
            self.model.fee(piece, fee_fen)

    async def reclaim(self) -> None:
        """Something bought goes back by the law's right, in one go."""
        kept = [i for i, s in enumerate(self.model.pieces) if s == "bought" and self.model.sack_of(i) is None]
        if not kept or not self.model.settled:
            return
        piece = self.chance.choice(kept)
        item = self.box.items[piece]
        before = self.model.charge_fen
        open_ = self.model.reclaim(piece, await self.now())
        path = f"/boxes/{self.box.id}/items/{item['id']}/statutory-return"
        if open_:
            seen = await self.box.call("GET", path)
            assert seen["refund_fen"] == before - self.model.charge_fen, self.where()
        told = await self.ask(f"/items/{item['id']}/statutory-return", {}, open_)
        if open_:
            waybill = await self.box.hand_over(told["return_id"])
            await self.box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
            await self.box.grade({item["id"]: "ok"})

    async def noise(self) -> None:
        """Notices of WeChat Pay get lost, come late, twice, out of order, or forged."""
        for kind in self.chance.sample(NOISES, 2):
            await fault(self.house, "notify:", kind, times=self.chance.choice((1, 2)), seconds=90)

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
        instant = await self.now() + by
        self.house.world.clock.set(instant, frozen=True)
        # A first worker may die over the boxes that are due; the next one goes on.
        await self.maybe_killed(settlement.settle_due(self.house.shop))
        await self.box.at(instant)
        self.model.tick(await self.now())


async def begin(house: House, seed: int) -> Story:
    chance = random.Random(-seed)
    await house.wechat("/faults", method="DELETE")
    box = await life(house, name=f"林{seed}", count=chance.choice((5, 6)))
    if chance.random() < 0.5:
        # A notice that is doubled, or does not come: the job asks, and nothing happens twice.
        await fault(house, "notify:", chance.choice(("duplicate", "drop")), times=2)
    offer: tuple[int, int] | None = None
    more: dict[str, int] = {}
    if chance.random() < 0.6:
        offer = (sum(i["price_fen"] for i in box.items) * chance.randrange(20, 90) // 100, chance.choice((3000, 20000)))
        more["coupon_id"] = await coupon(house, box.who.member_id, *offer, code=f"LIFE{seed}")
    await box.cover_somehow(chance.choice(("pay_score", "deposit")), **more)
    parcels = [p["id"] for p in await box.ship(*chance.choice(((), (2, len(box.items) - 2))))]
    for parcel in chance.sample(parcels, len(parcels)):
        for _ in range(chance.choice((1, 2))):
            await box.carrier(parcel, SIGNED)
    await box.look()
    model = BoxModel([i["price_fen"] for i in box.items], await house.now(), coupon=offer)
    return Story(house, seed, box, model, parcels)


async def finish(story: Story) -> None:
    """Let everything run out, then look at the money and the books."""
    exchanged = [story.small[piece] for piece in sorted(story.model.exchanged)]
    for small in exchanged:
        # What was sent instead arrives and stays.
        small.who, small.warehouse = story.box.who, story.box.warehouse
        if (await small.look())["state"] == "confirmed":
            await story.move(timedelta(minutes=11))
            small.who, small.warehouse = story.box.who, story.box.warehouse
        if piece_of(story, small) in story.model.exchanged:
            await small.signed()
    for _ in range(4):
        await story.move(timedelta(days=6))
        for sack in story.model.sacks:
            for i in sack.pieces:
                if story.model.pieces[i] == "received" and not story.model.settled:
                    story.model.grade(i, "ok", await story.now())
                    await story.box.grade({story.box.items[i]["id"]: "ok"})
        await story.compare()
    model = story.model
    assert model.settled, story.where()
    told, fees = await balance(box_id=story.box.id), sum(model.fees.values())
    goods, owed = model.charge_fen - fees, story.box.box["owed_fen"]
    wanted = {"wechat": model.charge_fen - owed, "receivable": owed, "sales": -goods, "damages": -fees}
    assert told == {account: fen for account, fen in wanted.items() if fen}, story.where()
    for small in exchanged:
        small.who = story.box.who
        seen = await small.look()
        if seen["state"] != "cancelled":
            assert (seen["state"], seen["charge_fen"]) == ("settled", seen["items"][0]["price_fen"]), story.where()
    assert await books.check() == [], story.where()


def piece_of(story: Story, small: Life) -> int:
    return next(piece for piece, one in story.small.items() if one is small)


@pytest.mark.timeout(SECONDS + 160)
async def test_random_lives_go_as_the_model_says(no_limits: None, house: House) -> None:
    alone = os.environ.get("LIVES_SEED", "")
    until, seed, lives, acts, kills = time.monotonic() + SECONDS, int(alone or FIRST_SEED), 0, 0, 0
    while lives == 0 or (time.monotonic() < until and not alone):
        story = await begin(house, seed)
        await story.compare()
        for _ in range(random.Random(seed).randrange(10, 40)):
            await story.act()
        await finish(story)
        acts, kills = acts + len(story.told), kills + story.kills
        seed, lives = seed + 1, lives + 1
    print(f"{lives} lives from seed {alone or FIRST_SEED}, {acts} acts, {kills} killed")
    assert acts > 50 or alone

"""The books: after a life of a member they agree; whatever is broken by hand is found and named; the ledger as CSV."""

import csv
import io
import shutil
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from tortoise import connections

import cli
from models import BooksCheck, LedgerLine, PointsEntry, PointsLot, QuotaCounter, ScoreCover, Sku, Wallet
from models.sql import dialect
from services import books
from services.books import Difference
from tests.support.boxes import Life, life
from tests.support.house import House


async def lived(house: House, keep: int = 2) -> Life:
    """A plan, and a box by deposit of which so many pieces stay and the rest comes back."""
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep)
    await box.come_back(await box.send_back())
    await box.look()
    assert box.box["state"] == "settled"
    for _ in range(2):
        await house.move(minutes=1)
    return box


async def test_after_a_life_the_books_agree(house: House) -> None:
    box = await lived(house)
    assert await books.check() == []
    assert await books.prove(house.shop) == 0
    finance = await house.staff("finance1")
    told = await house.api("GET", "/staff/ledger/check", token=finance)
    assert (told["differences"], told["found"]) == (0, [])
    assert set(told["rules"]) == set(books.RULES)
    days = (await house.api("GET", "/staff/ledger/days", token=finance))["days"]
    assert days
    assert all(day["total_fen"] == 0 for day in days)
    assert days[0]["accounts"][0]["account"] == "deposits"
    await house.api("GET", "/staff/ledger/days?first=2026-11-22&last=2026-11-21", token=finance, status=422)
    await house.api("GET", "/staff/ledger/days", token=box.who.token, status=403)


async def _break(statement: str, *values: Any) -> None:
    await connections.get("default").execute_query(statement, list(values))


async def test_what_does_not_agree_is_found_and_named(house: House) -> None:
    box = await lived(house, keep=0)
    scored = await life(house, name="周二")
    await scored.cover("pay_score")
    await scored.signed()
    await scored.call("POST", f"/boxes/{scored.id}/keep-all")
    await house.move(minutes=1)
    charge_fen = (await scored.look())["charge_fen"]
    assert await books.check() == []
    line = await LedgerLine.filter(box_id=box.id, account="deposits").order_by("id").first()
    lot = await PointsLot.filter(points__gt=0).first()
    counter = await QuotaCounter.all().order_by("id").first()
    sku = await Sku.get(id=box.items[0]["sku_id"])
    assert line is not None
    assert lot is not None
    assert counter is not None
    await LedgerLine.filter(id=line.id).update(amount_fen=line.amount_fen + 1, order_id=7)
    await PointsEntry.create(
        member_id=lot.member_id, lot_id=lot.id, points=1, reason="x", ref="x", created_at=house.shop.now()
    )
    await QuotaCounter.filter(id=counter.id).update(used=counter.used + 1)
    await Sku.filter(id=sku.id).update(on_hand=sku.on_hand - 1, lost=sku.lost + 1)
    await _break("UPDATE payment SET amount_fen = amount_fen + 1 WHERE purpose = 'plan'")
    line_at: dict[str, Any] = {"day": line.day, "created_at": house.shop.now()}
    await LedgerLine.create(event="paid:X", account="wechat", amount_fen=9, **line_at)
    await LedgerLine.create(event="Y", account="stored_bonus", amount_fen=-5, member_id=98, **line_at)
    await _break("UPDATE score_cover SET total_fen = total_fen + 3")
    await _break(f"DELETE FROM ledger_line WHERE event = 'settle:box:{scored.id}'")
    await PointsEntry.filter(lot_id=lot.id, reason="x").update(member_id=99)
    stored = await Wallet.create(member_id=box.who.member_id, principal_fen=7, created_at=house.shop.now())
    await _break("UPDATE refund SET state = 'failed'")

    found = {(one.rule, one.subject): (one.wanted, one.found) for one in await books.check()}
    assert ("postings", f"event:{line.event}") in found
    assert found["boxes", f"box:{box.id}"] == (0, 1)
    assert found["orders", "order:7"] == (0, line.amount_fen + 1)
    assert found["members", f"member:{box.who.member_id}"] == (0, 1)
    assert found["days", f"day:{line.day}"] == (0, 1 + 9 - 5)
    assert found["points", f"lot:{lot.id}"] == (lot.unspent, lot.unspent + 1)
    assert found["quotas", f"quota:{counter.id}:used"] == (counter.used, counter.used + 1)
    assert found["stock_entries", f"sku:{sku.id}:on_hand"] == (sku.on_hand, sku.on_hand - 1)
    assert found["stock_entries", f"sku:{sku.id}:lost"] == (sku.lost, sku.lost + 1)
    assert found["wallets", f"wallet:{stored.id}:principal"] == (0, 7)
    assert found["wallets", f"wallet:{stored.id}:ledger_principal"] == (0, 7)
    assert found["payments", "event:paid:X"] == (0, 9)
    [cover] = await ScoreCover.all()
    assert found["payments", f"cover:{cover.out_order_no}"] == (charge_fen + 3, charge_fen)
    assert found["sales", f"box:{scored.id}"] == (charge_fen, 0), "a posting that is missing whole sums to 0"
    assert found["points", "member:99"] == (0, 1)
    assert found["wallets", "member:98"] == (0, 5)
    assert {rule for rule, _ in found} == set(books.RULES) - {"stock"}, "the database itself refuses stock"
    # With that guard gone the statement still finds it.
    guard = "TRIGGER stock_adds_up_update" if dialect() == "sqlite" else "CONSTRAINT stock_adds_up"
    await _break(f"DROP {guard}" if dialect() == "sqlite" else f"ALTER TABLE sku DROP {guard}")
    await _break(f"UPDATE sku SET received = received + 1 WHERE id = {sku.id}")
    total = sku.received
    assert Difference("stock", f"sku:{sku.id}", total + 1, total) in await books.check()

    count = await books.prove(house.shop)
    kept = await BooksCheck.all().order_by("-id").first()
    assert kept is not None
    assert kept.differences == count == len(found) + 2, "what was received is not what came in, either"
    async with house.http.get(f"{house.base}/metrics") as answer:
        assert f"hezi_books_differences {float(count)}" in await answer.text()


async def test_the_ledger_is_written_in_pieces(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await lived(house)
    monkeypatch.setattr(books, "CHUNK", 3)
    pieces = [piece async for piece in books.export()]
    rows = list(csv.DictReader(io.StringIO("".join(pieces))))
    assert len(pieces) > 3
    assert len(rows) == await LedgerLine.all().count()
    assert sum(int(row["amount_fen"]) for row in rows) == 0
    later = [piece async for piece in books.export(first=house.shop.now().date().replace(year=2030))]
    assert len(later) == 1, "the head alone"


def _hezi(database_url: str, *words: str) -> int:
    """The command line on a database of a test's, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        # As in production, and without its secrets: only rows are read.
        patch.setenv("HEZI_APP__MODE", "production")
        patch.setenv("HEZI_DATABASE__URL", database_url)
        try:
            return cli.main(list(words))
        except SystemExit as end:
            return int(end.code or 0)


def test_the_commands(sqlite_templates: dict[bool, Any], tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hezi.sqlite3"
    shutil.copy(sqlite_templates[True], path)
    url = f"sqlite://{path}"
    assert _hezi(url, "ledger", "check") == 0
    assert "The books agree" in capsys.readouterr().out
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "INSERT INTO ledger_line (created_at, event, account, amount_fen, day) "
            "VALUES ('2026-11-22 02:00:00+00:00', 'x', 'wechat', 5, '2026-11-22')"
        )
    assert _hezi(url, "ledger", "check") == 1
    assert "postings: event:x should be 0, is 5" in capsys.readouterr().out
    out = tmp_path / "ledger.csv"
    assert _hezi(url, "ledger", "export", "--from", "2026-11-22", "--out", str(out)) == 0
    assert out.read_text().splitlines()[1].split(",")[1:5] == ["2026-11-22", "x", "wechat", "5"]
    assert _hezi(url, "ledger", "export", "--from", "2026-11-23") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1

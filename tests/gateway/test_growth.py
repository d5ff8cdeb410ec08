"""A store that an earlier Mugai left opens with all that is in it and has the shape of a new one; or nothing changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway.store.opening  # noqa: F401  (the tables of every room)
from gateway.clock import Clock
from gateway.console.accounts import Accounts
from gateway.console.credentials import Seal
from gateway.console.standing import Origin
from gateway.cutoff import Stops
from gateway.model import State
from gateway.spool import Spool, keys
from gateway.store import growth, schema
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from gateway.store.growth import SchemaMismatch

STORES = sorted((Path(__file__).parent / "stores").glob("version_*.sql"))


def left_by(dump: Path, at: Path) -> Path:
    with sqlite3.connect(at / "mugai.db") as conn:
        conn.executescript(dump.read_text())
    return at / "mugai.db"


def shape(file: Path) -> Iterator[tuple[str, str, frozenset[tuple[object, ...]]]]:
    """Tables with their columns (the order does not matter), indexes with what they say."""
    with sqlite3.connect(file) as conn:
        for name, kind, text in conn.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"):
            columns, keys = (conn.execute(f"PRAGMA {what}({name})").fetchall() for what in ("table_info", "foreign_key_list"))
            yield name, text if kind == "index" else "", frozenset(each[1:] for each in (*columns, *(key[1:] for key in keys)))


def test_every_way_here_has_a_store_to_prove_it() -> None:
    assert [dump.stem for dump in STORES] == [f"version_{number}" for number in sorted(growth.STEPS)]


@pytest.mark.parametrize("dump", STORES, ids=lambda dump: dump.stem)
async def test_an_earlier_store_grows_to_the_shape_of_a_new_one_and_keeps_its_mail(dump: Path, tmp_path: Path) -> None:
    db, blobs = Db(left_by(dump, tmp_path)), Blobs(tmp_path / "blobs")
    Db(tmp_path / "new.db").close()
    assert list(shape(tmp_path / "mugai.db")) == list(shape(tmp_path / "new.db"))
    spool = Spool(db, blobs, Clock(), keys.opened(db, tmp_path / keys.FILE), inline_bytes=1 << 20)
    assert await spool.audit() == []
    [waits] = await spool.queue()
    shown = await spool.show(waits.item.receipt)
    [recipient] = shown.recipients
    assert (recipient.address, recipient.state) == ("taro@city.example.lg.jp", State.RECEIVED)
    content = await spool.content(shown.item.id)
    assert isinstance(content, bytes)
    assert content.endswith(b"still here\r\n")
    assert (await Accounts(db, Clock(), Seal(tmp_path / "console.key")).find("hanako@city.example.lg.jp")).origin is Origin.MAIL
    assert [halt.value for halt in await Stops(db, Clock()).active()] == ["taro@city.example.lg.jp"], "what was ended stays so"
    db.close()


@pytest.mark.parametrize("found", [1, schema.VERSION + 1])
def test_a_version_that_nobody_knows_is_refused_untouched(found: int, tmp_path: Path) -> None:
    file = left_by(STORES[0], tmp_path)
    with sqlite3.connect(file) as conn:
        conn.execute("UPDATE store_version SET version = ?", (found,))
    before = list(shape(file))
    with pytest.raises(SchemaMismatch, match=f"version {found}"):
        Db(file)
    assert list(shape(file)) == before


def test_a_step_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = left_by(STORES[0], tmp_path)
    before = list(shape(file))
    monkeypatch.setitem(growth.STEPS, 4, ("UPDATE no_such_table SET x = 1",))
    with pytest.raises(Exception, match="no_such_table"):
        Db(file)
    assert list(shape(file)) == before

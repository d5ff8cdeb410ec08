"""`mugai explain RECEIPT`: a stored mail is rehearsed as it came, by its own envelope and from its own client."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway.commands.explain import _specimen
from gateway.cutoff import Stops
from gateway.directory import Book
from gateway.model import Direction
from gateway.store.opening import Store
from tests.gateway.make_spool import SMALL, TO, envelope, rooms

SETTINGS = settings_file.load(Path(__file__).parents[2] / "config" / "gateway.yaml")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with rooms(tmp_path) as r:
        yield Store(r.db, r.clock, r.spool, r.quarantine, r.journal, Book(r.db, r.clock), Stops(r.db, r.clock))


async def kept(store: Store, content: bytes) -> str:
    incoming = store.spool.incoming()
    await incoming.write(content)
    return (await store.spool.accept(envelope(), incoming, b"")).receipt


def asked(file: str | Path, client: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(file=Path(file), client=client, sender=None, recipients=None, direction=Direction.INBOUND)


@pytest.mark.parametrize("size", [10, SMALL * 3])
async def test_a_stored_mail_is_asked_about_with_the_client_that_sent_it(store: Store, size: int) -> None:
    content = b"Subject: x\r\n\r\n" + b"a" * size
    receipt = await kept(store, content)
    specimen = await _specimen(asked(receipt), SETTINGS, store)
    assert (specimen.is_mail, specimen.content) == (True, content)
    assert (specimen.envelope.sender, specimen.envelope.recipients) == ("a@b.example", TO)
    assert specimen.envelope.client.address == "192.0.2.1"
    other = await _specimen(asked(receipt, "198.51.100.7"), SETTINGS, store)
    assert other.envelope.client.address == "198.51.100.7"


async def test_a_file_is_a_file_and_what_is_neither_is_said(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "20261128-K7Q2"
    file.write_bytes(b"PK")
    specimen = await _specimen(asked(file), SETTINGS, store)
    assert (specimen.is_mail, specimen.envelope.client.address) == (False, "127.0.0.1")
    with pytest.raises(LookupError):
        await _specimen(asked("20261128-ZZZZ"), SETTINGS, store)
    with pytest.raises(FileNotFoundError):
        await _specimen(asked(tmp_path / "nothing.eml"), SETTINGS, store)

"""A pack convinces without the store, and every way to change it is seen."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cutoff import Stops
from gateway.directory import Book
from gateway.evidence import archive
from gateway.evidence.examine import examine
from gateway.evidence.pack import Pack, make, read_original
from gateway.journal import Query, find
from gateway.journal.proof import Tree, root_from
from gateway.journal.tree import Frontier, leaf
from gateway.store.opening import Store
from tests.gateway.make_spool import Rooms, rooms

CONTENT = b"Subject: test\r\n\r\nbody\r\n"


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70))
def test_a_proof_leads_to_the_root_of_rfc_6962_and_a_wrong_one_does_not(entries: list[bytes]) -> None:
    frontier, tree = Frontier(), Tree([leaf(each) for each in entries])
    for each in entries:
        frontier.add(leaf(each))
    assert tree.root == frontier.root()
    for index, each in enumerate(entries):
        path = tree.path(index)
        assert root_from(leaf(each), index, len(entries), path) == tree.root
        assert root_from(leaf(each + b"x"), index, len(entries), path) != tree.root
        with pytest.raises(ValueError, match="long"):
            root_from(leaf(each), index, len(entries), [*path, b""])


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}\.txt", fullmatch=True), st.binary(max_size=99), min_size=1))
def test_an_archive_is_a_zip_that_anybody_opens_and_always_the_same(files: dict[str, bytes]) -> None:
    content = archive.archive(files)
    assert content == archive.archive(files)
    assert archive.read(content) == files
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == files


@given(st.binary())
def test_what_is_no_pack_of_ours_is_refused(content: bytes) -> None:
    assert not examine(content).ok
    assert not examine(b"PK\x03\x04" + content).ok


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[Rooms, Store]]:
    async with rooms(tmp_path) as r:
        yield r, Store(r.db, r.clock, r.spool, r.quarantine, r.journal, Book(r.db, r.clock), Stops(r.db, r.clock))


async def packed(store: tuple[Rooms, Store], *, original: bool = True) -> Pack:
    """Of one mail among several."""
    r, opened = store
    await r.held()
    item = await r.accept(CONTENT)
    await r.accept(b"another")
    content = await read_original(opened, item.receipt) if original else None
    return await make(opened, Query(item=item.receipt), "csirt", "調査のため", content)


async def test_lg11_a_pack_is_whole_and_says_so(store: tuple[Rooms, Store]) -> None:
    pack = await packed(store)
    found = examine(pack.content, store[1].journal.verifier)
    assert (found.ok, found.entries, found.own_key) == (True, 1, False), found.problems
    files = archive.read(pack.content)
    assert files["original.eml"] == CONTENT
    assert "件数: 1" in files["report.txt"].decode()
    custody = files["custody.txt"].decode()
    assert "csirt" in custody
    assert "調査のため" in custody
    assert hashlib.sha256(files["entries.jsonl"]).hexdigest() in custody
    [entry] = await find(store[0].db, Query(kind="packed"), 9)
    assert dict(entry.facts)["sha256"] == pack.sha256


async def test_lg11_every_change_to_a_pack_is_seen(store: tuple[Rooms, Store]) -> None:
    pack = await packed(store)
    files = archive.read(pack.content)
    for name, content in files.items():
        for changed in (content[:-2] + b"x\n", b"", content.replace(b"hanako", b"jiro12")):
            if changed != content and not examine(archive.archive({**files, name: changed})).problems:
                pytest.fail(name)
    for name in files:
        assert not examine(archive.archive({n: c for n, c in files.items() if n != name})).ok, name
    for at in range(0, len(pack.content), 97):
        broken = bytearray(pack.content)
        broken[at] ^= 1
        assert not examine(bytes(broken)).ok, at


def forged(files: dict[str, bytes], **changed: bytes) -> bytes:
    """With a manifest that fits: whoever forges a pack can make one."""
    fresh = {**files, **{name.replace("_", "."): content for name, content in changed.items()}}
    del fresh["manifest.txt"]
    lines = "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in fresh.items())
    return archive.archive({**fresh, "manifest.txt": lines.encode()})


async def test_lg11_a_forger_with_a_manifest_is_seen_by_the_tree(store: tuple[Rooms, Store]) -> None:
    files = archive.read((await packed(store)).content)
    assert examine(forged(files)).ok
    edited = files["entries.jsonl"].replace(b"192.0.2.1", b"192.0.2.2")
    assert any("not what was signed" in each for each in examine(forged(files, entries_jsonl=edited)).problems)
    opened = files["personal.jsonl"].replace(b"hanako", b"jiro12")
    assert any("recipients of entry" in each for each in examine(forged(files, personal_jsonl=opened)).problems)
    other = examine(forged(files, original_eml=b"another mail"))
    assert other.problems == ("original.eml is not the mail that was received",)
    assert not examine(forged(files), "gw.example/journal+00000000+AAAA").ok, "another key than the one kept elsewhere"
    twice = {**json.loads(files["proofs.json"]), "paths": {}}
    assert not examine(forged(files, proofs_json=json.dumps(twice).encode())).ok


async def test_what_is_not_there_is_not_packed(store: tuple[Rooms, Store]) -> None:
    r, opened = store
    with pytest.raises(LookupError):
        await make(opened, Query(item="R-NONE"), "csirt", "x")
    await r.accept()
    query = replace(Query(), since=1.0, until=r.clock.now() + 1)
    assert (await make(opened, query, "csirt", "x")).entries == 1

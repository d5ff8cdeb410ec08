"""The evidence pack of one message or a period: entries, their openings, proofs, the signed checkpoint, and sheets for people.

Everything that vouches for it is inside but the public key that somebody kept elsewhere; `examine` checks a pack without the
store.  Who made it, when and why stands in the chain-of-custody sheet and in the journal.
Raises LookupError (no entries), ValueError (too many), JournalDamaged.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST
from gateway.evidence.archive import archive
from gateway.evidence.sentence import sentence
from gateway.journal import Entry, JournalDamaged, Query, reading
from gateway.journal.note import Checkpoint, open_note
from gateway.journal.proof import Tree
from gateway.store.opening import Store
from gateway.store.schema import journal as table
from gateway.store.schema import journal_personal
from gateway.visible import visible

MOST = 20_000  # entries in one pack; above that a disk image is the better evidence
NAMES = ("entries.jsonl", "personal.jsonl", "proofs.json", "checkpoint.txt", "key.txt", "report.txt", "custody.txt")


@dataclass(frozen=True, slots=True)
class Pack:
    content: bytes
    sha256: str
    entries: int


@dataclass(frozen=True, slots=True)
class _Material:
    entries: tuple[Entry, ...]  # oldest first
    raw: tuple[bytes, ...]
    personals: tuple[dict[str, object], ...]
    proofs: dict[int, list[str]]


async def make(
    store: Store,
    query: Query,
    actor: str,
    reason: str,
    original: bytes | None = None,
    further: Mapping[str, bytes] | None = None,
) -> Pack:
    """All entries that `query` finds, of what is sealed and signed at this moment; `further` files go with them."""
    await store.journal.seal()
    note = await store.journal.checkpoint()
    checkpoint, now = open_note(note, store.journal.verifier), store.clock.now()
    found = await store.db.read(_gathered, query, checkpoint)
    files = {
        "entries.jsonl": b"".join(line + b"\n" for line in found.raw),
        "personal.jsonl": b"".join(json.dumps(each).encode() + b"\n" for each in found.personals),
        "proofs.json": json.dumps({"size": checkpoint.size, "paths": found.proofs}).encode(),
        "checkpoint.txt": note.encode(),
        "key.txt": store.journal.verifier.encode() + b"\n",
        "report.txt": _report(found.entries, query).encode(),
    }
    files |= further or {}
    if original is not None:
        files["original.eml"] = original
    files["custody.txt"] = _custody(files, found.entries, actor, reason, now).encode()
    files["manifest.txt"] = "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in files.items()).encode()
    content = archive(files)
    made = Pack(content, hashlib.sha256(content).hexdigest(), len(found.entries))
    about = found.entries[0].item if query.item else ""
    packed = journal.Packed(
        item=about, actor=actor, reason=reason, sha256=made.sha256, entries=made.entries, original=original is not None
    )
    await store.journal.write(packed)
    return made


async def read_original(store: Store, key: str) -> bytes:
    """By receipt number or id.  Raises LookupError, MissingContent."""
    content = await store.spool.content((await store.spool.show(key)).item.id)
    if isinstance(content, bytes):
        return content
    with os.fdopen(content, "rb") as file:
        return await asyncio.to_thread(file.read)


def _gathered(conn: sa.Connection, query: Query, checkpoint: Checkpoint) -> _Material:
    entries = [each for each in reading.select(conn, query, MOST + 1) if each.seq is not None and each.seq < checkpoint.size]
    if len(entries) > MOST:
        raise ValueError(f"more than {MOST} entries; choose a shorter period")
    if not entries:
        raise LookupError("no entries")
    entries.reverse()
    leaves = conn.scalars(sa.select(table.c.leaf).where(table.c.seq < checkpoint.size).order_by(table.c.seq)).all()
    tree = Tree(leaves)
    if tree.root != checkpoint.root:
        raise JournalDamaged("the entries are not what was signed; run `mugai journal verify`")
    events, raw, personals = [each.event for each in entries], dict[int, bytes](), list[dict[str, object]]()
    seqs = {each.event: each.seq for each in entries}
    for start in range(0, len(events), 500):
        some = events[start : start + 500]
        raw |= {r.event: r.entry for r in conn.execute(sa.select(table.c.event, table.c.entry).where(table.c.event.in_(some)))}
        opened = conn.execute(sa.select(journal_personal).where(journal_personal.c.event.in_(some)).order_by(*_ORDER))
        personals += [_personal(row, seqs[row.event]) for row in opened]
    proofs = {int(each.seq): [h.hex() for h in tree.path(int(each.seq))] for each in entries if each.seq is not None}
    return _Material(tuple(entries), tuple(raw[event] for event in events), tuple(personals), proofs)


_ORDER = (journal_personal.c.event, journal_personal.c.field, journal_personal.c.position)


def _personal(row: sa.Row[Any], seq: int | None) -> dict[str, object]:
    return {"seq": seq, "field": row.field, "position": row.position, "salt": row.salt.hex(), "value": row.value}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y年%m月%d日 %H:%M:%S")


def _report(entries: Sequence[Entry], query: Query) -> str:
    """What happened, a sentence a line, and the digests of what was delivered."""
    lines = ["記録の写し / Extract of the record", "", f"条件: {visible(str(query))}", f"件数: {len(entries)}", ""]
    for entry in entries:
        lines.append(f"[{entry.seq}] {_moment(entry.at)} {entry.item}")
        lines.append(f"    {visible(sentence(entry))}")
    copies = dict.fromkeys(dict(e.facts).get("sha256", "") for e in entries if e.kind in ("cleared_for_delivery", "relayed"))
    lines += ["", "配送した写しの SHA-256 / SHA-256 of what was delivered:", *(f"    {each}" for each in copies if each)]
    return "\r\n".join(lines) + "\r\n"


def _custody(files: dict[str, bytes], entries: Sequence[Entry], actor: str, reason: str, now: float) -> str:
    """証拠物件管理票: who had it in hand, from the first moment on; the rest is filled in by pen."""
    lines = [
        "証拠物件管理票 (Chain of custody)",
        "",
        f"作成日時 : {_moment(now)} (日本時間)",
        f"作成者 : {visible(actor)}",
        f"作成理由 : {visible(reason)}",
        f"作成装置 : Mugai {version('mugai')}",
        f"記録の範囲 : 通し番号 {entries[0].seq} から {entries[-1].seq} のうち {len(entries)} 件",
        f"記録の日時 : {_moment(entries[0].at)} から {_moment(entries[-1].at)}",
        f"原本 : {'original.eml として含む' if 'original.eml' in files else '含まない'}",
        "",
        "内容物 (SHA-256)",
        *(f"  {hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items()),
        "",
        "検証の方法 : mugai journal verify --pack このファイル --key 別に保管した公開鍵",
        "  公開鍵は、この一式に入っているものではなく、別に保管したものと照合してください。",
        "",
        "受け渡しの記録",
        "  日時                  渡した者              受け取った者          目的・保管場所          署名",
        *("  ".join(("", "_" * 20, "_" * 20, "_" * 20, "_" * 22, "_" * 8)) for _ in range(6)),
    ]
    return "\r\n".join(lines) + "\r\n"

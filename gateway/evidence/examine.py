"""Is an evidence pack whole and true?  Without the store: manifest, signature, every entry's proof, every opened value.

What was erased from the store stays unopened and is no fault.  A pack that convinces says what is in it, never that this is
all that happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.evidence import archive
from gateway.evidence.pack import NAMES
from gateway.journal.note import BadNote, open_note
from gateway.journal.proof import root_from
from gateway.journal.tree import leaf

_OPTIONAL = "original.eml"


@dataclass(frozen=True, slots=True)
class Examination:
    entries: int
    checkpoint: int  # how many entries the journal had when it was signed
    problems: tuple[str, ...]
    own_key: bool  # the key came with the pack: somebody must compare it

    @property
    def ok(self) -> bool:
        return not self.problems


def examine(content: bytes, key: str = "") -> Examination:
    """`key` is the public key that was kept elsewhere; without it the pack's own is believed."""
    try:
        files = archive.read(content)
        if missing := [name for name in (*NAMES, "manifest.txt") if name not in files]:
            return Examination(0, 0, (f"missing: {', '.join(missing)}",), not key)
        entries = files["entries.jsonl"].splitlines()
        note = open_note(files["checkpoint.txt"].decode(), key or files["key.txt"].decode())
        problems = [*_manifest(files), *_proofs(files, entries, note.size, note.root), *_openings(files, entries)]
        if (original := files.get(_OPTIONAL)) is not None:
            problems += _original(original, entries)
        return Examination(len(entries), note.size, tuple(problems), not key)
    except BadNote as bad:
        return Examination(0, 0, (f"checkpoint: {bad}",), not key)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as bad:  # whatever JSON somebody put there
        return Examination(0, 0, (f"not readable: {bad}",), not key)


def _manifest(files: dict[str, bytes]) -> Iterator[str]:
    lines = (line.split("  ", 1) for line in files["manifest.txt"].decode().splitlines())
    listed = {name: digest for digest, name in lines}
    for name in files.keys() - listed.keys() - {"manifest.txt"}:
        yield f"{name} is not in the manifest"
    for name, digest in listed.items():
        if name not in files or hashlib.sha256(files[name]).hexdigest() != digest:
            yield f"{name} is not what the manifest says"


def _proofs(files: dict[str, bytes], entries: list[bytes], size: int, root: bytes) -> Iterator[str]:
    paths = json.loads(files["proofs.json"])["paths"]
    if len(paths) != len(entries):
        yield f"{len(entries)} entries, {len(paths)} proofs"
    for (number, path), entry in zip(paths.items(), entries, strict=False):
        try:
            reached = root_from(leaf(entry), int(number), size, [bytes.fromhex(each) for each in path])
        except ValueError as bad:
            yield f"entry {number}: {bad}"
        else:
            if reached != root:
                yield f"entry {number} is not what was signed"


def _openings(files: dict[str, bytes], entries: list[bytes]) -> Iterator[str]:
    facts = dict(zip(json.loads(files["proofs.json"])["paths"], map(json.loads, entries), strict=False))
    for line in files["personal.jsonl"].splitlines():
        opened = json.loads(line)
        committed = facts[str(opened["seq"])][opened["field"]]["sha256"][opened["position"]]
        if hashlib.sha256(bytes.fromhex(opened["salt"]) + opened["value"].encode()).hexdigest() != committed:
            yield f"{opened['field']} of entry {opened['seq']} was edited"


def _original(original: bytes, entries: list[bytes]) -> list[str]:
    digest = hashlib.sha256(original).hexdigest()
    received = {facts["sha256"] for facts in map(json.loads, entries) if facts["kind"] == "received"}
    return [] if digest in received else ["original.eml is not the mail that was received"]

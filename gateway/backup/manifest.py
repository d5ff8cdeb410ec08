"""What is in a backup: the SHA-256 of every file, and of each key that is not in it; signed by the journal's key.

It is written last, so a backup without its manifest is none.  Below the title it is what `sha256sum` writes.  Raises BadBackup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.journal.note import BadNote, open_text
from gateway.trouble import Trouble

TITLE = "mugai backup 1"
FILE = "MANIFEST"
DATABASE = "state/mugai.sqlite"


class BadBackup(Trouble):
    """Not a backup, not whole, or not ours; the text says which."""


@dataclass(frozen=True, slots=True)
class Manifest:
    host: str  # names the journal and its key
    made: str  # in Japan, for people: 2026-11-28 02:10:07
    version: str
    entries: int  # of the journal
    size: int  # bytes, of all files
    keys: Mapping[str, str]  # SHA-256 by name
    files: Mapping[str, str] = field(repr=False)  # SHA-256 by path below the backup

    def text(self) -> str:
        head = (("host", self.host), ("made", self.made), ("version", self.version), ("entries", self.entries))
        lines = [f"# {name}: {value}" for name, value in (*head, ("size", self.size))]
        lines += [f"# key {digest}  {name}" for name, digest in self.keys.items()]
        lines += [f"{digest}  {name}" for name, digest in self.files.items()]
        return "\n".join((TITLE, *lines, ""))


def read(backup: Path) -> Manifest:
    """What it says of itself; whether that is so, `signed` says."""
    return _parsed(_note(backup))


def signed(backup: Path, verifier: str) -> Manifest:
    """By the key of the journal that it holds."""
    try:
        return _parsed(open_text(_note(backup), verifier))
    except BadNote as bad:
        raise BadBackup(f"{backup / FILE}: {bad}") from None


def _note(backup: Path) -> str:
    try:
        return (backup / FILE).read_text("utf-8")
    except FileNotFoundError:
        raise BadBackup(f"{backup} is no backup, or was not finished: it has no {FILE}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadBackup(f"{backup / FILE}: {error}") from None


def _parsed(text: str) -> Manifest:
    title, *lines = text.partition("\n\n")[0].splitlines()
    if title != TITLE:
        raise BadBackup(f"a backup of another program, or of a later one: {title[:80]!r}")
    head, keys, files = dict[str, str](), dict[str, str](), dict[str, str]()
    for line in lines:
        if line.startswith("# key "):
            digest, _, name = line[6:].partition("  ")
            keys[name] = digest
        elif line.startswith("# "):
            name, _, value = line[2:].partition(": ")
            head[name] = value
        else:
            digest, _, name = line.partition("  ")
            files[name] = digest
    try:
        entries, size = int(head["entries"]), int(head["size"])
        return Manifest(head["host"], head["made"], head["version"], entries, size, keys, files)
    except (KeyError, ValueError) as error:
        raise BadBackup(f"its manifest is not complete: {error}") from None

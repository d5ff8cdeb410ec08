"""Are configuration and program as somebody approved them? (HD-02)  A signed baseline, compared at start, hourly, on reload.

The baseline is a text of SHA-256 and path, signed by the journal's key and kept in the state directory; the journal knows
which one is the newest: an older one put back, or a file taken away, is seen.  `integrity.when_changed` says what a difference
means.  Who can change files *and* use the key can make a new baseline: the journal tells of it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway import journal, yaml_file
from gateway.journal import Journal
from gateway.journal.note import BadNote, durable_write, open_text
from gateway.store.db import Db
from gateway.words import Words

if TYPE_CHECKING:  # they stand on this one
    from gateway.settings import Settings
    from gateway.store.opening import Store

TITLE = "mugai baseline"  # no journal is called so: a checkpoint is no baseline
FILE = "baseline.note"
NONE = "no baseline was made: mugai baseline make"
SHOWN = 5
PROGRAM = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


class IntegritySettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    when_changed: Literal["alarm", "refuse"] = Field(
        "alarm",
        description="refuse = neither start nor reload with files that differ from the baseline, or without one.",
    )


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is that decides what becomes of mail."""

    config: Path
    policy: Path
    free_mail: Path
    notices: Path

    def files(self) -> Iterator[Path]:
        """Configuration with all that it lies over, notices, and the program.  Raises BadConfiguration."""
        for written in (self.config, self.policy):
            yield from (Path(name) for name in (str(written), *yaml_file.read(written).below))
        yield self.free_mail
        yield from (path for path in self.notices.rglob("*") if path.is_file())
        for room in ("gateway", "sanitizers"):
            yield from (p for p in (PROGRAM / room).rglob("*") if p.is_file() and p.suffix != ".pyc")


class Integrity:
    def __init__(self, places: Places, state: Path, db: Db, record: Journal):
        self._places, self._file, self._db, self._journal = places, state / FILE, db, record
        self._told = ""

    async def make(self, actor: str, reason: str) -> int:
        """The present state is the one that shall be.  How many files.  Raises BadConfiguration, OSError, ValueError."""
        if not reason.strip():
            raise ValueError("a baseline needs a reason")
        found = self._present()
        note = self._journal.sign("".join([f"{TITLE}\n", *(f"{digest}  {path}\n" for path, digest in found.items())]))
        durable_write(self._file, note.encode())
        made = journal.BaselineMade(actor=actor, reason=reason, files=len(found), sha256=_digest(note.encode()))
        await self._journal.write(made)
        return len(found)

    async def difference(self) -> tuple[str, ...]:
        """What is not as the baseline says, a line each; () = everything is.  Raises BadConfiguration, OSError."""
        newest = await journal.search(self._db, kind=journal.BaselineMade.kind(), limit=1)
        try:
            note = self._file.read_bytes()
            text = open_text(note.decode(), self._journal.verifier)
        except FileNotFoundError:
            return ("the baseline was taken away" if newest else NONE,)
        except (BadNote, UnicodeDecodeError):
            return ("the baseline is not signed by this journal's key",)
        if not newest or dict(newest[0].facts)["sha256"] != _digest(note):
            return ("the baseline is not the newest one that the journal knows",)
        title, *lines = text.splitlines()
        if title != TITLE:
            return ("the baseline is something else",)
        wanted, present = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}, self._present()
        return tuple(
            f"{'new' if path not in wanted else 'gone' if path not in present else 'changed'}: {path}"
            for path in sorted(wanted.keys() | present.keys())
            if wanted.get(path) != present.get(path)
        )

    async def look(self) -> str:
        """The difference in one line, "" for none; one alarm for each new one.  Raises BadConfiguration, OSError.

        That nobody made a baseline yet is told, but no alarm."""
        found = await self.difference()
        said = "; ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
        if said == NONE:
            log.warning("configuration is not watched: %s", said)
        elif found and said != self._told:
            log.error("ALARM configuration: %s", said)
            words = Words(f"承認された設定と違うファイルがあります: {said}", said)
            self._journal.later(journal.Alarm.of("configuration", words))
        self._told = said
        return said

    def _present(self) -> dict[str, str]:
        return {str(path.resolve()): _digest(path.read_bytes()) for path in self._places.files()}


def integrity_of(settings: Settings, store: Store, config: Path) -> Integrity:
    places = Places(config, Path(settings.policy), Path(settings.free_mail), Path(settings.notices))
    return Integrity(places, settings.state_directory, store.db, store.journal)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

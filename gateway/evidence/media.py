"""The record on other media: each night the day before as evidence packs, read back and examined (LG-02, LG-03).

The folder is mounted from elsewhere: NFS, WORM, a disk that goes into a safe.  A day is done when its slip is there: it names
the packs with their digests, carries the newest signed checkpoint and is written last.  Days that were missed follow, oldest
first.  Nothing is overwritten or deleted here: how long media are kept is theirs.  A pack holds addresses and subjects.
Raises OSError (no medium, no room), BadCopy, JournalDamaged.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST
from gateway.evidence import pack
from gateway.evidence.examine import examine
from gateway.evidence.pack import Pack
from gateway.journal import Query
from gateway.journal.note import durable_write
from gateway.journal_settings import MediaSettings
from gateway.store.opening import Store
from gateway.store.schema import journal as table

FURTHEST = 31  # days back: a medium that was away for a month is full of other questions
SHORTEST = 60.0  # seconds: a minute with more entries than one pack holds is no day's work


class BadCopy(Exception):
    """What was read back is not what was written, or does not convince."""


@dataclass(frozen=True, slots=True)
class Media:
    settings: MediaSettings
    store: Store

    async def due(self) -> int:
        """How many days were copied now."""
        now = datetime.fromtimestamp(self.store.clock.now(), JST)
        if not self.settings.folder or now.time() < time.fromisoformat(self.settings.at) or self.store.clock.jump:
            return 0
        folder = Path(self.settings.folder)
        wanted = await asyncio.to_thread(_missing, folder, await self._days(now))
        for day in wanted:
            await self._copy(folder, day)
        return len(wanted)

    async def _days(self, now: datetime) -> list[datetime]:
        """From the first entry to yesterday."""
        first = await self.store.db.read(lambda conn: conn.scalar(sa.select(sa.func.min(table.c.at))))
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        days = [today - timedelta(days=back) for back in range(FURTHEST, 0, -1)]
        return [day for day in days if first is not None and (day + timedelta(days=1)).timestamp() > first]

    async def _copy(self, folder: Path, day: datetime) -> None:
        lines, entries = [], 0
        async for made in self._packs(day.timestamp(), (day + timedelta(days=1)).timestamp()):
            name = f"{_stem(day)}.{made.sha256[:12]}.zip"
            await asyncio.to_thread(_write_and_read, folder / name, made, self.store.journal.verifier)
            lines.append(f"{made.sha256}  {name}  {made.entries}")
            entries += made.entries
        slip = "\n".join(_slip(day, lines, entries, await self.store.journal.checkpoint()))
        await asyncio.to_thread(durable_write, folder / f"{_stem(day)}.txt", slip.encode())
        await self.store.journal.write(
            journal.Copied(day=f"{day:%Y-%m-%d}", folder=str(folder), packs=len(lines), entries=entries)
        )

    async def _packs(self, since: float, until: float) -> AsyncIterator[Pack]:
        """Oldest first; a time with too many entries for one pack is halved."""
        reason = "毎日の写し / daily copy (LG-03)"
        try:
            yield await pack.make(self.store, Query(since=since, until=until), "gateway", reason)
        except LookupError:
            return
        except ValueError:
            if until - since <= SHORTEST:
                raise
            middle = (since + until) / 2
            for start, end in ((since, middle), (middle, until)):
                async for made in self._packs(start, end):
                    yield made


def _stem(day: datetime) -> str:
    return f"mugai-journal-{day:%Y-%m-%d}"


def _missing(folder: Path, days: list[datetime]) -> list[datetime]:
    if not folder.is_dir():  # never made here: it would be on our own disk, and nobody would notice
        raise FileNotFoundError(f"{folder} is not there: is the medium mounted?")
    return [day for day in days if not (folder / f"{_stem(day)}.txt").exists()]


def _write_and_read(file: Path, made: Pack, key: str) -> None:
    durable_write(file, made.content)
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != made.sha256:
        raise BadCopy(f"{file}: read back, it is something else")
    found = examine(content, key)
    if found.problems or found.entries != made.entries:
        raise BadCopy(f"{file}: {'; '.join(found.problems) or 'entries are missing'}")


def _slip(day: datetime, lines: list[str], entries: int, checkpoint: str) -> Iterator[str]:
    yield f"記録の写し / Copy of the record: {day:%Y-%m-%d} (日本時間)"
    yield f"{entries} 件、書き込んだ後に読み戻して確かめました。 / {entries} entries, read back and examined."
    yield "確かめるには / to examine one: mugai journal verify --pack FILE --key VKEY"
    yield ""
    yield from lines
    yield ""
    yield checkpoint

"""A backup each night, and so many kept; now and then the newest is put back aside, whether it works (AVL-03).

Raises what `making` raises, and then nothing older was deleted; BadBackup for one that does not come back.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from gateway import journal
from gateway.backup.making import found, make
from gateway.backup.manifest import BadBackup
from gateway.clock import JST
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.words import Words

LOOK_SECONDS = 3_600.0
_DAY = 86_400.0
_DAYS = {"weekly": 7, "monthly": 30}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Nightly:
    settings: Settings
    config: Path
    store: Store

    async def run(self, alarm: Callable[[str, Words], None]) -> None:
        """Beside the housekeeping: a slow medium must not keep that waiting."""
        while True:
            try:
                await self.due()
            except Exception as error:
                log.exception("no backup was made, tried again in an hour")
                alarm("backup", Words(f"バックアップを作れませんでした。1時間後にもう一度行います: {error}", str(error)))
            try:
                await self.rehearsal_due()
            except Exception as error:
                log.exception("no rehearsal of a restore")
                alarm("rehearsal", Words(f"バックアップを試しに復元できませんでした: {error}", str(error)))
            await asyncio.sleep(LOOK_SECONDS)

    async def due(self) -> bool:
        """Whether one was made now; one a day."""
        wanted, now = self.settings.backup, datetime.fromtimestamp(self.store.clock.now(), JST)
        if not wanted.folder or now.time() < time.fromisoformat(wanted.at) or self.store.clock.jump:
            return False
        folder, host = Path(wanted.folder), self.settings.hostname
        there = await asyncio.to_thread(found, folder, host)
        if there and there[-1].name.removeprefix(f"mugai-{host}-")[:8] == f"{now:%Y%m%d}":
            return False
        await make(self.settings, self.config, self.store, folder, "gateway", lambda done, total: None)
        for old in (await asyncio.to_thread(found, folder, host))[: -wanted.keep]:
            await asyncio.to_thread(shutil.rmtree, old)
        return True

    async def rehearsal_due(self) -> bool:
        """Whether the newest was tried now; one that did not come back is tried again after a day."""
        wanted, now = self.settings.backup, self.store.clock.now()
        if not wanted.folder or wanted.rehearse not in _DAYS or self.store.clock.jump:
            return False
        there = await asyncio.to_thread(found, Path(wanted.folder), self.settings.hostname)
        last = await journal.search(self.store.db, kind="rehearsed", limit=1)
        days = 0 if not last else 1 if dict(last[0].facts).get("problems") else _DAYS[wanted.rehearse]
        if not there or (last and now - last[0].at < days * _DAY):
            return False
        await self._rehearse(there[-1])
        return True

    async def _rehearse(self, backup: Path) -> None:
        """By the command that people have, which records it; in a process that gives way: it reads and decrypts everything."""
        command = (sys.executable, "-m", "gateway.cli", "--config", str(self.config), "restore", "--rehearse", str(backup))
        pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        process = await asyncio.create_subprocess_exec("nice", *command, stdout=pipe, stderr=both)
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:  # the gateway stops
                process.kill()
                await process.wait()
        if process.returncode:
            raise BadBackup(f"{backup.name}: {said.decode(errors='replace').strip()[-500:]}")

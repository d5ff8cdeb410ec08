"""A backup each night, and so many kept (AVL-03).  Raises what `making` raises; then nothing older was deleted."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from gateway.backup.making import found, make
from gateway.clock import JST
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.words import Words

LOOK_SECONDS = 3_600.0

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

"""A place for looks beside the mail's own lanes: a sandbox, a scanner and LibreOffice, set up as the gateway's are, so that
what is found here is what the gateway would find.  Signatures may be of any age: a look delivers nothing.  Raises SandboxDown.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from gateway.inspection import Inspector
from gateway.notice import Notices
from gateway.office import Office
from gateway.sandbox import Sandbox, SandboxDown
from gateway.scan import Scanner
from gateway.settings import Settings, trust_anchors
from sanitizers.lock.office import OfficeCaps


class Workbench:
    """`scan` False is for `mugai explain --no-scan`."""

    def __init__(self, settings: Settings, notices: Notices, *, scan: bool = True):
        self._sandbox = Sandbox(
            minimum_level=settings.sandbox.minimum_level,
            cpu_seconds=settings.sandbox.cpu_seconds,
            memory_bytes=settings.sandbox.memory,
            hidden=str(settings.state_directory.resolve()),
        )
        clamav, office = settings.clamav, settings.sandbox
        scanner = Scanner(settings.place(clamav.socket), largest=clamav.largest, timeout=clamav.timeout, oldest=0)
        caps = OfficeCaps(cpu_seconds=office.cpu_seconds)
        self._office = Office(
            enabled=office.office, lanes=1, caps=caps, work=office.office_directory, converters=office.converters
        )
        self._required = office.minimum_level
        self.inspector = Inspector(
            self._sandbox,
            scanner if scan else None,
            wall_seconds=office.wall_seconds,
            office=self._office,
            note=notices.withheld_note,
            anchors=trust_anchors(settings),
        )

    async def start(self) -> None:
        """Proven as the gateway's is, or not at all."""
        test = await self._sandbox.start()
        if not self._sandbox.ready:
            await self._sandbox.stop()
            raise SandboxDown(f"sandbox level {test.level}, {self._required} is required")
        await self._office.start()

    async def stop(self) -> None:
        await self._sandbox.stop()
        await self._office.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

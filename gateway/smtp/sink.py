"""A recording next hop for `make run` and tests: keeps each mail as NNNN.eml with its envelope beside it in NNNN.json.

Stock aiosmtpd: what it accepts is what an ordinary server would.  Not for real mail: it stores without fsync.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """`start` raises OSError when the port is taken."""

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0):
        self.directory, self._host, self._port = directory, host, port
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return cast(int, self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._number = max((int(file.stem) for file in self.directory.glob("*.eml")), default=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="sink.example", enable_SMTPUTF8=True, data_size_limit=None, loop=loop),
            self._host,
            self._port,
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]) -> list[str]:
        session.host_name = name
        return [*answers[:-1], "250-PIPELINING", answers[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The content appears last and whole: who sees the .eml sees the .json too."""
        self._number += 1
        eml = self.directory / f"{self._number:04d}.eml"
        beside = {"sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "options": envelope.mail_options}
        eml.with_suffix(".json").write_text(json.dumps(beside, ensure_ascii=False), encoding="utf-8")
        unfinished = eml.with_suffix(".part")
        unfinished.write_bytes(envelope.original_content or b"")
        unfinished.rename(eml)
        return f"250 2.0.0 recorded as {eml.name}"

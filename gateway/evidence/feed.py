"""The journal as it grows, to a SOC's syslog collector: RFC 5424 by UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425).

The journal itself is the queue: what was sent is a number in a file, so that nothing is kept in memory, nothing is lost while
the collector is down, and the gateway waits for nobody.  After a crash a batch may be sent twice.  Only a backlog longer than
BACKLOG is skipped, and then an alarm says how much.  By UDP nobody knows what arrives: that is UDP's.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import sqlalchemy as sa

from gateway import journal
from gateway.evidence.export import cef, structured, syslog
from gateway.journal import Entry, reading
from gateway.journal.note import durable_write
from gateway.journal_settings import SyslogSettings
from gateway.settings import Settings
from gateway.store.db import Db
from gateway.store.opening import Store
from gateway.store.schema import journal as table
from gateway.words import Words

BATCH = 500  # entries read and sent at once
BACKLOG = 1_000_000  # entries; some days of a large city
EVERY_SECONDS = 2.0
AGAIN_SECONDS = 30.0  # after a failure
WITHHELD = "(withheld)"

log = logging.getLogger(__name__)


def of(settings: Settings, store: Store, on_alarm: Callable[[Words], None]) -> Feed:
    return Feed(settings.journal.syslog, store.db, settings.place("syslog.sent"), settings.hostname, on_alarm)


class Feed:
    def __init__(self, settings: SyslogSettings, db: Db, sent: Path, hostname: str, on_alarm: Callable[[Words], None]):
        """`sent`: the file that remembers how far the collector has it."""
        self._settings, self._db, self._file, self._hostname, self._alarm = settings, db, sent, hostname, on_alarm
        self._writer: asyncio.StreamWriter | None = None
        self._down = False

    async def run(self) -> None:
        """For ever; nothing to do without a collector."""
        pause = 0.0
        try:
            while self._settings.to:
                await asyncio.sleep(pause)
                pause = await self._pause()
        finally:
            await self.close()

    async def _pause(self) -> float:
        """Sends what there is; how long to wait then."""
        try:
            more = await self.step()
        except (OSError, TimeoutError) as error:
            await self.close()
            if not self._down:  # one alarm for each time that it goes away
                why = str(error) or type(error).__name__
                ja = f"syslogサーバーが記録を受け取りません。つながり次第、続きから送ります: {why}"
                self._alarm(Words(ja, f"the syslog collector does not take the journal: {why}"))
            self._down = True
            return AGAIN_SECONDS
        except Exception:
            log.exception("the journal was not sent, tried again later")
            return AGAIN_SECONDS
        self._down = False
        return 0.0 if more else EVERY_SECONDS

    async def step(self) -> bool:
        """One batch; whether there may be more.  Raises OSError, TimeoutError."""
        first, size = await self._next(), await self._db.read(_size)
        if size - first > BACKLOG:
            skipped, first = size - BACKLOG - first, size - BACKLOG
            en = f"{skipped} entries were not sent to the syslog collector: too many waited; they are in the journal"
            ja = f"待ちが多すぎたため、記録{skipped}件をsyslogサーバーに送っていません。記録には残っています。"
            self._alarm(Words(ja, en))
        entries = await self._db.read(_from, first)
        if not entries:
            return False
        async with asyncio.timeout(self._settings.timeout):
            await self._send([self._message(each) for each in entries])
        await self._remember(first + len(entries))
        return len(entries) == BATCH

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _next(self) -> int:
        """A collector that is new begins with what comes from now on."""
        try:
            return int(await asyncio.to_thread(self._file.read_text))
        except FileNotFoundError:
            size = await self._db.read(_size)
            await self._remember(size)
            return size

    async def _remember(self, number: int) -> None:
        await asyncio.to_thread(durable_write, self._file, str(number).encode())

    def _message(self, entry: Entry) -> bytes:
        shown = entry if self._settings.personal else without_personal(entry)
        rest = structured(shown) if self._settings.form == "rfc5424" else f"- {cef(shown)}"
        return syslog(shown, self._hostname, rest)

    async def _send(self, messages: list[bytes]) -> None:
        target = urlsplit(self._settings.to)
        host, port = cast(str, target.hostname), cast(int, target.port)
        if target.scheme == "udp":
            await _by_udp(host, port, messages)
            return
        if self._writer is None or self._writer.is_closing():
            context = ssl.create_default_context(cafile=self._settings.ca_file or None) if target.scheme == "tls" else None
            _, self._writer = await asyncio.open_connection(host, port, ssl=context)
        for message in messages:
            self._writer.write(b"%d %b" % (len(message), message))  # octet counting, RFC 6587 3.4.1
        await self._writer.drain()


def without_personal(entry: Entry) -> Entry:
    """A collector is another house; what it needs is who did what to which mail by which rule."""
    hidden = _PERSONAL.get(entry.kind, frozenset())
    facts = tuple((name, WITHHELD if name in hidden and value else value) for name, value in entry.facts)
    return replace(entry, facts=facts)


_PERSONAL = {
    each.kind(): frozenset(f.name for f in fields(each) if "personal" in f.metadata)
    for each in vars(journal).values()
    if isinstance(each, type) and issubclass(each, journal.Event) and each is not journal.Event
}


async def _by_udp(host: str, port: int, messages: list[bytes]) -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, port))
    try:
        for message in messages:
            transport.sendto(message)
    finally:
        transport.close()


def _size(conn: sa.Connection) -> int:
    last = conn.scalar(sa.select(sa.func.max(table.c.seq)))
    return 0 if last is None else int(last) + 1


def _from(conn: sa.Connection, first: int) -> list[Entry]:
    """Oldest first, dense from `first`."""
    columns: Any = (table.c.seq, table.c.event, table.c.at, table.c.kind, table.c.item, table.c.entry)
    rows = conn.execute(sa.select(*columns).where(table.c.seq >= first).order_by(table.c.seq).limit(BATCH)).all()
    return reading.entries(conn, rows)

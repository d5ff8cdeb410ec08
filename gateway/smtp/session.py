"""One conversation with one client: aiosmtpd's plumbing and STARTTLS, our own grammar, limits and answers.

aiosmtpd 1.4.6 keeps the transport, the flow control and the change to TLS, and answers RSET, NOOP and QUIT.  The command
loop is ours because its own takes LF for a line end and turns an exception into 500, a permanent bounce; MAIL, RCPT and
DATA are ours for the strict addresses and the block-wise content (4.5 times its rate at 5 KB, 8 times at 5 MB).
250 to a content means that `Spool.accept` returned.  Who may connect is `server.py`'s, who may write to whom `intake.py`'s.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP

from gateway import intake
from gateway.model import Client, Envelope, Reply
from gateway.smtp import tls, trace
from gateway.smtp.content import Reading
from gateway.smtp.reception import Reception, Refusal
from gateway.smtp.transaction import Malformed, Transaction, begin, recipient
from gateway.spool import Incoming
from gateway.store.db import StoreUnavailable

BLOCK = 256 << 10  # octets asked for at once; the reader hands over at most twice LINE
LINE = 64 << 10  # the reader's limit: it stops the client at twice this, which bounds the memory of a session
COMMAND = 1_000  # octets of a command with CRLF: RFC 5321's 512 and room for SMTPUTF8 and parameters
FAREWELL = 5.0  # seconds for a client to take our last line before the connection is cut

_COMMANDS = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "STARTTLS"})
_BEFORE_TLS = frozenset({"EHLO", "HELO", "NOOP", "RSET", "QUIT", "STARTTLS"})
_LAST_IN_GROUP = frozenset({"EHLO", "HELO", "DATA", "STARTTLS"})  # RFC 2920 3.1: nothing may follow unasked
_JUNK = frozenset({"EHLO", "HELO", "RSET", "NOOP"})
# another protocol's client, perhaps made to by a web page
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS) |[A-Za-z-]+: ")
# for the answers that aiosmtpd gives by itself
_ENHANCED = {"220": "2.0.0", "221": "2.0.0", "250": "2.0.0", "454": "4.7.0", "501": "5.5.4", "503": "5.5.1"}

log = logging.getLogger(__name__)


class Session(SMTP):
    line_length_limit = LINE

    def __init__(self, reception: Reception, on_lost: Callable[[Session], None]):
        listener = reception.listener
        super().__init__(
            None,
            data_size_limit=listener.size_limit,
            enable_SMTPUTF8=listener.smtputf8,
            hostname=listener.hostname,
            tls_context=reception.context,
            timeout=listener.limits.command_seconds,
            loop=asyncio.get_running_loop(),
        )
        self.reception, self.listener, self.limits, self._on_lost = reception, listener, listener.limits, on_lost
        self.client = Client("", 0, "")
        self.receiving = False  # a content is on its way: a stopping server waits for it
        self._transaction: Transaction | None = None
        self._writing: asyncio.Task[Any] | None = None
        self._errors = self._junk = 0
        self._extended = False
        self._ends = self.loop.time() + self.limits.session_seconds

    # connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Also after STARTTLS: everything said in the clear is forgotten (RFC 3207 4.2; aiosmtpd purges its buffer)."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.client = Client(peer[0], peer[1], "", tls.describe(transport.get_extra_info("ssl_object")))

    def connection_lost(self, error: Exception | None) -> None:
        self._on_lost(self)
        super().connection_lost(error)

    def _timeout_cb(self) -> None:
        self._reply_and_close(Reply(421, "4.4.2", "timeout"))

    def stop(self) -> None:
        """Says goodbye now, or after the content that is on its way."""
        self._ends = 0.0
        if not self.receiving:
            self._reply_and_close(Reply(421, "4.3.2", "service stops"))

    def _reply_and_close(self, reply: Reply) -> None:
        if self._writer.is_closing():
            return
        self._writer.write(_wire(str(reply)))
        self._writer.close()
        self.loop.call_later(FAREWELL, self.abort)  # close() waits for a client that does not read

    def abort(self) -> None:
        self._writer.transport.abort()

    # conversation

    async def push(self, status: str) -> None:  # type: ignore[override]  # neither aiosmtpd nor we push bytes here
        """One answer.  Too many errors since the last accepted mail end the session (S9)."""
        if status[4:6] not in ("2.", "4.", "5.") and (enhanced := _ENHANCED.get(status[:3])):
            status = f"{status[:4]}{enhanced} {status[4:]}"  # RFC 2034: on every answer but the greetings
        self._errors += status[0] == "5"
        self._writer.write(_wire(status))
        if self._errors >= self.limits.errors:
            self._reply_and_close(Reply(421, "4.7.0", "too many errors"))
        await self._writer.drain()

    async def say(self, code: int, enhanced: str, text: str) -> None:
        await self.push(str(Reply(code, enhanced, text)))

    async def refuse(self, reply: Reply, transaction: Transaction, recipient: str = "") -> None:
        """A no that the journal shall know of."""
        refusal = Refusal(self.listener.name, self.client, transaction.reverse_path, recipient, reply)
        self.reception.on_refused(refusal)
        await self.push(str(reply))

    async def _handle_client(self) -> None:
        try:
            self._writer.write(f"220 {self.hostname} ESMTP\r\n".encode())
            while not self._writer.is_closing() and (line := await self._command()) is not None:
                await self._obey(line)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client's affair
        except Exception:
            # where in the stream we are is unknown now, so nothing that follows may be read as a command
            log.exception("%s: session with %s failed", self.listener.name, self.client.address)
            self._reply_and_close(Reply(451, "4.3.0", "internal error, closing"))
        finally:
            self._writer.close()  # also when a client that went away cancelled us: else its half of the socket stays

    async def _command(self) -> bytes | None:
        """The next line without CRLF; None when the session is over."""
        left = self._ends - self.loop.time()
        if left <= 0:
            self._reply_and_close(Reply(421, "4.3.2", "session over, come again"))
            return None
        self._reset_timeout(min(self.limits.command_seconds, left))
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            line = b""
        if len(line) > COMMAND or not line:
            self._reply_and_close(Reply(500, "5.5.2", "line too long"))
            return None
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line or _HTTP.match(line):
            self._reply_and_close(Reply(554, "5.5.2", "this is SMTP, and lines end in CR LF"))
            return None
        return line[:-2]

    async def _obey(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        command = verb.upper().decode("ascii", "replace")
        try:
            argument = rest.strip(b" ").decode("utf-8" if self.listener.smtputf8 else "ascii")
        except UnicodeDecodeError:
            await self.say(501, "5.6.7", "not ASCII")
            return
        if command not in _COMMANDS:
            await self.say(502, "5.5.1", "command not implemented")
        elif self.listener.require_tls and not self.client.tls and command not in _BEFORE_TLS:
            await self.say(530, "5.7.0", "must issue a STARTTLS command first")
        elif command in _LAST_IN_GROUP and self._reader._buffer:  # type: ignore[attr-defined]  # no public look-ahead
            self._reply_and_close(Reply(554, "5.5.0", "unauthorised pipelining"))
        elif self._is_junk(command):
            self._reply_and_close(Reply(421, "4.7.0", "too many commands without a mail"))
        else:
            await getattr(self, f"smtp_{command}")(argument)

    def _is_junk(self, command: str) -> bool:
        self._junk += command in _JUNK
        return self._junk > self.limits.junk

    # commands

    async def smtp_HELO(self, hostname: str) -> None:
        await self._greet(hostname, extended=False)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._greet(hostname, extended=True)

    async def _greet(self, hostname: str, *, extended: bool) -> None:
        if not (hostname and hostname.isprintable()):
            await self.say(501, "5.5.4", "who are you?")
            return
        assert self.session is not None
        self._set_post_data_state()
        self.session.host_name, self._extended = hostname, extended
        self.client = Client(self.client.address, self.client.port, hostname, self.client.tls)
        lines = [self.hostname, *(self._extensions() if extended else ())]
        answer = [f"250-{line}\r\n" for line in lines[:-1]] + [f"250 {lines[-1]}\r\n"]
        self._writer.write("".join(answer).encode())
        await self._writer.drain()

    def _extensions(self) -> list[str]:
        optional = [("SMTPUTF8", self.listener.smtputf8), ("STARTTLS", bool(self.tls_context) and not self.client.tls)]
        always = ["PIPELINING", f"SIZE {self.listener.size_limit}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        return always + [name for name, offered in optional if offered]

    async def smtp_STARTTLS(self, argument: str) -> None:
        if self.client.tls or not self.tls_context:
            await self.say(503, "5.5.1", "not now")
            return
        await super().smtp_STARTTLS(argument)

    async def smtp_MAIL(self, argument: str) -> None:
        if await self.check_helo_needed("EHLO"):
            return
        if self._transaction is not None:
            await self.say(503, "5.5.1", "nested MAIL")
            return
        try:
            transaction = begin(argument, smtputf8_offered=self.listener.smtputf8)
        except Malformed as error:
            await self.push(str(error.reply))
            return
        if reply := await self._objection(transaction):
            await self.refuse(reply, transaction)
            if reply.code == 421:  # RFC 5321 3.8: the connection ends with it
                self._writer.close()
        else:
            self._transaction = transaction
            await self.say(250, "2.1.0", "OK")

    async def _objection(self, transaction: Transaction) -> Reply | None:
        listener = self.listener
        if transaction.size > listener.size_limit:
            return self._too_large(transaction.size, international=transaction.smtputf8)
        if reply := intake.refuse_sender(listener, transaction.sender):
            return reply
        return await self.reception.gate.admit(listener, self.client, transaction.reverse_path, transaction.size)

    def _too_large(self, size: int, *, international: bool) -> Reply:
        return Reply(552, "5.3.4", self.reception.too_large(self.listener.size_limit, size, international))

    async def smtp_RCPT(self, argument: str) -> None:
        transaction = self._transaction
        if transaction is None:
            await self.say(503, "5.5.1", "need MAIL")
            return
        try:
            address = recipient(argument, transaction, self.listener)
        except Malformed as error:
            await self.push(str(error.reply))
            return
        refused = intake.refuse_recipient(self.listener, address)
        if reply := refused or await self.reception.gate.admit_recipient(str(address)):
            await self.refuse(reply, transaction, str(address))
        elif len(transaction.recipients) >= self.limits.recipients:
            await self.say(452, "4.5.3", "too many recipients")
        else:
            if str(address) not in transaction.recipients:  # one state per recipient (I1)
                transaction.recipients.append(str(address))
            await self.say(250, "2.1.5", "OK")

    async def smtp_DATA(self, argument: str) -> None:
        transaction = self._transaction
        if argument or transaction is None or not transaction.recipients:
            await self.say(*((501, "5.5.4", "DATA has no argument") if argument else (503, "5.5.1", "need RCPT")))
            return
        self.receiving = True
        incoming = self.reception.spool.incoming()
        reading = Reading(self.listener, lambda size: self._too_large(size, international=transaction.smtputf8))
        try:
            await self.push("354 go ahead, end with <CRLF>.<CRLF>")
            refusal = await self._receive(reading, incoming)
        except BaseException:
            self.reception.finish(self._discard(incoming))
            raise
        if refusal is None:
            await self._accept(transaction, incoming, reading.hops + 1)
        else:
            self.reception.finish(incoming.abort())
            await self.refuse(refusal, transaction)
        self._set_post_data_state()
        self.receiving = False

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]
        self._transaction = None

    # content

    async def _receive(self, reading: Reading, incoming: Incoming) -> Reply | None:
        """Stores the content; the reply that refuses it, or None."""
        started, unstored = self.loop.time(), None
        while not reading.ended:
            self._reset_timeout(max(0.001, self._deadline(started, reading.size) - self.loop.time()))
            if not (block := await self._reader.read(BLOCK)):
                raise ConnectionResetError("end of stream in a content")
            content = reading.feed(block)
            if reading.rest:
                self._reader.feed_data(reading.rest)  # before any other byte can arrive: nothing was awaited since
            if reading.endless:
                self._reply_and_close(self._too_large(reading.size, international=False))
                raise ConnectionAbortedError("endless content")
            if content and unstored is None:
                self._writing = self.reception.finish(incoming.write(content))
                try:
                    await asyncio.shield(self._writing)
                except StoreUnavailable:
                    unstored = Reply(452, "4.3.1", "cannot store now, try later")
        return reading.objection() or unstored

    async def _discard(self, incoming: Incoming) -> None:
        if self._writing is not None:
            await asyncio.wait({self._writing})  # a thread may still hold the file, whatever became of the session
        await incoming.abort()

    def _deadline(self, started: float, received: int) -> float:
        """S7: time for the whole, and a rate that no honest client stays under."""
        allowed = self.limits.data_seconds
        if self.limits.minimum_rate:
            allowed = min(allowed, self.limits.command_seconds + received / self.limits.minimum_rate)
        return started + allowed

    async def _accept(self, transaction: Transaction, incoming: Incoming, hops: int) -> None:
        """A client that leaves now may find its mail delivered and send it again: the spool notices (RFC 1047)."""
        envelope = Envelope(
            transaction.reverse_path,
            tuple(transaction.recipients),
            self.listener.direction,
            self.client,
            transaction.smtputf8,
            transaction.body_8bit,
        )
        fields = trace.received(
            self.hostname,
            self.listener.direction,
            self.client,
            extended=self._extended,
            smtputf8=transaction.smtputf8,
            hops=hops,
            now=self.reception.now(),
        )
        self._reset_timeout(self.limits.data_seconds)
        try:
            item = await asyncio.shield(self.reception.finish(self.reception.spool.accept(envelope, incoming, fields)))
        except Exception:
            # nothing is promised, so the client keeps its mail; and nothing is discarded, for what happened is unknown
            await self.refuse(Reply(451, "4.3.0", "cannot store now, try later"), transaction)
            return
        self._errors = self._junk = 0
        await self.say(250, "2.6.0", f"accepted as {item.id} receipt {item.receipt}")


def _wire(status: str) -> bytes:
    """RFC 5321 4.2.1: every line but the last has a hyphen behind the code; RFC 2034: each has the enhanced code."""
    first, *others = status.split("\n")
    prefix = " ".join(first.split(" ", 2)[:2])
    lines = [first, *(f"{prefix} {other}" for other in others)]
    return "".join(f"{line[:3]}-{line[4:]}\r\n" for line in lines[:-1]).encode() + f"{lines[-1]}\r\n".encode()

"""One conversation with a next hop: our own small client, because bytes must leave exactly as they were cleared.

aiosmtplib 5.1.3 rewrites line ends with regular expressions and does not pipeline: five times our CPU at 100 KB.
The next hop is not trusted (S16): its replies are bounded in size and time, and only a well-formed 2xx, 4xx or 5xx counts.
Raises Trouble when the conversation ends without an answer (always to be tried again), Unsendable for what must never be
sent.  Whose mail, to whom, how often: `relay.py`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import NextHop, Reply, TlsPolicy
from gateway.smtp import tls
from gateway.smtp.address import BadAddress, address

LINE = 2_048  # octets of a reply line; RFC 5321 4.5.3.1.5 says 512
LINES = 100  # of one reply; the longest EHLO answer in the field has about 20
TEXT = 500  # characters of a reply that are worth keeping
BLOCK = 256 << 10  # octets of content per deadline

_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)")


class Trouble(Exception):
    """The next hop did not say yes or no.  `reply` is its last word or our own account of what happened."""

    def __init__(self, reply: Reply):
        super().__init__(str(reply))
        self.reply = reply


class Unsendable(ValueError):
    """Stray line ends would let the next hop see another end than ours (S2), or an address is none: our own fault."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, RFC 5321 4.5.3.2."""

    connect: float = 30.0
    command: float = 300.0
    data: float = 120.0
    block: float = 180.0
    final: float = 600.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What EHLO said."""

    extensions: frozenset[str]
    size: int = 0  # octets; 0 = no limit declared
    tls: str = ""  # "TLSv1.3 TLS_AES_256_GCM_SHA384", "" in the clear


class Conversation:
    """After Trouble, or when `usable` is False, only `close` is left."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeouts: Timeouts):
        self._reader, self._writer, self._timeouts = reader, writer, timeouts
        self._clear = writer  # lives on behind TLS, because a StreamWriter closes its transport when it is collected
        self.capabilities = Capabilities(frozenset())
        self.usable = True
        self.mails = 0
        self.committed = False  # the content of the present mail may have reached the next hop

    @classmethod
    async def open(cls, next_hop: NextHop, hostname: str, timeouts: Timeouts) -> Conversation:
        """Connected, greeted, encrypted as the policy wants it; there is no falling back (S6)."""
        try:
            async with asyncio.timeout(timeouts.connect):
                reader, writer = await asyncio.open_connection(next_hop.host, next_hop.port, limit=LINE)
        except (OSError, UnicodeError, TimeoutError) as error:  # UnicodeError: a host that is no name
            raise Trouble(Reply(451, "4.4.1", f"cannot connect: {error or 'timeout'}")) from error
        self = cls(reader, writer, timeouts)
        try:
            self._expect(220, await self._reply(timeouts.command))
            await self._greet(hostname)
            if next_hop.tls is not TlsPolicy.NONE:
                await self._encrypt(next_hop, hostname)
        except BaseException:
            self.close()
            raise
        return self

    async def send(self, sender: str, recipients: Sequence[str], content: bytes, *, smtputf8: bool) -> tuple[Reply, ...]:
        """The answer for each recipient, in their order.  `content` is strict CRLF; `sender` "" is the null reverse-path."""
        check(content)
        if objection := self._objection(content, smtputf8):
            return (objection,) * len(recipients)
        self.committed = False
        self.mails += 1
        try:
            commands = [self._mail(sender, content, smtputf8), *(f"RCPT TO:<{address(r)}>" for r in recipients), "DATA"]
        except BadAddress as error:
            raise Unsendable(f"an address that is none: {error}") from error
        mail, *answers, data = await self._group(commands)
        welcome = mail.code // 100 == 2 and any(answer.code // 100 == 2 for answer in answers)
        if data.code == 354:
            data = await self._content(content) if welcome else await self._content(b"")
        elif data.code // 100 not in (4, 5):
            raise self._trouble(data)  # 250 here would pass for the answer to a content that we never sent
        self.usable = self.usable and welcome and data.code // 100 == 2
        if mail.code // 100 != 2:
            return (mail,) * len(recipients)
        return tuple(data if answer.code // 100 == 2 else answer for answer in answers)

    def close(self) -> None:
        """Politely, but without waiting for the answer."""
        self.usable = False
        if not self._writer.is_closing():
            self._writer.write(b"QUIT\r\n")
            self._writer.close()

    # before a mail

    async def _greet(self, hostname: str) -> None:
        self._say(f"EHLO {hostname}")
        code, lines = await self._lines(self._timeouts.command)
        self._expect(250, _reply(code, lines))
        words = [line.upper().split() for line in lines[1:]]
        sizes = [
            int(word[1]) for word in words if word[:1] == ["SIZE"] and len(word) > 1 and re.fullmatch(r"\d{1,18}", word[1])
        ]
        encrypted = tls.describe(self._writer.get_extra_info("ssl_object"))
        self.capabilities = Capabilities(frozenset(word[0] for word in words if word), max(sizes, default=0), encrypted)

    async def _encrypt(self, next_hop: NextHop, hostname: str) -> None:
        if "STARTTLS" not in self.capabilities.extensions:
            if next_hop.tls is TlsPolicy.OPPORTUNISTIC:
                return
            raise self._trouble(Reply(454, "4.7.4", "STARTTLS is required but not offered"))
        self._say("STARTTLS")
        self._expect(220, await self._reply(self._timeouts.command))
        loop = asyncio.get_running_loop()
        # A new reader: whatever came in the clear behind the 220 stays in the old one, unread (response injection, S5).
        reader = asyncio.StreamReader(limit=LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport = await loop.start_tls(
                self._writer.transport,
                protocol,
                tls.connecting(next_hop.tls, next_hop.ca_file),
                server_hostname=next_hop.host,
                ssl_handshake_timeout=self._timeouts.connect,
            )
        except (OSError, ssl.SSLError) as error:
            raise self._trouble(Reply(454, "4.7.5", f"TLS failed: {error}")) from error
        assert transport is not None
        protocol.connection_made(transport)
        self._reader, self._writer = reader, asyncio.StreamWriter(transport, protocol, reader, loop)
        await self._greet(hostname)

    def _objection(self, content: bytes, smtputf8: bool) -> Reply | None:
        """What this next hop can never take (S20)."""
        extensions, limit = self.capabilities.extensions, self.capabilities.size
        if smtputf8 and "SMTPUTF8" not in extensions:
            return Reply(553, "5.6.7", "next hop does not take SMTPUTF8")
        if not content.isascii() and "8BITMIME" not in extensions:
            return Reply(554, "5.6.3", "next hop does not take 8BITMIME")
        if limit and len(content) > limit:
            return Reply(552, "5.3.4", f"next hop takes at most {limit} octets, not {len(content)}")
        return None

    # a mail

    def _mail(self, sender: str, content: bytes, smtputf8: bool) -> str:
        offered = self.capabilities.extensions
        parameters = (
            ("SIZE" in offered, f" SIZE={len(content)}"),
            ("8BITMIME" in offered and not content.isascii(), " BODY=8BITMIME"),
            (smtputf8, " SMTPUTF8"),
        )
        path = address(sender) if sender else ""
        return f"MAIL FROM:<{path}>" + "".join(text for wanted, text in parameters if wanted)

    async def _group(self, commands: Sequence[str]) -> list[Reply]:
        """RFC 2920 if offered, else one by one."""
        if "PIPELINING" in self.capabilities.extensions:
            self._say(*commands)
            return [await self._reply(self._timeouts.command) for _ in commands]
        replies = []
        for command in commands:
            self._say(command)
            replies.append(await self._reply(self._timeouts.command))
        return replies

    async def _content(self, content: bytes) -> Reply:
        """RFC 5321 4.5.2.  With an empty content, the end that a 354 without recipients asks for (RFC 2920 3.1)."""
        self.committed = bool(content)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        view = memoryview(stuffed)
        try:
            for start in range(0, len(view), BLOCK):
                async with asyncio.timeout(self._timeouts.block):
                    self._writer.write(view[start : start + BLOCK])
                    await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise self._trouble(Reply(451, "4.4.2", f"lost while sending: {error or 'timeout'}")) from error
        self._writer.write(b".\r\n")
        return await self._reply(self._timeouts.final)

    # lines

    def _say(self, *commands: str) -> None:
        self._writer.write("".join(f"{command}\r\n" for command in commands).encode())

    def _expect(self, code: int, reply: Reply) -> None:
        if reply.code != code:
            raise self._trouble(reply)

    async def _reply(self, seconds: float) -> Reply:
        reply = _reply(*await self._lines(seconds))
        if reply.code == 421:
            self.usable = False
        return reply

    async def _lines(self, seconds: float) -> tuple[int, list[str]]:
        """One reply, however it is dribbled, within `seconds`."""
        code, lines = b"", list[str]()
        try:
            async with asyncio.timeout(seconds):
                while len(lines) < LINES:
                    line = (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
                    match = _REPLY.fullmatch(line)
                    if match is None or (code and match[1] != code):
                        raise self._trouble(Reply(451, "4.5.0", f"not an SMTP reply: {line[:80]!r}"))
                    code = match[1]
                    lines.append((match[3] or b"").decode("utf-8", "replace"))
                    if match[2] != b"-":
                        return int(code), lines
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise self._trouble(Reply(451, "4.4.2", f"no answer: {type(error).__name__}")) from error
        raise self._trouble(Reply(451, "4.5.0", "endless reply"))

    def _trouble(self, reply: Reply) -> Trouble:
        self.usable = False
        return Trouble(reply)


def check(content: bytes) -> None:
    """Strict CRLF, no NUL, a whole last line.  Raises Unsendable."""
    pairs = content.count(b"\r\n")
    if content.count(b"\n") != pairs or content.count(b"\r") != pairs or b"\0" in content or not content.endswith(b"\r\n"):
        raise Unsendable("the content is not canonical: stray CR, LF or NUL, or no line end at its end")


def _reply(code: int, lines: Sequence[str]) -> Reply:
    match = _ENHANCED.match(lines[0])
    enhanced = match[1] if match else ""
    text = " ".join(line.removeprefix(enhanced).strip() for line in lines)
    return Reply(code, enhanced, "".join(c if c.isprintable() else "?" for c in text)[:TEXT])

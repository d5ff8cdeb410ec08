"""The inner door: a Unix socket by which commands and the console ask something of the gateway that runs.

A JSON object a line, both ways: `{"mugai": 1, "verb": "unlock", "arguments": {...}}` is answered by
`{"mugai": 1, "answer": ...}`, `{"mugai": 1, "error": "a sentence"}` or `{"mugai": 1, "refusal": {...}}`.  A line that says
`"bytes": n` is followed by a content of n bytes, so that nothing of a mail lies on the disk on its way.  What can be asked is a
table of `Verb`s; each brings its own frozen dataclass, read strictly.  Who knocks the kernel says, not the client: root and the
gateway's own user may ask everything, the console's user (`rights.py`) what is marked as the console's, anybody else nothing.
What goes through here may be secret: nothing of a line is ever logged or repeated in an error.  Raises `Rejected` and `Refusal`
(whoever answers may, too) and, at the client, `NotRunning`.  What a verb does is its room's.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.rights import Guest
from gateway.trouble import Trouble
from gateway.words import Refusal

VERSION = 1
LINE = 64 << 10  # bytes: the longest argument is a reason or a password
SECONDS = 30.0  # for a line to come and for its answer
_PEER = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid
_LONGEST_PATH = 107  # sockaddr_un, without its NUL

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class Rejected(Trouble):
    """One sentence for whoever asked."""


class NotRunning(Trouble):
    """No gateway listens there."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[Asked]):
    """`arguments` is the dataclass that the verb takes, `act` what it does; it answers with a dataclass or a `Carried`."""

    arguments: type[Asked]
    act: Callable[..., Awaitable[object]]  # takes the arguments, and where `largest` is not 0 the content that came with them
    seconds: float = SECONDS  # that it may take
    largest: int = 0  # bytes of that content
    console: bool = False  # the console asks this, and may when it is another user


@dataclass(frozen=True, slots=True)
class Carried:
    """An answer and the content that goes with it."""

    answer: object
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Line:
    mugai: int
    verb: str
    arguments: dict[str, Any]
    bytes: int = 0


_LINE: TypeAdapter[_Line] = TypeAdapter(_Line)


class Control:
    """`guest` is the console's user, None = it is the gateway's own."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb[Any]], guest: Guest | None = None):
        self._path, self._guest = path, guest
        self._verbs = {name: (TypeAdapter(verb.arguments), verb) for name, verb in verbs.items()}
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Raises OSError.  Comes after all that a second gateway would stumble over: it replaces a socket left behind."""
        if len(os.fsencode(self._path)) > _LONGEST_PATH:
            raise OSError(f"{self._path} is too long for a socket's name: choose a shorter state_directory")
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._accepted, self._path, limit=LINE)
            if self._guest is not None:
                os.chown(self._path, -1, self._guest.gid)
                self._path.chmod(0o660)
        finally:
            os.umask(before)

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        self._path.unlink(missing_ok=True)
        self._server = None

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.ensure_future(self._session(reader, writer))
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Any number of lines, answered in order."""
        try:
            if (verbs := self._open_to(uid := _uid_of(writer))) is None:
                log.warning("the control socket refused a process of user %d", uid)
                return
            async with asyncio.timeout(SECONDS) as patience:
                while line := await reader.readline():
                    answer, content = await self._answered(line, reader, patience, verbs)
                    writer.write(json.dumps({"mugai": VERSION, **answer}).encode() + b"\n" + content)
                    await writer.drain()
                    patience.reschedule(asyncio.get_running_loop().time() + SECONDS)
        except (TimeoutError, ValueError, OSError, asyncio.IncompleteReadError):
            pass  # too slow, a line of more than LINE bytes, or gone
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _open_to(self, uid: int) -> frozenset[str] | None:
        """The verbs that this user may ask; None = the door stays shut."""
        if uid in (0, os.geteuid()):
            return frozenset(self._verbs)
        if self._guest is not None and uid == self._guest.uid:
            return frozenset(name for name, (_, verb) in self._verbs.items() if verb.console)
        return None

    async def _answered(
        self, line: bytes, reader: asyncio.StreamReader, patience: asyncio.Timeout, verbs: frozenset[str]
    ) -> tuple[dict[str, object], bytes]:
        """What the answering line says, and the content after it."""
        try:
            asked = _LINE.validate_json(line, strict=True, extra="forbid")
            complaint = self._complaint(asked, verbs)
            if complaint:
                await _skip(reader, asked.bytes)
                return {"error": complaint}, b""
            content = await reader.readexactly(asked.bytes)
            adapter, verb = self._verbs[asked.verb]
            arguments = adapter.validate_json(json.dumps(asked.arguments), strict=True, extra="forbid")
        except ValidationError as errors:
            complaints = (_complaint(each) for each in errors.errors(include_input=False, include_url=False)[:3])
            return {"error": "; ".join(complaints)}, b""
        try:
            patience.reschedule(asyncio.get_running_loop().time() + verb.seconds)
            answer = await (verb.act(arguments, content) if verb.largest else verb.act(arguments))
        except Rejected as rejected:
            return {"error": str(rejected)}, b""
        except Refusal as refusal:
            return {"refusal": {"ja": refusal.words.ja, "en": refusal.words.en, "status": refusal.status}}, b""
        except Exception as surprise:  # its text might hold what was asked
            log.error("the control verb %s failed: %s", asked.verb, type(surprise).__name__)
            return {"error": f"the gateway failed at this: {type(surprise).__name__}"}, b""
        told = answer if isinstance(answer, Carried) else Carried(answer, b"")
        return {"answer": _plain(told.answer), "bytes": len(told.content)}, told.content

    def _complaint(self, asked: _Line, verbs: frozenset[str]) -> str:
        """Why this is not even tried, or ""."""
        if asked.mugai != VERSION:
            return f"this gateway speaks version {VERSION} of the control protocol: restart it after an update"
        if asked.verb not in verbs:
            why = "is not the console's" if asked.verb in self._verbs else "does not exist"
            return f"the verb {asked.verb[:40]!r} {why}; there are: {', '.join(sorted(verbs))}"
        if not 0 <= asked.bytes <= (largest := self._verbs[asked.verb][1].largest):
            return f"{asked.bytes} bytes are too many, {largest} may come with {asked.verb!r}"
        return ""


async def ask(path: Path, verb: str, arguments: Any, answer: type[Answer], seconds: float = SECONDS) -> Answer:
    """One question.  `arguments` is the verb's dataclass.  Raises NotRunning, Rejected, Refusal."""
    return (await carry(path, verb, arguments, answer, seconds=seconds))[0]


async def carry(
    path: Path, verb: str, arguments: Any, answer: type[Answer], content: bytes = b"", seconds: float = SECONDS
) -> tuple[Answer, bytes]:
    """As `ask`, with a content there and one back."""
    asked = {"mugai": VERSION, "verb": verb, "arguments": _plain(arguments), "bytes": len(content)}
    line = json.dumps(asked).encode() + b"\n"
    if len(line) > LINE:
        raise Rejected("that is too long")
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(path, limit=LINE)
            try:
                writer.write(line + content)
                await writer.drain()
                told = json.loads(await reader.readline() or "{}")
                back = await reader.readexactly(told.get("bytes", 0))
            finally:
                writer.close()
    except TimeoutError:
        raise NotRunning(f"the gateway did not answer within {seconds:.0f} s") from None
    except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError):
        told = {}
    except OSError as error:
        raise NotRunning(f"no gateway runs here ({error.strerror or error}): start it with `mugai serve`") from None
    if not told:
        raise NotRunning("the gateway closed the door: run this as its own user or as root")
    if "error" in told:
        raise Rejected(told["error"])
    if "refusal" in told:
        raise Refusal(**told["refusal"])
    return TypeAdapter(answer).validate_python(told["answer"]), back


@contextmanager
def in_words() -> Iterator[None]:
    """For whoever sits before a page.  Raises Refusal instead of NotRunning and Rejected."""
    try:
        yield
    except NotRunning as down:
        raise Refusal("無害化装置が動いていません。", f"The gateway is not running: {down}", 503) from down
    except Rejected as rejected:
        raise Refusal(f"受け付けられませんでした。({rejected})", str(rejected), 409) from rejected


def _plain(value: object) -> object:
    """As JSON has it."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


async def _skip(reader: asyncio.StreamReader, count: int) -> None:
    """Past a content that nobody wants, so that whoever sends it reads why."""
    while count > 0:
        if not (chunk := await reader.read(min(count, LINE))):
            return
        count -= len(chunk)


def _uid_of(writer: asyncio.StreamWriter) -> int:
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as peer:
        _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def _complaint(error: Any) -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'the line'}: {error['msg']}"

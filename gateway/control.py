"""The inner door: a Unix socket by which commands and the console ask something of the gateway that runs.

A JSON object a line, both ways: `{"mugai": 1, "verb": "unlock", "arguments": {...}}`, answered by `{"mugai": 1, "answer": ...}`
or `{"mugai": 1, "error": "a sentence"}`.  What can be asked is a table of `Verb`s; each brings its own frozen dataclass, read
strictly.  Only the gateway's own user and root may knock, which the kernel says, not the client.  What goes through here may
be secret: nothing of a line is ever logged or repeated in an error.  Raises `Rejected` (whoever answers may too) and, at the
client, `NotRunning`.  What a verb does is its room's.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.trouble import Trouble

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
    """`arguments` is the dataclass that the verb takes, `act` what it does; it answers with a dataclass, too."""

    arguments: type[Asked]
    act: Callable[[Asked], Awaitable[object]]
    seconds: float = SECONDS  # that it may take


@dataclass(frozen=True, slots=True)
class _Line:
    mugai: int
    verb: str
    arguments: dict[str, Any]


_LINE: TypeAdapter[_Line] = TypeAdapter(_Line)


class Control:
    """`verbs` may still be added to before `start`."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb[Any]]):
        self._path = path
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
            if (uid := _uid_of(writer)) not in (0, os.geteuid()):
                log.warning("the control socket refused a process of user %d", uid)
                return
            async with asyncio.timeout(SECONDS) as patience:
                while line := await reader.readline():
                    writer.write(json.dumps({"mugai": VERSION, **await self._answered(line, patience)}).encode() + b"\n")
                    await writer.drain()
                    patience.reschedule(asyncio.get_running_loop().time() + SECONDS)
        except (TimeoutError, ValueError, OSError):
            pass  # too slow, a line of more than LINE bytes, or gone
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answered(self, line: bytes, patience: asyncio.Timeout) -> dict[str, object]:
        try:
            asked = _LINE.validate_json(line, strict=True, extra="forbid")
            if asked.mugai != VERSION:
                return {"error": f"this gateway speaks version {VERSION} of the control protocol: restart it after an update"}
            if asked.verb not in self._verbs:
                return {"error": f"there is no verb {asked.verb[:40]!r}; there are: {', '.join(sorted(self._verbs))}"}
            adapter, verb = self._verbs[asked.verb]
            arguments = adapter.validate_json(json.dumps(asked.arguments), strict=True, extra="forbid")
        except ValidationError as errors:
            return {
                "error": "; ".join(_complaint(error) for error in errors.errors(include_input=False, include_url=False)[:3])
            }
        try:
            patience.reschedule(asyncio.get_running_loop().time() + verb.seconds)
            answer = await verb.act(arguments)
        except Rejected as rejected:
            return {"error": str(rejected)}
        except Exception as surprise:  # its text might hold what was asked
            log.error("the control verb %s failed: %s", asked.verb, type(surprise).__name__)
            return {"error": f"the gateway failed at this: {type(surprise).__name__}"}
        return {"answer": None if answer is None else TypeAdapter(type(answer)).dump_python(answer, mode="json")}


async def ask(path: Path, verb: str, arguments: Any, answer: type[Answer], seconds: float = SECONDS) -> Answer:
    """One question.  `arguments` is the verb's dataclass.  Raises NotRunning, Rejected."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(path, limit=LINE)
            try:
                line = json.dumps({"mugai": VERSION, "verb": verb, "arguments": asdict(arguments)}).encode() + b"\n"
                if len(line) > LINE:
                    raise Rejected("that is too long")
                writer.write(line)
                await writer.drain()
                reply = await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        raise NotRunning(f"the gateway did not answer within {seconds:.0f} s") from None
    except (ConnectionResetError, BrokenPipeError):
        reply = b""
    except OSError as error:
        raise NotRunning(f"no gateway runs here ({error.strerror or error}): start it with `mugai serve`") from None
    if not reply:
        raise NotRunning("the gateway closed the door: run this as its own user or as root")
    told = json.loads(reply)
    if "error" in told:
        raise Rejected(told["error"])
    return TypeAdapter(answer).validate_python(told["answer"])


def _uid_of(writer: asyncio.StreamWriter) -> int:
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as peer:
        _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def _complaint(error: Any) -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'the line'}: {error['msg']}"

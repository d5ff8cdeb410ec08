"""Contents on their way in and out: small ones inside their row, large ones as a blob named by the row; each encrypted under a
key of its own before it touches the database or a file.

What comes out is compared with the digest of what came in.  Raises MissingContent (the caller holds), NoKey and
StoreUnavailable.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.descriptor import sealed
from gateway.spool import keys
from gateway.spool.cipher import CHUNK, SEALED, Sealing, unsealed
from gateway.spool.keys import NoKey
from gateway.store.blobs import Blobs, Writing


class MissingContent(Exception):
    """The content is gone, or is not what was stored."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A content as its row will name it: exactly one of `content` and `blob`, encrypted under `key`."""

    size: int
    sha256: str  # as it came
    content: bytes | None = field(repr=False)
    blob: str | None
    key: bytes = field(repr=False)  # `keys.put` wraps it in the row's transaction


@dataclass(frozen=True, slots=True)
class Stored:
    """A content as its row names it; neither `content` nor `blob` = it was disposed of."""

    size: int
    sha256: str
    content: bytes | None = field(repr=False)
    blob: str | None
    wrapped: bytes | None = field(repr=False)  # its key; None = in clear, as versions before 8 kept it


class Incoming:
    """One content while it arrives: in memory up to a chunk, then a temporary file.  One task at a time."""

    def __init__(self, blobs: Blobs, inline_bytes: int):
        self._blobs, self._inline = blobs, inline_bytes
        self._buffer = bytearray()
        self._hash, self._sealing = hashlib.sha256(), Sealing()
        self._writing: Writing | None = None
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Raises StoreUnavailable."""
        self._hash.update(chunk)
        self._buffer += chunk
        self.size += len(chunk)
        while len(self._buffer) > CHUNK:  # a full one may still be the last
            full = self._buffer[:CHUNK]
            del self._buffer[:CHUNK]
            await self._spill(full)

    async def keep(self) -> Kept:
        """Durable when it returns, unless it is small: then the row's commit makes it so.  Raises StoreUnavailable."""
        key, rest, self._buffer = self._sealing.key, self._buffer, bytearray()
        if self._writing is None and self.size <= self._inline:
            return Kept(self.size, self.sha256, self._sealing.seal(rest, last=True), None, key)
        writing = await self._spill(rest, last=True)
        return Kept(self.size, self.sha256, None, await self._blobs.run(writing.keep), key)

    async def abort(self) -> None:
        """Forgets it; after `keep` too, or twice."""
        self._buffer.clear()
        if self._writing is not None:
            await self._blobs.run(self._writing.drop)

    async def _spill(self, chunk: bytearray, *, last: bool = False) -> Writing:
        if self._writing is None:
            self._writing = await self._blobs.run(self._blobs.begin)
        writing = self._writing
        await self._blobs.run(lambda: writing.write(self._sealing.seal(chunk, last=last)))
        return writing


def small(content: bytes) -> Kept:
    """A content that is in memory already, for a row."""
    sealing = Sealing()
    return Kept(len(content), hashlib.sha256(content).hexdigest(), sealing.seal(content, last=True), None, sealing.key)


async def keep(blobs: Blobs, content: bytes, inline_bytes: int) -> Kept:
    """A content that is in memory already."""
    return small(content) if len(content) <= inline_bytes else await blobs.run(_put, blobs, content)


def _put(blobs: Blobs, content: bytes) -> Kept:
    sealing, view, starts = Sealing(), memoryview(content), range(0, len(content), CHUNK)
    blob = blobs.put(sealing.seal(view[at : at + CHUNK], last=at == starts[-1]) for at in starts)
    return Kept(len(content), hashlib.sha256(content).hexdigest(), None, blob, sealing.key)


def about(kept: Kept | Stored) -> bytes:
    """What a key is bound to."""
    return f"{kept.size} {kept.sha256}".encode()


async def fetch(blobs: Blobs, key: X25519PrivateKey | None, stored: Stored) -> bytes | int:
    """The bytes, or an open read-only descriptor at offset 0, which the caller closes.  Raises MissingContent, NoKey."""
    plain = _plain(blobs, key, stored)
    return b"".join(plain) if stored.blob is None else await blobs.run(sealed, plain)


async def fetch_bytes(blobs: Blobs, key: X25519PrivateKey | None, stored: Stored) -> bytes:
    """Raises MissingContent, NoKey."""
    plain = _plain(blobs, key, stored)
    return b"".join(plain) if stored.blob is None else await blobs.run(b"".join, plain)


def _plain(blobs: Blobs, key: X25519PrivateKey | None, stored: Stored) -> Iterator[bytes]:
    """In a thread, unless it is small.  Nothing of it counts before its end."""
    if key is None:
        raise NoKey("contents can not be read in this process")
    if stored.content is None and stored.blob is None:
        raise MissingContent("the content was disposed of")
    digest, chunks = hashlib.sha256(), _chunks(blobs, stored)
    try:
        if stored.wrapped is not None:
            chunks = unsealed(keys.unwrapped(key, stored.wrapped, about(stored)), chunks)
        for chunk in chunks:
            digest.update(chunk)
            yield chunk
    except InvalidTag:
        raise MissingContent("the stored content was changed") from None
    if digest.hexdigest() != stored.sha256:
        raise MissingContent("the stored content was changed")


def _chunks(blobs: Blobs, stored: Stored) -> Iterator[bytes]:
    if stored.blob is None:
        yield stored.content or b""
        return
    try:
        fd = blobs.open(stored.blob)
    except FileNotFoundError as error:
        raise MissingContent("the content's file is missing") from error
    with os.fdopen(fd, "rb") as file:
        while chunk := file.read(SEALED):
            yield chunk

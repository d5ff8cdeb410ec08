"""Contents on their way in and out: small ones inside their row, large ones as a blob named by the row.

What comes out is compared with the digest that was stored.  Raises MissingContent (the caller holds), NoKey and
StoreUnavailable.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.spool.keys import NoKey
from gateway.store.blobs import Blobs, Writing

CHUNK = 256 << 10  # bytes per hand-over to a disk thread: a quarter of a millisecond of work each


class MissingContent(Exception):
    """The content is gone, or is not what was stored."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A content as its row will name it: exactly one of `content` and `blob`."""

    size: int
    sha256: str
    content: bytes | None = field(repr=False)
    blob: str | None


class Incoming:
    """One content while it arrives: in memory up to `inline_bytes`, then a temporary file.  One task at a time."""

    def __init__(self, blobs: Blobs, inline_bytes: int):
        self._blobs, self._inline = blobs, inline_bytes
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
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
        if len(self._buffer) >= CHUNK or (self._writing is None and self.size > self._inline):
            await self._spill()

    async def keep(self) -> Kept:
        """Durable when it returns, unless it is small: then the row's commit makes it so.  Raises StoreUnavailable."""
        if self._writing is None:
            return Kept(self.size, self.sha256, bytes(self._buffer), None)
        await self._spill()
        key = await self._blobs.run(self._writing.keep)
        return Kept(self.size, self.sha256, None, key)

    async def abort(self) -> None:
        """Forgets it; after `keep` too, or twice."""
        self._buffer.clear()
        if self._writing is not None:
            await self._blobs.run(self._writing.drop)

    async def _spill(self) -> None:
        if self._writing is None:
            self._writing = await self._blobs.run(self._blobs.begin)
        chunk, self._buffer = bytes(self._buffer), bytearray()
        await self._blobs.run(self._writing.write, chunk)


async def keep(blobs: Blobs, content: bytes, inline_bytes: int) -> Kept:
    """A content that is in memory already."""
    digest = hashlib.sha256(content).hexdigest()
    if len(content) <= inline_bytes:
        return Kept(len(content), digest, content, None)
    return Kept(len(content), digest, None, await blobs.run(blobs.put, content))


async def fetch(blobs: Blobs, key: X25519PrivateKey | None, kept: Kept) -> bytes | int:
    """The bytes, or an open read-only descriptor at offset 0, which the caller closes.  Raises MissingContent, NoKey."""
    if key is None:
        raise NoKey("contents can not be read in this process")
    if kept.content is not None:
        if hashlib.sha256(kept.content).hexdigest() != kept.sha256:
            raise MissingContent("the stored content was changed")
        return kept.content
    if kept.blob is None:
        raise MissingContent("the content was disposed of")
    return await blobs.run(_opened, blobs, kept.blob, kept.sha256)


async def fetch_bytes(blobs: Blobs, key: X25519PrivateKey | None, kept: Kept) -> bytes:
    """Raises MissingContent, NoKey."""
    content = await fetch(blobs, key, kept)
    return content if isinstance(content, bytes) else await blobs.run(_read, content)


def _opened(blobs: Blobs, key: str, sha256: str) -> int:
    try:
        fd = blobs.open(key)
    except FileNotFoundError as error:
        raise MissingContent("the content's file is missing") from error
    with os.fdopen(os.dup(fd), "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    os.lseek(fd, 0, os.SEEK_SET)
    if digest != sha256:
        os.close(fd)
        raise MissingContent("the stored content was changed")
    return fd


def _read(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()

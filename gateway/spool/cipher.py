"""One content under a key of its own: AES-256-GCM in chunks, so that a large one is never whole in memory while it arrives.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): the nonce counts the chunks and marks the last one, so none can be
missing, repeated or in another place.  A counter is safe here because each key is random and serves one content: no nonce
comes twice under it.  Raises InvalidTag.  Where the keys are kept is `keys.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 256 << 10  # bytes per hand-over to a disk thread: a quarter of a millisecond of work each
SEALED = CHUNK + 16  # and its tag


def new_key() -> bytes:
    return AESGCM.generate_key(256)


@dataclass(slots=True)
class Sealing:
    """Chunk after chunk of one content; all but the last have CHUNK bytes."""

    key: bytes = field(default_factory=new_key, repr=False)
    _number: int = 0

    def seal(self, chunk: bytes | bytearray | memoryview, *, last: bool = False) -> bytes:
        nonce, self._number = _nonce(self._number, last), self._number + 1
        return AESGCM(self.key).encrypt(nonce, chunk, None)


def unsealed(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Each as soon as it is proven; that nothing is missing only the end proves."""
    aead, number, waiting = AESGCM(key), 0, None
    for chunk in chunks:
        if waiting is not None:
            yield aead.decrypt(_nonce(number, last=False), waiting, None)
            number += 1
        waiting = chunk
    yield aead.decrypt(_nonce(number, last=True), waiting or b"", None)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])

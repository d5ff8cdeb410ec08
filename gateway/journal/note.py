"""C2SP signed notes and tlog-checkpoints with Ed25519 (signature type 0x01): three lines that vouch for the whole journal.

`Signer` keeps its private key in a file of mode 0600 that it makes at first start.  Anybody with the public key verifies.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_ED25519 = b"\x01"


class BadNote(Exception):
    """Not a checkpoint, or not signed by this key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`root` is the tree's root over the first `size` entries."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    def __init__(self, origin: str, key: Ed25519PrivateKey):
        """`origin` names this journal: no space, no plus sign (C2SP signed-note)."""
        if not origin or any(c.isspace() or c == "+" for c in origin):
            raise ValueError(f"{origin!r} cannot name a journal: no space, no plus sign")
        self.origin, self._key = origin, key
        self._public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def open(cls, origin: str, file: Path) -> Signer:
        """Makes the key if there is none.  Raises OSError, or ValueError for a file that holds something else."""
        try:
            key = Ed25519PrivateKey.from_private_bytes(file.read_bytes())
        except FileNotFoundError:
            key = Ed25519PrivateKey.generate()
            durable_write(file, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        return cls(origin, key)

    @property
    def verifier(self) -> str:
        """The public key as C2SP vkey: name+id+key."""
        return f"{self.origin}+{_id(self.origin, self._public).hex()}+{base64.b64encode(_ED25519 + self._public).decode()}"

    def sign(self, size: int, root: bytes) -> str:
        return self.sign_text(str(Checkpoint(self.origin, size, root)))

    def sign_text(self, text: str) -> str:
        """Of something else than a checkpoint the first line must say what it is, with a space: no journal has such a name."""
        signature = base64.b64encode(_id(self.origin, self._public) + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.origin} {signature}\n"


def open_note(note: str, verifier: str) -> Checkpoint:
    """Raises BadNote."""
    try:
        named, size, root = open_text(note, verifier).split("\n")[:3]
        if named != verifier.split("+", 1)[0]:
            raise BadNote("signed by another key")
        return Checkpoint(named, int(size), base64.b64decode(root, validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadNote(f"not a checkpoint: {error}") from error


def open_text(note: str, verifier: str) -> str:
    """What this key signed.  Raises BadNote."""
    try:
        origin, key_id, key = verifier.strip().split("+", 2)  # base64 may itself contain a plus sign
        public = base64.b64decode(key, validate=True)[1:]
        text, signatures = note.split("\n\n", 1)
        raw = next(
            base64.b64decode(s.split(" ")[2], validate=True) for s in signatures.splitlines() if s.startswith(f"— {origin} ")
        )
        if raw[:4].hex() != key_id or _id(origin, public).hex() != key_id:
            raise BadNote("signed by another key")
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())
        return text
    except (ValueError, IndexError, StopIteration, binascii.Error) as error:
        raise BadNote(f"not a signed note: {error}") from error
    except InvalidSignature as error:
        raise BadNote("the signature is wrong") from error


def _id(origin: str, public: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + public).digest()[:4]


def durable_write(file: Path, content: bytes) -> None:
    """Replaces `file` as a whole (mode 0600) or not at all."""
    temporary = file.with_name(file.name + ".new")
    fd = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(fd)
    temporary.rename(file)
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

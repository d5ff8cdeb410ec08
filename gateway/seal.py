"""An ARC set of our own on what we deliver (RFC 8617): the server behind us can prove what we saw, and that it is unchanged.

Nothing of the sender's header survives, so its chain and its signatures do not either: ours is the first set, and what the
former chain was worth stands in its results.  Only our own bytes are signed, whose grammar is known.  Judging the chains of
others is `sanitizers/authentication`'s.  `load` raises ValueError for a file that is no usable key.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SIGNED = (
    *("from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
_FIELD = re.compile(rb"([!-9;-~]+): ?((?:[^\r]|\r\n[ \t])*)\r\n")
_TRAILING = re.compile(rb"(?:\r\n)*\Z")
_BASE64_LINE = 66  # characters, so that a folded line stays under 76
_SMALLEST = 2_048  # bits, RFC 8301 3.2


@dataclass(frozen=True, slots=True)
class Seal:
    """Who seals: `selector`._domainkey.`domain` publishes the key."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    def on(self, content: bytes, results: str, now: float) -> bytes:
        """`content` with its ARC set on top; `results` is what Authentication-Results says."""
        header, _, body = content.partition(b"\r\n\r\n")
        digest = b64encode(hashlib.sha256(_TRAILING.sub(b"\r\n", body, count=1)).digest()).decode()
        fields = {match[1].lower(): match.group() for match in _FIELD.finditer(header + b"\r\n")}
        names = [name for name in _SIGNED if name.encode() in fields]
        stamp = f"i=1; a={self._algorithm}; d={self.domain}; s={self.selector}; t={int(now)}"
        seen = f"ARC-Authentication-Results: i=1; {results}\r\n".encode().replace(b"; ", b";\r\n ")
        signature = self._signed(
            f"ARC-Message-Signature: {stamp}; c=relaxed/simple;\r\n h={':'.join(names)};\r\n bh={digest};\r\n b=",
            [fields[name.encode()] for name in names],
        )
        seal = self._signed(f"ARC-Seal: {stamp}; cv=none;\r\n b=", [seen, signature])
        return seal + signature + seen + content

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"

    def _signed(self, field: str, over: list[bytes]) -> bytes:
        """`field` up to its empty b=, with the signature over `over` and itself (RFC 6376 3.7, RFC 8617 5.1.1)."""
        unsigned = field.encode()
        data = b"".join(_relaxed(each) + b"\r\n" for each in over) + _relaxed(unsigned + b"\r\n")
        value = b64encode(self._sign(data)).decode()
        lines = [value[at : at + _BASE64_LINE] for at in range(0, len(value), _BASE64_LINE)]
        return unsigned + "\r\n ".join(lines).encode() + b"\r\n"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463 3


def load(domain: str, selector: str, path: Path) -> Seal:
    key = load_pem_private_key(path.read_bytes(), None)
    if isinstance(key, ed25519.Ed25519PrivateKey) or (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST):
        return Seal(domain, selector, key)
    raise ValueError(f"{path}: neither an RSA key of {_SMALLEST} bits or more nor an Ed25519 key")


def _relaxed(field: bytes) -> bytes:
    """RFC 6376 3.4.2."""
    name, _, value = field.partition(b":")
    return name.lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()

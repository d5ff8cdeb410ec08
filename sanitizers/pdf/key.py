"""The file key of a PDF encrypted with AES-256, from its password (ISO 32000-2 7.6.4.3, algorithms 2.A and 2.B).

Only because qpdf opens /dev/urandom when it does this, and a locked worker opens nothing; given the key, qpdf decrypts
without.  The older methods (RC4, AES-128) need no help.  Raises nothing: no dictionary, or no fit, is None.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from pikepdf import Dictionary, Object, PdfError, String

_REFERENCE = re.compile(rb"/Encrypt\s+(\d{1,10})\s+(\d{1,5})\s+R\b")
_DIRECT = re.compile(rb"/Encrypt\s*<<")
_STRINGS = ("/O", "/OE", "/U", "/UE")
_LONGEST = 127  # bytes of a password that count
_ROUNDS = 64  # at least; how many more depends on the data


def file_key(content: bytes, password: bytes) -> bytes | None:
    """32 bytes; `password` may be the user's or the owner's."""
    encryption = _dictionary(content)
    if encryption is None or not all(isinstance(encryption.get(key), String) for key in _STRINGS):
        return None
    owner, owner_key, user, user_key = (bytes(encryption[key]) for key in _STRINGS)
    secret = password[:_LONGEST]
    digest = _digest_6 if encryption.get("/R") == 6 else _digest_5
    for entry, wrapped, mixed in ((user, user_key, b""), (owner, owner_key, user[:48])):
        if len(entry) >= 48 and len(wrapped) == 32 and hmac.compare_digest(digest(secret, entry[32:40], mixed), entry[:32]):
            return _cipher(digest(secret, entry[40:48], mixed), bytes(16)).decryptor().update(wrapped)
    return None


def _dictionary(content: bytes) -> Object | None:
    """The encryption dictionary, which is never encrypted itself and never inside an object stream (7.6.1)."""
    if reference := _REFERENCE.search(content):
        found = re.search(rb"\b0*%s\s+0*%s\s+obj\b" % reference.groups(), content)
        start = found.end() if found else -1
    else:
        direct = _DIRECT.search(content)
        start = direct.end() - 2 if direct else -1
    end = content.find(b"endobj", start) if start >= 0 else -1
    try:
        parsed = Object.parse(content[start:end]) if end > 0 else None
    except (PdfError, RuntimeError, ValueError):
        return None
    return parsed if isinstance(parsed, Dictionary) else None


def _digest_5(secret: bytes, salt: bytes, mixed: bytes) -> bytes:
    """Adobe's extension level 3, which ISO 32000-2 deprecates; still written by old products."""
    return hashlib.sha256(secret + salt + mixed).digest()


def _digest_6(secret: bytes, salt: bytes, mixed: bytes) -> bytes:
    digest = hashlib.sha256(secret + salt + mixed).digest()
    rounds = 0
    while True:
        block = _cipher(digest[:16], digest[16:32]).encryptor().update((secret + digest + mixed) * 64)
        digest = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(block[:16]) % 3](block).digest()
        rounds += 1
        if rounds >= _ROUNDS and block[-1] <= rounds - 32:
            return digest[:32]


def _cipher(key: bytes, start: bytes) -> Cipher[CBC]:
    return Cipher(AES(key), CBC(start))

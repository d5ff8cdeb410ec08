"""Files into one ZIP that only a password opens: AES-256 as WinZip defined it (AE-2), which 7-Zip and libarchive read (SD-02).

What goes in was rebuilt and verified; this only packs.  It comes as a stored ZIP of our own whose members are numbered, and
leaves under the names that `Part.names` says, in UTF-8.  The password is ASCII: of anything else each program makes other
bytes (J12).  Raises `Refused` as `zip_strict.read` does, and ValueError for what only ZIP64 could hold.  Explorer of Windows
opens no AES: the mail's notice says what does.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from isal import isal_zlib

from sanitizers import zip_strict
from sanitizers.model import Limits, Outcome, Part, Reason, Refused, Verdict
from sanitizers.zip_strict import AES, DEFLATED, Packed

# https://www.winzip.com/en/support/aes-encryption/: AE-2 (no CRC-32 of the plain text), vendor, 256 bits, method inside
_EXTRA = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, DEFLATED)
_SALT, _KEY, _CHECK, _TAG = 16, 32, 2, 10  # bytes, of AES-256
_ROUNDS = 1_000  # of PBKDF2, which the format fixes: the password's length has to make up for it
_BLOCK = 16
_AT_ONCE = 1 << 16  # blocks: 1 MB


def pack(content: bytes, part: Part, secret: str, limits: Limits) -> Outcome:
    members = zip_strict.read(content, limits)
    if not secret or len(members) != len(part.names):
        raise Refused(Reason.CRASHED, "files, names and password do not belong together")
    locked = [(name, _locked(member.read(), secret.encode("ascii"))) for name, member in zip(part.names, members, strict=True)]
    return Outcome(Verdict.CLEAN, "application/zip", zip_strict.write(locked), "application/zip", part.name)


def _locked(content: bytes, secret: bytes) -> Packed:
    """Always deflated: libarchive before 3.7 opens nothing that is only stored."""
    deflater = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    packed = deflater.compress(content) + deflater.flush()
    salt = os.urandom(_SALT)
    keys = hashlib.pbkdf2_hmac("sha1", secret, salt, _ROUNDS, 2 * _KEY + _CHECK)
    cipher = _counted(packed, keys[:_KEY])
    tag = hmac.digest(keys[_KEY : 2 * _KEY], cipher, "sha1")[:_TAG]
    return Packed(AES, 0, len(content), salt + keys[2 * _KEY :] + cipher + tag, _EXTRA)


def _counted(content: bytes, key: bytes) -> bytes:
    """AES in counter mode; the counter is little-endian and begins at 1, which no library's own CTR does."""
    aes, out = Cipher(algorithms.AES(key), modes.ECB()).encryptor(), bytearray()  # noqa: S305 -- of the counter only
    for start in range(0, len(content), _AT_ONCE * _BLOCK):
        block = content[start : start + _AT_ONCE * _BLOCK]
        first = start // _BLOCK + 1
        counters = b"".join(n.to_bytes(_BLOCK, "little") for n in range(first, first + -(-len(block) // _BLOCK)))
        stream = aes.update(counters)[: len(block)]
        out += (int.from_bytes(block, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(block), "big")
    return bytes(out)

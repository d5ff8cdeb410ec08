"""Office documents with a password: told surely, and opened when somebody knows it ([MS-OFFCRYPTO], SAN-02).

Office opens what is locked with its built-in password without asking, and scanners do not: so it is opened here, and what
comes out is scanned.  Raises Refused with LOCKED: ENCRYPTED when no password was given, WRONG_PASSWORD when none fits,
UNDECRYPTABLE for rights management.
"""

from __future__ import annotations

import io
import struct
import xml.dom.expatbuilder  # noqa: F401 -- like the next: msoffcrypto would import it when it first decrypts

import cryptography.hazmat.backends.openssl  # noqa: F401
import msoffcrypto
from msoffcrypto import exceptions
from msoffcrypto.format import doc97, ooxml, ppt97, xls97  # noqa: F401 -- ooxml too would be imported late

from sanitizers import password
from sanitizers.conversion import Source
from sanitizers.detect.signature import OLE
from sanitizers.legacy.records import FILEPASS, directory, globals_of, stream
from sanitizers.model import Cipher, Reason, Refused, Verdict

__all__ = ["is_locked", "opened"]

_BUILT_IN = ("VelvetSweatshop", "/01Hannes Ruescher/01")  # [MS-XLS] 2.2.10; PowerPoint's, as far as is known
_FIB_FLAGS_AT, _FIB_ENCRYPTED = 10, 0x0100  # [MS-DOC] 2.5.2, the same in Word 6 and 95
_FIB_TABLE_1, _FIB_OBFUSCATED = 0x0200, 0x8000
_RC4_MAJOR = 1  # [MS-OFFCRYPTO] 2.3.6.1; CryptoAPI has 2, 3 or 4
_TOKEN_AT, _TOKEN_ENCRYPTED = 12, 0xF3D1C4DF  # [MS-PPT] 2.3.2, behind the record's header and size
# what the library raises on a wrong password, an unknown method and broken structures; it does not tell them apart
_NOT_OPENED = (
    exceptions.DecryptionError,
    exceptions.InvalidKeyError,
    exceptions.FileFormatError,
    exceptions.ParseError,
    struct.error,
    ValueError,
    LookupError,
    OSError,
    EOFError,
    AttributeError,
    TypeError,
    AssertionError,
)


class _InMemory:
    """In place of the module `tempfile`, from which the library takes the copy that it writes: a worker has no files."""

    TemporaryFile = io.BytesIO


doc97.tempfile = ppt97.tempfile = xls97.tempfile = _InMemory


def is_locked(content: bytes, source: Source) -> bool:
    if source not in (Source.DOC, Source.XLS, Source.PPT):  # the others have no encryption, or are a package when encrypted
        return False
    if source is Source.XLS:
        return any(kind == FILEPASS for kind, _ in globals_of(content))
    with directory(content) as ole:
        if source is Source.DOC:
            return bool(_number("<H", stream(ole, "WordDocument"), _FIB_FLAGS_AT) & _FIB_ENCRYPTED)
        return _number("<I", stream(ole, "Current User"), _TOKEN_AT) == _TOKEN_ENCRYPTED


def method(content: bytes, source: Source) -> Cipher:
    """Of a locked doc, xls or ppt: [MS-DOC] 2.2.6, [MS-XLS] 2.4.117, [MS-PPT] 2.3.7; each begins with a version."""
    if source is Source.PPT:
        return Cipher.OFFICE_CRYPTOAPI  # it knows no other
    if source is Source.XLS:
        body = next((body for kind, body in globals_of(content) if kind == FILEPASS), b"")
        # BIFF5 has nothing but the key and its hash; BIFF8 says 0 for that and 1 for what has a version
        is_xor, header = len(body) <= 4 or not _number("<H", body, 0), body[2:]
    else:
        with directory(content) as ole:
            flags = _number("<H", stream(ole, "WordDocument"), _FIB_FLAGS_AT)
            is_xor, header = bool(flags & _FIB_OBFUSCATED), stream(ole, "1Table" if flags & _FIB_TABLE_1 else "0Table")
    if is_xor:
        return Cipher.OFFICE_XOR
    return Cipher.OFFICE_RC4 if _number("<H", header, 0) == _RC4_MAJOR else Cipher.OFFICE_CRYPTOAPI


def opened(content: bytes, passwords: tuple[str, ...]) -> tuple[bytes, bool]:
    """The document without its password, by the first that fits; and whether that is built into Office."""
    for secret in password.in_time((*_BUILT_IN, *passwords)):
        if (plain := _decrypted(content, secret)) is not None:
            return plain, secret in _BUILT_IN
    if content.startswith(OLE) and _is_managed(content):
        raise Refused(Reason.UNDECRYPTABLE, "rights management", Verdict.LOCKED)
    if passwords:
        raise Refused(Reason.WRONG_PASSWORD, "none of the passwords opens the document", Verdict.LOCKED)
    raise Refused(Reason.ENCRYPTED, "a password is needed", Verdict.LOCKED)


def opens_without_asking(content: bytes) -> bool:
    """By a password that every Office knows: that is no protection."""
    return any(_decrypted(content, secret) is not None for secret in _BUILT_IN)


def _is_managed(content: bytes) -> bool:
    """[MS-OFFCRYPTO] 2.2: a licence of a rights management server."""
    with directory(content) as ole:
        return any(ole.exists(name) for name in ("\tDRMContent", "\x06DataSpaces/TransformInfo/DRMEncryptedTransform"))


def _decrypted(content: bytes, secret: str) -> bytes | None:
    plain = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(content))
        file.load_key(password=secret)  # packages are not verified here, which fails on some: what comes out must be a ZIP
        file.decrypt(plain)
    except _NOT_OPENED:
        return None
    return plain.getvalue()


def _number(form: str, data: bytes, at: int) -> int:
    number: int = struct.unpack_from(form, data, at)[0] if len(data) >= at + struct.calcsize(form) else 0
    return number

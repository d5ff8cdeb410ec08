"""By which method a file is locked, as its own structure says; for the reader and for rules, not for opening it (SD-07).

The weakest method in a file is named; None when it is not locked, by a password that every Office knows, or does not say.
Raises nothing: a broken structure says nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress

from sanitizers import rar, seven_zip, zip_strict
from sanitizers.legacy import PACKAGE, SOURCES, locked
from sanitizers.legacy.records import directory, stream
from sanitizers.model import Cipher, Limits, Refused

_AES_EXTRA = re.compile(rb"\x01\x99\x07\x00..AE([\x01-\x03])", re.DOTALL)  # AE-x of WinZip: vendor and strength
_AES = {1: Cipher.ZIP_AES128, 2: Cipher.ZIP_AES192, 3: Cipher.ZIP_AES256}
_STANDARD = re.compile(rb"/Filter\s*/Standard\b")
_AROUND = 1_000  # bytes: the dictionary has two strings of 127 at most and some numbers (ISO 32000-2 table 21)
_7Z = "application/x-7z-compressed"
_ENVELOPED = "application/pkcs7-mime"
_RAR = ("application/vnd.rar", "application/x-rar-compressed")
_AGILE = b"\x04\x00\x04\x00"  # [MS-OFFCRYPTO] 2.3.4.10: version 4.4
_STANDARDS = tuple(bytes([major, 0, 2, 0]) for major in (2, 3, 4))  # 2.3.4.5


def method(content: bytes, media_type: str, limits: Limits) -> Cipher | None:
    with suppress(Refused, OSError, ValueError):
        if media_type == "application/zip":
            return _of_zip(content, limits)
        if media_type == "application/pdf":
            return _of_pdf(content)
        if media_type == PACKAGE:
            return None if locked.opens_without_asking(content) else _of_package(content)
        if media_type in SOURCES:
            is_locked = locked.is_locked(content, SOURCES[media_type]) and not locked.opens_without_asking(content)
            return locked.method(content, SOURCES[media_type]) if is_locked else None
        if media_type == _7Z:
            return Cipher.SEVEN_ZIP if seven_zip.locked(content) else None
        if media_type == _ENVELOPED:
            return Cipher.SMIME
        if media_type in _RAR:
            return Cipher.RAR if rar.look(content).encrypted else None
    return None


def _of_package(content: bytes) -> Cipher | None:
    with directory(content) as ole:
        version = stream(ole, "EncryptionInfo")[:4]
    if version == _AGILE:
        return Cipher.OFFICE_AGILE
    return Cipher.OFFICE_STANDARD if version in _STANDARDS else None  # rights management has none of them


def _of_zip(content: bytes, limits: Limits) -> Cipher | None:
    locked = [member for member in zip_strict.read(content, limits) if member.encrypted]
    if any(member.method != zip_strict.AES for member in locked):
        return Cipher.ZIPCRYPTO
    strengths = [found[1][0] for found in _AES_EXTRA.finditer(content)]
    return _AES[min(strengths)] if locked and strengths else None


def _of_pdf(content: bytes) -> Cipher | None:
    """ISO 32000-2 7.6.2: V and the length of the key, or the method of the crypt filter."""
    found = _STANDARD.search(content)
    if not found:
        return None
    near = content[max(0, found.start() - _AROUND) : found.end() + _AROUND]
    if b"/AESV3" in near:
        return Cipher.PDF_AES256
    if b"/AESV2" in near:
        return Cipher.PDF_AES128
    return Cipher.PDF_RC4_40 if re.search(rb"/V\s+1\b", near) else Cipher.PDF_RC4

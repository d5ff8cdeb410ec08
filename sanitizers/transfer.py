"""Content-Transfer-Encoding: the five tokens, what mailers write instead, and decoding (RFC 2045 6, M2, M6, M7)."""

from __future__ import annotations

import binascii
import re
from enum import StrEnum

import pybase64

from sanitizers import hidden
from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Treatment


class Encoding(StrEnum):
    IDENTITY = "identity"  # 7bit, 8bit, binary
    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"
    UUENCODE = "x-uuencode"


_EXACT = {
    "7bit": Encoding.IDENTITY,
    "8bit": Encoding.IDENTITY,
    "binary": Encoding.IDENTITY,
    "base64": Encoding.BASE64,
    "quoted-printable": Encoding.QUOTED_PRINTABLE,
}
_UUENCODE = ("x-uuencode", "uuencode", "x-uue", "uue")
_ENCODES = re.compile(r"b(?:ase)?-?64|quoted|printable|uue|yenc|hex|zip|=\?")  # somebody's decoder may wake up for it
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHERS = bytes(set(range(256)) - set(_ALPHABET))


def encoding(raw: bytes) -> tuple[Encoding, bool] | None:
    """The encoding meant by a field, and whether it is written exactly; None where readers would disagree (M2).

    An unknown word that names no encoding is none: the bytes are taken as they are (RFC 2045 6.4)."""
    token = " ".join(raw.decode("latin-1").lower().split())
    known = _EXACT.get(token.rstrip("; "))
    if known is not None:
        return known, token in _EXACT
    if token.rstrip("; ") in _UUENCODE:
        return Encoding.UUENCODE, False
    return None if _ENCODES.search(token) else (Encoding.IDENTITY, not token)


def decode(body: bytes, how: Encoding, findings: Findings, where: str) -> bytes:
    """Raises Refused(AMBIGUOUS) for base64 that goes on after its end (M6)."""
    if how is Encoding.BASE64:
        return _base64(body, findings, where)
    if how is Encoding.QUOTED_PRINTABLE:
        return binascii.a2b_qp(body)
    return hidden.uudecoded(body) if how is Encoding.UUENCODE else body


def _base64(body: bytes, findings: Findings, where: str) -> bytes:
    padding = body.find(b"=")
    if padding >= 0 and (tail := body[padding:].translate(None, b"=\r\n\t \0")):
        if not tail.translate(None, _ALPHABET):
            raise Refused(Reason.AMBIGUOUS, "M6: base64 that goes on after its end")
        body = body[:padding]  # a mailing list's footer, seen by nobody
        findings.add(Kind.TRAILING_DATA, where, "text after the end of base64", Treatment.REMOVED)
    compact = body.translate(None, _OTHERS)
    if body.translate(None, _ALPHABET + b"\r\n\t =\0"):
        findings.add(Kind.MIME_AMBIGUITY, where, "M6: characters outside the base64 alphabet", Treatment.REMOVED)
    compact = compact[: len(compact) - (len(compact) % 4 == 1)]
    return pybase64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)

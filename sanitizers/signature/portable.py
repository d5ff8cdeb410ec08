"""PDF signatures (ISO 32000-2 12.8): the byte range around the signature, and whether anything was added behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from asn1crypto import tsp
from pikepdf import Array, Dictionary, Object, Pdf, PikepdfError, String

from sanitizers.model import Signature, SignatureState
from sanitizers.pdf.annotation import field_type
from sanitizers.signature import cms, trust

_FIELDS, _SIGNATURES, _DEPTH = 50_000, 20, 32
_CMS = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached")
_OLD, _STAMP = "/adbe.pkcs7.sha1", "/ETSI.RFC3161"


def signatures(pdf: Pdf, content: bytes, anchors: tuple[str, ...]) -> tuple[Signature, ...]:
    """Before anything is changed; raises nothing."""
    try:
        form = pdf.Root.get("/AcroForm")
        fields = form.get("/Fields") if isinstance(form, Dictionary) else None
        found = list(_values(fields)) if isinstance(fields, Array) else []
        return tuple(made for value in found[:_SIGNATURES] for made in _judged(value, content, anchors))
    except (PikepdfError, RuntimeError, ValueError, TypeError, OverflowError) as error:
        return (Signature("", SignatureState.UNVERIFIED, f"unreadable: {type(error).__name__}"),)


def _values(fields: Array) -> Iterator[Object]:
    waiting, seen = [(field, 0) for field in fields], 0
    while waiting and (seen := seen + 1) < _FIELDS:
        field, depth = waiting.pop(0)
        if not isinstance(field, Dictionary):
            continue
        if field_type(field) == "/Sig" and isinstance(field.get("/V"), Dictionary):
            yield field["/V"]
        kids = field.get("/Kids")
        if isinstance(kids, Array) and depth < _DEPTH:
            waiting += [(kid, depth + 1) for kid in kids]


def _judged(value: Object, content: bytes, anchors: tuple[str, ...]) -> tuple[Signature, ...]:
    kind, blob = str(value.get("/SubFilter", "")), value.get("/Contents")
    claimed = value.get("/Name")
    shown = str(claimed)[:80] if isinstance(claimed, String) else ""
    span = _span(value, content, bytes(blob)) if isinstance(blob, String) else None
    if span is None or blob is None:
        return (Signature(shown, SignatureState.UNVERIFIED, "its byte range does not fit the file"),)
    signed, is_whole = span
    raw = bytes(blob)
    if kind in _CMS:
        made = cms.signers(raw, signed, anchors)
    elif kind == _OLD:  # the CMS carries the SHA-1 of the range
        made = cms.signers(raw, None, anchors)
        if cms.content(raw) != trust.digest("sha1", signed):
            made = tuple(replace(one, state=SignatureState.BROKEN, detail="the content is not what was signed") for one in made)
    elif kind == _STAMP:
        made = _stamp(raw, signed, anchors)
    else:
        made = (Signature(shown, SignatureState.UNVERIFIED, f"form {kind or 'unknown'}"),)
    return made if is_whole else tuple(map(_appended, made))


def _span(value: Object, content: bytes, blob: bytes) -> tuple[bytes, bool] | None:
    """The signed bytes, and whether they are the whole file but the signature itself (12.8.1)."""
    numbers = value.get("/ByteRange")
    if not isinstance(numbers, Array) or len(numbers) != 4 or not all(isinstance(number, int) for number in numbers):
        return None
    start, length, after, rest = (int(number) for number in numbers)
    if start != 0 or not 0 < length < after or rest < 0 or after + rest > len(content):
        return None
    try:
        gap = bytes.fromhex(content[length:after].decode("ascii").removeprefix("<").removesuffix(">"))
    except ValueError:
        return None
    if gap.rstrip(b"\0") != blob.rstrip(b"\0"):  # the gap holds this signature and nothing else
        return None
    return content[:length] + content[after : after + rest], not content[after + rest :].strip(b"\r\n\0 ")


def _stamp(raw: bytes, signed: bytes, anchors: tuple[str, ...]) -> tuple[Signature, ...]:
    """A document time stamp (RFC 3161): its own content names the digest of the document."""
    made = cms.signers(raw, None, anchors)
    try:
        imprint = tsp.TSTInfo.load(cms.content(raw) or b"")["message_imprint"]
        fits = imprint["hashed_message"].native == trust.digest(imprint["hash_algorithm"]["algorithm"].native, signed)
    except (ValueError, TypeError, KeyError, trust.Unverified):
        return tuple(replace(one, state=SignatureState.UNVERIFIED, detail="unreadable time stamp") for one in made)
    stamped = tuple(replace(one, detail=f"time stamp; {one.detail}".removesuffix("; ")) for one in made)
    return stamped if fits else tuple(replace(one, state=SignatureState.BROKEN) for one in stamped)


def _appended(signature: Signature) -> Signature:
    if signature.state not in (SignatureState.TRUSTED, SignatureState.INTACT):
        return signature
    detail = f"{signature.detail}; added to after signing".removeprefix("; ")
    return replace(signature, state=SignatureState.APPENDED, detail=detail)

"""DKIM signatures (RFC 6376, 8301, 8463) on a message as it came.

Cryptography is `cryptography`'s; signing is not here.  A signature that leaves out the end of the body (l=), or one of several
From fields, is `policy`: it proves something, but not what the reader sees.  `seal` and `arc.py` share the key and the
signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sanitizers.authentication.dns import Dns, Unanswered
from sanitizers.authentication.fields import Field, Message, Unusable, compact, tags
from sanitizers.identity import DOMAIN, RecordType, Result, Signature

SIGNATURES = 10  # that are looked at, from the top; mailing lists seldom add a third
_RSA_BITS = range(1024, 8193)  # RFC 8301 3.2; above it costs more than it proves
_SIGNATURE_VALUE = re.compile(rb"(^|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_SELECTOR = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,5}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


class Unproven(Exception):
    """The signature can be read, and does not hold."""


def verify(message: Message, dns: Dns, now: float) -> tuple[Signature, ...]:
    """Every signature by itself.  Never raises."""
    return tuple(_judged(message, field, dns, now) for field in message.named(b"dkim-signature")[:SIGNATURES])


def _judged(message: Message, field: Field, dns: Dns, now: float) -> Signature:
    found: dict[str, str] = {}
    try:
        found = tags(field.value)
        _check_form(found, now)
        check(message, field, found, dns)
        refusal = _unsigned(message, found)
        result, detail = (Result.POLICY, refusal) if refusal else (Result.PASS, "")
    except Unusable as unusable:
        result, detail = Result.PERMERROR, str(unusable)
    except Unproven as unproven:
        result, detail = Result.FAIL, str(unproven)
    except Unanswered as unanswered:
        result, detail = Result.TEMPERROR, str(unanswered)
    domain, selector = found.get("d", "").lower(), found.get("s", "")
    is_named = DOMAIN.fullmatch(domain) and _SELECTOR.fullmatch(selector)
    return Signature(domain if is_named else "", selector if is_named else "", result, detail[:200])


def _check_form(found: dict[str, str], now: float) -> None:
    """RFC 6376 6.1.1."""
    if found.get("v") != "1":
        raise Unusable("not version 1")
    if "from" not in _signed_names(found):
        raise Unusable("From is not signed")
    if "dns/txt" not in compact(found.get("q", "dns/txt")).split(":"):
        raise Unusable("no query method that is known")
    domain = found.get("d", "").lower()
    identity = found.get("i", "").rpartition("@")[2].lower() or domain
    if identity != domain and not identity.endswith("." + domain):
        raise Unusable("i= is not inside d=")
    expires = _number(found, "x")
    if expires is not None and expires < (_number(found, "t") or 0):
        raise Unusable("expires before it was made")
    if expires is not None and expires < now:
        raise Unproven("expired")


def check(message: Message, field: Field, found: dict[str, str], dns: Dns) -> None:
    """Body hash, then the signature over the header: also an ARC-Message-Signature's (RFC 8617 4.1.2)."""
    header, _, body = found.get("c", "simple/simple").lower().partition("/")
    if header not in ("simple", "relaxed") or body not in ("", "simple", "relaxed"):
        raise Unusable("no canonical form that is known")
    content = message.relaxed_body if body == "relaxed" else message.simple_body
    length = _number(found, "l")
    if length is not None and length > len(content):
        raise Unusable("l= is longer than the body")
    if hashlib.sha256(memoryview(content)[:length]).digest() != _bytes(found, "bh"):
        raise Unproven("the body was changed")
    signed = [_canonical(each, header) + b"\r\n" for each in _chosen(message, _signed_names(found))]
    seal((*signed, _canonical(_unsigned_form(field), header)), found, dns)


def seal(pieces: Sequence[bytes], found: dict[str, str], dns: Dns) -> None:
    """The signature b= over `pieces`, by the key that s= and d= name.  Raises Unusable, Unproven, Unanswered."""
    key = _key(found, dns)
    digest = hashlib.sha256(b"".join(pieces)).digest()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(_bytes(found, "b"), digest, padding.PKCS1v15(), Prehashed(SHA256()))
        else:
            key.verify(_bytes(found, "b"), digest)
    except InvalidSignature:
        raise Unproven("the signature does not hold") from None


def _key(found: dict[str, str], dns: Dns) -> rsa.RSAPublicKey | ed25519.Ed25519PublicKey:
    """RFC 6376 3.6.1 and 6.1.2."""
    algorithm = found.get("a", "").lower()
    if algorithm not in ("rsa-sha256", "ed25519-sha256"):
        raise Unusable("no algorithm that is accepted")  # rsa-sha1 among them, RFC 8301 3.1
    domain, selector = found.get("d", "").lower(), found.get("s", "")
    if not DOMAIN.fullmatch(domain) or not _SELECTOR.fullmatch(selector):
        raise Unusable("no domain or no selector")
    records = dns.ask(f"{selector}._domainkey.{domain}", RecordType.TXT)
    if not records:
        raise Unusable("no key")
    record = tags(records[0].encode("latin-1", "replace"))
    kind = record.get("k", "rsa").lower()
    services = compact(record.get("s", "*")).split(":")
    if record.get("v", "DKIM1") != "DKIM1" or kind != algorithm.partition("-")[0] or not {"*", "email"} & set(services):
        raise Unusable("a key for something else")
    if "sha256" not in compact(record.get("h", "sha256")).split(":"):
        raise Unusable("a key for another hash")
    if "s" in compact(record.get("t", "")).split(":") and found.get("i", "").rpartition("@")[2].lower() not in ("", domain):
        raise Unusable("the key is not for subdomains")
    return _public_key(kind, _bytes(record, "p"))


def _public_key(kind: str, raw: bytes) -> rsa.RSAPublicKey | ed25519.Ed25519PublicKey:
    if not raw:
        raise Unusable("the key was revoked")
    try:
        if kind == "ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        key = load_der_public_key(raw)
    except ValueError:
        raise Unusable("not a key") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in _RSA_BITS:
        raise Unusable("a key of a size that is not accepted")
    return key


def _unsigned(message: Message, found: dict[str, str]) -> str:
    """What the reader sees and the signature does not cover (H7); "" for nothing."""
    length = _number(found, "l")
    relaxed = found.get("c", "").lower().endswith("/relaxed")
    if length is not None and length < len(message.relaxed_body if relaxed else message.simple_body):
        return "l= leaves the end of the body unsigned"
    if len(message.named(b"from")) > _signed_names(found).count("from"):
        return "another From than the signed one"
    return ""


def _signed_names(found: dict[str, str]) -> list[str]:
    return compact(found.get("h", "")).lower().split(":")


def _chosen(message: Message, names: Sequence[str]) -> list[Field]:
    """The signed fields: of one name, from the bottom up (RFC 6376 5.4.2); a name without a field stands for nothing."""
    waiting: dict[str, list[Field]] = {}
    for field in message.fields:
        waiting.setdefault(field.name.decode("latin-1"), []).append(field)
    return [waiting[name].pop() for name in names if waiting.get(name)]


def _unsigned_form(field: Field) -> Field:
    """The signature's own field as it was when it was signed: b= is empty (RFC 6376 3.7)."""
    name, _, value = field.raw.partition(b":")
    return Field(field.name, name + b":" + _SIGNATURE_VALUE.sub(rb"\1\2", value, count=1))


def sealed_form(field: Field) -> bytes:
    return _unsigned_form(field).relaxed()


def _canonical(field: Field, form: str) -> bytes:
    return field.relaxed() if form == "relaxed" else field.raw


def _bytes(found: dict[str, str], name: str) -> bytes:
    if name not in found:
        raise Unusable(f"no {name}=")
    try:
        return base64.b64decode(compact(found[name]), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable(f"{name}= is not base64") from None


def _number(found: dict[str, str], name: str) -> int | None:
    if name not in found:
        return None
    if not _NUMBER.fullmatch(found[name]):
        raise Unusable(f"{name}= is not a number")
    return int(found[name])

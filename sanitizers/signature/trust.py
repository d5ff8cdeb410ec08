"""Who signed: the name in a certificate, whether it is traced to one of the administrators' roots, and the mathematics.

Raises `Unverified` for algorithms and certificates that can not be judged, and `Broken` where the mathematics say no.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from sanitizers.charset import clean

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 -- to tell whether old signatures are whole, not to make any
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_NAMES = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.EMAIL_ADDRESS)
_SHOWN = 80  # characters of a name


class Unverified(Exception):
    """Nobody can say; the text tells why."""


class Broken(Exception):
    """It is not what was signed, or not by that key."""


def certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Unverified(f"a certificate that can not be read: {error}") from error


def name(signer: x509.Certificate) -> str:
    for kind in _NAMES:
        if found := signer.subject.get_attributes_for_oid(kind):
            return " ".join(clean(str(found[0].value))[0].split())[:_SHOWN]
    return ""


def digest(algorithm: str, data: bytes) -> bytes:
    if algorithm not in HASHES:
        raise Unverified(f"digest algorithm {algorithm}")
    hasher = hashes.Hash(HASHES[algorithm])
    hasher.update(data)
    return hasher.finalize()


def check(signer: x509.Certificate, value: bytes, data: bytes, algorithm: str, *, pss_salt: int | None = None) -> None:
    """`value` is the signature over `data`.  Raises Broken, Unverified."""
    if algorithm not in HASHES:
        raise Unverified(f"digest algorithm {algorithm}")
    chosen = HASHES[algorithm]
    try:
        key = signer.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            scheme = padding.PKCS1v15() if pss_salt is None else padding.PSS(padding.MGF1(chosen), pss_salt)
            key.verify(value, data, scheme, chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, data, ec.ECDSA(chosen))
        else:
            raise Unverified(f"a key of type {type(key).__name__}")
    except InvalidSignature:
        raise Broken("the signature does not fit") from None
    except (UnsupportedAlgorithm, ValueError) as error:
        raise Unverified(str(error)) from error


@cache
def _roots(anchors: tuple[str, ...]) -> tuple[x509.Certificate, ...]:
    return tuple(root for text in anchors for root in x509.load_pem_x509_certificates(text.encode()))


def why_not_trusted(signer: x509.Certificate, others: Sequence[x509.Certificate], anchors: tuple[str, ...]) -> str:
    """ "" when a chain of valid certificates leads to one of the anchors now."""
    roots = _roots(anchors)
    if not roots:
        return "no trusted roots are configured"
    now = datetime.now(UTC)
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        return "the certificate is out of date"
    if signer in roots:
        return ""
    policy = PolicyBuilder().store(Store(list(roots))).time(now)
    policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
    try:
        policy.build_client_verifier().verify(signer, list(others))
    except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
        return f"not traced to a trusted root: {error}"
    return ""

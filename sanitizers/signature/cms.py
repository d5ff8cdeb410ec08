"""Cryptographic Message Syntax, SignedData (RFC 5652): what PDF and S/MIME signatures are written in.

`signers` judges each signer of a blob; it raises nothing.  `content` gives what an opaque one carries, or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from asn1crypto import cms
from cryptography import x509

from sanitizers.model import Signature, SignatureState
from sanitizers.signature import trust
from sanitizers.signature.trust import Broken, Unverified

_SIGNERS = 20  # of one blob; a contract has two
_SET = b"\x31"  # what signed attributes are hashed as (5.4), instead of their implicit tag
_SURPRISES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)  # asn1crypto's


def content(blob: bytes) -> bytes | None:
    """The content inside, if this is signed data and carries one."""
    try:
        info = cms.ContentInfo.load(blob)
        if info["content_type"].native != "signed_data":
            return None
        inner = info["content"]["encap_content_info"]["content"].native
    except _SURPRISES:
        return None
    return inner if isinstance(inner, bytes) else None


def signers(blob: bytes, signed: bytes | None, anchors: tuple[str, ...]) -> tuple[Signature, ...]:
    """`signed` is the detached content; None: it is inside."""
    try:
        data = cms.ContentInfo.load(blob)["content"]
        certificates = list(_certificates(data))
        infos = list(data["signer_infos"])
        if signed is None:
            signed = data["encap_content_info"]["content"].native
        if not infos or not isinstance(signed, bytes):
            return (Signature("", SignatureState.UNVERIFIED, "no signer, or no content"),)
    except _SURPRISES as error:
        return (Signature("", SignatureState.UNVERIFIED, f"unreadable: {type(error).__name__}"),)
    return tuple(_signer(info, certificates, signed, anchors) for info in infos[:_SIGNERS])


def _certificates(data: cms.SignedData) -> Iterator[x509.Certificate]:
    for choice in data["certificates"] or ():
        if choice.name == "certificate":
            with suppress(Unverified):  # one of the others may be the signer's
                yield trust.certificate(choice.chosen.dump())


def _signer(
    info: cms.SignerInfo, certificates: Sequence[x509.Certificate], signed: bytes, anchors: tuple[str, ...]
) -> Signature:
    who = ""
    try:
        signer = _certificate_of(info, certificates)
        who = trust.name(signer)
        _check(info, signer, signed)
    except Broken as broken:
        return Signature(who, SignatureState.BROKEN, str(broken))
    except Unverified as unverified:
        return Signature(who, SignatureState.UNVERIFIED, str(unverified))
    except _SURPRISES as error:
        return Signature(who, SignatureState.UNVERIFIED, f"unreadable: {type(error).__name__}")
    why = trust.why_not_trusted(signer, certificates, anchors)
    return Signature(who, SignatureState.INTACT if why else SignatureState.TRUSTED, why)


def _certificate_of(info: cms.SignerInfo, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    sid = info["sid"]
    for candidate in certificates:
        if sid.name == "issuer_and_serial_number":
            wanted = sid.chosen["serial_number"].native, sid.chosen["issuer"].dump()
            if (candidate.serial_number, candidate.issuer.public_bytes()) == wanted:
                return candidate
        elif _key_identifier(candidate) == sid.chosen.native:
            return candidate
    raise Unverified("the signer's certificate is not there")


def _key_identifier(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return b""


def _check(info: cms.SignerInfo, signer: x509.Certificate, signed: bytes) -> None:
    """RFC 5652 5.4 to 5.6: the digest of the content is among the signed attributes, and those are what the key signed."""
    algorithm = info["digest_algorithm"]["algorithm"].native
    attributes = info["signed_attrs"]
    if attributes:
        found = {attribute["type"].native: attribute["values"] for attribute in attributes}
        digests = found.get("message_digest")
        if digests is None or len(digests) != 1 or digests[0].native != trust.digest(algorithm, signed):
            raise Broken("the content is not what was signed")
        signed = _SET + attributes.dump()[1:]
    scheme, salt = info["signature_algorithm"], None
    kind = scheme["algorithm"].native
    if kind == "rsassa_pss":
        algorithm, salt = scheme["parameters"]["hash_algorithm"]["algorithm"].native, scheme["parameters"]["salt_length"].native
    elif kind.startswith(("sha", "md")) and "_" in kind:
        algorithm = kind.partition("_")[0]
    trust.check(signer, info["signature"].native, signed, algorithm, pss_salt=salt)

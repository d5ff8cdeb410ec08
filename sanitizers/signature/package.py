"""Office signatures (ECMA-376 part 2 12, XML-DSig): the signed digests of parts, relationships and of the signature itself."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import Certificate
from lxml import etree

from sanitizers.model import Refused, Signature, SignatureState
from sanitizers.ooxml import xml
from sanitizers.ooxml.opc import Package
from sanitizers.ooxml.xml import Element
from sanitizers.signature import trust
from sanitizers.signature.trust import Broken, Unverified

FOLDER = "_xmlsignatures/"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/digital-signature}"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_C14N = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": False,  # comments were not parsed
    "http://www.w3.org/2001/10/xml-exc-c14n#": True,
}
_SIGNATURES, _REFERENCES = 20, 5_000


def signatures(package: Package, anchors: tuple[str, ...]) -> tuple[Signature, ...]:
    """Raises nothing."""
    found = [key for key in package if key.startswith(FOLDER) and key.endswith(".xml")]
    return tuple(_judged(key, package, anchors) for key in found[:_SIGNATURES])


def _judged(key: str, package: Package, anchors: tuple[str, ...]) -> Signature:
    who = ""
    try:
        root = xml.parse(package.read(key), key)
        certificates = [trust.certificate(_text(node)) for node in root.iterfind(f".//{_DS}X509Data/{_DS}X509Certificate")]
        if root.tag != f"{_DS}Signature" or not certificates:
            raise Unverified("no signature, or no certificate")
        who = trust.name(certificates[0])
        info = _child(root, "SignedInfo")
        algorithm = _tail(_child(info, "SignatureMethod").get("Algorithm", ""))
        value = _text(_child(root, "SignatureValue"))
        exclusive = _C14N.get(_child(info, "CanonicalizationMethod").get("Algorithm", ""))
        if exclusive is None:
            raise Unverified("an unknown canonicalisation")
        signer = _signer(certificates, _for_key(value, algorithm), _canonical(info, exclusive), algorithm.rpartition("-")[2])
        who = trust.name(signer)
        covered = _covered(root, info, package)
        if not {r.target for r in package.relationships("") if r.kind == "officeDocument"} <= covered:
            raise Unverified("it does not cover the document itself")
    except Broken as broken:
        return Signature(who, SignatureState.BROKEN, str(broken))
    except (Unverified, Refused) as unverified:
        return Signature(who, SignatureState.UNVERIFIED, str(unverified)[:200])
    except (ValueError, etree.LxmlError, RecursionError) as error:
        return Signature(who, SignatureState.UNVERIFIED, f"unreadable: {type(error).__name__}")
    why = trust.why_not_trusted(signer, certificates, anchors)
    return Signature(who, SignatureState.INTACT if why else SignatureState.TRUSTED, why)


def _signer(certificates: list[Certificate], value: bytes, signed: bytes, algorithm: str) -> Certificate:
    """The one whose key fits: a chain stands there in any order."""
    for candidate in certificates:
        with suppress(Broken):
            trust.check(candidate, value, signed, algorithm)
            return candidate
    raise Broken("the signature does not fit")


def _covered(root: Element, info: Element, package: Package) -> set[str]:
    """Keys of the parts whose digests are right.  A manifest counts only inside an object that is signed itself."""
    signed = list[Element]()
    for reference in info.iterfind(f"{_DS}Reference"):
        target = _by_id(root, reference.get("URI", ""))
        _compare(reference, _transformed(reference, target))
        signed.append(target)
    covered = set[str]()
    references = [r for target in signed for r in target.iterfind(f".//{_DS}Manifest/{_DS}Reference")]
    if len(references) > _REFERENCES:
        raise Unverified("more references than any document has parts")
    for reference in references:
        key = unquote(reference.get("URI", "").partition("?")[0]).lstrip("/").lower()
        if key not in package:
            raise Broken(f"{key} was signed and is gone")
        _compare(reference, _part(reference, package.read(key), key))
        covered.add(key)
    return covered


def _by_id(root: Element, uri: str) -> Element:
    found = [node for node in root.iter(etree.Element) if node.get("Id") == uri[1:]] if uri.startswith("#") else []
    if len(found) != 1:  # two of one name: which one was signed?
        raise Unverified(f"{len(found)} elements for {uri[:60]}")
    return found[0]


def _compare(reference: Element, data: bytes) -> None:
    algorithm = _tail(_child(reference, "DigestMethod").get("Algorithm", ""))
    if trust.digest(algorithm, data) != _text(_child(reference, "DigestValue")):
        raise Broken(f"{reference.get('URI', '')[:100]} is not what was signed")


def _transforms(reference: Element) -> list[Element]:
    return list(reference.iterfind(f"{_DS}Transforms/{_DS}Transform"))


def _transformed(reference: Element, target: Element) -> bytes:
    names = [transform.get("Algorithm", "") for transform in _transforms(reference)]
    if any(name not in _C14N for name in names):
        raise Unverified(f"transforms {names}"[:200])
    return _canonical(target, _C14N[names[-1]] if names else False)


def _part(reference: Element, content: bytes, key: str) -> bytes:
    transforms = _transforms(reference)
    if not transforms:
        return content
    node = xml.parse(content, key)
    exclusive = False
    for transform in transforms:
        name = transform.get("Algorithm", "")
        if name == _TRANSFORM:
            node = _relationships(node, transform)
        elif name in _C14N:
            exclusive = _C14N[name]
        else:
            raise Unverified(f"transform {name}"[:200])
    return _canonical(node, exclusive)


def _relationships(root: Element, transform: Element) -> Element:
    """ECMA-376 part 2 12.2.4.26: those that are named by id or type, sorted, each with its TargetMode."""
    ids = {node.get("SourceId") for node in transform.iterfind(f"{_PACKAGE}RelationshipReference")}
    types = {node.get("SourceType") for node in transform.iterfind(f"{_PACKAGE}RelationshipsGroupReference")}
    made = etree.fromstring(f'<Relationships xmlns="{_RELATIONSHIPS}"/>')
    kept = [node for node in root if node.get("Id") in ids or node.get("Type") in types]
    for node in sorted(kept, key=lambda node: node.get("Id", "")):
        etree.SubElement(made, f"{{{_RELATIONSHIPS}}}Relationship", {"TargetMode": "Internal", **dict(node.attrib)})
    return made


def _canonical(node: Element, exclusive: bool) -> bytes:
    """As a document of its own: of an element inside another one lxml writes `xmlns=""` on its children."""
    alone = xml.parse(etree.tostring(node, with_tail=False), str(node.tag))
    return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=False)


def _text(node: Element) -> bytes:
    return b64decode(node.text or "")


def _child(node: Element, name: str) -> Element:
    found = node.find(_DS + name)
    if found is None:
        raise Unverified(f"no {name}")
    return found


def _tail(algorithm: str) -> str:
    """`sha256` of `http://www.w3.org/2001/04/xmlenc#sha256`."""
    return algorithm.rpartition("#")[2].lower()


def _for_key(value: bytes, algorithm: str) -> bytes:
    """XML-DSig writes ECDSA's two numbers side by side (RFC 4050 3.3); everybody else as a DER sequence."""
    if not algorithm.startswith("ecdsa"):
        return value
    half = len(value) // 2
    return encode_dss_signature(int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))

"""Electronic signatures made by others: OpenSSL writes the CMS, the standard library canonicalises the XML."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from samples import office, portable

SIGNER = "山田太郎"


@dataclass(frozen=True)
class Identity:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def anchor(self) -> str:
        return self.root.public_bytes(serialization.Encoding.PEM).decode()


@cache
def identity(days: int = 365) -> Identity:
    """A signer under a root of its own; `days` may lie in the past."""
    now = datetime.now(UTC)

    def made(name: str, key: rsa.RSAPrivateKey, issuer: str, by: rsa.RSAPrivateKey, ends: datetime) -> x509.Certificate:
        named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
        is_root = name == issuer
        builder = x509.CertificateBuilder().subject_name(named[0]).issuer_name(named[1]).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=900)).not_valid_after(ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        usage = {name: False for name in ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")}
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=not is_root,
                key_cert_sign=is_root,
                crl_sign=is_root,
                encipher_only=False,
                decipher_only=False,
                **usage,
            ),
            critical=True,
        )
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        return builder.sign(by, hashes.SHA256())

    root_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    root = made("例示認証局", root_key, "例示認証局", root_key, now + timedelta(days=3650))
    return Identity(key, made(SIGNER, key, "例示認証局", root_key, now + timedelta(days=days)), root)


def openssl_cms(content: bytes, who: Identity, *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        key, certificate, data = (Path(place) / name for name in ("key", "certificate", "data"))
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        key.write_bytes(who.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        certificate.write_bytes(who.certificate.public_bytes(pem))
        data.write_bytes(content)
        files = ["-in", str(data), "-signer", str(certificate), "-inkey", str(key)]
        done = subprocess.run(["openssl", "cms", "-sign", *files, *options], capture_output=True, timeout=30, check=True)
        return done.stdout


def detached(content: bytes, who: Identity, *options: str) -> bytes:
    return openssl_cms(content, who, "-binary", "-outform", "DER", *options)


def opaque(content: bytes, who: Identity) -> bytes:
    return openssl_cms(content, who, "-binary", "-nodetach", "-outform", "DER")


def signed_mail(entity: bytes, who: Identity, *options: str) -> bytes:
    head = b"From: yamada@example.jp\r\nTo: staff@city.example.lg.jp\r\nSubject: signed\r\n"
    return head + openssl_cms(entity, who, "-crlfeol", *options).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def signed_pdf(who: Identity, *, subfilter: str = "/adbe.pkcs7.detached", room: int = 12_000) -> bytes:
    with pikepdf.open(io.BytesIO(portable.document())) as pdf:
        value = pikepdf.Dictionary(
            Type=pikepdf.Name.Sig,
            Filter=pikepdf.Name("/Adobe.PPKLite"),
            SubFilter=pikepdf.Name(subfilter),
            ByteRange=pikepdf.Array([0, 1_000_000_001, 1_000_000_002, 1_000_000_003]),
            Contents=pikepdf.String(b"\xaa" * room),
        )
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("署名1"), V=pdf.make_indirect(value))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([pdf.make_indirect(field)]), SigFlags=3)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False, static_id=True)
    content = out.getvalue()
    start = content.index(b"<" + b"aa" * room + b">")
    end = start + 2 * room + 2
    numbers = (start, end, len(content) - end)
    for marker, number in zip((1_000_000_001, 1_000_000_002, 1_000_000_003), numbers, strict=True):
        content = content.replace(b"%d" % marker, b"%-10d" % number)
    blob = detached(content[:start] + content[end:], who).hex().encode()
    return content[: start + 1] + blob.ljust(2 * room, b"0") + content[end - 1 :]


_DS = "http://www.w3.org/2000/09/xmldsig#"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def signed_office(who: Identity, *, add: dict[str, bytes] | None = None, leave: tuple[str, ...] = ()) -> bytes:
    """Every part but `leave` is signed; `add` replaces parts afterwards."""
    with zipfile.ZipFile(io.BytesIO(office.document().build())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rSig" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" '
        b'Target="_xmlsignatures/origin.sigs"/></Relationships>',
    )
    references = "".join(
        f'<Reference URI="/{name}?ContentType=application/xml"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">'
        f"</DigestMethod><DigestValue>{_digest(content)}</DigestValue></Reference>"
        for name, content in parts.items()
        if name.startswith("word/") and name not in leave
    )
    signed = f'<Object xmlns="{_DS}" Id="idPackageObject"><Manifest>{references}</Manifest></Object>'
    info = (
        f'<SignedInfo xmlns="{_DS}"><CanonicalizationMethod Algorithm="{_C14N}"/>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        f'<Reference URI="#idPackageObject"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<DigestValue>{_digest(_canonical(signed))}</DigestValue></Reference></SignedInfo>"
    )
    value = who.key.sign(_canonical(info), padding.PKCS1v15(), hashes.SHA256())
    certificate = base64.b64encode(who.certificate.public_bytes(serialization.Encoding.DER)).decode()
    inner = (
        info.replace(f' xmlns="{_DS}"', "")
        + f"<SignatureValue>{base64.b64encode(value).decode()}</SignatureValue>"
        + f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>"
        + signed.replace(f' xmlns="{_DS}"', "")
    )
    parts["_xmlsignatures/sig1.xml"] = f'<Signature xmlns="{_DS}" Id="s">{inner}</Signature>'.encode()
    parts["_xmlsignatures/origin.sigs"] = b" "
    parts |= add or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _canonical(text: str) -> bytes:
    return ET.canonicalize(text).encode()


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()

"""SD-07: by which method a file is locked, told from files that other programs locked: 7-Zip, Info-ZIP, qpdf, msoffcrypto."""

from __future__ import annotations

import io
import os
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from samples import office
from samples.compound import compound
from sanitizers import encryption
from sanitizers.job import LocalJob
from sanitizers.legacy import PACKAGE
from sanitizers.model import Cipher, Kind, Limits, Part, Profile, Treatment, Verdict
from sanitizers.registry import sanitise
from tests.sanitizers import make_locked, make_pdf
from tests.sanitizers.make_ooxml import docx, paragraph

PACKAGE_PLAIN = office.document("協議書").build()  # 1.5 kB: in the mini stream of the file that locks it
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
PPT_LOCKED = compound({"PowerPoint Document": b"x", "Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF)})
ZIP, SEVEN_ZIP, RAR = "application/zip", "application/x-7z-compressed", "application/vnd.rar"
# 7zz 26.02: 7zz a -tzip -mem=AES128 -pAbc12
AES128 = b64decode(
    "UEsDBDMAAQBjABpyfF0AAAAAGAAAAAQAAAAFAAsAYS50eHQBmQcAAgBBRQEAAA4utzVFPQ2PJD6o41BJt3w3Z1Upra4HIVBLAQI/AzMAAQBjABpyfF0AAA"
    "AAGAAAAAQAAAAFAC8AAAAAAAAAIICkgQAAAABhLnR4dAoAIAAAAAAAAQAYAC7IOhxDf90BAAAAAAAAAAAAAAAAAAAAAAGZBwACAEFFAQAAUEsFBgAAAAAB"
    "AAEAYgAAAEYAAAAAAA=="
)
# 7zz a -tzip -mem=AES192 -pAbc12
AES192 = b64decode(
    "UEsDBDMAAQBjABpyfF0AAAAAHAAAAAQAAAAFAAsAYS50eHQBmQcAAgBBRQIAAM3jVpwCXWKUlHTayPagpqgtExER/Tj8cW9+PjdQSwECPwMzAAEAYwAacn"
    "xdAAAAABwAAAAEAAAABQAvAAAAAAAAACCApIEAAAAAYS50eHQKACAAAAAAAAEAGAAuyDocQ3/dAQAAAAAAAAAAAAAAAAAAAAABmQcAAgBBRQIAAFBLBQYA"
    "AAAAAQABAGIAAABKAAAAAAA="
)
# Info-ZIP 3.0: zip -P Abc12
ZIPCRYPTO = b64decode(
    "UEsDBAoACQAAABlyfF3Hp4s7EAAAAAQAAAAFABwAYS50eHRVVAkAA1LiCmtS4gprdXgLAAEEAAAAAAQAAAAAUrFBwOBzlGE9WF9Em1dfo1BLBwjHp4s7EA"
    "AAAAQAAABQSwECHgMKAAkAAAAZcnxdx6eLOxAAAAAEAAAABQAYAAAAAAABAAAApIEAAAAAYS50eHRVVAUAA1LiCmt1eAsAAQQAAAAABAAAAABQSwUGAAAA"
    "AAEAAQBLAAAAXwAAAAAA"
)


def book(*filepass: int) -> bytes:
    """An xls whose FILEPASS record says this; what follows it would be locked."""
    body = struct.pack(f"<{len(filepass)}H", *filepass)
    records = struct.pack("<HH", 0x0809, 16) + bytes(16) + struct.pack("<HH", 0x002F, len(body)) + body
    return compound({"Workbook": records + struct.pack("<HH", 0x000A, 0)})


def word(flags: int, table: bytes = b"") -> bytes:
    return compound({"WordDocument": struct.pack("<6H", 0xA5EC, 0xC1, 0, 0, 0, flags) + bytes(500), "1Table": table})


def enveloped() -> bytes:
    """For the holder of a certificate (RFC 5652 6): no password opens it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "t")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1).public_key(key.public_key())
    certificate = made.not_valid_before(day).not_valid_after(day + timedelta(days=3_650)).sign(key, SHA256())
    return pkcs7.PKCS7EnvelopeBuilder().set_data(b"text").add_recipient(certificate).encrypt(Encoding.DER, [])


def pdf(revision: int, user: str = "u") -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        aes = revision >= 4
        document.save(out, encryption=pikepdf.Encryption(owner="o", user=user, R=revision, aes=aes, metadata=aes))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type", "cipher"),
    [
        (ZIPCRYPTO, ZIP, Cipher.ZIPCRYPTO),
        (AES128, ZIP, Cipher.ZIP_AES128),
        (AES192, ZIP, Cipher.ZIP_AES192),
        (make_locked.AES_ZIP, ZIP, Cipher.ZIP_AES256),
        (make_locked.SEVEN_ZIP, SEVEN_ZIP, Cipher.SEVEN_ZIP),
        (make_locked.SEVEN_ZIP_WHOLE, SEVEN_ZIP, Cipher.SEVEN_ZIP),
        (make_locked.rar4(file=0x04), RAR, Cipher.RAR),
        (make_locked.rar4(main=0x80), RAR, Cipher.RAR),
        (pdf(2), "application/pdf", Cipher.PDF_RC4_40),
        (pdf(3), "application/pdf", Cipher.PDF_RC4),
        (pdf(4), "application/pdf", Cipher.PDF_AES128),
        (pdf(5), "application/pdf", Cipher.PDF_AES256),
        (pdf(6), "application/pdf", Cipher.PDF_AES256),
        (make_locked.agile(PACKAGE_PLAIN, "Abc12"), PACKAGE, Cipher.OFFICE_AGILE),
        (make_locked.standard(PACKAGE_PLAIN, "Abc12"), PACKAGE, Cipher.OFFICE_STANDARD),
        (book(0, 0x1234, 0x5678), XLS, Cipher.OFFICE_XOR),
        (book(0x1234, 0x5678), XLS, Cipher.OFFICE_XOR),  # BIFF5
        (book(1, 1, 1, *range(24)), XLS, Cipher.OFFICE_RC4),
        (book(1, 4, 2, *range(24)), XLS, Cipher.OFFICE_CRYPTOAPI),
        (word(0x8100), DOC, Cipher.OFFICE_XOR),
        (word(0x0300, struct.pack("<HH", 1, 1) + bytes(48)), DOC, Cipher.OFFICE_RC4),
        (word(0x0300, struct.pack("<HH", 4, 2) + bytes(99)), DOC, Cipher.OFFICE_CRYPTOAPI),
        (PPT_LOCKED, PPT, Cipher.OFFICE_CRYPTOAPI),
        (enveloped(), "application/pkcs7-mime", Cipher.SMIME),
    ],
    ids=[
        "zipcrypto",
        "aes128",
        "aes192",
        "aes256",
        "7z",
        "7z-names",
        "rar",
        "rar-names",
        "r2",
        "r3",
        "r4",
        "r5",
        "r6",
        "agile",
        "standard",
        "xls-xor",
        "xls-xor-biff5",
        "xls-rc4",
        "xls-cryptoapi",
        "doc-xor",
        "doc-rc4",
        "doc-cryptoapi",
        "ppt",
        "smime",
    ],
)
def test_sd07_the_method_is_told_from_the_file_itself_which_waits_locked(
    content: bytes, media_type: str, cipher: Cipher
) -> None:
    assert encryption.method(content, media_type, Limits()) is cipher
    outcome = sanitise(content, Part("1", "a", ""), LocalJob())
    assert (outcome.verdict, outcome.detected, outcome.output) == (Verdict.LOCKED, media_type, None)
    assert [f.detail for f in outcome.findings if f.kind is Kind.ENCRYPTION] == [cipher]


@pytest.mark.parametrize("lock", [make_locked.agile, make_locked.standard])
def test_sd07_a_locked_document_opens_with_its_password_and_says_what_it_lost(lock: Callable[[bytes, str], bytes]) -> None:
    outcome = sanitise(lock(PACKAGE_PLAIN, "協議2026"), Part("1", "a.docx", ""), LocalJob(Profile(passwords=("協議2026",))))
    assert outcome.output is not None
    assert outcome.output.startswith(b"PK")
    lost = [finding for finding in outcome.findings if finding.kind is Kind.ENCRYPTION]
    assert [finding.treatment for finding in lost] == [Treatment.REMOVED]


@pytest.mark.parametrize("lock", [make_locked.agile, make_locked.standard])
def test_sd07_a_workbook_that_is_only_write_protected_opens_by_itself_however_short(
    lock: Callable[[bytes, str], bytes],
) -> None:
    outcome = sanitise(lock(PACKAGE_PLAIN, "VelvetSweatshop"), Part("1", "a.docx", ""), LocalJob())
    assert outcome.verdict is Verdict.SANITISED
    assert Kind.ENCRYPTION not in {finding.kind for finding in outcome.findings}


def test_sd07_what_a_message_carries_is_named_where_it_is_not_at_the_message() -> None:
    message = b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64encode(
        make_locked.AES_ZIP
    )
    outcome = sanitise(message, Part("1", "a.eml", "message/rfc822", ("a.eml",)), LocalJob())
    assert (outcome.verdict, outcome.detected) == (Verdict.LOCKED, "message/rfc822")
    assert Kind.ENCRYPTION not in {finding.kind for finding in outcome.findings}


def corpus(name: str) -> Path:
    found = list(Path(os.environ["MUGAI_CORPUS"]).glob(f"*/{name}"))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.skipif(
    "MUGAI_CORPUS" not in os.environ, reason="files that other programs locked; those made above stand in for them"
)
@pytest.mark.parametrize(
    ("name", "cipher"),
    [
        ("tika__testWORD_protected_passtika.docx", Cipher.OFFICE_STANDARD),
        ("oletools__encrypted.xlsx", Cipher.OFFICE_AGILE),
        ("tika__testEXCEL_protected_passtika.xls", Cipher.OFFICE_RC4),
        ("oletools__encrypted.doc", Cipher.OFFICE_RC4),
        ("msoffcrypto-tool__rc4cryptoapi_password.ppt", Cipher.OFFICE_CRYPTOAPI),
        ("pdfminer.six__rc4-40.pdf", Cipher.PDF_RC4_40),
        ("pdfminer.six__rc4-128.pdf", Cipher.PDF_RC4),
        ("pdfminer.six__aes-128-m.pdf", Cipher.PDF_AES128),
        ("tika__testUnicodePassword.pdf", Cipher.PDF_AES256),
        ("commons-compress__password-encrypted.zip", Cipher.ZIPCRYPTO),
        ("libarchive__test_read_format_zip_winzip_aes128.zip", Cipher.ZIP_AES128),
        ("libarchive__test_read_format_zip_winzip_aes256.zip", Cipher.ZIP_AES256),
        ("sharpcompress__7Zip.encryptedFiles.7z", Cipher.SEVEN_ZIP),
        ("tika__testPKCS7_enveloped_def.p7m", Cipher.SMIME),
    ],
)
def test_sd07_real_locked_files_are_named(name: str, cipher: Cipher) -> None:
    path = corpus(name)
    outcome = sanitise(path.read_bytes(), Part("1", path.name, "", (path.name,)), LocalJob())
    assert outcome.verdict is Verdict.LOCKED
    assert [finding.detail for finding in outcome.findings if finding.kind is Kind.ENCRYPTION] == [cipher]


@pytest.mark.parametrize(
    "name", ["oletools__dde-test-encrypt-standardpassword.xlsx", "oletools__dde-test-encrypt-standardpassword.xls"]
)
@pytest.mark.skipif("MUGAI_CORPUS" not in os.environ, reason="see above")
def test_sd07_real_workbooks_that_office_opens_without_asking_are_not_locked(name: str) -> None:
    path = corpus(name)
    outcome = sanitise(path.read_bytes(), Part("1", path.name, "", (path.name,)), LocalJob())
    assert outcome.verdict < Verdict.LOCKED


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (make_locked.agile(PACKAGE_PLAIN, "VelvetSweatshop"), PACKAGE),
        (make_locked.rar4(), RAR),
        (make_pdf.pdf(), "application/pdf"),
        (docx(paragraph("x")).bytes(), ZIP),
        (b"7z\xbc\xaf\x27\x1c broken", SEVEN_ZIP),
    ],
    ids=["known-to-all", "rar", "pdf", "zip", "broken"],
)
def test_sd07_what_is_not_locked_has_no_method(content: bytes, media_type: str) -> None:
    assert encryption.method(content, media_type, Limits()) is None

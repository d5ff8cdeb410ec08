"""SD-07: by which method a file is locked, told from files that other programs locked: 7-Zip, Info-ZIP, qpdf, msoffcrypto."""

from __future__ import annotations

import io
from base64 import b64decode
from hashlib import sha256

import pikepdf
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from sanitizers import encryption
from sanitizers.legacy import PACKAGE
from sanitizers.model import Cipher, Limits
from tests.sanitizers import make_locked, make_pdf
from tests.sanitizers.make_ooxml import docx, paragraph

LONG = "".join(sha256(bytes([n])).hexdigest() for n in range(250))  # a short package was not opened again: why is open
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


def office(password: str) -> bytes:
    sealed = io.BytesIO()
    OOXMLFile(io.BytesIO(docx(paragraph(LONG)).bytes())).encrypt(password, sealed)
    return sealed.getvalue()


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
        (office("Abc12"), PACKAGE, Cipher.OFFICE_AGILE),
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
    ],
)
def test_sd07_the_method_is_told_from_the_file_itself(content: bytes, media_type: str, cipher: Cipher) -> None:
    assert encryption.method(content, media_type, Limits()) is cipher


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (office("VelvetSweatshop"), PACKAGE),
        (make_locked.rar4(), RAR),
        (make_pdf.pdf(), "application/pdf"),
        (docx(paragraph("x")).bytes(), ZIP),
        (b"7z\xbc\xaf\x27\x1c broken", SEVEN_ZIP),
    ],
    ids=["known-to-all", "rar", "pdf", "zip", "broken"],
)
def test_sd07_what_is_not_locked_has_no_method(content: bytes, media_type: str) -> None:
    assert encryption.method(content, media_type, Limits()) is None

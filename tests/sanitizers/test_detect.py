"""Detection: content decides, the name only among kinds of text."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import zip_strict
from sanitizers.detect import UNKNOWN, dangerous, detect, family, mismatched
from sanitizers.model import Part

OPEN = "application/vnd.openxmlformats-officedocument."


def found(content: bytes, name: str = "", declared: str = "") -> str:
    return detect(content, Part("1", name, declared, (name,)))


def package(main: str, encoding: str = "utf-8") -> bytes:
    types = f'<Types><Override PartName="/x.xml" ContentType="{main}"/></Types>'.encode(encoding)
    return zip_strict.write([("[Content_Types].xml", types), ("_rels/.rels", b"<x/>"), ("x.xml", b"<x/>")])


def compound(*names: str) -> bytes:
    """The smallest OLE2 file with these streams in its root storage ([MS-CFB] 2.2-2.6), each empty."""
    free, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    version = (0x3E, 3, 0xFFFE, 9, 6)  # minor, major, byte order, shifts of sector and mini sector
    chains = (0, 1, 1, 0, 4096, end, 0, end, 0)  # directory in sector 1, its table in sector 0, nothing else
    header = struct.pack("<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *version, *chains)
    header += struct.pack("<109I", 0, *[free] * 108)
    fat = struct.pack("<128I", fat_sector, end, *[free] * 126)
    entries = b""
    for number, (name, kind) in enumerate([("Root Entry", 5), *((name, 2) for name in names)]):
        right = number + 1 if 0 < number < len(names) else free
        child = 1 if number == 0 and names else free
        utf_16 = name.encode("utf-16-le") + b"\0\0"
        entries += struct.pack("<64sHBB3I16s4x16xIQ", utf_16, len(utf_16), kind, 1, free, right, child, b"", end, 0)
    return header + fat + entries.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("sign", "media_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(12), "image/bmp"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0", "image/vnd.microsoft.icon"),
        (b"8BPS\0\x01", "image/vnd.adobe.photoshop"),
        (b"\n\x05\x01\x08", "image/vnd.zbrush.pcx"),
        (b"\x01\xda\x01\x01", "image/x-sgi"),
        (b"\x59\xa6\x6a\x95", "image/x-sun-raster"),
        (b"P6\n# made by a scanner\n640 480\n255\n", "image/x-portable-anymap"),
        (bytes(4) + b"\x12\xaf" + bytes(8) + b"\3\0", "image/x-fli"),
        (b"qoif\0\0\0\x30", "image/x-qoi"),
        (b"DDS \x7c\0\0\0", "image/vnd.ms-dds"),
        (b"icns\0\0\0\x1c", "image/x-icns"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\x01\0\0\0" + bytes(36) + b" EMF", "image/emf"),
        (b"{\\rt1 ", "application/rtf"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        (b"!\0-lh5-", "application/x-lzh-compressed"),
        (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
        (bytes(128) + b"DICM\2\0\0\0", "application/dicom"),
        (bytes(257) + b"ustar\0", "application/x-tar"),
        (bytes(0x8001) + b"CD001", "application/x-iso9660-image"),
        (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
        (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", "application/pkcs7-mime"),
        (b"\x30\x82\x01\x01\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "application/pkcs7-signature"),
        (b"-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted"),
        (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF", "application/x-elf"),
        (b"\xca\xfe\xba\xbe", "application/java-vm"),
        (b"\x4c\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
        (b"ITSF", "application/vnd.ms-htmlhelp"),
        (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "application/onenote"),
    ],
)
def test_f08_f10_a_signature_decides_whatever_the_name_says(sign: bytes, media_type: str) -> None:
    for name, declared in (("a.pdf", "application/pdf"), ("a.txt", "text/plain"), ("", "")):
        assert found(sign + bytes(20), name, declared) == media_type


@pytest.mark.parametrize("prefix", [b"x", b"<html>", b"\0", b"GIF", b"\n" * 600])
def test_f04_no_signature_counts_behind_a_prefix(prefix: bytes) -> None:
    for sign in (b"PK\x03\x04", b"\xff\xd8\xff", b"7z\xbc\xaf\x27\x1c", b"MZ\x90\0"):
        assert found(prefix + sign + bytes(50)) in ("application/octet-stream", "text/html", "text/plain")


def test_targa_is_known_by_its_end_or_its_name_and_a_word_is_no_picture() -> None:
    assert found(bytes(60) + b"TRUEVISION-XFILE.\0") == "image/x-tga"
    assert found(b"\0\0\x02" + bytes(60), "a.tga") == "image/x-tga"
    assert found(b"P6 is the road to take\n", "memo.txt") == "text/plain"
    assert found(b"icns are pictures", "memo.txt") == "text/plain"


def test_f04_a_polyglot_is_what_its_first_byte_says() -> None:
    archive = package(OPEN + "wordprocessingml.document.main+xml")
    assert found(b"\xff\xd8\xff\xe0" + archive) == "image/jpeg"
    assert found(b"MZ" + archive) == "application/vnd.microsoft.portable-executable"
    assert found(b"GIF89a=1;alert(1)//") == "image/gif"


def test_d08_a_pdf_may_begin_late_but_a_text_about_pdf_is_text() -> None:
    assert found(b"\x1b%-12345X@PJL\r\n%PDF-1.4\n" + b"\x80\xff" * 99 + b"%%EOF\n") == "application/pdf"
    assert found(b"A PDF starts with %PDF-1.4\n", "memo.txt") == "text/plain"
    assert found(b"<html>%PDF-1.4 %%EOF", "a.pdf") == "text/html"
    assert found(bytes(2000) + b"%PDF-1.4 %%EOF", "a.pdf") == "application/octet-stream"


@pytest.mark.parametrize(
    ("main", "media_type"),
    [
        (OPEN + "wordprocessingml.document.main+xml", OPEN + "wordprocessingml.document"),
        (OPEN + "spreadsheetml.template.main+xml", OPEN + "spreadsheetml.template"),
        ("application/vnd.ms-word.document.macroEnabled.main+xml", "application/vnd.ms-word.document.macroEnabled.12"),
        ("application/vnd.ms-word.template.macroEnabledTemplate.main+xml", "application/vnd.ms-word.template.macroEnabled.12"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"),
        ("application/vnd.ms-visio.drawing.main+xml", "application/vnd.ms-visio.drawing"),
        ("application/vnd.openxmlformats-officedocument.theme+xml", "application/x-opc-package"),
    ],
)
def test_d02_office_packages_by_their_main_part(main: str, media_type: str) -> None:
    assert found(package(main), "a.docx") == media_type
    assert found(package(main, "utf-16"), "a.zip") == media_type


@pytest.mark.parametrize(
    ("members", "media_type"),
    [
        ([("mimetype", b"application/vnd.oasis.opendocument.text")], "application/vnd.oasis.opendocument.text"),
        ([("mimetype", b"<script>")], "application/zip"),
        ([("META-INF/MANIFEST.MF", b"x")], "application/java-archive"),
        ([("androidmanifest.xml", b"x")], "application/vnd.android.package-archive"),
        ([("META-INF/manifest.xml", b"x"), ("description.xml", b"x")], "application/x-opendocument-package"),
        ([("a.txt", b"x")], "application/zip"),
        ([], "application/zip"),
    ],
)
def test_other_zip_formats_by_their_members(members: list[tuple[str, bytes]], media_type: str) -> None:
    assert found(zip_strict.write(members)) == media_type


def test_f05_a_zip_that_readers_see_differently_is_left_to_the_archive_sanitiser() -> None:
    archive = package(OPEN + "wordprocessingml.document.main+xml")
    assert found(archive + b"x", "a.docx") == "application/zip"
    assert found(archive[:-9], "a.docx") == "application/zip"


def test_a_huge_content_types_part_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b" " * (8 << 20))
    assert found(packed.getvalue()) in ("application/zip", "application/x-opc-package")


@pytest.mark.parametrize(
    ("stream", "media_type"),
    [
        ("WordDocument", "application/msword"),
        ("WORDDOCUMENT", "application/msword"),
        ("Workbook", "application/vnd.ms-excel"),
        ("Book", "application/vnd.ms-excel"),
        ("PowerPoint Document", "application/vnd.ms-powerpoint"),
        ("__properties_version1.0", "application/vnd.ms-outlook"),
        ("EncryptedPackage", "application/x-ole-encrypted-package"),
        ("DocumentText", "application/x-ichitaro"),
        ("BodyText", "application/x-hwp"),
        ("Something", "application/x-ole-storage"),
    ],
)
def test_d06_d18_ole_files_by_their_streams(stream: str, media_type: str) -> None:
    assert found(compound("\x05SummaryInformation", stream), "a.doc") == media_type


def test_d02_a_default_that_no_part_uses_does_not_name_the_package() -> None:
    """SheetJS calls every .bin an xlsb: its workbooks went through LibreOffice, without their theme and formats."""
    bin_ = '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    override = f'<ns:Override ContentType="{OPEN}spreadsheetml.sheet.main+xml" PartName="/x.xml"/>'
    content = zip_strict.write([("[Content_Types].xml", f"<Types>{bin_}{override}</Types>".encode()), ("x.xml", b"<x/>")])
    assert found(content, "名簿.xlsx") == OPEN + "spreadsheetml.sheet"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_j10_utf_16_without_a_mark_is_text_and_a_binary_is_none(encoding: str) -> None:
    assert found("id;name\r\n1;見積\r\n".encode(encoding), "a.csv") == "text/csv"
    assert found("BEGIN:VCARD\r\nFN:山田\r\n".encode(encoding), "a.vcf") == "text/vcard"
    for binary in (bytes(40), "ab\x01cd\x02".encode(encoding), b"\x80\0" * 9 + b"\xd8\0\0\xd8" * 9):
        assert found(binary, "a.txt") == UNKNOWN


@pytest.mark.parametrize("content", ["品名\t金額\r\n", "品名,金額\r\n"])
def test_a_table_written_as_text_and_named_xls_is_a_csv(content: str) -> None:
    assert found(content.encode("cp932"), "一覧.xls") == "text/csv"


def test_an_encrypted_package_beside_another_stream_is_encrypted() -> None:
    assert found(compound("EncryptedPackage", "WordDocument")) == "application/x-ole-encrypted-package"


@given(st.integers(0, 1535), st.integers(0, 255))
def test_damaged_ole_never_raises(at: int, byte: int) -> None:
    content = bytearray(compound("WordDocument", "1Table"))
    content[at] = byte
    assert found(bytes(content))


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"<!DOCTYPE html><p>x", "a.txt", "text/html"),
        (b"\xef\xbb\xbf \n<!-- x --><HTML>", "", "text/html"),
        ("<html>".encode("utf-16"), "", "text/html"),
        (b"plain", "a.html", "text/html"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "", "text/html"),
        (b"<?xml version='1.0'?><!DOCTYPE svg><svg onload='x'>", "a.png", "image/svg+xml"),
        (b"<svg>", "", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "a.xml", "text/xml"),
        (
            b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>',
            "a.doc",
            "application/x-ms-word-2003+xml",
        ),
        (
            b'<?xml version="1.0"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"/>',
            "",
            "application/x-flat-opc",
        ),
        (b'<html><hta:application id="x"><script>', "a.txt", "application/x-windows-script"),
        (b'<job id="x"><script language="VBScript">', "a.txt", "application/x-windows-script"),
        (b'<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"/>', "a.opf", "text/xml"),
        (b"#!/bin/sh\n", "a.txt", "application/x-script"),
        (b"<?php echo 1;", "a.txt", "application/x-script"),
        (b"[InternetShortcut]\r\nURL=x", "a.txt", "application/x-windows-action"),
        (b"Windows Registry Editor Version 5.00", "a.txt", "application/x-windows-action"),
        (b"ID;PWXL;N;E\r\n", "a.csv", "application/x-sylk"),
        (b"WEB\r\n1\r\nhttp://x.example/", "a.iqy", "application/x-web-query"),
        (b"BEGIN:VCALENDAR\r\n", "a.txt", "text/calendar"),
        (b"a,b\r\n", "a.csv", "text/csv"),
        (b"a\tb\r\n", "a.tsv", "text/csv"),
        (b'{"a": 1}', "a.json", "application/json"),
        ("議会だより".encode("cp932"), "", "text/plain"),
        ("議会だより".encode("iso2022_jp"), "", "text/plain"),
        ("議会だより".encode("utf-16"), "", "text/plain"),
        (b"a < b and c > d", "", "text/plain"),
        (b"\xff\xfe" + bytes(range(256)) * 9, "a.txt", "application/octet-stream"),
        (b"\x00\x01\x02\x03", "a.txt", "application/octet-stream"),
        (b"\x80\x00" * 40, "a.csv", "application/octet-stream"),
    ],
)
def test_m13_f10_kinds_of_text_by_content(content: bytes, name: str, media_type: str) -> None:
    assert found(content, name) == media_type


@pytest.mark.parametrize(
    ("content", "name", "declared", "media_type"),
    [
        (b"From: a@b.example\nSubject: x\n\nbody", "", "message/rfc822", "message/rfc822"),
        (b"Subject: x\n\nbody", "a.eml", "", "message/rfc822"),
        (b"From: a@b.example\nMessage-ID: <x@y>\n\nbody", "a", "", "message/rfc822"),
        (b"From: a@b.example\nMIME-Version: 1.0\n\nbody", "a.txt", "", "message/rfc822"),
        (b"Content-Type: multipart/mixed; boundary=x\n\n--x", "a.txt", "", "message/rfc822"),
        (b"From: a@b.example\nSubject: x\n\nbody", "a.txt", "", "text/plain"),
        (b"From: yenc@b.example\nMessage-ID: <x@y>\n\n=ybegin\n" + bytes(40), "a.msg", "", "message/rfc822"),
        (b"From a@b.example Sat Nov 21 09:00:00 2026\nReceived: x\n\nb", "a.mbox", "", "message/rfc822"),
        (
            b"From a@b Sat Nov 21 09:00:00 2026\nSubject: 1\n\nx\n\nFrom a@b Sat Nov 21 09:01:00 2026\nSubject: 2\n\n",
            "",
            "",
            "application/mbox",
        ),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n", "a.doc", "", "application/x-mimearchive"),
        (b"From: <Saved by Blink>\nMIME-Version: 1.0\nSubject: x\n\n", "a", "", "application/x-mimearchive"),
        (b"no header", "a.eml", "message/rfc822", "text/plain"),
        (b"Content of half a mail", "", "message/partial", "message/partial"),
        (b"MZ\x90\0", "", "message/external-body", "message/external-body"),
    ],
)
def test_m12_mails_by_their_headers(content: bytes, name: str, declared: str, media_type: str) -> None:
    assert found(content, name, declared) == media_type


@pytest.mark.parametrize(
    "name", ["a.exe", "a.txt.js", "A.VBS ", "a.scr.", "a．ｅｘｅ", "a.hta::$DATA", "a\u202etxt.bat", "a.one", "a.lnk"]
)
def test_f01_f02_dangerous_names(name: str) -> None:
    assert dangerous(("見積書.pdf", name))


@pytest.mark.parametrize("name", ["a.txt", "議事録.docx", "a.exe.txt", "exe", "", "a.html"])
def test_harmless_names(name: str) -> None:
    assert not dangerous((name,))


@pytest.mark.parametrize(
    ("media_type", "name", "ending"),
    [
        ("image/png", "a.jpg", ""),
        (OPEN + "wordprocessingml.document", "a.doc", ""),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", "a.xlsx", ""),
        ("text/csv", "a.txt", ""),
        ("application/zip", "a.pdf", ".pdf"),
        ("application/pdf", "a.exe", ".exe"),
        ("application/pdf", "a.unknown", ""),
    ],
)
def test_a_mismatch_is_one_between_families(media_type: str, name: str, ending: str) -> None:
    assert mismatched(media_type, (name,)) == ending


def test_families_of_every_delivered_type() -> None:
    assert family("message/rfc822") == "mail"
    assert family("application/vnd.oasis.opendocument.spreadsheet") == "sheet"
    assert family("application/gzip") == family("application/x-tar") == "archive"
    assert family("application/x-elf") == "application/x-elf"


@given(st.binary(max_size=400), st.sampled_from(["", "a.txt", "a.csv", "a.eml", "a.html", "a.xlsx"]))
def test_any_bytes_have_a_type(content: bytes, name: str) -> None:
    assert "/" in found(content, name)


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml ", b"From ", b"\0\0\x01\0", b"BM"]
    ),
)
def test_any_bytes_after_a_signature_have_a_type(content: bytes, sign: bytes) -> None:
    assert "/" in found(sign + content)

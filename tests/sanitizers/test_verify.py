"""The second opinion must object to every threat by itself: here it is shown the hostile originals, not the rebuilt files."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import office, picture, portable
from samples.build import samples
from samples.sample import Sample
from sanitizers import names, zip_strict
from sanitizers.compose import compose
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.verify import CHECKS, naming, ooxml, verify

DOCX, XLSX, PPTX = ooxml.MAIN
TYPES = {"docx": DOCX, "xlsx": XLSX, "pptx": PPTX, "pdf": "application/pdf", "jpg": "image/jpeg", "tif": "image/tiff"}
TYPES |= {kind: f"image/{kind}" for kind in ("png", "gif", "bmp", "webp")}
PDF = portable.document()


def digest(content: bytes, media_type: str = "application/pdf") -> str:
    return f"{hashlib.sha256(content).hexdigest()} {media_type}"


def repacked(content: bytes) -> bytes:
    """The same members in the plainest container, so that only what they say can be objected to."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zip_strict.write((name, archive.read(name)) for name in archive.namelist())


def type_of(sample: Sample) -> str:
    return TYPES.get(sample.path.rpartition(".")[2], "")


# A stream that no cross-reference leads to: no reader of a whole file sees it, and the rebuilder drops it
_UNSEEN = "hostile/pdf/object-stream.pdf"
ALL = [sample for sample in samples() if type_of(sample) and sample.path != _UNSEEN]


@pytest.mark.parametrize("sample", [s for s in ALL if s.path.startswith("hostile/")], ids=lambda sample: sample.path)
def test_each_threat_is_objected_to(sample: Sample) -> None:
    content = repacked(sample.content).replace(b"<!--here-->", b"")
    assert verify(content, type_of(sample), frozenset())


@pytest.mark.parametrize("sample", [s for s in ALL if s.path.startswith("benign/")], ids=lambda sample: sample.path)
def test_what_is_benign_is_accepted(sample: Sample) -> None:
    content = sample.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name).replace(b"<!--here-->", b"")) for name in archive.namelist()]
        content = zip_strict.write(members)
    assert verify(content, type_of(sample), frozenset()) == []


@pytest.mark.parametrize(
    "media_type", ["", "text/html", "application/octet-stream", "application/vnd.ms-word.document.macroEnabled.12"]
)
def test_what_is_never_delivered_has_no_check(media_type: str) -> None:
    assert verify(b"x", media_type, frozenset())


@pytest.mark.parametrize(
    ("verdict", "name", "digest", "accepted"),
    [
        ("original", "図面.dwg", True, True),
        ("withheld", "図面.dwg", True, False),  # only a mail that says so has files as they came
        ("original", "図面.dwg", False, False),
        ("original", "a\u202egpj.exe", True, False),
    ],
)
def test_san05_a_file_as_it_came_is_accepted_only_in_a_mail_that_says_so(
    verdict: str, name: str, digest: bool, accepted: bool
) -> None:
    letter = Letter("図面", (Mailbox("", "a@example.jp"),), None, (), (), (), "", "", (), (), "本文", ())
    file = Enclosure(name, "application/octet-stream", b"AC1032 anything")
    mail = compose(letter, (file,), extra_headers=(("X-Mugai-Verdict", verdict),))
    digests = frozenset((f"{hashlib.sha256(file.content).hexdigest()} {file.media_type}",) if digest else ())
    assert (verify(mail, "message/rfc822", digests) == []) is accepted


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from(sorted(CHECKS)))
def test_noise_is_an_objection_never_an_error(noise: bytes, media_type: str) -> None:
    objections = verify(noise, media_type, frozenset())
    assert objections or media_type.startswith("text/")


@pytest.mark.parametrize("root", [b"<_/>", b'<document xmlns="urn:oasis:names:tc:opendocument:xmlns:text:1.0"/>'])
def test_a_flat_document_begins_as_one(root: bytes) -> None:
    assert verify(root, "application/vnd.oasis.opendocument.formula-flat-xml", frozenset())


def word(markup: str) -> list[str]:
    package = office.document().edit("word/document.xml", "<!--here-->", markup).edit("word/settings.xml", "<!--here-->", "")
    return verify(repacked(package.build()), DOCX, frozenset())


@pytest.mark.parametrize(
    "code",
    [
        "DDEAUTO c a",
        'HYPERLINK "file://x/y"',
        'HYPERLINK \\o "a" \\\\x\\y',
        'hyperlink  "ms-msdt:/id"',
        "INCLUDEPICTURE x",
        "LINK a b",
    ],
)
def test_d03_a_field_is_judged_whole_however_it_is_cut(code: str) -> None:
    for cut in range(1, len(code)):
        assert word(office.field(code[:cut].replace('"', "&quot;"), code[cut:].replace('"', "&quot;"))), (
            code[:cut],
            code[cut:],
        )


@pytest.mark.parametrize(
    "harmless",
    [
        "<w:pict><w:txbxContent><w:p><w:r><w:instrText>PAGE </w:instrText></w:r></w:p></w:txbxContent></w:pict>",
        "<w:delInstrText>PAGE </w:delInstrText>",
    ],
)
def test_d20_another_story_and_deleted_words_are_no_part_of_an_instruction(harmless: str) -> None:
    code = '<w:fldChar w:fldCharType="begin"/>{}<w:instrText>INCLUDEPICTURE x</w:instrText><w:fldChar w:fldCharType="end"/>'
    assert word(f"<w:p><w:r>{code.format(harmless)}</w:r></w:p>")
    assert word(f"<w:p><w:r>{code.format(harmless).replace('INCLUDEPICTURE', '= ')}</w:r></w:p>") == []


@pytest.mark.parametrize(
    "code",
    [
        "PAGE",
        'TOC \\o "1-3" \\h',
        'HYPERLINK "https://example.jp/a:b"',
        'HYPERLINK \\l "章:1"',
        'HYPERLINK \\l "_Toc1" \\h',
        'HYPERLINK "https://example.jp/" \\h',
        'HYPERLINK "mailto:a@example.jp" \\o "宛先: a"',
    ],
)
def test_harmless_fields_are_no_objection(code: str) -> None:
    assert word(office.field(code.replace('"', "&quot;"))) == []


def formula(text: str) -> list[str]:
    quoted = text.replace('"', "&quot;")
    package = office.workbook().edit("xl/worksheets/sheet1.xml", "<f>1+1</f>", f"<f>{quoted}</f>")
    package = package.edit("xl/worksheets/sheet1.xml", "<!--here-->", "").edit("xl/workbook.xml", "<!--here-->", "")
    return verify(repacked(package.build()), XLSX, frozenset())


@pytest.mark.parametrize(
    "text",
    [
        "SUM(A1:B2)",
        "表1[[#This Row],[金額]]*2",
        "表1[金額]",
        "'調査票 (2)'!A1",
        "'A|B'!A1",
        'IF(A1="a|b",1,2)',
        'HYPERLINK("https://x/","a")',
        'HYPERLINK("#A1")',
        "HYPERLINK(\"#'様式 2'!A1:B2\")",
        'INDIRECT("第1表!"&amp;A1)',
        "_xlfn.BYROW(A1:B2,_xleta.SUM)",
    ],
)
def test_harmless_formulas_are_no_objection(text: str) -> None:
    assert formula(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[1]Sheet1!A1",
        "'[1]表 1'!A1+1",
        "[1]!名前",
        "SUM([2]a!A1)",
        "cmd|'/c x'!A0",
        "'c:\\a\\[b.xlsx]c'!A1",
        'WebService ("x")',
        'HYPERLINK("\\\\x\\y")',
        'HYPERLINK("#\\\\x\\y")',
        'MAP("http://x",_xleta.WEBSERVICE)',
        'LET(_xlpm.f,_xlfn._xleta.image,_xlpm.f("http://x"))',
        "INDIRECT(\"'http://x/y.ods'#$S.A1\")",
    ],
)
def test_formulas_that_reach_out_are_objected_to(text: str) -> None:
    assert formula(text)


def letter(**changes: object) -> Letter:
    box = (Mailbox("鈴木 花子", "hanako@example.jp"),)
    fields = {
        "subject": "書類の送付",
        "from_": box,
        "sender": None,
        "reply_to": (),
        "to": box,
        "cc": (),
        "message_id": "<1@example.jp>",
    }
    fields |= {
        "date": "Sat, 21 Nov 2026 09:30:00 +0900",
        "in_reply_to": (),
        "references": (),
        "body": "本文\n",
        "attachments": (),
    }
    return Letter(**{**fields, **changes})  # type: ignore[arg-type]


MAIL = compose(letter(), [Enclosure("見積書.pdf", "application/pdf", PDF)])


def test_a_composed_message_is_accepted_with_its_digests_only() -> None:
    assert verify(MAIL, "message/rfc822", frozenset((digest(PDF),))) == []
    assert verify(MAIL, "message/rfc822", frozenset()) == ["an attachment that was not accepted by itself"]
    assert verify(compose(letter(), []), "message/rfc822", frozenset()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n"),
        (b"From: ", b"From: a@example.jp\r\nFrom: "),
        (b"From: ", b"X-Unknown: 1\r\nFrom: "),
        (b"From: ", b"Bcc: a@example.jp\r\nFrom: "),
        (b"text/plain", b"text/html"),
        (b"application/pdf", b"text/html"),
        (b"application/pdf", b"application/x-msdownload"),
        (b"application/pdf;", b"application/pdf; charset=UTF-7;"),
        (b"application/pdf;", b"application/pdf; charset=UTF-8;"),
        (b"multipart/mixed", b"multipart/alternative"),
        (b".pdf", b".exe"),
        (b"attachment;", b"form-data;"),
        (b"\r\n\r\n--", b"\r\n\r\npreamble\r\n--"),
        (b"\r\n", b"\n"),
        (b"MIME-Version: 1.0", b"MIME-Version: 2.0"),
        (b"base64", b"x-uuencode"),
        (b"Subject: ", b"Subject: =?UTF-8?B?4oCu?= "),
        (b"Subject: ", b"Subject: =?iso-2022-jp?B?GyRC?= "),
        (b"<hanako@", b"<=?UTF-8?B?Ym9zcw==?=@"),
    ],
)
def test_a_message_that_says_anything_else_is_objected_to(old: bytes, new: bytes) -> None:
    assert old in MAIL
    assert verify(MAIL.replace(old, new), "message/rfc822", frozenset((digest(PDF),)))
    assert verify(MAIL + b"epilogue", "message/rfc822", frozenset((digest(PDF),)))


@pytest.mark.parametrize("line", ["begin 644 a.exe", "begin-base64 0755 a", "begin  a.exe", "=ybegin line=128 name=a.exe"])
def test_m08_a_line_that_begins_a_file_in_the_body_is_objected_to(line: str) -> None:
    assert verify(compose(letter(body=f"本文\n{line}\n"), ()), "message/rfc822", frozenset())
    assert verify(compose(letter(body=f"本文\n {line}\nbegin with it\n"), ()), "message/rfc822", frozenset()) == []


def test_every_reading_of_a_name_is_judged() -> None:
    """J7: the encoded word says .exe, the RFC 2231 name says .pdf."""
    lying = base64.b64encode("見積書.exe".encode())
    honest = base64.b64encode("見積書.pdf".encode())
    assert honest in MAIL
    assert verify(MAIL.replace(honest, lying), "message/rfc822", frozenset((digest(PDF),)))


def test_attachable_types_are_those_that_have_a_check() -> None:
    assert CHECKS.keys() == naming.EXTENSIONS.keys()


def test_every_name_that_a_sanitiser_may_give_may_travel() -> None:
    for media_type in CHECKS:
        assert {extension.lstrip(".") for extension in names.EXTENSIONS.get(media_type, ())} == naming.EXTENSIONS[media_type]


_PAGE = b"<script>alert(1)</script>\r\n"  # as text it is harmless


@pytest.mark.parametrize("name", ["a.hta", "a.fodt", "a.eml", "a.csv", "a.ics", "a.txt.js", "a", "a.txt "])
def test_f02_an_accepted_text_is_not_called_what_runs_it(name: str) -> None:
    """A worker under foreign control chooses the names of what it contains, and in a mail also the types."""
    digests = frozenset((digest(_PAGE, "text/plain"),))
    assert verify(zip_strict.write([(name, _PAGE)]), "application/zip", digests)
    for media_type in ("text/plain", "message/rfc822", "application/vnd.oasis.opendocument.text-flat-xml", "text/csv"):
        assert verify(compose(letter(), [Enclosure(name, media_type, _PAGE)]), "message/rfc822", digests), media_type
    assert verify(zip_strict.write([("a.txt", _PAGE)]), "application/zip", digests) == []
    assert verify(compose(letter(), [Enclosure("a.txt", "text/plain", _PAGE)]), "message/rfc822", digests) == []


def test_f05_a_zip_holds_accepted_parts_and_notes_only() -> None:
    archive = zip_strict.write([("表/計画.pdf", PDF), ("b_exe.txt", "お届けしていません".encode())])
    assert verify(archive, "application/zip", frozenset((digest(PDF),))) == []
    assert verify(archive, "application/zip", frozenset())
    for name in ("../a.pdf", "/a.pdf", "c:\\a.pdf", "a\u202efdp.exe"):
        assert verify(zip_strict.write([(name, PDF)]), "application/zip", frozenset((digest(PDF),)))
    assert verify(zip_strict.write([("a.txt", b"\x1b[2J")]), "application/zip", frozenset())
    assert verify(b"MZ" + archive, "application/zip", frozenset((digest(PDF),)))


@pytest.mark.parametrize(
    "cell", ["=1+1", "@SUM(A1)", "＝1", "+cmd|' /C calc'!A0", "-A1", "\t=1", '"\r\n=1"', '"\n-A1"', "\r=1"]
)
def test_d17_cells_that_run_are_objected_to(cell: str) -> None:
    assert verify(f"a,{cell}\r\n".encode(), "text/csv", frozenset())


@pytest.mark.parametrize("cell", ["-5", "+81-3-1234-5678", "-", "−1,000", "-1.5E3", "'=1+1", "a=b", "\r\n\r\n○主催"])
def test_cells_that_are_only_numbers_or_words_are_accepted(cell: str) -> None:
    assert verify(f'項目,"{cell}"\r\n'.encode("utf-8-sig"), "text/csv", frozenset()) == []


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x85", "\u202e", "\u200b", "\u2066", "\U000e0041", "a\ufeff"])
def test_f02_invisible_characters_are_objected_to(character: str) -> None:
    assert verify(character.encode(), "text/plain", frozenset())


def test_emoji_and_variants_are_text() -> None:
    assert verify("葛\U000e0100城 👨‍👩‍👧 ❤️\r\n".encode(), "text/plain", frozenset()) == []


def test_d10_a_picture_inside_a_document_is_walked_too() -> None:
    for content, objected in ((picture.plain("PNG"), False), (picture.plain("PNG") + b"MZ", True)):
        package = office.document().hang("word/document.xml", "image", "word/media/image1.png", "image/png", content)
        package = package.edit("word/document.xml", "<!--here-->", "").edit("word/settings.xml", "<!--here-->", "")
        assert bool(verify(repacked(package.build()), DOCX, frozenset())) is objected

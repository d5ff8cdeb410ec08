"""What every registered sanitiser owes, whatever the format: no crash, no fail-open, the same answer twice, proven output.

One benign sample of each media type stands for it; the threats themselves are `samples`, one in every slot.
"""

from __future__ import annotations

import email
import gzip
import hashlib
import io
import random
import tarfile
import zipfile
from collections.abc import Iterator

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libarchive import custom_writer

from samples import appointment, container, drawing, letter, office, outlook, picture, portable
from samples.build import samples
from samples.package import Package
from samples.sample import Sample
from sanitizers import external, legacy, metafile, odf, ooxml
from sanitizers.job import LocalJob
from sanitizers.model import Outcome, Part, Reason, Treatment, Verdict
from sanitizers.registry import SANITISERS, sanitise
from sanitizers.verify import verify
from tests.sanitizers import make_electronic, make_image, make_odf
from tests.sanitizers.make_heif import PHOTOGRAPH

_HTML = "<html><body><h1>お知らせ</h1><p>明日は休館です。</p></body></html>"
_SAVED_PAGE = (
    "From: <Saved by Blink>\r\nSubject: page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    f"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{_HTML}\r\n--b--\r\n"
)
_NO_WRITER = {  # types that nothing here can write; the corpus has them
    "application/vnd.rar",
    "application/x-lzh-compressed",
    "application/vnd.ms-cab-compressed",
    *legacy.MEDIA_TYPES,  # LibreOffice converts them: see test_legacy and test_office
    *external.MEDIA_TYPES,  # an administrator's program reads them: see test_printed
    "image/x-fli",
    *metafile.MEDIA_TYPES,  # LibreOffice draws them: see test_metafile and test_printed
}


def _office(media_type: str) -> bytes:
    """A plain package whose main part claims to be of `media_type`, as its macro-enabled and template variants do."""
    main, make = "ppt/presentation.xml", office.presentation
    if "word" in media_type:
        main, make = "word/document.xml", office.document
    elif "excel" in media_type or "spreadsheet" in media_type:
        main, make = "xl/workbook.xml", office.workbook
    package: Package = make()
    return package.retype(main, media_type.removesuffix(".12") + ".main+xml").build()


def _packed(kind: str, method: str | None = None) -> bytes:
    content, chunks = office.document().build(), []
    with custom_writer(lambda data: chunks.append(bytes(data)) or len(data), kind, method) as archive:
        archive.add_file_from_memory("plan.docx", len(content), content, mtime=0)
    return b"".join(chunks)


def _tar(mode: str) -> bytes:
    buffer = io.BytesIO()
    content = office.document().build()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        member = tarfile.TarInfo("plan.docx")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _open_document(media_type: str) -> bytes:
    if media_type == make_odf.FLAT:
        return make_odf.flat(make_odf.paragraph("事業計画書"))
    if media_type == make_odf.ODF:
        return make_odf.package(f'<math xmlns="{make_odf.NAMESPACES["math"]}"><mi>x</mi></math>', media_type)
    shown = '<table:table table:name="表"/>' if "spreadsheet" in media_type else ""
    return make_odf.package(make_odf.content(shown, media_type), media_type)


BENIGN: dict[str, tuple[str, bytes]] = {
    "message/rfc822": (
        "mail.eml",
        letter.mail("書類", "お送りします。\n", letter.Attached("計画.pdf", "application/pdf", portable.document())),
    ),
    "application/vnd.ms-tnef": ("winmail.dat", outlook.tnef(outlook.note(("計画.pdf", portable.document())))),
    "application/vnd.ms-outlook": ("mail.msg", outlook.msg(outlook.note(("計画.pdf", portable.document())))),
    "application/x-mimearchive": ("page.mht", _SAVED_PAGE.encode()),
    "text/html": ("page.html", _HTML.encode()),
    "text/plain": ("memo.txt", "明日は休館です。\r\n".encode()),
    "text/xml": ("data.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<a>値</a>\n'.encode()),
    "application/json": ("data.json", '{"名": "値"}\n'.encode()),
    "text/calendar": ("会議.ics", appointment.calendar()),
    "text/vcard": ("鈴木.vcf", appointment.card()),
    "text/csv": ("list.csv", "氏名,金額\r\n鈴木,-5\r\n".encode("cp932")),
    **{
        f"image/{kind.lower()}": (f"a.{kind.lower()}", picture.plain(kind))
        for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
    },
    "image/avif": ("a.avif", picture.plain("AVIF")),
    "image/jp2": ("a.jp2", picture.plain("JPEG2000")),
    "image/vnd.adobe.photoshop": ("a.psd", make_image.photoshop(make_image.picture())),
    "image/x-sun-raster": ("a.ras", make_image.sun_raster(make_image.picture())),
    **{
        media_type: (f"a.{kind.lower()}", picture.plain(kind))
        for kind, media_type in (
            *(("DDS", "image/vnd.ms-dds"), ("ICNS", "image/x-icns"), ("ICO", "image/vnd.microsoft.icon")),
            *(("PCX", "image/vnd.zbrush.pcx"), ("PPM", "image/x-portable-anymap"), ("SGI", "image/x-sgi")),
            *(("QOI", "image/x-qoi"), ("TGA", "image/x-tga")),
        )
    },
    "image/x-dib": ("a.dib", picture.plain("DIB")),
    "image/x-win-cursor": ("a.cur", make_image.cursor(make_image.picture("RGBA"))),
    "image/heic": ("a.heic", PHOTOGRAPH),
    "image/svg+xml": ("案内図.svg", drawing.svg()),
    "image/vnd.dxf": ("平面図.dxf", drawing.dxf(drawing.LINE, drawing.WORDS)),
    "application/x-sxf": ("平面図.sfc", drawing.sxf(drawing.SHEET, drawing.CAPTION)),
    "application/x-ichitaro": ("窓口案内.jtd", drawing.ichitaro()),
    "application/pdf": ("plan.pdf", portable.document()),
    "application/zip": ("資料.zip", container.japanese_zip()),
    "application/x-tar": ("a.tar", _tar("w")),
    "application/gzip": ("a.csv.gz", gzip.compress("氏名,金額\r\n".encode(), mtime=0)),
    "application/x-bzip2": ("a.tar.bz2", _tar("w:bz2")),
    "application/x-xz": ("a.tar.xz", _tar("w:xz")),
    "application/x-7z-compressed": ("a.7z", _packed("7zip")),
    "application/pkcs7-signature": (
        "memo.txt.p7m",
        make_electronic.opaque("明日は休館です。\r\n".encode(), make_electronic.identity()),
    ),
    "application/x-compress": ("a.tar.Z", _packed("ustar", "compress")),
    "application/x-lzip": ("a.tar.lz", _packed("ustar", "lzip")),
    "application/zstd": ("a.tar.zst", _packed("ustar", "zstd")),
    **{media_type: ("plan.bin", _office(media_type)) for media_type in ooxml.MEDIA_TYPES - _NO_WRITER},
    **{media_type: ("plan.bin", _open_document(media_type)) for media_type in odf.MEDIA_TYPES},
}
TYPES = sorted(SANITISERS.keys() & BENIGN.keys())


def run(content: bytes, name: str, declared: str = "") -> tuple[Outcome, tuple[Outcome, ...]]:
    """The outcome, and those of its children."""
    job = LocalJob()
    return sanitise(content, Part("1", name, declared, (name,)), job), tuple(job.children)


def objections(outcome: Outcome, children: tuple[Outcome, ...]) -> list[str]:
    """Holds an outcome to its own type's promises; what is delivered is verified."""
    assert outcome.reason is not Reason.CRASHED, outcome.detail
    if outcome.output is None:
        assert outcome.verdict >= Verdict.WITHHELD
        assert outcome.reason is not None
        return []
    assert outcome.verdict <= Verdict.SANITISED
    assert outcome.output
    assert outcome.name
    parts = ((child.output, child.media_type) for child in children if child.output is not None)
    digests = frozenset(f"{hashlib.sha256(output).hexdigest()} {media_type}" for output, media_type in parts)
    return verify(outcome.output, outcome.media_type, digests)


def inside(content: bytes) -> Iterator[bytes]:
    """The bytes themselves, and all that is packed in them."""
    yield content
    if content.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from inside(archive.read(name))
    elif content.startswith(b"%PDF-"):
        plain = io.BytesIO()
        with pikepdf.open(io.BytesIO(content)) as document:
            document.save(plain, qdf=True, stream_decode_level=pikepdf.StreamDecodeLevel.all)
        yield plain.getvalue()
    elif b"\r\nMIME-Version: 1.0\r\n" in content:
        for part in email.message_from_bytes(content).walk():
            yield from inside(part.get_payload(decode=True) or b"") if not part.is_multipart() else ()


def test_every_registered_type_has_a_sample() -> None:
    assert SANITISERS.keys() - BENIGN.keys() <= _NO_WRITER


@pytest.mark.parametrize("media_type", TYPES)
def test_a_benign_file_is_delivered_proven_twice_alike_and_again(media_type: str) -> None:
    name, content = BENIGN[media_type]
    outcome, children = run(content, name)
    assert outcome.detected == media_type
    assert outcome.output is not None, outcome
    assert objections(outcome, children) == []
    assert run(content, name)[0] == outcome
    again, children = run(outcome.output, outcome.name, outcome.media_type)
    assert objections(again, children) == []
    assert again.output is not None
    assert [finding for finding in again.findings if finding.treatment is not Treatment.KEPT] == []


@pytest.mark.parametrize("media_type", TYPES)
def test_the_declared_type_changes_nothing(media_type: str) -> None:
    name, content = BENIGN[media_type]
    told = {run(content, name, declared)[0].output for declared in ("", "application/pdf", "image/png", media_type)}
    assert len(told) == 1


@pytest.mark.parametrize("media_type", TYPES)
def test_cut_at_every_sixteenth_it_answers(media_type: str) -> None:
    name, content = BENIGN[media_type]
    for sixteenth in range(1, 16):
        assert objections(*run(content[: len(content) * sixteenth // 16], name, media_type)) == []


@pytest.mark.parametrize("media_type", TYPES)
def test_damaged_anywhere_it_answers(media_type: str) -> None:
    name, content = BENIGN[media_type]
    dice = random.Random(media_type)
    for _ in range(12):
        damaged = bytearray(content)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        assert objections(*run(bytes(damaged), name, media_type)) == []


@pytest.mark.parametrize("media_type", TYPES)
def test_an_empty_file_is_withheld(media_type: str) -> None:
    outcome, _ = run(b"", BENIGN[media_type][0], media_type)
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.EMPTY)


@pytest.mark.parametrize(
    ("content", "name", "verdict"),
    [
        (picture.plain("JPEG")[:-200], "a.jpg", Verdict.WITHHELD),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", "a.svg", Verdict.WITHHELD),
        (b"%PDF-1.7\n1 0 obj\n<<", "a.pdf", Verdict.FAILED),
        (container.japanese_zip()[:-30], "a.zip", Verdict.FAILED),
        (BENIGN["application/vnd.ms-tnef"][1][:-40], "winmail.dat", Verdict.FAILED),
    ],
)
def test_av03_a_damaged_leaf_is_withheld_what_could_hold_files_holds_the_mail(
    content: bytes, name: str, verdict: Verdict
) -> None:
    outcome, _ = run(content, name)
    assert (outcome.verdict, outcome.reason, outcome.output) == (verdict, Reason.CORRUPT, None), outcome


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=400), st.sampled_from(TYPES))
def test_noise_is_answered(noise: bytes, media_type: str) -> None:
    name, content = BENIGN[media_type]
    for candidate in (noise, content[:16] + noise):
        assert objections(*run(candidate, name, media_type)) == []


@pytest.mark.parametrize("sample", list(samples()), ids=lambda sample: sample.path)
def test_no_threat_survives(sample: Sample) -> None:
    outcome, children = run(sample.content, sample.path.rpartition("/")[2])
    assert objections(outcome, children) == []
    if sample.verdict:
        assert max(one.verdict for one in (outcome, *children)).name == sample.verdict, outcome
    if outcome.output is None:
        return
    if sample.canary:
        mark = sample.canary.encode()
        assert not any(mark in piece or sample.canary.encode("utf-16-le") in piece for piece in inside(outcome.output))
    again, _ = run(outcome.output, outcome.name, outcome.media_type)
    assert [finding for finding in again.findings if finding.treatment is not Treatment.KEPT] == []

"""What LibreOffice draws for the other sanitisers, over both walls: metafiles, and documents as pages of pictures."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest
import pytest_asyncio
from PIL import Image

from gateway.converter import Converter
from gateway.inspection import Inspector
from gateway.office import Office
from gateway.sandbox import Sandbox
from samples import office as documents
from sanitizers.model import Kind, Method, Profile, Reason, Verdict
from tests.sanitizers import make_odf
from tests.sanitizers.make_metafile import emf, wmf
from tests.sanitizers.make_ooxml import DOCX, TYPES, Rel, docx

ODP = "application/vnd.oasis.opendocument.presentation"
SLIDE = (
    '<draw:page draw:name="1"><draw:frame svg:x="1cm" svg:y="1cm" svg:width="9cm" svg:height="2cm"><draw:text-box>'
    "<text:p>事業の説明</text:p></draw:text-box></draw:frame></draw:page>"
)

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector() -> AsyncIterator[Inspector]:
    sandbox, office = Sandbox(), Office()
    await sandbox.start()
    assert await office.start() == ""
    try:
        yield Inspector(sandbox, None, wall_seconds=120, office=office)
    finally:
        await sandbox.stop()
        await office.stop()


@pytest.mark.parametrize("content", [emf(), wmf(), wmf(placeable=False)], ids=["emf", "placeable", "bare"])
async def test_d11_a_metafile_shows_what_it_shows(inspector: Inspector, content: bytes) -> None:
    _, outcome = await inspector.file(content, "位置図.emf", Profile())
    assert outcome.output is not None, outcome
    with Image.open(io.BytesIO(outcome.output)) as picture:
        width, height = picture.size
        assert width / height == pytest.approx(2, abs=0.02)
        grey = picture.convert("L")
        assert grey.getpixel((width // 4, height // 2)) < 40  # the square
        assert grey.getpixel((width * 3 // 4, height // 2)) > 215


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (documents.document("会議の記録").build(), "議事録.docx", "会議の記録"),
        (documents.macro_document("会議の記録").build(), "様式.docm", ""),
        (documents.workbook().build(), "予算.xlsx", ""),
        (make_odf.package(make_odf.content(SLIDE, ODP), ODP), "説明.odp", "事業の説明"),
        (make_odf.package(make_odf.content(make_odf.paragraph("事業計画書"))), "計画.odt", "事業計画書"),
        (make_odf.flat(make_odf.paragraph("事業計画書")), "計画.fodt", "事業計画書"),
        (b"{\\rtf1\\ansi \\u20250 ?\\u-29840 ?}", "案内.rtf", "会議"),
        ("<p>休館の<b>お知らせ</b></p><script>x()</script>".encode(), "お知らせ.html", "休館のお知らせ"),
        ("番号  氏名\t<&>\r\n".encode(), "一覧.txt", "番号"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
async def test_san05_a_document_becomes_pages_of_pictures(inspector: Inspector, content: bytes, name: str, words: str) -> None:
    _, outcome = await inspector.file(content, name, Profile(method=Method.IMAGE))
    assert outcome.output is not None, outcome
    assert (outcome.media_type, outcome.name) == ("application/pdf", name.rpartition(".")[0] + ".pdf")
    assert Kind.CONVERTED in {finding.kind for finding in outcome.findings}
    with pypdfium2.PdfDocument(outcome.output) as document:
        page = document[0]
        assert words in page.get_textpage().get_text_range().replace(" ", "")
        darkest, _ = page.render().to_pil().convert("L").getextrema()
        assert darkest < 128  # something is written there


async def test_what_was_in_the_document_is_reported_not_what_libreoffice_wrote(inspector: Inspector) -> None:
    _, outcome = await inspector.file(documents.macro_document("x").build(), "様式.docm", Profile(method=Method.IMAGE))
    assert {finding.kind for finding in outcome.findings} == {Kind.MACRO, Kind.CONVERTED}


async def test_d10_metafiles_of_one_document_keep_their_own_sizes(inspector: Inspector) -> None:
    frames = [(0, 0, 8000, 4000), (0, 0, 4000, 8000), (0, 0, 600, 600), (0, 0, 9000, 3000)]
    shown = "".join(f'<w:p><w:r><w:pict><v:imagedata r:id="rId{n}"/></w:pict></w:r></w:p>' for n in range(len(frames)))
    made = docx(shown, *(Rel(f"rId{n}", "image", f"media/{n}.emf") for n in range(len(frames))))
    for number, frame in enumerate(frames):
        made.part(f"word/media/{number}.emf", emf(frame))
    types = f'<Types xmlns="{TYPES}"><Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
    _, outcome = await inspector.file(made.bytes(types), "様式.docx", Profile())
    assert outcome.output is not None, outcome
    shapes = []
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        for name in sorted(name for name in archive.namelist() if name.startswith("media/")):
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                shapes.append(picture.width / picture.height)
    assert shapes == pytest.approx([2, 0.5, 1, 3], rel=0.03)


_CONVERTER = """
import socket, sys
content = open(sys.argv[1], "rb").read()
assert content.startswith(b"JwwData."), content
for attempt in (lambda: socket.create_connection(("127.0.0.1", 25)), lambda: open("/etc/passwd").read()):
    try:
        attempt()
    except OSError:
        continue
    raise SystemExit("the lock leaks")
if b"crash" in content:
    raise SystemExit(3)
pieces = {b"html": b"<p>\\xe5\\x9b\\xb3\\xe9\\x9d\\xa2<script>canary</script></p>", b"exe": b"MZ" + bytes(400)}
with open(sys.argv[2], "wb") as out:
    out.write(next((made for word, made in pieces.items() if word in content), b""))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def with_converter() -> AsyncIterator[Inspector]:
    """A real program: Debian's Python, which everybody may execute, with a script that the test writes."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)  # a gateway that runs as root converts as nobody
        (place / "convert.py").write_text(_CONVERTER)
        program = Path("/usr/bin/python3").resolve()
        arguments = ("-I", "-B", str(place / "convert.py"), "{in}", "{out}")
        converter = Converter(types=("application/x-jww",), program=program, arguments=arguments, readable=(place,))
        sandbox, office = Sandbox(), Office(spares=0, converters=[converter])
        await sandbox.start()
        assert await office.start() == ""
        try:
            yield Inspector(sandbox, None, wall_seconds=120, office=office)
        finally:
            await sandbox.stop()
            await office.stop()


async def test_an_external_converters_work_is_treated_like_any_file(with_converter: Inspector) -> None:
    report, outcome = await with_converter.file(b"JwwData.html" + bytes(99), "平面図.jww", Profile())
    assert outcome.output is not None, outcome
    assert (outcome.media_type, outcome.name) == ("text/plain", "平面図.txt")
    assert "図面" in outcome.output.decode()
    assert b"canary" not in outcome.output
    assert [part.detected for part in report.parts] == ["text/html"]


@pytest.mark.parametrize(
    ("said", "verdict", "reason"),
    [
        (b"exe", Verdict.WITHHELD, Reason.EXECUTABLE),
        (b"nothing", Verdict.WITHHELD, Reason.EMPTY),
        (b"crash", Verdict.FAILED, Reason.CRASHED),
    ],
)
async def test_what_an_external_converter_does_wrong_is_not_delivered(
    with_converter: Inspector, said: bytes, verdict: Verdict, reason: Reason
) -> None:
    _, outcome = await with_converter.file(b"JwwData." + said + bytes(99), "平面図.jww", Profile())
    assert (outcome.verdict, outcome.reason, outcome.output) == (verdict, reason, None), outcome


async def test_d18_without_an_external_converter_it_is_withheld_by_its_name(inspector: Inspector) -> None:
    _, outcome = await inspector.file(b"JwwData.html" + bytes(99), "平面図.jww", Profile())
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)
    assert "Jw_cad drawing" in outcome.detail

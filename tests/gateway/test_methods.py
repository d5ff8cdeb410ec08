"""Each method over the wall: what a profile promises is what is delivered, and a bomb costs only its own part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from pikepdf import Dictionary, Name, Pdf, PdfImage

from gateway.inspection import Inspector
from gateway.model import PartReport
from gateway.sandbox import Sandbox
from samples import letter, office, picture
from sanitizers.compose import compose
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.model import Limits, Method, Outcome, Profile, Reason, Verdict
from tests.sanitizers import make_pdf as make
from tests.sanitizers.make_heif import PHOTOGRAPH
from tests.sanitizers.make_zip import plain
from tests.sanitizers.test_picture_pdf import JAPANESE, japanese, words

EMPTY = Letter("表", (Mailbox("", "a@example.jp"),), None, (), (), (), "", "", (), (), "", ())

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector() -> AsyncIterator[Inspector]:
    sandbox = Sandbox(cpu_seconds=2)
    await sandbox.start()
    try:
        yield Inspector(sandbox, None, wall_seconds=30)
    finally:
        await sandbox.stop()


async def file(inspector: Inspector, content: bytes, name: str, method: Method) -> tuple[PartReport, Outcome]:
    return await inspector.file(content, name, Profile(method=method))


async def test_an_image_pdf_is_drawn_with_the_machines_own_japanese_font(inspector: Inspector) -> None:
    _, outcome = await file(inspector, make.pdf(japanese), "計画.pdf", Method.IMAGE)
    assert outcome.output is not None, outcome
    assert words(outcome.output) == [JAPANESE[:5]]
    with Pdf.open(io.BytesIO(outcome.output)) as document:
        drawn = PdfImage(document.pages[0].obj["/Resources"]["/XObject"]["/P"]).as_pil_image()
    assert drawn.convert("L").getextrema()[0] < 64  # black on white: an empty page has none


async def test_a_text_is_read_behind_the_wall(inspector: Inspector) -> None:
    for content, name in (
        (make.pdf(japanese), "a.pdf"),
        (office.document().build(), "a.docx"),
        (office.workbook().build(), "a.xlsx"),
    ):
        _, outcome = await file(inspector, content, name, Method.TEXT)
        assert outcome.output is not None, outcome
        assert (outcome.media_type, outcome.name) == ("text/plain", "a.txt")


@pytest.mark.parametrize(
    ("method", "content", "name", "reason"),
    [
        (Method.IMAGE, office.document().build(), "a.docx", Reason.NO_CONVERTER),
        (Method.IMAGE, b"<html><body>\xe3\x81\x82</body></html>", "a.html", Reason.NO_CONVERTER),
        (Method.TEXT, picture.plain("JPEG"), "a.jpg", Reason.NO_TEXT),
        (Method.BODY_ONLY, picture.plain("JPEG"), "a.jpg", Reason.BODY_ONLY),
    ],
)
async def test_what_a_method_can_not_do_is_withheld(
    inspector: Inspector, method: Method, content: bytes, name: str, reason: Reason
) -> None:
    _, outcome = await file(inspector, content, name, method)
    assert (outcome.verdict, outcome.reason, outcome.output) == (Verdict.WITHHELD, reason, None)


@pytest.mark.parametrize(
    ("method", "types"),
    [
        (Method.REBUILD, {"application/pdf", "image/jpeg", "text/plain"}),
        (Method.IMAGE, {"application/pdf", "image/jpeg"}),
        (Method.TEXT, {"text/plain"}),
        (Method.BODY_ONLY, set()),
    ],
)
async def test_a_mail_passes_its_method_on(inspector: Inspector, method: Method, types: set[str]) -> None:
    mail = letter.mail(
        "件名",
        "本文です。\n",
        letter.Attached("計画.pdf", "application/pdf", make.pdf()),
        letter.Attached("写真.jpg", "image/jpeg", picture.plain("JPEG")),
        letter.Attached("メモ.txt", "text/plain", "覚え書き\r\n".encode()),
    )
    inspection = await inspector.message(mail, Profile(method=method))
    assert inspection.letter is not None
    assert inspection.letter.body == "本文です。\n"
    assert {enclosure.media_type for enclosure in inspection.enclosures} == types


async def test_a_heic_is_decoded_behind_a_wall_of_its_own(inspector: Inspector) -> None:
    _, outcome = await file(inspector, PHOTOGRAPH, "現場.heic", Method.REBUILD)
    assert (outcome.verdict, outcome.name) == (Verdict.SANITISED, "現場.jpg"), outcome


async def test_a_damaged_attachment_costs_only_itself(inspector: Inspector) -> None:
    torn = letter.Attached("写真.jpg", "image/jpeg", picture.plain("JPEG")[:-200])
    plan = letter.Attached("計画.pdf", "application/pdf", make.pdf())
    inspection = await inspector.message(letter.mail("件名", "本文です。\n", torn, plan), Profile())
    assert inspection.verdict is Verdict.WITHHELD
    assert [(part.verdict, part.reason) for part in inspection.report.parts] == [
        (Verdict.WITHHELD, Reason.CORRUPT),
        (Verdict.CLEAN, None),
    ]
    assert [enclosure.name for enclosure in inspection.enclosures] == ["計画.pdf"]


async def test_an_archive_passes_its_method_on(inspector: Inspector) -> None:
    _, outcome = await file(inspector, plain(a_pdf=make.pdf(), b_jpg=picture.plain("JPEG")), "a.zip", Method.TEXT)
    assert outcome.output is not None, outcome
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        assert sorted(archive.namelist()) == ["a.txt", "b_jpg.txt"]
        assert "Notice of the town hall" in archive.read("a.txt").decode()


def _nested(document: Pdf) -> None:
    """Ten forms in each of ten forms, eight deep: a hundred million strokes out of two kilobytes."""
    box, form = [0, 0, 100, 100], None
    for _ in range(8):
        inside = b"0 0 m 99 99 l S" if form is None else b"/X Do " * 10
        outer = document.make_stream(inside, Type=Name.XObject, Subtype=Name.Form, BBox=box)
        if form is not None:
            outer["/Resources"] = Dictionary(XObject=Dictionary(X=form))
        form = outer
    assert form is not None
    make.drawn(document, form)


async def test_a_page_that_takes_for_ever_to_draw_is_held_and_the_next_one_drawn(inspector: Inspector) -> None:
    _, outcome = await file(inspector, make.pdf(_nested), "bomb.pdf", Method.IMAGE)
    assert (outcome.verdict, outcome.output) == (Verdict.FAILED, None)
    assert outcome.reason in (Reason.LIMIT_TIME, Reason.CRASHED)  # pdfium crashes where it gets no more memory
    _, outcome = await file(inspector, make.pdf(), "plan.pdf", Method.IMAGE)
    assert outcome.output is not None


async def test_drawing_counts_against_the_budget_of_the_mail(inspector: Inspector) -> None:
    content = make.pdf()
    limits = Limits(total_bytes=len(content) // 2)
    _, outcome = await inspector.file(content, "a.pdf", Profile(method=Method.IMAGE, limits=limits))
    assert (outcome.verdict, outcome.reason) == (Verdict.FAILED, Reason.LIMIT_SIZE)


async def test_the_text_of_an_attachment_is_shown_below_the_body_if_the_profile_says_so(inspector: Inspector) -> None:
    enclosures = (
        Enclosure("計画.docx", "application/octet-stream", office.document().build()),
        Enclosure("一覧.zip", "application/zip", plain(a_txt=b"inside")),
        Enclosure("メモ.txt", "text/plain", "短いメモ".encode()),
    )
    content = compose(replace(EMPTY, body="本文\n"), enclosures)
    found = await inspector.message(content, Profile(append_text=6))
    document, memo = found.excerpts  # a container's text would be its members', which nobody wants here
    assert (document.name, document.limit, len(document.text)) == ("計画.docx", 6, 6)
    assert (memo.name, memo.text, memo.limit) == ("メモ.txt", "短いメモ", 0)
    assert (await inspector.message(content, Profile())).excerpts == ()

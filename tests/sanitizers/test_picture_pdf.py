"""The image-PDF: as many pages as before, as large, in pixels only, and every word still to be found (SAN-05)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Object, Pdf, String
from PIL import Image

from sanitizers import paper, picture_pdf, render, text_layer
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Limits, Method, Outcome, Part, Profile, Reason, Refused, Task
from sanitizers.paper import Run, Turn
from sanitizers.verify import verify
from tests.sanitizers import make_pdf as make

JAPANESE = "高崎市役所\U00020bb7野家"  # with a character beyond UTF-16's first plane
PROFILE = Profile(method=Method.IMAGE)


def sanitise(content: bytes, profile: Profile = PROFILE) -> Outcome:
    return picture_pdf.sanitise(content, Part("1", "計画.pdf", "", ("計画.pdf",)), "application/pdf", LocalJob(profile))


def delivered(content: bytes, profile: Profile = PROFILE) -> bytes:
    outcome = sanitise(content, profile)
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset(), Method.IMAGE) == []
    return outcome.output


def words(content: bytes) -> list[str]:
    with paper.opened(content) as document:
        return [word for number in range(len(document)) for word in _words(document, number)]


def _words(document: paper.Document, number: int) -> Iterator[str]:
    with document.page(number) as page:
        for line in paper.lines(page):
            yield from line.split()


def japanese(document: Pdf) -> None:
    """A line of text in a font that is not embedded, as Japanese PDFs often have."""
    system = Dictionary(Registry=String("Adobe"), Ordering=String("Japan1"), Supplement=6)
    face = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/Ryumin-Light"), CIDSystemInfo=system)
    font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/Ryumin-Light"), Encoding=Name("/UniJIS-UTF16-H"))
    font["/DescendantFonts"] = Array([document.make_indirect(face)])
    page = document.pages[0].obj
    page["/Resources"] = Dictionary(Font=Dictionary(F1=document.make_indirect(font)))
    shown = JAPANESE[:5].encode("utf-16-be").hex()
    page["/Contents"] = document.make_stream(f"BT /F1 18 Tf 72 720 Td <{shown}> Tj ET".encode())


def test_pages_sizes_and_words_stay() -> None:
    original = make.pdf(make.on_page("/Rotate", 90), pages=3)
    output = delivered(original)
    with Pdf.open(io.BytesIO(output)) as document:
        assert [[float(n) for n in page.mediabox] for page in document.pages] == [
            [0, 0, 842, 595],
            [0, 0, 595, 842],
            [0, 0, 595, 842],
        ]
    assert words(output) == words(original) == ["Notice", "of", "the", "town", "hall"] * 3


def test_japanese_words_stay() -> None:
    assert words(delivered(make.pdf(japanese))) == [JAPANESE[:5]]


def test_what_is_filled_in_is_drawn_and_found() -> None:
    def field(document: Pdf) -> None:
        make.form_field("Taro")(document)
        look = document.pages[0].obj["/Annots"][0]["/AP"]["/N"]
        look.write(b"BT /F1 12 Tf 4 10 Td (Taro) Tj ET")
        look["/Resources"] = Dictionary(Font=document.pages[0].obj["/Resources"]["/Font"])

    assert "Taro" in words(delivered(make.pdf(field)))


def test_nothing_of_the_original_is_in_it() -> None:
    output = delivered(
        make.pdf(make.annotated(make.annotation("Link", A=make.action("URI", URI=String("https://example.jp/")))))
    )
    with Pdf.open(io.BytesIO(output)) as document:
        page = document.pages[0].obj
        assert set(page.keys()) == {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
        assert set(document.Root.keys()) == {"/Type", "/Pages"}
        assert list(page["/Resources"]["/XObject"].keys()) == ["/P"]


def test_a_second_run_finds_nothing_but_that_it_draws() -> None:
    again = sanitise(delivered(make.pdf(pages=2)))
    assert [finding.kind for finding in again.findings] == [Kind.CONVERTED]


def test_the_label_of_a_classified_document_stays() -> None:
    def label(document: Pdf) -> None:
        document.trailer["/Info"] = document.make_indirect(Dictionary(Title=String("【機密性2】計画"), Author=String("鈴木")))

    with Pdf.open(io.BytesIO(delivered(make.pdf(label)))) as document:
        assert dict(document.trailer["/Info"]) == {"/Title": String("【機密性2】計画")}


def test_words_beside_the_page_are_not_on_it() -> None:
    def beside(document: Pdf) -> None:
        document.pages[0].obj["/Contents"] = document.make_stream(b"BT /F1 18 Tf 72 720 Td (on) Tj 900 0 Td (off) Tj ET")

    assert words(delivered(make.pdf(beside))) == ["on"]


def test_lines_set_close_stay_apart() -> None:
    def close(document: Pdf) -> None:
        text = b"BT /F1 18 Tf 16 TL 72 720 Td (first line of text) Tj T* (second line of text) Tj ET"
        document.pages[0].obj["/Contents"] = document.make_stream(text)

    assert words(delivered(make.pdf(close))) == ["first", "line", "of", "text", "second", "line", "of", "text"]


def test_the_text_layer_can_be_left_out() -> None:
    profile = replace(PROFILE, text_layer=False)
    assert words(delivered(make.pdf(), profile)) == []


def test_a_page_as_large_as_a_town_is_drawn_small() -> None:
    def huge(document: Pdf) -> None:
        document.pages[0].obj["/MediaBox"] = Array([0, 0, 10**7, 10**7])

    with Pdf.open(io.BytesIO(delivered(make.pdf(huge)))) as document:
        picture = document.pages[0].obj["/Resources"]["/XObject"]["/P"]
        assert int(picture["/Width"]) * int(picture["/Height"]) <= 16_000_000
        assert float(document.pages[0].mediabox[2]) == 14_400


def test_more_pages_than_the_limit_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        sanitise(make.pdf(pages=12), replace(PROFILE, limits=Limits(pages=11)))
    assert refusal.value.reason is Reason.LIMIT_PARTS


def test_pictures_larger_than_a_part_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        sanitise(make.pdf(pages=5), replace(PROFILE, limits=Limits(part_bytes=10_000)))
    assert refusal.value.reason is Reason.LIMIT_SIZE


def test_text_is_drawn_as_png_and_a_photograph_as_jpeg() -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")

    def photograph(document: Pdf) -> None:
        stream = document.make_stream(noise.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=200, Height=200)
        stream["/BitsPerComponent"], stream["/ColorSpace"] = 8, Name.DeviceRGB
        make.drawn(document, stream)

    for content, used in ((make.pdf(), "/FlateDecode"), (make.pdf(photograph), "/DCTDecode")):
        with Pdf.open(io.BytesIO(delivered(content))) as document:
            assert document.pages[0].obj["/Resources"]["/XObject"]["/P"]["/Filter"] == used


def test_many_pages_take_several_renderers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_SHARE_BYTES", 0)
    with Pdf.open(io.BytesIO(delivered(make.pdf(pages=3)))) as document:
        assert len(document.pages) == 3


@dataclass
class Renderer(LocalJob):
    """A job whose renderer was taken over: it answers `answer`, whatever is asked."""

    answer: bytes = b""

    def ask(self, task: Task, content: bytes) -> bytes:
        return self.answer


def asked(answer: bytes) -> Reason:
    job = Renderer(PROFILE, answer=answer)
    with pytest.raises(Refused) as refusal:
        picture_pdf.sanitise(make.pdf(pages=2), Part("1", "a.pdf", ""), "application/pdf", job)
    return refusal.value.reason


def test_a_renderer_is_not_believed() -> None:
    good = render.render(render.request(make.pdf(pages=2), 0), Limits()).output
    assert good is not None
    endless = good[:8].replace(good[:4], b"\0\0\x80\x7f") + good[8:]  # infinitely wide
    lies = [b"", good[:10], good[:-1], good + good, good.replace(b"IHDR", b"MZ\0\0"), endless]
    assert {asked(answer) for answer in lies} == {Reason.CORRUPT}


@given(st.binary(max_size=200))
def test_any_answer_of_a_renderer_is_pages_or_refused(answer: bytes) -> None:
    try:
        found = sum(len(page.picture) for page in render.pages(answer))
    except Refused:
        return
    assert found < len(answer) or not answer


def test_w11_one_page_for_a_reviewer_is_a_picture_of_that_page_alone() -> None:
    shown = picture_pdf.page(make.pdf(pages=3), 1, LocalJob())
    assert (shown.media_type, shown.detail) == ("image/png", "3")
    assert shown.output is not None
    with Image.open(io.BytesIO(shown.output)) as picture:
        assert picture.width > 100
    one = render.render(render.request(make.pdf(pages=3), 1, 1), Limits()).output
    assert one is not None
    assert len(list(render.pages(one))) == 1
    with pytest.raises(Refused):
        picture_pdf.page(make.pdf(pages=3), 3, LocalJob())


def test_a_page_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused):
        render.render(render.request(make.pdf(), 1), Limits())


@pytest.mark.parametrize(
    ("turn", "matrix"),
    [
        (Turn.RIGHT, "20 0 0 24 10 158 Tm"),
        (Turn.DOWN, "0 -20 24 0 18 190 Tm"),
        (Turn.UP, "0 20 -24 0 42 150 Tm"),
    ],
)
def test_words_lie_in_their_box_whichever_way_they_run(turn: Turn, matrix: str) -> None:
    with Pdf.new() as document:
        layer = text_layer.TextLayer(document)
        box = Run("市役", 10, 10, 50, 50, turn)
        assert matrix in layer.over([box], 200).decode()


def test_a_long_text_has_as_many_fonts_as_it_needs() -> None:
    characters = "".join(chr(0x4E00 + number) for number in range(600)) + JAPANESE
    with Pdf.new() as document:
        page = document.add_blank_page(page_size=(600, 100)).obj
        layer = text_layer.TextLayer(document)
        page["/Contents"] = document.make_stream(layer.over([Run(characters, 0, 0, 600, 20, Turn.RIGHT)], 100))
        page["/Resources"] = Dictionary(Font=layer.fonts)
        layer.finish()
        out = io.BytesIO()
        document.save(out)
    assert words(out.getvalue()) == [characters]


def _changed(change: str) -> bytes:
    with Pdf.open(io.BytesIO(delivered(make.pdf()))) as document:
        page = document.pages[0].obj
        match change:
            case "annotation":
                page["/Annots"] = Array([make.annotation("Link")])
            case "outline":
                document.Root["/Outlines"] = Dictionary()
            case "drawing":
                page["/Contents"].write(b"0 0 9 9 re f " + page["/Contents"].read_bytes())
            case "second picture":
                page["/Resources"]["/XObject"]["/Q"] = page["/Resources"]["/XObject"]["/P"]
            case "font":
                _glyph(page).write(b"1 0 0 0 1 1 d1 0 0 1 1 re f")
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, fix_metadata_version=False)
    return out.getvalue()


def _glyph(page: Object) -> Object:
    return page["/Resources"]["/Font"]["/F0"]["/CharProcs"]["/g"]


@pytest.mark.parametrize("change", ["annotation", "outline", "drawing", "second picture", "font"])
def test_the_verifier_objects_to_more_than_pictures(change: str) -> None:
    assert verify(_changed(change), "application/pdf", frozenset(), Method.REBUILD) == []
    assert verify(_changed(change), "application/pdf", frozenset(), Method.IMAGE) != []


def test_a_plain_pdf_is_no_image_pdf() -> None:
    assert verify(make.pdf(), "application/pdf", frozenset(), Method.IMAGE) != []

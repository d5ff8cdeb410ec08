"""Each row of the PDF table of constructs, by name: what of it acts is gone, what of it is read is still there."""

from __future__ import annotations

import io
import re
import zlib
from itertools import pairwise

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, String

from sanitizers.model import Kind, Outcome, Reason
from sanitizers.pdf import content as page_content
from sanitizers.pdf import navigation
from sanitizers.verify import verify
from tests.effort import linear
from tests.sanitizers import make_image
from tests.sanitizers import make_pdf as make
from tests.sanitizers.test_pdf import ACTIVE, CANARY, delivered, difference, kinds, refused, sanitise, text, written

SCRIPT = make.action("JavaScript", JS=String("app.alert('canary.example')"))


def harmless(content: bytes) -> Outcome:
    """Nothing of the canary and nothing active anywhere in the output, and the second look agrees."""
    outcome = sanitise(content)
    left = written(delivered(outcome))
    assert CANARY.encode() not in left
    assert not ACTIVE.search(left)
    assert verify(delivered(outcome), "application/pdf", frozenset()) == []
    return outcome


def clear(document: bytes) -> bytes:
    """All decoded streams of the document."""
    with Pdf.open(io.BytesIO(document)) as opened:
        return b"\n".join(each.read_bytes() for each in opened.objects if isinstance(each, pikepdf.Stream))


# actions


@pytest.mark.parametrize("event", ["K", "F", "V", "C", "E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI"])
def test_row_aa_of_fields_and_annotations(event: str) -> None:
    def change(document: Pdf) -> None:
        parent = document.make_indirect(Dictionary(T=String("a"), FT=Name.Tx, AA=Dictionary({f"/{event}": SCRIPT})))
        kid = document.make_indirect(make.annotation("Widget", Parent=parent, AA=Dictionary({f"/{event}": SCRIPT})))
        parent["/Kids"] = Array([kid])
        document.Root["/AcroForm"] = Dictionary(Fields=Array([parent]))
        document.pages[0].obj["/Annots"] = Array([kid])

    assert Kind.ACTION in kinds(harmless(make.pdf(change)))


def test_row_open_action_that_only_goes_to_a_page_is_removed_too() -> None:
    content = make.pdf(make.in_catalogue("/OpenAction", Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]))))
    assert Kind.ACTION in kinds(harmless(content))


def test_row_javascript_name_tree_with_kids_and_scripts_in_streams() -> None:
    def change(document: Pdf) -> None:
        script = document.make_stream(b"app.alert('canary.example')")
        leaf = Dictionary(Names=Array([String("canary.example"), Dictionary(S=Name.JavaScript, JS=script)]))
        tree = Dictionary(Kids=Array([document.make_indirect(leaf)]))
        document.Root["/Names"] = Dictionary(JavaScript=document.make_indirect(tree))

    outcome = harmless(make.pdf(change))
    assert Kind.JAVASCRIPT in kinds(outcome)
    assert CANARY.encode() not in clear(delivered(outcome))


@pytest.mark.parametrize("kind", ["GoTo3DView", "GoToDp", "Trans", "Sound", "RichMediaExecute", "NOP", "SetState"])
def test_row_actions_of_every_other_type(kind: str) -> None:
    act = make.action(kind, canary=String(CANARY), F=String(CANARY))
    harmless(make.pdf(make.annotated(make.annotation("Link", A=act)), make.in_catalogue("/OpenAction", act)))


# files


@pytest.mark.parametrize("slot", ["/Catalog", "/Page", "/Annot", "/XObject"])
def test_row_embedded_files_and_associated_files(slot: str) -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(b"MZ canary.example", Type=Name.EmbeddedFile)
        file = document.make_indirect(Dictionary(Type=Name.Filespec, F=String("canary.example.exe"), EF=Dictionary(F=stream)))
        item = make.annotation("Square", AF=Array([file]) if slot == "/Annot" else Array())
        drawn = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        make.drawn(document, drawn)
        make.annotated(item)(document)
        holder = {"/Catalog": document.Root, "/Page": document.pages[0].obj, "/XObject": drawn}.get(slot)
        if holder is not None:
            holder["/AF"] = Array([file])

    outcome = harmless(make.pdf(change))
    assert Kind.EMBEDDED_FILE in kinds(outcome)
    assert CANARY.encode() not in clear(delivered(outcome))


def test_row_portfolio_opens_as_an_ordinary_document() -> None:
    def change(document: Pdf) -> None:
        document.attachments["canary.example.pdf"] = make.pdf()
        document.Root["/Collection"] = Dictionary(Type=Name.Collection, View=Name.D, D=String("canary.example.pdf"))
        document.Root["/PageMode"] = Name.UseAttachments

    outcome = harmless(make.pdf(change))
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert str(after.Root["/PageMode"]) == "/UseNone"
    assert Kind.EMBEDDED_FILE in kinds(outcome)


def test_row_external_data_of_pictures_and_fonts() -> None:
    def change(document: Pdf) -> None:
        picture = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
        picture["/F"], picture["/FFilter"] = String("\\\\canary.example\\share"), Name.DCTDecode
        picture["/ColorSpace"], picture["/BitsPerComponent"] = Name.DeviceGray, 8
        make.drawn(document, picture)
        font = document.make_stream(b"")
        font["/F"] = Dictionary(FS=Name.URL, F=String("http://canary.example/"))
        named = document.pages[0].obj["/Resources"]["/Font"]["/F1"]
        named["/FontDescriptor"] = Dictionary(Type=Name.FontDescriptor, FontName=Name.A, Flags=4, FontFile=font)

    assert Kind.EXTERNAL_LINK in kinds(harmless(make.pdf(change)))


@pytest.mark.parametrize("key", ["/Alternates", "/OPI", "/Metadata", "/AF", "/Measure", "/ID"])
def test_row_alternates_and_opi_of_a_picture(key: str) -> None:
    def change(document: Pdf) -> None:
        picture = document.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
        picture["/ColorSpace"], picture[key] = Name.DeviceGray, Array([Dictionary(F=String(CANARY))])
        make.drawn(document, picture)

    outcome = harmless(make.pdf(change))
    assert any(key in finding.detail for finding in outcome.findings)


# presentations, outlines, threads


def test_row_alternate_presentations_and_renditions() -> None:
    names = Dictionary(
        {
            f"/{tree}": Dictionary(Names=Array([String("n"), Dictionary(S=Name.SlideShow, x=String(CANARY))]))
            for tree in ("AlternatePresentations", "Renditions", "URLS", "IDS", "Pages", "Templates")
        }
    )
    outcome = harmless(make.pdf(make.in_catalogue("/Names", names)))
    assert Kind.MULTIMEDIA in kinds(outcome)


def test_row_article_threads_and_their_beads() -> None:
    def change(document: Pdf) -> None:
        page = document.pages[0].obj
        thread = document.make_indirect(Dictionary(Type=Name.Thread, I=Dictionary(Title=String(CANARY))))
        bead = document.make_indirect(Dictionary(T=thread, P=page, R=Array([0, 0, 9, 9]), X=String(CANARY)))
        thread["/F"] = bead["/N"] = bead["/V"] = bead
        document.Root["/Threads"], page["/B"] = Array([thread]), Array([bead])

    outcome = harmless(make.pdf(change))
    assert any("/Threads" in finding.detail for finding in outcome.findings)


def test_row_deep_outlines_end_and_the_first_levels_stay() -> None:
    def change(document: Pdf) -> None:
        above = document.Root["/Outlines"] = document.make_indirect(Dictionary(Type=Name.Outlines))
        for level in range(3000):
            item = document.make_indirect(Dictionary(Title=String(f"{level}"), A=SCRIPT, Parent=above))
            above["/First"] = above["/Last"] = item
            above = item

    outcome = harmless(make.pdf(change))
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert str(after.Root["/Outlines"]["/First"]["/First"]["/Title"]) == "1"


def test_row_too_many_bookmarks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(document: Pdf) -> None:
        items = [document.make_indirect(Dictionary(Title=String("t"))) for _ in range(12)]
        for one, other in pairwise(items):
            one["/Next"] = other
        document.Root["/Outlines"] = Dictionary(First=items[0])

    monkeypatch.setattr(navigation, "_ITEMS", 10)
    assert refused(make.pdf(change)).reason is Reason.LIMIT_PARTS


# forms


def test_row_form_rich_text_seeds_and_calculation_order_go_and_values_stay() -> None:
    def change(document: Pdf) -> None:
        form = document.Root["/AcroForm"]
        (field,) = form["/Fields"]
        field["/RV"] = String('<body><a href="http://canary.example/">x</a></body>')
        field["/DS"] = String("font: canary.example")
        field["/A"] = make.action("SubmitForm", F=String("http://canary.example/"))
        form["/CO"], form["/NeedAppearances"] = Array([field]), True

    content = make.pdf(make.form_field(), change)
    outcome = harmless(content)
    assert difference(content, delivered(outcome)) == 0
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert str(after.Root["/AcroForm"]["/Fields"][0]["/V"]) == "高崎太郎"


# pictures inside content


@pytest.mark.parametrize("name", [b"JBIG2Decode", b"JPXDecode", b"J#42IG2Decode", b"#4AP#58Decode", b"#4aBIG2Decod#65"])
@pytest.mark.parametrize("filtered", [b"/%s", b"[/A85 /%s]"])
@pytest.mark.parametrize("place", ["page", "form", "glyph", "pattern", "broken"])
def test_row_jbig2_and_jpx_inside_content_are_left_blank(name: bytes, filtered: bytes, place: str) -> None:
    content = make.TEXT.encode() + b" q BI /W 8 /H 8 /BPC 1 /CS /G /F " + filtered % name + b" ID canary.example EI Q"

    def change(document: Pdf) -> None:
        page = document.pages[0].obj
        resources = page["/Resources"]
        if place == "page":
            page["/Contents"] = Array([document.make_stream(b"q Q"), document.make_stream(content)])
        elif place == "broken":
            page["/Contents"] = document.make_stream(
                zlib.compress(content + bytes(1000))[:-6], Filter=Array([Name.FlateDecode])
            )
        elif place == "form":
            make.drawn(
                document, document.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 99, 99]))
            )
        elif place == "glyph":
            glyphs = Dictionary(a=document.make_stream(content))
            resources["/Font"]["/F2"] = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=glyphs)
        else:
            tile = document.make_stream(content, Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1)
            tile["/BBox"], tile["/XStep"], tile["/YStep"] = Array([0, 0, 9, 9]), 9, 9
            resources["/Pattern"] = Dictionary(P1=tile)

    outcome = sanitise(make.pdf(change))
    left = clear(delivered(outcome))
    assert not re.search(rb"JBIG2|JPX|J#42|#4AP|#4aB", left)
    assert b"/Blank" in left
    assert Kind.IMAGE_RECODED in kinds(outcome)
    assert [words.strip() for words in text(delivered(outcome))] == ["Notice of the town hall"]


@pytest.mark.parametrize(
    "written",
    [
        b"BI /W 8 /H 8 %s /F /%%s ID x EI" % (b" " * 5000),
        b"BI /W 8 /H 8 %ID \n /F /%s ID x EI",
        b"BI /W 8 /ID 1 /F /%s ID x EI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI BI /F /%s ) ID x EI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI BI % ) (\n /F /%s ) ID x EI",
        b"BI % (\n /F /%s ) ID x EI",
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI BI %(\n /F /%s ) ID x EI",
        b"BI /X <(> /F /%s ) ID x EI",
        b"BI /X <<<(> 1>> /F /%s ) ID x EI",
        b"BI <</X % > (\n >> /F /%s ) ID x EI",
    ],
)
def test_d08_no_padding_and_no_bracket_hides_a_codec_inside_content(written: bytes) -> None:
    def change(document: Pdf) -> None:
        document.pages[0].obj["/Contents"] = document.make_stream(written.replace(b"%s", b"JBIG2Decode"))

    assert b"JBIG2" not in clear(delivered(sanitise(make.pdf(change))))


@pytest.mark.parametrize("hostile", [b"<a ", b"((", b"%(\n", b"\\(", b"(\\)", b"(BI)", b"/JBIG2Decode "])
def test_looking_for_codecs_is_linear(hostile: bytes) -> None:
    with linear():
        page_content._blanked(hostile * 700_000)


def test_content_that_can_not_be_looked_at_is_not_delivered() -> None:
    def change(document: Pdf) -> None:
        broken = document.make_stream(b"\x80\x0b\x60 rubbish, and no LZW", Filter=Array([Name.ASCIIHexDecode, Name.LZWDecode]))
        document.pages[0].obj["/Contents"] = broken

    outcome = harmless(make.pdf(change))
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert after.pages[0].obj["/Contents"].read_bytes() == b""
    assert any("can not be decoded" in finding.detail for finding in outcome.findings)


def test_words_about_a_codec_stay_words() -> None:
    page = b"BT /F1 9 Tf 72 720 Td (the filter /JBIG2Decode) Tj ET q BI /W 1 /H 1 /BPC 8 /CS /G ID \0 EI Q (/JPXDecode) pop"
    padding = b"q Q " * 2000

    def change(document: Pdf) -> None:
        document.pages[0].obj["/Contents"] = document.make_stream(padding + page)

    outcome = sanitise(make.pdf(change))
    assert text(delivered(outcome)) == ["the filter /JBIG2Decode"]
    assert outcome.findings == ()


# structure


def test_row_objects_in_object_streams() -> None:
    content = make.pdf(
        make.in_catalogue("/OpenAction", SCRIPT),
        make.in_catalogue("/Lost", String(CANARY)),
        object_stream_mode=ObjectStreamMode.generate,
    )
    assert b"JavaScript" not in content  # compressed: seen only by who parses
    assert Kind.JAVASCRIPT in kinds(harmless(content))


def test_row_a_catalogue_that_is_a_page_of_itself_is_refused() -> None:
    def change(document: Pdf) -> None:
        document.Root["/Pages"]["/Kids"] = Array([document.Root])

    assert refused(make.pdf(change)).reason is Reason.CORRUPT


def test_row_pages_of_absurd_size_are_cut_to_what_readers_take() -> None:
    sizes = [[0, 0, 2_000_000, 842], [-5_000_000, 0, 5_000_000, 9_000_000], [0, 0, 14_400, 14_400]]

    def change(document: Pdf) -> None:
        for page, size in zip(document.pages, sizes, strict=True):
            page.obj["/MediaBox"] = Array(size)
        document.pages[0].obj["/UserUnit"] = 1_000_000

    outcome = harmless(make.pdf(change, pages=3))
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        boxes = [[int(number) for number in page.obj["/MediaBox"]] for page in after.pages]
        assert boxes == [[0, 0, 14_400, 842], [-5_000_000, 0, -4_985_600, 14_400], [0, 0, 14_400, 14_400]]
        assert "/UserUnit" not in after.pages[0].obj
    assert sum("points" in finding.detail for finding in outcome.findings) == 2


def test_row_page_boxes_rotation_and_units_stay() -> None:
    def change(document: Pdf) -> None:
        page = document.pages[0].obj
        page["/CropBox"], page["/TrimBox"] = Array([10, 10, 500, 800]), Array([20, 20, 490, 790])
        page["/BleedBox"], page["/ArtBox"], page["/Rotate"], page["/UserUnit"] = (
            Array([5, 5, 505, 805]),
            Array([30, 30, 9, 9]),
            90,
            2,
        )

    before = make.pdf(change)
    outcome = harmless(before)
    with Pdf.open(io.BytesIO(before)) as one, Pdf.open(io.BytesIO(delivered(outcome))) as other:
        for key in ("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/UserUnit"):
            assert one.pages[0].obj[key] == other.pages[0].obj[key], key
    assert outcome.findings == ()


def test_row_metadata_in_every_place() -> None:
    def change(document: Pdf) -> None:
        page = document.pages[0].obj
        xmp = document.make_stream(b"<x>canary.example</x>", Type=Name.Metadata, Subtype=Name.XML)
        picture = document.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8)
        picture["/ColorSpace"], picture["/Metadata"] = Name.DeviceGray, xmp
        make.drawn(document, picture)
        document.Root["/Metadata"] = page["/Metadata"] = xmp
        page["/Thumb"] = document.make_stream(b"canary.example", Width=1, Height=1)
        page["/LastModified"], page["/PieceInfo"] = String("D:2026"), Dictionary(A=Dictionary(Private=String(CANARY)))
        document.docinfo["/Producer"] = document.docinfo["/Custom"] = String(CANARY)

    outcome = harmless(make.pdf(change))
    assert Kind.METADATA in kinds(outcome)
    assert CANARY.encode() not in clear(delivered(outcome))


# fonts


def japanese(embedded: bool) -> make.Change:
    def change(document: Pdf) -> None:
        descriptor = Dictionary(Type=Name.FontDescriptor, FontName=Name("/ABCDEF+MS-Mincho"), Flags=4, StemV=80, ItalicAngle=0)
        descriptor["/FontBBox"], descriptor["/Ascent"], descriptor["/Descent"], descriptor["/CapHeight"] = (
            Array([0, -136, 1000, 859]),
            859,
            -136,
            709,
        )
        system = Dictionary(Registry=String("Adobe"), Ordering=String("Japan1"), Supplement=2)
        family = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/ABCDEF+MS-Mincho"), DW=1000)
        family["/CIDSystemInfo"], family["/FontDescriptor"] = system, descriptor
        family["/W"] = Array([1, Array([500, 500]), 231, 389, 500])
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/ABCDEF+MS-Mincho"))
        font["/DescendantFonts"], font["/Encoding"] = Array([document.make_indirect(family)]), Name("/UniJIS-UTF16-H")
        if embedded:
            descriptor["/FontFile2"] = document.make_stream(b"\0\1\0\0 outlines of the subset", Length1=27)
            family["/CIDToGIDMap"] = document.make_stream(bytes(64))
            font["/Encoding"] = Name("/Identity-H")
            font["/ToUnicode"] = document.make_stream(
                b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def"
                b" 1 begincodespacerange <0000><FFFF> endcodespacerange 2 beginbfchar <0001><9AD8> <0002><5D0E> endbfchar"
                b" endcmap end end"
            )
        shown = b"<00010002>" if embedded else b"<9AD85D0E>"
        page = document.pages[0].obj
        page["/Resources"]["/Font"]["/F1"] = document.make_indirect(font)
        page["/Contents"] = document.make_stream(b"BT /F1 18 Tf 72 720 Td " + shown + b" Tj ET")

    return change


@pytest.mark.parametrize("embedded", [True, False])
def test_row_japanese_fonts_stay_with_their_maps_and_words(embedded: bool) -> None:
    before = make.pdf(japanese(embedded))
    outcome = harmless(before)
    assert text(delivered(outcome)) == text(before) == ["高崎"]
    assert outcome.findings == ()
    with Pdf.open(io.BytesIO(before)) as one, Pdf.open(io.BytesIO(delivered(outcome))) as other:
        fonts = [document.pages[0].obj["/Resources"]["/Font"]["/F1"] for document in (one, other)]
        assert fonts[0]["/Encoding"] == fonts[1]["/Encoding"]
        families = [font["/DescendantFonts"][0] for font in fonts]
        for key in ("/W", "/DW", "/CIDSystemInfo", "/BaseFont"):
            assert families[0][key] == families[1][key], key
        if embedded:
            outlines = [family["/FontDescriptor"]["/FontFile2"].read_bytes() for family in families]
            assert outlines[0] == outlines[1]
            assert families[1]["/CIDToGIDMap"].read_bytes() == bytes(64)


def test_row_type3_glyphs_and_a_right_matrix_stay() -> None:
    def change(document: Pdf) -> None:
        glyphs = Dictionary(a=document.make_stream(b"1000 0 0 0 750 750 d1 0 0 750 750 re f"))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 750, 750]), CharProcs=glyphs)
        font["/FontMatrix"], font["/FirstChar"], font["/LastChar"] = Array([0.002, 0, 0, 0.001, 0, 0]), 97, 97
        font["/Widths"], font["/Encoding"] = Array([1000]), Dictionary(Differences=Array([97, Name.a]))
        page = document.pages[0].obj
        page["/Resources"]["/Font"]["/F2"] = font
        page["/Contents"] = document.make_stream(b"BT /F2 40 Tf 72 600 Td (aa) Tj ET")

    before = make.pdf(change)
    outcome = harmless(before)
    assert difference(before, delivered(outcome)) == 0
    assert outcome.findings == ()


def test_row_a_picture_of_many_kinds_still_opens_in_a_second_reader() -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(make_image.encoded(make_image.picture(), "JPEG"), Type=Name.XObject, Subtype=Name.Image)
        stream["/Filter"], stream["/Width"], stream["/Height"] = Name.DCTDecode, *make_image.SIZE
        stream["/ColorSpace"], stream["/BitsPerComponent"] = Name.DeviceRGB, 8
        make.drawn(document, stream)

    outcome = harmless(make.pdf(change))
    with pypdfium2.PdfDocument(delivered(outcome)) as opened:
        assert len(list(opened[0].get_objects())) == 2

"""PDF (formats.md 4, D7-D9): nothing acts, hides or points outside any more; pages, text, looks and fields are still there."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, NameTree, Object, Pdf, Stream, String
from PIL import Image, ImageChops, ImageStat

from samples import portable
from sanitizers import pdf
from sanitizers.job import LocalJob
from sanitizers.model import (
    Kind,
    Limits,
    Outcome,
    Part,
    Profile,
    Reason,
    Refused,
    Setting,
    Switchboard,
    Switches,
    Treatment,
    Verdict,
)
from sanitizers.pdf import prune
from sanitizers.pdf.key import file_key
from tests.sanitizers import make_image
from tests.sanitizers import make_pdf as make

CANARY = "canary.example"
ACTIVE = re.compile(
    rb"/(?:AA|OpenAction|JS|JavaScript|Launch|GoToR|GoToE|SubmitForm|ImportData|ResetForm|Rendition|Named|Hide|SetOCGState|XFA"
    rb"|EmbeddedFiles?|EF|AF|RichMedia\w*|3DD?|Movie|Sound|Screen|FileAttachment|Metadata|PieceInfo|OPI|Ref|Alternates|Thread"
    rb"|Collection|Perms|JPXDecode|JBIG2Decode)\b"
)


def sanitise(content: bytes, **profile: object) -> Outcome:
    part = Part("2", "お知らせ.pdf", "application/pdf")
    return pdf.sanitise(content, part, "application/pdf", LocalJob(Profile(**profile)))  # type: ignore[arg-type]


def refused(content: bytes, **profile: object) -> Refused:
    with pytest.raises(Refused) as refusal:
        sanitise(content, **profile)
    return refusal.value


def rebuilt(content: bytes, **profile: object) -> Pdf:
    return Pdf.open(io.BytesIO(delivered(sanitise(content, **profile))))


def delivered(outcome: Outcome) -> bytes:
    assert outcome.output is not None
    return outcome.output


def kinds(outcome: Outcome) -> set[Kind]:
    return {finding.kind for finding in outcome.findings}


def written(document: bytes) -> bytes:
    """Every object in the file, reachable or not, in clear text."""
    with Pdf.open(io.BytesIO(document)) as opened:
        held = [*opened.objects, opened.trailer]
        return b"\n".join(each.unparse(resolved=True) for each in held if isinstance(each, Object))


def text(document: bytes) -> list[str]:
    with pypdfium2.PdfDocument(document) as opened:
        return [page.get_textpage().get_text_bounded() for page in opened]


def look(document: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(document) as opened:
        opened.init_forms()
        return opened[0].render(scale=0.5).to_pil().convert("RGB")


def difference(one: bytes, other: bytes) -> float:
    return max(ImageStat.Stat(ImageChops.difference(look(one), look(other))).mean)


def test_an_ordinary_document_is_clean_and_keeps_pages_text_and_look() -> None:
    content = make.pdf(pages=3)
    outcome = sanitise(content)
    assert (outcome.verdict, outcome.media_type, outcome.name) == (Verdict.CLEAN, "application/pdf", "お知らせ.pdf")
    assert text(delivered(outcome)) == text(content) == ["Notice of the town hall"] * 3
    assert difference(content, delivered(outcome)) == 0


ACTIONS = [
    make.action("JavaScript", JS=String("app.alert('canary.example')")),
    make.action("Launch", F=String("canary.example.exe")),
    make.action("GoToR", F=String("\\\\canary.example\\share"), D=Array([0, Name.Fit])),
    make.action("GoToE", T=Dictionary(R=Name.C, N=String("canary.example"))),
    make.action("SubmitForm", F=String("http://canary.example/")),
    make.action("ImportData", F=String("canary.example")),
    make.action("ResetForm", Fields=Array([String("canary.example")])),
    make.action("Rendition", JS=String("canary.example")),
    make.action("Named", N=Name("/canary.example")),
    make.action("Hide", T=String("canary.example")),
    make.action("SetOCGState", State=Array([Name("/canary.example")])),
    make.action("URI", URI=String("file://canary.example/share")),
    make.action("URI", URI=String("\\\\canary.example\\share")),
    make.action("URI", URI=String("javascript:canary.example")),
    make.action("Movie", T=String("canary.example")),
    make.action("Thread", F=String("canary.example")),
    make.action("Unheard", F=String("canary.example")),
]


def slots(act: Object) -> Iterator[tuple[str, make.Change]]:
    """Every place where a reader looks for an action (12.6.3, 12.3.3, 12.5.6.5, 12.7)."""
    events = Dictionary(O=act, C=act)
    yield "open action", make.in_catalogue("/OpenAction", act)
    yield "document event", make.in_catalogue("/AA", Dictionary(WC=act, DP=act))
    yield "page event", make.on_page("/AA", events)
    yield "link", make.annotated(make.annotation("Link", A=act))
    yield "link event", make.annotated(make.annotation("Link", AA=events, PA=act))
    yield "button", make.annotated(make.annotation("Widget", FT=Name.Btn, A=act, AA=Dictionary(D=act)))
    yield "chained", make.annotated(make.annotation("Link", A=make.action("URI", URI=String("https://a.example/"), Next=act)))
    yield "bookmark", make.in_catalogue("/Outlines", Dictionary(First=Dictionary(Title=String("t"), A=act)))
    yield "script tree", make.in_catalogue("/Names", Dictionary(JavaScript=Dictionary(Names=Array([String("n"), act]))))
    yield "in a leaf", make.on_page("/Rotate", act)
    yield "in a name", make.in_catalogue("/Lang", act)
    yield "in a box", make.on_page("/CropBox", Array([0, 0, act, 9]))


@pytest.mark.parametrize("act", ACTIONS, ids=lambda act: str(act["/S"]))
def test_d07_no_action_survives_in_any_slot(act: Object) -> None:
    for slot, change in slots(act):
        outcome = sanitise(make.pdf(change))
        left = written(delivered(outcome))
        assert CANARY.encode() not in left, slot
        assert not ACTIVE.search(left), slot
        assert outcome.verdict is Verdict.SANITISED, slot
        assert any(finding.treatment is not Treatment.KEPT for finding in outcome.findings), slot


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/AF", Array([Dictionary(EF=Dictionary(F=String(CANARY)))])),
        ("/Collection", Dictionary(D=String(CANARY))),
        ("/URI", Dictionary(Base=String(CANARY))),
        ("/Metadata", String(CANARY)),
        ("/PieceInfo", Dictionary(App=String(CANARY))),
        ("/Threads", Array([Dictionary(I=Dictionary(Title=String(CANARY)))])),
        ("/SpiderInfo", Dictionary(V=String(CANARY))),
        ("/Perms", Dictionary(DocMDP=String(CANARY))),
        ("/Legal", Dictionary(JavaScriptActions=String(CANARY))),
        ("/UnheardOf", String(CANARY)),
    ],
)
def test_d07_only_listed_catalogue_and_page_keys_stay(key: str, value: Object) -> None:
    for change in (make.in_catalogue(key, value), make.on_page(key, value)):
        outcome = sanitise(make.pdf(change))
        assert CANARY.encode() not in written(delivered(outcome))
        assert any(key in finding.detail for finding in outcome.findings)


def test_d07_embedded_files_go_and_are_named_as_such() -> None:
    def embed(document: Pdf) -> None:
        document.attachments["canary.example.exe"] = b"MZ canary.example"

    outcome = sanitise(make.pdf(embed))
    assert CANARY.encode() not in written(delivered(outcome))
    assert Kind.EMBEDDED_FILE in kinds(outcome)


@pytest.mark.parametrize("subtype", ["FileAttachment", "Movie", "Sound", "Screen", "RichMedia", "3D", "Projection"])
def test_d07_multimedia_keeps_its_look_and_nothing_else(subtype: str) -> None:
    def change(document: Pdf) -> None:
        appearance = document.make_stream(b"0 0 1 rg 0 0 100 40 re f", Type=Name.XObject, Subtype=Name.Form)
        appearance["/BBox"] = Array([0, 0, 100, 40])
        item = make.annotation(subtype, AP=Dictionary(N=appearance), Movie=String(CANARY), FS=String(CANARY), T=String(CANARY))
        make.annotated(item)(document)

    content = make.pdf(change)
    outcome = sanitise(content)
    left = written(delivered(outcome))
    assert CANARY.encode() not in left
    assert b"/Stamp" in left
    assert difference(content, delivered(outcome)) < 0.01


def test_d07_external_stream_data_is_not_fetched() -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(b"q Q")
        stream["/F"] = Dictionary(FS=Name.URL, F=String(CANARY))
        stream["/FFilter"] = Name.FlateDecode
        document.pages[0].obj["/Contents"] = stream

    outcome = sanitise(make.pdf(change))
    assert CANARY.encode() not in written(delivered(outcome))
    assert Kind.EXTERNAL_LINK in kinds(outcome)


@pytest.mark.parametrize("key", ["/OPI", "/Ref", "/Alternates", "/Metadata", "/PieceInfo", "/AF", "/Measure", "/PtData"])
def test_d07_no_side_door_in_a_form_xobject(key: str) -> None:
    def change(document: Pdf) -> None:
        form = document.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        form[key] = Dictionary(F=String(CANARY))
        make.drawn(document, form)

    assert CANARY.encode() not in written(delivered(sanitise(make.pdf(change))))


def test_a_postscript_xobject_is_not_drawn() -> None:
    def change(document: Pdf) -> None:
        make.drawn(document, document.make_stream(b"(canary.example) run", Type=Name.XObject, Subtype=Name.PS))

    with rebuilt(make.pdf(change)) as after:
        assert "/Im0" not in after.pages[0].obj["/Resources"].get("/XObject", Dictionary())


@pytest.mark.parametrize("codec", [Name.UnheardOf, Name.JBIG2Decode, Name.JPXDecode])
def test_page_content_behind_an_unknown_filter_or_a_picture_codec_is_emptied(codec: Name) -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(b"canary.example")
        stream["/Filter"] = codec
        document.pages[0].obj["/Contents"] = stream

    with rebuilt(make.pdf(change)) as after:
        assert after.pages[0].obj["/Contents"].read_bytes() == b""


def test_d07_a_font_matrix_is_numbers(  # CVE-2024-4367
) -> None:
    def change(document: Pdf) -> None:
        glyphs = Dictionary(a=document.make_stream(b"500 0 d0"))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1, 1]), CharProcs=glyphs)
        font["/FontMatrix"] = Array([1, 0, 0, 1, 0, String("0); alert('canary.example'")])
        document.pages[0].obj["/Resources"]["/Font"]["/F2"] = font

    with rebuilt(make.pdf(change)) as after:
        matrix = after.pages[0].obj["/Resources"]["/Font"]["/F2"]["/FontMatrix"]
        assert [float(number) for number in matrix] == [0.001, 0, 0, 0.001, 0, 0]


def test_d08_an_object_reached_as_two_types_keeps_only_what_both_allow() -> None:
    def change(document: Pdf) -> None:
        shared = document.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9])))
        shared["/A"] = make.action("Launch", F=String(CANARY))
        document.Root["/ViewerPreferences"] = shared  # a type that allows any key
        document.pages[0].obj["/Annots"] = Array([shared])

    assert CANARY.encode() not in written(delivered(sanitise(make.pdf(change))))


def test_d08_a_page_outside_the_page_tree_cannot_be_reached() -> None:
    def change(document: Pdf) -> None:
        hidden = document.make_indirect(Dictionary(Type=Name.Page, AA=make.action("Launch", F=String(CANARY))))
        make.annotated(make.annotation("Link", Dest=Array([hidden, Name.Fit]), P=hidden))(document)

    assert CANARY.encode() not in written(delivered(sanitise(make.pdf(change))))


def test_d08_earlier_revisions_and_orphans_are_not_in_the_output() -> None:
    first = make.pdf(make.in_catalogue("/Old", String("canary.example")))
    start = first.rindex(b"startxref") + 10
    previous = first[start : first.index(b"\n", start)]
    update = b"\n9999 0 obj\n(canary.example)\nendobj\nxref\n9999 1\n%010d 00000 n \n" % (len(first) + 1)
    update += b"trailer << /Size 10000 /Root 1 0 R /Prev " + previous + b" >>\nstartxref\n"
    content = first + update + str(len(first) + update.index(b"xref\n9999")).encode() + b"\n%%EOF\n"
    outcome = sanitise(content)
    assert CANARY.encode() not in written(delivered(outcome))
    assert Kind.HIDDEN_CONTENT in kinds(outcome)
    assert delivered(outcome).count(b"startxref") == 1


@pytest.mark.parametrize(("before", "after"), [(b"GIF89a canary.example\n", b""), (b"", b"PK\x03\x04 canary.example")])
def test_d08_bytes_around_the_document_are_reported_and_gone(before: bytes, after: bytes) -> None:
    outcome = sanitise(before + make.pdf() + after)
    assert CANARY.encode() not in delivered(outcome)
    assert delivered(outcome).startswith(b"%PDF-")
    assert Kind.TRAILING_DATA in kinds(outcome)


def test_a_damaged_cross_reference_is_repaired_and_reported() -> None:
    content = make.pdf(pages=4)
    broken = re.sub(rb"startxref\s+\d+", b"startxref\n7", content)
    outcome = sanitise(broken)
    assert text(delivered(outcome)) == text(content)
    assert any("damaged" in finding.detail for finding in outcome.findings)


def test_a_truncated_file_is_refused_or_complete() -> None:
    content = make.pdf(pages=12)
    whole = text(content)
    for sixteenth in range(16):
        try:
            outcome = sanitise(content[: len(content) * sixteenth // 16])
        except Refused as refusal:
            reason = refusal.reason
        else:
            reason = None
            assert text(delivered(outcome)) == whole, sixteenth
        assert reason in (None, Reason.CORRUPT)


def test_d09_page_tree_loops_nesting_and_graphs_are_refused_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    def loop(document: Pdf) -> None:
        document.Root["/Pages"]["/Kids"].append(document.Root["/Pages"])

    deep = make.pdf().replace(b"/Type /Catalog", b"/Type /Catalog /Lang " + b"[" * 20_000 + b"]" * 20_000)
    assert refused(make.pdf(loop)).reason is Reason.CORRUPT
    assert refused(deep).reason is Reason.CORRUPT
    monkeypatch.setattr(prune, "NODES", 20)
    assert refused(make.pdf(pages=30)).reason is Reason.LIMIT_PARTS


def test_one_page_over_the_limit_is_refused() -> None:
    assert refused(make.pdf(pages=4), limits=Limits(pages=3)).reason is Reason.LIMIT_PARTS
    assert sanitise(make.pdf(pages=4), limits=Limits(pages=4)).output


def test_cycles_in_every_tree_end() -> None:
    def change(document: Pdf) -> None:
        item = document.make_indirect(Dictionary(Title=String("round"), FT=Name.Tx, T=String("a")))
        item["/First"] = item["/Next"] = item["/Kids"] = item["/Parent"] = item
        item["/Kids"] = Array([item])
        document.Root["/Outlines"] = Dictionary(First=item)
        document.Root["/Names"] = Dictionary(Dests=item)
        document.Root["/PageLabels"] = item
        document.Root["/AcroForm"] = Dictionary(Fields=Array([item]))

    outcome = sanitise(make.pdf(change))
    assert len(text(delivered(outcome))) == 1


# what stays


@pytest.mark.parametrize(
    "address", ["https://www.city.example.jp/見積", "HTTP://a.example/?q=1&r=(2)", "mailto:kanri@city.example.jp"]
)
def test_links_to_the_web_and_to_mailboxes_stay(address: str) -> None:
    content = make.pdf(make.annotated(make.annotation("Link", A=make.action("URI", URI=String(address.encode())))))
    outcome = sanitise(content)
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert bytes(after.pages[0].obj["/Annots"][0]["/A"]["/URI"]) == address.encode()
    assert outcome.verdict is Verdict.CLEAN
    assert Kind.HYPERLINK in kinds(outcome)
    without = sanitise(content, switches=Switchboard(pdf=Switches(hyperlinks=Setting.REMOVE)))
    assert b"/URI" not in written(delivered(without))
    assert without.verdict is Verdict.SANITISED


def test_bookmarks_named_places_and_page_labels_still_lead_to_the_same_pages() -> None:
    def change(document: Pdf) -> None:
        pages = [page.obj for page in document.pages]
        with document.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("第一章", 0))
            outline.root[0].children.append(pikepdf.OutlineItem("一節", 1))
        tree = NameTree.new(document)
        tree["chapter"] = Array([pages[2], Name.XYZ, 0, 800, 0])
        document.Root["/Names"] = Dictionary(Dests=tree.obj)
        document.Root["/Dests"] = Dictionary(old=Dictionary(D=Array([pages[1], Name.Fit])))
        document.Root["/PageLabels"] = Dictionary(
            Nums=Array([0, Dictionary(S=Name.r), 2, Dictionary(S=Name.D, P=String("A-"))])
        )

    with rebuilt(make.pdf(change, pages=3)) as after:
        pages = [page.objgen for page in after.pages]
        chapter = after.Root["/Outlines"]["/First"]
        assert (str(chapter["/Title"]), chapter["/Dest"][0].objgen) == ("第一章", pages[0])
        assert (str(chapter["/First"]["/Title"]), chapter["/First"]["/Dest"][0].objgen) == ("一節", pages[1])
        assert NameTree(after.Root["/Names"]["/Dests"])["chapter"][0].objgen == pages[2]
        assert after.Root["/Dests"]["/old"][0].objgen == pages[1]
        assert [page.label for page in after.pages] == ["i", "ii", "A-1"]


def test_inherited_page_attributes_are_kept() -> None:
    def change(document: Pdf) -> None:
        page, tree = document.pages[0].obj, document.Root["/Pages"]
        for key in ("/MediaBox", "/Resources"):
            tree[key] = page[key]
            del page[key]
        tree["/Rotate"] = 90

    content = make.pdf(change)
    assert difference(content, delivered(sanitise(content))) == 0


def test_a_form_keeps_its_fields_values_and_look_without_its_scripts() -> None:
    def scripts(document: Pdf) -> None:
        form = document.Root["/AcroForm"]
        form["/XFA"] = document.make_stream(b"<xdp>canary.example</xdp>")
        form["/CO"] = form["/Fields"]
        form["/Fields"][0]["/AA"] = Dictionary(K=make.action("JavaScript", JS=String(CANARY)))

    content = make.pdf(make.form_field(), scripts)
    outcome = sanitise(content)
    assert CANARY.encode() not in written(delivered(outcome))
    assert {Kind.FORM, Kind.ACTION} <= kinds(outcome)
    assert difference(content, delivered(outcome)) == 0
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        (field,) = after.Root["/AcroForm"]["/Fields"]
        assert str(field["/V"]) == "高崎太郎"
        assert field.objgen == after.pages[0].obj["/Annots"][0].objgen


def test_buttons_of_one_group_stay_together() -> None:
    def group(document: Pdf) -> None:
        parent = document.make_indirect(Dictionary(FT=Name.Btn, T=String("回答"), V=Name.Yes, Ff=1 << 15))
        kids = [document.make_indirect(make.annotation("Widget", Parent=parent, AS=Name.Off)) for _ in range(3)]
        stray = document.make_indirect(make.annotation("Widget", FT=Name.Btn, Parent=Dictionary(AA=ACTIONS[0])))
        parent["/Kids"] = Array(kids)
        document.pages[0].obj["/Annots"] = Array([*kids, stray])
        document.Root["/AcroForm"] = Dictionary(Fields=Array([parent]))

    with rebuilt(make.pdf(group)) as after:
        (field,) = after.Root["/AcroForm"]["/Fields"]
        *kids, stray = after.pages[0].obj["/Annots"]
        assert [kid["/Parent"].objgen for kid in kids] == [field.objgen] * 3
        assert [kid.objgen for kid in field["/Kids"]] == [kid.objgen for kid in kids]
        assert "/Parent" not in stray


def test_a_signature_is_reported_and_its_seal_stays_visible() -> None:
    def sign(document: Pdf) -> None:
        field = document.Root["/AcroForm"]["/Fields"][0]
        field["/FT"], field["/V"] = Name.Sig, Dictionary(Type=Name.Sig, Contents=String(CANARY))
        document.Root["/AcroForm"]["/SigFlags"] = 3

    content = make.pdf(make.form_field(), sign)
    outcome = sanitise(content)
    assert Kind.SIGNATURE in kinds(outcome)
    assert CANARY.encode() not in written(delivered(outcome))
    assert difference(content, delivered(outcome)) < 0.01


def test_comments_stay_unless_the_profile_removes_them() -> None:
    content = make.pdf(make.annotated(make.annotation("Highlight", Contents=String("要確認"), QuadPoints=Array([0] * 8))))
    with rebuilt(content) as after:
        assert str(after.pages[0].obj["/Annots"][0]["/Contents"]) == "要確認"
    outcome = sanitise(content, switches=Switchboard(pdf=Switches(comments=Setting.REMOVE)))
    assert Kind.COMMENT in kinds(outcome)
    assert b"/Highlight" not in written(delivered(outcome))


def test_layers_keep_their_visibility_but_not_what_changes_it_on_printing() -> None:
    def change(document: Pdf) -> None:
        group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("透かし"), Usage=Dictionary(Print=String(CANARY))))
        either = document.make_indirect(Dictionary(Type=Name.OCMD, VE=Array([Name.Not, group])))
        events = Array([Dictionary(Event=Name.Print, OCGs=Array([group]))])
        document.Root["/OCProperties"] = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group]), AS=events))
        page = document.pages[0].obj
        page["/Resources"]["/Properties"] = Dictionary(L=group, N=either)
        page["/Contents"] = document.make_stream(b"/OC /L BDC 0 0 300 300 re f EMC /OC /N BDC 300 300 200 200 re f EMC")

    content = make.pdf(change)
    outcome = sanitise(content)
    left = written(delivered(outcome))
    assert CANARY.encode() not in left
    assert b"/AS" not in left
    assert Kind.LAYER in kinds(outcome)
    assert difference(content, delivered(outcome)) == 0


def test_sd04_only_a_classification_label_survives_of_the_metadata() -> None:
    def credits(title: str) -> make.Change:
        def change(document: Pdf) -> None:
            document.docinfo["/Title"] = String(title)
            document.docinfo["/Author"] = String("canary.example")

        return change

    with rebuilt(make.pdf(credits("予算書【機密性2】"))) as after:
        assert {key: str(value) for key, value in after.docinfo.items()} == {"/Title": "予算書【機密性2】"}
    outcome = sanitise(make.pdf(credits("予算書")))
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert "/Info" not in after.trailer
    assert Kind.METADATA in kinds(outcome)


# pictures


def test_a_jpeg_2000_picture_looks_the_same_and_is_jpeg() -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(
            make_image.encoded(make_image.picture(), "JPEG2000"), Type=Name.XObject, Subtype=Name.Image
        )
        stream["/Filter"], stream["/Width"], stream["/Height"] = Name.JPXDecode, *make_image.SIZE
        make.drawn(document, stream)

    content = make.pdf(change)
    outcome = sanitise(content)
    assert b"JPXDecode" not in written(delivered(outcome))
    assert Kind.IMAGE_RECODED in kinds(outcome)
    assert difference(content, delivered(outcome)) < 1


def jbig2() -> bytes:
    """An 8x8 picture, all black: page information, then an immediate generic region coded with MMR (T.88 7.4.6)."""
    page = bytes.fromhex("00000000 30 00 01 00000013 00000008 00000008 00000000 00000000 00 0000")
    mmr = bytes.fromhex("26 a0")  # horizontal mode, 0 white and 8 black, then vertical modes for the following lines
    region = bytes.fromhex("00000008 00000008 00000000 00000000 00 01") + mmr
    return page + bytes.fromhex("00000001 26 00 01") + len(region).to_bytes(4, "big") + region


def test_d07_jbig2_never_reaches_the_reader() -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(jbig2(), Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8)
        stream["/BitsPerComponent"], stream["/ColorSpace"], stream["/Filter"] = 1, Name.DeviceGray, Name.JBIG2Decode
        make.drawn(document, stream)

    content = make.pdf(change)
    outcome = sanitise(content)
    assert b"JBIG2Decode" not in written(delivered(outcome))
    assert Kind.IMAGE_RECODED in kinds(outcome)
    assert difference(content, delivered(outcome)) < 0.01


@pytest.mark.parametrize("codec", [Name.JPXDecode, Name.JBIG2Decode])
def test_a_picture_that_cannot_be_decoded_is_left_blank(codec: Name) -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(b"\x00canary.example", Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8)
        stream["/Filter"] = codec
        make.drawn(document, stream)

    outcome = sanitise(make.pdf(change))
    assert any("blank" in finding.detail for finding in outcome.findings)
    assert text(delivered(outcome)) == ["Notice of the town hall"]


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    def change(document: Pdf) -> None:
        stream = document.make_stream(jbig2(), Type=Name.XObject, Subtype=Name.Image, Width=60_000, Height=60_000)
        stream["/Filter"] = Name.JBIG2Decode
        make.drawn(document, stream)

    assert refused(make.pdf(change)).reason is Reason.LIMIT_PIXELS


@pytest.mark.parametrize(
    ("around", "packed"),
    [
        ([], bytes),
        ([Name.FlateDecode], zlib.compress),
        ([Name.ASCIIHexDecode, Name.FlateDecode], lambda data: zlib.compress(data).hex().encode() + b">"),
    ],
)
@pytest.mark.parametrize("has_parameters", [False, True])
def test_a_jpeg_loses_its_metadata_and_no_pixel(
    around: list[Name], packed: Callable[[bytes], bytes], has_parameters: bool
) -> None:
    def change(document: Pdf) -> None:
        photograph = make_image.encoded(
            make_image.picture(), "JPEG", exif=make_image.exif(position=True), comment=b"canary.example"
        )
        stream = document.make_stream(packed(photograph + b"canary.example"), Type=Name.XObject, Subtype=Name.Image)
        stream["/Filter"] = Array([*around, Name.DCTDecode]) if around else Name.DCTDecode
        if has_parameters:
            stream["/DecodeParms"] = Array([*([None] * len(around)), Dictionary(ColorTransform=1)])
        stream["/Width"], stream["/Height"] = make_image.SIZE
        stream["/ColorSpace"], stream["/BitsPerComponent"] = Name.DeviceRGB, 8
        make.drawn(document, stream)

    content = make.pdf(change)
    outcome = sanitise(content)
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        (drawn,) = [each for each in after.objects if isinstance(each, Stream) and each.get("/Subtype") == Name.Image]
        assert drawn["/Filter"] == Name.DCTDecode
        assert b"canary" not in drawn.read_raw_bytes()
    assert Kind.METADATA in kinds(outcome)
    assert difference(content, delivered(outcome)) == 0


# encryption


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_a_password_for_the_owner_only_does_not_lock_the_reader_out(revision: int) -> None:
    outcome = sanitise(make.encrypted("owner", "", revision))
    assert text(delivered(outcome)) == ["Notice of the town hall"]
    assert Kind.CONVERTED in kinds(outcome)


def test_a_locked_document_wants_a_password_and_opens_with_the_right_one() -> None:
    content = make.encrypted("owner", "ひらけ")
    assert (refused(content).reason, refused(content).verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)
    wrong = refused(content, passwords=("a", "b"))
    assert (wrong.reason, wrong.verdict) == (Reason.WRONG_PASSWORD, Verdict.LOCKED)
    assert "ひらけ" not in wrong.detail
    outcome = sanitise(content, passwords=("a", "ひらけ"))
    assert text(delivered(outcome)) == ["Notice of the town hall"]
    assert b"/Encrypt" not in delivered(outcome)


@pytest.mark.parametrize("how", ["/Filter /Adobe.PubSec /V 5 /R 131105", "/Filter /Standard /V 9 /R 9"])
def test_where_no_password_helps_none_is_asked_for(how: str) -> None:
    """For somebody's certificate, or by a method that nobody knows."""
    locked = f"/Root 1 0 R /ID [<00> <00>] /Encrypt << {how} /O (o) /U (u) /P -4 >>".encode()
    content = portable.document().replace(b"/Root 1 0 R", locked)
    refusal = refused(content, passwords=("ひらけ",))
    assert (refusal.reason, refusal.verdict) == (Reason.UNDECRYPTABLE, Verdict.LOCKED)


@pytest.mark.parametrize("revision", [5, 6])
@pytest.mark.filterwarnings("ignore:Encryption R=5")
def test_the_key_of_aes_256_is_found_without_qpdf(revision: int) -> None:
    content = make.encrypted("owner", "利用者", revision)
    assert file_key(content, "違う".encode()) is None
    keys = {file_key(content, password.encode()) for password in ("owner", "利用者")}
    (key,) = keys
    assert key is not None
    with Pdf.open(io.BytesIO(content), password=key.hex(), hex_password=True) as opened:
        assert opened.pages[0].obj["/Contents"].read_bytes() == make.TEXT.encode()


@given(st.binary(max_size=200))
def test_the_key_of_rubbish_is_none(content: bytes) -> None:
    assert file_key(b"/Encrypt 1 0 R 1 0 obj" + content + b"endobj", b"") is None


# contract


def test_a_second_run_finds_nothing_and_answers_are_deterministic() -> None:
    content = make.pdf(make.form_field(), make.in_catalogue("/OpenAction", ACTIONS[0]), pages=3)
    first = sanitise(content)
    assert delivered(sanitise(content)) == delivered(first)
    again = sanitise(delivered(first))
    assert again.verdict is Verdict.CLEAN
    assert again.findings == ()


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", b"%PDF-" + bytes(300), b"not a document"])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    assert refused(content).reason is Reason.CORRUPT


@settings(max_examples=120)
@given(st.data())
def test_hostile_bytes_give_a_document_or_a_refusal(data: st.DataObject) -> None:
    content = bytearray(make.pdf(make.form_field(), pages=2))
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        outcome = sanitise(bytes(content))
    except Refused:
        return
    with Pdf.open(io.BytesIO(delivered(outcome))) as after:
        assert len(after.pages) > 0

"""The package: what is not reached over allowed relationships does not exist; content types are never believed."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.container import encrypted_zip
from sanitizers import ooxml
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Limits, Part, Profile, Reason, Refused, Setting, Switches, Verdict
from sanitizers.ooxml import links, media, opc, xml
from sanitizers.ooxml.allowlist import RULES
from sanitizers.ooxml.parts import PART_TYPES
from sanitizers.verify import verify
from tests.sanitizers.make_image import encoded, picture
from tests.sanitizers.make_metafile import emf, wmf
from tests.sanitizers.make_ooxml import (
    DOCX,
    MICROSOFT,
    OFFICE,
    PACKAGE,
    STRICT,
    XLSX,
    Made,
    Rel,
    docx,
    element,
    paragraph,
    xlsx,
)
from tests.sanitizers.rebuilt import rebuild
from tests.sanitizers.test_metafile import Printer

CANARY = "CANARY-7f3a"


def _refusal(content: bytes, media_type: str = DOCX, limits: Limits | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        ooxml.sanitise(content, Part("1", "a.docx", ""), media_type, LocalJob(Profile(limits=limits or Limits())))
    return caught.value


def test_d20_every_root_of_a_part_is_on_the_allow_list() -> None:
    assert PART_TYPES.keys() <= RULES.keys()


def _zip(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (_zip(("word/document.xml", b"<a/>")), "not an Open Packaging"),
        (_zip(("[Content_Types].xml", b"<a/>"), ("_rels/.rels", b"<a/>"), ("/_rels/.rels", b"<a/>")), "two parts are called"),
    ],
)
def test_f05_what_is_no_package_is_refused_before_a_part_is_read(content: bytes, detail: str) -> None:
    with pytest.raises(Refused, match=detail):
        opc.Package(content, Limits())


def test_f07_an_encrypted_part_locks_the_package() -> None:
    with pytest.raises(Refused, match="is encrypted") as caught:
        opc.Package(encrypted_zip(), Limits())
    assert caught.value.verdict is Verdict.LOCKED


@pytest.mark.parametrize(
    ("content", "detail"),
    [(b"", "no root element"), (b"<a></b>", "tag mismatch"), ("<a/>".encode("utf-16") + b"\x00", "a.xml")],
)
def test_a_part_that_is_no_xml_is_refused(content: bytes, detail: str) -> None:
    with pytest.raises(Refused, match=detail):
        xml.root_tag(content, "a.xml", is_all=True)


def test_plain_text_is_kept_and_nothing_but_metadata_is_reported() -> None:
    rebuilt = rebuild(docx(paragraph("住民税の通知　高﨑𠮷野")).bytes(), DOCX)
    assert rebuilt.text("word/document.xml") == "住民税の通知　高﨑𠮷野"
    assert rebuilt.outcome.verdict is Verdict.CLEAN
    assert rebuilt.outcome.name == "様式.docx"


@pytest.mark.parametrize(
    ("relationship", "kind"),
    [
        (f"{MICROSOFT}/vbaProject", Kind.MACRO),
        (f"{MICROSOFT}/wordVbaData", Kind.MACRO),
        (f"{MICROSOFT}/xlMacrosheet", Kind.XLM_MACRO),
        (f"{MICROSOFT}/activeXControlBinary", Kind.ACTIVEX),
        ("control", Kind.ACTIVEX),
        ("oleObject", Kind.EMBEDDED_OBJECT),
        ("package", Kind.EMBEDDED_OBJECT),
        ("aFChunk", Kind.EMBEDDED_FILE),
        ("externalLink", Kind.EXTERNAL_LINK),
        ("attachedTemplate", Kind.REMOTE_TEMPLATE),
        ("connections", Kind.DATA_CONNECTION),
        ("queryTable", Kind.DATA_CONNECTION),
        ("customXml", Kind.CUSTOM_XML),
        ("printerSettings", Kind.PRINTER_SETTINGS),
        ("video", Kind.MULTIMEDIA),
        ("font", Kind.FONT),
        ("http://schemas.microsoft.com/office/2007/relationships/ui/extensibility", Kind.RIBBON),
        ("http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes", Kind.WEB_EXTENSION),
        (f"{PACKAGE}/digital-signature/origin", Kind.SIGNATURE),
        ("urn:never/heard/of", Kind.UNKNOWN_CONSTRUCT),
    ],
)
@pytest.mark.parametrize("source", ["", "word/document.xml"])
def test_d02_a_part_behind_any_other_relationship_does_not_exist(relationship: str, kind: Kind, source: str) -> None:
    made = docx(paragraph("本文")).part("word/thing.bin", CANARY).rel(source, Rel("rId9", relationship, "/word/thing.bin"))
    rebuilt = rebuild(made.bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert kind in rebuilt.kinds
    assert rebuilt.text("word/document.xml") == "本文"


def test_d02_a_part_that_no_relationship_reaches_does_not_exist() -> None:
    assert not rebuild(docx(paragraph("本文")).part("word/vbaProject.bin", CANARY).bytes(), DOCX).holds(CANARY)


@pytest.mark.parametrize("name", ["attachedTemplate", "image", "oleObject", "frame", "subDocument", "slide", "theme", "video"])
@pytest.mark.parametrize("base", [OFFICE, STRICT])
def test_d03_no_external_relationship_but_a_link_survives(base: str, name: str) -> None:
    body = f'{paragraph("本文")}<w:p><w:r><w:drawing><a:blip r:link="rId9"/></w:drawing></w:r></w:p>'
    made = docx(body, Rel("rId9", f"{base}/{name}", f"http://{CANARY}.example/x", external=True))
    rebuilt = rebuild(made.bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert rebuilt.kinds & {Kind.EXTERNAL_LINK, Kind.REMOTE_TEMPLATE, Kind.EMBEDDED_OBJECT, Kind.EMBEDDED_FILE, Kind.MULTIMEDIA}


def test_d03_a_picture_cannot_borrow_the_relationship_of_a_link() -> None:
    link = '<w:hyperlink r:id="rId9"><w:r><w:t>県</w:t></w:r></w:hyperlink>'
    body = f'<w:p>{link}<w:r><w:drawing><a:blip r:link="rId9"/></w:drawing></w:r></w:p>'
    rebuilt = rebuild(docx(body, Rel("rId9", "hyperlink", "https://example.jp/", external=True)).bytes(), DOCX)
    assert "<a:blip/>" in rebuilt.xml("word/document.xml")


@pytest.mark.parametrize("target", ["https://example.jp/税?q=1#a", "http://example.jp", "mailto:zei@example.jp?subject=a"])
def test_links_to_the_web_and_to_mail_stay(target: str) -> None:
    body = '<w:p><w:hyperlink r:id="rId9"><w:r><w:t>こちら</w:t></w:r></w:hyperlink></w:p>'
    made = docx(body, Rel("rId9", "hyperlink", target, external=True))
    assert target in rebuild(made.bytes(), DOCX).xml("word/_rels/document.xml.rels")
    without = rebuild(made.bytes(), DOCX, Switches(hyperlinks=Setting.REMOVE))
    assert not without.holds(target)
    assert without.text("word/document.xml") == "こちら"


@pytest.mark.parametrize(
    "target",
    [
        "file:///c:/x", r"\\host\share", "//host/share", "../x.docx", "javascript:alert(1)", "ms-msdt:/id", "search-ms:query=x",
        "http:\\\\host\\share", "http://", "https:example", "mailto:\\\\host", "data:text/html,x", " file://x", "http:///x",
        "https://a/" + "x" * 3000,
    ],
)  # fmt: skip
def test_d03_every_other_target_goes_and_the_words_stay(target: str) -> None:
    body = '<w:p><w:hyperlink r:id="rId9"><w:r><w:t>こちら</w:t></w:r></w:hyperlink></w:p>'
    rebuilt = rebuild(docx(body, Rel("rId9", "hyperlink", target, external=True)).bytes(), DOCX)
    assert "word/_rels/document.xml.rels" not in rebuilt.parts
    assert rebuilt.text("word/document.xml") == "こちら"
    assert Kind.HYPERLINK in rebuilt.kinds


@given(st.text(max_size=60))
def test_a_rebuilt_target_is_stable_and_has_no_blank_or_backslash(target: str) -> None:
    once = links.rebuilt(target)
    assert once == "" or (links.rebuilt(once) == once and not set(once) & set(' \\"<>\t\n'))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_d01_a_document_type_declaration_is_refused_in_every_part(doctype: str, part: str, encoding: str) -> None:
    made = docx(paragraph("本文"), Rel("rId2", "styles", "styles.xml")).part("word/styles.xml", element("w:styles", ""))
    made.parts[part] = made.parts[part].decode().replace('<?xml version="1.0"?>', doctype).encode(encoding)
    assert _refusal(made.bytes()).reason is Reason.FORBIDDEN_CONSTRUCT


def test_d01_a_document_type_declaration_is_refused_in_relationships() -> None:
    made = docx(paragraph("本文"))
    del made.rels["word/document.xml"]
    made.part("word/_rels/document.xml.rels", f'<!DOCTYPE x><Relationships xmlns="{PACKAGE}"/>')
    del made.rels["word/_rels/document.xml.rels"]
    assert _refusal(made.bytes()).reason is Reason.FORBIDDEN_CONSTRUCT


def test_utf16_parts_are_read_and_judged_alike() -> None:
    made = docx("")
    body = f'<w:body>{paragraph("表")}<w:altChunk r:id="rId5"/></w:body>'
    made.parts["word/document.xml"] = element("w:document", body).encode("utf-16")
    rebuilt = rebuild(made.bytes(), DOCX)
    assert rebuilt.text("word/document.xml") == "表"
    assert "altChunk" not in rebuilt.xml("word/document.xml")


def test_an_encoding_that_the_part_claims_is_not_believed() -> None:
    made = docx("")
    claimed = element("w:document", f"<w:body>{paragraph('表')}</w:body>").replace("?>", ' encoding="UTF-7"?>', 1)
    made.parts["word/document.xml"] = claimed.encode()
    assert rebuild(made.bytes(), DOCX).text("word/document.xml") == "表"


def test_an_unknown_namespace_leaves_neither_elements_nor_attributes_nor_its_name() -> None:
    rebuilt = rebuild(docx(f'{paragraph("本文")}<w:p evil:x="{CANARY}"><evil:run>{CANARY}</evil:run></w:p>').bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert not rebuilt.holds("urn:evil")
    assert Kind.UNKNOWN_CONSTRUCT in rebuilt.kinds


def test_a_part_whose_root_is_not_what_the_relationship_says_goes() -> None:
    made = docx(paragraph("本文"), Rel("rId2", "styles", "styles.xml")).part("word/styles.xml", element("w:settings", ""))
    assert "word/styles.xml" not in rebuild(made.bytes(), DOCX).parts


def test_targets_are_found_as_windows_finds_them() -> None:
    made = docx(paragraph("本文"), Rel("rId2", "styles", "..\\WORD/./Styles.XML")).part(
        "word/styles.xml", element("w:styles", "")
    )
    assert "word/styles.xml" in rebuild(made.bytes(), DOCX).parts


def test_names_of_parts_that_are_not_plain_are_given_anew() -> None:
    made = docx(paragraph("本文"), Rel("rId2", "styles", "様式.xml")).part("word/様式.xml", element("w:styles", ""))
    assert any(name.startswith("parts/") for name in rebuild(made.bytes(), DOCX).parts)


def test_d10_pictures_are_written_anew_and_vector_ones_give_way() -> None:
    body = "".join(f'<w:p><w:r><w:drawing><a:blip r:embed="rId{n}"/></w:drawing></w:r></w:p>' for n in (8, 9))
    made = docx(body, Rel("rId8", "image", "media/image1.png"), Rel("rId9", "image", "media/image2.emf"))
    made.part("word/media/image1.png", encoded(picture(), "PNG") + CANARY.encode()).part(
        "word/media/image2.emf", b"\1\0\0\0" + CANARY.encode()
    )
    rebuilt = rebuild(made.bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert {Kind.TRAILING_DATA, Kind.VECTOR_IMAGE} <= rebuilt.kinds
    assert sorted(name for name in rebuilt.parts if name.startswith("media/")) == ["media/image1.png", "media/image2.png"]


def test_sd04_the_classification_label_survives_and_nothing_else_does() -> None:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>【機密性2】予算案</dc:title><dc:creator>高崎</dc:creator>'
        "</cp:coreProperties>"
    )
    values = {"区分": "機密性３相当", "部署": "秘書課"}
    properties = "".join(f"<property name='{name}'><v>{value}</v></property>" for name, value in values.items())
    custom = f"<Properties>{properties}</Properties>"
    made = docx(paragraph("本文")).part("docProps/core.xml", core).part("docProps/custom.xml", custom)
    made.rel("", Rel("rId2", f"{PACKAGE}/metadata/core-properties", "docProps/core.xml"))
    made.rel("", Rel("rId3", "custom-properties", "docProps/custom.xml"))
    rebuilt = rebuild(made.bytes(), DOCX)
    assert rebuilt.holds("【機密性2】予算案")
    assert rebuilt.holds("機密性３相当")
    assert not rebuilt.holds("高崎")
    assert not rebuilt.holds("秘書課")
    assert rebuild(made.bytes(), DOCX, Switches(metadata=Setting.KEEP)).holds("高崎")


def test_broken_properties_cost_the_document_nothing_else() -> None:
    made = docx(paragraph("本文")).part("docProps/core.xml", "<cp:coreProperties><dc:title>題</dc:tit")
    rebuilt = rebuild(made.rel("", Rel("rId2", f"{PACKAGE}/metadata/core-properties", "docProps/core.xml")).bytes(), DOCX)
    assert "本文" in rebuilt.text("word/document.xml")
    assert Kind.METADATA in rebuilt.kinds


@pytest.mark.parametrize(
    ("main", "given", "extension"),
    [
        ("w:document", "application/vnd.ms-word.document.macroEnabled.12", "docx"),
        ("w:document", "application/vnd.openxmlformats-officedocument.wordprocessingml.template", "docx"),
    ],
)
def test_variants_become_the_plain_type(main: str, given: str, extension: str) -> None:
    rebuilt = rebuild(docx(paragraph("本文")).bytes(), given)
    assert given in ooxml.MEDIA_TYPES
    assert rebuilt.outcome.media_type == DOCX
    assert rebuilt.outcome.name.endswith(extension)
    assert Kind.CONVERTED in rebuilt.kinds
    assert b"macroEnabled" not in rebuilt.parts["[Content_Types].xml"]


def test_a_package_with_two_main_parts_is_ambiguous() -> None:
    made = docx(paragraph("本文")).part("word/other.xml", element("w:document", ""))
    made.rel("", Rel("rId2", "officeDocument", "word/other.xml"))
    assert _refusal(made.bytes()).reason is Reason.AMBIGUOUS


def test_relationships_that_share_an_identifier_are_all_dropped() -> None:
    rels = (Rel("rId9", "hyperlink", "https://example.jp/", external=True), Rel("rId9", "oleObject", "x.bin"))
    body = '<w:p><w:hyperlink r:id="rId9"><w:r><w:t>こちら</w:t></w:r></w:hyperlink></w:p>'
    assert not rebuild(docx(body, *rels).bytes(), DOCX).holds("example.jp")


def test_a_chart_of_the_newer_kind_stays_although_only_a_prefix_says_that_it_is_needed() -> None:
    chart = "http://schemas.microsoft.com/office/drawing/2014/chartex"
    body = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice xmlns:cx1="http://schemas.microsoft.com/office/drawing/2015/9/8/chartex"'
        f' Requires="cx1"><w:drawing><a:graphic><a:graphicData><cx:chart xmlns:cx="{chart}" r:id="rId7"/></a:graphicData>'
        "</a:graphic></w:drawing></mc:Choice><mc:Fallback><w:t>図は表示できません</w:t></mc:Fallback></mc:AlternateContent>"
        "</w:r></w:p>"
    )
    made = docx(body, Rel("rId7", "http://schemas.microsoft.com/office/2014/relationships/chartEx", "charts/chartEx1.xml"))
    series = f'<cx:chartSpace xmlns:cx="{chart}"><cx:chart><cx:title>内訳</cx:title></cx:chart></cx:chartSpace>'
    rebuilt = rebuild(made.part("word/charts/chartEx1.xml", series).bytes(), DOCX)
    assert "内訳" in rebuilt.xml("word/charts/chartEx1.xml")
    assert 'Requires="cx1"' in rebuilt.xml("word/document.xml")
    assert "2015/9/8/chartex" in rebuilt.xml("word/document.xml")


def test_choices_that_require_what_is_not_allowed_give_way_to_the_fallback() -> None:
    choice = (
        '<mc:AlternateContent><mc:Choice Requires="evil"><w:r><w:t>甲</w:t></w:r></mc:Choice>'
        "<mc:Fallback><w:r><w:t>乙</w:t></w:r></mc:Fallback></mc:AlternateContent>"
    )
    known = choice.replace('"evil"', '"w14"')
    rebuilt = rebuild(docx(f"<w:p>{choice}</w:p><w:p>{known}</w:p>").bytes(), DOCX)
    assert rebuilt.text("word/document.xml") == "乙甲乙"


def test_cycles_of_relationships_end() -> None:
    made = docx(paragraph("本文"), Rel("rId2", "header", "header1.xml")).part(
        "word/header1.xml", element("w:hdr", ""), Rel("rId1", "header", "header1.xml")
    )
    made.parts["word/document.xml"] = element(
        "w:document", '<w:body><w:sectPr><w:headerReference r:id="rId2"/></w:sectPr></w:body>'
    )
    assert "word/header1.xml" in rebuild(made.bytes(), DOCX).parts


def test_deep_nesting_is_refused() -> None:
    assert _refusal(docx("<w:p>" * 400 + "</w:p>" * 400).bytes()).reason is Reason.CORRUPT


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_or_rebuilt_but_never_crashes(data: st.DataObject) -> None:
    whole = bytearray(xlsx('<s:c r="A1"><s:v>1</s:v></s:c>').bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        outcome = ooxml.sanitise(bytes(whole), Part("1", "a.xlsx", ""), XLSX, LocalJob())
    except Refused:
        return
    assert outcome.output is not None
    assert zipfile.ZipFile(io.BytesIO(outcome.output)).testzip() is None


def _with_metafiles(*contents: bytes) -> Made:
    names = [f"media/image{number}.emf" for number in range(len(contents))]
    shown = "".join(f'<w:p><w:r><w:pict><v:imagedata r:id="rId{n}"/></w:pict></w:r></w:p>' for n in range(len(contents)))
    made = docx(shown, *(Rel(f"rId{number}", "image", name) for number, name in enumerate(names)))
    for name, content in zip(names, contents, strict=True):
        made.part(f"word/{name}", content)
    return made


def test_d10_metafiles_of_a_document_are_drawn_in_one_conversion() -> None:
    job = Printer()
    outcome = ooxml.sanitise(_with_metafiles(emf(), wmf(), emf()).bytes(), Part("1", "a.docx", ""), DOCX, job)
    assert outcome.output is not None
    assert verify(outcome.output, DOCX, frozenset()) == []
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        pictures = [name for name in archive.namelist() if name.startswith("media/")]
        assert len(pictures) == 3
        assert not [name for name in pictures if name.endswith(("emf", "wmf"))]
        rels = archive.read("word/_rels/document.xml.rels").decode()
        assert all(name in rels for name in pictures)
        assert archive.read(pictures[0]) != media.PLACEHOLDER.content
    assert job.asked.count(b"<draw:page ") == 3


def test_d10_a_broken_metafile_does_not_cost_the_others_their_place() -> None:
    broken = struct.pack("<2I8i", 1, 88, *[0] * 8) + b" EMF"  # no extent
    outcome = ooxml.sanitise(_with_metafiles(emf(), broken, wmf()).bytes(), Part("1", "a.docx", ""), DOCX, Printer())
    assert outcome.output is not None
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        boxes = [name for name in archive.namelist() if archive.read(name) == media.PLACEHOLDER.content]
    assert len(boxes) == 1


def test_without_a_converter_metafiles_are_grey_boxes() -> None:
    rebuilt = rebuild(_with_metafiles(emf()).bytes(), DOCX)
    assert rebuilt.parts["media/image1.png"] == media.PLACEHOLDER.content

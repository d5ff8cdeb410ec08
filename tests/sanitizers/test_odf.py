"""OpenDocument: what acts is gone wherever it stands, what is read stays (formats.md 1, D1-D4, D10)."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sanitizers import odf
from sanitizers.detect import detect
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Profile, Reason, Refused, Setting, Switchboard, Switches, Verdict
from sanitizers.odf import formula
from sanitizers.registry import sanitise
from sanitizers.verify import verify
from tests.effort import linear
from tests.sanitizers.make_image import encoded, exif, picture
from tests.sanitizers.make_odf import (
    FLAT,
    NAMESPACES,
    ODF,
    ODG,
    ODP,
    ODS,
    ODT,
    OPEN,
    cell,
    content,
    flat,
    frame,
    image,
    link,
    ods,
    odt,
    package,
    paragraph,
    root,
)  # fmt: skip

MARK = "CANARY7f3a"
JPEG = encoded(picture(), "JPEG", exif=exif(text=MARK))
GRAMMARS = {prefix: NAMESPACES[prefix] for prefix in ("of", "msoxl", "evil")}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + MARK.encode() * 9


@dataclass
class Rebuilt:
    outcome: Outcome
    members: dict[str, bytes]

    @property
    def kinds(self) -> set[Kind]:
        return {finding.kind for finding in self.outcome.findings}

    @property
    def xml(self) -> str:
        return self.members["content.xml"].decode()

    def holds(self, mark: str) -> bool:
        return any(mark in name or mark.encode() in member for name, member in self.members.items())


def rebuild(document: bytes, media_type: str = ODT, switches: Switches | None = None) -> Rebuilt:
    """Sanitise, verify with the second opinion, and check that a second run finds nothing to remove."""
    job = LocalJob(Profile(switches=Switchboard(office=switches or Switches())))
    outcome = odf.sanitise(document, Part("1", "様式.odt", ""), media_type, job)
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset()) == []
    again = odf.sanitise(outcome.output, Part("1", outcome.name, ""), FLAT if media_type == FLAT else outcome.media_type, job)
    assert [found for found in again.findings if found.treatment != "kept"] == []
    if media_type == FLAT:
        return Rebuilt(outcome, {"content.xml": outcome.output})
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        return Rebuilt(outcome, {name: archive.read(name) for name in archive.namelist()})


def refusal(document: bytes, media_type: str = ODT) -> Refused:
    with pytest.raises(Refused) as refused:
        odf.sanitise(document, Part("1", "様式.odt", ""), media_type, LocalJob())
    return refused.value


# --- what acts -----------------------------------------------------------------------------------------------------

_LISTENER = (
    '<script:event-listener script:language="ooo:script" script:event-name="dom:load" '
    'xlink:href="vnd.sun.star.script:CANARY7f3a"/>'
)
BODY_THREATS = [
    (f"<office:event-listeners>{_LISTENER}</office:event-listeners>", Kind.ACTION),
    (paragraph(f'<text:script script:language="JavaScript">{MARK}</text:script>'), Kind.SCRIPT),
    (paragraph(f'<text:execute-macro text:name="{MARK}">押す</text:execute-macro>'), Kind.MACRO),
    (paragraph(f'<text:dde-connection text:connection-name="{MARK}">値</text:dde-connection>'), Kind.DDE),
    (f'<text:dde-connection-decls><text:dde-connection-decl office:dde-application="{MARK}"/>'
     f'</text:dde-connection-decls>', Kind.DDE),
    (f'<text:section text:name="s"><text:section-source xlink:href="file://{MARK}/a.odt"/></text:section>', Kind.EXTERNAL_LINK),
    (f'<text:section text:name="s"><office:dde-source office:dde-application="{MARK}"/></text:section>', Kind.DDE),
    (paragraph(f'<text:database-display text:database-name="{MARK}">値</text:database-display>'), Kind.DATA_CONNECTION),
    (paragraph(frame(image(f"http://{MARK}.example/a.png"))), Kind.EXTERNAL_LINK),
    (paragraph(frame(image(f"../{MARK}.png"))), Kind.EXTERNAL_LINK),
    (paragraph(frame(f'<draw:plugin xlink:href="http://{MARK}/a.mp4"/>')), Kind.MULTIMEDIA),
    (paragraph(frame(f'<draw:applet xlink:href="http://{MARK}/" draw:code="{MARK}"/>')), Kind.EMBEDDED_OBJECT),
    (paragraph(frame(f'<draw:floating-frame xlink:href="http://{MARK}/"/>')), Kind.EXTERNAL_LINK),
    (paragraph(frame('<draw:object-ole xlink:href="./Object 1"/>')), Kind.EMBEDDED_OBJECT),
    (paragraph(frame(f'<draw:object xlink:href="file:///{MARK}.ods"/>')), Kind.EMBEDDED_OBJECT),
    (f'<office:forms><form:form xlink:href="http://{MARK}/" form:command="{MARK}"/></office:forms>', Kind.EXTERNAL_LINK),
    (f'<office:forms><form:form><form:button form:button-type="url" form:control-implementation="ooo:{MARK}"/></form:form>'
     "</office:forms>", Kind.FORM),
    (f'<office:forms><form:form><form:properties><form:property form:property-name="URL" office:string-value="{MARK}"/>'
     "</form:properties></form:form></office:forms>", Kind.FORM),
    (f'<office:forms><xforms:model><xforms:submission action="http://{MARK}/"/></xforms:model></office:forms>', Kind.FORM),
    (paragraph(f'<field:fieldmark-start field:type="{MARK}"/>値<field:fieldmark-end/>'), Kind.FIELD),
    (paragraph(f'<evil:thing evil:x="{MARK}">値</evil:thing>'), Kind.UNKNOWN_CONSTRUCT),
    (f"<evil:thing>{MARK}</evil:thing>", Kind.UNKNOWN_CONSTRUCT),
    (paragraph(f'<text:span onclick="{MARK}" xhtml:about="{MARK}">値</text:span>'), Kind.METADATA),
    (f'<table:table xlink:href="file:///{MARK}"/>', Kind.EXTERNAL_LINK),
    *((paragraph(link(scheme + MARK)), Kind.HYPERLINK) for scheme in (
        "file:///", "macro:///", "vnd.sun.star.script:", "javascript:", ".uno:", "slot:", "service:", "../",
        "\\\\host\\", "ms-msdt:",
        " http:/", "private:factory/")),
    (paragraph(f'<draw:a xlink:href="macro:///{MARK}">{frame(image("Pictures/a.jpg"))}</draw:a>'), Kind.HYPERLINK),
]  # fmt: skip


@pytest.mark.parametrize(("threat", "kind"), BODY_THREATS)
def test_d03_what_acts_is_gone_and_named_in_packages_and_flat_files(threat: str, kind: Kind) -> None:
    members = {"Object 1": OLE, "Pictures/a.jpg": JPEG}
    for rebuilt in (rebuild(odt(paragraph("本文") + threat, members=members)), rebuild(flat(paragraph("本文") + threat), FLAT)):
        assert not rebuilt.holds(MARK)
        assert kind in rebuilt.kinds
        assert "本文" in rebuilt.xml
        assert ("値" in threat) == ("値" in rebuilt.xml)


MEMBER_THREATS = [
    ("Basic/Standard/Module1.xml", Kind.MACRO),
    ("Scripts/python/a.py", Kind.MACRO),
    ("Dialogs/a.xml", Kind.MACRO),
    ("Configurations2/accelerator/current.xml", Kind.RIBBON),
    ("META-INF/documentsignatures.xml", Kind.SIGNATURE),
    ("META-INF/macrosignatures.xml", Kind.SIGNATURE),
    ("Thumbnails/thumbnail.png", Kind.METADATA),
    ("manifest.rdf", Kind.METADATA),
    ("Object 1", Kind.EMBEDDED_OBJECT),
    ("ObjectReplacements/Object 1", Kind.EMBEDDED_OBJECT),
    ("Object 1/Basic/a.xml", Kind.MACRO),
    ("Pictures/unused.png", Kind.EMBEDDED_FILE),
    ("Fonts/a.ttf", Kind.FONT),
    ("Versions/Version1", Kind.HIDDEN_CONTENT),
    ("database/script", Kind.DATA_CONNECTION),
    ("setup.exe", Kind.UNKNOWN_CONSTRUCT),
]


@pytest.mark.parametrize(("name", "kind"), MEMBER_THREATS)
def test_d02_a_member_that_no_document_shows_does_not_exist(name: str, kind: Kind) -> None:
    rebuilt = rebuild(odt(paragraph("本文"), members={name: MARK}))
    assert set(rebuilt.members) == {"mimetype", "content.xml", "META-INF/manifest.xml"}
    assert rebuilt.kinds == {kind}


def test_what_programs_write_into_every_document_is_no_finding() -> None:
    rebuilt = rebuild(odt(paragraph("本文"), "<office:scripts/>", {"layout-cache": b"x", "Configurations2/a.xml": b""}))
    assert rebuilt.outcome.verdict is Verdict.CLEAN


def test_macros_of_a_flat_file_go_and_empty_libraries_are_none() -> None:
    library = (
        '<office:script script:language="ooo:Basic"><ooo:libraries>'
        '<ooo:library-embedded ooo:name="Standard">{}</ooo:library-embedded></ooo:libraries></office:script>'
    )
    module = '<ooo:module ooo:name="M"><ooo:source-code>Sub AutoOpen CANARY7f3a</ooo:source-code></ooo:module>'
    guilty, innocent = (
        rebuild(flat(paragraph("本文"), f"<office:scripts>{library.format(inside)}</office:scripts>"), FLAT)
        for inside in (module, "")
    )
    assert not guilty.holds(MARK)
    assert guilty.kinds == {Kind.MACRO}
    assert innocent.kinds == set()


SHEET_THREATS = [
    (f'<table:dde-links><table:dde-link><office:dde-source office:dde-application="{MARK}"/>'
     f'</table:dde-link></table:dde-links>',
     Kind.DDE),
    (f'<table:table table:name="\'file:///{MARK}.ods\'#$A"><table:table-source xlink:href="{MARK}"/>'
     f'</table:table>', Kind.EXTERNAL_LINK),
    (f'<table:named-expressions><table:named-expression table:name="n" table:expression="of:=WEBSERVICE(&quot;{MARK}&quot;)"/>'
     "</table:named-expressions>", Kind.FORMULA),
    (f"<table:named-expressions><table:named-range table:name=\"n\" table:cell-range-address=\"'file:///{MARK}'#$A.$A$1\"/>"
     "</table:named-expressions>", Kind.EXTERNAL_LINK),
    (f'<table:database-ranges><table:database-range table:name="d" table:target-range-address="様式.A1:様式.B2">'
     f'<table:database-source-sql table:sql-statement="{MARK}"/></table:database-range>'
     f'</table:database-ranges>', Kind.DATA_CONNECTION),
    (f'<table:data-pilot-tables><table:data-pilot-table table:name="{MARK}"><table:source-service table:user-name="{MARK}"/>'
     "</table:data-pilot-table></table:data-pilot-tables>", Kind.DATA_CONNECTION),
    (f'<calcext:data-mappings><calcext:data-mapping xlink:href="http://{MARK}/"/></calcext:data-mappings>', Kind.EXTERNAL_LINK),
    (f'<table:content-validations><table:content-validation table:name="v"><table:error-macro table:execute="true"/>'
     f'<office:event-listeners><script:event-listener script:macro-name="{MARK}"/></office:event-listeners>'
     "</table:content-validation></table:content-validations>", Kind.ACTION),
]  # fmt: skip


@pytest.mark.parametrize(("threat", "kind"), SHEET_THREATS)
def test_d02_a_workbook_asks_nobody(threat: str, kind: Kind) -> None:
    rebuilt = rebuild(ods(cell("of:=1+1"), threat), ODS)
    assert not rebuilt.holds(MARK)
    assert kind in rebuilt.kinds
    assert "of:=1+1" in rebuilt.xml


# --- formulas ------------------------------------------------------------------------------------------------------

OUTSIDE = [
    ('of:=WEBSERVICE("http://a/")', Kind.FORMULA),
    ('of:=COM.MICROSOFT.WEBSERVICE("http://a/")', Kind.FORMULA),
    ('of:=ORG.LIBREOFFICE.WEBSERVICE ([.A1])', Kind.FORMULA),
    ('of:=DDE("soffice";"a.ods";"A1")', Kind.DDE),
    ("of:=cmd|'/c calc'!A0", Kind.DDE),
    ("of:=['file:///a.ods'#$Sheet1.A1]", Kind.EXTERNAL_LINK),
    ("=['file:///it''s.ods' #$'x'.A1]", Kind.EXTERNAL_LINK),
    ("of:=INDIRECT(\"'file:///a.ods'#$A.A1\")", Kind.EXTERNAL_LINK),
    ("of:=MYMACRO([.A1])", Kind.FORMULA),
    ("of:=自作関数([.A1])", Kind.FORMULA),
    ('of:=HYPERLINK("file:///a.exe";"開く")', Kind.HYPERLINK),
    ('of:=HYPERLINK([.A1];"開く")', Kind.HYPERLINK),
    ('of:=SUM("', Kind.FORMULA),
    ("msoxl:=cmd|'/c calc'!A0", Kind.DDE),
    ("msoxl:=[1]Sheet1!A1", Kind.EXTERNAL_LINK),
    ("evil:=1", Kind.FORMULA),
    ("unbound:=1", Kind.FORMULA),
    ('of:cell-content-is-in-list("a";WEBSERVICE("b"))', Kind.FORMULA),
    ("of:=value-webservice([.A1])", Kind.FORMULA),
]  # fmt: skip
INSIDE = [
    "of:=SUM([.A1:.B2])*1.1", "of:=VLOOKUP([.A1];['マスタ (2)'.$A$1:.$C$99];3;FALSE())", "of:=[.A1]", "=1+1", "oooc-less",
    'of:=IF([.A1]>0;"要: http://";"否")', "of:={1;2|3;4}", 'of:=HYPERLINK("#様式2";"次へ")', 'of:=HYPERLINK("https://a.jp/"&[.A1];"x")',
    "of:cell-content-is-between(1;10)", 'of:cell-content-is-in-list("男";"女")', "of:is-true-formula([.A1]>0)", "value()>=0",
    "of:=ORG.OPENOFFICE.EASTERSUNDAY(2026)", "of:=LEGACY.NORMSDIST(1)", "of:=MULTIPLE.OPERATIONS([.A1];[.B1];[.C1])",
    "of:=#N/A",
    "formula-is(ISERROR([.A1]))", "between(1,2)", "of:=[.#REF!]", "msoxl:=SUM(A1:B2)", "of:=['it''s #1'.A1]",
    "of:=INDIRECT(\"A\"&[.B1])",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), OUTSIDE)
def test_d02_a_formula_that_reaches_outside_is_named_and_its_value_stays(text: str, kind: Kind) -> None:
    assert formula.objection(text, GRAMMARS, Switches()) is kind
    rebuilt = rebuild(ods(cell(text.replace("&", "&amp;").replace('"', "&quot;"))), ODS)
    assert kind in rebuilt.kinds
    assert "table:formula" not in rebuilt.xml
    assert 'office:value="42"' in rebuilt.xml


@pytest.mark.parametrize("text", INSIDE)
def test_a_formula_that_stays_inside_stays(text: str) -> None:
    assert formula.objection(text, GRAMMARS, Switches()) is None


@given(st.text(max_size=60))
def test_judging_never_raises(text: str) -> None:
    formula.objection(text, GRAMMARS, Switches())


def test_judging_is_linear() -> None:
    for hostile in ("'", '"', "a(", "of:", "{", "HYPERLINK(", "INDIRECT(", "value-is-", "ORG.OPENOFFICE."):
        with linear():
            formula.objection(hostile * 400_000, GRAMMARS, Switches())


def test_a_prefix_means_what_its_namespace_says() -> None:
    sheet = (
        f'<table:table table:name="様式"><table:table-row>{cell("x:=DDE(1)")}{cell("x:=1+1")}</table:table-row></table:table>'
    )
    renamed = rebuild(package(content(sheet, ODS).replace("xmlns:of=", "xmlns:x="), ODS), ODS)
    assert renamed.kinds == {Kind.DDE}
    assert 'table:formula="x:=1+1"' in renamed.xml
    lying = cell("of:=1+1").replace("<table:table-cell", '<table:table-cell xmlns:of="urn:evil"')
    assert rebuild(ods(lying), ODS).kinds == {Kind.FORMULA}


def test_conditional_formats_and_validation_stay_without_the_rule_that_reaches_outside() -> None:
    rule = '<calcext:condition calcext:apply-style-name="赤" calcext:value="{}" calcext:base-cell-address="様式.A1"/>'
    formats = (
        "<calcext:conditional-formats>"
        '<calcext:conditional-format calcext:target-range-address="様式.A1:様式.A9">{}'
        "</calcext:conditional-format></calcext:conditional-formats>"
    )
    sheet = '<table:table table:name="様式"><table:table-row/>{}</table:table>'
    rules = rule.format("&gt;5") + rule.format("formula-is(WEBSERVICE([.A1]))")
    validation = (
        "<table:content-validations>"
        '<table:content-validation table:name="v" table:condition="of:cell-content-is-in-list(&quot;男&quot;)"/>'
        "</table:content-validations>"
    )
    rebuilt = rebuild(package(content(validation + sheet.format(formats.format(rules)), ODS), ODS), ODS)
    assert rebuilt.xml.count("<calcext:condition ") == 1
    assert "cell-content-is-in-list" in rebuilt.xml
    assert rebuilt.kinds == {Kind.FORMULA}


# --- pictures and objects ------------------------------------------------------------------------------------------


def test_d10_pictures_are_written_anew_and_each_only_once() -> None:
    body = paragraph(frame(image("Pictures/a.jpg")) + frame(image("./Pictures/a.jpg")))
    rebuilt = rebuild(odt(body, members={"Pictures/a.jpg": JPEG}))
    assert [name for name in rebuilt.members if name.startswith("Pictures/")] == ["Pictures/1.jpg"]
    assert rebuilt.xml.count('xlink:href="Pictures/1.jpg"') == 2
    assert not rebuilt.holds(MARK)
    assert b'"Pictures/1.jpg"' in rebuilt.members["META-INF/manifest.xml"]


def test_d10_an_inline_picture_is_written_anew_where_it_stands() -> None:
    inline = f"<draw:image><office:binary-data>{base64.b64encode(JPEG).decode()}</office:binary-data></draw:image>"
    rebuilt = rebuild(flat(paragraph(frame(inline))), FLAT)
    binary = re.search("<office:binary-data>([^<]+)<", rebuilt.xml)
    assert binary is not None
    assert base64.b64decode(binary[1]).startswith(b"\xff\xd8\xff")
    assert MARK.encode() not in base64.b64decode(binary[1])


def test_d10_a_vector_picture_gives_way_to_a_raster_one_or_to_a_grey_box() -> None:
    members = {"Pictures/a.svg": f"<svg><script>{MARK}</script></svg>", "Pictures/a.jpg": JPEG}
    both = rebuild(odt(paragraph(frame(image("Pictures/a.svg"), image("Pictures/a.jpg"))), members=members))
    alone = rebuild(odt(paragraph(frame(image("Pictures/a.svg"))), members=members))
    assert both.xml.count("<draw:image") == alone.xml.count("<draw:image") == 1
    assert "Pictures/1.jpg" in both.members
    assert "Pictures/1.png" in alone.members
    assert Kind.VECTOR_IMAGE in both.kinds & alone.kinds


def test_an_ole_object_leaves_its_picture() -> None:
    body = frame('<draw:object-ole xlink:href="./Object 1"/>', image("./ObjectReplacements/Object 1"))
    rebuilt = rebuild(odt(paragraph(body), members={"Object 1": OLE, "ObjectReplacements/Object 1": JPEG}))
    assert rebuilt.xml.count("<draw:image") == 1
    assert "Pictures/1.jpg" in rebuilt.members
    assert not rebuilt.holds(MARK)


def test_an_embedded_document_is_rebuilt_by_the_same_rules() -> None:
    chart = '<chart:chart chart:class="chart:bar" xlink:href=".."><table:table table:name="local-table"/></chart:chart>'
    inner = content(f"{chart}<office:event-listeners>{_LISTENER}</office:event-listeners>", OPEN + "chart")
    members = {"Object 7/content.xml": inner, "Object 7/Basic/a.xml": MARK, "ObjectReplacements/Object 7": b"VCLMTF svm"}
    body = frame('<draw:object xlink:href="./Object 7"/>', image("./ObjectReplacements/Object 7"))
    rebuilt = rebuild(odt(paragraph(body), members=members))
    assert 'xlink:href="./Object 1"' in rebuilt.xml
    assert b"chart:bar" in rebuilt.members["Object 1/content.xml"]
    assert not rebuilt.holds(MARK)
    assert "<draw:image" not in rebuilt.xml  # the object draws itself
    assert (
        b'"Object 1/" manifest:media-type="application/vnd.oasis.opendocument.chart"'
        in rebuilt.members["META-INF/manifest.xml"]
    )


def test_an_embedded_document_that_is_refused_leaves_a_picture() -> None:
    body = frame('<draw:object xlink:href="./Object 1"/>')
    rebuilt = rebuild(odt(paragraph(body), members={"Object 1/content.xml": f"<!DOCTYPE m [<!ENTITY a '{MARK}'>]><m/>"}))
    assert rebuilt.kinds >= {Kind.EMBEDDED_OBJECT}
    assert "Pictures/1.png" in rebuilt.members


# --- what is read --------------------------------------------------------------------------------------------------


def test_links_to_the_web_to_mail_and_to_places_inside_stay() -> None:
    targets = ["https://www.example.jp/a?b=1", "mailto:a@example.jp", "#見出し|outline"]
    body = paragraph("".join(link(target) for target in targets))
    rebuilt = rebuild(odt(body))
    assert all(f'xlink:href="{target}"' in rebuilt.xml for target in targets)
    assert rebuilt.outcome.verdict is Verdict.CLEAN
    off = rebuild(odt(body), switches=Switches(hyperlinks=Setting.REMOVE))
    assert off.xml.count("詳細") == 3
    assert off.xml.count("<text:a ") == 1


def test_fields_notes_ruby_and_form_controls_stay() -> None:
    body = paragraph(
        "<text:ruby><text:ruby-base>漢字</text:ruby-base><text:ruby-text>かんじ</text:ruby-text></text:ruby>"
        '<text:page-number>3</text:page-number><text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>注</text:p></text:note-body></text:note>"
        '<field:fieldmark field:type="vnd.oasis.opendocument.field.FORMCHECKBOX"/>'
    )
    form = (
        '<office:forms><form:form form:name="f">'
        '<form:checkbox form:id="c1" form:label="同意" form:control-implementation="ooo:com.sun.star.form.component.CheckBox"/>'
        "</form:form></office:forms>"
    )
    rebuilt = rebuild(odt(form + body))
    assert rebuilt.outcome.verdict is Verdict.CLEAN
    assert all(
        word in rebuilt.xml for word in ("漢字", "かんじ", "page-number", "注", "FORMCHECKBOX", "同意", "component.CheckBox")
    )


def test_comments_changes_and_hidden_sheets_follow_the_profile() -> None:
    note = f"<office:annotation><dc:creator>a</dc:creator><text:p>{MARK}</text:p></office:annotation>"
    changes = (
        f'<text:tracked-changes><text:changed-region text:id="c"><text:deletion><text:p>{MARK}</text:p>'
        f"</text:deletion></text:changed-region></text:tracked-changes>"
    )
    body = changes + paragraph(f'前{note}<text:change-start text:change-id="c"/>挿入<text:change-end text:change-id="c"/>後')
    assert rebuild(odt(body)).holds(MARK)
    none = rebuild(odt(body), switches=Switches(comments=Setting.REMOVE, tracked_changes=Setting.REMOVE))
    assert not none.holds(MARK)
    assert none.kinds == {Kind.COMMENT, Kind.TRACKED_CHANGE}
    assert "<text:p>前挿入後</text:p>" in none.xml
    style = (
        '<office:automatic-styles><style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    hidden = f'<table:table table:name="{MARK}" table:style-name="ta2"/>'
    assert rebuild(ods("", hidden, style), ODS).kinds == {Kind.HIDDEN_CONTENT}
    assert not rebuild(ods("", hidden, style), ODS, Switches(hidden_sheets=Setting.REMOVE)).holds(MARK)


def test_sd04_the_label_stays_and_other_properties_follow_the_profile() -> None:
    inner = (
        "<office:meta><meta:generator>LibreOffice/24.2$Linux</meta:generator><dc:title>【機密性2】計画</dc:title>"
        f'<dc:creator>{MARK}</dc:creator><meta:user-defined meta:name="区分">機密性2</meta:user-defined>'
        f'<meta:template xlink:href="file:///{MARK}.ott"/><meta:auto-reload xlink:href="http://{MARK}/"/></office:meta>'
    )
    members = {"meta.xml": root("office:document-meta", inner)}
    strict, kept = (
        rebuild(odt(paragraph("本文"), members=members), switches=Switches(metadata=keep))
        for keep in (Setting.REMOVE, Setting.KEEP)
    )
    assert not strict.holds(MARK)
    assert strict.members["meta.xml"].decode().count("機密性2") == 2
    assert kept.members["meta.xml"].decode().count(MARK) == 1


def test_broken_properties_cost_the_document_nothing_else() -> None:
    broken = rebuild(odt(paragraph("本文"), members={"meta.xml": "<office:document-meta><x></office:document-meta>"}))
    assert "本文" in broken.xml
    assert "meta.xml" not in broken.members
    assert Kind.METADATA in broken.kinds


def test_settings_are_known_ones_without_printers_and_paths() -> None:
    item = '<config:config-item config:name="{}" config:type="{}">{}</config:config-item>'
    items = (
        item.format("TabOverflow", "boolean", "true")
        + item.format("PrinterSetup", "base64Binary", MARK)
        + item.format("ViewId", "string", f"file:///{MARK}")
        + item.format("LinkUpdateMode", "short", "1")
    )
    whole = f'<config:config-item-set config:name="ooo:configuration-settings">{items}</config:config-item-set>'
    inner = f"<office:settings>{whole}</office:settings>"
    rebuilt = rebuild(odt(paragraph("本文"), members={"settings.xml": root("office:document-settings", inner)}))
    assert rebuilt.kinds == {Kind.PRINTER_SETTINGS, Kind.METADATA}
    assert "TabOverflow" in rebuilt.members["settings.xml"].decode()
    assert not rebuilt.holds(MARK)
    assert not rebuilt.holds("LinkUpdateMode")


# --- the file as a whole -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "media_type", "extension"), [
    (paragraph("本文"), ODT, "odt"), ('<table:table table:name="表"/>', ODS, "ods"),
    ('<draw:page draw:name="p"/>', ODP, "odp"), ('<draw:page draw:name="p"/>', ODG, "odg"),
])  # fmt: skip
def test_documents_and_templates_come_out_as_documents(body: str, media_type: str, extension: str) -> None:
    for declared in (media_type, f"{media_type}-template"):
        rebuilt = rebuild(package(content(body, media_type), declared), declared)
        assert rebuilt.outcome.media_type == media_type
        assert rebuilt.outcome.name == f"様式.{extension}"
        assert next(iter(rebuilt.members)) == "mimetype"
        assert rebuilt.members["mimetype"] == media_type.encode()


def test_a_formula_document_keeps_its_formula() -> None:
    formula_ = (
        f'<math xmlns="{NAMESPACES["math"]}"><semantics><mi>x</mi><maction actiontype="{MARK}"/>'
        f'<annotation encoding="StarMath 5.0">x</annotation></semantics></math>'
    )
    rebuilt = rebuild(package(formula_, ODF), ODF)
    assert "<mi>x</mi>" in rebuilt.xml
    assert not rebuilt.holds(MARK)


def test_an_identifier_that_stands_twice_identifies_nothing() -> None:
    content_xml = rebuild(odt('<text:p xml:id="a">一</text:p><text:p xml:id="a">二</text:p>')).members["content.xml"]
    assert content_xml.count(b"xml:id") == 1
    assert etree.fromstring(content_xml) is not None  # a parser that collects identifiers is content


def test_a_document_without_mimetype_is_what_its_manifest_says() -> None:
    with zipfile.ZipFile(io.BytesIO(ods(cell("of:=1+41")))) as whole:
        members = {name: whole.read(name) for name in whole.namelist() if name != "mimetype"}
    assert detect(zipped(members), Part("1", "", "")) == ODS
    assert sanitise(zipped(members), Part("1", "表.ods", ""), LocalJob()).output is not None
    members["META-INF/manifest.xml"] = members["META-INF/manifest.xml"].replace(b'full-path="/"', b'full-path="x/"')
    assert detect(zipped(members), Part("1", "", "")) == "application/x-opendocument-package"


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return stream.getvalue()


def test_d01_a_document_type_declaration_is_refused() -> None:
    bomb = '?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    assert refusal(package(content("").replace("?>", bomb, 1))).reason is Reason.FORBIDDEN_CONSTRUCT
    assert refusal(flat("").replace(b"?>", bomb.encode(), 1), FLAT).reason is Reason.FORBIDDEN_CONSTRUCT


def test_an_encrypted_document_wants_a_password() -> None:
    manifest = '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    refused = refusal(odt("", members={"META-INF/manifest.xml": manifest}))
    assert (refused.reason, refused.verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)


@pytest.mark.parametrize(("document", "media_type", "reason"), [
    (package(content("", ODS), ODT), ODT, Reason.TYPE_MISMATCH),
    (package(content("").replace("office:text", "office:database")), ODT, Reason.CORRUPT),
    (package(content("").replace("</office:body>", "<office:spreadsheet/></office:body>")), ODT, Reason.CORRUPT),
    (package("<a/>"), ODT, Reason.CORRUPT),
    (package(content("")[:-9]), ODT, Reason.CORRUPT),
    (package(content("", OPEN + "chart"), ODT), ODT, Reason.TYPE_NOT_ALLOWED),
    (b"<a/>", FLAT, Reason.CORRUPT),
])  # fmt: skip
def test_what_is_not_one_known_document_is_refused(document: bytes, media_type: str, reason: Reason) -> None:
    assert refusal(document, media_type).reason is reason


def test_the_registry_sends_every_kind_here() -> None:
    for document, name in ((odt(paragraph("本文")), "a.odt"), (flat(paragraph("本文")), "a.fodt")):
        outcome = sanitise(document, Part("1", name, "", (name,)), LocalJob())
        assert (outcome.verdict, outcome.name) == (Verdict.CLEAN, name)


# --- the second opinion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threat", [threat for threat, _ in BODY_THREATS[:14] if "evil:" not in threat])
def test_the_verifier_objects_to_what_the_rebuilder_removes(threat: str) -> None:
    honest = rebuild(odt(paragraph("本文"))).members
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, member in honest.items():
            archive.writestr(zipfile.ZipInfo(name), content(threat) if name == "content.xml" else member)
    assert verify(stream.getvalue(), ODT, frozenset()) != []

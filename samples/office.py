"""Word, Excel and PowerPoint files: a plain one of each, and one for every slot that a threat can live in (D1-D4)."""

from __future__ import annotations

from collections.abc import Iterator

from samples.package import RELATION, Package
from samples.picture import jpeg_with_exif
from samples.sample import Sample, canary

_OFFICE = "application/vnd.openxmlformats-officedocument."
_WORD, _SHEET, _SLIDE = f"{_OFFICE}wordprocessingml.", f"{_OFFICE}spreadsheetml.", f"{_OFFICE}presentationml."
_MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships/"
_W = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATION}"'
_X = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATION}"'
_P = (
    f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{RELATION}"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
_DOCUMENT, _BOOK, _SHEET1, _SHOW, _SLIDE1 = (
    "word/document.xml",
    "xl/workbook.xml",
    "xl/worksheets/sheet1.xml",
    "ppt/presentation.xml",
    "ppt/slides/slide1.xml",
)
_HERE = "<!--here-->"  # where a threat is put into the markup
_TEXT = "令和八年度 事業計画書"


def document(text: str = _TEXT) -> Package:
    body = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>{_HERE}<w:sectPr/>"
    settings = f"<w:settings {_W}>{_HERE}</w:settings>"
    package = Package().hang(
        "", "officeDocument", _DOCUMENT, _WORD + "document.main+xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>"
    )
    return package.hang(_DOCUMENT, "settings", "word/settings.xml", _WORD + "settings+xml", settings)


def workbook(text: str = _TEXT) -> Package:
    sheets = f'<sheets><sheet name="調査票" sheetId="1" r:id="rId1"/></sheets>{_HERE}'
    rows = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c><c r="B1"><f>1+1</f><v>2</v></c></row>'
    sheet = f"<worksheet {_X}><sheetData>{rows}</sheetData>{_HERE}</worksheet>"
    package = Package().hang("", "officeDocument", _BOOK, _SHEET + "sheet.main+xml", f"<workbook {_X}>{sheets}</workbook>")
    return package.hang(_BOOK, "worksheet", _SHEET1, _SHEET + "worksheet+xml", sheet)


def presentation(text: str = _TEXT) -> Package:
    slides = '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst><p:notesSz cx="1" cy="1"/>'
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    frame = f'<p:nvSpPr><p:cNvPr id="2" name="題">{_HERE}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
    words = f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody>"
    tree = f"<p:cSld><p:spTree>{group}<p:sp>{frame}{words}</p:sp></p:spTree></p:cSld>"
    package = Package().hang(
        "", "officeDocument", _SHOW, _SLIDE + "presentation.main+xml", f"<p:presentation {_P}>{slides}</p:presentation>"
    )
    return package.hang(_SHOW, "slide", _SLIDE1, _SLIDE + "slide+xml", f"<p:sld {_P}>{tree}</p:sld>")


def field(*codes: str, result: str = "表示") -> str:
    """A complex field whose code is split over as many runs as there are `codes`."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>' for code in codes)
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return f"<w:p>{begin}{runs}{separate}<w:r><w:t>{result}</w:t></w:r>{end}</w:p>"


def macro_document(mark: str) -> Package:
    package = document().retype(_DOCUMENT, "application/vnd.ms-word.document.macroEnabled.main+xml")
    kind = "application/vnd.ms-office.vbaProject"
    return package.hang(_DOCUMENT, _MICROSOFT + "vbaProject", "word/vbaProject.bin", kind, _stream(mark))


def _stream(mark: str) -> bytes:
    """Looks like a compound file, holds the mark."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + f"Sub AutoOpen()\r\n{mark}\r\n".encode() * 8


def _picture(package: Package) -> Package:
    """Shows what relationship rId2 of the document leads to."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/"
    blip = f'<a:blip xmlns:a="{drawing}main" r:embed="rId2"/>'
    shape = f'<p:pic xmlns:p="{drawing}picture"><p:blipFill>{blip}</p:blipFill></p:pic>'
    graphic = f'<a:graphic xmlns:a="{drawing}main"><a:graphicData uri="{drawing}picture">{shape}</a:graphicData></a:graphic>'
    inline = f'<i:inline xmlns:i="{drawing}wordprocessingDrawing"><i:extent cx="9" cy="9"/>{graphic}</i:inline>'
    return package.edit(_DOCUMENT, _HERE, f"<w:p><w:r><w:drawing>{inline}</w:drawing></w:r></w:p>")


def _header(package: Package) -> Package:
    """Shows the header or footer that relationship rId2 of the document leads to."""
    kind = package.links[_DOCUMENT][1].kind.rpartition("/")[2]
    return package.edit(_DOCUMENT, "<w:sectPr/>", f'<w:sectPr><w:{kind}Reference w:type="default" r:id="rId2"/></w:sectPr>')


# slot, relationship type, part, content type: a foreign part that hangs from the main part
_WORD_PARTS = (
    ("vba-data", _MICROSOFT + "wordVbaData", "word/vbaData.xml", "application/vnd.ms-word.vbaData+xml"),
    ("ole-object", "oleObject", "word/embeddings/oleObject1.bin", _OFFICE + "oleObject"),
    ("package", "package", "word/embeddings/sheet.xlsx", _OFFICE + "spreadsheetml.sheet"),
    ("activex", "control", "word/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml"),
    ("alt-chunk", "aFChunk", "word/chunk.htm", "text/html"),
    ("custom-xml", "customXml", "customXml/item1.xml", "application/xml"),
    ("printer-settings", "printerSettings", "word/printerSettings1.bin", _SHEET + "printerSettings"),
    ("glossary", "glossaryDocument", "word/glossary/document.xml", _WORD + "document.glossary+xml"),
    (
        "attached-toolbars",
        _MICROSOFT + "attachedToolbars",
        "word/attachedToolbars.bin",
        "application/vnd.ms-word.attachedToolbars",
    ),
    ("embedded-font", "font", "word/fonts/font1.odttf", _OFFICE + "obfuscatedFont"),
    ("emf", "image", "word/media/image1.emf", "image/x-emf"),
    ("eps", "image", "word/media/image1.eps", "application/postscript"),
    ("svg", "image", "word/media/image1.svg", "image/svg+xml"),
    ("unknown-part", "http://example.jp/unknown", "word/unknown.bin", "application/octet-stream"),
    ("executable-as-picture", "image", "word/media/image1.png", "image/png"),
)
_PACKAGE_PARTS = (  # the same, hanging from the package itself
    ("ribbon", _MICROSOFT + "ui/extensibility", "customUI/customUI.xml", "application/xml"),
    ("task-pane", _MICROSOFT + "webextensiontaskpanes", "word/webextensions/taskpanes.xml", "application/xml"),
    (
        "thumbnail",
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail",
        "docProps/thumb.wmf",
        "image/x-wmf",
    ),
)
# slot, relationship type, scheme and host: a relationship that leads out of the file
_WORD_LINKS = (
    ("attached-template", "attachedTemplate", "https://example.jp/"),
    ("linked-image", "image", "https://example.jp/"),
    ("linked-image-unc", "image", "\\\\example.jp\\share\\"),
    ("sub-document", "subDocument", "file:///c:/"),
    ("linked-object", "oleObject", "mhtml:https://example.jp/!x-usc:"),
    ("frame", "frame", "https://example.jp/"),
    ("hyperlink-file", "hyperlink", "file://example.jp/share/"),
    ("hyperlink-unc", "hyperlink", "\\\\example.jp\\share\\"),
    ("hyperlink-javascript", "hyperlink", "javascript:alert('"),
    ("hyperlink-msdt", "hyperlink", "ms-msdt:/id PCWDiagnostic /param "),
    ("mail-merge", "mailMergeSource", "file:///c:/"),
    ("external-theme", "theme", "https://example.jp/"),
)
# slot, runs of the field's code
_WORD_FIELDS = (
    ("dde", ("DDE cmd {} a1",)),
    ("ddeauto-split", (" DD", "EAU", "TO c:\\\\windows {}")),
    ("ddeauto-reference", (" &#68;DEAUTO c:\\\\windows {}",)),
    ("includetext", ('INCLUDETEXT "https://example.jp/{}"',)),
    ("includepicture", ('INCLUDEPICTURE "file://example.jp/{}" \\d',)),
    ("link", ("LINK Excel.Sheet.8 c:\\\\{}.xls",)),
    ("macrobutton", ("MACROBUTTON {} 押す",)),
    ("hyperlink-field", ('HYPERLINK "file://example.jp/{}"',)),
    ("hyperlink-field-tip", ('HYPERLINK \\o "説明" "\\\\example.jp\\{}"',)),
)
_WORD_MARKUP = (
    ("simple-field", '<w:p><w:fldSimple w:instr="DDEAUTO cmd {}"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'),
    ("unknown-namespace", '<u:run xmlns:u="http://example.jp/u" u:command="{}"/>'),
    ("processing-instruction", "<?run {}?>"),
    ("comment", "<!--{}-->"),
)


def _word_slots() -> Iterator[tuple[str, str, Package]]:
    base = document()
    yield "vba.docm", "D2", macro_document(canary("docx/vba.docm"))
    for slot, kind, name, media_type in _WORD_PARTS:
        package = base.hang(_DOCUMENT, kind, name, media_type, _stream(canary(f"docx/{slot}.docx")))
        yield f"{slot}.docx", "D2", _picture(package) if kind == "image" else package
    for slot, kind, name, media_type in _PACKAGE_PARTS:
        yield f"{slot}.docx", "D2", base.hang("", kind, name, media_type, _stream(canary(f"docx/{slot}.docx")))
    for slot, kind, target in _WORD_LINKS:
        yield f"{slot}.docx", "D3", base.link(_DOCUMENT, kind, target + canary(f"docx/{slot}.docx"), external=True)
    for slot, codes in _WORD_FIELDS:
        mark = canary(f"docx/{slot}.docx")
        yield f"{slot}.docx", "D3", base.edit(_DOCUMENT, _HERE, field(*(code.format(mark) for code in codes)))
    for slot, markup in _WORD_MARKUP:
        yield f"{slot}.docx", "D2", base.edit(_DOCUMENT, _HERE, markup.format(canary(f"docx/{slot}.docx")))
    yield from _word_elsewhere(base)


def _word_elsewhere(base: Package) -> Iterator[tuple[str, str, Package]]:
    """The same threats outside the main part, and those that only hide."""
    header = f"<w:hdr {_W}>{field('DDEAUTO ' + canary('docx/field-in-header.docx'))}</w:hdr>"
    yield (
        "field-in-header.docx",
        "D3",
        _header(base.hang(_DOCUMENT, "header", "word/header1.xml", _WORD + "header+xml", header)),
    )
    empty = _header(base.hang(_DOCUMENT, "header", "word/header1.xml", _WORD + "header+xml", f"<w:hdr {_W}><w:p/></w:hdr>"))
    target = "https://example.jp/" + canary("docx/link-in-header.docx")
    yield "link-in-header.docx", "D3", empty.link("word/header1.xml", "image", target, external=True)
    utf16 = (
        f'<?xml version="1.0" encoding="UTF-16"?><w:ftr {_W}>{field("DDEAUTO " + canary("docx/utf-16-footer.docx"))}</w:ftr>'
    )
    footer = base.hang(_DOCUMENT, "footer", "word/footer1.xml", _WORD + "footer+xml", utf16.encode("utf-16"))
    yield "utf-16-footer.docx", "D3", _header(footer)
    merge = f'<w:mailMerge><w:query w:val="{canary("docx/mail-merge-settings.docx")}"/></w:mailMerge>'
    yield "mail-merge-settings.docx", "D3", base.edit("word/settings.xml", _HERE, merge)
    picture = jpeg_with_exif(canary("docx/exif-in-picture.docx"))
    yield (
        "exif-in-picture.docx",
        "D10",
        _picture(base.hang(_DOCUMENT, "image", "word/media/image1.jpeg", "image/jpeg", picture)),
    )
    orphan = _stream(canary("docx/orphan.docx"))
    yield "orphan.docx", "D20", base.part("word/orphan.bin", "application/octet-stream", orphan)
    core = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    author = f'<c:coreProperties xmlns:c="{core}" xmlns:d="http://purl.org/dc/elements/1.1/"><d:creator>{canary("docx/author.docx")}</d:creator>'
    kind, media_type = (
        core.replace("2006/", "2006/relationships/"),
        "application/vnd.openxmlformats-package.core-properties+xml",
    )
    yield "author.docx", "D16", base.hang("", kind, "docProps/core.xml", media_type, author + "</c:coreProperties>")


_EXCEL_PARTS = (
    ("vba", _MICROSOFT + "vbaProject", "xl/vbaProject.bin", "application/vnd.ms-office.vbaProject"),
    ("macro-sheet", _MICROSOFT + "xlMacrosheet", "xl/macrosheets/sheet1.xml", "application/vnd.ms-excel.macrosheet+xml"),
    ("external-link", "externalLink", "xl/externalLinks/externalLink1.xml", _SHEET + "externalLink+xml"),
    ("connections", "connections", "xl/connections.xml", _SHEET + "connections+xml"),
    ("xml-maps", "xmlMaps", "xl/xmlMaps.xml", "application/xml"),
    ("data-mashup", "customXml", "customXml/item1.xml", "application/xml"),
)
_EXCEL_FORMULAS = (
    ("dde", "cmd|'/c {}'!A0"),
    ("webservice", 'WEBSERVICE("https://example.jp/{}")'),
    ("webservice-prefixed", '_xlfn.WEBSERVICE("https://example.jp/{}")'),
    ("rtd", 'RTD("{}","","1")'),
    ("call", 'CALL("{}","WinExec","JCJ","calc",0)'),
    ("register-id", 'REGISTER.ID("{}","WinExec")'),
    ("hyperlink", 'HYPERLINK("file://example.jp/{}","見る")'),
    ("other-book", "'C:\\[{}.xlsx]Sheet1'!A1"),
)


def _excel_slots() -> Iterator[tuple[str, str, Package]]:
    base = workbook()
    for slot, kind, name, media_type in _EXCEL_PARTS:
        part = f'<x xmlns="http://example.jp/"><a b="{canary(f"xlsx/{slot}.xlsx")}"/></x>'
        yield f"{slot}.xlsx", "D2", base.hang(_BOOK, kind, name, media_type, part)
    for slot, formula in _EXCEL_FORMULAS:
        text = formula.format(canary(f"xlsx/formula-{slot}.xlsx")).replace('"', "&quot;")
        yield f"formula-{slot}.xlsx", "D3", base.edit(_SHEET1, "<f>1+1</f>", f"<f>{text}</f>")
    name = "<definedNames><definedName name=\"_xlnm.Auto_Open\">cmd|'/c {}'!A0</definedName></definedNames>"
    yield "auto-open.xlsx", "D2", base.edit(_BOOK, _HERE, name.format(canary("xlsx/auto-open.xlsx")))
    name = '<definedNames><definedName name="Excel_BuiltIn_Auto_Open">{}!$A$1</definedName></definedNames>'  # by LibreOffice
    yield "auto-open-converted.xlsx", "D2", base.edit(_BOOK, _HERE, name.format(canary("xlsx/auto-open-converted.xlsx")))
    remote = "WEBSERVICE(&quot;https://example.jp/{}&quot;)"
    rule = f"<formula>{remote.format(canary('xlsx/conditional-format.xlsx'))}</formula>"
    rule = f'<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1">{rule}</cfRule></conditionalFormatting>'
    yield "conditional-format.xlsx", "D3", base.edit(_SHEET1, _HERE, rule)
    valid = f"<formula1>{remote.format(canary('xlsx/validation.xlsx'))}</formula1>"
    valid = f'<dataValidations count="1"><dataValidation type="list" sqref="A1">{valid}</dataValidation></dataValidations>'
    yield "validation.xlsx", "D3", base.edit(_SHEET1, _HERE, valid)
    link = base.edit(_SHEET1, _HERE, '<hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>')
    yield (
        "hyperlink-unc.xlsx",
        "D3",
        link.link(_SHEET1, "hyperlink", "\\\\example.jp\\" + canary("xlsx/hyperlink-unc.xlsx"), external=True),
    )
    printer = _stream(canary("xlsx/printer-settings.xlsx"))
    settings = "xl/printerSettings/printerSettings1.bin"
    yield "printer-settings.xlsx", "D16", base.hang(_SHEET1, "printerSettings", settings, _SHEET + "printerSettings", printer)
    control = "xl/ctrlProps/ctrlProp1.xml", "application/vnd.ms-excel.controlproperties+xml"
    main = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    macro = f'<formControlPr xmlns="{main}" fmlaMacro="{canary("xlsx/control.xlsx")}"/>'
    yield "control.xlsx", "D4", base.hang(_SHEET1, "ctrlProp", *control, macro)


_SLIDE_ACTIONS = (
    ("action-macro", '<a:hlinkClick r:id="" action="ppaction://macro?name={}"/>'),
    ("action-program", '<a:hlinkClick r:id="rId1" action="ppaction://program"/>'),
    ("action-hover", '<a:hlinkHover r:id="rId1" action="ppaction://program"/>'),
    ("action-file", '<a:hlinkClick r:id="rId1" action="ppaction://hlinkfile"/>'),
)
_SLIDE_PARTS = (
    ("ole-object", "oleObject", "ppt/embeddings/oleObject1.bin", _OFFICE + "oleObject"),
    ("activex", "control", "ppt/activeX/activeX1.bin", "application/vnd.ms-office.activeX"),
    ("tags", "tags", "ppt/tags/tag1.xml", _SLIDE + "tags+xml"),
    ("video", "video", "ppt/media/media1.mp4", "video/mp4"),
    ("audio", "audio", "ppt/media/media1.wav", "audio/wav"),
)


def _powerpoint_slots() -> Iterator[tuple[str, str, Package]]:
    base = presentation()
    for slot, action in _SLIDE_ACTIONS:
        mark = canary(f"pptx/{slot}.pptx")
        acting = base.edit(_SLIDE1, _HERE, action.format(mark))
        yield f"{slot}.pptx", "D3", acting.link(_SLIDE1, "hyperlink", f"file:///c:/{mark}.exe", external=True)
    for slot, kind, name, media_type in _SLIDE_PARTS:
        yield f"{slot}.pptx", "D4", base.hang(_SLIDE1, kind, name, media_type, _stream(canary(f"pptx/{slot}.pptx")))
    target = "https://example.jp/" + canary("pptx/linked-video.pptx")
    yield "linked-video.pptx", "D3", base.link(_SLIDE1, "video", target, external=True)
    macro = base.retype(_SHOW, "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml")
    vba = "ppt/vbaProject.bin", "application/vnd.ms-office.vbaProject", _stream(canary("pptx/vba.ppsm"))
    yield "vba.ppsm", "D2", macro.hang(_SHOW, _MICROSOFT + "vbaProject", *vba)


_SILENT = (
    "processing-instruction.docx",
    "comment.docx",
    "orphan.docx",
    "glossary.docx",
)  # dropped as noise: nobody need be told


def samples() -> Iterator[Sample]:
    yield Sample("benign/plan.docx", "-", "plain Word document", document().build(), verdict="CLEAN")
    yield Sample("benign/survey.xlsx", "-", "plain Excel workbook", workbook().build(), verdict="CLEAN")
    yield Sample("benign/talk.pptx", "-", "plain PowerPoint presentation", presentation().build(), verdict="CLEAN")
    for kind, slots in (("docx", _word_slots()), ("xlsx", _excel_slots()), ("pptx", _powerpoint_slots())):
        for name, row, package in slots:
            verdict = "" if name in _SILENT else "SANITISED"
            yield Sample(
                f"hostile/{kind}/{name}", row, name.rpartition(".")[0], package.build(), canary(f"{kind}/{name}"), verdict
            )
    mark = canary("docx/doctype.docx")
    entity = f'<!DOCTYPE w:document [<!ENTITY x "{mark}">]><w:document {_W}>'
    bomb = document().edit(_DOCUMENT, f"<w:document {_W}>", entity).edit(_DOCUMENT, _TEXT, "&x;")
    yield Sample("hostile/docx/doctype.docx", "D1", "entity in a DOCTYPE", bomb.build(), mark, "FAILED")

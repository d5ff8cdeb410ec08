"""The second opinion on documents inside documents: shown what the rebuilder never writes, it objects by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sanitizers import zip_strict
from sanitizers.verify import ooxml, verify
from tests.sanitizers.make_ooxml import DOCX, OFFICE, PPTX, XLSX, Made, Rel, cell, docx, element, paragraph, pptx, xlsx
from tests.sanitizers.rebuilt import rebuild
from tests.sanitizers.test_ooxml_embedded import BOOK, HOSTILE, KEEP, MACRO, chart_in_word, in_word, nested, on_sheet, on_slide

Parts = dict[str, bytes]
BODY, RELS, TYPES, INNER = (
    "word/document.xml",
    "word/_rels/document.xml.rels",
    "[Content_Types].xml",
    "embeddings/document1.xlsx",
)
WORD = rebuild(in_word(BOOK).bytes(), DOCX, KEEP).parts
SLIDE = rebuild(on_slide(BOOK, "Excel.Sheet.12", "b.xlsx").bytes(), PPTX, KEEP).parts
SHEET = rebuild(on_sheet(docx(paragraph("a")).bytes(), "Word.Document.12", "b.docx").bytes(), XLSX, KEEP).parts
CHART = rebuild(chart_in_word(BOOK).bytes(), DOCX, KEEP).parts


def objections(parts: Parts, media_type: str = DOCX) -> list[str]:
    return verify(zip_strict.write(parts.items()), media_type, frozenset())


def changed(parts: Parts, name: str, old: str, new: str) -> Parts:
    assert old.encode() in parts[name]
    return parts | {name: parts[name].replace(old.encode(), new.encode())}


def plain(made: Made, media_type: str) -> bytes:
    """A hostile package in the container and with the content types of a delivered one."""
    rebuilt = rebuild(xlsx().bytes() if media_type == XLSX else docx("").bytes(), media_type)
    members = {name: content for name, content in made.parts.items()} | {TYPES: rebuilt.parts[TYPES]}
    for source, rels in ((source, rels) for source, rels in made.rels.items() if rels):
        folder, _, base = source.rpartition("/")
        body = "".join(rel.xml() for rel in rels)
        xml = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'
        members[f"{folder}/_rels/{base}.rels" if folder else "_rels/.rels"] = xml.encode()
    return zip_strict.write(members.items())


@pytest.mark.parametrize(("parts", "media_type"), [(WORD, DOCX), (SLIDE, PPTX), (SHEET, XLSX), (CHART, DOCX)])
def test_what_was_rebuilt_is_accepted(parts: Parts, media_type: str) -> None:
    assert objections(parts, media_type) == []


def test_the_plain_package_of_these_tests_is_accepted() -> None:
    assert objections(WORD | {INNER: plain(xlsx(cell("1+1")), XLSX)}) == []


MACROS = xlsx(cell("1+1")).rel("xl/workbook.xml", MACRO).part("xl/vbaProject.bin", b"m")


@pytest.mark.parametrize("made", [MACROS, HOSTILE["external"], HOSTILE["dde"]])
def test_d01_what_is_hostile_inside_is_objected_to(made: Made) -> None:
    (first, *_) = objections(WORD | {INNER: plain(made, XLSX)})
    assert first.startswith(INNER)


@pytest.mark.parametrize("name", ["template", "altChunk"])
def test_d03_what_is_hostile_in_a_text_inside_is_objected_to(name: str) -> None:
    parts = SHEET | {"embeddings/document1.docx": plain(HOSTILE[name], DOCX)}
    assert any(objection.startswith("embeddings/document1.docx") for objection in objections(parts, XLSX))


def _renamed(parts: Parts) -> Parts:
    moved = {name.replace("document1.xlsx", "document1.bin"): content for name, content in parts.items()}
    for name in (RELS, TYPES):
        moved = changed(moved, name, "document1.xlsx", "document1.bin")
    return moved


@pytest.mark.parametrize(
    "change",
    [
        _renamed,
        lambda p: changed(p, TYPES, f'"/{INNER}" ContentType="{XLSX}"', f'"/{INNER}" ContentType="{DOCX}"'),
        lambda p: changed(p, BODY, 'ProgID="Excel.Sheet.12"', 'ProgID="Word.Document.12"'),
        lambda p: changed(p, BODY, 'ProgID="Excel.Sheet.12"', 'ProgID="Package"'),
        lambda p: changed(p, BODY, 'ProgID="Excel.Sheet.12"', 'ProgID="Excel.SheetMacroEnabled.12"'),
        lambda p: changed(p, BODY, 'ProgID="Excel.Sheet.12"', ""),
        lambda p: changed(p, BODY, 'Type="Embed"', 'Type="Link"'),
        lambda p: changed(p, BODY, 'Type="Embed"', 'Type="Embed" UpdateMode="Always"'),
        lambda p: changed(p, BODY, 'r:id="rId9"', 'r:id="rId8"'),
        lambda p: changed(p, BODY, 'imagedata r:id="rId8"', 'imagedata r:id="rId9"'),
        lambda p: changed(p, BODY, "<o:OLEObject ", "<o:OLEObjekt "),
        lambda p: changed(p, BODY, "w:dxaOrig", "w:onclick"),
        lambda p: changed(p, RELS, f"{OFFICE}/package", f"{OFFICE}/oleObject"),
        lambda p: changed(p, RELS, f"{OFFICE}/package", f"{OFFICE}/image"),
        lambda p: changed(p, "_rels/.rels", "</Rel", Rel("rId9", "package", INNER).xml() + "</Rel"),
        lambda p: changed(p, "_rels/.rels", "</Rel", Rel("rId9", "officeDocument", INNER).xml() + "</Rel"),
        lambda p: changed(p, RELS, "</Rel", Rel("rId7", "package", f"../{INNER}").xml() + "</Rel"),  # no object holds it
        lambda p: changed(p, RELS, "</Rel", Rel("rId7", "aFChunk", f"../{INNER}").xml() + "</Rel"),
        lambda p: p | {INNER: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64},
        lambda p: p | {INNER: b"PK\3\4"},
        lambda p: p | {INNER: BOOK},  # a ZIP as nobody here writes it
        lambda p: p | {f"embeddings/_rels/{INNER[11:]}.rels": p["_rels/.rels"]},
    ],
)
def test_d04_each_contradiction_about_a_package_is_objected_to(change: Callable[[Parts], Parts]) -> None:
    assert objections(change(WORD))


@pytest.mark.parametrize(
    ("parts", "media_type", "name", "old", "new"),
    [
        (SLIDE, PPTX, "ppt/slides/slide1.xml", "<p:embed/>", '<p:link updateAutomatic="1"/>'),
        (SLIDE, PPTX, "ppt/slides/slide1.xml", "<p:embed/>", '<p:embed r:id="rId9"/>'),
        (SHEET, XLSX, "xl/worksheets/sheet1.xml", "<s:oleObject ", '<s:oleObject link="[1]!a" oleUpdate="OLEUPDATE_ALWAYS" '),
        (SHEET, XLSX, "xl/worksheets/sheet1.xml", "<s:oleObject ", '<s:oleObject autoLoad="1" '),
        (CHART, DOCX, "word/charts/c.xml", 'val="0"', 'val="1"'),
        (CHART, DOCX, "word/charts/c.xml", ' val="0"', ""),
        (CHART, DOCX, "word/charts/c.xml", 'c:externalData r:id="rId1"', 'c:externalData r:id="rId2"'),
    ],
)
def test_d04_what_links_or_updates_by_itself_is_objected_to(
    parts: Parts, media_type: str, name: str, old: str, new: str
) -> None:
    assert objections(changed(parts, name, old, new), media_type)


def test_d04_an_object_in_a_part_without_packages_is_objected_to() -> None:
    body = element("w:document", "<w:body><w:p><w:r><w:object/></w:r></w:p></w:body>")
    assert objections(rebuild(docx(paragraph("a")).bytes(), DOCX).parts | {BODY: body.encode()})


def test_f03_packages_nested_too_deep_are_objected_to() -> None:
    parts = WORD
    for _ in range(20):
        inner = zip_strict.write(parts.items())
        parts = rebuild(in_word(docx("").bytes(), "Word.Document.12", "b.docx").bytes(), DOCX, KEEP).parts
        parts |= {"embeddings/document1.docx": inner}
    assert any("too deep" in objection for objection in objections(parts))


def test_f03_all_levels_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = rebuild(nested(3), DOCX, KEEP).parts
    assert objections(parts) == []
    outside = sum(map(len, parts.values()))
    monkeypatch.setattr(ooxml, "_TOTAL", outside + 1000)
    assert any("unpacks to more" in objection for objection in objections(parts))


def test_d04_presentations_are_rebuilt_as_such() -> None:
    assert objections(rebuild(in_word(pptx("").bytes(), "PowerPoint.Show.12", "b.pptx").bytes(), DOCX, KEEP).parts) == []

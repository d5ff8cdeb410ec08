"""keep, remove, block: what a profile says of each construct is what becomes of the file that holds it."""

from __future__ import annotations

import io
from dataclasses import fields, replace

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from samples import office
from sanitizers.job import Findings, LocalJob
from sanitizers.model import (
    CONSTRUCTS,
    FAMILIES,
    Finding,
    Kind,
    Outcome,
    Part,
    Profile,
    Reason,
    Setting,
    Switchboard,
    Switches,
    Treatment,
    Verdict,
)
from sanitizers.registry import sanitise
from tests.sanitizers import make_pdf

LINK = b'<a href="https://www.city.example.jp/">\xe5\xb8\x82</a>'


def run(content: bytes, name: str, family: str, **settings: Setting) -> Outcome:
    switches = replace(getattr(Switchboard(), family), **settings)
    job = LocalJob(Profile(switches=replace(Switchboard(), **{family: switches})))
    return sanitise(content, Part("1", name, "", (name,)), job)


def assert_blocked(outcome: Outcome, kind: Kind) -> None:
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.FORBIDDEN_CONSTRUCT)
    assert outcome.output is None
    assert {finding.kind for finding in outcome.findings if finding.treatment is Treatment.BLOCKED} == {kind}


def changed() -> bytes:
    inserted = '<w:ins w:id="1" w:author="a"><w:r><w:t>b</w:t></w:r></w:ins></w:p>'
    return office.document().edit("word/document.xml", "</w:p>", inserted).build()


def macro() -> bytes:
    kind, relation = "application/vnd.ms-office.vbaProject", "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    return office.document().hang("word/document.xml", relation, "word/vbaProject.bin", kind, b"m").build()


def layered(document: pikepdf.Pdf) -> None:
    group = document.make_indirect(Dictionary(Type=Name.OCG, Name=String("案")))
    document.Root["/OCProperties"] = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))


def unpainted_field(document: pikepdf.Pdf) -> None:
    make_pdf.form_field("Takasaki")(document)
    del document.pages[0].obj["/Annots"][0]["/AP"]
    document.Root["/AcroForm"]["/NeedAppearances"] = True


def linked_pdf() -> bytes:
    act = make_pdf.action("URI", URI=String("https://www.city.example.jp/"))
    return make_pdf.pdf(make_pdf.annotated(make_pdf.annotation("Link", A=act)))


def test_every_switch_of_every_family_is_a_switch_and_has_a_meaning() -> None:
    assert {f.name for f in fields(Switches)} == CONSTRUCTS.keys()
    assert {f.name for f in fields(Switchboard)} == FAMILIES.keys()
    for family in FAMILIES.values():
        assert family.keepable | family.never_kept <= CONSTRUCTS.keys()
        assert not family.keepable & family.never_kept


def test_what_can_never_be_kept_is_not_kept_unless_told_otherwise() -> None:
    for name, family in FAMILIES.items():
        assert not [switch for switch in family.never_kept if getattr(getattr(Switchboard(), name), switch)]


@pytest.mark.parametrize("setting", Setting)
def test_only_keep_is_true(setting: Setting) -> None:
    assert bool(setting) is (setting is Setting.KEEP)


@pytest.mark.parametrize(
    ("content", "name", "family", "switch", "kind"),
    [
        (macro(), "a.docm", "office", "macros", Kind.MACRO),
        (changed(), "a.docx", "office", "tracked_changes", Kind.TRACKED_CHANGE),
        (linked_pdf(), "a.pdf", "pdf", "hyperlinks", Kind.HYPERLINK),
        (LINK, "a.html", "html", "hyperlinks", Kind.HYPERLINK),
        (b"<p>a<script>b</script>", "a.html", "html", "scripts", Kind.SCRIPT),
    ],
)
def test_san02_a_blocked_construct_withholds_the_file_and_says_which(
    content: bytes, name: str, family: str, switch: str, kind: Kind
) -> None:
    assert_blocked(run(content, name, family, **{switch: Setting.BLOCK}), kind)
    removed = run(content, name, family, **{switch: Setting.REMOVE})
    assert removed.output is not None
    assert kind in {finding.kind for finding in removed.findings}


def test_a_file_without_the_construct_is_delivered_under_block() -> None:
    for switch in sorted(FAMILIES["office"].keepable | FAMILIES["office"].never_kept):
        outcome = run(office.document().build(), "a.docx", "office", **{switch: Setting.BLOCK})
        assert outcome.output is not None, switch


def test_a_block_is_not_lost_behind_many_findings() -> None:
    findings = Findings()
    for number in range(Findings.BOUND + 50):
        findings.add(Kind.UNKNOWN_CONSTRUCT, str(number), "", Treatment.REMOVED)
    findings.add(Kind.MACRO, "", "", Treatment.REMOVED)
    assert Finding(Kind.MACRO, "", "", Treatment.REMOVED) in findings.all()


def test_form_fields_that_are_not_kept_leave_their_looks() -> None:
    content = make_pdf.pdf(unpainted_field)
    outcome = run(content, "a.pdf", "pdf", forms=Setting.REMOVE)
    assert outcome.output is not None
    with pikepdf.open(io.BytesIO(outcome.output)) as after:
        assert "/AcroForm" not in after.Root
        (stamp,) = after.pages[0].obj["/Annots"]
        assert stamp["/Subtype"] == "/Stamp"
        assert b"Takasaki" in bytes(stamp["/AP"]["/N"].read_bytes())


def test_layers_that_are_not_kept_are_all_shown() -> None:
    outcome = run(make_pdf.pdf(layered), "a.pdf", "pdf", layers=Setting.REMOVE)
    assert outcome.output is not None
    with pikepdf.open(io.BytesIO(outcome.output)) as after:
        assert "/OCProperties" not in after.Root
    assert_blocked(run(make_pdf.pdf(layered), "a.pdf", "pdf", layers=Setting.BLOCK), Kind.LAYER)

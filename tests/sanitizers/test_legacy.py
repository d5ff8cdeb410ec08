"""Old Office documents: locked ones are told and opened, what is lost is reported, and only the rebuilt one is delivered."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import office
from samples.compound import compound
from sanitizers import legacy
from sanitizers.conversion import SUCCESSORS, Conversion, Source, request, untrusted_request
from sanitizers.job import Findings, LocalJob
from sanitizers.legacy import look
from sanitizers.model import Kind, Limits, Method, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.registry import sanitise
from tests.sanitizers import make_locked

WORD = struct.pack("<5HH", 0xA5EC, 0xC1, 0, 0, 0, 0) + bytes(500)
LOCKED_WORD = struct.pack("<5HH", 0xA5EC, 0xC1, 0, 0, 0, 0x0100) + bytes(500)
WORD_2003 = """<?xml version="1.0"?><?mso-application progid="Word.Document"?>
<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" w:macrosPresent="yes">
<w:docSuppData><w:binData w:name="editdata.mso">AAAA</w:binData></w:docSuppData>
<w:body><w:p><w:r><w:t>会議の記録</w:t></w:r></w:p></w:body></w:wordDocument>""".encode()
EXCEL_2003 = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="予算"><Table><Row><Cell><Data ss:Type="String">庁舎</Data></Cell></Row></Table></Worksheet>
</Workbook>""".encode()


def records(*pairs: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in pairs)


def workbook(*pairs: tuple[int, bytes]) -> bytes:
    return compound({"Workbook": records((0x0809, bytes(16)), *pairs, (0x000A, b""))})


class Converter(LocalJob):
    """Answers CONVERT with `result`, which is as hostile as LibreOffice's could be."""

    result = b""
    asked: tuple[Conversion, bytes] | None = None

    def ask(self, task: Task, content: bytes) -> bytes:
        assert task is Task.CONVERT
        self.asked = untrusted_request(content)
        return self.result


def run(content: bytes, name: str, result: bytes = b"", *passwords: str, method: Method = Method.REBUILD) -> Outcome:
    job = Converter(Profile(passwords=passwords, method=method))
    job.result = result
    return sanitise(content, Part("1", name, "", (name,)), job)


def kinds(content: bytes, source: Source) -> set[Kind]:
    findings = Findings()
    look.report(content, source, Limits(), findings)
    return {finding.kind for finding in findings.all()}


@pytest.mark.parametrize(
    ("content", "name", "result", "expected"),
    [
        (compound({"WordDocument": WORD}), "計画.doc", office.document(), "計画.docx"),
        (workbook(), "予算.xls", office.workbook(), "予算.xlsx"),
        (compound({"PowerPoint Document": bytes(99)}), "説明.pps", office.presentation(), "説明.pptx"),
        (rb"{\rtf1 text}", "計画.rtf", office.document(), "計画.docx"),
        (records((0x0009, bytes(4)), (0x000A, b"")), "予算.xls", office.workbook(), "予算.xlsx"),  # BIFF2: no OLE around it
        (WORD_2003, "計画.doc", office.document(), "計画.docx"),
        (EXCEL_2003, "予算.xml", office.workbook(), "予算.xlsx"),
    ],
)
def test_each_format_becomes_its_successor(content: bytes, name: str, result: object, expected: str) -> None:
    outcome = run(content, name, result.build())  # type: ignore[attr-defined]
    assert (outcome.verdict, outcome.name) == (Verdict.SANITISED, expected)
    assert Kind.CONVERTED in {finding.kind for finding in outcome.findings}


def test_macros_of_an_office_2003_document_are_told() -> None:
    assert kinds(WORD_2003, Source.WORDML) == {Kind.MACRO}
    assert kinds(EXCEL_2003, Source.SHEETML) == set()


def test_d05_what_the_converter_wrote_is_rebuilt_never_delivered_as_it_is() -> None:
    hostile = office.macro_document("canary-in-a-macro")
    outcome = run(compound({"WordDocument": WORD}), "a.doc", hostile.build())
    assert outcome.output is not None
    assert b"vbaProject" not in outcome.output
    assert Kind.MACRO in {finding.kind for finding in outcome.findings}


def test_what_is_no_document_does_not_come_back() -> None:
    assert run(rb"{\rtf1 x}", "a.rtf", b"%PDF-1.4 not what was asked for").output is None


def test_method_text_gives_the_words() -> None:
    outcome = run(compound({"WordDocument": WORD}), "a.doc", office.document("会議の記録").build(), method=Method.TEXT)
    assert outcome.name == "a.txt"
    assert outcome.output is not None
    assert "会議の記録" in outcome.output.decode()


def test_without_a_converter_it_is_withheld_and_nothing_else_suffers() -> None:
    outcome = sanitise(rb"{\rtf1 x}", Part("1", "a.rtf", ""), LocalJob())
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)


@pytest.mark.parametrize(
    "content",
    [
        compound({"WordDocument": LOCKED_WORD}),
        workbook((0x002F, bytes(54))),
        records((0x0409, bytes(6)), (0x002F, bytes(4)), (0x000A, b"")),  # BIFF4: no OLE around it
        compound({"Workbook": records((0x0809, bytes(16)), (0x000A, b"")), "Book": records((0x0809, b""), (0x002F, b""))}),
        compound({"PowerPoint Document": b"x", "Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF)}),
    ],
)
def test_d07_locked_documents_wait_for_a_password_and_reach_no_converter(content: bytes) -> None:
    job = Converter()
    outcome = sanitise(content, Part("1", "a", ""), job)
    assert (outcome.verdict, outcome.reason) == (Verdict.LOCKED, Reason.ENCRYPTED)
    assert job.asked is None
    assert run(content, "a", b"", "guess").reason is Reason.WRONG_PASSWORD


def test_d07_an_encrypted_package_opens_with_its_password_and_is_rebuilt() -> None:
    sealed = make_locked.agile(office.document("協議").build(), "正しい鍵")
    assert run(sealed, "a.docx").reason is Reason.ENCRYPTED
    assert run(sealed, "a.docx", b"", "違う鍵").reason is Reason.WRONG_PASSWORD
    outcome = run(sealed, "a.docx", b"", "違う鍵", "正しい鍵")
    assert (outcome.verdict, outcome.name, outcome.detected) == (Verdict.SANITISED, "a.docx", legacy.PACKAGE)
    assert outcome.output is not None
    assert outcome.output.startswith(b"PK")


@pytest.mark.parametrize("passwords", [(), ("違う鍵",)])
def test_d07_what_office_opens_without_asking_is_opened_and_sanitised(passwords: tuple[str, ...]) -> None:
    outcome = run(make_locked.agile(office.document("協議").build(), "VelvetSweatshop"), "a.docx", b"", *passwords)
    assert (outcome.verdict, outcome.name, outcome.detected) == (Verdict.SANITISED, "a.docx", legacy.PACKAGE)
    assert [finding.detail for finding in outcome.findings] == ["opened with a password built into Office; the copy has none"]


def test_d07_no_password_helps_against_rights_management() -> None:
    managed = compound(
        {"EncryptedPackage": bytes(64), "\x06DataSpaces": {"TransformInfo": {"DRMEncryptedTransform": {"x": b"x"}}}}
    )
    for passwords in ((), ("guess",)):
        outcome = run(managed, "a.docx", b"", *passwords)
        assert (outcome.verdict, outcome.reason) == (Verdict.LOCKED, Reason.UNDECRYPTABLE)


@pytest.mark.parametrize(
    ("content", "source", "kind"),
    [
        (compound({"WordDocument": WORD, "Macros": {"VBA": {"_VBA_PROJECT": b"x"}}}), Source.DOC, Kind.MACRO),
        (compound({"WordDocument": WORD, "ObjectPool": {"_1": {"\x01Ole10Native": b"x"}}}), Source.DOC, Kind.EMBEDDED_OBJECT),
        (compound({"Workbook": b"", "MBD0012ABCD": {"x": b"x"}}), Source.XLS, Kind.EMBEDDED_OBJECT),
        (workbook((0x0085, bytes(5) + b"\1" + bytes(9))), Source.XLS, Kind.XLM_MACRO),
        (workbook((0x00D3, b"")), Source.XLS, Kind.MACRO),
        (compound({"PowerPoint Document": bytes.fromhex("1F00FF0314000000")}), Source.PPT, Kind.MACRO),
        (rb"{\rtf1{\object\objemb{\*\objdata 00}}}", Source.RTF, Kind.EMBEDDED_OBJECT),
        (rb"{\rtf1{\*\template http://example.jp/a.dot}}", Source.RTF, Kind.REMOTE_TEMPLATE),
        (rb"{\rtf1{\field{\*\fldinst DDEAUTO c a b}}}", Source.RTF, Kind.DDE),
    ],
)
def test_what_the_conversion_loses_is_reported(content: bytes, source: Source, kind: Kind) -> None:
    assert kind in kinds(content, source)


def test_a_plain_document_reports_nothing() -> None:
    assert kinds(workbook((0x0085, bytes(15))), Source.XLS) == set()
    assert kinds(compound({"WordDocument": WORD}), Source.DOC) == set()


@given(st.binary(max_size=60))
def test_damaged_workbooks_are_looked_at_without_a_crash(noise: bytes) -> None:
    for content in (compound({"Workbook": noise}), workbook()[:-512] + noise):
        outcome = run(content, "a.xls", office.workbook().build())
        assert outcome.reason is not Reason.CRASHED, outcome.detail


@given(st.sampled_from(sorted(SUCCESSORS)), st.binary(min_size=1))
def test_a_request_arrives_as_it_was_sent(source: Source, content: bytes) -> None:
    target = SUCCESSORS[source]
    assert untrusted_request(request(source, target, content)) == (Conversion(source, target), content)


@pytest.mark.parametrize("asked", [b"", b"doc docx", b"exe pdf\nMZ", b"../x pdf\n", b"DOC DOCX\nx", b"doc pptx\nx", b"\n\n"])
def test_a_request_for_anything_else_is_refused(asked: bytes) -> None:
    with pytest.raises(Refused):
        untrusted_request(asked)


def test_every_source_has_a_target() -> None:
    assert SUCCESSORS.keys() == set(legacy.SOURCES.values())


_LOADS_NOTHING = """
import sys
from sanitizers import tasks
from sanitizers.legacy import locked
content, loaded = sys.stdin.buffer.read(), []
sys.addaudithook(lambda event, args: event in ("open", "import") and loaded.append(args[0]))
print(len(locked._decrypted(content, "p")) > 100, loaded)
"""


def test_decrypting_loads_no_module_and_opens_no_file() -> None:
    sealed = make_locked.agile(office.document("協議").build(), "p")
    done = subprocess.run([sys.executable, "-c", _LOADS_NOTHING], input=sealed, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"True []\n"

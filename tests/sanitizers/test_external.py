"""Formats that no rebuilder reads: the administrator's converter first, then LibreOffice, whose PDF is rebuilt like any."""

from __future__ import annotations

import pytest

from samples import drawing, portable
from samples.compound import compound
from samples.package import zipped
from sanitizers.conversion import Conversion, Source, Target, untrusted_external, untrusted_request
from sanitizers.detect import detect
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Method, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.registry import sanitise

DOCUWORKS = b"\x10DW\0\1\2 no published signature"
VISIO = compound({"VisioDocument": bytes(99)})


class Converters(LocalJob):
    """`external` answers for the administrator's program (None: there is none), `office` for LibreOffice."""

    external: bytes | None = None
    office: bytes | None = None
    asked: Conversion | None = None

    def ask(self, task: Task, content: bytes) -> bytes:
        if task is Task.CONVERT:
            self.asked, _ = untrusted_request(content)
        elif task is Task.EXTERNAL:
            untrusted_external(content)
        else:
            return super().ask(task, content)
        answer = self.external if task is Task.EXTERNAL else self.office
        if answer is None:
            raise Refused(Reason.NO_CONVERTER, "none is set up", Verdict.WITHHELD)
        return answer


def run(
    content: bytes, name: str, office: bytes | None = None, external: bytes | None = None, method: Method = Method.REBUILD
) -> tuple[Outcome, Converters]:
    job = Converters(Profile(method=method))
    job.office, job.external = office, external
    return sanitise(content, Part("1", name, "", (name,)), job), job


@pytest.mark.parametrize(
    ("content", "name", "source"),
    [
        (VISIO, "配線図.vsd", Source.VSD),
        (drawing.visio().build(), "配線図.vsdx", Source.VSDX),
        (compound({"Quill": bytes(99)}), "広報.pub", Source.PUB),
        (compound({"MatOST": bytes(99)}), "手紙.wps", Source.WPS),
        (b"\xffWPC" + bytes(99), "letter.wpd", Source.WPD),
        (b"1\xbe\0\0" + bytes(99), "old.wri", Source.WRI),
        (zipped({"Index/Document.iwa": bytes(9)}), "案内.pages", Source.IWORK),
    ],
)
def test_what_libreoffice_reads_comes_as_pdf(content: bytes, name: str, source: Source) -> None:
    outcome, job = run(content, name, portable.document())
    assert job.asked == Conversion(source, Target.PDF)
    assert (outcome.verdict, outcome.media_type) == (Verdict.SANITISED, "application/pdf")
    assert outcome.name == name.rpartition(".")[0] + ".pdf"
    assert outcome.detected == detect(content, Part("1", name, ""))


def test_d05_libreoffices_pdf_is_rebuilt_and_its_findings_are_nobodys() -> None:
    hostile = portable.document(catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")
    outcome, _ = run(VISIO, "a.vsd", hostile)
    assert outcome.output is not None
    assert b"JavaScript" not in outcome.output
    assert {finding.kind for finding in outcome.findings} == {Kind.CONVERTED}


def test_what_the_drawing_held_is_told() -> None:
    package = drawing.visio().part("visio/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"x")
    outcome, _ = run(package.build(), "a.vsdm", portable.document())
    assert Kind.MACRO in {finding.kind for finding in outcome.findings}


def test_the_administrators_converter_comes_first() -> None:
    outcome, job = run(VISIO, "a.vsd", portable.document(), "案".encode())
    assert (outcome.media_type, job.asked) == ("text/plain", None)


@pytest.mark.parametrize("content", [VISIO, DOCUWORKS, bytes(128) + b"DICM"])
def test_without_any_converter_it_is_withheld(content: bytes) -> None:
    outcome, _ = run(content, "a.xdw")
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)


def test_libreoffice_is_not_asked_for_what_it_does_not_read() -> None:
    outcome, job = run(DOCUWORKS, "a.xdw", portable.document())
    assert (outcome.reason, job.asked) == (Reason.NO_CONVERTER, None)


def test_method_text_gives_the_words() -> None:
    outcome, _ = run(VISIO, "a.vsd", portable.document(text="Plan 2026"), method=Method.TEXT)
    assert outcome.name == "a.txt"
    assert outcome.output is not None
    assert "Plan 2026" in outcome.output.decode()

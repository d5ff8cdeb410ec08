"""EMF and WMF: their own size on the page, all of a document at once, and nothing of their records in the result."""

from __future__ import annotations

import base64
import contextlib
import gzip
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import metafile
from sanitizers.conversion import Conversion, Source, Target, untrusted_request
from sanitizers.job import Findings, LocalJob
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.registry import sanitise
from tests.sanitizers import make_pdf
from tests.sanitizers.make_metafile import emf, wmf

_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


class Printer(LocalJob):
    """Answers CONVERT with a PDF of as many pages as there are drawings."""

    asked: bytes = b""

    def ask(self, task: Task, content: bytes) -> bytes:
        if task is not Task.CONVERT:
            return super().ask(task, content)
        wanted, self.asked = untrusted_request(content)
        assert wanted == Conversion(Source.FODG, Target.PDF)
        return make_pdf.pdf(pages=self.asked.count(b"<draw:page "))


def run(content: bytes, name: str, job: LocalJob | None = None) -> Outcome:
    return sanitise(content, Part("1", name, "", (name,)), job or Printer())


@pytest.mark.parametrize("content", [emf(), wmf(), wmf(placeable=False)])
def test_d11_a_metafile_of_its_own_becomes_a_picture(content: bytes) -> None:
    outcome = run(content, "位置図.emf")
    assert outcome.output is not None, outcome
    assert outcome.media_type in ("image/png", "image/jpeg")
    assert outcome.name.startswith("位置図.")
    assert not outcome.name.endswith(".emf")
    assert Kind.VECTOR_IMAGE in {finding.kind for finding in outcome.findings}


def test_without_a_converter_it_is_withheld() -> None:
    outcome = run(emf(), "a.emf", LocalJob())
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)


def test_all_of_a_document_are_one_conversion_in_their_order() -> None:
    job = Printer()
    drawn = metafile.drawn([emf(), gzip.compress(wmf()), wmf(placeable=False)], job, Findings(), "word/media")
    assert len(drawn) == 3
    pages = ElementTree.fromstring(job.asked).findall(f".//{_DRAW}page")
    held = [base64.b64decode(page.findtext(f".//{_OFFICE}binary-data") or "") for page in pages]
    assert held == [emf(), wmf(), wmf(placeable=False)]


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (emf(), (16000, 8000)),  # twice its own
        (emf((0, 0, 8, 4)), (1000, 500)),  # an icon of a hundredth of a millimetre
        (emf((0, 0, 4_000_000, 2_000_000)), (60_000, 30_000)),
        (emf((9, 9, 9, 9)), (42333, 21167)),  # no frame: its pixels
        (wmf(), (16000, 8000)),
        (wmf(placeable=False), (20000, 10000)),
        (emf((0, 0, 2_000_000, 1)), (60_000, 50)),
    ],
)
def test_it_is_drawn_as_large_as_it_says_within_bounds(content: bytes, size: tuple[int, int]) -> None:
    assert metafile._size(content) == size


def test_a_compressed_bomb_is_refused() -> None:
    job = Printer(Profile(limits=Limits(part_bytes=10_000)))
    with pytest.raises(Refused) as refusal:
        metafile.drawn([gzip.compress(bytes(1 << 20))], job, Findings(), "")
    assert refusal.value.reason is Reason.LIMIT_SIZE


@given(st.binary(max_size=200), st.sampled_from([emf(), wmf(), wmf(placeable=False), b"\x1f\x8b\x08"]))
def test_a_damaged_one_is_drawn_or_refused(noise: bytes, head: bytes) -> None:
    for content in (noise, head[: len(noise)], head[:20] + noise):
        with contextlib.suppress(Refused):
            assert all(50 <= side <= 60_000 for side in metafile._size(metafile._unpacked(content, 1 << 20)))

"""What runs in the locked worker: floors that do their work, and timings that agree with themselves."""

from __future__ import annotations

import io
import zipfile

import pytest
from isal import isal_zlib

from gateway.bench import floor, stopwatch, synthetic
from sanitizers.job import LocalJob
from sanitizers.model import Part, Profile, Task
from sanitizers.protocol import Start

CASES = {case.group: case for case in synthetic.cases(["small"])}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopwatch, "ROUNDS", 2)


@pytest.mark.parametrize("group", sorted(CASES))
def test_a_timing_agrees_with_itself(group: str) -> None:
    case = CASES[group]
    outcome, timing = stopwatch.timing(case.content, Part("", case.name, "", (case.name,)), Profile())
    assert outcome.output is not None
    assert timing.rounds == 2
    assert timing.seconds > 0
    assert timing.floor_seconds is not None
    assert timing.floor_seconds > 0
    assert timing.left == 0, "a second run found what the first one left"
    assert timing.characters_in == timing.characters_out


def test_what_is_refused_is_timed_too_and_has_nothing_left() -> None:
    outcome, timing = stopwatch.timing(b"MZ" + bytes(100), Part("", "a.exe", ""), Profile())
    assert outcome.output is None
    assert (timing.floor_seconds, timing.characters_out, timing.left) == (None, None, 0)


def test_broken_content_has_no_floor() -> None:
    broken = CASES["docx"].content[:-100]
    _, timing = stopwatch.timing(broken, Part("", "a.docx", ""), Profile())
    assert timing.floor_seconds is None


def test_the_floor_of_a_package_unpacks_its_members() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", bytes(range(256)) * 9)
    content = bytearray(buffer.getvalue())
    floor.members(bytes(content))
    content[35] = 0xFF  # the first byte of the deflate stream: a block type that does not exist
    with pytest.raises(isal_zlib.error):
        floor.members(bytes(content))


def test_no_floor_for_what_nobody_can_compare() -> None:
    assert floor.of("message/rfc822") is None
    assert floor.of(DOCX) is floor.members


def test_the_characters_of_a_document_are_those_between_its_tags() -> None:
    assert stopwatch.characters(b"not a zip", DOCX) is None
    assert (stopwatch.characters(CASES["docx"].content, DOCX) or 0) > 1_000
    assert (stopwatch.characters(CASES["pdf"].content, "application/pdf") or 0) > 500


def test_the_answer_survives_the_wall() -> None:
    start = Start(Task.SANITISE, Part("", "a.txt", "", ("a.txt",)), Profile())
    claim = stopwatch.TASKS[Task.SANITISE]("住民票".encode(), start, LocalJob())
    assert stopwatch.TIMING.validate_json(claim.outcome.output or b"").rounds == 2

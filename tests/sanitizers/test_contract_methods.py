"""What every sanitiser owes under the methods that rewrite into another format, and metafiles under all of them.

The contract itself is `test_contract`'s; a converter stands in that answers every order with a plain PDF of as many pages.
"""

from __future__ import annotations

import hashlib
import random

import pytest

from sanitizers.conversion import Target, untrusted_request
from sanitizers.job import LocalJob
from sanitizers.model import Limits, Method, Outcome, Part, Profile, Reason, Task, Treatment, Verdict
from sanitizers.registry import METHODS, sanitise
from sanitizers.verify import verify
from tests.sanitizers import make_pdf
from tests.sanitizers.make_metafile import emf, wmf
from tests.sanitizers.test_contract import BENIGN

FILES = {**BENIGN, "image/emf": ("位置図.emf", emf()), "image/wmf": ("位置図.wmf", wmf())}
CASES = [(method, media_type) for method in METHODS for media_type in sorted(FILES) if method is not Method.REBUILD]
CASES += [(Method.REBUILD, "image/emf"), (Method.REBUILD, "image/wmf")]
WITHOUT_DELIVERY = {
    Reason.NO_CONVERTER,
    Reason.NO_TEXT,
    Reason.BODY_ONLY,
}  # a method may say so, and nothing else, of a good file


class Converter(LocalJob):
    def ask(self, task: Task, content: bytes) -> bytes:
        if task is not Task.CONVERT:
            return super().ask(task, content)
        wanted, document = untrusted_request(content)
        assert wanted.target is Target.PDF
        return make_pdf.pdf(pages=max(1, document.count(b"<draw:page ")))


def run(content: bytes, name: str, method: Method, declared: str = "", limits: Limits | None = None) -> Outcome:
    """Holds the outcome to the promises of its type and method."""
    job = Converter(Profile(method=method, limits=limits or Limits()))
    outcome = sanitise(content, Part("1", name, declared, (name,)), job)
    assert outcome.reason is not Reason.CRASHED, outcome.detail
    if outcome.output is None:
        assert outcome.verdict >= Verdict.WITHHELD
        assert outcome.reason is not None
    else:
        parts = ((child.output, child.media_type) for child in job.children if child.output is not None)
        digests = frozenset(f"{hashlib.sha256(output).hexdigest()} {media_type}" for output, media_type in parts)
        assert verify(outcome.output, outcome.media_type, digests, method) == []
    return outcome


@pytest.mark.parametrize(("method", "media_type"), CASES)
def test_a_benign_file_is_delivered_or_refused_for_the_method_s_own_reason(method: Method, media_type: str) -> None:
    name, content = FILES[media_type]
    outcome = run(content, name, method)
    assert outcome.output is not None or outcome.reason in WITHOUT_DELIVERY, outcome
    assert run(content, name, method, "application/pdf") == outcome  # deterministic, and whatever it was declared as


@pytest.mark.parametrize(("method", "media_type"), CASES)
def test_a_second_run_finds_nothing_that_the_first_should_have(method: Method, media_type: str) -> None:
    first = run(FILES[media_type][1], FILES[media_type][0], method)
    if first.output is None:
        assert first.reason in WITHOUT_DELIVERY
        return
    again = run(first.output, first.name, method, first.media_type)
    left = {finding.kind for finding in again.findings if finding.treatment not in (Treatment.KEPT, Treatment.REPLACED)}
    assert again.output is not None
    assert left == set()


@pytest.mark.parametrize(("method", "media_type"), CASES)
def test_cut_at_every_sixteenth_emptied_or_damaged_it_answers(method: Method, media_type: str) -> None:
    name, content = FILES[media_type]
    assert run(b"", name, method).reason is Reason.EMPTY
    dice = random.Random(f"{method}{media_type}")
    for sixteenth in range(1, 16):
        run(content[: len(content) * sixteenth // 16], name, method)
    for _ in range(4):
        damaged = bytearray(content)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        run(bytes(damaged), name, method)
    run(content[:16] + dice.randbytes(300), name, method)


@pytest.mark.parametrize(("method", "media_type"), [*CASES, *((Method.REBUILD, media_type) for media_type in sorted(BENIGN))])
def test_one_byte_over_the_limit_of_a_part_is_refused_and_the_limit_itself_is_not(method: Method, media_type: str) -> None:
    name, content = FILES[media_type]
    over = run(content, name, method, limits=Limits(part_bytes=len(content) - 1))
    assert (over.output, over.reason) == (None, Reason.LIMIT_SIZE)
    exact = run(content, name, method, limits=Limits(part_bytes=len(content)))
    assert not exact.detail.startswith(f"{len(content)} bytes")  # a member of it may be larger than what it is packed in

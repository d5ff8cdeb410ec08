"""The synthetic set is what it says: the same bytes each time, real sizes, threats inside, every file delivered."""

from __future__ import annotations

import pytest

from gateway.bench import synthetic
from gateway.bench.synthetic import Case
from sanitizers.job import LocalJob
from sanitizers.model import Part, Profile, Treatment, Verdict
from sanitizers.registry import sanitise

SMALL = list(synthetic.cases(["small"]))


def test_the_same_bytes_on_every_run() -> None:
    assert list(synthetic.cases(["small"])) == SMALL


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.group)
def test_every_file_is_delivered_and_what_was_planted_is_found(case: Case) -> None:
    job = LocalJob(Profile())
    outcome = sanitise(case.content, Part("", case.name, "", (case.name,)), job)
    assert outcome.verdict <= Verdict.SANITISED, f"{outcome.reason}: {outcome.detail}"
    treated = [f for each in (outcome, *job.children) for f in each.findings if f.treatment is not Treatment.KEPT]
    assert bool(treated) == (case.group not in ("png", "text")), "only a picture without metadata and a plain text are clean"


def test_an_office_file_has_about_the_size_that_was_wanted() -> None:
    sizes = {case.group: len(case.content) for case in synthetic.cases(["medium"]) if case.group in ("docx", "xlsx")}
    assert all(80_000 < size < 120_000 for size in sizes.values()), sizes


@pytest.mark.parametrize(("kind", "least", "most"), [("text", 4_500, 5_500), ("docx", 90_000, 110_000)])
def test_mails_have_real_sizes_and_no_two_are_alike(kind: str, least: int, most: int) -> None:
    mails = [synthetic.letter(kind, number) for number in range(3)]
    assert all(least < len(mail) < most for mail in mails), [len(mail) for mail in mails]
    bodies = {mail.partition(b"\r\n\r\n")[2] for mail in mails}
    assert len(bodies) == 3
    assert mails == [synthetic.letter(kind, number) for number in range(3)]


def test_mixed_has_three_documents_in_ten_mails() -> None:
    assert sum(b"multipart/mixed" in synthetic.letter("mixed", number) for number in range(10)) == 3

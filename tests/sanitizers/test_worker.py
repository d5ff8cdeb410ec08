"""The worker's half of the protocol, in a process without lock: what it sends, and how it ends."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from dataclasses import replace

import pytest

from sanitizers import worker
from sanitizers.job import Job
from sanitizers.model import Limits, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import HEADER, Claim, Start, untrusted_claim, write_budget, write_outcome, write_start

CLEAN = Outcome(Verdict.CLEAN, "text/plain", b"out", "text/plain", "a.txt")
Treatment = Callable[[bytes, Job], Claim]


def run(treatment: Treatment, replies: bytes = b"", limits: Limits = Limits()) -> tuple[int, bytes]:  # noqa: B008 - frozen
    """Exit status and everything that was written."""
    start = write_start(Start(Task.SANITISE, Part("1", "a.txt", ""), Profile(limits=limits)))
    contents, outs, ins = os.pipe(), os.pipe(), os.pipe()
    os.write(ins[1], start + replies)
    os.write(contents[1], b"content")
    pid = os.fork()
    if pid == 0:
        for target, descriptor in enumerate((contents[0], outs[1], ins[0])):
            os.dup2(descriptor, target)
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])  # with one end left open it would wait for itself
        worker.work({Task.SANITISE: lambda content, start, job: treatment(content, job)})
    for descriptor in (contents[0], contents[1], outs[1], ins[0], ins[1]):
        os.close(descriptor)
    with os.fdopen(outs[0], "rb") as out:
        written = out.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written


def claimed(written: bytes) -> Outcome:
    _, body_bytes, payload_bytes = HEADER.unpack_from(written)
    body = written[HEADER.size : HEADER.size + body_bytes]
    payload = None if payload_bytes < 0 else written[HEADER.size + body_bytes :]
    return untrusted_claim(body, payload, Task.SANITISE).outcome


def test_an_answer_and_a_clean_end() -> None:
    status, written = run(lambda content, job: Claim(CLEAN))
    assert (status, claimed(written)) == (worker.EXIT_DONE, CLEAN)


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (Refused(Reason.ENCRYPTED, "x", Verdict.LOCKED), Verdict.LOCKED, Reason.ENCRYPTED),
        (RecursionError("deep"), Verdict.FAILED, Reason.CRASHED),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), Verdict.FAILED, Reason.CRASHED),
    ],
    ids=repr,
)
def test_an_exception_is_an_answer_without_output(error: Exception, verdict: Verdict, reason: Reason) -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        raise error

    status, written = run(treatment)
    outcome = claimed(written)
    assert (status, outcome.verdict, outcome.reason, outcome.output) == (worker.EXIT_DONE, verdict, reason, None)


def test_text_that_has_no_encoding_is_a_crash_that_is_told() -> None:
    _, written = run(lambda content, job: Claim(replace(CLEAN, name="\udce3.txt")))
    assert claimed(written).reason is Reason.CRASHED


def test_no_memory_is_told_by_the_exit_status() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        raise MemoryError

    assert run(treatment) == (worker.EXIT_NO_MEMORY, b"")


def test_a_result_over_the_limit_is_not_sent() -> None:
    _, written = run(lambda content, job: Claim(CLEAN), limits=Limits(part_bytes=2))
    assert claimed(written).reason is Reason.LIMIT_SIZE


def test_too_much_text_is_not_sent() -> None:
    claim = Claim(CLEAN, objections=("x" * 1000,) * 1100)
    _, written = run(lambda content, job: claim)
    assert claimed(written).reason is Reason.LIMIT_SIZE


def test_a_childs_output_comes_back_to_the_container() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        child = job.child(b"inner", Part("1/1", "b.txt", ""))
        assert child.output == b"rebuilt"
        return Claim(CLEAN)

    inner = Outcome(Verdict.SANITISED, "text/plain", b"rebuilt", "text/plain", "b.txt")
    status, written = run(treatment, write_outcome(inner) + b"rebuilt")
    assert (status, b"inner" in written) == (worker.EXIT_DONE, True)
    assert b'"reason":"crashed"' not in written


def test_an_exhausted_budget_is_raised_in_the_container() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        job.child(b"inner", Part("1/1", "", ""))
        return Claim(CLEAN)

    _, written = run(treatment, write_budget(Refused(Reason.LIMIT_PARTS, "enough")))
    assert b'"reason":"limit_parts"' in written


def test_what_was_asked_for_comes_back_as_bytes() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        assert job.ask(Task.RENDER, b"document") == b"pages"
        return Claim(CLEAN)

    status, written = run(treatment, write_outcome(replace(CLEAN, output=b"pages")) + b"pages")
    assert (status, b"document" in written, b'"reason":"crashed"' in written) == (worker.EXIT_DONE, True, False)


def test_what_could_not_be_done_is_raised_with_its_reason() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        job.ask(Task.RENDER, b"document")
        return Claim(CLEAN)

    failed = Outcome(Verdict.FAILED, "", reason=Reason.LIMIT_TIME, detail="slow")
    _, written = run(treatment, write_outcome(failed))
    assert b'"reason":"limit_time","detail":"slow"' in written


def test_a_child_over_the_limit_is_refused_before_it_is_sent() -> None:
    def treatment(content: bytes, job: Job) -> Claim:
        job.child(b"inner", Part("1/1", "", ""))
        return Claim(CLEAN)

    _, written = run(treatment, limits=Limits(part_bytes=4))
    assert claimed(written).reason is Reason.LIMIT_SIZE

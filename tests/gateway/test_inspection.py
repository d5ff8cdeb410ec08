"""The recursion over the wall, with a scripted sandbox: what the supervisor believes, counts, scans and verifies."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from gateway.inspection import Inspector, ScannerDown
from gateway.model import ScanResult
from gateway.sandbox import Answer
from gateway.scan import ScanFailed
from sanitizers.letter import Attachment, Letter
from sanitizers.model import Limits, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import Start

LETTER = Letter("件名", (), None, (), (), (), "", "", (), (), "本文", ())
OnChild = Callable[..., Awaitable[Outcome]]


class ScriptedSandbox:
    """Answers by content: b"mail:a,b" is a mail with the children a and b, b"seal:a" comes out as its child does,
    b"bad..." fails, anything else is rebuilt."""

    level = 3

    def __init__(self, objections: tuple[str, ...] = ()):
        self.objections, self.jobs = objections, list[tuple[Task, bytes]]()
        self.known = list[tuple[str, ...]]()

    async def run(
        self, start: Start, content: bytes, on_child: OnChild | None = None, *rest: object, wall_seconds: float
    ) -> Answer:
        self.jobs.append((start.task, content))
        if start.task is Task.VERIFY:
            self.known.append(start.digests)
            return self._answer(Outcome(Verdict.CLEAN, ""), objections=self.objections)
        if content.startswith(b"bad"):
            return self._answer(Outcome(Verdict.FAILED, "x/bad", reason=Reason.CORRUPT, detail="bad"))
        kind, _, inside = content.partition(b":")
        if kind not in (b"mail", b"zip", b"seal"):
            return self._answer(Outcome(Verdict.SANITISED, "text/plain", b"safe " + content, "text/plain", "safe.txt"))
        assert on_child is not None
        try:
            for number, child in enumerate(inside.split(b",")):
                inner = await on_child(
                    Part(f"{start.part.path}/{number}".lstrip("/"), f"{number}.txt", ""), child.replace(b";", b",")
                )
        except Refused as refusal:
            return self._answer(Outcome(refusal.verdict, "x/mail", reason=refusal.reason, detail=refusal.detail))
        if kind == b"seal":
            return self._answer(inner)
        if kind == b"zip":
            return self._answer(Outcome(Verdict.CLEAN, "application/zip", b"new zip", "application/zip", "a.zip"))
        attachments = tuple(Attachment(n, f"{n}.txt") for n in range(len(inside.split(b","))))
        return self._answer(Outcome(Verdict.CLEAN, "message/rfc822"), replace(LETTER, attachments=attachments))

    def _answer(self, outcome: Outcome, letter: Letter | None = None, objections: tuple[str, ...] = ()) -> Answer:
        return Answer(outcome, letter, objections, 0.0, 0.0, 0)


class ScriptedScanner:
    def __init__(self, infected: bytes = b"", failure: ScanFailed | None = None, encrypted: bytes = b"\0"):
        self.infected, self.failure, self.encrypted = infected, failure, encrypted
        self.seen: list[bytes] = []

    async def scan(self, content: bytes) -> ScanResult:
        self.seen.append(content)
        if self.failure:
            raise self.failure
        signature = "Eicar" if self.infected and self.infected in content else ""
        return ScanResult("Heuristics.Encrypted.Zip" if self.encrypted in content else signature, "ClamAV", 1, 0.0)


def inspector(sandbox: ScriptedSandbox, scanner: ScriptedScanner | None = None) -> Inspector:
    return Inspector(sandbox, scanner or ScriptedScanner(), wall_seconds=5)  # type: ignore[arg-type]


async def test_a_mail_is_its_letter_and_the_verified_bytes_that_this_side_holds() -> None:
    sandbox, scanner = ScriptedSandbox(), ScriptedScanner()
    result = await inspector(sandbox, scanner).message(b"mail:one,two", Profile())
    assert result.verdict is Verdict.SANITISED
    assert [e.content for e in result.enclosures] == [b"safe one", b"safe two"]
    assert scanner.seen == [b"mail:one,two", b"one", b"two"]  # AV-01: the raw mail and every leaf, before it is parsed
    assert (Task.VERIFY, b"safe one") in sandbox.jobs
    leaf = result.report.parts[0]
    assert leaf.sha256_in == hashlib.sha256(b"one").hexdigest()
    assert leaf.sha256_out == hashlib.sha256(b"safe one").hexdigest()


async def test_san05_only_the_files_that_a_warrant_names_are_kept_as_they_came() -> None:
    wanted = frozenset(hashlib.sha256(content).hexdigest() for content in (b"two", b"bad three", b"inside"))
    result = await inspector(ScriptedSandbox()).message(b"mail:one,two,bad three,zip:inside", Profile(), originals=wanted)
    assert [(o.content, o.instead_of) for o in result.originals] == [(b"two", 1), (b"bad three", None)]
    assert [e.content for e in result.enclosures][:2] == [b"safe one", b"safe two"]
    assert (await inspector(ScriptedSandbox()).message(b"mail:one,two", Profile())).originals == ()


async def test_an_infected_leaf_is_not_parsed_and_speaks_for_the_mail() -> None:
    sandbox = ScriptedSandbox()
    result = await inspector(sandbox, ScriptedScanner(infected=b"virus")).message(b"mail:virus,fine", Profile())
    assert result.verdict is Verdict.INFECTED
    assert (Task.SANITISE, b"virus") not in sandbox.jobs
    assert [e.content for e in result.enclosures] == [b"safe fine"]


async def test_a_failed_member_keeps_its_container_back_whatever_the_container_says() -> None:
    result = await inspector(ScriptedSandbox()).message(b"mail:zip:fine;bad,other", Profile())
    assert result.verdict is Verdict.FAILED
    assert [e.content for e in result.enclosures] == [b"safe other"]


async def test_what_a_signed_file_carries_may_hold_what_was_accepted_inside_it() -> None:
    """An archive or a mail in a .p7m was never delivered: its own members were unknown to the verifier of the .p7m."""
    sandbox = ScriptedSandbox()
    await inspector(sandbox).file(b"seal:seal:zip:fine", "a.zip.p7m", Profile())
    member = f"{hashlib.sha256(b'safe fine').hexdigest()} text/plain"
    assert [member in known for known in sandbox.known] == [False, True, True, True]  # the member itself, then outwards


async def test_an_objection_of_the_verifier_is_failed() -> None:
    result = await inspector(ScriptedSandbox(("a macro is left",))).message(b"mail:one", Profile())
    assert result.verdict is Verdict.FAILED
    assert result.enclosures == ()
    assert result.report.parts[0].reason is Reason.VERIFY_FAILED
    assert "a macro is left" in result.report.parts[0].detail


async def test_a_scanner_that_is_down_is_nobodys_clean() -> None:
    with pytest.raises(ScannerDown):
        await inspector(ScriptedSandbox(), ScriptedScanner(failure=ScanFailed("gone"))).message(b"mail:one", Profile())


async def test_what_the_scanner_can_not_look_at_is_failed_and_not_parsed() -> None:
    sandbox = ScriptedSandbox()
    scanner = ScriptedScanner(failure=ScanFailed("too large", transient=False))
    result = await inspector(sandbox, scanner).message(b"mail:one", Profile())
    assert (result.verdict, result.report.reason) == (Verdict.FAILED, Reason.NOT_SCANNED)
    assert sandbox.jobs == []


async def test_encrypted_says_the_scanner_and_the_sanitiser_judges_it() -> None:
    sandbox = ScriptedSandbox()
    result = await inspector(sandbox, ScriptedScanner(encrypted=b"locked")).message(b"mail:locked", Profile())
    assert (Task.SANITISE, b"locked") in sandbox.jobs
    assert result.verdict is Verdict.SANITISED


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(parts=2), Reason.LIMIT_PARTS),
        (Limits(total_bytes=8), Reason.LIMIT_SIZE),
        (Limits(depth=0), Reason.LIMIT_DEPTH),
    ],
)
async def test_f6_the_budget_of_the_whole_mail_is_counted_outside_and_rejects(limits: Limits, reason: Reason) -> None:
    result = await inspector(ScriptedSandbox()).message(b"mail:one,two,three", Profile(limits=limits))
    assert (result.verdict, result.report.reason) == (Verdict.FAILED, reason)
    assert result.letter is None


async def test_the_budget_counts_through_all_depths() -> None:
    result = await inspector(ScriptedSandbox()).message(b"mail:zip:a;b;c,d", Profile(limits=Limits(parts=4)))
    assert result.verdict is Verdict.FAILED


async def test_a_file_by_itself_is_treated_like_an_attachment() -> None:
    report, outcome = await inspector(ScriptedSandbox()).file(b"zip:fine,bad", "a.zip", Profile())
    assert (report.worst().verdict, outcome.output) == (Verdict.FAILED, None)

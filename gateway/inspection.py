"""The recursion over the wall: each part is scanned, sanitised and verified in locked processes of its own.

The supervisor, not the worker, keeps the budget of the whole mail and writes the report: no part speaks for another,
and what is delivered are the verified bytes that this side holds.  Nothing here parses content.
Raises `ScannerDown` and `SandboxDown` (try the message again later); never because of content.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from gateway.model import Excerpt, Inspection, Leaf, Original, PartReport, ScanResult
from gateway.office import Office
from gateway.sandbox import Sandbox
from gateway.scan import ENCRYPTED, ScanFailed, Scanner
from sanitizers.charset import clean
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.letter import Enclosure, Letter
from sanitizers.model import Limits, Method, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import Garbage, Start, untrusted_disclosed

MESSAGE = "message/rfc822"
ARCHIVE = "application/zip"
_CONTAINERS = (MESSAGE, ARCHIVE)
_WHOLE = Limits(part_bytes=Limits().total_bytes)  # all files of a mail in one
_EXCERPTS = 10  # attachments of one mail whose text is shown below the body


class ScannerDown(Exception):
    """No virus verdict can be had now: the message waits or is held, it is never passed."""


@dataclass
class _Budget:
    """What one mail may cost in all, counted outside the wall."""

    profile: Profile
    until: float  # monotonic, seconds
    parts: int = 0
    bytes: int = 0
    leaves: list[Leaf] | None = None
    wanted: frozenset[str] = frozenset()
    originals: list[tuple[int, Original]] = field(default_factory=list)  # with the number of the child

    def charge(self, size: int, depth: int) -> None:
        limits = self.profile.limits
        self.parts += 1
        self.bytes += size
        if self.parts > limits.parts:
            raise Refused(Reason.LIMIT_PARTS, f"more than {limits.parts} parts")
        if self.bytes > limits.total_bytes:
            raise Refused(Reason.LIMIT_SIZE, f"more than {limits.total_bytes} bytes unpacked")
        if depth > limits.depth:
            raise Refused(Reason.LIMIT_DEPTH, f"more than {limits.depth} containers inside one another")

    @property
    def seconds_left(self) -> float:
        return max(0.01, self.until - time.monotonic())


@dataclass
class _Treated:
    """One part after its treatment: what it answered, and the reports of what it contained."""

    outcome: Outcome
    letter: Letter | None = None
    scan: ScanResult | None = None
    seconds: float = 0.0
    children: list[tuple[PartReport, Outcome]] = field(default_factory=list)


class Inspector:
    """`scanner` is None only for `--no-scan` of `mugai sanitize` and `explain`; the gateway always has one.  Without `office`,
    old documents are withheld.  `note` writes what stands in an archive for a member that is not delivered; it is replaced on
    reload."""

    def __init__(
        self,
        sandbox: Sandbox,
        scanner: Scanner | None,
        *,
        wall_seconds: float,
        office: Office | None = None,
        note: Callable[[PartReport], str] = lambda part: "",
        anchors: tuple[str, ...] = (),
    ):
        self.sandbox, self.scanner, self._wall = sandbox, scanner, wall_seconds
        self.note, self._anchors = note, anchors
        self._office = office or Office(enabled=False)

    async def message(
        self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False, originals: frozenset[str] = frozenset()
    ) -> Inspection:
        """A whole mail (raw bytes or an open descriptor) -> report, letter and verified enclosures.

        `keep_leaves` is for those who read every file of it; `originals` are SHA-256 of files to be kept as they came."""
        part = Part("", "", MESSAGE)
        profile = replace(profile, anchors=self._anchors)
        budget = _Budget(profile, time.monotonic() + self._wall, leaves=[] if keep_leaves else None, wanted=originals)
        treated = await self._treat(content, part, budget, 0, Task.LETTER)
        report = _report(part, content, treated)
        chosen = () if treated.letter is None else _enclosures(treated.letter, treated.children)
        enclosures = tuple(enclosure for _, enclosure in chosen)
        places = {child: place for place, (child, _) in enumerate(chosen)}
        excerpts = await self._excerpts(enclosures, profile) if profile.append_text else ()
        return Inspection(
            report,
            report.worst().verdict,
            treated.letter,
            enclosures,
            self.sandbox.level,
            excerpts=excerpts,
            leaves=tuple(budget.leaves or ()),
            originals=tuple(replace(kept, instead_of=places.get(child)) for child, kept in budget.originals),
        )

    async def file(self, content: bytes | int, name: str, profile: Profile) -> tuple[PartReport, Outcome]:
        """One file by itself, with the same treatment as an attachment."""
        part, profile = Part("", name, "", (name,)), replace(profile, anchors=self._anchors)
        treated = await self._treat(content, part, _Budget(profile, time.monotonic() + self._wall), 0, Task.SANITISE)
        report = _report(part, content, treated)
        outcome = treated.outcome
        if report.worst().verdict > Verdict.WITHHELD and outcome.output is not None:
            # a member failed: the container does not leave
            outcome = replace(outcome, verdict=report.worst().verdict, output=None)
        return report, outcome

    async def _excerpts(self, enclosures: tuple[Enclosure, ...], profile: Profile) -> tuple[Excerpt, ...]:
        """Text of what is delivered, by the same way as a profile of method TEXT; what has none is left out."""
        excerpts = []
        files = [enclosure for enclosure in enclosures if enclosure.media_type not in _CONTAINERS]
        for file in files[:_EXCERPTS]:
            _, outcome = await self.file(file.content, file.name, replace(profile, method=Method.TEXT))
            text = clean((outcome.output or b"").decode("utf-8-sig", "replace"))[0].strip()
            if text:
                limit = profile.append_text if len(text) > profile.append_text else 0
                excerpts.append(Excerpt(file.name, text[: profile.append_text], limit))
        return tuple(excerpts)

    async def verify(
        self, content: bytes, media_type: str, digests: frozenset[str], method: Method = Method.REBUILD
    ) -> tuple[str, ...]:
        """Objections of the second, independent look; empty = accepted."""
        start = Start(Task.VERIFY, Part("", "", media_type), Profile(method=method), tuple(sorted(digests)))
        answer = await self.sandbox.run(start, content, wall_seconds=self._wall)
        if answer.outcome.verdict is Verdict.FAILED:
            return (f"verifier: {answer.outcome.reason} {answer.outcome.detail}",)
        return answer.objections

    async def packed(self, stored: bytes, name: str, names: tuple[str, ...], digests: frozenset[str], password: str) -> bytes:
        """Accepted files (a stored ZIP of ours, numbered) as one that only `password` opens; another worker opened it again.

        Raises Refused."""
        part, profile = Part("", name, ARCHIVE, names), Profile(limits=_WHOLE, passwords=(password,))
        outcome = (await self.sandbox.run(Start(Task.PACK, part, profile), stored, wall_seconds=self._wall)).outcome
        if outcome.output is None:
            raise Refused(outcome.reason or Reason.CRASHED, outcome.detail)
        start = Start(Task.VERIFY, part, profile, tuple(sorted(digests)))
        answer = await self.sandbox.run(start, outcome.output, wall_seconds=self._wall)
        if answer.outcome.verdict is Verdict.FAILED or answer.objections:
            raise Refused(Reason.VERIFY_FAILED, "; ".join((answer.outcome.detail, *answer.objections))[:300])
        return outcome.output

    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        """What a rebuilt file says of people, and its class; raises Refused when that could not be found out."""
        start = Start(Task.DISCLOSE, Part(leaf.path, "", leaf.media_type), Profile(), search=search)
        outcome = (await self.sandbox.run(start, leaf.content, wall_seconds=self._wall)).outcome
        if outcome.output is None:
            raise Refused(outcome.reason or Reason.CRASHED, outcome.detail)
        try:
            return untrusted_disclosed(outcome.output, search)
        except Garbage as garbage:
            raise Refused(garbage.reason, str(garbage)) from garbage

    async def page(self, document: bytes, number: int, profile: Profile) -> Outcome:
        """One page of a PDF that was rebuilt and verified, as a verified picture, for a reviewer; never delivered."""
        part, budget = Part(str(number), "", "application/pdf"), _Budget(profile, time.monotonic() + self._wall)

        async def on_ask(asked: Task, content: bytes) -> Outcome:
            return await self._ask(asked, content, part, budget)

        start = Start(Task.PAGE, part, profile)
        outcome = (await self.sandbox.run(start, document, None, on_ask, wall_seconds=self._wall)).outcome
        if outcome.output is not None and (await self.verify(outcome.output, outcome.media_type, frozenset())):
            return Outcome(Verdict.FAILED, outcome.detected, reason=Reason.VERIFY_FAILED)
        return outcome

    async def scan(self, content: bytes | int) -> ScanResult | None:
        """Raises ScannerDown, or Refused(NOT_SCANNED) when this content can not be scanned at all."""
        if self.scanner is None:
            return None
        try:
            return await self.scanner.scan(content)
        except ScanFailed as failure:
            if failure.transient:
                raise ScannerDown(str(failure)) from failure
            raise Refused(Reason.NOT_SCANNED, str(failure)) from failure

    async def _treat(self, content: bytes | int, part: Part, budget: _Budget, depth: int, task: Task) -> _Treated:
        started = time.monotonic()
        treated = _Treated(Outcome(Verdict.FAILED, "", reason=Reason.CRASHED))
        try:
            treated.scan = await self.scan(content)
        except Refused as refusal:
            treated.outcome = _refused(refusal)
        if treated.scan is not None and treated.scan.signature and not treated.scan.signature.startswith(ENCRYPTED):
            treated.outcome = Outcome(Verdict.INFECTED, "", reason=Reason.INFECTED, detail=treated.scan.signature)
            # an infected leaf is not even parsed; an infected mail is, so that the report can name the part
            parse = task is Task.LETTER
        else:
            parse = treated.outcome.reason is not Reason.NOT_SCANNED
        if parse:
            await self._sanitise(content, part, budget, depth, task, treated)
        treated.seconds = time.monotonic() - started
        return treated

    async def _sanitise(
        self, content: bytes | int, part: Part, budget: _Budget, depth: int, task: Task, treated: _Treated
    ) -> None:
        async def on_child(child: Part, child_content: bytes) -> Outcome:
            budget.charge(len(child_content), depth + 1)
            inner = await self._treat(child_content, child, budget, depth + 1, Task.SANITISE)
            report = _report(child, child_content, inner)
            if depth == 0 and report.sha256_in in budget.wanted:
                budget.originals.append((len(treated.children), Original(child.name, report.sha256_in, child_content)))
            treated.children.append((report, inner.outcome))
            if budget.leaves is not None and inner.outcome.output is not None and report.media_type_out != ARCHIVE:
                budget.leaves.append(Leaf(child.path, report.media_type_out, inner.outcome.output))
            return replace(inner.outcome, note=self.note(report)) if report.verdict is Verdict.WITHHELD else inner.outcome

        async def on_ask(asked: Task, asked_content: bytes) -> Outcome:
            budget.charge(len(asked_content), depth)
            return await self._ask(asked, asked_content, part, budget)

        start = Start(task, part, budget.profile)
        answer = await self.sandbox.run(start, content, on_child, on_ask, wall_seconds=budget.seconds_left)
        infected = treated.outcome if treated.outcome.verdict is Verdict.INFECTED else None
        treated.outcome, treated.letter = answer.outcome, answer.letter
        if infected is not None:
            treated.outcome = replace(infected, detected=answer.outcome.detected, findings=answer.outcome.findings)
        elif answer.outcome.output is not None:
            known = _inside((report for report, _ in treated.children), _sha256(answer.outcome.output))
            digests = frozenset(f"{report.sha256_out} {report.media_type_out}" for report in known)
            objections = await self.verify(answer.outcome.output, answer.outcome.media_type, digests, budget.profile.method)
            if objections:
                detail = "; ".join(objections)[:300]
                treated.outcome = replace(
                    answer.outcome,
                    verdict=Verdict.FAILED,
                    output=None,
                    reason=Reason.VERIFY_FAILED,
                    detail=detail,
                    media_type="",
                    name="",
                )

    async def _ask(self, task: Task, content: bytes, part: Part, budget: _Budget) -> Outcome:
        """What the worker of `part` asked for: neither scanned nor verified, as it is never delivered, only worked on."""
        if task is Task.CONVERT:
            return await self._office.convert(content, budget.profile.limits.part_bytes, budget.seconds_left)
        if task is Task.EXTERNAL:
            return await self._office.external(content, budget.profile.limits.part_bytes, budget.seconds_left)
        start = Start(task, part, replace(budget.profile, passwords=()))
        return (await self.sandbox.run(start, content, wall_seconds=budget.seconds_left)).outcome


def _refused(refusal: Refused) -> Outcome:
    return Outcome(refusal.verdict, "", reason=refusal.reason, detail=refusal.detail)


def _sha256(content: bytes | int) -> str:
    if isinstance(content, int):
        with os.fdopen(os.dup(content), "rb") as file:
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(content).hexdigest()


def _inside(members: Iterable[PartReport], output: str) -> Iterator[PartReport]:
    """What `output` may hold: the members, and where one of them is all of it (a signed file's content), that one's own."""
    for member in members:
        if member.sha256_out:
            yield member
            if member.sha256_out == output:
                yield from _inside(member.parts, output)


def _report(part: Part, content: bytes | int, treated: _Treated) -> PartReport:
    outcome = treated.outcome
    output = outcome.output
    return PartReport(
        path=part.path,
        name=part.name,
        declared=part.declared,
        detected=outcome.detected,
        verdict=outcome.verdict,
        findings=outcome.findings,
        reason=outcome.reason,
        detail=outcome.detail,
        size_in=os.fstat(content).st_size if isinstance(content, int) else len(content),
        size_out=0 if output is None else len(output),
        sha256_in=_sha256(content),
        sha256_out="" if output is None else _sha256(output),
        name_out=outcome.name,
        media_type_out=outcome.media_type,
        seconds=treated.seconds,
        scan=treated.scan,
        parts=tuple(report for report, _ in treated.children),
        signatures=outcome.signatures,
    )


def _enclosures(letter: Letter, children: list[tuple[PartReport, Outcome]]) -> tuple[tuple[int, Enclosure], ...]:
    """The verified bytes behind the letter's attachment numbers.  What has none (withheld) is in the notice instead.

    A container whose member failed or is infected does not travel, whatever the container's own worker said of it."""
    chosen = []
    for attachment in letter.attachments:
        if attachment.child >= len(children):
            raise IndexError(f"the worker names attachment {attachment.child} of {len(children)}")
        report, outcome = children[attachment.child]
        if outcome.output is not None and report.worst().verdict <= Verdict.WITHHELD:
            chosen.append((attachment.child, Enclosure(attachment.name, outcome.media_type, outcome.output)))
    return tuple(chosen)

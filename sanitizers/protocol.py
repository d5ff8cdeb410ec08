"""What is said over the wall: frames of `type, JSON, payload` between the supervisor and one worker.

Supervisor to worker: START, then OUTCOME or BUDGET for each CHILD and ASK.  Worker to supervisor: any number of CHILD and
ASK, then one ANSWER.  Whatever a worker wrote is `untrusted_` until a function of that name here has looked at it: strict
types, no unknown keys, bounded lengths, no control characters where people or other programs read.  Raises `Garbage`.
Not here: reading and writing descriptors (`worker.py`, `gateway/pipe.py`) and believing (`gateway/sandbox.py`, only
after a clean exit).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from struct import Struct
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sanitizers.disclosure.model import DISCLOSED, Disclosed, Search
from sanitizers.identity import AUTHENTICATION, DOMAIN, QUESTION, Authentication, Question, Session
from sanitizers.letter import LONGEST_TRACE, MOST_TRACES, REPORT_TYPE, TRACES, Letter
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Task, Verdict

HEADER = Struct("<BIq")  # type, bytes of JSON, bytes of payload; payload -1: there is none, which is not an empty one
JSON_BYTES = 1 << 20  # all headers of a mail fit, Limits.header_bytes; contents, outputs and bodies are payload
NO_PAYLOAD = -1

_TEXT = 1_000  # characters: a finding's detail has 300, a file name at most 255 bytes
_HEADER_TEXT = 256 << 10  # characters of one header value: Limits.header_bytes
_MANY = 10_000  # items of one tuple: Limits.zip_entries

# RFC 6838 4.2
_MEDIA_TYPE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]{0,126}", re.ASCII)
_PATH = re.compile(r"[0-9]{0,6}(/[0-9]{1,6}){0,20}", re.ASCII)
# C0, DEL, C1, line and paragraph separators, lone surrogates: what could forge a line of a log, a header or a list
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_EVIDENCE, _UNMASKED = 40, re.compile(r"\w{3}")  # a masked value shows its first two characters at most
_CONTROL_IN_BODY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # LF and TAB may stay


# Between the supervisor and the zygote, fixed size, no content.
REQUEST = Struct("<Q8s")  # job number, name of the confinement; with descriptors 0, 1 and 2 of the worker
REPORT = Struct("<BQiQd")  # type, job (HELLO: 1 = level 4), wait status (HELLO: landlock ABI), peak KiB, CPU seconds


class Garbage(Exception):
    """A worker said what no honest worker says.  `reason` is CRASHED, or the limit it went over."""

    def __init__(self, detail: str, reason: Reason = Reason.CRASHED):
        super().__init__(detail)
        self.reason = reason


class ReportType(IntEnum):
    HELLO = 1
    STARTED = 2  # with the worker's pidfd
    ENDED = 3


class FrameType(IntEnum):
    START = 1
    CHILD = 2
    ANSWER = 3
    OUTCOME = 4
    BUDGET = 5
    ASK = 6


@dataclass(frozen=True, slots=True)
class Start:
    """One job.  For VERIFY `part.declared` is the media type to hold the content to, `digests` the known members."""

    task: Task
    part: Part
    profile: Profile
    digests: tuple[str, ...] = ()  # SHA-256 (lower-case hex), a blank, media type
    session: Session | None = None  # for IDENTIFY
    search: Search | None = None  # for DISCLOSE


@dataclass(frozen=True, slots=True)
class Child:
    """A contained part; its content is the frame's payload."""

    part: Part
    want_output: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A task for a worker of another confinement; its content is the frame's payload."""

    task: Task


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker answers.  The payload is the output's bytes, for LETTER the body in UTF-8."""

    outcome: Outcome
    letter: Letter | None = None
    objections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """The supervisor refuses a child: the whole mail has no budget left."""

    reason: Reason
    detail: str
    verdict: Verdict


# What the worker of a task may have done for it; every other task is the supervisor's to start.  Only who judges the sender
# may ask the DNS: through anybody else a name would carry content out.
ASKABLE = {
    Task.SANITISE: frozenset({Task.RENDER, Task.DRAW, Task.DECODE, Task.EXTERNAL, Task.CONVERT}),
    Task.IDENTIFY: frozenset({Task.RESOLVE}),
    Task.PAGE: frozenset({Task.RENDER}),
}
_WITH_OUTPUT = frozenset(
    {Task.LETTER, Task.DISCLOSE, Task.PACK, *ASKABLE, *(asked for tasks in ASKABLE.values() for asked in tasks)}
)

T = TypeVar("T")
START: TypeAdapter[Start] = TypeAdapter(Start)
CHILD: TypeAdapter[Child] = TypeAdapter(Child)
ASK: TypeAdapter[Ask] = TypeAdapter(Ask)
CLAIM: TypeAdapter[Claim] = TypeAdapter(Claim)
OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
BUDGET: TypeAdapter[Budget] = TypeAdapter(Budget)


def frame(kind: FrameType, body: bytes, payload: bytes | None = None) -> bytes:
    """All of a frame but its payload, which the caller writes after it without copying it here."""
    return HEADER.pack(kind, len(body), NO_PAYLOAD if payload is None else len(payload)) + body


def write_start(start: Start) -> bytes:
    return frame(FrameType.START, START.dump_json(start))


def write_child(part: Part, content: bytes, want_output: bool) -> bytes:
    # `names` are never cut: the extension at their end decides
    names = tuple(_without_surrogates(name) for name in part.names)
    cleaned = replace(part, name=printable(part.name), declared=printable(part.declared), names=names)
    return frame(FrameType.CHILD, CHILD.dump_json(Child(cleaned, want_output)), content)


def write_ask(task: Task, content: bytes) -> bytes:
    return frame(FrameType.ASK, ASK.dump_json(Ask(task)), content)


def write_claim(claim: Claim) -> tuple[bytes, bytes | None]:
    """The frame without its payload, and the payload.

    The worker's own free texts are made printable, so that a careless detail does not cost the whole part."""
    payload = claim.outcome.output
    letter = claim.letter
    if letter is not None:
        payload, letter = letter.body.encode(), replace(letter, body="")
    outcome = replace(
        claim.outcome,
        output=None,
        findings=tuple(replace(f, where=printable(f.where), detail=printable(f.detail)) for f in claim.outcome.findings),
        detail=printable(claim.outcome.detail),
    )
    cleaned = Claim(outcome, letter, tuple(map(printable, claim.objections)))
    return frame(FrameType.ANSWER, CLAIM.dump_json(cleaned), payload), payload


def write_outcome(outcome: Outcome) -> bytes:
    return frame(FrameType.OUTCOME, OUTCOME.dump_json(replace(outcome, output=None)), outcome.output)


def write_budget(refusal: Refused) -> bytes:
    return frame(FrameType.BUDGET, BUDGET.dump_json(Budget(refusal.reason, refusal.detail, refusal.verdict)))


def printable(text: str) -> str:
    """For free text: what could not be shown becomes U+FFFD, the length is bounded."""
    return _CONTROL.sub("\ufffd", text[:_TEXT])


def untrusted_header(raw: bytes, allowed: frozenset[FrameType], payload_limit: int) -> tuple[FrameType, int, int]:
    """A frame's header, with both lengths bounded before anything of that length is read."""
    kind, body_bytes, payload_bytes = HEADER.unpack(raw)
    if kind not in allowed:
        raise Garbage(f"frame of type {kind}")
    if body_bytes > JSON_BYTES:
        raise Garbage(f"{body_bytes} bytes of JSON, limit {JSON_BYTES}", Reason.LIMIT_SIZE)
    if payload_bytes > payload_limit:
        raise Garbage(f"{payload_bytes} bytes of payload, limit {payload_limit}", Reason.LIMIT_SIZE)
    if payload_bytes < NO_PAYLOAD:
        raise Garbage("negative length")
    return FrameType(kind), body_bytes, payload_bytes


def untrusted_child(body: bytes, payload: bytes | None) -> tuple[Child, bytes]:
    child = _strict(CHILD, body)
    if payload is None:
        raise Garbage("a child without content")
    _check(_PATH.fullmatch(child.part.path) is not None, "path is not numbers")
    _check_texts(child.part.name, child.part.declared)
    _check(sum(map(len, child.part.names)) <= _HEADER_TEXT, "names out of bounds")  # raw by intent: only looked at
    return child, payload


def untrusted_ask(body: bytes, payload: bytes | None, asker: Task) -> tuple[Task, bytes]:
    task = _strict(ASK, body).task
    _check(task in ASKABLE.get(asker, ()), f"a worker that does {asker} and asks for {task}")
    if payload is None:
        raise Garbage("a task without content")
    return task, payload


def untrusted_claim(body: bytes, payload: bytes | None, task: Task) -> Claim:
    """Form and agreement with itself: bytes exactly when the verdict lets something through, and nothing of other tasks.

    The answer is whole: the payload is where it belongs.  Its truth is another matter: see `verify`."""
    claim = _strict(CLAIM, body)
    outcome, letter = claim.outcome, claim.letter
    _check(outcome.output is None, "output inside the JSON")
    _check(not outcome.note, "a note, which is the supervisor's to write")
    _check(outcome.verdict is not Verdict.INFECTED, "only the scanner says infected")
    _check(not claim.objections or task in (Task.VERIFY, Task.ATTACK), "objections of a task that has none")
    passes = outcome.verdict <= Verdict.SANITISED
    _check((letter is not None) == (passes and task is Task.LETTER), f"{outcome.verdict.name} and the letter disagree")
    delivers = passes and task in _WITH_OUTPUT
    _check((payload is not None) == delivers, f"{outcome.verdict.name} and the payload disagree")
    _check(passes or outcome.reason is not None, "withheld without a reason")
    _check_outcome(outcome)
    _check(len(claim.objections) <= _MANY, "too many objections")
    _check_texts(*claim.objections)
    if letter is not None and payload is not None:
        return replace(claim, letter=_letter(letter, payload))
    _check(payload is None or bool(outcome.media_type), "output without a media type")
    return replace(claim, outcome=replace(outcome, output=payload))


def untrusted_question(content: bytes) -> Question:
    question = _strict(QUESTION, content)
    _check(DOMAIN.fullmatch(question.name) is not None, "a question that is no domain name")
    return question


def untrusted_authentication(content: bytes, believed: tuple[str, ...]) -> Authentication:
    """Its domains go into a header and its details into the journal."""
    claimed = _strict(AUTHENTICATION, content)
    domains = {claimed.spf_domain, claimed.from_domain, *(signature.domain for signature in claimed.signatures)} - {""}
    _check(all(map(DOMAIN.fullmatch, domains)), "authentication of what is no domain")
    _check(len(claimed.signatures) <= _MANY, "too many signatures")
    _check_texts(*_texts(claimed.signatures))
    _check(claimed.authenticator in ("", *believed), "an authenticator that is not believed")
    return claimed


def untrusted_disclosed(content: bytes, search: Search) -> Disclosed:
    """Only what was searched for; its evidence is shown and journalled, so it must be masked."""
    claimed = _strict(DISCLOSED, content)
    _check({found.datum for found in claimed.found} <= set(search.data), "found what was not searched for")
    _check(len({found.datum for found in claimed.found}) == len(claimed.found), "the same found twice")
    _check(all(found.count > 0 for found in claimed.found), "found nothing")
    evidence = tuple(line for found in claimed.found for line in found.evidence)
    _check_texts(*evidence)
    _check(all(len(line) <= _EVIDENCE and not _UNMASKED.search(line) for line in evidence), "evidence that is not masked")
    stated = {(marking.word, marking.level) for marking in search.markings} | {("", 0)}
    _check((claimed.marking, claimed.level) in stated, "a marking that was not searched for")
    return claimed


def _strict(adapter: TypeAdapter[T], body: bytes) -> T:
    try:
        return adapter.validate_json(body, strict=True, extra="forbid")
    except ValidationError as errors:
        if errors.error_count() > 10:  # spelling out a million of them takes seconds
            raise Garbage(f"JSON with {errors.error_count()} errors") from None
        first = errors.errors(include_url=False, include_input=False)[0]
        raise Garbage(f"JSON: {first['type']} at {printable('.'.join(map(str, first['loc'])))}") from None


def _check(holds: bool, complaint: str) -> None:
    if not holds:
        raise Garbage(complaint)


def _check_outcome(outcome: Outcome) -> None:
    _check(len(outcome.findings) <= _MANY, "too many findings")
    _check_texts(outcome.detail, outcome.name, *_texts(outcome.findings), *_texts(outcome.signatures))
    for media_type in filter(None, (outcome.detected, outcome.media_type)):
        _check(_MEDIA_TYPE.fullmatch(media_type) is not None, "not a media type")
    _check("/" not in outcome.name, "a file name with a directory")


def _letter(letter: Letter, payload: bytes) -> Letter:
    _check(not letter.body, "body inside the JSON")
    for text in _texts(letter):
        _check(len(text) <= _HEADER_TEXT and not _CONTROL.search(text), "header value out of bounds or with control characters")
    _check(all(0 <= a.child < _MANY for a in letter.attachments), "attachment number out of bounds")
    _check(len(letter.traces) <= MOST_TRACES, "too many traces")
    _check(all(name in (*TRACES, REPORT_TYPE) for name, _ in letter.traces), "a trace that is not on the list")
    _check(all(len(value) <= LONGEST_TRACE for _, value in letter.traces), "a trace that is too long")
    try:
        body = payload.decode()
    except UnicodeDecodeError:
        raise Garbage("the body is not UTF-8") from None
    _check(not _CONTROL_IN_BODY.search(body), "control character in the body")
    return replace(letter, body=body)


def _texts(value: Any) -> Iterator[str]:
    """Every string inside dataclasses and tuples; a tuple that is too long is garbage by itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        _check(len(value) <= _MANY, "too many items")
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _check_texts(*texts: str) -> None:
    for text in texts:
        _check(len(text) <= _TEXT and not _CONTROL.search(text), "text out of bounds or with control characters")


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

"""What each target asserts of any bytes at all: an answer, never an exception; and what is delivered passes the second look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sanitizers import charset, headers, parameters, zip_strict
from sanitizers.detect import detect
from sanitizers.job import Findings, LocalJob
from sanitizers.mime_strict import read
from sanitizers.model import Limits, Part, Profile, Reason, Refused, Verdict
from sanitizers.registry import sanitise
from sanitizers.verify import verify

LIMITS = replace(
    Limits(), part_bytes=4 << 20, total_bytes=8 << 20, pixels=4_000_000, pages=50
)  # a fuzzer wants many small runs


def whole(name: str) -> Callable[[bytes], None]:
    """One file of that name through the registry, then through the verifier."""

    def target(data: bytes) -> None:
        job = LocalJob(Profile(limits=LIMITS))
        outcome = sanitise(data, Part("1", name, "", (name,)), job)
        assert outcome.reason is not Reason.CRASHED, outcome.detail
        if outcome.output is None:
            assert outcome.verdict >= Verdict.WITHHELD
            assert outcome.reason is not None
            return
        parts = ((child.output, child.media_type) for child in job.children if child.output is not None)
        digests = frozenset(f"{hashlib.sha256(output).hexdigest()} {media_type}" for output, media_type in parts)
        objections = verify(outcome.output, outcome.media_type, digests)
        assert objections == [], objections

    return target


def archive(data: bytes) -> None:
    with suppress(Refused):
        for member in zip_strict.read(data, LIMITS):
            member.read()


def structure(data: bytes) -> None:
    with suppress(Refused):
        entity = read(data, LIMITS, findings := Findings())
        for part in entity.parts:
            part.content(findings, "")


def words(data: bytes) -> None:
    """A charset's label, NUL, then bytes in it."""
    label, _, text = data.partition(b"\0")
    decoded = charset.decode(text, label.decode("latin-1"))
    clean, _ = charset.clean(decoded.text)
    assert charset.clean(clean)[0] == clean


def header(data: bytes) -> None:
    """One field's value in every reading that a header has; all of them may see the same bytes."""
    headers.text(data)
    headers.addresses(data)
    headers.date(data)
    headers.message_ids(data)
    with suppress(Refused):
        parameters.parse(data)


def kind(data: bytes) -> None:
    detect(data, Part("1", "a", "", ("a",)))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "archive": archive,
    "structure": structure,
    "words": words,
    "header": header,
    "kind": kind,
    "mail": whole("mail.eml"),
    "docx": whole("a.docx"),
    "xlsx": whole("a.xlsx"),
    "odt": whole("a.odt"),
    "pdf": whole("a.pdf"),
    "picture": whole("a.png"),
    "svg": whole("a.svg"),
    "html": whole("a.html"),
    "calendar": whole("a.ics"),
    "tnef": whole("winmail.dat"),
    "msg": whole("a.msg"),
    "csv": whole("a.csv"),
    "dxf": whole("a.dxf"),
    "jtd": whole("a.jtd"),
}

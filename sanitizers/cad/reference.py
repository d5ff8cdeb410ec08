"""Places outside a drawing, and the outcome that both grammars share.

A drawing program loads fonts, pictures and other drawings from where a drawing tells it: from a server that the sender
owns, with the reader's credentials.  What is left of a place is the file's own name, found beside the drawing or not at all.
"""

from __future__ import annotations

import re

from sanitizers import charset, names
from sanitizers.detect import dangerous, mismatched
from sanitizers.job import Findings
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict

# UNC, drive, scheme, or a way up from here; a picture in a folder beside the drawing is nowhere else
_PLACE = re.compile(
    r"\s*(?:[\\/]{2}|[A-Za-z][A-Za-z0-9+.-]{0,20}:[\\/]|(?:file|mailto|javascript|data|ms-\w+):|.*\.\.[\\/])", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[\\/:?*|<>\"']")


def bare(value: str, meaning: str, where: str, findings: Findings) -> str:
    """`value` if it is a mere name, and also means one when its escapes are resolved; else the file's name, and a finding."""
    if not _PLACE.match(meaning) and not _PLACE.match(value):
        return value
    findings.add(Kind.EXTERNAL_LINK, where, meaning, Treatment.NEUTRALISED)
    return _SEPARATORS.split(meaning.strip())[-1]


def decode(content: bytes, label: str, findings: Findings) -> charset.Decoded:
    """The text without invisible characters, lines ending in LF.  A drawing that can not be read through is CORRUPT."""
    decoded = charset.decode(content, label)
    if decoded.undecodable:
        raise Refused(Reason.CORRUPT, f"{decoded.undecodable} characters unreadable as {decoded.charset}")
    if decoded.assumed and label:
        findings.add(Kind.CHARSET, "", f"labelled {label}, read as {decoded.charset}", Treatment.KEPT)
    plain, removed = charset.clean(decoded.text)
    if removed:
        findings.add(Kind.CONTROL_CHARACTER, "", f"{removed} invisible characters", Treatment.REMOVED)
    return charset.Decoded(plain, decoded.charset, decoded.assumed, 0)


def outcome(output: bytes, part: Part, detected: str, findings: Findings) -> Outcome:
    """`output` under the name that its type allows.  Raises Refused(EXECUTABLE) by the worst name."""
    if ending := dangerous(part.names or (part.name,)):
        raise Refused(Reason.EXECUTABLE, f"drawing named {ending}, which a double click runs", Verdict.WITHHELD)
    if ending := mismatched(detected, part.names or (part.name,)):
        findings.add(Kind.TYPE_MISMATCH, "", f"named {ending}, is {detected}", Treatment.KEPT)
    name = names.with_extension(part.name or "図面", detected)
    if name != part.name:
        findings.add(Kind.RENAMED, "", name, Treatment.KEPT)
    return Outcome(findings.verdict(), detected, output, detected, name, findings.all())

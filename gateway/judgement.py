"""Which files two people may let leave as they came, after both have looked at them (SAN-05 目視確認).

A person can judge what a drawing or an odd table says; nobody sees a virus, what is locked, or what a program does.  So the
list is of reasons that an eye can judge, and whatever is not on it stays.  Pure; who the two are is the workflow's, that they
are asked at all the rule's (`original:`).
"""

from __future__ import annotations

from gateway.model import Inspection, PartReport
from sanitizers.model import Reason

# Not here: not scanned as a whole, locked, pretending to be something else, a program, or gone for its reader.
BY_EYE = frozenset(
    (
        *(Reason.UNKNOWN_TYPE, Reason.TYPE_NOT_ALLOWED, Reason.FORBIDDEN_CONSTRUCT, Reason.BODY_ONLY, Reason.CORRUPT),
        *(Reason.NO_CONVERTER, Reason.NO_TEXT, Reason.LIMIT_PIXELS),
    )
)


def judgeable(file: PartReport) -> bool:
    """All that is in it was scanned and found clean, and is either rebuilt or withheld for a reason that an eye can judge."""
    return all(
        part.scan is not None and not part.scan.signature and (part.reason is None or part.reason in BY_EYE)
        for part in file.walk()
    )


def may_leave_as_it_came(inspection: Inspection, files: frozenset[str]) -> bool:
    """All of `files` (SHA-256) are attachments of this mail, by today's look at it."""
    return files <= {part.sha256_in for part in inspection.report.parts if judgeable(part)}

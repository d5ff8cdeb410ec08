"""Outlook's own forms of a mail, TNEF (winmail.dat) and .msg, rewritten as MIME so that one path treats all mail.

`mail` answers a message that still is as hostile as what came in: `message.py` reads it like any other, hands each attachment
over the wall and writes the result anew.  Raises Refused (CORRUPT, LIMIT_SIZE, LIMIT_PARTS, LIMIT_DEPTH).  The readers are
`tnef.py` and `msg.py`; what a property means is in `mapi.py`, what becomes of it in `rewriting.py`.
"""

from __future__ import annotations

from sanitizers.job import Findings
from sanitizers.model import Kind, Profile, Treatment
from sanitizers.outlook import msg, rewriting, tnef

TNEF = "application/vnd.ms-tnef"
MSG = "application/vnd.ms-outlook"
MEDIA_TYPES = (TNEF, MSG)
TNEF_SIGNATURE = tnef.SIGNATURE


def mail(content: bytes, detected: str, profile: Profile, findings: Findings) -> bytes:
    """The MIME message that says what `content` says; what has no place in one is dropped and reported."""
    reader = tnef.read if detected == TNEF else msg.read
    note = reader(content, profile.limits)
    findings.add(
        Kind.CONVERTED, "", "winmail.dat (TNEF) opened" if detected == TNEF else "Outlook .msg to .eml", Treatment.REPLACED
    )
    return rewriting.rewritten(note, profile.switches.body, findings)

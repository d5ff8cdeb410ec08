"""One mail, or one file, that somebody brings to see what rules would make of it.

A file is the only attachment of an otherwise empty mail, so that one path answers for both; what becomes of it is
`rehearsal.py`'s.  Raises ValueError for an envelope that is none.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from gateway.model import Envelope
from sanitizers.compose import compose
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox

MAIL = (".eml", ".mime")  # by its name; whatever else is a file
RECEIPT = "00000000-TEST"  # in the notices of what was never received
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029/\\\\]")


@dataclass(frozen=True, slots=True)
class Specimen:
    name: str
    content: bytes = field(repr=False)
    envelope: Envelope

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_mail(self) -> bool:
        return self.name.lower().endswith(MAIL)

    def message(self) -> bytes:
        return self.content if self.is_mail else _around(self)


def _around(specimen: Specimen) -> bytes:
    """A mail that holds this file and nothing else.  Raises ValueError for what is no address."""
    name = _CONTROL.sub("_", specimen.name)[:200] or "file"
    letter = Letter(
        subject=name,
        from_=tuple(Mailbox("", each) for each in (specimen.envelope.sender,) if each),
        sender=None,
        reply_to=(),
        to=tuple(Mailbox("", each) for each in specimen.envelope.recipients),
        cc=(),
        date="",
        message_id="",
        in_reply_to=(),
        references=(),
        body="",
        attachments=(Attachment(0, name),),
        extra=(),
    )
    return compose(letter, (Enclosure(name, "application/octet-stream", specimen.content),))

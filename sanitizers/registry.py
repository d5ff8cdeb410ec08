"""Which sanitiser treats which type: one explicit table, no discovery.

`sanitise()` is the only public name of this package.  It never raises because of content: a refusal, a limit, an
unknown type or a crash inside a sanitiser is an `Outcome` that holds or withholds the part.
"""

from __future__ import annotations

from collections.abc import Callable

from sanitizers import archive, html, image, message, odf, ooxml, pdf, text, unknown
from sanitizers.detect import detect
from sanitizers.job import Job
from sanitizers.model import Method, Outcome, Part, Reason, Refused, Verdict

Sanitiser = Callable[[bytes, Part, str, Job], Outcome]

_OOXML = "application/vnd.openxmlformats-officedocument."

SANITISERS: dict[str, Sanitiser] = {
    **{media_type: message.sanitise for media_type in message.MEDIA_TYPES},
    "text/html": html.sanitise,
    **{media_type: text.sanitise for media_type in text.MEDIA_TYPES},
    **{media_type: image.sanitise for media_type in image.MEDIA_TYPES},
    "application/pdf": pdf.sanitise,
    **{media_type: ooxml.sanitise for media_type in ooxml.MEDIA_TYPES},
    **{media_type: odf.sanitise for media_type in odf.MEDIA_TYPES},
    **{media_type: archive.sanitise for media_type in archive.MEDIA_TYPES},
}


def sanitise(content: bytes, part: Part, job: Job) -> Outcome:
    """Rebuild `content` from what is known to be harmless, or say why not."""
    detected = "application/octet-stream"
    try:
        if not content:
            raise Refused(Reason.EMPTY, "no bytes", Verdict.WITHHELD)
        if len(content) > job.profile.limits.part_bytes:
            raise Refused(Reason.LIMIT_SIZE, f"{len(content)} bytes, limit {job.profile.limits.part_bytes}")
        detected = detect(content, part)
        if job.profile.method is Method.BODY_ONLY and detected != "message/rfc822":
            raise Refused(Reason.BODY_ONLY, "the profile delivers bodies only", Verdict.WITHHELD)
        return SANITISERS.get(detected, unknown.sanitise)(content, part, detected, job)
    except Refused as refusal:
        return Outcome(refusal.verdict, detected, findings=refusal.findings, reason=refusal.reason, detail=refusal.detail[:300])
    except MemoryError:
        return Outcome(Verdict.FAILED, detected, reason=Reason.LIMIT_MEMORY, detail="out of memory while rebuilding")
    except Exception as surprise:  # a bug or an attack: either way nothing of this part leaves
        return Outcome(Verdict.FAILED, detected, reason=Reason.CRASHED, detail=f"{type(surprise).__name__}: {surprise}"[:300])

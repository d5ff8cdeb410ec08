"""HEIC, the photographs of iPhones, as JPEG or PNG (formats.md 5).

Its decoder insists on a thread of its own, which no other worker may have: what the file says of itself is read here, the
pixels come from the task DECODE, from a worker of a class of its own, and are decoded and encoded again like any picture.
`decode` is what that worker does.  libheif and libde265 are LGPL and only decode; x265 is not installed.
"""

from __future__ import annotations

import pi_heif

from sanitizers import names
from sanitizers.image.recode import look, recode, recode_as
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Outcome, Part, Task, Treatment, Verdict

MEDIA_TYPES = ("image/heic",)
_DECODERS = ("HEIF",)

# depth maps and thumbnails are no pixels of the picture
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """One JPEG, or PNG where it is transparent: the picture that the camera calls the primary one."""
    findings = Findings()
    look(content, _DECODERS, job.profile.limits, findings, "")
    decoded = recode(job.ask(Task.DECODE, content), job.profile.limits, findings, "")
    findings.add(Kind.CONVERTED, "", f"HEIC to {decoded.extension}", Treatment.REPLACED)
    name = names.with_extension(part.name or "写真", decoded.media_type)
    return Outcome(findings.verdict(), detected, decoded.content, decoded.media_type, name, findings.all())


def decode(content: bytes, limits: Limits) -> Outcome:
    """Upright and in sRGB; what was found has been reported before."""
    decoded = recode_as(content, _DECODERS, limits, Findings(), "")
    return Outcome(Verdict.CLEAN, MEDIA_TYPES[0], decoded.content, decoded.media_type, f"picture.{decoded.extension}")

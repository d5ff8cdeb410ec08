"""A signed file (.p7m, RFC 5652): the signature is verified, and what it carries is treated like any other part.

Raises Refused: TYPE_NOT_ALLOWED for a signature that carries nothing (.p7s), and what stands against the content.
"""

from __future__ import annotations

from dataclasses import replace

from sanitizers import signature
from sanitizers.job import Findings, Job
from sanitizers.model import Outcome, Part, Reason, Refused, Verdict
from sanitizers.signature import cms

MEDIA_TYPES = frozenset({"application/pkcs7-signature"})
_ENDING = ".p7m"


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    inner, findings = cms.content(content), Findings()
    if not inner:
        raise Refused(Reason.TYPE_NOT_ALLOWED, "a signature without the signed content", Verdict.WITHHELD)
    signatures = cms.signers(content, None, job.profile.anchors)
    signature.report(signatures, "", findings)
    plain = tuple(name[: -len(_ENDING)] if name.lower().endswith(_ENDING) else name for name in (part.name, *part.names))
    outcome = job.child(inner, Part(f"{part.path}/1", plain[0], "", plain[1:]))
    if outcome.output is None:
        raise Refused(outcome.reason or Reason.CRASHED, outcome.detail, outcome.verdict, findings.all())
    return replace(
        outcome, verdict=Verdict.SANITISED, detected=detected, findings=findings.all(), signatures=signatures, note=""
    )

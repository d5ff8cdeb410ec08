"""Drawings that are text: DXF, and SXF (電子納品: .sfc, .p21) with other ISO 10303-21 files (japanese-mail.md 2.5, D18).

Read into their tokens by a strict grammar and written anew from them, in the same format and charset.  Paths and
addresses elsewhere become bare file names; what runs, embeds or is opaque goes; words and geometry stay.  Raises Refused:
CORRUPT where the grammar is not kept, TYPE_NOT_ALLOWED (WITHHELD) for binary DXF.
DWG and JWW, which are binary, are `unknown`'s.
"""

from __future__ import annotations

from sanitizers.cad import dxf, step
from sanitizers.job import Job
from sanitizers.model import Outcome, Part

_GRAMMARS = {"image/vnd.dxf": dxf.sanitise, "application/x-sxf": step.sanitise}
MEDIA_TYPES = tuple(_GRAMMARS)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Same format, same extension; lines end in CRLF.  Raises Refused as the module says."""
    return _GRAMMARS[detected](content, part, detected, job)


__all__ = ["MEDIA_TYPES", "sanitise"]

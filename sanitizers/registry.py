"""Which sanitiser treats which type: one explicit table, no discovery.

`sanitise()` is the only public name of this package.  It never raises because of content: a refusal, a limit, an
unknown type or a crash inside a sanitiser is an `Outcome` that holds or withholds the part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import NoReturn

from sanitizers import (
    archive,
    cad,
    calendar,
    encryption,
    external,
    html,
    ichitaro,
    image,
    legacy,
    message,
    metafile,
    odf,
    ooxml,
    pdf,
    picture_pdf,
    plain,
    printed,
    sealed,
    svg,
    text,
    unknown,
)
from sanitizers.detect import detect
from sanitizers.image import heif
from sanitizers.job import Job
from sanitizers.model import (
    Cipher,
    Finding,
    Kind,
    Limits,
    Method,
    Outcome,
    Part,
    Reason,
    Refused,
    Switchboard,
    Switches,
    Treatment,
    Verdict,
)

Sanitiser = Callable[[bytes, Part, str, Job], Outcome]

SANITISERS: dict[str, Sanitiser] = {
    **{media_type: message.sanitise for media_type in message.MEDIA_TYPES},
    "text/html": html.sanitise,
    **{media_type: text.sanitise for media_type in text.MEDIA_TYPES},
    **{media_type: calendar.sanitise for media_type in calendar.MEDIA_TYPES},
    **{media_type: image.sanitise for media_type in image.MEDIA_TYPES},
    "application/pdf": pdf.sanitise,
    **{media_type: ooxml.sanitise for media_type in ooxml.MEDIA_TYPES},
    **{media_type: legacy.sanitise for media_type in legacy.MEDIA_TYPES},  # xlsb among them: no rebuilder reads it
    **{media_type: odf.sanitise for media_type in odf.MEDIA_TYPES},
    **{media_type: ichitaro.sanitise for media_type in ichitaro.MEDIA_TYPES},
    **{media_type: cad.sanitise for media_type in cad.MEDIA_TYPES},
    **{media_type: heif.sanitise for media_type in heif.MEDIA_TYPES},
    **{media_type: svg.sanitise for media_type in svg.MEDIA_TYPES},
    **{media_type: external.sanitise for media_type in external.MEDIA_TYPES},
    **{media_type: metafile.sanitise for media_type in metafile.MEDIA_TYPES},
    **{media_type: archive.sanitise for media_type in archive.MEDIA_TYPES},
    **{media_type: sealed.sanitise for media_type in sealed.MEDIA_TYPES},
}


def _unconverted(content: bytes, part: Part, detected: str, job: Job) -> NoReturn:
    raise Refused(Reason.NO_CONVERTER, f"{detected} by method {job.profile.method}", Verdict.WITHHELD)


def _textless(content: bytes, part: Part, detected: str, job: Job) -> NoReturn:
    raise Refused(Reason.NO_TEXT, f"a picture [{detected}]", Verdict.WITHHELD)


def _body_only(content: bytes, part: Part, detected: str, job: Job) -> NoReturn:
    raise Refused(Reason.BODY_ONLY, "the profile delivers bodies only", Verdict.WITHHELD)


_PICTURES: dict[str, Sanitiser] = {
    **dict.fromkeys(image.MEDIA_TYPES, image.sanitise),
    **dict.fromkeys(heif.MEDIA_TYPES, heif.sanitise),
    **dict.fromkeys(svg.MEDIA_TYPES, svg.sanitise),
    **dict.fromkeys(metafile.MEDIA_TYPES, metafile.sanitise),
}
_CONTAINERS: dict[str, Sanitiser] = {  # under every method: each member is treated by it
    **dict.fromkeys(message.MEDIA_TYPES, message.sanitise),
    **dict.fromkeys(archive.MEDIA_TYPES, archive.sanitise),
    **dict.fromkeys(sealed.MEDIA_TYPES, sealed.sanitise),
    legacy.PACKAGE: legacy.sanitise,
    **dict.fromkeys(external.MEDIA_TYPES, external.sanitise),
}
_TEXTS: dict[str, Sanitiser] = {
    **{media_type: text.sanitise for media_type in SANITISERS if media_type.startswith("text/")},
    **dict.fromkeys(text.MEDIA_TYPES, text.sanitise),
    "text/html": html.sanitise,
}
_UNCONVERTED: dict[str, Sanitiser] = dict.fromkeys(SANITISERS, _unconverted)

_OFFICE: dict[str, Sanitiser] = {
    **dict.fromkeys(ooxml.MEDIA_TYPES, ooxml.sanitise),
    **dict.fromkeys(legacy.SOURCES, legacy.sanitise),
    **dict.fromkeys(odf.MEDIA_TYPES, odf.sanitise),
}
_READ = {
    **_TEXTS,
    **dict.fromkeys(calendar.MEDIA_TYPES, calendar.sanitise),
    **dict.fromkeys(ichitaro.MEDIA_TYPES, ichitaro.sanitise),
}
_PRINTED: dict[str, Sanitiser] = {
    **{media_type: partial(printed.office, rebuild) for media_type, rebuild in _OFFICE.items()},
    **{media_type: partial(printed.text, rebuild) for media_type, rebuild in _READ.items()},
}

METHODS: dict[Method, dict[str, Sanitiser]] = {
    Method.REBUILD: SANITISERS,
    Method.IMAGE: {
        **_UNCONVERTED,
        **_PRINTED,
        **_CONTAINERS,
        **_PICTURES,
        "application/pdf": picture_pdf.sanitise,
    },
    Method.TEXT: {
        **_UNCONVERTED,
        **_CONTAINERS,
        **_TEXTS,
        **dict.fromkeys(plain.MEDIA_TYPES, plain.sanitise),
        **dict.fromkeys(legacy.MEDIA_TYPES, legacy.sanitise),
        **dict.fromkeys(ichitaro.MEDIA_TYPES, ichitaro.sanitise),
        **dict.fromkeys((*_PICTURES, *cad.MEDIA_TYPES), _textless),
    },
    Method.BODY_ONLY: {"message/rfc822": message.sanitise},
}
_OTHERWISE: dict[Method, Sanitiser] = {Method.BODY_ONLY: _body_only}

_LEAVES = frozenset({*_PICTURES, *_TEXTS, *calendar.MEDIA_TYPES, *cad.MEDIA_TYPES})  # no other file can be in them

_FAMILY: dict[str, Callable[[Switchboard], Switches]] = {
    **dict.fromkeys((*ooxml.MEDIA_TYPES, *legacy.SOURCES, *odf.MEDIA_TYPES), attrgetter("office")),
    **dict.fromkeys(_PICTURES, attrgetter("image")),
    "application/pdf": attrgetter("pdf"),
    "text/html": attrgetter("html"),
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
        method = job.profile.method
        sanitiser = METHODS[method].get(detected, _OTHERWISE.get(method, unknown.sanitise))
        outcome = _accepted(sanitiser(content, part, detected, job), detected, job.profile.switches)
        return _opened(outcome, content, detected, job) if job.profile.passwords else outcome
    except Refused as refusal:
        findings = (*refusal.findings, *_locked(refusal, content, detected, job.profile.limits))
        return Outcome(
            _verdict(refusal, detected), detected, findings=findings, reason=refusal.reason, detail=refusal.detail[:300]
        )
    except MemoryError:
        return Outcome(Verdict.FAILED, detected, reason=Reason.LIMIT_MEMORY, detail="out of memory while rebuilding")
    except Exception as surprise:  # a bug or an attack: either way nothing of this part leaves
        return Outcome(Verdict.FAILED, detected, reason=Reason.CRASHED, detail=f"{type(surprise).__name__}: {surprise}"[:300])


def _locked(refusal: Refused, content: bytes, detected: str, limits: Limits) -> tuple[Finding, ...]:
    """By which method, for rules that want another one (SD-07); once, where the lock is."""
    carries = detected in message.MEDIA_TYPES or detected in sealed.MEDIA_TYPES  # what is locked is a child of it
    if refusal.verdict is not Verdict.LOCKED or carries:
        return ()
    how = encryption.method(content, detected, limits) or Cipher.UNKNOWN
    return (Finding(Kind.ENCRYPTION, "", how, Treatment.KEPT),)


def _opened(outcome: Outcome, content: bytes, detected: str, job: Job) -> Outcome:
    """What was locked and is delivered has lost its protection: that is a change that people must hear of (SD-02)."""
    how = encryption.method(content, detected, job.profile.limits)
    if how is None or outcome.output is None:
        return outcome
    lost = Finding(Kind.ENCRYPTION, "", how, Treatment.REMOVED)
    return replace(outcome, verdict=max(outcome.verdict, Verdict.SANITISED), findings=(*outcome.findings, lost))


def _verdict(refusal: Refused, detected: str) -> Verdict:
    """A damaged leaf is withheld: the scanner saw all of its bytes, none of them leaves, and no other part depends on them.

    What could hold other files stays FAILED when it is damaged: which files there are is then in doubt (AV-03)."""
    is_damaged_leaf = refusal.reason is Reason.CORRUPT and detected in _LEAVES
    return min(refusal.verdict, Verdict.WITHHELD) if is_damaged_leaf else refusal.verdict


def _accepted(outcome: Outcome, detected: str, switches: Switchboard) -> Outcome:
    """As it is, unless something was found in it that the profile blocks."""
    blocked = _FAMILY[detected](switches).blocked() if detected in _FAMILY else frozenset()
    found = {finding.kind for finding in outcome.findings} & blocked
    if not found:
        return outcome
    findings = tuple(replace(f, treatment=Treatment.BLOCKED) if f.kind in found else f for f in outcome.findings)
    detail = f"the profile blocks {', '.join(sorted(found))}"
    return Outcome(Verdict.WITHHELD, detected, findings=findings, reason=Reason.FORBIDDEN_CONSTRUCT, detail=detail)

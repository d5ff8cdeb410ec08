"""Made-up values on which every template is tried when it is loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.model import (
    Caution,
    Client,
    Decision,
    Delivery,
    DeliveryOutcome,
    Direction,
    Disposition,
    Envelope,
    Excerpt,
    Identity,
    Inspection,
    PartReport,
    QueueItem,
    Reply,
    Suspicion,
    Warrant,
)
from gateway.notice.values import CaseWords
from sanitizers.identity import Authentication
from sanitizers.model import Finding, Kind, Reason, Signature, SignatureState, Treatment, Verdict

_FINDINGS = (Finding(Kind.MACRO, "", "", Treatment.REMOVED), Finding(Kind.HTML_BODY, "", "", Treatment.REPLACED))


def _part(verdict: Verdict, reason: Reason | None, parts: tuple[PartReport, ...] = ()) -> PartReport:
    digest = "" if reason else "0" * 64
    return PartReport(
        path="1",
        name="見積書.docm",
        declared="",
        detected="application/zip",
        verdict=verdict,
        findings=_FINDINGS,
        reason=reason,
        detail="",
        size_in=1,
        size_out=1,
        sha256_in=digest,
        sha256_out=digest,
        name_out="見積書.docx",
        media_type_out="",
        seconds=0.0,
        parts=parts,
    )


WITHHELD = _part(Verdict.WITHHELD, Reason.EXECUTABLE)
INSPECTION = Inspection(
    replace(
        _part(Verdict.SANITISED, None, (_part(Verdict.SANITISED, None, (WITHHELD,)), WITHHELD)),
        signatures=tuple(Signature("署名者", state) for state in SignatureState),
    ),
    Verdict.WITHHELD,
    None,
    (),
    0,
    Identity(Authentication(), tuple(Caution(kind, "a@example.jp", "b@example.jp") for kind in Suspicion)),
    (Excerpt("見積書.docx", "見積書", 3),),
)
RELEASE = Decision(Disposition.DELIVER, "release:held", "確認済み", (), "", "rebuild")
AS_IT_CAME = replace(
    RELEASE, rule="original:held", warrant=Warrant("as_it_came 1", "c@example.jp", "d@example.jp", "目視で確認", ("0" * 64,))
)
_ENVELOPE = Envelope("a@example.jp", ("b@example.jp",), Direction.INBOUND, Client("192.0.2.1", 25, "example.jp"))
ITEM = QueueItem("0", "R", _ENVELOPE, ("b@example.jp",), 0.0, 1, "0" * 64)
REFUSED = DeliveryOutcome("b@example.jp", Delivery.REFUSED, Reply(550, "5.1.1", "no such user"), "192.0.2.2:25")


def case(now: datetime) -> CaseWords:
    return CaseWords(
        1, "K", "S", "S", "R", "A", "B", "R", "C", now, "https://mugai.example/l/x", True, False, ("D",), now, ("F",)
    )

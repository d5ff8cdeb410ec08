"""外部確認: that somebody outside looked at a β-type installation: before it was introduced, and regularly since (AU-03).

What the external auditor found is that auditor's paper; here is that it was done, by whom, when, with which result, for good.
Raises ValueError: its text names what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from gateway import journal
from gateway.directory import book
from gateway.journal import Query, reading
from gateway.store.opening import Store
from gateway.words import Words

_MOST = 1_000


class Occasion(StrEnum):
    BEFORE = "before"  # the installation is introduced
    REGULAR = "regular"


class Result(StrEnum):
    PASSED = "passed"
    FINDINGS = "findings"  # passed, with findings that are followed up
    FAILED = "failed"


OCCASIONS = {
    Occasion.BEFORE: Words("導入前の確認", "before the introduction"),
    Occasion.REGULAR: Words("定期の監査", "regular audit"),
}
RESULTS = {
    Result.PASSED: Words("適合", "passed"),
    Result.FINDINGS: Words("指摘あり", "passed with findings"),
    Result.FAILED: Words("不適合", "failed"),
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    auditor: str  # the firm or person outside
    occasion: Occasion
    on: date
    result: Result
    reference: str  # where the auditor's own report is
    actor: str  # who recorded it


async def record(store: Store, made: Confirmation) -> None:
    if made.on > book.day(store.clock.now()):
        raise ValueError("on")
    for name in ("auditor", "reference"):
        if not getattr(made, name):
            raise ValueError(name)
    event = journal.ExternallyAudited(
        actor=made.actor,
        auditor=made.auditor,
        occasion=made.occasion,
        on=made.on.isoformat(),
        result=made.result,
        reference=made.reference,
    )
    await store.journal.write(event)


def confirmations(conn: sa.Connection) -> tuple[Confirmation, ...]:
    """The latest first."""
    entries = reading.select(conn, Query(kind=journal.ExternallyAudited.kind()), _MOST)
    return tuple(sorted((_read(dict(entry.facts)) for entry in entries), key=lambda each: each.on, reverse=True))


def _read(facts: dict[str, str]) -> Confirmation:
    return Confirmation(
        auditor=facts["auditor"],
        occasion=Occasion(facts["occasion"]),
        on=date.fromisoformat(facts["on"]),
        result=Result(facts["result"]),
        reference=facts["reference"],
        actor=facts["actor"],
    )


def missing(found: Sequence[Confirmation], months: int, today: date) -> tuple[Words, ...]:
    """What a β-type house still owes; () = nothing."""
    good = [each for each in found if each.result is not Result.FAILED]
    lacks = []
    if not any(each.occasion is Occasion.BEFORE for each in good):
        lacks.append(Words("導入前の外部の確認が記録されていません", "no external confirmation before the introduction"))
    if not good or _months(good[0].on, today) > months:
        lacks.append(Words(f"{months} か月以内の外部監査が記録されていません", f"no external audit within {months} months"))
    if found and found[0].result is Result.FAILED:
        lacks.append(Words(f"直近 ({found[0].on}) の結果は不適合です", f"the last one, of {found[0].on}, failed"))
    return tuple(lacks)


def _months(since: date, today: date) -> int:
    """Begun ones."""
    whole = (today.year - since.year) * 12 + today.month - since.month
    return whole + (today.day > since.day)

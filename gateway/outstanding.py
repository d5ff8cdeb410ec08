"""What people still owe, and what was done of it: violations, IDs, audit findings, drills, disposals.

For the reports; the rows are read from the cases and the journal of their time.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from gateway.audit import findings
from gateway.audit.wording import STAGES
from gateway.directory import book
from gateway.journal import Disposed, Erased, Query, reading
from gateway.paper import moment
from gateway.workflow import ledger
from gateway.workflow.model import Act, Case, Kind

MOST = 10_000
Rows = tuple[tuple[str, str], ...]


def rows(conn: sa.Connection, since: float, until: float, now: float) -> Iterator[tuple[str, tuple[str, str], Rows]]:
    """Title, heading and rows of each."""
    yield "措置の済んでいない違反の通知", ("通知", "状態"), tuple(_open(conn, Kind.VIOLATION, now))
    yield "確認の済んでいないIDの棚卸し", ("所属", "状態"), tuple(_open(conn, Kind.CERTIFICATION, now))
    yield "完了していない監査の指摘", ("指摘", "状態"), tuple(_findings(conn, now))
    yield "訓練", ("事案", "実施した手順"), tuple(_drills(conn, since, until))
    yield "廃棄", ("内容", "件"), tuple(_disposed(conn, since, until))


def _open(conn: sa.Connection, kind: Kind, now: float) -> Iterator[tuple[str, str]]:
    for case in reversed(ledger.select(conn, (kind,), open_only=True, limit=MOST)):
        taken = any(step.act is Act.TAKE for step in ledger.history(conn, case.id))
        late = "、期限超過" if _late(conn, case) else ""
        state = "受領済み・措置待ち" if taken else "未確認"
        yield f"{case.id}: {case.opening.subject}", f"{state}{late} ({(now - case.opened_at) / 86_400:.0f} 日経過)"


def _findings(conn: sa.Connection, now: float) -> Iterator[tuple[str, str]]:
    """AU-01: the earliest due date first."""
    today = book.day(now)
    for each in sorted(findings.select(conn, True, limit=MOST), key=lambda each: each.due):
        late = "、期限超過" if each.overdue(today) else ""
        about = each.requirement or each.clause
        yield f"{each.id}: [{about}] {each.what[:80]} ({each.section})", f"{STAGES[each.stage].ja}{late} (期限 {each.due})"


def _late(conn: sa.Connection, case: Case) -> bool:
    """Time ran out before somebody did it: the clock asked the next one, or the same again."""
    return any(step.act is Act.ESCALATE for step in ledger.history(conn, case.id))


def _drills(conn: sa.Connection, since: float, until: float) -> Iterator[tuple[str, str]]:
    for case in reversed(ledger.select(conn, (Kind.INCIDENT,), limit=MOST)):
        if case.opening.details.drill and since <= case.opened_at < until:
            taken = [step for step in ledger.history(conn, case.id) if step.act is Act.STEP]
            names = dict.fromkeys(step.reason.partition(":")[0] for step in taken)
            last = f"、最後 {moment(taken[-1].at)}" if taken else ""
            who = f"{case.opening.details.playbook or '手順書なし'}、参加 {len(case.opening.details.participants)} 人"
            yield f"{case.id}: {case.opening.subject} ({who})", f"{len(names)}: {'、'.join(names) or 'なし'}{last}"


def _disposed(conn: sa.Connection, since: float, until: float) -> Iterator[tuple[str, str]]:
    for kind, words in ((Disposed.kind(), "メールの原本"), (Erased.kind(), "証跡の個人情報 (回)")):
        if count := reading.count(conn, Query(kind=kind, since=since, until=until)):
            yield words, f"{count:,}"

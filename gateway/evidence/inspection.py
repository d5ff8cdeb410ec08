"""点検: the report of one week or month that somebody signs off (LG-04): what a log should be read for, counted, with examples.

Made from the journal and the tables of mail when it is asked for; the sign-off is a journal entry, and none takes it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST
from gateway.evidence.balance import DAY, JST_SECONDS, Day, balance
from gateway.journal import Entry, Query, reading
from gateway.model import Direction
from gateway.store.schema import message, recipient
from gateway.words import Words
from gateway.workflow import schema as workflow

EXAMPLES = 20
NIGHT = (22, 6)  # from and to; hours in Japan
MANY = 50  # recipients of one outbound mail


@dataclass(frozen=True, slots=True)
class Period:
    key: str  # "2026-W48", "2026-11"
    first: date
    after: date  # the day after its last

    @classmethod
    def parse(cls, key: str) -> Period:
        """Raises ValueError."""
        if found := re.fullmatch(r"(\d{4})-W(\d{2})", key):
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return cls(key, first, first + timedelta(days=7))
        if found := re.fullmatch(r"(\d{4})-(\d{2})", key):
            first = date(int(found[1]), int(found[2]), 1)
            return cls(key, first, (first + timedelta(days=31)).replace(day=1))
        raise ValueError(f"{key} is neither a week (2026-W48) nor a month (2026-11)")

    @classmethod
    def before(cls, now: float) -> tuple[Period, ...]:
        """The four weeks and three months that are over, newest first."""
        today = datetime.fromtimestamp(now, JST).date()
        weeks = [(today - timedelta(days=7 * n)).isocalendar() for n in range(1, 5)]
        months = [today.replace(day=1) - timedelta(days=1)]
        while len(months) < 3:
            months.append(months[-1].replace(day=1) - timedelta(days=1))
        keys = [f"{w.year}-W{w.week:02}" for w in weeks] + [f"{m:%Y-%m}" for m in months]
        return tuple(cls.parse(key) for key in keys)

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def since(self) -> float:
        return datetime.combine(self.first, time(), JST).timestamp()

    @property
    def until(self) -> float:
        return datetime.combine(self.after, time(), JST).timestamp()


@dataclass(frozen=True, slots=True)
class Mail:
    item: str
    receipt: str
    received_at: float
    sender: str
    recipients: int


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to look at."""

    name: Words
    count: int
    entries: tuple[Entry, ...] = ()
    mails: tuple[Mail, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    period: Period
    points: tuple[Point, ...]
    days: tuple[Day, ...]
    signed: tuple[Entry, ...]  # who has signed it off; more than one may


KINDS: dict[str, Words] = {
    "login_failed": Words("ログインの失敗", "Failed sign-ins"),
    "account_changed": Words("利用者の変更", "Changed accounts"),
    "token_changed": Words("APIトークンの変更", "Changed API tokens"),
    "elevated": Words("特権操作の開始", "Privileged work"),
    "policy_loaded": Words("規則の変更", "Changed rules"),
    "directory_changed": Words("職員名簿の変更", "Changed directory"),
    "released": Words("保留の解除", "Released from quarantine"),
    "deleted": Words("メールの削除", "Deleted mail"),
    "halted": Words("送受信の停止", "Stops"),
    "exported": Words("記録の出力", "Exports of the record"),
    "packed": Words("証拠一式の作成", "Evidence packs"),
    "alarm": Words("警報", "Alarms"),
}


def report(conn: sa.Connection, period: Period) -> Report:
    points = [_of_kind(conn, kind, name, period) for kind, name in KINDS.items()]
    return Report(
        period=period,
        points=(*points, _night(conn, period), _many(conn, period), _exceptions(conn, period)),
        days=tuple(balance(conn, period.since, period.until)),
        signed=signed(conn, period.key),
    )


def signed(conn: sa.Connection, key: str) -> tuple[Entry, ...]:
    found = reading.select(conn, Query(kind=journal.Inspected.kind()), 10_000)
    return tuple(each for each in found if dict(each.facts)["period"] == key)


def _of_kind(conn: sa.Connection, kind: str, name: Words, period: Period) -> Point:
    query = Query(kind=kind, since=period.since, until=period.until)
    return Point(name, reading.count(conn, query), tuple(reading.select(conn, query, EXAMPLES)))


def _night(conn: sa.Connection, period: Period) -> Point:
    seconds = (message.c.received_at + JST_SECONDS) % DAY
    dark = sa.or_(seconds >= NIGHT[0] * 3_600, seconds < NIGHT[1] * 3_600)
    name = Words(f"夜間の送信（{NIGHT[0]}時から{NIGHT[1]}時）", f"Sent at night ({NIGHT[0]} to {NIGHT[1]} h)")
    return _of_mails(conn, name, period, [dark], 1)


def _many(conn: sa.Connection, period: Period) -> Point:
    return _of_mails(conn, Words(f"大量の宛先（{MANY}件以上）", f"{MANY} recipients or more"), period, [], MANY)


def _of_mails(conn: sa.Connection, name: Words, period: Period, where: list[sa.ColumnElement[bool]], recipients: int) -> Point:
    """Of outbound mail."""
    own = (message.c.kind == "mail", message.c.direction == Direction.OUTBOUND)
    times = (message.c.received_at >= period.since, message.c.received_at < period.until)
    many = sa.select(sa.func.count()).where(recipient.c.message == message.c.id).correlate(message).scalar_subquery()
    conditions = [*own, *times, *where, *([many >= recipients] if recipients > 1 else [])]
    count = conn.scalar(sa.select(sa.func.count()).select_from(message).where(*conditions))
    columns = (message.c.id, message.c.receipt, message.c.received_at, message.c.sender, many.label("recipients"))
    rows = conn.execute(sa.select(*columns).where(*conditions).order_by(message.c.received_at.desc()).limit(EXAMPLES))
    return Point(name, int(count or 0), mails=tuple(Mail(*row) for row in rows))


def _exceptions(conn: sa.Connection, period: Period) -> Point:
    """EX-03: how often an exception or a blanket approval changed a decision."""
    use = workflow.use.c
    where = (use.at >= period.since, use.at < period.until)
    count = conn.scalar(sa.select(sa.func.count()).select_from(workflow.use).where(*where))
    joined = sa.select(message.c.id, message.c.receipt, use.at, message.c.sender, sa.literal(0)).join(
        message, use.message == message.c.id
    )
    rows = conn.execute(joined.where(*where).order_by(use.at.desc()).limit(EXAMPLES))
    name = Words("例外・包括承認の使用", "Exceptions and blanket approvals used")
    return Point(name, int(count or 0), mails=tuple(Mail(*row) for row in rows))

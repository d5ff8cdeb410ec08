"""受付 = 配送 + 保留 + 返送 + 削除 + 処理中: the proof per day that no accepted mail is missing (HD-07).

What was accepted is counted in the journal, which only grows; what became of it in the table of states.  A difference is a lost
or an invented recipient, and nothing else can explain it.  Days are Japan's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from gateway.journal.index import journal_term, term
from gateway.journal.reading import Query, count
from gateway.model import State
from gateway.store.schema import journal, recipient

JST_SECONDS = 9 * 3_600
DAY = 86_400
_EPOCH = date(1970, 1, 1)

DELIVERED = frozenset({State.RELAYED})
HELD = frozenset({State.HELD, State.AWAITING_PASSWORD, State.AWAITING_APPROVAL, State.DELAYED})
RETURNED = frozenset({State.BOUNCED})
DELETED = frozenset({State.DELETED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Day:
    """Counts of recipients; `refused` of attempts, which were never accepted."""

    day: date
    mails: int
    accepted: int
    delivered: int
    held: int
    returned: int
    deleted: int
    in_work: int
    refused: int

    @property
    def difference(self) -> int:
        return self.accepted - self.delivered - self.held - self.returned - self.deleted - self.in_work


def balance(conn: sa.Connection, since: float, until: float) -> list[Day]:
    """Oldest first; days without mail are left out.  What is not sealed yet, a second's worth, is not counted."""
    number = sa.cast((journal.c.at + JST_SECONDS) / DAY, sa.Integer)
    accepted = (
        sa.select(journal.c.item, number.label("day"), _recipients(journal.c.entry).label("recipients"))
        .join(journal_term, journal_term.c.event == journal.c.event)
        .where(journal_term.c.term == term("kind", "received"), journal.c.at >= since, journal.c.at < until)
        .subquery()
    )
    sums = (sa.func.count().label("mails"), sa.func.sum(accepted.c.recipients).label("accepted"))
    totals = conn.execute(sa.select(accepted.c.day, *sums).group_by(accepted.c.day).order_by(accepted.c.day)).all()
    became = sa.select(accepted.c.day, recipient.c.state, sa.func.count().label("many"))
    joined = became.join(recipient, recipient.c.message == accepted.c.item).group_by(accepted.c.day, recipient.c.state)
    states: dict[int, dict[str, int]] = {}
    for row in conn.execute(joined):
        states.setdefault(row.day, {})[row.state] = row.many
    return [_day(conn, row.day, row.mails, row.accepted, states.get(row.day, {})) for row in totals]


def _recipients(entry: sa.ColumnElement[bytes]) -> sa.ColumnElement[int]:
    """How many the entry commits to."""
    return sa.func.json_array_length(sa.cast(entry, sa.Text), "$.recipients.sha256")


def _day(conn: sa.Connection, number: int, mails: int, accepted: int, states: dict[str, int]) -> Day:
    def of(some: frozenset[State]) -> int:
        return sum(states.get(state, 0) for state in some)

    known = DELIVERED | HELD | RETURNED | DELETED
    start = number * DAY - JST_SECONDS
    return Day(
        day=_EPOCH + timedelta(days=number),
        mails=mails,
        accepted=accepted,
        delivered=of(DELIVERED),
        held=of(HELD),
        returned=of(RETURNED),
        deleted=of(DELETED),
        in_work=of(frozenset(State) - known),
        refused=count(conn, Query(kind="refused", since=start, until=start + DAY)),
    )

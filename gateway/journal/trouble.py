"""The trouble register's table (LG-06), and the row that an alarm opens in the transaction that records it.

No alarm without its row.  What people write there is `gateway.evidence.troubles`.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.journal.events import Alarm
from gateway.store.schema import metadata

GATEWAY = "gateway"

trouble = sa.Table(
    "trouble",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("alarm", sa.Text, nullable=False),  # "" = opened by hand
    sa.Column("times", sa.Integer, nullable=False),  # that the alarm was raised while this is open
    sa.Column("last_at", sa.Double, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("english", sa.Text, nullable=False, server_default=""),  # what an alarm said, beside `what`
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("down_minutes", sa.Integer, nullable=False),
    sa.Column("mails", sa.Text, nullable=False),  # receipts, as somebody wrote them
    sa.Column("closed_at", sa.Double),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Index("trouble_open", "alarm", sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL")),
    sqlite_autoincrement=True,
)


def raised(conn: sa.Connection, alarm: Alarm, now: float) -> None:
    """The same alarm again belongs to the trouble that is still open."""
    still_open = sa.and_(trouble.c.alarm == alarm.name, trouble.c.closed_at.is_(None))
    again = trouble.update().where(still_open).values(times=trouble.c.times + 1, last_at=now)
    if not conn.execute(again).rowcount:
        what, english = (alarm.ja, alarm.detail) if alarm.ja else (alarm.detail, "")
        add(conn, opened_by=GATEWAY, alarm=alarm.name, what=what, english=english, now=now)


def add(conn: sa.Connection, *, opened_by: str, alarm: str, what: str, english: str = "", now: float) -> int:
    empty = {"english": english, "cause": "", "action": "", "down_minutes": 0, "mails": "", "closed_by": ""}
    values = {"opened_at": now, "last_at": now, "opened_by": opened_by, "alarm": alarm, "what": what, "times": 1, **empty}
    [number] = conn.execute(trouble.insert(), values).inserted_primary_key or (0,)
    return int(number)

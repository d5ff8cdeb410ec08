"""The tables of stops; an ended one stays, with who ended it and why."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

halt = sa.Table(
    "halt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # address or IP in lower case; a case for mails; "" for a side
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),  # the first of the two people who resume; "" = nobody asked yet
    sa.Column("asked_reason", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Double, index=True),
    sa.Column("ended_by", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

halted_mail = sa.Table(
    "halted_mail",  # of a stop that is about these mails and no others
    metadata,
    sa.Column("halt", sa.ForeignKey("halt.id"), primary_key=True),
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
)

"""The catalogue's tables: what a mail is found by, and what it shares with others."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

catalogue = sa.Table(
    "catalogue",
    metadata,
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("words", sa.Text, nullable=False),  # folded
    sa.Column("subject", sa.Text, nullable=False, server_default=""),  # as it reads
    sqlite_with_rowid=False,  # in the order of the ids, which is that of time
)

likeness = sa.Table(
    "likeness",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

"""The table of the directory: one row for each version, whole; the newest counts, the older ones say who was head then."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

directory = sa.Table(
    "directory",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON of directory.model.Directory
    sqlite_autoincrement=True,
)

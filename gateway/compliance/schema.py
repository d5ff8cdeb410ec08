"""The table of improvement plans: what is to be done about a requirement that is not met, by whom, until when (AU-02)."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

improvement = sa.Table(
    "improvement",
    metadata,
    sa.Column("profile", sa.String(64), primary_key=True),
    sa.Column("requirement", sa.String(8), primary_key=True),  # "LG-08"
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("due", sa.Text, nullable=False),  # as people write it
)

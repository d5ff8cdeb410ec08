"""The tables of audit findings: each as it stands, and its steps.  Nothing is ever deleted from them.  Times: Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER column

finding = sa.Table(
    "audit_finding",
    metadata,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("requirement", sa.String(8), nullable=False),  # "LG-08"; "" = of the clause only
    sa.Column("clause", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # receipts and samples, by a space
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("section", sa.Text, nullable=False),  # who answers for it
    sa.Column("role", sa.String(8), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False, index=True),
    sa.Column("due", sa.String(10), nullable=False),  # "2026-12-31", in Japan
    sa.Column("plan", sa.Text, nullable=False),  # what will be done
    sa.Column("told", sa.String(10), nullable=False, server_default=""),  # day of the last letter that the calendar sent
    sa.Column("closed_at", sa.Double),
    sa.Column("closed_by", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

step = sa.Table(
    "audit_step",
    metadata,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("finding", sa.ForeignKey("audit_finding.id"), nullable=False, index=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),  # the same whatever account somebody uses
    sa.Column("section", sa.Text, nullable=False),  # of a look elsewhere
    sa.Column("result", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

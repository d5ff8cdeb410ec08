"""The tables of the workflow: cases, their history, which mail used which exception, one-time links.  Times: Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER column

case = sa.Table(
    "workflow_case",  # CASE is a reserved word
    metadata,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("final", sa.Boolean, nullable=False),
    sa.Column("rung", sa.Integer, nullable=False),
    sa.Column("applicant", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("parties", sa.Text, nullable=False),  # JSON
    sa.Column("message", sa.ForeignKey("message.id"), index=True),
    sa.Column("entry", sa.ForeignKey("quarantine.id"), index=True),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("due_at", sa.Double, index=True),  # when the clock acts
    sa.Column("tell_at", sa.Double, index=True),  # when who must act is written to
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("opening", sa.Text, nullable=False),  # JSON of workflow.model.Opening: as it was asked for
    sa.Column("version", sa.Integer, nullable=False),  # one up at each change: an act happens once
    sa.Index("case_open", "kind", "stage"),
    sqlite_autoincrement=True,
)

step = sa.Table(
    "workflow_step",
    metadata,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("case", sa.ForeignKey("workflow_case.id"), nullable=False, index=True),
    sa.Column("at", sa.Double, nullable=False, index=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("on_behalf", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("before", sa.String(16), nullable=False),
    sa.Column("after", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

use = sa.Table(
    "workflow_use",  # which mail an exception or approval changed the decision of (EX-03)
    metadata,
    sa.Column("case", sa.ForeignKey("workflow_case.id"), primary_key=True),
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
)

token = sa.Table(
    "workflow_token",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),  # SHA-256: the token itself is only in the mail
    sa.Column("case", sa.ForeignKey("workflow_case.id"), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double),
)

"""The tables of stops.  Whether one has ended, and by whom, says the case of the workflow that was opened to end it."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata
from gateway.workflow import schema as workflow  # noqa: F401 -- its table is named below

halt = sa.Table(
    "halt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # address or IP in lower case; a case for mails; "" for a side
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("case", sa.ForeignKey("workflow_case.id"), index=True),  # the last one that was to end it
    sqlite_autoincrement=True,
)

halted_mail = sa.Table(
    "halted_mail",  # of a stop that is about these mails and no others
    metadata,
    sa.Column("halt", sa.ForeignKey("halt.id"), primary_key=True),
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
)

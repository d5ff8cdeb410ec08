"""The tables of policy: what it remembers (who wrote with whom, what came in a moment ago), and its own versions."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata
from gateway.workflow.schema import NUMBER

correspondent = sa.Table(
    "correspondent",
    metadata,
    sa.Column("theirs", sa.Text, primary_key=True),  # addresses in lower case
    sa.Column("ours", sa.Text, primary_key=True),
    sa.Column("last_at", sa.Double, nullable=False, index=True),
)

arrival = sa.Table(
    "arrival",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # of a Message-ID or of words; the words are not kept
    sa.Column("at", sa.Double, nullable=False, index=True),
)

listed = sa.Table(
    "listed_sender",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("stance", sa.String(8), nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),  # a@b.example, @b.example, or a SHA-256; lower case
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("until", sa.Double, nullable=False),  # removing an entry ends it
    sqlite_autoincrement=True,
)

policy_version = sa.Table(
    "policy_version",
    metadata,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("text", sa.Text, nullable=False),  # YAML as it was written, comments too
    sa.Column("version", sa.String(12), nullable=False),  # as decisions name it: of the values
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("saved_at", sa.Double, nullable=False),  # Unix time
    sa.Column("case", sa.ForeignKey("workflow_case.id"), index=True),  # NULL: a draft; from then on the text never changes
    sqlite_autoincrement=True,
)

"""Which gateways work on this store: each says once a minute that it lives, what it is and by which rules it judges (AVL-01).

For the dashboard: a node that is silent, older or by other rules is seen.  Who takes over whose mail is the leases'.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from gateway.store.schema import metadata

SILENT = 180.0  # seconds without a word: three missed
FORGOTTEN = 30 * 86_400.0  # seconds; by then it was taken down on purpose

node = sa.Table(
    "node",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("sandbox_level", sa.Integer, nullable=False),
    sa.Column("healthy", sa.Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Node:
    name: str  # of the machine
    started_at: float  # Unix time
    seen_at: float
    version: str
    policy: str  # the version of the rules
    sandbox_level: int
    healthy: bool

    def is_silent(self, now: float) -> bool:
        return now - self.seen_at > SILENT


def note(conn: sa.Connection, here: Node) -> None:
    conn.execute(node.delete().where((node.c.name == here.name) | (node.c.seen_at < here.seen_at - FORGOTTEN)))
    conn.execute(node.insert().values(asdict(here)))


def known(conn: sa.Connection) -> list[Node]:
    """By name."""
    return [Node(*row) for row in conn.execute(sa.select(node).order_by(node.c.name))]

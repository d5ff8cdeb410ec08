"""The tables of the API: tokens, and answers kept for requests that come twice."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

token = sa.Table(
    "api_token",
    metadata,
    sa.Column("mark", sa.String(8), primary_key=True),  # the part of the token that may be shown
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of the whole; "" = its owner has not taken it yet
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("account", sa.ForeignKey("console_account.name"), nullable=False, index=True),
    sa.Column("scopes", sa.Text, nullable=False),  # blank-separated, as the two below
    sa.Column("patterns", sa.Text, nullable=False),  # of recipients; "" = as far as its owner sees
    sa.Column("networks", sa.Text, nullable=False),  # "" = from wherever the console lets somebody connect
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("revoked_at", sa.Double),
    sa.Column("used_at", sa.Double),
    sa.Column("used_from", sa.Text, nullable=False),
)

answer = sa.Table(
    "api_answer",
    metadata,
    sa.Column("token", sa.ForeignKey("api_token.mark"), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),  # SHA-256 of the Idempotency-Key
    sa.Column("request", sa.String(64), nullable=False),  # SHA-256 of method, path and body
    sa.Column("status", sa.Integer, nullable=False),  # 0 = under way, or we died on it
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.Double, nullable=False, index=True),
)

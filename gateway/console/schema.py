"""The console's tables: people, their second factors, their sessions, their failures."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

account = sa.Table(
    "console_account",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),  # lower case; an address for who was not invited
    sa.Column("origin", sa.String(16), nullable=False, server_default="invited"),  # accounts.Origin
    sa.Column("subject", sa.Text, nullable=False, server_default=""),  # `sub` of the OpenID provider, for good
    sa.Column("display", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),  # blank-separated Role values
    sa.Column("scope", sa.Text, nullable=False),  # blank-separated patterns of recipients
    sa.Column("address", sa.Text, nullable=False),  # who this is in the directory; "" = nobody there
    sa.Column("password", sa.Text, nullable=False),  # argon2id; "" = not set yet
    sa.Column("totp", sa.LargeBinary),  # sealed; NULL = none
    sa.Column("totp_step", sa.Integer, nullable=False),  # the newest one used: a code serves once
    sa.Column("handle", sa.LargeBinary, nullable=False),  # WebAuthn's user.id: says nothing about the person
    sa.Column("suspended", sa.Boolean, nullable=False),  # AC-10
    sa.Column("until", sa.String(10), nullable=False, server_default=""),  # last day, 2027-03-31; "" = no end (AC-03, ML-10)
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("signed_in_at", sa.Double),  # AC-01 shows these three at the next sign-in
    sa.Column("signed_in_from", sa.Text, nullable=False),
    sa.Column("signed_out_at", sa.Double),
    sa.Column("failures", sa.Integer, nullable=False),  # since the last sign-in
)

passkey = sa.Table(
    "console_passkey",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("account", sa.ForeignKey("console_account.name"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
)

recovery = sa.Table(
    "console_recovery",
    metadata,
    sa.Column("account", sa.ForeignKey("console_account.name"), primary_key=True),
    sa.Column("code", sa.String(64), primary_key=True),  # SHA-256
)

invitation = sa.Table(
    "console_invitation",
    metadata,
    sa.Column("code", sa.String(64), primary_key=True),  # SHA-256
    sa.Column("account", sa.Text, nullable=False),  # "" = the first person, who chooses a name
    sa.Column("expires_at", sa.Double, nullable=False),
)

session = sa.Table(
    "console_session",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # SHA-256 of the cookie
    sa.Column("account", sa.ForeignKey("console_account.name"), nullable=False, index=True),
    sa.Column("whole", sa.Boolean, nullable=False),  # the second factor was shown, or is not needed
    sa.Column("method", sa.Text, nullable=False, server_default=""),  # how the person proved who it is
    sa.Column("standing", sa.Text, nullable=False, server_default=""),  # roles and scope when it began: other ones end it
    sa.Column("began_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("elevated_until", sa.Double, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
)

code = sa.Table(
    "console_code",  # sent by mail to whoever has no account; one at a time for each address
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("code", sa.String(64), nullable=False),  # SHA-256
    sa.Column("sent_at", sa.Double, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),  # wrong ones
)

attempt = sa.Table(
    "console_attempt",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Double, nullable=False),
)

"""The store's key `spool.key`: who holds it can read contents; who only has the store can put some in, and read none.

The store names the public half, so that a key which is lost, or belongs to another store, is known before anything starts.
Raises NoKey.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.journal.note import durable_write
from gateway.store.db import Db
from gateway.store.schema import metadata
from gateway.trouble import Trouble

FILE = "spool.key"  # in the state directory
_BYTES = 32  # of an X25519 private key (RFC 7748 5): any will do

master_key = sa.Table(
    "master_key",
    metadata,
    sa.Column("public", sa.LargeBinary, primary_key=True),  # the other half of `spool.key`; one row
)


class NoKey(Trouble):
    """The key that reads contents is not here, or is not the one of this store."""


def opened(db: Db, file: Path) -> X25519PrivateKey:
    """A store that has none yet gets one.  Never a new one for a store that has: what it holds would be lost."""
    return db.at_once(_settled, file)


def _settled(conn: sa.Connection, file: Path) -> X25519PrivateKey:
    """Under the store's lock: of two that start together one makes it.  The file is durable before the row."""
    public = conn.scalar(sa.select(master_key.c.public))
    if public is None and not file.exists():
        durable_write(file, secrets.token_bytes(_BYTES))
    key = _read(file)
    if public is None:
        conn.execute(master_key.insert().values(public=key.public_key().public_bytes_raw()))
    elif key.public_key().public_bytes_raw() != public:
        raise NoKey(f"{file} belongs to another store: put back the copy of this one's key")
    return key


def _read(file: Path) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(file.read_bytes())
    except FileNotFoundError:
        raise NoKey(f"{file} is missing, and no mail in the store can be read without it: put back its copy") from None
    except OSError as error:
        raise NoKey(f"{file}: {error.strerror}") from None
    except ValueError:
        raise NoKey(f"{file} is no key of a store ({_BYTES} bytes): put back its copy") from None

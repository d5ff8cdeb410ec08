"""Each content's own key, and `spool.key`, for which they are wrapped: who holds it reads contents; who only has the store can
put some in, and read none.

HPKE (RFC 9180): the store names the public half, so that letters are written in the transaction of what they tell, by a console
that may read no mail; and a `spool.key` that is lost, or another store's, is known before anything starts.

A wrapped key lies in exactly one place: rows are added at the end and never change their length, so SQLite moves none and
leaves no copy in pages that it frees; `destroying` zeroes it there, and `Db.empty_log` removes what the write-ahead log has.
Another `spool.key` is made by `rotation.py`; if that dies, whoever opens the store next finishes it.  Raises NoKey, InvalidTag.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gateway.journal.note import durable_write
from gateway.spool import vouching
from gateway.store.db import Db
from gateway.store.schema import cleared, content_key, message, metadata
from gateway.trouble import Trouble

FILE = "spool.key"  # in the state directory
NEXT = ".next"  # after the name: a key that is about to take its place
_BYTES = 32  # of an X25519 private key (RFC 7748 5): any will do
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_WRAPPED = 32 + 32 + 16  # ephemeral public key, the content's key, tag
DESTROYED = bytes(_WRAPPED)

master_key = sa.Table(
    "master_key",
    metadata,
    sa.Column("public", sa.LargeBinary, primary_key=True),  # the other half of `spool.key`; one row
    sa.Column("since", sa.Double, nullable=False, server_default="0"),  # in force; 0 = nobody noted it
)

_PUBLIC = sa.select(master_key.c.public)  # made once: building a statement costs more than running it


class NoKey(Trouble):
    """The key that reads contents is not here, or is not the one of this store."""


def opened(db: Db, file: Path) -> X25519PrivateKey:
    """A store that has none yet gets one.  Never a new one for a store that has: what it holds would be lost."""
    key = db.at_once(_settled, file)
    db.pin(master_key.name, key.public_key())  # somebody may write another one: what comes would be lost to us
    return key


def next_to(file: Path) -> Path:
    return file.with_name(file.name + NEXT)


def put(conn: sa.Connection, key: bytes, about: bytes) -> int:
    """The number of its row.  `about` says which content it opens: beside another one it opens nothing."""
    made = conn.execute(content_key.insert(), {"wrapped": wrapped(key, _public_of(conn), about)}).inserted_primary_key
    assert made is not None
    return int(made[0])


def _public_of(conn: sa.Connection) -> X25519PublicKey:
    """It never changes, so each connection asks once."""
    if (known := conn.info.get(master_key.name)) is None:
        if (public := conn.scalar(_PUBLIC)) is None:
            raise NoKey("the store has no key yet: start the gateway once")
        known = conn.info[master_key.name] = X25519PublicKey.from_public_bytes(public)
    return known


def wrapped(key: bytes, public: X25519PublicKey, about: bytes) -> bytes:
    return bytes(_SUITE.encrypt(key, public, about))


def unwrapped(key: X25519PrivateKey, wrapped: bytes, about: bytes) -> bytes:
    """Raises InvalidTag."""
    return bytes(_SUITE.decrypt(wrapped, key, about))


def since(conn: sa.Connection) -> float:
    """Unix time from which this key is in force; 0 = nobody noted it."""
    return float(conn.scalar(sa.select(master_key.c.since)) or 0)


def destroying(which: sa.Select[tuple[int]]) -> sa.Update:
    """What was encrypted with them is gone for good, wherever copies of it lie (DS-01)."""
    return content_key.update().where(content_key.c.id.in_(which)).values(wrapped=DESTROYED)


def in_clear(conn: sa.Connection) -> int:
    """How many contents an earlier version left that have no key: they go with their term, as ever.  Reads all of the store."""
    there = (
        sa.and_(t.c.content_key.is_(None), sa.or_(t.c.content.is_not(None), t.c.blob.is_not(None))) for t in (message, cleared)
    )
    return sum(conn.scalar(sa.select(sa.func.count()).where(each)) or 0 for each in there)


def _settled(conn: sa.Connection, file: Path) -> X25519PrivateKey:
    """Under the store's lock: of two that start together one makes it.  The file is durable before the row."""
    public = conn.scalar(_PUBLIC)
    if (following := next_to(file)).exists():
        _finish(file, following, public)
    if public is None and not file.exists():
        durable_write(file, secrets.token_bytes(_BYTES))
    key = _read(file)
    if public is None:
        conn.execute(master_key.insert().values(public=key.public_key().public_bytes_raw(), since=time.time()))
        vouching.mark_all(conn, key)  # copies of an earlier version that wait for the next hop
    elif key.public_key().public_bytes_raw() != public:
        raise NoKey(f"{file} belongs to another store: put back the copy of this one's key")
    return key


def _finish(file: Path, following: Path, public: bytes | None) -> None:
    """The store says which of the two is its key; the other one is overwritten and gone."""
    in_force = _read(following).public_key().public_bytes_raw() == public
    for each in (file,) if in_force else (following,):
        if each.exists():
            with each.open("r+b") as gone:
                gone.write(bytes(_BYTES))
                gone.flush()
                os.fsync(gone.fileno())
    if in_force:
        following.rename(file)
    else:
        following.unlink()


def _read(file: Path) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(file.read_bytes())
    except FileNotFoundError:
        raise NoKey(f"{file} is missing, and no mail in the store can be read without it: put back its copy") from None
    except OSError as error:
        raise NoKey(f"{file}: {error.strerror}") from None
    except ValueError:
        raise NoKey(f"{file} is no key of a store ({_BYTES} bytes): put back its copy") from None

"""Another `spool.key`: each content's key is unwrapped and wrapped for the new one; the contents stay as they are.

Nobody else may have the store open: who knows the old key would go on wrapping for it, and that would be lost.  It is one
transaction.  The new key is durable beside the old one before that commits, and the store names the one in force, so after a
crash at any moment `keys.opened` finds it, and destroys the other.  Raises StoreUnavailable, NoKey.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import journal
from gateway.journal.note import durable_write
from gateway.spool import keys, vouching
from gateway.spool.contents import Stored, about
from gateway.store.db import Db, alone
from gateway.store.schema import cleared, content_key, message

_BATCH = 10_000  # rows in memory, some 3 MB

Progress = Callable[[int, int], None]  # done, and of how many


@dataclass(frozen=True, slots=True)
class Rotated:
    contents: int
    damaged: int  # could not be read before either


def rotate(database: Path, file: Path, actor: str, reason: str, now: float, progress: Progress) -> Rotated:
    old, owner = _opened(database, file), file.stat()
    with alone(database) as conn:
        new = X25519PrivateKey.from_private_bytes(secrets.token_bytes(32))
        durable_write(keys.next_to(file), new.private_bytes_raw())
        os.chown(keys.next_to(file), owner.st_uid, owner.st_gid)  # whoever says this command: the gateway must read it
        done = _wrapped_anew(conn, old, new, progress)
        vouching.mark_anew(conn, old, new)
        conn.execute(keys.master_key.update().values(public=new.public_key().public_bytes_raw(), since=now))
        event = journal.KeyRotated(actor=actor, reason=reason, key=file.name, contents=done.contents, damaged=done.damaged)
        journal.insert(conn, [event], now)
    _opened(database, file)  # puts the new key in its place
    return done


def _opened(database: Path, file: Path) -> X25519PrivateKey:
    db = Db(database)
    try:
        return keys.opened(db, file)
    finally:
        db.close()


def _wrapped_anew(conn: sa.Connection, old: X25519PrivateKey, new: X25519PrivateKey, progress: Progress) -> Rotated:
    there = content_key.c.wrapped != keys.DESTROYED
    total = conn.scalar(sa.select(sa.func.count()).select_from(content_key).where(there)) or 0
    last, contents, damaged = 0, 0, 0
    of = sa.func.coalesce(message.c.size, cleared.c.size), sa.func.coalesce(message.c.sha256, cleared.c.sha256)
    joined = content_key.outerjoin(message, message.c.content_key == content_key.c.id)
    joined = joined.outerjoin(cleared, cleared.c.content_key == content_key.c.id)
    query = sa.select(content_key.c.id, content_key.c.wrapped, *of).select_from(joined).where(there).order_by(content_key.c.id)
    while rows := conn.execute(query.where(content_key.c.id > last).limit(_BATCH)).all():
        for number, wrapped, size, sha256 in rows:
            content = about(Stored(size, sha256, None, None, None))
            try:
                again = keys.wrapped(keys.unwrapped(old, wrapped, content), new.public_key(), content)
                contents += 1
            except InvalidTag:
                again, damaged = wrapped, damaged + 1
            conn.execute(content_key.update().where(content_key.c.id == number).values(wrapped=again))
        last = rows[-1].id
        progress(contents + damaged, total)
    return Rotated(contents, damaged)

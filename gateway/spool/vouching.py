"""The gateway's mark on each copy that it made: without it nothing but a plain letter leaves, whatever the database says.

A console that is a user of its own may write the database (`gateway/rights.py`), and whoever takes that console may put bytes
of their own there; the marks need `spool.key`, which only the gateway's user can read.  A mark binds number, mail, direction,
sender, recipients, digest and warrant.  Letters that are written in the transaction of what they tell have none: those are
looked at before they leave.  What becomes of an unmarked copy is the pipeline's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.store.schema import cleared, job, message, metadata, recipient

P = ParamSpec("P")
T = TypeVar("T")

_PURPOSE = b"mugai: this copy was made by the gateway"

voucher = sa.Table(
    "voucher",
    metadata,
    sa.Column("copy", sa.ForeignKey("cleared.id"), primary_key=True),
    sa.Column("recipients", sa.Text, nullable=False),  # JSON, of all that it was made for
    sa.Column("mark", sa.LargeBinary, nullable=False),
)

_COLUMNS = (cleared.c.id, cleared.c.message, cleared.c.sender, cleared.c.smtputf8, cleared.c.sha256, cleared.c.warrant)
_COPIES = sa.select(*_COLUMNS, message.c.direction).join(message, message.c.id == cleared.c.message)
_AFTER = _COPIES.where(cleared.c.id > sa.bindparam("last"))
_NEWEST = sa.select(sa.func.max(cleared.c.id))
_FOR = (
    sa.select(recipient.c.address)
    .join(job, job.c.id == recipient.c.job)
    .where(job.c.cleared == sa.bindparam("copy"))
    .order_by(recipient.c.address)
)
FORGET = voucher.delete().where(voucher.c.copy == sa.bindparam("copy_"))


def vouched(
    conn: sa.Connection,
    key: X25519PrivateKey | None,
    write: Callable[Concatenate[sa.Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """`write`, and a mark on every copy that it makes; without a key none."""
    last = conn.scalar(_NEWEST) or 0
    done = write(conn, *args, **kwargs)
    if key is not None:
        mark_all(conn, key, last)
    return done


def mark_all(conn: sa.Connection, key: X25519PrivateKey, last: int = 0) -> None:
    """Those after `last`."""
    for row in conn.execute(_AFTER, {"last": last}).all():
        recipients = list(conn.scalars(_FOR, {"copy": row.id}))
        if recipients:
            mark = _mark(key, row, recipients)
            told = json.dumps(recipients, ensure_ascii=False)
            conn.execute(voucher.insert().values(copy=row.id, recipients=told, mark=mark))


def is_vouched(conn: sa.Connection, key: X25519PrivateKey, copy: int, recipients: Sequence[str]) -> bool:
    """This copy, for these or more recipients."""
    row = conn.execute(_COPIES.where(cleared.c.id == copy)).one_or_none()
    found = conn.execute(sa.select(voucher).where(voucher.c.copy == copy)).one_or_none()
    if row is None or found is None:
        return False
    known = json.loads(found.recipients)
    return hmac.compare_digest(found.mark, _mark(key, row, known)) and set(recipients) <= set(known)


def mark_anew(conn: sa.Connection, old: X25519PrivateKey, new: X25519PrivateKey) -> None:
    """What has a good mark gets one by `new`; what has none, or a false one, stays as it is."""
    for each in conn.execute(sa.select(voucher)).all():
        row, known = conn.execute(_COPIES.where(cleared.c.id == each.copy)).one_or_none(), json.loads(each.recipients)
        if row is not None and hmac.compare_digest(each.mark, _mark(old, row, known)):
            conn.execute(voucher.update().where(voucher.c.copy == each.copy).values(mark=_mark(new, row, known)))


def _mark(key: X25519PrivateKey, row: Sequence[Any], recipients: Sequence[str]) -> bytes:
    facts = json.dumps([*row, *recipients], ensure_ascii=False).encode("utf-8", "surrogateescape")
    return hmac.digest(hmac.digest(key.private_bytes_raw(), _PURPOSE, hashlib.sha256), facts, hashlib.sha256)

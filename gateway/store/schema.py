"""The tables: mail and its recipients' states, the queue, quarantine, the journal.

A change here needs a new VERSION, and in `growth.py` the way from those that were handed out.  A store of a version that is
not known there is refused (`SchemaMismatch`), never guessed at.
Plain SQLAlchemy Core that PostgreSQL takes as well.  Times are Unix seconds.
"""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 8

metadata = sa.MetaData()
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER column

store_version = sa.Table("store_version", metadata, sa.Column("version", sa.Integer, primary_key=True))

content_key = sa.Table(  # keys of contents, wrapped (spool/keys.py); a row never moves: whoever zeroes it has destroyed the key
    "content_key",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("receipt", sa.String(24), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),  # "mail", or what Mugai wrote itself: "dsn", "notice"
    sa.Column("about", sa.String(26), nullable=False),  # the message that a dsn or notice speaks of
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),  # JSON of model.Client
    sa.Column("smtputf8", sa.Boolean, nullable=False),
    sa.Column("body_8bit", sa.Boolean, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("finished_at", sa.Double),  # when the last recipient reached a final state
    sa.Column("ingest_key", sa.String(64), nullable=False),  # "" for what Mugai wrote itself
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("trace", sa.LargeBinary, nullable=False),  # our Received field; never part of the original
    sa.Column("content", sa.LargeBinary),  # the original, if small
    sa.Column("blob", sa.String(64)),  # the original's file, if large; both NULL after disposal
    sa.Column("content_key", sa.ForeignKey("content_key.id")),  # NULL = in clear, as versions before 8 kept it
)
sa.Index("message_ingest", message.c.ingest_key, message.c.received_at)
sa.Index("message_received", message.c.received_at)
sa.Index("message_finished", message.c.finished_at)
sa.Index("message_blob", message.c.blob)
SENT = message.c.direction == sa.literal_column("'outbound'")  # spelt out: an index is used for its own words only
sa.Index("message_sent", sa.func.lower(message.c.sender), message.c.id, sqlite_where=SENT, postgresql_where=SENT)
_written = message.c.about != ""
sa.Index("message_about", message.c.about, sqlite_where=_written, postgresql_where=_written)

cleared = sa.Table(
    "cleared",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("message", sa.ForeignKey("message.id"), nullable=False, index=True),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("smtputf8", sa.Boolean, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("warrant", sa.Text),  # JSON of model.Warrant, of a copy with files as they came
    sa.Column("content", sa.LargeBinary),  # both NULL once its job is done: nobody needs it again
    sa.Column("blob", sa.String(64), index=True),
    sa.Column("content_key", sa.ForeignKey("content_key.id")),  # as above
    sqlite_autoincrement=True,
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("work", sa.String(16), nullable=False),
    sa.Column("message", sa.ForeignKey("message.id"), nullable=False, index=True),
    sa.Column("cleared", sa.ForeignKey("cleared.id")),
    sa.Column("visible_at", sa.Double, nullable=False),  # ready at | try again at | lease ends at
    sa.Column("due_at", sa.Double, nullable=False),  # its place in the queue, which a lost lease does not cost it
    sa.Column("owner", sa.Text),  # NULL = nobody works on it
    sa.Column("token", sa.Integer, nullable=False),  # the fence against whoever lost the lease (leases.py)
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("frozen", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),  # what the last try said, for the operator
    sa.Column("grant_json", sa.Text),  # JSON of model.Grant; GRANT is a reserved word
    sqlite_autoincrement=True,
)
_free = sa.and_(job.c.owner.is_(None), job.c.frozen.is_(sa.false()))
sa.Index("job_ready", job.c.work, job.c.visible_at, sqlite_where=_free, postgresql_where=_free)
_leased = job.c.owner.is_not(None)
sa.Index("job_leased", job.c.visible_at, sqlite_where=_leased, postgresql_where=_leased)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("message", sa.ForeignKey("message.id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),  # one up at each change: a release happens once
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("recipients", sa.Text, nullable=False),  # JSON; as they were when the mail was held
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("verdict", sa.Integer, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("kept_by", sa.Text, nullable=False, server_default=""),  # a legal hold: not expired, not deleted
    sa.Column("restored", sa.Text, nullable=False, server_default=""),  # from the backup of then, and not yet confirmed
    sa.Column("decision", sa.Text, nullable=False),  # JSON of model.Decision
    sa.Column("report", sa.Text),  # JSON of model.PartReport; NULL when the mail could not be inspected
    sa.Column("held_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Index("quarantine_due", "state", "expires_at"),
    # wide rows, narrow list: what a reviewer filters by is read from here alone (docket.py)
    sa.Index("quarantine_listed", "state", "id", "rule", "verdict", "sender", "held_at", "message"),
    sqlite_autoincrement=True,
)

recipient = sa.Table(
    "recipient",
    metadata,
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),  # the order of RCPT
    sa.Column("state", sa.String(24), nullable=False),
    sa.Column("job", sa.ForeignKey("job.id"), index=True),
    sa.Column("quarantine", sa.ForeignKey("quarantine.id"), index=True),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)
# what waits for one person: of all mail there ever was only a narrow part
_waits = recipient.c.quarantine.is_not(None)
_address = sa.func.lower(recipient.c.address)
sa.Index("recipient_held", _address, recipient.c.quarantine, sqlite_where=_waits, postgresql_where=_waits)

journal_pending = sa.Table(  # written in the transaction of the fact; the sealer moves it on within a second
    "journal_pending",
    metadata,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("item", sa.String(26), nullable=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),  # canonical JSON: what is hashed is what is kept
    sqlite_autoincrement=True,  # an id is never used twice: journal_personal refers to it for ever
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),  # dense, from 0
    sa.Column("event", _NUMBER, nullable=False, unique=True),  # its id in journal_pending
    sa.Column("at", sa.Double, nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("item", sa.String(26), nullable=False, index=True),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),  # RFC 6962 2.1 leaf hash
)

journal_personal = sa.Table(  # clear text of what the entries only commit to; erasing a row leaves the tree valid
    "journal_personal",
    metadata,
    sa.Column("event", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("field", sa.String(32), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.Text, nullable=False, index=True),
)

journal_head = sa.Table(  # one row: the tree's right edge
    "journal_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("frontier", sa.LargeBinary, nullable=False),
)

journal_checkpoint = sa.Table(
    "journal_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

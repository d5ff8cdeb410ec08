"""Opens the store of one installation for the gateway or for one command.  Raises StoreUnavailable, SchemaMismatch, NoKey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import gateway.api.schema
import gateway.audit.schema
import gateway.compliance.schema
import gateway.console.schema
import gateway.disk
import gateway.nodes  # noqa: F401  (whoever opens a new store first makes the tables of every room)
from gateway.clock import Clock
from gateway.cutoff import Stops
from gateway.directory import Book
from gateway.journal import Journal
from gateway.quarantine import Quarantine
from gateway.settings import Settings
from gateway.spool import Spool, keys
from gateway.store.blobs import Blobs
from gateway.store.db import Db


@dataclass(frozen=True, slots=True)
class Store:
    db: Db
    clock: Clock
    spool: Spool
    quarantine: Quarantine
    journal: Journal
    directory: Book
    stops: Stops


@contextmanager
def open_store(settings: Settings, *, apart: bool = False) -> Iterator[Store]:
    """Everything under `state_directory`: database, blobs, the journal's key.  `apart`: a process of another user, that has
    the database and no right to contents and keys."""
    clock = Clock()
    db = Db(settings.place("mugai.sqlite"))
    try:
        retention = settings.retention
        blobs = Blobs(settings.place("blobs"), ours=not apart)
        spool = Spool(
            db,
            blobs,
            clock,
            None if apart else keys.opened(db, settings.place(keys.FILE)),
            quarantine_days=retention.quarantine_days,
            originals_days=retention.originals_days,
            by_permission=retention.approval,
        )
        journal = Journal(db, clock, settings.place("journal.key"), settings.hostname, signs=not apart)
        yield Store(db, clock, spool, Quarantine(db, spool, clock), journal, Book(db, clock), Stops(db, clock))
    finally:
        db.close()

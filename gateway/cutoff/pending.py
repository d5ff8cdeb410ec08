"""A stop for a store that is locked: a file that the gateway takes up within a second, or when it starts.

A gateway that hangs inside a transaction keeps everybody from writing; the one who wants to stop it must not have to wait.
The state directory is the gateway's own user's (0700), so who can leave a file there could write the store as well.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from gateway.cutoff import register
from gateway.cutoff.register import Halt, Scope, Stops
from gateway.store.db import StoreUnavailable
from gateway.store.values import dump, load

DIRECTORY = "stops"  # in the state directory


@dataclass(frozen=True, slots=True)
class Wanted:
    scope: Scope
    value: str
    actor: str
    reason: str


async def stop(stops: Stops, state: Path, wanted: Wanted) -> Halt | None:
    """At once, or, with None, as soon as the gateway breathes: the store is locked.  Raises ValueError, OSError."""
    try:
        return await stops.stop(wanted.scope, wanted.value, wanted.actor, wanted.reason)
    except StoreUnavailable:
        leave(state, replace(wanted, value=register.valid(wanted.scope, wanted.value)))
        return None


def leave(state: Path, wanted: Wanted) -> None:
    """Durable when it returns.  Raises OSError."""
    place = state / DIRECTORY
    place.mkdir(mode=0o700, exist_ok=True)
    unfinished = place / f".{secrets.token_hex(8)}"
    with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(dump(wanted))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(place / unfinished.name[1:])
    directory = os.open(place, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def left(state: Path) -> Iterator[tuple[Path, Wanted]]:
    """What lies there.  A file that is none of ours is left alone."""
    with suppress(FileNotFoundError):
        for path in sorted((state / DIRECTORY).iterdir()):
            with suppress(ValidationError, OSError, UnicodeDecodeError):
                if not path.name.startswith("."):
                    yield path, load(Wanted, path.read_text("utf-8"))

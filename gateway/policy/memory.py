"""What policy remembers of mail that went through: who wrote with whom, what came in a moment ago (ML-04, ML-05).

Written in the transaction that settles a step, so that it is as true as the states are; of contents only digests are kept.
Operations inside a transaction; `Memory` asks for the observers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.clock import Clock
from gateway.observation import Arrival, Correspondence, Learnt
from gateway.policy.schema import arrival, correspondent
from gateway.store.db import Db
from sanitizers.disclosure.folding import compatible
from sanitizers.letter import Letter

DAY = 86_400.0
ARRIVALS = DAY  # seconds: the longest window that `observe:` allows
CORRESPONDENTS = 1_095 * DAY  # three business years without a word: a stranger again
_SHORTEST = 60  # characters of normalised text: less is a greeting that everybody writes


def remember(conn: sa.Connection, learnt: Sequence[Learnt], now: float) -> None:
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    for each in learnt:
        if isinstance(each, Correspondence):
            pair = {"theirs": each.theirs.lower(), "ours": each.ours.lower(), "last_at": now}
            fresh = insert(correspondent).values(pair)
            conn.execute(fresh.on_conflict_do_update(index_elements=["theirs", "ours"], set_={"last_at": now}))
        else:
            for digest in each.digests:
                came = insert(arrival).values(digest=digest, at=now)
                conn.execute(came.on_conflict_do_update(index_elements=["digest"], set_={"at": now}))


def forget(conn: sa.Connection, now: float) -> None:
    conn.execute(arrival.delete().where(arrival.c.at < now - ARRIVALS))
    conn.execute(correspondent.delete().where(correspondent.c.last_at < now - CORRESPONDENTS))


def arrival_of(letter: Letter) -> Arrival:
    """What would be seen again if this mail left as it came."""
    return Arrival(tuple(filter(None, (identifier(letter.message_id), *words(letter.body)))))


def identifier(message_id: str) -> str:
    return _digest(message_id) if message_id else ""


def words(body: str) -> tuple[str, str]:
    """Digests of the whole text and of its end, where a forwarded mail quotes the original; ("", "") for a short one.

    Blanks, signs, width and quoting do not count."""
    plain = re.sub(r"[\W_]+", "", compatible(body[: 1 << 20])).casefold()
    if len(plain) < _SHORTEST:
        return "", ""
    return _digest(f"whole {plain}"), _digest(f"tail {plain[-_SHORTEST:]}")


class Memory:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def came_in(self, digests: Sequence[str]) -> dict[str, float]:
        """How many seconds ago what has these digests came in."""
        now = self._clock.now()
        found = await self._db.together.read(_arrivals, [digest for digest in digests if digest])
        return {digest: now - at for digest, at in found.items()}

    async def strangers(self, addresses: Sequence[str], ours: str = "") -> tuple[str, ...]:
        """With whom nobody here ever wrote, or not `ours`."""
        known = await self._db.together.read(_known, [address.lower() for address in addresses], ours.lower())
        return tuple(address for address in addresses if address.lower() not in known)


# made once: each mail that leaves asks both, and making a query costs more than answering it
_ARRIVED = sa.select(arrival.c.digest, arrival.c.at).where(arrival.c.digest.in_(sa.bindparam("digests", expanding=True)))
_THEIRS = sa.select(correspondent.c.theirs).where(correspondent.c.theirs.in_(sa.bindparam("theirs", expanding=True)))
_THEIRS_AND_OURS = _THEIRS.where(correspondent.c.ours == sa.bindparam("ours"))


def _arrivals(conn: sa.Connection, digests: Sequence[str]) -> dict[str, float]:
    return {row.digest: row.at for row in conn.execute(_ARRIVED, {"digests": digests})}


def _known(conn: sa.Connection, theirs: Sequence[str], ours: str) -> set[str]:
    query = _THEIRS_AND_OURS if ours else _THEIRS
    return set(conn.scalars(query, {"theirs": theirs} | ({"ours": ours} if ours else {})))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

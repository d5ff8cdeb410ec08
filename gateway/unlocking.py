"""Passwords of mails that wait for one: taken over the inner door, kept in memory until the mail has left, then forgotten.

Nothing of a password reaches the disk, the journal or a log.  A gateway that dies has forgotten it, and the mail waits again.
Raises `Rejected`.  What an unlocked mail may do is policy's: it is judged anew, nothing more is allowed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.control import Rejected
from gateway.model import PartReport, QuarantineState
from gateway.quarantine import AlreadyDone, Quarantine, QuarantineEntry
from sanitizers.model import Reason, Verdict

TRIES, WINDOW = 5, 600.0  # passwords for one mail in so many seconds: people mistype, programs guess
KEPT = 3_600.0  # seconds: a mail that waits longer for its inspection (scanner down) needs its password anew
WAITS = 14 * 86_400.0  # seconds: of a mail that waits for an approval, as long as a rule may let it wait
GATEWAY = "gateway"  # who tries by itself; people are counted apart from it
LONGEST = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Unlock:
    """The verb's arguments."""

    entry: int
    actor: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The mail is in the path again."""

    item: str
    receipt: str


class Keyring:
    """What was given for which message.  Python cannot wipe a string: it is gone when the collector has been there."""

    def __init__(self, monotonic: Callable[[], float]):
        self._monotonic = monotonic
        self._given: dict[str, tuple[float, tuple[str, ...]]] = {}  # with its end
        self._tries: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def __repr__(self) -> str:
        return f"<Keyring for {len(self._given)} mails>"

    def may_try(self, item: str, who: str = "") -> bool:
        """Counts this try, too."""
        tries, now = self._tries[item, who], self._monotonic()
        while tries and now - tries[0] > WINDOW:
            tries.popleft()
        if len(tries) >= TRIES:
            return False
        tries.append(now)
        return True

    def put(self, item: str, passwords: tuple[str, ...]) -> None:
        self._given[item] = self._monotonic() + KEPT, passwords

    def keep(self, item: str) -> None:
        """For the next inspection, after somebody's decision: a sender gives one password, not two (SD-02)."""
        if passwords := self.of(item):
            self._given[item] = self._monotonic() + WAITS, passwords

    def of(self, item: str) -> tuple[str, ...]:
        now = self._monotonic()
        self._given = {key: value for key, value in self._given.items() if now <= value[0]}
        self._tries = defaultdict(deque, {k: t for k, t in self._tries.items() if t and now - t[-1] <= WINDOW})
        return self._given[item][1] if item in self._given else ()

    def forget(self, item: str) -> None:
        self._given.pop(item, None)


@dataclass(frozen=True, slots=True)
class Unlocking:
    quarantine: Quarantine
    keyring: Keyring

    async def unlock(self, asked: Unlock) -> Unlocked:
        """Raises Rejected."""
        if not 0 < len(asked.password) <= LONGEST:
            raise Rejected(f"a password has 1 to {LONGEST} characters")
        try:
            entry = await self.quarantine.show(asked.entry)
        except LookupError as unknown:
            raise Rejected(f"{unknown.args[0]}; see `mugai quarantine list`") from None
        if entry.state is not QuarantineState.HELD:
            raise Rejected(f"entry {entry.id} is {entry.state}")
        if entry.restored:
            raise Rejected(f"entry {entry.id} may have been delivered before the restore: a reviewer confirms it first")
        if entry.verdict is not Verdict.LOCKED:
            raise Rejected(f"entry {entry.id} does not wait for a password: {entry.reason}")
        if not any(part.reason in (Reason.ENCRYPTED, Reason.WRONG_PASSWORD) for part in _parts(entry)):
            raise Rejected(f"no password opens entry {entry.id}: its encryption is none that can be opened here")
        if not self.keyring.may_try(entry.item.id):
            raise Rejected(f"{TRIES} passwords were tried for this mail: wait {WINDOW / 60:.0f} minutes")
        self.keyring.put(entry.item.id, (asked.password,))
        try:
            await self.quarantine.unlock(entry.id, asked.actor)
        except AlreadyDone as done:
            self.keyring.forget(entry.item.id)
            raise Rejected(str(done)) from None
        return Unlocked(entry.item.id, entry.item.receipt)


def _parts(entry: QuarantineEntry) -> tuple[PartReport, ...]:
    return entry.report.walk() if entry.report else ()

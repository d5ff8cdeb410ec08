"""Which attachments leave locked, and by which password (SD-02, SD-07): `protect_attachments:` in policy.yaml.

A lock that the sender put on is always put back.  Beyond that the mode says what becomes of a mail that must be protected and
is not: `encrypt`, the gateway locks it; `require`, a rule on the sign `unprotected` stops it, and whatever passes that rule is
locked all the same; `off`, nothing.  A password that the gateway makes exists in the memory of one step, in the ZIP's keys and
in the notice to the sender.  Packing is `clearance.py`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import Direction, Group, Inspection, Observation, QueueItem, Sign
from gateway.policy.observer import matches
from sanitizers.model import Kind, Treatment


class Mode(StrEnum):
    OFF = "off"
    REQUIRE = "require"
    ENCRYPT = "encrypt"


class Origin(StrEnum):
    """Whose password it is."""

    SENDER = "sender"  # what the sender locked the files with
    AGREED = "agreed"  # with the recipient's organisation, beforehand
    MADE = "made"  # by the gateway, for this mail


@dataclass(frozen=True, slots=True)
class Lock:
    password: str = field(repr=False)
    origin: Origin


@dataclass(frozen=True, slots=True)
class Protection:
    mode: Mode = Mode.OFF
    when: tuple[tuple[Sign, int], ...] = ()  # any of them, each with the number from which it counts
    exempt: tuple[str, ...] = ()  # patterns of recipients who can open nothing that is locked
    length: int = 16
    alphabet: str = ""
    shortest: int = 8  # a sender's or an agreed password that has less is not used
    agreed: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # pattern of recipients, password

    def demanded(self, observations: Sequence[Observation]) -> bool:
        """Does what the mail shows call for a lock, whoever puts it on?"""
        return self.mode is not Mode.OFF and any(
            seen.sign is sign and seen.count >= least for seen in observations for sign, least in self.when
        )

    def lots(
        self, item: QueueItem, group: Group, inspection: Inspection, given: Sequence[str]
    ) -> Iterator[tuple[Group, Lock | None]]:
        """The recipients, parted by what opens their files; None: these get them open.  `given` is what the sender typed."""
        if item.envelope.direction is not Direction.OUTBOUND or not inspection.enclosures:
            yield group, None
            return
        theirs = next((Lock(p, Origin.SENDER) for p in given if self._serves(p)), None) if opened(inspection) else None
        needed = opened(inspection) or self.demanded(inspection.observations)
        made = Lock("".join(secrets.choice(self.alphabet) for _ in range(self.length)), Origin.MADE) if needed else None
        lots: dict[Lock | None, list[str]] = {}
        for recipient in group.recipients:
            open_to = not needed or (not opened(inspection) and matches(recipient, self.exempt))
            lots.setdefault(None if open_to else theirs or self._agreed(recipient) or made, []).append(recipient)
        yield from ((Group(tuple(who), group.profile), lock) for lock, who in lots.items())

    def _agreed(self, recipient: str) -> Lock | None:
        return next((Lock(p, Origin.AGREED) for pattern, p in self.agreed if matches(recipient, (pattern,))), None)

    def _serves(self, password: str) -> bool:
        return password.isascii() and len(password) >= self.shortest


def opened(inspection: Inspection) -> bool:
    """Was any file locked when it came, and opened for inspection?"""
    return any(
        finding.kind is Kind.ENCRYPTION and finding.treatment is Treatment.REMOVED
        for part in inspection.report.walk()
        for finding in part.findings
    )

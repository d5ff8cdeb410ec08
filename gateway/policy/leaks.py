"""What an outbound mail would give away: personal information, its stated class, how files are locked (SD-01 to SD-07).

Searched is what would leave: the letter's text, and each file as it was rebuilt, in a locked worker of its own.  Nothing is
searched for that no rule asks for.  What could not be searched shows every sign that is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.model import Inspection, Leaf, Observation, QueueItem, Sign
from gateway.observation import UNSEARCHED
from gateway.policy.observer import matches
from gateway.policy.observing import Classification, Encryption
from gateway.policy.protection import Mode, Protection, opened
from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Disclosed, Marking, Search
from sanitizers.model import Cipher, Kind, Refused

_DATA = frozenset(Sign(datum) for datum in Datum)
_CLASSES = {1: Sign.CLASS_1, 2: Sign.CLASS_2, 3: Sign.CLASS_3}
_STATED = frozenset({*_CLASSES.values(), Sign.CLASS_UNKNOWN})
SEARCHED = _DATA | _STATED | {Sign.UNREAD_ATTACHMENT}  # what is asked of each file
_HERE = 4_000  # characters searched in this process, in 2 ms or so, while nothing else runs; a longer text is worth a worker
_SHOWN = 5
_LOCKS: dict[str, str] = {  # as the programs call them, in any language
    Cipher.ZIPCRYPTO: "ZIP ZipCrypto",
    Cipher.ZIP_AES128: "ZIP AES-128",
    Cipher.ZIP_AES192: "ZIP AES-192",
    Cipher.ZIP_AES256: "ZIP AES-256",
    Cipher.PDF_RC4_40: "PDF RC4 40 bit",
    Cipher.PDF_RC4: "PDF RC4",
    Cipher.PDF_AES128: "PDF AES-128",
    Cipher.PDF_AES256: "PDF AES-256",
    Cipher.OFFICE_XOR: "Office 97-2003 XOR",
    Cipher.OFFICE_RC4: "Office 97-2003 RC4",
    Cipher.OFFICE_CRYPTOAPI: "Office 2003 RC4 CryptoAPI",
    Cipher.OFFICE_STANDARD: "Office 2007 AES-128",
    Cipher.OFFICE_AGILE: "Office 2010- AES",
    Cipher.SEVEN_ZIP: "7z",
    Cipher.RAR: "RAR",
    Cipher.SMIME: "S/MIME",
}
_BODY = "本文"


class Reader(Protocol):
    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        """Raises Refused."""


@dataclass
class _Sum:
    """Over all of a mail: counts are added, the highest class stands (SD-06)."""

    counts: dict[Sign, int] = field(default_factory=dict)
    evidence: dict[Sign, list[str]] = field(default_factory=dict)
    level: int = 0
    stated: str = ""

    def add(self, place: str, seen: Disclosed) -> None:
        for found in seen.found:
            self.count(Sign(found.datum), found.count, (f"{place}: {line}" for line in found.evidence))
        if seen.level > self.level:
            self.level, self.stated = seen.level, f"{place}: {seen.marking}"
        if not seen.is_read:
            self.count(Sign.UNREAD_ATTACHMENT, 1, (place,))

    def count(self, sign: Sign, number: int, evidence: Iterable[str]) -> None:
        self.counts[sign] = self.counts.get(sign, 0) + number
        self.evidence.setdefault(sign, []).extend(evidence)

    def observations(self, asked: frozenset[Sign]) -> tuple[Observation, ...]:
        if asked & _STATED:
            self.count(_CLASSES.get(self.level, Sign.CLASS_UNKNOWN), 1, (self.stated,) if self.stated else ())
        return tuple(
            Observation(sign, count, evidence=tuple(self.evidence[sign][:_SHOWN]))
            for sign, count in self.counts.items()
            if count and sign in asked
        )


class Leaks:
    def __init__(
        self,
        reader: Reader,
        asked: frozenset[Sign],
        classification: Classification,
        encryption: Encryption,
        protection: Protection,
    ):
        self._reader, self._asked, self._encryption, self._protection = reader, asked, encryption, protection
        markings = tuple(Marking(word, level) for word, level in classification.markings.items())
        self._search = Search(tuple(d for d in Datum if Sign(d) in asked), markings if asked & _STATED else ())

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        total = _Sum()
        self._locks(inspection, total)
        if self._asked & SEARCHED:
            async for place, seen in self._seen(inspection):
                if seen is None:
                    for sign in self._asked & SEARCHED:
                        total.count(sign, UNSEARCHED, (f"{place}: 内容を調べられません",))
                else:
                    total.add(place, seen)
        observed = total.observations(self._asked)
        return (*observed, *self._unprotected(item, inspection, observed))

    def _unprotected(self, item: QueueItem, inspection: Inspection, observed: Sequence[Observation]) -> tuple[Observation, ...]:
        """Where senders have to lock files themselves (SD-02): one that was opened for inspection is locked again."""
        protection, paths = self._protection, tuple(f"添付{leaf.path}: 暗号化されていません" for leaf in inspection.leaves)
        who = tuple(r for r in item.recipients if not matches(r, protection.exempt))
        if not paths or not who or opened(inspection) or not protection.demanded(observed):
            return ()
        missing = protection.mode is Mode.REQUIRE
        return (Observation(Sign.UNPROTECTED, len(paths), who, paths[:_SHOWN]),) if missing else ()

    def _locks(self, inspection: Inspection, total: _Sum) -> None:
        designated = set(self._encryption.designated)
        for part in inspection.report.walk():
            for lock in (finding for finding in part.findings if finding.kind is Kind.ENCRYPTION):
                shown = (f"添付{part.path}: {_LOCKS.get(lock.detail, '不明な方式')}",)
                total.count(Sign.ENCRYPTED_ATTACHMENT, 1, shown)
                if lock.detail not in designated:
                    total.count(Sign.WEAK_ENCRYPTION, 1, shown)

    async def _seen(self, inspection: Inspection) -> AsyncIterator[tuple[str, Disclosed | None]]:
        letter = inspection.letter
        body, subject = (letter.body, letter.subject) if letter else ("", "")
        title = "\n".join((subject, *(part.name for part in inspection.report.walk() if part.name)))
        here = body if len(body) <= _HERE else ""
        if len(title) <= _HERE:
            yield (
                _BODY,
                disclosed(here, self._search, title),
            )  # a thread costs more and holds the interpreter as long
        else:  # the names in an archive
            yield _BODY, await asyncio.to_thread(disclosed, here, self._search, title)
        if body and not here:
            yield _BODY, await self._over_the_wall(Leaf("", "text/plain", body.encode()))
        for leaf in inspection.leaves:
            yield f"添付{leaf.path}", await self._over_the_wall(leaf)

    async def _over_the_wall(self, leaf: Leaf) -> Disclosed | None:
        try:
            return await self._reader.disclosed(leaf, self._search)
        except Refused:
            return None

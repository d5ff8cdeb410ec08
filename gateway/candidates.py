"""Passwords that a mail's own surroundings suggest (PPAP: the password comes in the next mail, J12): a profile's option, off.

A list that the administrators keep, and the words of the sender's recent mails to the same recipients.  Words live in memory
only, some hundred for a day; a word that opens nothing does no harm, and one that does only saves the recipient a step: what is
inside is sanitised and judged like everything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.model import QueueItem
from gateway.policy.rules import Guessing
from gateway.quarantine import AlreadyDone, Quarantine
from gateway.unlocking import GATEWAY, Keyring
from sanitizers.letter import Letter

KEPT = 86_400.0  # seconds: the password follows within minutes, or the next working day
WORDS = 200  # of one sender and recipient; a try takes 0.1 to 100 ms of a locked process
SENDERS = 2_000  # pairs of sender and recipient
WAITING = 10  # mails of one sender that one later mail may open

_TOKEN = re.compile(r"[!-~]{4,64}")
_NAMED = re.compile(r"(?:パスワード|解凍キー|暗証番号|password|passwd|pass|pw)\s*(?:は|[::=])\s*(\S{1,64})", re.IGNORECASE)
_AROUND = "\"'()<>[]{}.,:;`「」『』【】()<>、。"
_QUOTED = re.compile(r"[「『【\"'(<]([^「『【」』】\"'()<>]{1,64})[」』】\"')>]")
_ADDRESS = re.compile(r"(?:hxx|htt)ps?://|[^@]+@[^@]+\.")


@dataclass
class Recent:
    """What senders wrote lately, the newest last; forgets the oldest pair first."""

    monotonic: Callable[[], float]
    _said: OrderedDict[tuple[str, str], tuple[float, tuple[str, ...]]] = field(default_factory=OrderedDict, repr=False)

    def hear(self, sender: str, recipients: Sequence[str], found: Sequence[str]) -> None:
        now = self.monotonic()
        for recipient in recipients:
            at, before = self._said.pop((sender, recipient), (now, ()))
            kept = before if now - at <= KEPT else ()
            self._said[sender, recipient] = now, tuple(dict.fromkeys((*found, *kept)))[:WORDS]
        while len(self._said) > SENDERS:
            self._said.popitem(last=False)

    def of(self, sender: str, recipients: Sequence[str]) -> tuple[str, ...]:
        now = self.monotonic()
        said = (self._said.get((sender, recipient), (0.0, ())) for recipient in recipients)
        return tuple(dict.fromkeys(word for at, found in said if now - at <= KEPT for word in found))[:WORDS]


@dataclass
class Candidates:
    quarantine: Quarantine
    keyring: Keyring
    recent: Recent

    def of(self, item: QueueItem, guessing: Guessing) -> tuple[str, ...]:
        """What may be tried for this mail, the likeliest first."""
        said = self.recent.of(_key(item), item.recipients) if guessing.recent_mails else ()
        return tuple(dict.fromkeys((*said, *guessing.listed)))[: WORDS + len(guessing.listed)]

    async def hear(self, item: QueueItem, letter: Letter) -> None:
        """A later mail: what waits of its sender, for one of its recipients, is tried with its words."""
        sender, found = _key(item), tuple(words(letter.subject + "\n" + letter.body))
        if not sender or not found:
            return
        self.recent.hear(sender, item.recipients, found)
        for entry in await self.quarantine.locked_from(sender, item.recipients, WAITING):
            if entry.item.id == item.id or not self.keyring.may_try(entry.item.id, GATEWAY):
                continue
            self.keyring.put(entry.item.id, found)
            try:
                await self.quarantine.unlock(entry.id, GATEWAY, "同じ差出人の次のメールにある言葉で、もう一度検査します。")
            except AlreadyDone:
                self.keyring.forget(entry.item.id)


def _key(item: QueueItem) -> str:
    return item.envelope.sender.lower()


def words(text: str) -> Iterator[str]:
    """What might be a password, the likeliest first, each once, at most WORDS: full-width letters also as ASCII."""
    plain = unicodedata.normalize("NFKC", text)
    found = dict.fromkeys(form for match in _NAMED.finditer(text) for form in _forms(match[1]))
    found |= dict.fromkeys(form for match in _NAMED.finditer(plain) for form in _forms(match[1]))
    found |= dict.fromkeys(
        form for match in _TOKEN.finditer(plain) if not _ADDRESS.match(match[0]) for form in _forms(match[0])
    )
    yield from list(found)[:WORDS]


def _forms(token: str) -> Iterator[str]:
    """What stands in quotes, the token as it stands, without what surrounds it, and what follows a colon."""
    yield from _QUOTED.findall(token)
    yield token
    if bare := token.strip(_AROUND):
        yield bare
    if behind := re.split(r"[:=:]", token)[-1].strip(_AROUND):
        yield behind

"""Recipients who would see one another: counted for the rules, and hidden where a rule says so (ML-06).

External addresses in To and Cc count once each, whatever their spelling; who is in Bcc is seen by nobody.  The envelope is
not touched here.  Addresses written in the text are told, never removed: they may be what the mail is about.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gateway.model import Hiding, Inspection, Observation, QueueItem, Sign
from gateway.policy.observer import House, domain_of, matches
from sanitizers.letter import Letter, Mailbox

UNDISCLOSED = ("To", "undisclosed-recipients:;")  # RFC 5322 A.1.3: a group without members
_SEARCHED = 1 << 20  # characters of a body; a list of addresses that begins later is a file
_ADDRESS = re.compile(r"(?<![\w.+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII)
_LISTS = ("List-Unsubscribe", "List-Post", "List-Help", "List-Archive")


class RecipientCount:
    def __init__(self, house: House, exempt: tuple[str, ...]):
        self._house, self._exempt = house, exempt

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        letter = inspection.letter
        if letter is None:
            return ()
        shown = {box.address.lower() for box in (*letter.to, *letter.cc)}
        counted = {address for address in shown if self._counts(address)}
        domains = {domain_of(address) for address in counted}
        written = {found.lower() for found in _ADDRESS.findall(letter.body[:_SEARCHED])}
        numbers = (
            (Sign.BULK_RECIPIENTS, len(counted), f"互いに見える外部の宛先 {len(counted)}件"),
            (Sign.BULK_DOMAINS, len(domains), f"互いに見える外部の組織 {len(domains)}件"),
            (Sign.ADDRESSES_IN_BODY, sum(map(self._counts, written)), "本文中に外部のメールアドレス"),
        )
        return tuple(Observation(sign, count, evidence=(said,)) for sign, count, said in numbers if count)

    def _counts(self, address: str) -> bool:
        return not self._house.owns(address) and not matches(address, self._exempt)


def hidden(letter: Letter, hiding: Hiding) -> Letter:
    """The letter without any address that would tell one recipient of another; `headers` says what stands in To."""
    gone = {address.lower() for address in removed(letter)}
    return replace(
        letter,
        to=letter.from_[:1] if hiding.to == "sender" else (),
        cc=(),
        reply_to=tuple(box for box in letter.reply_to if box.address.lower() not in gone),
        extra=tuple((name, value) for name, value in letter.extra if name not in _LISTS or not _names(value, gone)),
    )


def headers(hiding: Hiding) -> tuple[tuple[str, str], ...]:
    return (UNDISCLOSED,) if hiding.to == "undisclosed" else ()


def removed(letter: Letter) -> tuple[str, ...]:
    """What is hidden, for the journal: who wrote the mail is no secret to anybody."""
    authors = {box.address.lower() for box in (*letter.from_, *_sender(letter))}
    return tuple(dict.fromkeys(b.address for b in (*letter.to, *letter.cc) if b.address.lower() not in authors))


def _sender(letter: Letter) -> tuple[Mailbox, ...]:
    return (letter.sender,) if letter.sender else ()


def _names(value: str, addresses: set[str]) -> bool:
    return any(address in value.lower() for address in addresses)

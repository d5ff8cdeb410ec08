"""Who may send what to outside, and whether it is really that sender (ML-05, ML-10, AC-10, LG-10).

The directory says of what kind an address is, from when until when, and whether its right to use was taken away; the policy
says what each kind may do, and where a section may write to.  An empty directory says nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from gateway.contacts import People
from gateway.directory.model import Attribute, Directory, Person
from gateway.model import Inspection, Observation, QueueItem, Sign
from gateway.policy.memory import Memory
from gateway.policy.observer import House, matches
from gateway.policy.observing import Destinations, NewRecipients, Right

EVERYBODY = "*"  # the section of who has no entry

_KINDS = {
    Attribute.STAFF: "職員",
    Attribute.PART_TIME: "会計年度任用職員",
    Attribute.CONTRACTOR: "委託事業者",
    Attribute.SHARED: "共用アドレス",
}


class Rights:
    def __init__(self, people: People, rights: Mapping[Attribute, Right]):
        self._people, self._rights = people, rights

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        directory = await self._people.current()
        sender = item.envelope.sender
        if not sender or not directory.people:
            return ()
        person = directory.person(sender)
        if person is None:
            return (Observation(Sign.UNKNOWN_SENDER, evidence=("差出人が職員名簿にありません",)),)
        return tuple(self._of(person, bool(inspection.enclosures or inspection.report.parts), self._people.today))

    def _of(self, person: Person, attached: bool, today: date) -> Iterator[Observation]:
        if person.suspended:
            yield Observation(Sign.SUSPENDED, evidence=("このアドレスは利用停止中です",))
        elif not person.active(today):
            yield Observation(Sign.ADDRESS_NOT_VALID, evidence=(f"このアドレスの有効期間は {_term(person)} です",))
        right, kind = self._rights.get(person.attribute, Right()), _KINDS[person.attribute]
        if not right.external:
            yield Observation(Sign.NO_EXTERNAL_RIGHT, evidence=(f"{kind}のアドレスからは外部へ送信できません",))
        elif attached and not right.attachments:
            yield Observation(Sign.NO_ATTACHMENT_RIGHT, evidence=(f"{kind}のアドレスからは添付ファイルを送信できません",))


class Destination:
    """Where the sender's section may write to: its own entry, else that of what is above it, else everybody's."""

    def __init__(self, people: People, house: House, destinations: Mapping[str, Destinations]):
        self._people, self._house, self._destinations = people, house, destinations

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        if not self._destinations:
            return ()
        entry = self._entry(await self._people.current(), item.envelope.sender)
        denied = tuple(r for r in item.recipients if not self._house.owns(r) and not _may(r, entry))
        said = f"所属から送信を認めていない宛先 {len(denied)}件"
        return (Observation(Sign.DENIED_RECIPIENT, len(denied), denied, (said,)),) if denied else ()

    def _entry(self, directory: Directory, sender: str) -> Destinations:
        person = directory.person(sender)
        codes = [section.code for section in directory.above(person.section)] if person else []
        return next((self._destinations[code] for code in (*codes, EVERYBODY) if code in self._destinations), Destinations())


class Stranger:
    """To whom nobody wrote before (ML-05)."""

    def __init__(self, memory: Memory, house: House, settings: NewRecipients):
        self._memory, self._house, self._settings = memory, house, settings

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        external = [r for r in item.recipients if not self._house.owns(r)]
        ours = item.envelope.sender if self._settings.scope == "sender" else ""
        new = await self._memory.strangers(external, ours)
        said = f"はじめてメールを送る宛先 {len(new)}件"
        return (Observation(Sign.NEW_RECIPIENT, len(new), new, (said,)),) if new else ()


class Forgery:
    """From shows somebody outside, though the mail comes from inside.  Writing for a colleague or a group is none."""

    def __init__(self, house: House):
        self._house = house

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        letter = inspection.letter
        if letter is None or not item.envelope.sender or any(self._house.owns(box.address) for box in letter.from_):
            return ()
        return (Observation(Sign.FORGED_SENDER, evidence=("差出人 (From) が庁外のアドレスです",)),)


def _may(recipient: str, entry: Destinations) -> bool:
    return not matches(recipient, entry.denied) and (not entry.allowed or matches(recipient, entry.allowed))


def _term(person: Person) -> str:
    return f"{person.since or ''}〜{person.until or ''}"

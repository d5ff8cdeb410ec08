"""Where each section wrote to outside, most first, month by month: the list that its head looks through (ML-05).

Counted in recipients that were sent to, by their domain.  Reads; `send` writes last month's list to each head, once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.bulletin import Bulletin, Bulletins
from gateway.clock import Clock
from gateway.directory import Directory, Role, book
from gateway.model import Direction, State
from gateway.paper import Sheet
from gateway.periodic import Period, last_month
from gateway.policy.observer import House, domain_of
from gateway.spool import announcement
from gateway.store.db import Db
from gateway.store.schema import message, recipient

MOST = 30  # domains of one section: what is rarer is no habit
HEAD = ("所属", "宛先のドメイン", "件数", "送信した人数", "はじめて")


@dataclass(frozen=True, slots=True)
class Destination:
    section: str  # code; "" = senders that the directory does not know
    domain: str
    count: int
    senders: int
    fresh: bool  # nobody of the section wrote there before this month


def destinations(conn: sa.Connection, house: House, period: Period) -> tuple[Destination, ...]:
    """Most first, section by section."""
    directory = book.read(conn)[1]
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    before = {(section, domain) for section, _, domain, _ in _sent(conn, directory, 0.0, period.since.timestamp())}
    for section, sender, domain, number in _sent(conn, directory, period.since.timestamp(), period.until.timestamp()):
        if not house.owns(f"x@{domain}"):
            counted[section][domain] += number
            people[section, domain].add(sender)
    return tuple(
        Destination(section, domain, number, len(people[section, domain]), (section, domain) not in before)
        for section in sorted(counted)
        for domain, number in counted[section].most_common(MOST)
    )


def _sent(conn: sa.Connection, directory: Directory, since: float, until: float) -> list[tuple[str, str, str, int]]:
    """Section, sender, domain, how many."""
    sender, address = sa.func.lower(message.c.sender), sa.func.lower(recipient.c.address)
    query = (
        sa.select(sender.label("sender"), address.label("address"), sa.func.count().label("number"))
        .join(recipient, recipient.c.message == message.c.id)
        .where(message.c.kind == "mail", message.c.direction == Direction.OUTBOUND, recipient.c.state == State.RELAYED)
        .where(message.c.received_at >= since, message.c.received_at < until)
        .group_by(sender, address)
    )
    found = []
    for row in conn.execute(query):
        person = directory.person(row.sender)
        found.append((person.section if person else "", row.sender, domain_of(row.address), row.number))
    return found


def sheet(found: Sequence[Destination], directory: Directory, period: Period) -> Sheet:
    rows = tuple((_section(directory, d.section), d.domain, str(d.count), str(d.senders), _fresh(d)) for d in found)
    about = (f"{period.since:%Y年%-m月}", "業務に必要のない送信先がないか、所属ごとに確認してください。")
    return Sheet("外部の送信先 (所属ごと)", about, HEAD, rows)


def _fresh(destination: Destination) -> str:
    return "はじめて" if destination.fresh else ""


def _section(directory: Directory, code: str) -> str:
    section = directory.section(code)
    return section.name if section else code or "(名簿にない差出人)"


class Destinations:
    def __init__(self, db: Db, clock: Clock, letters: Bulletins):
        self._db, self._clock, self._letters = db, clock, letters

    async def send(self) -> int:
        """Last month's list to the head of each section; how many were written now."""
        now = self._clock.now()
        period = last_month(now)
        occasion = f"destinations {period.since:%Y-%m}"
        if self._clock.jump or await self._db.read(announcement.announced, occasion):
            return 0
        found = await self._db.read(destinations, self._letters.house, period)
        return await self._db.write(self._send, occasion, found, period, now)

    def _send(self, conn: sa.Connection, occasion: str, found: Sequence[Destination], period: Period, now: float) -> int:
        if not announcement.announce(conn, occasion, (), now):
            return 0
        directory, written = book.read(conn)[1], 0
        for code in sorted({each.section for each in found if each.section}):
            one = next(person for person in directory.people if person.section == code)
            heads = directory.heads(Role.ISM, one.address, book.day(now))
            name, month = _section(directory, code), f"{period.since:%Y年%-m月}"
            lines = (
                f"{name}から{month}に送信した外部の宛先です。",
                "業務に必要のない宛先がないか確認してください。",
                "",
                *(
                    f"  {d.domain}: {d.count} 件 ({d.senders} 人) {'はじめて' if d.fresh else ''}"
                    for d in found
                    if d.section == code
                ),
            )
            english = f"Domains outside that your section wrote to in {period.since:%Y-%m}."
            letter = Bulletin(f"destinations.{code}.{period.since:%Y%m}", f"【外部の送信先】{month}", lines, english)
            written += len(self._letters.write(conn, letter, [head.address for head in heads], now))
        return written

"""A playbook in the real store: what is found, what is stopped, who is told, what is recorded; a drill does none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal
from gateway import settings as settings_file
from gateway.bulletin import Bulletins
from gateway.contacts import Contacts
from gateway.cutoff import Scope, Stops, resuming
from gateway.filed import Filed
from gateway.incident import plan as plan_file
from gateway.incident import preservation
from gateway.incident.drive import Drive, Taken
from gateway.incident.hunt import hunt, table
from gateway.incident.indicators import Indicators
from gateway.model import QueueItem, State, Work
from gateway.policy.observer import House
from gateway.quarantine import Kept
from gateway.spool import MissingContent
from gateway.store.opening import Store
from gateway.store.schema import message, recipient
from gateway.workflow.engine import NotAllowed
from gateway.workflow.ledger import Hand
from gateway.workflow.model import Act, Case, Details
from gateway.workflow.report import incident
from tests.gateway.make_directory import at
from tests.gateway.make_spool import clearing, ending, holding
from tests.gateway.workflow.make_workflow import DAY, DELAYING, LADDER, Town, town

CONFIG = Path(__file__).parents[3] / "config"
SETTINGS = settings_file.load(CONFIG / "gateway.yaml").workflow
FILE = "ab" * 32


@dataclass
class Room:
    t: Town
    drive: Drive

    async def mail(self, end: State | None = None, subject: str = "請求書", sender: str = "bad@evil.example") -> QueueItem:
        """One that came in with FILE and a link; relayed, held, or waiting to be relayed."""
        r = self.t.r
        item = await r.accept(f"Subject: {subject}\r\n\r\n{r.times.wall}".encode(), sender=sender)
        lease = await r.claim()
        filed = Filed(subject, sender, ("請求書.docx",), (FILE,), ("evil.example",), ("shown@evil.example",))
        settled = holding(lease) if end is State.HELD else clearing(lease)
        await r.spool.settle(lease, replace(settled, filed=filed))
        if end is State.RELAYED:
            done = await r.claim(Work.RELAY)
            await r.spool.settle(done, ending(done))
        r.times.pass_(1)
        return item

    async def start(self, name: str, found: Indicators, *, who: str = "jiro", **details: object) -> Case:
        asked = incident(at(who), "件名", "通報", LADDER, **details)  # type: ignore[arg-type]
        return await self.drive.start(name, asked, found)

    async def take(self, case: Case, step: str, *, who: str = "jiro", do: bool = True, **more: object) -> Taken:
        return await self.drive.take(case.id, step, Hand(at(who), "確認", via="test"), do=do, **more)  # type: ignore[arg-type]

    async def ready(self, work: Work = Work.RELAY) -> set[str]:
        """Strangers' mails that somebody would now work on; notices of our own go on."""
        leases = await self.t.r.spool.claim("here", work, 100, 30.0)
        return {lease.item.id for lease in leases if lease.item.envelope.sender}

    async def letters(self) -> list[tuple[str, str]]:
        """To whom the gateway wrote, and in which order."""

        def op(conn: sa.Connection) -> list[tuple[str, str]]:
            own = sa.select(message.c.id, recipient.c.address).join(recipient, recipient.c.message == message.c.id)
            return [(row.id, row.address) for row in conn.execute(own.where(message.c.kind == "notice").order_by(message.c.id))]

        return await self.t.r.db.read(op)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with town(tmp_path) as t:
        r = t.r
        store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        house = House(("city.example.lg.jp",))
        contacts = Contacts(t.book, house, {}, at("postmaster"))
        letters = Bulletins(t.workflow.letters.notifier, house)
        drive = Drive(store, t.workflow, plan_file.load(CONFIG / "playbooks.yaml"), contacts, letters, tmp_path / "files")
        yield Room(t, drive)
        assert await r.spool.audit() == []


BY_HOST = Indicators(host=("evil.example",))


async def found(room: Room, wanted: Indicators) -> list[str]:
    now = room.t.r.clock.now()
    return [mail.item for mail in await room.t.r.db.read(hunt, wanted, now - 7 * DAY, now)]


async def test_in04_a_hunt_finds_mails_by_each_thing_that_they_have_in_common(room: Room) -> None:
    first, second = await room.mail(State.RELAYED), await room.mail(State.HELD, "【重要】請求書の件")
    other = await room.mail(State.RELAYED, "別の件", sender="Good@partner.example")
    assert await found(room, Indicators(content=(first.sha256,))) == [first.id]
    assert await found(room, Indicators(sender=("BAD@evil.example",))) == [second.id, first.id]
    assert await found(room, Indicators(sender=("good@partner.example",))) == [other.id]
    assert await found(room, Indicators(sender=("Shown@evil.example",))) == [other.id, second.id, first.id]
    assert await found(room, Indicators(sender=(at("hanako"),))) == []  # a recipient is no sender
    assert await found(room, Indicators(host=("EVIL.example",))) == [other.id, second.id, first.id]
    assert await found(room, Indicators(subject=("請求書の",))) == [second.id]
    assert await found(room, Indicators(subject=("請求書",), sender=("good@partner.example",))) == [
        other.id,
        second.id,
        first.id,
    ]
    assert await found(room, Indicators(like=(first.receipt,))) == [other.id, second.id, first.id]  # by their link host
    room.t.r.times.pass_(8 * DAY)
    assert await found(room, Indicators(host=("evil.example",))) == []
    with pytest.raises(ValueError, match="nothing to look for"):
        await found(room, Indicators())


async def test_in04_the_list_for_mailbox_administrators_says_where_each_copy_is(room: Room) -> None:
    sent, kept = await room.mail(State.RELAYED), await room.mail(State.HELD, "=cmd()")
    now = room.t.r.clock.now()
    lines = table(await room.t.r.db.read(hunt, BY_HOST, 0.0, now)).splitlines()
    assert len(lines) == 1 + 4  # two recipients each
    assert sum("配送済み (宛先のメールボックス)" in line and sent.receipt in line for line in lines) == 2
    assert sum("この装置 (保留)" in line and kept.receipt in line for line in lines) == 2
    assert ",=cmd()" not in "".join(lines)


async def test_in04_hold_stops_what_is_still_here_and_two_people_let_it_go(room: Room) -> None:
    sent, waiting = await room.mail(State.RELAYED), await room.mail()
    other = await room.t.r.accept(b"Subject: x\r\n\r\nother")
    case = await room.start("malware-in", BY_HOST)
    shown = await room.take(case, "hold", do=False)
    assert not shown.done
    assert {mail.item for mail in shown.caught} == {sent.id, waiting.id}
    assert await room.drive._store.stops.active() == ()
    taken = await room.take(case, "hold")
    assert taken.done
    assert "停止番号" in taken.result
    [halt] = await room.drive._store.stops.active()
    assert (halt.scope, halt.value) == (Scope.MAILS, case.by)
    assert await room.ready() == set()
    assert await room.ready(Work.INSPECT) == {other.id}
    later = await room.mail()
    await room.take(case, "hold")  # what came since is stopped as well
    assert await room.ready() == set()
    await resuming.resume(room.drive._store.stops, room.t.workflow, SETTINGS, halt.id, at("jiro"), "確認", "test")
    assert await room.ready() == set()
    await resuming.resume(room.drive._store.stops, room.t.workflow, SETTINGS, halt.id, at("itchief"), "確認", "test")
    assert await room.ready() == {waiting.id, later.id}


async def test_in04_a_delayed_mail_that_is_held_does_not_leave_when_its_time_comes(room: Room) -> None:
    delayed = await room.t.mail(DELAYING)
    case = await room.start("misdirected", Indicators(sender=(at("taro"),)))
    await room.take(case, "hold", more=Indicators(sender=(at("taro"),)))
    await room.t.later(400)
    assert await room.t.states(delayed) == [State.RECEIVED]
    assert await room.ready(Work.INSPECT) == set()


async def test_in04_isolate_and_stop_act_and_every_step_is_recorded_with_person_and_time(room: Room) -> None:
    case = await room.start("mass-spam", Indicators(sender=("bad@evil.example",), host=("evil.example",)))
    await room.take(case, "isolate")
    taken = await room.drive.take(case.id, "isolate", Hand(at("itchief"), "端末", via="test"), do=True, who="192.0.2.7")
    assert taken.done
    assert not (await room.drive.take(case.id, "stop", Hand(at("itchief"), "続く"), do=False)).done
    await room.drive.take(case.id, "stop", Hand(at("itchief"), "続く"), do=True)
    halts = {(halt.scope, halt.value) for halt in await room.drive._store.stops.active()}
    assert halts == {
        (Scope.SENDER, "bad@evil.example"),
        (Scope.HOST, "192.0.2.7"),
        (Scope.INBOUND, ""),
        (Scope.OUTBOUND, ""),
    }
    _, progress = await room.drive.status(case.id)
    taken_by = {each.task.name: [step.actor for step in each.record] for each in progress}
    assert taken_by == {
        "hunt": [],
        "hold": [],
        "isolate": [at("jiro"), at("itchief")],
        "stop": [at("itchief")],
        "notice": [],
    }
    assert progress[0].due_at == case.opened_at + 15 * 60
    steps = [step for step in (await room.t.workflow.show(case.id)).steps if step.act is Act.STEP]
    assert [step.reason.partition(": ")[0] for step in steps] == ["isolate", "isolate", "stop"]
    told = [address for _, address in await room.letters()]
    assert at("mayor") in told  # tell: [ciso, ...]


async def test_in04_only_whose_step_it_is_takes_it_and_with_a_reason(room: Room) -> None:
    case = await room.start("mass-spam", BY_HOST)
    for who in ("taro", "mayor", "nobody"):
        with pytest.raises(NotAllowed):
            await room.take(case, "hunt", who=who)
    with pytest.raises(ValueError, match="reason"):
        await room.drive.take(case.id, "hunt", Hand(at("jiro"), " "))
    with pytest.raises(LookupError, match="no step"):
        await room.take(case, "nothing")
    with pytest.raises(LookupError, match="no playbook"):
        await room.start("nothing", BY_HOST)


async def test_in04_preserved_mail_is_neither_disposed_of_nor_deleted_and_a_pack_is_written(room: Room) -> None:
    sent, held = await room.mail(State.RELAYED), await room.mail(State.HELD)
    case = await room.start("malware-in", BY_HOST)
    taken = await room.take(case, "preserve")
    assert [path.suffix for path in taken.files] == [".csv", ".zip"]
    assert all(path.stat().st_mode & 0o777 == 0o600 and path.stat().st_size for path in taken.files)
    assert "2 通を保全" in taken.result
    entry = (await room.t.r.quarantine.list())[0]
    with pytest.raises(Kept):
        await room.t.r.quarantine.delete(entry.id, "x", "x")
    room.t.r.times.pass_(100 * DAY)
    await room.t.r.spool.gc()
    assert await room.t.r.spool.content(sent.id)
    await room.t.r.db.write(preservation.let_go, sent.id, at("jiro"), "終結", room.t.r.clock.now())
    await room.t.r.spool.gc()
    with pytest.raises(MissingContent):
        await room.t.r.spool.content(sent.id)
    assert (await room.t.r.quarantine.list())[0].kept_by == at("jiro")
    assert held.id == entry.item.id
    kept = await journal.search(room.t.r.db, kind="kept")
    assert len(kept) == 3


async def test_in04_a_drill_records_the_same_steps_and_touches_nothing(room: Room) -> None:
    sent, waiting = await room.mail(State.RELAYED), await room.mail()
    people = (at("jiro"), at("taro"))
    case = await room.start("malware-in", BY_HOST, drill=True, participants=people)
    assert case.opening.details == Details(
        drill=True, participants=people, playbook="malware-in", indicators=BY_HOST, severity="高"
    )
    taken = await room.take(case, "hold")
    assert "訓練のため実施していません" in taken.result
    assert {mail.item for mail in taken.caught} == {sent.id, waiting.id}
    await room.take(case, "preserve", who="taro")  # whoever takes part
    await room.drive.take(case.id, "isolate", Hand(at("jiro"), "確認"), do=True, who="bad@evil.example")
    assert await room.drive._store.stops.active() == ()
    assert await room.t.r.db.read(lambda conn: conn.scalar(sa.select(preservation.preserved.c.message))) is None
    await room.t.later(3 * DAY)  # not even its deadlines reach anybody else
    assert {address for _, address in await room.letters()} == set(people)
    _, progress = await room.drive.status(case.id)
    assert [each.task.name for each in progress if each.record] == ["hold", "isolate", "preserve"]


async def test_in04_a_drill_without_participants_is_refused(room: Room) -> None:
    with pytest.raises(ValueError, match="participants"):
        await room.start("malware-in", BY_HOST, drill=True)

"""Destroying for good: by term or permission, recorded, proven, never what a legal hold keeps (DS-01); what is held (DS-03)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal
from gateway import settings as settings_file
from gateway.cutoff import Stops
from gateway.directory import Role
from gateway.disposal import ledger as register
from gateway.disposal.inventory import inventory
from gateway.disposal.inventory import sheet as inventory_sheet
from gateway.disposal.order import Disposal, What
from gateway.incident import preservation
from gateway.journal import verify
from gateway.model import Client, Direction, Envelope, State
from gateway.paper import table, text
from gateway.spool import MissingContent, Spool, keys
from gateway.spool.retention import KEY_DESTROYED, OVERWRITTEN, UNLINKED
from gateway.store.opening import Store
from gateway.store.schema import content_key, journal_personal, message
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.model import Act
from tests.gateway.make_directory import at
from tests.gateway.make_outbound import sent
from tests.gateway.make_spool import ending
from tests.gateway.workflow.make_workflow import DAY, Town, town

APPROVERS = ((Role.ISM,), (Role.CSO,))
CONFIG = Path(__file__).parents[2] / "config"


@dataclass
class Room:
    t: Town
    disposal: Disposal

    async def ledger(self) -> tuple[register.Disposed, ...]:
        return await self.t.r.db.read(register.disposals, 0.0, self.t.r.clock.now() + 1)

    async def wrong(self) -> tuple[str, ...]:
        found, now = await self.ledger(), self.t.r.clock.now()
        return await self.t.r.db.read(register.contradictions, found, self.t.r.spool.has_file, now)

    def later(self, days: float) -> float:
        """The time it is then."""
        self.t.r.times.pass_(days * DAY)
        return self.t.r.clock.now()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with town(tmp_path) as t:
        r = t.r
        store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        yield Room(t, Disposal(store, t.workflow, APPROVERS))
        assert await r.spool.audit() == []


async def test_ds01_what_its_term_destroys_stands_in_the_ledger_with_class_size_and_way(room: Room) -> None:
    r = room.t.r
    small = await sent(room.t, rule="classified", disposition="deliver", signs=("class_2 1 【機密性2】", "telephone 1 03-****"))
    large = await r.accept(b"Subject: x\r\n\r\n" + b"x" * 5_000)
    lease = await r.claim()
    await r.spool.settle(lease, ending(lease, state=State.DELETED))
    await r.journal.seal()
    room.later(31)
    await r.spool.gc()
    await r.journal.seal()
    found = {each.item: each for each in await room.ledger()}
    assert (found[small.id].classification, found[small.id].size) == ("機密性2", small.size)
    assert found[small.id].how == f"{KEY_DESTROYED}{OVERWRITTEN}"
    assert (found[large.id].classification, found[large.id].how) == ("", f"{KEY_DESTROYED}{UNLINKED}")
    assert found[small.id].receipt == small.receipt
    assert (found[small.id].actor, found[small.id].case) == ("gateway", 0)
    assert found[small.id].seq is not None
    room.later(1)
    await r.spool.gc()  # the file follows its row
    assert await room.wrong() == ()
    paper = register.certificate(tuple(found.values()), "例示市", 0.0, r.clock.now(), r.clock.now())
    for word in ("廃棄証明書", "機密性2", small.sha256, small.receipt, register.SCHEDULE):
        assert word in text(paper)
        assert word in table(paper) or word == "廃棄証明書"


async def test_ds01_the_proof_finds_what_is_said_to_be_gone_and_is_not(room: Room) -> None:
    item = await sent(room.t)
    room.later(31)
    await room.t.r.spool.gc()
    assert await room.wrong() == ()
    back = message.update().where(message.c.id == item.id).values(content=b"still here")
    await room.t.r.db.write(lambda conn: conn.execute(back))
    assert await room.wrong() == (f"{item.receipt}: the original is still there",)
    gone = message.update().where(message.c.id == item.id).values(content=None)
    await room.t.r.db.write(lambda conn: conn.execute(gone))
    await room.t.r.db.write(lambda conn: conn.execute(content_key.update().values(wrapped=b"still here")))
    assert await room.wrong() == (f"{item.receipt}: its key is still there",)


async def test_ds01_deleted_contents_can_not_be_read_out_of_the_database_file(room: Room) -> None:
    incoming = room.t.r.spool.incoming()
    secret = b"UNMISTAKABLE-SECRET-" * 20
    await incoming.write(b"Subject: x\r\n\r\n" + secret)
    who = Envelope(at("taro"), ("a@b.example",), Direction.OUTBOUND, Client("192.0.2.9", 25, "mx"))
    await room.t.r.spool.accept(who, incoming, b"")
    lease = await room.t.r.claim()
    await room.t.r.spool.settle(lease, ending(lease, state=State.DELETED))
    room.later(31)
    await room.t.r.spool.gc()
    assert b"UNMISTAKABLE-SECRET-" not in (room.t.r.root / "mugai.db").read_bytes()


async def test_ds01_by_permission_only_the_head_permits_and_the_ledger_names_the_case(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        r = t.r
        spool = Spool(r.db, r.blobs, r.clock, keys.opened(r.db, tmp_path / keys.FILE), by_permission=True)
        store = Store(r.db, r.clock, spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        room = Room(t, Disposal(store, t.workflow, APPROVERS))
        item, kept = await sent(t), await sent(t)
        await r.db.write(preservation.preserve, [kept.id], at("jiro"), "照会中", r.clock.now())
        now = room.later(40)
        assert await spool.gc() == 0
        assert await spool.content(item.id)
        with pytest.raises(ValueError, match="not yet"):
            await room.disposal.request(What.ORIGINALS, now, at("jiro"), "満了")
        case = await room.disposal.request(What.ORIGINALS, now - 31 * DAY, at("jiro"), "満了")
        assert "件数: 1" in case.opening.details.findings
        with pytest.raises(NotPossible):
            await room.disposal.carry_out(case.id, at("jiro"), "満了")
        with pytest.raises(NotAllowed):
            await t.workflow.act(case.id, Act.APPROVE, at("jiro"), "自分で")
        await t.workflow.act(case.id, Act.APPROVE, at("itchief"), "許可する")
        assert await room.disposal.carry_out(case.id, at("jiro"), "実施") == 1
        with pytest.raises(MissingContent):
            await spool.content(item.id)
        assert await spool.content(kept.id)
        [done] = await room.ledger()
        assert (done.item, done.actor, done.case) == (item.id, at("jiro"), case.id)
        with pytest.raises(NotPossible):
            await room.disposal.carry_out(case.id, at("jiro"), "もう一度")


async def test_ds01_personal_data_of_the_journal_go_by_permission_and_the_record_stays_whole(room: Room) -> None:
    r = room.t.r
    old, kept = await sent(room.t), await sent(room.t)
    await r.db.write(preservation.preserve, [kept.id], at("jiro"), "照会中", r.clock.now())
    await r.journal.seal()
    now = room.later(400)
    with pytest.raises(ValueError, match="not yet"):
        await room.disposal.request(What.PERSONAL, now, at("jiro"), "満了")
    case = await room.disposal.request(What.PERSONAL, now - 366 * DAY, at("jiro"), "満了")
    await room.t.workflow.act(case.id, Act.APPROVE, at("itchief"), "許可する")
    assert await room.disposal.carry_out(case.id, at("jiro"), "実施") > 0
    await r.journal.seal()
    received = {e.item: dict(e.facts)["sender"] for e in await journal.search(r.db, kind="received", limit=10)}
    assert received[old.id] == "(erased)"
    assert received[kept.id] == at("taro")
    assert (await verify(r.db, r.journal.verifier)).ok
    assert await room.wrong() == ()
    [done] = [each for each in await room.ledger() if not each.item]
    assert (done.case, done.actor) == (case.id, at("jiro"))
    assert "証跡の個人情報" in done.what
    assert await r.db.read(lambda conn: conn.scalar(sa.select(sa.func.count()).select_from(journal_personal)))


async def test_ds03_the_inventory_counts_every_store_with_owner_and_term(room: Room) -> None:
    await sent(room.t)
    await room.t.r.held()
    settings = settings_file.load(CONFIG / "gateway.yaml")
    found = {each.what: each for each in await room.t.r.db.read(inventory, settings)}
    assert found["送信メールの原本"].count == 1
    assert found["受信メールの原本"].count == 1
    assert found["保留中のメール (原本は上に含む)"].count == 1
    assert found["送信メールの原本"].size > 0
    assert found["送信メールの原本"].oldest > 0
    assert found["職員名簿の版"].count == 1
    assert all(each.owner and each.term and each.classification for each in found.values())
    paper = text(inventory_sheet(tuple(found.values()), "例示市", room.t.r.clock.now()))
    assert "届け終えてから 30 日" in paper

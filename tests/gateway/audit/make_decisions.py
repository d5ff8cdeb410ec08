"""Decisions in a journal, as the path writes them, without the path."""

from __future__ import annotations

import sqlalchemy as sa

from gateway import journal
from gateway.journal import Event
from gateway.workflow import ledger
from gateway.workflow.machine import MACHINES
from gateway.workflow.model import Act, Kind, Opening, Stage
from tests.gateway.make_spool import Rooms


def received(item: str, direction: str) -> Event:
    return journal.Received(
        item=item, receipt=f"R-{item}", direction=direction, client="192.0.2.1", helo="mx", tls="", size=9, sha256="a" * 64
    )


def decided(item: str, disposition: str, verdict: str = "SANITISED") -> Event:
    return journal.Decided(
        item=item,
        disposition=disposition,
        rule="macro",
        reason="x",
        clauses=("LG-08",),
        policy_version="0" * 12,
        profile="rebuild",
        verdict=verdict,
        sandbox_level=4,
        parts=(),
        scan="",
        found=(),
    )


def stepped(case: int, act: str, item: str = "") -> Event:
    return journal.CaseStep(
        item=item,
        case=case,
        machine="exception",
        act=act,
        before="asked",
        after="granted",
        actor="head@city.example.lg.jp",
        on_behalf="",
        via="console",
        reason="必要",
    )


async def a_day(rooms: Rooms) -> None:
    """60 mails in, every third held, every fourth outbound; five releases, two refusals, one exception: 68 decisions."""
    for n in range(60):
        item = f"M{n:03}"
        verdict = "WITHHELD" if n % 3 == 0 else "SANITISED"
        events = [received(item, "outbound" if n % 4 == 0 else "inbound")]
        events.append(decided(item, "hold" if n % 3 == 0 else "deliver", verdict))
        await rooms.journal.write(*events)
    for n in range(0, 15, 3):
        await rooms.journal.write(journal.Released(item=f"M{n:03}", grant="", actor="syo", reason="確認した"))
    for _ in range(2):
        await rooms.journal.write(journal.Refused(client="192.0.2.9", reply="550 5.7.1"))
    for is_approved in (False, True):
        await rooms.db.write(_exception, rooms.clock.now(), is_approved)
    await rooms.journal.seal()


def _exception(conn: sa.Connection, now: float, is_approved: bool) -> None:
    asked = Opening(Kind.EXCEPTION, Stage.WANTED, "taro@city.example.lg.jp", "", "必要", ends_at=now + 60)
    case = ledger.open_case(conn, asked, None, now)
    if is_approved:
        approval = MACHINES[Kind.EXCEPTION].find(case.stage, Act.APPROVE)
        assert approval is not None
        ledger.move(conn, case, approval, ledger.Hand("head@city.example.lg.jp", "必要"), now)

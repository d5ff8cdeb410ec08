"""`mugai bench console`: what people wait for, with many mails held.  A store of its own, filled with synthetic ones.

Each page is asked for through the whole console (guard, session, rights, queries, template), without a network.  The rows are
as a settlement writes them, with reception and decision in a sealed journal; words are drawn so that some are common, some
rare, and one is in no mail at all.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from starlette.types import ASGIApp, Message

from gateway import catalogue, journal
from gateway.catalogue.schema import catalogue as words
from gateway.catalogue.schema import likeness
from gateway.console import app
from gateway.console.desk import Desk
from gateway.console.screen import COOKIE
from gateway.directory import Role
from gateway.filed import Filed
from gateway.journal import record
from gateway.model import (
    Client,
    Decision,
    Direction,
    Disposition,
    Envelope,
    Group,
    Inspection,
    PartReport,
    QuarantineState,
    QueueItem,
    State,
)
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.store.schema import message, quarantine, recipient
from gateway.store.values import dump
from sanitizers.model import Finding, Kind, Treatment, Verdict

ROUNDS = 7
CHUNK = 2_000  # rows of one transaction
PAGE_SECONDS, SEARCH_SECONDS = 0.3, 1.0  # what the pages were promised to take
_WORDS = (
    "見積",
    "請求",
    "会議",
    "資料",
    "年度末",
    "予算",
    "照会",
    "回答",
    "調査票",
    "名簿",
    "工事",
    "入札",
    "契約",
    "健康",
    "福祉",
    "税務",
)
_RULES = ("not-inspected", "review", "password-wanted", "infected")
_SECTION = ("staff1??@*",)  # a hundred people of 3,000
_OTHERS = ["/dashboard", "/incidents", "/troubles", "/cases", "/senders", "/rules", "/rules/versions", "/tokens"]
_HEAD = "staff100@city.example.lg.jp"
_PASSWORD = "a long sentence for measuring only"


@dataclass(frozen=True, slots=True)
class Timed:
    name: str
    seconds: float  # median
    worst: float
    limit: float
    status: int
    bytes: int


async def measure(settings: Settings, store: Store, count: int, on_step: Callable[[], None]) -> list[Timed]:
    """Fills the store with `count` held mails and asks for each page some times."""
    for start in range(0, count, CHUNK):
        await store.db.write(_fill, list(_mails(start, min(CHUNK, count - start), store.clock.now())), store.clock.now())
        on_step()
    await store.journal.seal()
    await store.db.write(lambda conn: conn.exec_driver_sql("ANALYZE"))
    desk = app.desk(settings, store)
    console = app.application(desk)
    reviewer, head, auditor, administrator = [
        _asker(console, desk, await _signed_in(desk, role, scope))
        for role, scope in ((Role.SYO, ()), (Role.ISM, _SECTION), (Role.AUD, ()), (Role.SYM, ()))
    ]
    found = [await _timed(reviewer, *case, on_step) for case in _cases(count)]
    found += [await _timed(auditor, *case, on_step) for case in _of_the_journal(count)]
    found += [await _timed(head, f"{name} (a section)", path, limit, on_step) for name, path, limit in _of_a_section()]
    return found + [await _timed(administrator, path, path, PAGE_SECONDS, on_step) for path in _OTHERS]


def _cases(count: int) -> Iterator[tuple[str, str, float]]:
    yield "originals", "/originals", PAGE_SECONDS
    yield "originals: subject", f"/originals?text={quote('見積')}", SEARCH_SECONDS
    yield "list, first page", "/held", PAGE_SECONDS
    yield "list, page in the middle", f"/held?before={count // 2}", PAGE_SECONDS
    yield "by rule", "/held?rule=infected", PAGE_SECONDS
    yield "by verdict and age", "/held?verdict=failed&age=7", PAGE_SECONDS
    yield "one mail", f"/held/{count // 2}", PAGE_SECONDS
    yield "by sender, one of many", "/held?sender=user77@", SEARCH_SECONDS
    for name, text in (
        ("common word", "見積"),
        ("two words", "見積 工事"),
        ("word in no mail", "存在しない語"),
        ("file name", "別紙99"),
    ):
        yield f"search: {name}", f"/held?text={quote(text)}", SEARCH_SECONDS


def _of_a_section() -> Iterator[tuple[str, str, float]]:
    yield "list", "/held", PAGE_SECONDS
    yield "by rule", "/held?rule=infected", PAGE_SECONDS
    yield "search: common word", f"/held?text={quote('見積')}", SEARCH_SECONDS
    yield "originals", "/originals", PAGE_SECONDS
    yield "approvals", "/approvals", PAGE_SECONDS
    yield "my mail", "/mine", PAGE_SECONDS


def _of_the_journal(count: int) -> Iterator[tuple[str, str, float]]:
    yield "journal", "/journal", PAGE_SECONDS
    yield "journal: one mail followed", f"/journal/mail/{count // 2:026}", PAGE_SECONDS
    for name, asked in (
        ("receipt", f"item=20261121-{count // 2:06}"),
        ("address", f"address={_HEAD}"),
        ("word of a subject or name", f"text={quote('別紙99')}"),
        ("rule", "rule=infected"),
    ):
        yield f"journal: {name}", f"/journal?purpose=bench&{asked}", SEARCH_SECONDS


Ask = Callable[[str], Awaitable[tuple[int, int]]]


async def _signed_in(desk: Desk, role: Role, scope: tuple[str, ...]) -> str:
    """The session's token."""
    name = f"bench-{role}"
    code = await desk.accounts.invite(name, "Bench", (role,), scope, "bench", address=_HEAD)
    who = await desk.accounts.accept(code, "", "", _PASSWORD)
    return await desk.sessions.begin(who, "127.0.0.1", "bench", whole=True, method="password")


def _asker(console: ASGIApp, desk: Desk, token: str) -> Ask:
    host = desk.settings.console.origin.split("//")[1]

    async def ask(path: str) -> tuple[int, int]:
        """Status and bytes."""
        status, size = 0, 0
        where, _, query = path.partition("?")
        headers = [(b"host", host.encode()), (b"cookie", f"{COOKIE}={token}".encode())]
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": where, "raw_path": where.encode(), "headers": headers}
        scope |= {"query_string": query.encode(), "client": ("127.0.0.1", 1), "http_version": "1.1", "scheme": "http"}

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(part: Message) -> None:
            nonlocal status, size
            status = part.get("status", status)
            size += len(part.get("body", b""))

        await console(scope, receive, send)
        return status, size

    return ask


async def _timed(ask: Ask, name: str, path: str, limit: float, on_step: Callable[[], None]) -> Timed:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        status, size = await ask(path)
        seconds.append(time.perf_counter() - began)
    on_step()
    return Timed(name, median(seconds), max(seconds), limit, status, size)


def _mails(start: int, count: int, now: float) -> Iterator[tuple[QueueItem, Filed]]:
    draw = random.Random(start)  # noqa: S311  the same store on every run
    client = Client("192.0.2.1", 25, "mx.example.com")
    for number in range(start, start + count):
        to = (f"staff{draw.randrange(3_000)}@city.example.lg.jp",)
        envelope = Envelope(f"user{draw.randrange(5_000)}@example{draw.randrange(300)}.com", to, Direction.INBOUND, client)
        at = now - (30 * 86_400 - 1) * draw.random()
        item = QueueItem(
            f"{number:026}", f"20261121-{number:06}", envelope, to, at, draw.randrange(2_000, 3_000_000), f"{number:064x}"
        )
        subject = f"{''.join(draw.sample(_WORDS, 3))}の件 {number}"
        yield (
            item,
            Filed(subject, envelope.sender, (f"別紙{draw.randrange(1_000)}_{draw.choice(_WORDS)}.xlsx",), (item.sha256,)),
        )


def _fill(conn: sa.Connection, mails: Sequence[tuple[QueueItem, Filed]], now: float) -> None:
    """Rows as acceptance and settlement write them, many at once."""
    conn.execute(message.insert(), [_message(item) for item, _ in mails])
    first = (conn.scalar(sa.select(sa.func.max(quarantine.c.id))) or 0) + 1
    conn.execute(quarantine.insert(), [_held(first + n, item, filed, now) for n, (item, filed) in enumerate(mails)])
    rows = [
        {"message": item.id, "address": to, "position": 0, "quarantine": first + n}
        for n, (item, _) in enumerate(mails)
        for to in item.recipients
    ]
    rest = {"state": State.HELD, "changed_at": now, "why": "", "rule": "", "actor": "gateway"}
    conn.execute(recipient.insert(), [{**row, **rest} for row in rows])
    for n, (item, filed) in enumerate(mails):
        inspection = Inspection(_report(filed), Verdict.SANITISED, None, (), 3)
        decided = journal.Decided.of(item, Group(item.recipients, "rebuild"), inspection, _decision(first + n))
        record.insert(conn, (journal.Received.of(item), decided), item.received_at)
    conn.execute(words.insert(), [{"message": item.id, "words": catalogue.words_of(item, filed)} for item, filed in mails])
    conn.execute(likeness.insert(), [row for item, filed in mails for row in catalogue.likenesses_of(item, filed)])


def _message(item: QueueItem) -> dict[str, object]:
    values: dict[str, object] = {
        "id": item.id,
        "receipt": item.receipt,
        "kind": "mail",
        "about": "",
        "direction": item.envelope.direction,
    }
    values |= {"sender": item.envelope.sender, "client": dump(item.envelope.client), "smtputf8": False, "body_8bit": False}
    return {**values, "received_at": item.received_at, "ingest_key": "", "size": item.size, "sha256": item.sha256, "trace": b""}


def _decision(number: int) -> Decision:
    rule = _RULES[min(3, int(random.Random(number).expovariate(1)))]  # noqa: S311
    return Decision(
        Disposition.HOLD, rule, "安全を確認できない部分があるため、保留しました。", ("SAN-02",), "0" * 12, "rebuild"
    )


def _held(number: int, item: QueueItem, filed: Filed, now: float) -> dict[str, object]:
    decision = _decision(number)
    values = {
        "id": number,
        "message": item.id,
        "version": 0,
        "state": QuarantineState.HELD,
        "subject": filed.subject,
        "rule": decision.rule,
    }
    values |= {"recipients": json.dumps(item.recipients), "verdict": Verdict(2 + number % 4), "sender": item.envelope.sender}
    values |= {"decision": dump(decision), "report": dump(_report(filed)), "kept_by": ""}
    return {**values, "held_at": item.received_at, "expires_at": now + 30 * 86_400}


def _report(filed: Filed) -> PartReport:
    findings = tuple(
        Finding(Kind.EXTERNAL_LINK, f"xl/externalLinks/{n}.xml", "https://example.com/", Treatment.REMOVED) for n in range(8)
    )
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    part = PartReport(
        "1",
        filed.names[0],
        sheet,
        sheet,
        Verdict.SANITISED,
        findings,
        None,
        "",
        90_000,
        80_000,
        "a" * 64,
        "b" * 64,
        filed.names[0],
        sheet,
        0.1,
    )
    return PartReport(
        "",
        "",
        "message/rfc822",
        "message/rfc822",
        Verdict.CLEAN,
        (),
        None,
        "",
        99_000,
        0,
        "c" * 64,
        "",
        "",
        "",
        0.2,
        parts=(part,),
    )

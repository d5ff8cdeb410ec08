"""管理台帳: what this gateway holds, store by store: class, number, oldest, who answers for it, for how long (DS-03).

Counted at this moment; nothing is kept beside it that could be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.catalogue.schema import catalogue
from gateway.console.schema import account, session
from gateway.directory.model import ROLE_NAMES, Role
from gateway.directory.schema import directory
from gateway.incident.preservation import preserved
from gateway.model import QuarantineState
from gateway.paper import Sheet, moment
from gateway.settings import Settings
from gateway.store.schema import cleared, journal, journal_personal, message, quarantine
from gateway.workflow.schema import case

HEAD = ("保管場所", "内容", "機密性", "件数", "大きさ(バイト)", "最も古いもの", "管理責任者", "保管期間")
CLASS = "機密性2"  # the highest that a store may hold unasked: mail of citizens is personal information
_OWNER = ROLE_NAMES[Role.ISM]
_KEEPER = ROLE_NAMES[Role.SYM]


@dataclass(frozen=True, slots=True)
class Held:
    """One store."""

    store: str
    what: str
    owner: str
    term: str
    classification: str
    count: int
    size: int
    oldest: float  # Unix time; 0.0 = empty


def inventory(conn: sa.Connection, settings: Settings) -> tuple[Held, ...]:
    return tuple(_stores(conn, settings))


def _stores(conn: sa.Connection, settings: Settings) -> Iterator[Held]:
    originals = f"届け終えてから {settings.retention.originals_days} 日"
    held = f"保留から {settings.retention.quarantine_days} 日"
    m, q, permitted = message.c, quarantine.c, "廃棄の許可があるまで"
    for direction, words in (("inbound", "受信"), ("outbound", "送信")):
        mine = (m.kind == "mail", m.direction == direction, sa.or_(m.content.is_not(None), m.blob.is_not(None)))
        yield _held(conn, message, ("原本", f"{words}メールの原本", _OWNER, originals), m.received_at, m.size, *mine)
    waits = q.state == QuarantineState.HELD
    yield _held(conn, quarantine, ("保留", "保留中のメール (原本は上に含む)", _OWNER, held), q.held_at, None, waits)
    until = ("法的保全", "期限で消さないメール (原本は上に含む)", ROLE_NAMES[Role.CSIRT], "保全を解くまで")
    yield _held(conn, preserved, until, preserved.c.at)
    there = sa.or_(cleared.c.content.is_not(None), cleared.c.blob.is_not(None))
    yield _held(conn, cleared, ("配送待ち", "無害化した写し", _KEEPER, "配送まで"), None, cleared.c.size, there)
    yield _held(conn, journal, ("証跡", "記録 (改ざん検知つき)", _KEEPER, "消さない"), journal.c.at)
    plain = ("証跡", "個人情報の平文 (宛先・件名・氏名)", _KEEPER, permitted)
    yield _held(conn, journal_personal, plain, None, sa.func.length(journal_personal.c.value))
    index = ("検索", "件名・宛先・ファイル名の索引", _KEEPER, originals)
    yield _held(conn, catalogue, index, None, sa.func.length(catalogue.c.words))
    yield _held(conn, case, ("手続き", "承認・例外・インシデントの記録", _KEEPER, "消さない"), case.c.opened_at)
    yield _held(conn, directory, ("名簿", "職員名簿の版", _KEEPER, "消さない"), directory.c.at)
    yield _held(conn, account, ("操作画面", "利用者", _KEEPER, "削除まで"), account.c.created_at)
    age = f"最長 {settings.console.session_hours:g} 時間"
    yield _held(conn, session, ("操作画面", "セッション", _KEEPER, age), session.c.began_at)


def _held(
    conn: sa.Connection,
    table: sa.Table,
    words: tuple[str, str, str, str],
    at: sa.ColumnElement[float] | None,
    size: sa.ColumnElement[int] | None = None,
    *where: sa.ColumnElement[bool],
) -> Held:
    columns = (sa.func.count(), sa.func.sum(size) if size is not None else sa.literal(0))
    oldest = sa.func.min(at) if at is not None else sa.literal(0)
    row = conn.execute(sa.select(*columns, oldest).select_from(table).where(*where)).one()
    return Held(*words, CLASS, int(row[0]), int(row[1] or 0), float(row[2] or 0))


def sheet(found: tuple[Held, ...], organisation: str, now: float) -> Sheet:
    rows = tuple(
        (h.store, h.what, h.classification, f"{h.count:,}", f"{h.size:,}" if h.size else "", moment(h.oldest), h.owner, h.term)
        for h in found
    )
    return Sheet("情報資産管理台帳 (メール無害化装置)", (f"{organisation}　作成 {moment(now)}",), HEAD, rows)

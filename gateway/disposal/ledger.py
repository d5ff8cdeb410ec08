"""The disposal register (廃棄記録): what was destroyed, when, by whom or by which term, how; the certificate; the proof.

Read from the journal, so that nobody can write it afterwards.  Reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import journal
from gateway.journal import Query, reading
from gateway.paper import Sheet, moment
from gateway.spool import keys
from gateway.spool.retention import ORPHAN_SECONDS
from gateway.store.schema import content_key, journal_personal, message

MOST = 100_000
HEAD = ("廃棄日時", "実施者", "根拠", "受付番号", "内容", "機密性", "大きさ(バイト)", "SHA-256", "方法", "証跡番号")
SCHEDULE = "保管期間の満了 (自動)"
_KEY = sa.select(content_key.c.wrapped != keys.DESTROYED).join(message, message.c.content_key == content_key.c.id)


@dataclass(frozen=True, slots=True)
class Disposed:
    seq: int | None  # of the journal; None: not yet sealed
    at: float
    actor: str
    case: int  # 0 = by schedule
    item: str  # "" = personal data of many entries
    receipt: str
    what: str
    classification: str
    size: int
    sha256: str
    how: str
    file: str  # name of the blob that held it; "" = it was in the database


def disposals(conn: sa.Connection, since: float, until: float) -> tuple[Disposed, ...]:
    """Oldest first."""
    kinds = (journal.Disposed.kind(), journal.Erased.kind())
    entries = [e for kind in kinds for e in reading.select(conn, Query(kind=kind, since=since, until=until), MOST)]
    items = [entry.item for entry in entries if entry.item]
    receipts: dict[str, str] = {}
    for at in range(0, len(items), 500):
        some = sa.select(message.c.id, message.c.receipt).where(message.c.id.in_(items[at : at + 500]))
        receipts |= {row.id: row.receipt for row in conn.execute(some)}
    return tuple(_disposed(entry, receipts) for entry in sorted(entries, key=lambda each: each.event))


def _disposed(entry: journal.Entry, receipts: dict[str, str]) -> Disposed:
    """Entries of older versions know less."""
    facts = dict(entry.facts)
    personal = entry.kind == journal.Erased.kind()
    return Disposed(
        seq=entry.seq,
        at=entry.at,
        actor=facts.get("actor") or "gateway",
        case=int(facts.get("case") or 0),
        item=entry.item,
        receipt=receipts.get(entry.item, ""),
        what=f"証跡の個人情報 {facts['values']} 件 (記録 {facts['events']})" if personal else "メールの原本",
        classification=facts.get("classification", ""),
        size=int(facts.get("size") or 0),
        sha256=facts.get("sha256", ""),
        how=facts.get("how", ""),
        file=facts.get("file", ""),
    )


def certificate(found: Sequence[Disposed], organisation: str, since: float, until: float, now: float) -> Sheet:
    """廃棄証明書."""
    size = sum(each.size for each in found)
    about = (
        f"{organisation}　作成 {moment(now)}",
        f"対象期間: {moment(since) or '記録の始め'} から {moment(until)} まで",
        f"次の {len(found)} 件 ({size:,} バイト) を、復元できない方法で廃棄したことを記録により証明します。",
    )
    rows = tuple(
        (
            moment(each.at),
            each.actor,
            f"廃棄の許可 {each.case}" if each.case else SCHEDULE,
            each.receipt or each.item,
            each.what,
            each.classification,
            f"{each.size:,}" if each.size else "",
            each.sha256,
            each.how,
            "" if each.seq is None else str(each.seq),
        )
        for each in found
    )
    foot = ("確認者 (情報セキュリティ管理者)　職・氏名 ＿＿＿＿＿＿＿＿＿＿　日付 ＿＿＿＿＿＿",)
    return Sheet("廃棄証明書", about, HEAD, rows, foot=foot)


def contradictions(
    conn: sa.Connection, found: Sequence[Disposed], exists: Callable[[str], bool], now: float
) -> tuple[str, ...]:
    """What the register says is gone and is not; () = it is true.  A file may take an hour to follow its row."""
    wrong = []
    for each in found:
        if each.item:
            row = conn.execute(sa.select(message.c.content, message.c.blob).where(message.c.id == each.item)).one_or_none()
            if row is not None and (row.content is not None or row.blob is not None):
                wrong.append(f"{each.receipt or each.item}: the original is still there")
            if conn.scalar(_KEY.where(message.c.id == each.item)):
                wrong.append(f"{each.receipt or each.item}: its key is still there")
            if each.file and now - each.at > 2 * ORPHAN_SECONDS and exists(each.file):
                wrong.append(f"{each.receipt or each.item}: its file {each.file} is still there")
        elif each.what and _personal_left(conn, each):
            wrong.append(f"entry {each.seq}: personal data of {each.what} are still there")
    return tuple(wrong)


def _personal_left(conn: sa.Connection, each: Disposed) -> bool:
    """Between the ends of the range lie those that a legal hold kept, so only the ends are looked at."""
    ends = each.what.rpartition("記録 ")[2].rstrip(")").split("-")
    query = sa.select(sa.func.count()).where(journal_personal.c.event.in_([int(end) for end in ends]))
    return bool(conn.scalar(query))

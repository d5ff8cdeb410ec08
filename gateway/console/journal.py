"""Screens: the journal is searched, one mail is followed, what was found is exported and packed (ML-11, LG-01, LG-11).

No query over mail records without a purpose, and every query is itself an entry.  A section head follows the mail of the own
section; the record as a whole is for those who were named for it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import journal
from gateway.clock import JST
from gateway.console import facts
from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.evidence.export import EXPORTED, FORMS
from gateway.evidence.packing import Wanted
from gateway.evidence.sentence import SENTENCES, sentence
from gateway.evidence.trace import Trace, trace
from gateway.journal import Query
from gateway.policy.words import DISPOSITIONS
from gateway.words import Refusal, Words

screen = Screen()

PAGE = 50
DAYS = 31  # of a search that names no period
FIELDS = ("item", "address", "text", "kind", "rule", "actor", "sha256", "since", "until")
PURPOSES = (
    Words("日常の確認", "Daily check"),
    Words("職員からの問い合わせ", "A question of a member of staff"),
    Words("インシデントの調査", "Investigation of an incident"),
    Words("誤送信の調査", "Investigation of a misdirected mail"),
    Words("監査", "Audit"),
)


@screen.get("/journal", Right.SEARCH_JOURNAL)
async def search(visit: Visit) -> Response:
    """Newest first.  Without a purpose there is the form and nothing else."""
    asked = visit.request.query_params
    given, purpose = _given(visit), asked.get("purpose", "").strip()[:200]
    entries: list[journal.Entry] = []
    if purpose:
        before = asked.get("before", "")
        query = _query(given, int(before) if re.fullmatch(r"[0-9]{1,15}", before) else 0)
        entries = await journal.find(visit.desk.store.db, query, PAGE + 1)
        found = len(entries[:PAGE])
        await _write(visit, journal.Searched(actor=visit.who.name, purpose=purpose, query=str(query), found=found))
    kept = {name: value for name, value in {**given, "purpose": purpose}.items() if value}
    older = {**kept, "before": entries[PAGE - 1].event} if len(entries) > PAGE else {}
    return visit.page(
        "journal.html",
        entries=entries[:PAGE],
        given=given,
        purpose=purpose,
        purposes=PURPOSES,
        kinds={kind: facts.name(kind) for kind in SENTENCES},
        more=f"/journal?{urlencode(older)}" if older else "",
        forms=FORMS,
        sentence=sentence,
        fact=facts.name,
    )


@screen.post("/journal/export", Right.EXPORT_JOURNAL)
async def export(visit: Visit) -> Response:
    """What the search found, as a file."""
    form, purpose, query = visit.text("form"), _purpose(visit), _query(_given(visit))
    if form not in FORMS:
        raise LookupError("no such form")
    write, media_type, suffix = FORMS[form]
    entries = (await journal.find(visit.desk.store.db, query, EXPORTED))[::-1]
    content = b"".join(write(entries))
    done = journal.Exported(actor=visit.who.name, purpose=purpose, form=form, entries=len(entries), query=str(query))
    await _write(visit, done)
    return as_file(content, media_type, f"mugai-journal.{suffix}")


@screen.get("/journal/mail/{item}", Right.LIST_HELD)
async def follow(visit: Visit) -> Response:
    """One mail from reception to delivery."""
    found = await trace_of(visit, visit.request.path_params["item"])
    await _write(visit, journal.Viewed(item=found.shown.item.id, actor=visit.who.name, what="history"))
    return visit.page(
        "trace.html",
        trace=found,
        sentence=sentence,
        fact=facts.name,
        names=visit.desk.names(visit.language),
        dispositions=DISPOSITIONS,
        original=visit.may(Right.TAKE_ORIGINAL),
    )


@screen.post("/journal/mail/{item}/pack", Right.EXPORT_JOURNAL)
async def pack_mail(visit: Visit) -> Response:
    found = await trace_of(visit, visit.request.path_params["item"])
    made = await pack_of(visit, found, visit.reason(), original=visit.text("original") == "yes")
    return as_file(made, "application/zip", f"mugai-evidence-{found.shown.item.receipt}.zip")


async def pack_of(asker: Asker, found: Trace, reason: str, *, original: bool) -> bytes:
    """All about one mail; with its original, if that is wanted.  Raises Refusal."""
    item = found.shown.item.id
    if original and not asker.may(Right.TAKE_ORIGINAL):
        raise Refusal("原本を取り出す権限がありません。", "You may not take the original.", 403)
    return await asker.desk.pack(Wanted(Query(item=item), asker.who.name, reason, item if original else ""))


@screen.post("/journal/pack", Right.EXPORT_JOURNAL)
async def pack_period(visit: Visit) -> Response:
    query = _query(_given(visit))
    return await packed(visit, query, _purpose(visit), "journal")


async def packed(visit: Visit, query: Query, reason: str, name: str) -> Response:
    made = await visit.desk.pack(Wanted(query, visit.who.name, reason))
    return as_file(made, "application/zip", f"mugai-evidence-{name}.zip")


def as_file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def trace_of(asker: Asker, key: str) -> Trace:
    """Raises LookupError, for a mail of another section as well."""
    found = await trace(asker.desk.store.db, key)
    if not (await asker.scope()).sees(row.address for row in found.shown.recipients):
        raise LookupError("not in scope")
    return found


def _purpose(visit: Visit) -> str:
    if not (purpose := visit.text("purpose").strip()[:200]):
        raise Refusal("目的を入力してください。記録に残ります。", "A purpose is needed; it is recorded.")
    return purpose


def _given(visit: Visit) -> dict[str, str]:
    get = visit.request.query_params.get if visit.request.method == "GET" else visit.text
    given = {name: (get(name) or "").strip()[:200] for name in FIELDS}
    if not given["since"] and not given["item"]:
        now = datetime.fromtimestamp(visit.desk.store.clock.now(), JST)
        given["since"] = (now - timedelta(days=DAYS)).strftime("%Y-%m-%d")
    return given


def _query(given: dict[str, str], before: int = 0) -> Query:
    words: dict[str, Any] = {name: given[name] for name in FIELDS if name not in ("since", "until")}
    return Query(**words, since=_day(given["since"]), until=_day(given["until"], 1), before=before)


def _day(text: str, later: int = 0) -> float:
    """Midnight in Japan; what is no date does not filter."""
    try:
        return (datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=JST) + timedelta(days=later)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


async def _write(visit: Visit, event: journal.Event) -> None:
    await visit.desk.store.journal.write(event)

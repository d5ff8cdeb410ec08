"""Screen: how the gateway does.  Lights for what must be well, mail by the hour, verdicts, findings, alarms.

The first page after signing in for whoever runs or answers for the gateway.  A number leads to its list where there is one.
The charts are `chart.py`'s, the numbers `figures.py`'s, the judgement of what is not well `gateway/watch.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway import journal, nodes
from gateway.alarm_names import japanese, told
from gateway.audit import findings
from gateway.console.asker import Asker
from gateway.console.chart import Series, bars
from gateway.console.figures import SPANS, Figures, figures
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.cutoff import Scope
from gateway.directory import book
from gateway.model import Direction
from gateway.watch import concerns
from gateway.words import Words
from sanitizers.model import Verdict

screen = Screen()

KEEP_SECONDS = 10.0  # how old the numbers may be: a hundred open dashboards cost as much as one
_ALARMS = 8
_DAY = 86_400.0
NOTHING = Words("", "")
SIDE_NAMES: dict[str, Words] = {Scope.INBOUND: Words("受信", "mail in"), Scope.OUTBOUND: Words("送信", "mail out")}


@dataclass(frozen=True, slots=True)
class Light:
    name: Words
    value: Words
    level: str  # "good", "warn", "bad"
    note: Words = NOTHING
    href: str = ""


@screen.get("/dashboard", Right.SEE_DASHBOARD)
async def show(visit: Visit) -> Response:
    asked = visit.request.query_params.get("span", "day")
    span = asked if asked in SPANS else "day"
    found, facts, now = await current(visit, span), await visit.desk.pulse.facts(), visit.desk.store.clock.now()
    names = visit.desk.names(visit.language)
    series = (
        Series(Words("受信 (内向き)", "Inbound"), "in", found.received[Direction.INBOUND]),
        Series(Words("送信 (外向き)", "Outbound"), "out", found.received[Direction.OUTBOUND]),
        Series(Words("保留", "Held"), "held", found.held),
    )
    return visit.page(
        "dashboard.html",
        span=span,
        spans=SPANS,
        chart=bars(found.places, series),
        found=found,
        lights=[*_lights(visit, facts, now), _held(found, now), *await _audit(visit, now)],
        latency=(facts or {}).get("inspection_seconds") or {},
        verdicts=[(Verdict[name.upper()], count) for name, count in found.verdicts],
        findings=[(names.finding(name), count) for name, count in found.findings],
        alarms=(await journal.search(visit.desk.store.db, kind="alarm", since=now - _DAY, limit=_ALARMS))[::-1],
        japanese=japanese,
        told=told,
        nodes=await visit.desk.store.db.read(nodes.known),
        now=now,
    )


async def current(asker: Asker, span: str) -> Figures:
    known, clock = asker.desk.figures, asker.desk.store.clock
    if span not in known or clock.monotonic() - known[span][0] > KEEP_SECONDS:
        found = await asker.desk.store.db.read(figures, SPANS[span], clock.now())
        known[span] = (clock.monotonic(), found)
    return known[span][1]


def _held(found: Figures, now: float) -> Light:
    days = 0.0 if found.oldest_held is None else (now - found.oldest_held) / _DAY
    oldest = Words(f"最古 {days:.0f}日前", f"oldest {days:.0f} days") if days >= 1 else Words("最古 今日", "oldest today")
    note = oldest if found.waiting else NOTHING
    return Light(Words("保留中", "Held now"), _plain(f"{found.waiting:,}"), "warn" if found.waiting else "good", note, "/held")


async def _audit(visit: Visit, now: float) -> list[Light]:
    """For whoever reads findings, while there are some."""
    live = await visit.desk.store.db.read(findings.select, True) if visit.may(Right.READ_FINDINGS) else []
    late = sum(each.overdue(book.day(now)) for each in live)
    note = Words(f"期限超過 {late}", f"{late} overdue") if late else NOTHING
    found = Light(Words("監査の指摘", "Audit findings"), _plain(str(len(live))), "bad" if late else "warn", note, "/audit")
    return [found] if live else []


def _lights(visit: Visit, facts: dict[str, Any] | None, now: float) -> Iterator[Light]:
    gateway = Words("ゲートウェイ", "Gateway")
    if facts is None:
        yield Light(gateway, Words("応答なし", "no answer"), "bad", Words("mugai serve を確認", "look at mugai serve"))
        return
    wrong = {each.name for each in concerns(facts, visit.desk.settings, now)}

    def level(*names: str) -> str:
        return "bad" if wrong.intersection(names) else "good"

    stopped = [each.partition(": ")[2] for each in facts["stopped"]]
    if sides := [SIDE_NAMES[each] for each in stopped if each in SIDE_NAMES]:
        note = Words("・".join(each.ja for each in sides), ", ".join(each.en for each in sides))
        yield Light(gateway, Words("停止中", "stopped"), "bad", note, "/stops")
    elif stopped and facts["healthy"]:
        note = Words(f"隔離 {len(stopped)}件", f"{len(stopped)} isolated")
        yield Light(gateway, Words("稼働中", "running"), "warn", note, "/stops")
    else:
        running = Words("稼働中", "running") if facts["healthy"] else Words("処理できません", "cannot process")
        yield Light(
            gateway,
            running,
            "good" if facts["healthy"] else "bad",
            Words(f"規則 {facts['policy']}", f"rules {facts['policy']}"),
            "/stops",
        )
    minutes = facts["oldest_seconds"] / 60
    waited = Words(f"最長 {minutes:.0f}分待ち", f"longest wait {minutes:.0f} min")
    yield Light(Words("待ち行列", "Queue"), Words(f"{facts['waiting']:,}通", f"{facts['waiting']:,}"), level("queue"), waited)
    yield _scanner(facts, level("clamd", "signatures"), now)
    boxed = facts["sandbox_level"]
    yield Light(Words("隔離の強さ", "Sandbox level"), _plain(f"{boxed} / 4"), level("sandbox-level"))
    days = facts["disk_days_left"]
    full = Words(f"約{days:.0f}日で満杯", f"full in {days:.0f} days") if days else Words("減少傾向なし", "not shrinking")
    yield Light(Words("ディスク空き", "Disk free"), _plain(f"{facts['free_bytes'] / (1 << 30):,.1f} GB"), level("disk"), full)
    yield from _certificates(facts["certificate_days"], level("certificate"))
    yield _clock(facts["clock_error_seconds"], level("clock-sync"))
    book = facts["journal"]
    sealed = Words(f"記録 {book['sealed']:,}件", f"{book['sealed']:,} sealed")
    late = book["pending"] > 10_000  # the sealer moves a thousand in 20 ms
    yield Light(Words("証跡の未封印", "Journal pending"), _plain(f"{book['pending']:,}"), "warn" if late else "good", sealed)


def _scanner(facts: dict[str, Any], level: str, now: float) -> Light:
    name = Words("ウイルス定義", "Signatures")
    if facts["clamd"].startswith("down"):
        return Light(name, Words("clamd 停止", "clamd is down"), level)
    if not facts["signatures_time"]:
        return Light(name, Words("日付不明", "no date"), "warn", _plain(facts["clamd"]))
    hours = max(0.0, (now - facts["signatures_time"]) / 3_600)
    return Light(
        name, Words(f"{hours:.0f}時間前", f"{hours:.0f} h old"), level, _plain(f"{facts['clamd']}/{facts['signatures']}")
    )


def _certificates(days: dict[str, float | None], level: str) -> Iterator[Light]:
    """The one that ends first speaks for all."""
    if not days:
        return
    which, left = min(days.items(), key=lambda each: -1.0 if each[1] is None else each[1])
    value = Words("読めません", "unreadable") if left is None else Words(f"あと{left:.0f}日", f"{left:.0f} days left")
    yield Light(Words("証明書", "Certificate"), value, level, _plain(which))


def _clock(error: float | None, level: str) -> Light:
    unknown = Words("未同期", "not synchronised")
    within = unknown if error is None else Words(f"誤差{error:.2f}秒以内", f"within {error:.2f} s")
    return Light(Words("時計", "Clock"), within, level)


def _plain(text: str) -> Words:
    return Words(text, text)

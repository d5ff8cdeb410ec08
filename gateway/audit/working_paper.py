"""What an auditor files (監査調書): a sample with all that happened and room for remarks; the register of findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from gateway.audit.findings import Elsewhere, Finding, Step, elsewhere
from gateway.audit.sampling import ANY, SORTS, Decision, Taken
from gateway.audit.wording import ACTS, ELSEWHERE, SEVERITIES, STAGES
from gateway.clock import JST
from gateway.directory.model import ROLE_NAMES
from gateway.evidence.sentence import sentence
from gateway.model import Direction
from gateway.notice.wording import Names
from gateway.paper import Sheet, moment
from gateway.words import Language, Words
from sanitizers.model import Verdict

DIRECTIONS = {Direction.INBOUND: Words("受信 (内向き)", "Inbound"), Direction.OUTBOUND: Words("送信 (外向き)", "Outbound")}
_ALL = Words("すべて", "all")
_HEAD = ("番号", "抽出", "受付番号", "記録番号", "日時", "内容", "監査人の所見")


def criteria(taken: Taken, names: Names, language: Language = Language.JA) -> tuple[str, str, str]:
    """Sort of decision, direction, verdict: each in words."""
    wanted = taken.sample.sought
    sort = _ALL if wanted.sort == ANY else SORTS[wanted.sort].words
    direction = DIRECTIONS[Direction(wanted.direction)] if wanted.direction else _ALL
    verdict = names.verdicts[Verdict[wanted.verdict]] if wanted.verdict else _ALL.in_(language)
    return sort.in_(language), direction.in_(language), verdict


def sheet(taken: Taken, found: Sequence[Decision], names: Names, organisation: str) -> Sheet:
    sample, wanted = taken.sample, taken.sample.sought
    sort, direction, verdict = criteria(taken, names)
    about = (
        f"{organisation}　抜き取り {taken.number}　作成 {moment(taken.at)}　{taken.actor}　目的: {taken.purpose}",
        f"期間: {wanted.first} から {wanted.last} まで　判断の種類: {sort}　方向: {direction}　判定: {verdict}",
        f"母集団 {sample.population:,} 件から {len(sample.drawn)} 件。シード {wanted.seed}、封印した記録 {sample.size:,} 件。",
        "選び方: SHA-256 (シード:記録番号) の小さい順。同じシード・期間・記録の件数なら、いつでも同じものが選ばれます。",
    )
    rows = tuple(row for place, each in enumerate(found, 1) for row in _rows(place, each))
    return Sheet("監査 抜き取り調書", about, _HEAD, rows, foot=("監査人: ____________________　日付: ______________",))


def _rows(place: int, decision: Decision) -> Iterator[tuple[str, ...]]:
    receipt = decision.trace.shown.item.receipt if decision.trace else ""
    for event in decision.events:
        mark = "●" if event.event == decision.entry.event else ""
        number = "" if event.seq is None else str(event.seq)
        when = datetime.fromtimestamp(event.at, JST).strftime("%Y-%m-%d %H:%M:%S")
        yield str(place), mark, receipt, number, when, sentence(event), ""


def register(found: Sequence[tuple[Finding, Sequence[Step]]], organisation: str, today: date) -> Sheet:
    """指摘事項の台帳: for the committee, and for whoever follows them up."""
    head = ("番号", "要求事項・条項", "指摘", "根拠", "重要度", "担当", "期限", "状態", "改善計画", "他部署の確認", "経過")
    rows = tuple(_finding(each, steps, today) for each, steps in found)
    return Sheet("監査の指摘事項の台帳", (f"{organisation}　{today} 現在　{len(rows)} 件",), head, rows)


def _finding(each: Finding, steps: Sequence[Step], today: date) -> tuple[str, ...]:
    looked = (f"{section}: {ELSEWHERE[Elsewhere(s.result)].ja} {s.detail}" for section, s in elsewhere(steps).items())
    told = (f"{moment(s.at)} {ACTS[s.act].ja} ({s.actor}) {s.detail}" for s in steps)
    return (
        str(each.id),
        " ".join(filter(None, (each.requirement, each.clause))),
        each.what,
        " ".join(each.evidence),
        SEVERITIES[each.severity].ja,
        f"{each.section} {ROLE_NAMES[each.role]}",
        each.due.isoformat(),
        STAGES[each.stage].ja + ("、期限超過" if each.overdue(today) else ""),
        each.plan,
        "\n".join(looked),
        "\n".join(told),
    )

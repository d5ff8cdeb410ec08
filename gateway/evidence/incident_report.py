"""第一報・続報・最終報: the text of an incident report, filled from the case and the journal (IN-02).

The templates are an organisation's own (config/reports/*.txt); a name in braces that is not known stays as it is, so that
nothing is lost and somebody sees it.  Raises BadConfiguration (a template is missing or broken).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from gateway.clock import JST
from gateway.directory.model import ROLE_NAMES
from gateway.evidence.sentence import sentence
from gateway.journal import Entry
from gateway.paper import Sheet
from gateway.words import Words
from gateway.workflow.model import Act, Case, Kind, Stage, Step
from gateway.yaml_file import BadConfiguration, Problem

T = TypeVar("T")
_ITEM = re.compile(r"(?P<number>[0-9]{1,2}\.) +(?P<name>\S+)(?: +(?P<rest>\S.*))?")

REPORTS: dict[str, Words] = {
    "first": Words("第一報", "First report"),
    "further": Words("続報", "Further report"),
    "final": Words("最終報", "Final report"),
}
STAGES: dict[Stage, Words] = {
    Stage.REPORTED: Words("報告済み・着手待ち", "Reported"),
    Stage.IN_HAND: Words("対応中", "In hand"),
    Stage.CONTAINED: Words("封じ込め済み", "Contained"),
    Stage.CLOSING: Words("終結の承認待ち", "Closure proposed"),
    Stage.CLOSED: Words("終結", "Closed"),
    Stage.DROPPED: Words("取り下げ", "Dropped"),
}
ACTS: dict[Act, Words] = {
    Act.OPEN: Words("報告", "Reported"),
    Act.TAKE: Words("着手", "Taken in hand"),
    Act.HAND_ON: Words("上位へ引き継ぎ", "Handed on"),
    Act.CONTAIN: Words("封じ込め", "Contained"),
    Act.PROPOSE: Words("終結を提案", "Closure proposed"),
    Act.APPROVE: Words("終結を承認", "Closure approved"),
    Act.RETURN: Words("差し戻し", "Returned"),
    Act.CLOSE: Words("終結", "Closed"),
    Act.COMMENT: Words("経過の記録", "Comment"),
    Act.STEP: Words("手順を実施", "Step of a playbook"),
    Act.REMIND: Words("督促", "Reminded"),
    Act.ESCALATE: Words("期限超過により上位へ", "Next rung, time ran out"),
    Act.VIEW: Words("閲覧", "Looked at"),
}
KINDS = {Kind.INCIDENT: Words("インシデント", "Incident"), Kind.MISDIRECTED: Words("誤送信", "Misdirected mail")}


def draft(folder: Path, name: str, organisation: str, case: Case, steps: tuple[Step, ...], mail: tuple[Entry, ...]) -> str:
    """`mail`: the journal's entries of the message that it is about, oldest first."""
    return _filled(folder / f"{name}.txt", lambda text: text.format_map(_Known(_facts(organisation, case, steps, mail))))


def form(folder: Path, name: str, organisation: str, case: Case, steps: tuple[Step, ...], mail: tuple[Entry, ...]) -> Sheet:
    """The same as a form of numbered items, to be filed and handed in.  The template makes its rows, never what it is filled
    with."""
    facts = _Known(_facts(organisation, case, steps, mail))
    return _filled(folder / f"{name}.txt", lambda text: _sheet(text, facts))


def _filled(file: Path, fill: Callable[[str], T]) -> T:
    try:
        return fill(file.read_text("utf-8"))
    except (OSError, ValueError, AttributeError, IndexError, KeyError) as bad:
        raise BadConfiguration(
            [Problem(str(file), 0, "", f"is no report template: {bad}", "names stand in braces: {件名}")]
        ) from bad


def _sheet(template: str, facts: _Known) -> Sheet:
    """`6. 概要` begins an item; a line at the margin after an empty one ends the last."""
    title, *lines = [line.rstrip() for line in template.strip().splitlines()]
    about, items, foot = list[str](), list[tuple[str, list[str]]](), list[str]()
    for before, line in pairwise(("", *lines)):
        if found := _ITEM.fullmatch(line):
            items.append((f"{found['number']} {found['name']}", [found["rest"] or ""]))
        elif items and (foot or (line and not before and not line.startswith(" "))):
            foot.append(line)
        else:
            (items[-1][1] if items else about).append(line.strip())
    rows = ((name, "\n".join(filter(None, text)).format_map(facts)) for name, text in items)
    filled = (tuple(line.format_map(facts) for line in some if line) for some in (about, foot))
    above, below = filled
    signed = "確認: 情報セキュリティ責任者 ____________________　確認日 ______________"
    return Sheet(title.format_map(facts), above, ("項目", "内容"), tuple(rows), foot=(*below, signed))


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _facts(organisation: str, case: Case, steps: tuple[Step, ...], mail: tuple[Entry, ...]) -> Mapping[str, str]:
    opening, details = case.opening, case.opening.details
    return {
        "組織": organisation,
        "番号": str(case.id),
        "種別": KINDS[case.kind].ja,
        "件名": opening.subject,
        "重大度": details.severity or "（未定）",
        "報告者": opening.applicant or "無害化装置",
        "発生日時": _moment(details.sent_at or (mail[0].at if mail else case.opened_at)),
        "報告日時": _moment(case.opened_at),
        "状況": STAGES[case.stage].ja,
        "担当": "、".join(ROLE_NAMES[role] for role in case.roles) or "なし",
        "概要": opening.reason,
        "受付番号": case.receipt or "なし",
        "対象の宛先": "、".join(opening.recipients) or "なし",
        "配送済みの宛先": "、".join(details.delivered) or "なし",
        "添付ファイル": "、".join(details.attachments) or "なし",
        "情報の区分": details.classification or "なし",
        "メールの経過": _lines(f"{_moment(each.at)} {sentence(each)}" for each in mail),
        "対応の経過": _lines(_step(each) for each in steps if each.act is not Act.VIEW),
        "原因": _said(steps, Act.PROPOSE),
        "対策": _said(steps, Act.CONTAIN),
        "作成日時": _moment(max((each.at for each in steps), default=case.changed_at)),
    }


def _step(step: Step) -> str:
    act = ACTS[step.act].ja if step.act in ACTS else str(step.act)
    return f"{_moment(step.at)} {step.actor}: {act} {step.reason}".rstrip()


def _said(steps: tuple[Step, ...], act: Act) -> str:
    return next((each.reason for each in reversed(steps) if each.act is act), "（調査中）")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"  ・{line}" for line in lines) or "  なし"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y年%m月%d日 %H時%M分")

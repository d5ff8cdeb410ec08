"""The register of exceptions and blanket approvals: what was asked for, what came of it, which mails used it (EX-03)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.paper import Sheet, moment, table
from gateway.workflow.engine import Shown
from gateway.workflow.model import Act, Scope

MOST = 100_000  # cases in one file
HEADINGS = (
    *("番号", "種別", "状態", "規則", "差出人", "宛先", "課", "形式", "ファイル名", "申請者", "申請日", "理由", "代替措置"),
    *("期限", "審査者", "審査日", "審査結果の理由", "使用回数", "使用したメール", "メールへのリンク"),
)
NARROW = ("番号", "種別", "状態", "規則", "範囲", "申請", "理由・代替措置", "期限", "審査", "使用したメール")
DECIDED = (Act.APPROVE, Act.RATIFY, Act.DENY, Act.REVOKE)


def register(shown: Sequence[Shown], origin: str) -> str:
    """As CSV.  `origin` is the console's: where a mail that used it is looked at."""
    return table(wide(shown, origin))


def wide(shown: Sequence[Shown], origin: str) -> Sheet:
    """A cell for each fact, for tables."""
    return Sheet("例外措置台帳", (), HEADINGS, tuple(_row(each, origin) for each in shown))


def narrow(shown: Sequence[Shown], origin: str, organisation: str, now: float) -> Sheet:
    """The same for a page of paper; each mail is a link."""
    about = (f"{organisation}　作成 {moment(now)}", f"{len(shown)} 件。申請書と審査結果 (情報セキュリティ対策基準 例外措置)")
    links = {receipt: _link(origin, receipt) for each in shown for receipt, _ in each.uses}
    return Sheet("例外措置台帳", about, NARROW, tuple(_narrowed(_row(each, origin)) for each in shown), links)


def _row(shown: Shown, origin: str) -> tuple[str, ...]:
    asked, scope = shown.case.opening, shown.case.opening.details.scope or Scope("")
    decided = next((step for step in reversed(shown.steps) if step.act in DECIDED), None)
    limits = (scope.rule, scope.sender, scope.recipient, scope.section, scope.media_type, scope.name)
    result = (decided.actor, moment(decided.at), decided.reason) if decided else ("", "", "")
    receipts = [receipt for receipt, _ in shown.uses]
    return (
        *(str(shown.case.id), asked.kind, shown.case.stage, *limits, asked.applicant, moment(shown.case.opened_at)),
        *(asked.reason, asked.details.measure, moment(asked.ends_at), *result),
        *(str(len(receipts)), " ".join(receipts), " ".join(_link(origin, receipt) for receipt in receipts)),
    )


def _narrowed(row: tuple[str, ...]) -> tuple[str, ...]:
    cell = dict(zip(HEADINGS, row, strict=True))

    def lines(*names: str) -> str:
        return "\n".join(filter(None, (cell[name] for name in names)))

    return (
        *(cell[name] for name in ("番号", "種別", "状態", "規則")),
        lines("差出人", "宛先", "課", "形式", "ファイル名"),
        lines("申請者", "申請日"),
        lines("理由", "代替措置"),
        cell["期限"],
        lines("審査者", "審査日", "審査結果の理由"),
        f"{cell['使用回数']} 通 {cell['使用したメール']}",
    )


def _link(origin: str, receipt: str) -> str:
    return f"{origin}/journal/mail/{receipt}"


def defused(value: object) -> object:
    """What Excel would take for a formula stays a text (CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value

"""What a token may be made for.  A scope gives no right: it names which of its owner's rights a token may use.

The right beside each is the least that its owner must have; what each route needs is said where the route is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.console.roles import Right
from gateway.words import Words

LONGEST_DAYS = 366  # that a token may last


class TokenScope(StrEnum):
    QUARANTINE_READ = "quarantine:read"
    QUARANTINE_RELEASE = "quarantine:release"
    QUARANTINE_DELETE = "quarantine:delete"
    QUARANTINE_KEEP = "quarantine:keep"
    SENDERS_READ = "senders:read"
    SENDERS_WRITE = "senders:write"
    MINE_READ = "mine:read"
    MINE_ACT = "mine:act"
    JOURNAL_READ = "journal:read"
    JOURNAL_EXPORT = "journal:export"
    INSPECTIONS_SIGN = "inspections:sign"
    POLICY_READ = "policy:read"
    POLICY_PROPOSE = "policy:propose"
    POLICY_TEST = "policy:test"
    APPROVALS_READ = "approvals:read"
    APPROVALS_DECIDE = "approvals:decide"
    EXCEPTIONS_READ = "exceptions:read"
    EXCEPTIONS_REQUEST = "exceptions:request"
    DELAY_READ = "delay:read"
    DELAY_CANCEL = "delay:cancel"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    CUTOFF_READ = "cutoff:read"
    CUTOFF_WRITE = "cutoff:write"
    REPORTS_READ = "reports:read"
    METRICS_READ = "metrics:read"
    USERS_READ = "users:read"
    FILES_SANITISE = "files:sanitise"
    AUDIT_READ = "audit:read"
    AUDIT_WRITE = "audit:write"
    FINDINGS_ANSWER = "findings:answer"


@dataclass(frozen=True, slots=True)
class Use:
    words: Words
    right: Right


SCOPES: dict[TokenScope, Use] = {
    TokenScope.QUARANTINE_READ: Use(Words("保留メールの参照・原本検索", "Read held mail, find originals"), Right.LIST_HELD),
    TokenScope.QUARANTINE_RELEASE: Use(Words("保留メールの解除", "Release held mail"), Right.RELEASE),
    TokenScope.QUARANTINE_DELETE: Use(Words("保留メールの削除", "Delete held mail"), Right.DELETE),
    TokenScope.QUARANTINE_KEEP: Use(Words("証拠保全", "Legal hold"), Right.KEEP),
    TokenScope.SENDERS_READ: Use(Words("差出人の許可・拒否の参照", "Read denied and allowed senders"), Right.LIST_HELD),
    TokenScope.SENDERS_WRITE: Use(Words("差出人の許可・拒否の登録", "Deny and allow senders"), Right.LIST_SENDERS),
    TokenScope.MINE_READ: Use(Words("自分のメールの参照", "See one's own mail"), Right.SIGNED_IN),
    TokenScope.MINE_ACT: Use(
        Words("パスワードの入力・原本の依頼・報告", "Give passwords, ask for originals, report one's own mail"), Right.SIGNED_IN
    ),
    TokenScope.JOURNAL_READ: Use(Words("記録の検索・追跡・検証", "Search, follow and verify the journal"), Right.LIST_HELD),
    TokenScope.JOURNAL_EXPORT: Use(Words("記録の出力", "Export the journal"), Right.EXPORT_JOURNAL),
    TokenScope.INSPECTIONS_SIGN: Use(Words("点検済の記録", "Sign inspections off"), Right.SIGN_INSPECTION),
    TokenScope.POLICY_READ: Use(Words("規則の参照", "Read the rules"), Right.READ_POLICY),
    TokenScope.POLICY_PROPOSE: Use(Words("規則の下書き・申請", "Draft and propose rules"), Right.CHANGE_POLICY),
    TokenScope.POLICY_TEST: Use(Words("規則の試行", "Try rules on stored mail"), Right.CHANGE_POLICY),
    TokenScope.APPROVALS_READ: Use(Words("承認待ちの参照", "See what waits for approval"), Right.SIGNED_IN),
    TokenScope.APPROVALS_DECIDE: Use(Words("承認・差し戻し・却下", "Approve, return, deny"), Right.SIGNED_IN),
    TokenScope.EXCEPTIONS_READ: Use(Words("手続きの台帳の参照", "Read the register of cases"), Right.LIST_CASES),
    TokenScope.EXCEPTIONS_REQUEST: Use(Words("例外・包括承認の申請", "Ask for exceptions and permits"), Right.SIGNED_IN),
    TokenScope.DELAY_READ: Use(Words("自分の送信待ちの参照", "See one's own delayed mail"), Right.SIGNED_IN),
    TokenScope.DELAY_CANCEL: Use(Words("自分の送信待ちの取消・送信", "Cancel or send one's own delayed mail"), Right.SIGNED_IN),
    TokenScope.INCIDENTS_READ: Use(Words("インシデント・障害の参照", "Read incidents and troubles"), Right.SEARCH_JOURNAL),
    TokenScope.INCIDENTS_WRITE: Use(Words("インシデント・障害の登録", "Report incidents, record troubles"), Right.SIGNED_IN),
    TokenScope.CUTOFF_READ: Use(Words("遮断の参照", "See what is stopped"), Right.SEE_DASHBOARD),
    TokenScope.CUTOFF_WRITE: Use(Words("遮断・隔離・再開の申請", "Stop, isolate, ask to resume"), Right.CUT_OFF),
    TokenScope.REPORTS_READ: Use(Words("報告書の参照", "Read reports"), Right.READ_REPORTS),
    TokenScope.METRICS_READ: Use(Words("稼働状況の参照", "Health and figures"), Right.SEE_DASHBOARD),
    TokenScope.USERS_READ: Use(Words("利用者・職員名簿の参照", "Read accounts and the directory"), Right.SEE_PEOPLE),
    TokenScope.FILES_SANITISE: Use(Words("ファイルの無害化", "Sanitise a file"), Right.SIGNED_IN),
    TokenScope.AUDIT_READ: Use(Words("監査の指摘・抜き取りの参照", "Read audit findings and samples"), Right.READ_FINDINGS),
    TokenScope.AUDIT_WRITE: Use(Words("抜き取り、指摘の登録・完了", "Draw samples, enter and close findings"), Right.AUDIT),
    TokenScope.FINDINGS_ANSWER: Use(Words("監査の指摘への回答", "Answer audit findings"), Right.ANSWER_FINDING),
}

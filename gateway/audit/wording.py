"""What the audit's stages, acts and results are called: the same on its pages, on its sheets and in the record's sentences."""

from __future__ import annotations

from gateway.audit.findings import Act, Elsewhere, Severity, Stage
from gateway.words import Words

SEVERITIES = {
    Severity.MAJOR: Words("重大", "Major"),
    Severity.MINOR: Words("要改善", "Minor"),
    Severity.OBSERVATION: Words("観察事項", "Observation"),
}
STAGES = {
    Stage.OPENED: Words("回答待ち", "Awaits an answer"),
    Stage.ANSWERED: Words("対応中", "Worked on"),
    Stage.DONE: Words("監査人の確認待ち", "Awaits the auditor"),
    Stage.CLOSED: Words("完了", "Closed"),
    Stage.WITHDRAWN: Words("取り下げ", "Withdrawn"),
}
ACTS = {
    Act.OPEN: Words("登録", "Entered"),
    Act.ANSWER: Words("改善計画", "Plan"),
    Act.PROGRESS: Words("進捗", "Progress"),
    Act.ELSEWHERE: Words("他部署の確認", "Looked elsewhere"),
    Act.FINISH: Words("対応完了の報告", "Reported as done"),
    Act.RETURN: Words("差し戻し", "Returned"),
    Act.CLOSE: Words("完了", "Closed"),
    Act.WITHDRAW: Words("取り下げ", "Withdrawn"),
}
ELSEWHERE = {
    Elsewhere.SAME: Words("同じ問題あり", "The same is there"),
    Elsewhere.NONE: Words("問題なし", "Not there"),
    Elsewhere.NOT_CONCERNED: Words("該当なし", "Not concerned"),
}

"""Checks of audit, introduction, disposal and outsourcing: AU, DV, DS, VN."""

from __future__ import annotations

from gateway.audit.confirmation import OCCASIONS, RESULTS, missing
from gateway.compliance.facts import Facts
from gateway.compliance.judging import Check, always, organisational, partial, partly, unserved, yes
from gateway.compliance.model import Outcome, Status
from gateway.directory.model import Role
from gateway.integrity import NONE
from gateway.segment_settings import MODEL_NAMES


def audited(facts: Facts) -> Outcome:
    auditors = facts.directory.holders(Role.AUD, facts.today)
    made = f"期間中の抜き取り {facts.count('sampled')} 回、指摘の記録 {facts.count('finding_step')} 件"
    actual = f"監査する人 {len(auditors)} 人 (閲覧だけ、本文は見えない)。{made}"
    return yes(bool(auditors), "名簿の役割 aud", actual, "監査する人が名簿にいません。")


def externally_audited(facts: Facts) -> Outcome:
    segments, found = facts.settings.segments, facts.confirmed
    model = MODEL_NAMES[segments.model]
    if not segments.model.is_beta:
        why = f"{model}の構成なので、この項目は当てはまりません。"
        return Outcome(Status.NOT_APPLICABLE, "segments.model", model, why)
    last = f"{found[0].on} {OCCASIONS[found[0].occasion].ja} ({RESULTS[found[0].result].ja})" if found else "なし"
    lacks = missing(found, segments.external_audit_months, facts.today)
    actual = f"{model}。外部の確認 {len(found)} 回、直近 {last}"
    return yes(not lacks, "segments、mugai audit external", actual, "。".join(each.ja for each in lacks))


def inspected(facts: Facts) -> Outcome:
    made = facts.count("self_inspected")
    return Outcome(Status.OK, "mugai report self-inspection", f"この報告 (前回との比較・改善計画の欄)。期間中 {made} 回", "")


def release(facts: Facts) -> Outcome:
    based = facts.changed != (NONE,)
    actual = f"依存物は版を固定 (lock)。プログラムの値は基準に {'あり' if based else 'なし'}"
    return partly(yes(based, "mugai baseline", actual, "基準がありません: mugai baseline make"), "更新前の互換性の自動確認")


def erased(facts: Facts) -> Outcome:
    r = facts.settings.retention
    return Outcome(
        Status.OK, "retention", f"保留 {r.quarantine_days} 日、原本 {r.originals_days} 日で消す。作業用の領域はメモリ上"
    )


def disposed(facts: Facts) -> Outcome:
    how = "許可があってから" if facts.settings.retention.approval else "期限で自動に"
    actual = f"原本と写しは1件ごとの鍵で暗号化。{how}鍵を破棄し、台帳と証明書に残す。期間中 {facts.count('disposed', 'erased')} 件。法的保全は消さない"
    outcome = Outcome(Status.OK, "retention.approval、mugai disposal", actual)
    rest = f"以前の版が保管した {facts.in_clear} 件は、廃棄まで平文のまま。それまでディスク全体を暗号化してください"
    return partly(outcome, rest) if facts.in_clear else outcome


CHECKS = {
    "AU-01": Check(audited, ("sampled", "finding_step", "packed", "searched")),
    "AU-02": Check(inspected, ("self_inspected",)),
    "AU-03": Check(externally_audited, ("externally_audited",)),
    "DV-01": Check(
        unserved("試験用・本番用の別を示し、試験機から外へ出さない設定がありません。待受と配送先を分けて運用してください。")
    ),
    "DV-02": Check(
        partial(
            "mugai check・sanitize・explain",
            "接続の前に1通ずつ試し、理由を見られる",
            "受入試験一式と日付入りの結果、影響のない試行運転",
        )
    ),
    "DV-03": Check(
        partial("mugai demo・bench", "試験用のメールと文書を作って使う", "試験機への本物のメールの持ち込みを拒むこと")
    ),
    "DV-04": Check(release, ("baseline_made", "started")),
    "DV-05": Check(always("mugai report self-inspection", "この表を機能の適合表として調達仕様に使える")),
    "DS-01": Check(disposed, ("disposed", "erased", "case:disposal")),
    "DS-02": Check(erased, ("disposed",)),
    "DS-03": Check(always("mugai report inventory", "保管場所ごとに種類・件数・最古・責任者・期間を、そのつど数えて出す")),
    "VN-01": Check(
        organisational("委託先の人は役割 ven・種類 contractor で登録し、期限を付けられる", "契約と確認は規程に従ってください。")
    ),
}

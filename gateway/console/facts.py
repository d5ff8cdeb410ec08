"""What the journal's kinds of facts are called on a page."""

from __future__ import annotations

from gateway.words import Words

NAMES: dict[str, Words] = {
    "received": Words("受信", "received"),
    "duplicate": Words("再送", "sent again"),
    "decided": Words("判定", "decided"),
    "cleared_for_delivery": Words("無害化して組み立て", "rebuilt and cleared"),
    "relayed": Words("配送", "delivered"),
    "deferred": Words("配送延期", "deferred"),
    "bounced": Words("配送不能", "bounced"),
    "notice_sent": Words("通知", "notice sent"),
    "held": Words("保留", "held"),
    "released": Words("解除", "released"),
    "deleted": Words("削除", "deleted"),
    "expired": Words("期限切れ", "expired"),
    "disposed": Words("原本を廃棄", "original destroyed"),
    "key_rotated": Words("保管の鍵の更新", "another key of the contents"),
    "kept": Words("証拠保全", "legal hold"),
    "confirmed": Words("復元後の確認", "confirmed after a restore"),
    "sender_asked": Words("再送の依頼", "asked to send again"),
    "sender_listed": Words("差出人の許可・拒否", "sender listed"),
    "viewed": Words("閲覧", "looked at"),
    "queue_changed": Words("キュー操作", "queue changed"),
    "case_step": Words("承認の手続き", "workflow"),
    "policy_proposed": Words("規則の変更の申請", "rules proposed"),
    "policy_tried": Words("規則の試し", "rules tried"),
    "specimen_judged": Words("持ち込みの試し", "specimen judged"),
    "alarm": Words("警報", "alarm"),
    "refused": Words("受付拒否", "refused"),
    "recipients_hidden": Words("宛先を秘匿", "recipients hidden"),
    "started": Words("起動", "started"),
    "stopped": Words("停止", "stopped"),
    "self_tested": Words("自己試験", "self-test"),
    "policy_loaded": Words("規則の読み込み", "policy loaded"),
    "halted": Words("送受信の停止", "stopped by hand"),
    "directory_changed": Words("名簿の変更", "directory changed"),
    "logged_in": Words("ログイン", "signed in"),
    "login_failed": Words("ログイン失敗", "sign-in failed"),
    "logged_out": Words("ログアウト", "signed out"),
    "elevated": Words("特権操作", "privileged work"),
    "account_changed": Words("利用者の変更", "account changed"),
    "file_sanitised": Words("ファイルの無害化", "file sanitised"),
    "token_changed": Words("APIトークンの変更", "API token changed"),
    "token_used": Words("APIの利用", "API used"),
    "browser_reported": Words("画面の防護", "policy of the page"),
    "searched": Words("記録の検索", "searched"),
    "exported": Words("記録の出力", "exported"),
    "sampled": Words("監査の抜き取り", "audit sample"),
    "packed": Words("証拠一式", "evidence pack"),
    "verified": Words("記録の検証", "verified"),
    "inspected": Words("点検済", "inspected"),
    "baseline_made": Words("設定の基準", "baseline"),
    "self_inspected": Words("自己点検", "self-inspection"),
    "finding_step": Words("監査の指摘", "audit finding"),
    "externally_audited": Words("外部の監査", "external audit"),
    "trouble_step": Words("障害記録", "trouble register"),
}


def name(kind: str) -> Words:
    """A kind that has no name here shows as the journal writes it."""
    return NAMES.get(kind, Words(kind, kind))

"""What the journal's kinds of facts are called on a page."""

from __future__ import annotations

from gateway.console.words import Words

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
    "kept": Words("証拠保全", "legal hold"),
    "viewed": Words("閲覧", "looked at"),
    "queue_changed": Words("キュー操作", "queue changed"),
    "case_step": Words("承認の手続き", "workflow"),
    "alarm": Words("警報", "alarm"),
}


def name(kind: str) -> Words:
    """A kind that has no name here shows as the journal writes it."""
    return NAMES.get(kind, Words(kind, kind))

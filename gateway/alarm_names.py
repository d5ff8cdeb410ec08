"""Alarms as the house's staff read them: what they are called in Japanese, and what they say, with the English behind.

A name that is not here (a policy's own) stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.words import Words

NAMES = {
    "alerts": "警報の送信に失敗",
    "backup": "バックアップの失敗",
    "rehearsal": "復元の訓練の失敗",
    "certificate": "証明書の期限",
    "clamd": "ウイルス検査の停止",
    "clock": "時計のずれ",
    "clock-sync": "時刻同期の異常",
    "configuration": "設定ファイルの変更",
    "digest": "一覧・報告の送信に失敗",
    "disk": "ディスクの空き不足",
    "foreign-copy": "この装置が作っていない配送用の写し",
    "heartbeat": "生存確認",
    "housekeeping": "定期処理の失敗",
    "journal": "記録の検証で不一致",
    "nobody-may-decide": "承認者がいない",
    "not-cleared": "最終確認で不合格",
    "queue": "処理の滞り",
    "record-copy": "記録の写しの失敗",
    "refusals": "受付拒否の多発",
    "report-paper": "報告書のPDFの作成に失敗",
    "sandbox": "隔離環境での異常",
    "sandbox-level": "隔離の強さの不足",
    "signatures": "ウイルス定義が古い",
    "store": "保存領域の復旧",
    "syslog": "syslogへの送信の失敗",
    "volume-stop": "送受信量による停止",
    "volume-throttle": "送受信量の抑制",
    "volume-warn": "送受信量の増加",
    "workflow": "承認手続きの失敗",
}


def japanese(name: str) -> str:
    return NAMES.get(name, name)


def foreign_copy(receipt: str, objections: Sequence[str]) -> Words:
    why = "; ".join(objections)[:900]
    ja = f"{receipt}: この装置が作っていない写しが配送されるところでした。メールを保留しました: {why}"
    return Words(ja, f"{receipt}: a copy that the gateway did not make was to leave: {why}")


def told(facts: Mapping[str, str]) -> str:
    """Of an Alarm; entries of earlier versions have the English alone."""
    ja, en = facts.get("ja", ""), facts["detail"]
    return f"{ja} ({en})" if ja and en not in ja else ja or en

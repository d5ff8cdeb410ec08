"""One plain sentence for each kind of event, Japanese first.  A name in braces is a field of the event; the steps of cases
are called as the notices that are shipped call them, so that evidence reads alike wherever it is read.

`test_house` holds the table against the event classes: an event without its sentence can not be added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from gateway import alarm_names
from gateway.audit.confirmation import OCCASIONS, RESULTS
from gateway.audit.wording import ACTS, ELSEWHERE, SEVERITIES
from gateway.clock import JST
from gateway.journal import Alarm, CaseStep, Entry, Viewed
from gateway.model import Disposition
from gateway.notice.wording import Names, read_names
from gateway.words import Language, Words

SENTENCES: dict[str, Words] = {
    # the path of a mail
    "received": Words(
        "{client}（{helo}）から {sender} 差出、{recipients} あてのメールを受け付けました。受付番号 {receipt}、"
        "{size} バイト、通信の暗号化: {tls}。",
        "Accepted from {client} ({helo}): from {sender} to {recipients}; receipt {receipt}, {size} bytes, TLS: {tls}.",
    ),
    "refused": Words(
        "{client}（{helo}）からの {sender} 差出、{recipients} あてのメールを受付前に断りました。応答: {reply}",
        "Refused before acceptance, from {client} ({helo}), from {sender} to {recipients}: {reply}",
    ),
    "duplicate": Words(
        "{client} が同じメールを再送したため、二重には受け付けませんでした。", "{client} sent the same mail again; kept once."
    ),
    "decided": Words(
        "規則「{rule}」（{clauses}）により「{disposition}」と判定しました。理由: {reason} 検査結果: {verdict}、"
        "方法: {profile}、ウイルス検査: {scan}、検出内容: {found}。",
        "Rule {rule} ({clauses}) decided {disposition}: {reason} Verdict {verdict}, profile {profile}, scan {scan}, "
        "found {found}.",
    ),
    "recipients_hidden": Words(
        "規則「{rule}」により、宛先 {count} 件を互いに見えないようにしました。",
        "Rule {rule} hid {count} recipients from one another.",
    ),
    "attachments_locked": Words(
        "規則「{rule}」で送るメールの添付ファイル {files} を {method} で暗号化しました"
        "（{recipients} あて、パスワードの種別 {origin}）。",
        "The attachments {files} of a mail under rule {rule} were encrypted by {method} for {recipients}; password: {origin}.",
    ),
    "cleared_for_delivery": Words(
        "届けるメールを組み立て、検証に合格しました（{recipients} あて、{size} バイト、SHA-256 {sha256}）。"
        "無害化せずに入れたファイル: {as_they_came}（申請 {asked_by}、承認 {approved_by}、{by}）。",
        "A copy was built and verified for {recipients}: {size} bytes, SHA-256 {sha256}. Files as they came: {as_they_came} "
        "(asked by {asked_by}, approved by {approved_by}, {by}).",
    ),
    "relayed": Words(
        "{next_hop} へ {recipients} あてを配送しました。相手の応答: {replies}、通信の暗号化: {tls}。",
        "Delivered to {next_hop} for {recipients}. It replied: {replies}; TLS: {tls}.",
    ),
    "deferred": Words(
        "{recipients} あての配送が {attempts} 回目も完了せず、{until} に再度試みます。理由: {why}",
        "Delivery to {recipients} put off at attempt {attempts} until {until}: {why}",
    ),
    "bounced": Words(
        "{next_hop} が {recipients} あてを受け取らず、配送不能としました。応答: {replies}",
        "{next_hop} did not take the mail for {recipients}; given up: {replies}",
    ),
    "notice_sent": Words("{recipients} に通知「{notice}」を送りました。", "Notice {notice} was sent to {recipients}."),
    "held": Words(
        "規則「{rule}」（{clauses}）により {recipients} あてを保留しました。件名: {subject}、理由: {reason}",
        "Held for {recipients} by rule {rule} ({clauses}). Subject: {subject}. {reason}",
    ),
    "released": Words(
        "{actor} が {recipients} あての保留を解除しました。理由: {reason}、許可: {grant}",
        "{actor} released it for {recipients}: {reason}; grant: {grant}",
    ),
    "deleted": Words(
        "{actor} が {recipients} あてを削除しました。理由: {reason}", "{actor} deleted it for {recipients}: {reason}"
    ),
    "expired": Words("保留の期限が過ぎ、{recipients} あてを終了しました。", "Its time in quarantine ran out for {recipients}."),
    "disposed": Words(
        "{actor} が原本（SHA-256 {sha256}、{size} バイト、{classification}）を廃棄しました。方法: {how}、許可: {case}",
        "{actor} destroyed the original (SHA-256 {sha256}, {size} bytes, {classification}): {how}; permission {case}.",
    ),
    "erased": Words(
        "{actor} が証跡 {events} の個人情報 {values} 件を廃棄しました。方法: {how}、許可: {case}",
        "{actor} destroyed {values} personal values of the entries {events}: {how}; permission {case}.",
    ),
    "kept": Words(
        "{actor} が証拠保全を変更しました（保全: {kept}）。理由: {reason}",
        "{actor} changed the legal hold (kept: {kept}): {reason}",
    ),
    "confirmed": Words(
        "{actor} が、{made} のバックアップから復元した保留メールは未配送だと確かめました。理由: {reason}",
        "{actor} made sure that this held mail, restored from the backup of {made}, was not delivered: {reason}",
    ),
    "queue_changed": Words("{actor} が配送待ちの列を操作しました: {action}", "{actor} changed the queue: {action}"),
    "case_step": Words(
        "{actor} が{machine} {case} で「{act}」を行いました（{after}{on_behalf}{via}）。理由: {reason}",
        "{actor}: {act} in case {case} ({machine}; {after}{on_behalf}{via}): {reason}",
    ),
    "sender_listed": Words(
        "{actor} が {subject} の登録（{stance}、番号 {entry}、期限 {until}）を変更しました（{change}）。理由: {reason}",
        "{actor} changed entry {entry} ({stance} {subject} until {until}): {change}. {reason}",
    ),
    "viewed": Words("{actor} が内容を閲覧しました: {what}", "{actor} looked at: {what}"),
    # the gateway itself
    "started": Words(
        "無害化装置 {version} を起動しました（隔離の水準 {sandbox_level}、規則の版 {policy_version}）。",
        "Mugai {version} started: sandbox level {sandbox_level}, policy {policy_version}.",
    ),
    "stopped": Words("無害化装置を停止しました。理由: {reason}", "Mugai stopped: {reason}"),
    "backed_up": Words(
        "{actor} が {place} にバックアップを作成しました（{files} ファイル、{size} バイト、{seconds} 秒、SHA-256 {sha256}）。",
        "{actor} made a backup at {place}: {files} files, {size} bytes, {seconds} s, SHA-256 {sha256}.",
    ),
    "rehearsed": Words(
        "{actor} が {place}（{made} 作成）の復元を訓練しました（{seconds} 秒、内容 {contents} 件）。問題: {problems}",
        "{actor} rehearsed the restoring of {place} ({made}): {seconds} s, {contents} contents; problems: {problems}",
    ),
    "key_rotated": Words(
        "{actor} が {key} を新しい鍵に替え、内容の鍵 {contents} 件を包み直しました（破損 {damaged} 件）。理由: {reason}",
        "{actor} replaced {key}: {contents} keys of contents were wrapped anew, {damaged} were damaged before: {reason}",
    ),
    "restored": Words(
        "{actor} が {place}（{made} 作成、証跡 {entries} 件）から復元しました（{seconds} 秒）。"
        "その後の記録はここにはありません。送信の途中だったメール {stopped} 通は停止中です。SHA-256 {sha256}",
        "{actor} restored this store from {place} ({made}, {entries} entries) in {seconds} s; what was recorded since is not "
        "here. {stopped} mails that were on their way are stopped. SHA-256 {sha256}",
    ),
    "self_tested": Words(
        "隔離の自己試験: 合格 {passed}、水準 {level}。{detail}", "Sandbox self-test: passed {passed}, level {level}. {detail}"
    ),
    "policy_proposed": Words(
        "{actor} が規則の版 {number} ({policy_version}) の承認を求めた (案件 {case}、緊急 {emergency}): {reason}",
        "{actor} asks for version {number} of the rules ({policy_version}; case {case}, emergency {emergency}): {reason}",
    ),
    "policy_tried": Words(
        "{actor} が規則 {policy_version} を過去のメール {mails} 通で試した。{changed} 通の扱いが変わる",
        "{actor} tried rules {policy_version} on {mails} stored mails; {changed} would be treated differently",
    ),
    "sender_asked": Words(
        "{actor} が {to}（{way}）に、ファイルを別の形で送り直すよう依頼しました。{reason}",
        "{actor} asked {to} ({way}) for the files in another form: {reason}",
    ),
    "specimen_judged": Words(
        "{actor} が持ち込んだ {name}（{size} バイト、SHA-256 {sha256}）を規則 {policy_version} で試した。結果: {outcome}",
        "{actor} had {name} ({size} bytes, SHA-256 {sha256}) judged by rules {policy_version}: {outcome}",
    ),
    "policy_loaded": Words(
        "規則の版 {policy_version} を読み込みました（採用: {accepted}）。{detail}",
        "Policy {policy_version} read; accepted: {accepted}. {detail}",
    ),
    "alarm": Words("警報「{name}」: {detail}", "Alarm {name}: {detail}"),
    "halted": Words("{actor} が {scope} {value} を停止しました。理由: {reason}", "{actor} stopped {scope} {value}: {reason}"),
    "directory_changed": Words(
        "{actor} が職員の名簿を {counted} 件変更しました。理由: {reason} 内容: {changes}",
        "{actor} changed {counted} of the directory: {reason}",
    ),
    # the console
    "logged_in": Words(
        "{actor} が {source} からログインしました（{method}）。", "{actor} signed in from {source} by {method}."
    ),
    "login_failed": Words(
        "{source} からの {name} のログインが失敗しました。理由: {why}", "Sign-in of {name} from {source} failed: {why}"
    ),
    "logged_out": Words("{actor} がログアウトしました（{why}）。", "{actor} signed out: {why}."),
    "elevated": Words(
        "{actor} が {source} で特権操作を始めました（{until} まで）。",
        "{actor} began privileged work at {source} until {until}.",
    ),
    "account_changed": Words(
        "{actor} が利用者 {account} を変更しました: {change}。理由: {reason}",
        "{actor} changed the account {account}: {change}; reason: {reason}",
    ),
    "file_sanitised": Words(
        "{actor} の求めでファイル「{name}」を {profile} で無害化しました。判定: {verdict}、"
        "SHA-256 {sha256}、渡したもの: {delivered}。",
        "The file {name} was sanitised by {profile} for {actor}: {verdict}; SHA-256 {sha256}; handed over: {delivered}.",
    ),
    "token_changed": Words(
        "{actor} が {account} のAPIトークン {token} を変更しました: {change}",
        "{actor} changed the API token {token} of {account}: {change}",
    ),
    "token_used": Words(
        "{actor} のAPIトークン {token} が {source} から使われました: {what}（結果 {status}）",
        "The API token {token} of {actor} was used from {source}: {what} (status {status})",
    ),
    "browser_reported": Words(
        "画面の防護が {blocked} を止めました（{page}、{directive}、{actor}）。",
        "The console's policy stopped {blocked} at {page} ({directive}, {actor}).",
    ),
    # the record
    "searched": Words(
        "{actor} が記録を検索しました。目的: {purpose}、条件: {query}、{found} 件",
        "{actor} searched the record for {purpose}: {query}; {found} found.",
    ),
    "exported": Words(
        "{actor} が記録 {entries} 件を {form} で出力しました。目的: {purpose}、条件: {query}",
        "{actor} exported {entries} entries as {form} for {purpose}: {query}",
    ),
    "sampled": Words(
        "{actor} が {first} から {last} までの判断 {population} 件から、シード {seed} で {drawn} を抜き取りました"
        "（種類 {sort}、方向 {direction}、判定 {verdict}）。目的: {purpose}",
        "{actor} drew {drawn} by seed {seed} from {population} decisions of {first} to {last} "
        "(sort {sort}, direction {direction}, verdict {verdict}) for {purpose}",
    ),
    "packed": Words(
        "{actor} が証拠一式（記録 {entries} 件、原本: {original}）を作成しました。理由: {reason}、SHA-256 {sha256}",
        "{actor} made an evidence pack of {entries} entries (original: {original}): {reason}; SHA-256 {sha256}",
    ),
    "copied": Words(
        "{day} の記録 {entries} 件を {folder} に写し（{packs} 個）、読み戻して確かめました。",
        "The record of {day}, {entries} entries, was copied to {folder} in {packs} packs, read back and examined.",
    ),
    "verified": Words(
        "{actor} が記録 {entries} 件を検証しました（正常: {ok}、署名 {checkpoints} 件）。{problem}",
        "{actor} verified {entries} entries: ok {ok}, {checkpoints} checkpoints. {problem}",
    ),
    "inspected": Words(
        "{actor} が {period} の記録を点検しました（点検済）。{comment}",
        "{actor} signed off the inspection of {period}. {comment}",
    ),
    "baseline_made": Words(
        "{actor} が設定ファイル {files} 件を基準として署名しました。理由: {reason}、SHA-256 {sha256}",
        "{actor} signed {files} configuration files as the baseline: {reason}; SHA-256 {sha256}",
    ),
    "advisories_compared": Words(
        "{actor} が導入済みの部品 {parts} 件を脆弱性情報 {records} 件（{newest} まで）と照合しました。該当: {found}",
        "{actor} held {parts} installed parts against {records} advisories (up to {newest}). Affected: {found}",
    ),
    "self_inspected": Words(
        "{actor} が自己点検（{profile}）を行いました。結果: {results}、SHA-256 {sha256}",
        "{actor} held a self-inspection ({profile}): {results}; SHA-256 {sha256}",
    ),
    "improvement_planned": Words(
        "{actor} が自己点検（{profile}）の {requirement} の改善計画を記録しました。{measure}（担当 {owner}、期限 {due}）",
        "{actor} planned for {requirement} of the self-inspection ({profile}): {measure} ({owner}, until {due})",
    ),
    "finding_step": Words(
        "監査の指摘 {finding} に「{act}」がありました（{actor}、所属 {section}、{result}）。{detail}",
        "Audit finding {finding}: {act} by {actor} ({section}, {result}). {detail}",
    ),
    "externally_audited": Words(
        "{actor} が {on} の外部の監査（{occasion}、{auditor}）を記録しました。結果: {result}、報告書: {reference}",
        "{actor} recorded the external audit ({occasion}) of {on} by {auditor}: {result}; report: {reference}",
    ),
    "trouble_step": Words(
        "障害記録 {trouble} に「{act}」がありました（{actor}）。{detail}", "Trouble {trouble}: {act} by {actor}. {detail}"
    ),
}

_EMPTY = {Language.JA: "なし", Language.EN: "none"}
_YES_NO = {
    Language.JA: {"True": "はい", "False": "いいえ"},
    Language.EN: {"True": "yes", "False": "no"},
}
_TIMES = ("until",)


def _ja(words: Mapping[Any, Words]) -> dict[str, str]:
    return {name: each.ja for name, each in words.items()}


_JAPANESE: dict[str, dict[str, str]] = {  # closed sets; what is not here reads as the journal has it
    "disposition": {
        Disposition.DELIVER: "配送",
        Disposition.HOLD: "保留",
        Disposition.DELETE: "削除",
        Disposition.AWAIT_PASSWORD: "パスワード待ち",
        Disposition.AWAIT_APPROVAL: "承認待ち",
        Disposition.DELAY: "送信待ち",
    },
    "verdict": {
        "CLEAN": "問題なし",
        "SANITISED": "無害化",
        "WITHHELD": "一部除外",
        "LOCKED": "暗号化",
        "INFECTED": "ウイルス",
        "FAILED": "確認不能",
    },
    "act": {
        **{"opened": "登録", "noted": "対応の記録", "closed": "完了"},
        **_ja(ACTS),
    },
    "occasion": _ja(OCCASIONS),
    "result": {**_ja(SEVERITIES), **_ja(RESULTS), **_ja(ELSEWHERE)},
    "via": {"console": "管理画面", "link": "メールのリンク", "command": "コマンド"},
}
_VIEWED = [
    (re.compile("text"), "本文と文字"),
    (re.compile("text of the original"), "原本の本文"),
    (re.compile(r"text for case (\d+)"), r"手続き \1 の本文"),
    (re.compile(r"outcome by (.+)"), r"届くもの (方法 \1)"),
    (re.compile(r"page (\d+) of file (\d+)"), r"ファイル \2 の \1 ページ"),
    (re.compile("history"), "経過"),
    (re.compile(r"sample (\d+)"), r"抜き取り \1"),
    (re.compile(r"first report of case (\d+)"), r"案件 \1 の第一報の案"),
    (re.compile(r"further report of case (\d+)"), r"案件 \1 の続報の案"),
    (re.compile(r"final report of case (\d+)"), r"案件 \1 の最終報の案"),
]
_SHIPPED = Path(__file__).resolve().parents[2] / "config" / "notices"


def sentence(entry: Entry, language: Language = Language.JA) -> str:
    """A kind that has no sentence shows its facts as they are."""
    words = SENTENCES.get(entry.kind)
    if words is None:
        return f"{entry.kind}: " + ", ".join(f"{name}={value}" for name, value in entry.facts)
    facts = dict(entry.facts)
    if "found" in facts:
        facts["found"] = _names(language).findings_in(facts["found"])
    if language is Language.JA:
        facts |= _in_japanese(entry.kind, facts)
    told = _Facts(facts, language)
    if entry.kind == CaseStep.kind():
        told |= _step(facts, language)
    return words.in_(language).format_map(told)


def _step(facts: Mapping[str, str], language: Language) -> dict[str, str]:
    """In the house's words; for whom and by which way only where there is something to say."""
    names = _names(language)
    said: dict[str, Mapping[Any, str]] = {
        "machine": names.cases,
        "act": names.acts,
        "before": names.stages,
        "after": names.stages,
    }
    told = {name: words.get(facts[name], facts[name]) for name, words in said.items()}
    if told["before"] != told["after"]:
        told["after"] = Words(f"{told['before']} → {told['after']}", f"{told['before']} to {told['after']}").in_(language)
    head, via = facts.get("on_behalf", ""), facts.get("via", "")
    told["on_behalf"] = Words(f"、代理: {head}", f", for {head}").in_(language) if head else ""
    told["via"] = Words(f"、経路: {_told('via', via, Language.JA)}", f", by {via}").in_(language) if via else ""
    return told


def _in_japanese(kind: str, facts: Mapping[str, str]) -> dict[str, str]:
    """What the record has in English only."""
    if kind == Alarm.kind():
        return {"name": alarm_names.japanese(facts["name"]), "detail": alarm_names.told(facts)}
    if kind == Viewed.kind():
        told = (found.expand(ja) for pattern, ja in _VIEWED if (found := pattern.fullmatch(facts["what"])))
        return {"what": next(told, facts["what"])}
    return {"found": facts["found"].replace(", ", "、")} if "found" in facts else {}


@cache
def _names(language: Language) -> Names:
    return read_names(_SHIPPED / language / "names.yaml", [])


class _Facts(dict[str, str]):
    """Empty values as words; a field that an older entry does not have as well."""

    def __init__(self, facts: Mapping[str, str], language: Language):
        super().__init__({name: _told(name, value, language) for name, value in facts.items()})
        self._empty = _EMPTY[language]

    def __missing__(self, name: str) -> str:
        return self._empty


def _told(name: str, value: str, language: Language) -> str:
    if name in _TIMES:
        return datetime.fromtimestamp(float(value), JST).strftime("%Y-%m-%d %H:%M")
    if language is Language.JA:
        value = _JAPANESE.get(name, {}).get(value, value)
    return _YES_NO[language].get(value, value) or _EMPTY[language]

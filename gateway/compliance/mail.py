"""Checks of the use of mail and of what leaves: ML and SD."""

from __future__ import annotations

from gateway.compliance.facts import Facts
from gateway.compliance.judging import STOPS, Check, chain, partial, partly, ruled, stops, yes
from gateway.compliance.model import Outcome, Status
from gateway.directory.model import Role
from gateway.model import Disposition, Sign, TlsPolicy
from gateway.policy.protection import Mode
from gateway.policy.rules import Rule

ENCRYPTED = (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED)
NUMBERS = (Sign.MY_NUMBER, Sign.PENSION_NUMBER)
PEOPLE = (Sign.PERSON_NAME, Sign.POSTAL_ADDRESS, Sign.TELEPHONE)


def volume(facts: Facts) -> Outcome:
    v = facts.settings.volume
    actual = f"{v.window_seconds:g} 秒に受信 {v.inbound.all.stop}・送信 {v.outbound.all.stop} 宛先で停止。再開は2人"
    good = v.enabled and bool(v.inbound.all.stop) and bool(v.outbound.all.stop)
    return yes(good, "volume", actual if v.enabled else "無効", "大量の送受信で止まりません。")


def size(facts: Facts) -> Outcome:
    s = facts.settings
    rule = next((r for r in facts.policy.rules if r.match.larger_than), None)
    actual = f"受信 {s.inbound.size_limit >> 20}MB、送信 {s.outbound.size_limit >> 20}MB。{ruled(rule)}"
    return Outcome(Status.OK, "inbound・outbound の size_limit、larger_than の規則", actual)  # there is always a limit


def auto_forwarding(facts: Facts) -> Outcome:
    rule, scope = facts.on(Sign.AUTO_FORWARDED), facts.policy.observe.auto_forwarding.scope
    setting, actual = "auto_forwarded の規則、observe.auto_forwarding.scope", f"{ruled(rule)}、範囲 {scope}"
    if facts.demands.auto_forwarding == "any" and scope != "any":
        return Outcome(Status.NG, setting, actual, "この規程は宛先を問わず禁止しています (scope: any)。")
    return yes(stops(rule), setting, actual, "自動転送を止める規則がありません。")


def business_only(facts: Facts) -> Outcome:
    listed, rule = facts.policy.observe.destinations, facts.on(Sign.DENIED_RECIPIENT)
    fresh = facts.on(Sign.NEW_RECIPIENT)
    actual = f"送信先を決めた所属 {len(listed)}、{ruled(rule)}、はじめての宛先: {ruled(fresh)}"
    actual += f"、所属ごとの送信先の一覧を毎月送る: {'する' if facts.settings.regular_reports.destinations else 'しない'}"
    good = (bool(listed) and stops(rule)) or fresh is not None
    return yes(
        good, "observe.destinations、denied_recipient・new_recipient の規則", actual, "認める送信先が登録されていません。"
    )


def recipients_hidden(facts: Facts) -> Outcome:
    rule = facts.on(Sign.BULK_RECIPIENTS, Sign.BULK_DOMAINS)
    setting = "bulk_recipients の規則の recipients・exceptions"
    hides = rule is not None and (rule.hiding is not None or rule.action in STOPS)
    word = "可" if rule is not None and rule.exceptions else "不可"
    actual = f"{ruled(rule)}{'、宛先を隠す' if rule and rule.hiding else ''}、例外措置 {word}"
    if facts.demands.hidden_recipients == "no_exception" and rule is not None and rule.exceptions:
        return Outcome(Status.NG, setting, actual, "この規程は例外を定めていません (exceptions: false)。")
    return yes(hides, setting, actual, "宛先を互いに見えなくする規則がありません。")


def free_mail(facts: Facts) -> Outcome:
    rule = facts.on(Sign.OWN_FREE_MAIL, Sign.FREE_MAIL)
    permits = [p for p in facts.policy.observe.free_mail.permits if p.until >= facts.today]
    setting, actual = "own_free_mail の規則、observe.free_mail.permits", f"{ruled(rule)}、有効な許可 {len(permits)} 件"
    if facts.demands.free_mail == "ban":
        banned = rule is not None and rule.action is Disposition.REJECT and not rule.exceptions and not permits
        return yes(banned, setting, actual, "この規程は使用を禁止しています (action: reject、permits なし)。")
    return yes(stops(rule), setting, actual, "フリーメールの使用を許可に限る規則がありません。")


def misdirected(facts: Facts) -> Outcome:
    rungs = facts.settings.workflow.misdirected_chain
    delay = next((r for r in facts.policy.rules if r.delay), None)
    actual = f"報告先 {chain(rungs)}。送信前の確認: {ruled(delay)}"
    return yes(
        Role.ISM in rungs[0], "workflow.misdirected_chain", actual, "最初の報告先が情報セキュリティ管理者ではありません。"
    )


def not_taken_out(facts: Facts) -> Outcome:
    rules = [facts.on(*NUMBERS), facts.on(*PEOPLE), facts.on(Sign.CLASS_2, Sign.CLASS_3)]
    actual = "、".join(map(ruled, rules)) + "、中身を調べられない暗号化は送らない (組み込み)"
    good = all(stops(rule) or (rule is not None and rule.delay is not None) for rule in rules)
    return yes(good, "policy.yaml の個人情報・機密性の規則", actual, "個人情報か機密性2以上がそのまま送信されます。")


def rights(facts: Facts) -> Outcome:
    given, rule = facts.policy.observe.rights, facts.on(Sign.NO_EXTERNAL_RIGHT, Sign.NO_ATTACHMENT_RIGHT)
    limits = "、".join(f"{who}: 外部 {r.external}・添付 {r.attachments}" for who, r in given.items()) or "なし"
    good = bool(given) and stops(rule)
    return yes(
        good, "observe.rights、no_external_right の規則", f"{limits}。{ruled(rule)}", "種類ごとの権限が決められていません。"
    )


def permitted(facts: Facts) -> Outcome:
    rule = facts.on(Sign.CLASS_2)
    both = rule is not None and {Sign.CLASS_2, Sign.CLASS_3} <= {sign for sign, _ in rule.match.sign}
    asked = rule is not None and rule.approval is not None and Role.ISM in rule.approval.by[0]
    by = chain(rule.approval.by) if rule is not None and rule.approval else "なし"
    actual = f"{ruled(rule)}、許可する人 {by}"
    return yes(both and asked, "class_2・class_3 の規則の approve", actual, "情報セキュリティ管理者の許可を求めていません。")


def encrypted(facts: Facts) -> Outcome:
    tls, mode = facts.settings.outbound.next_hop.tls, facts.policy.protection.mode
    actual, setting = f"送信の TLS {tls}、添付の暗号化 {mode}", "outbound.next_hop.tls、protect_attachments.mode"
    if mode is Mode.OFF:
        return yes(False, setting, actual, "添付を暗号化しません (protect_attachments.mode を encrypt か require に)。")
    return yes(tls in ENCRYPTED, setting, actual, "暗号化できないとき平文で送ります (required か verified に)。")


def _at_least(rule: Rule | None, demanded: str) -> bool:
    if rule is None:
        return False
    if demanded == "reject":
        return rule.action is Disposition.REJECT and not rule.exceptions
    if demanded == "approve_and_encrypt":
        return rule.action in STOPS
    return rule.action in (*STOPS, Disposition.DELAY)


def personal_information(facts: Facts) -> Outcome:
    wanted = facts.demands.personal_information
    numbers, people, tls = facts.on(*NUMBERS), facts.on(*PEOPLE), facts.settings.outbound.next_hop.tls
    setting, actual = "個人情報の規則、outbound.next_hop.tls", f"{ruled(numbers)}、{ruled(people)}、TLS {tls}"
    if not (_at_least(numbers, wanted) and _at_least(people, wanted)):
        word = {"reject": "送信を拒む", "approve_and_encrypt": "許可を求める"}.get(wanted, "確認を求める")
        return Outcome(Status.NG, setting, actual, f"この規程では個人情報の{word}規則が必要です。")
    encrypts = "encrypt" not in wanted or tls in ENCRYPTED
    return yes(encrypts, setting, actual, "この規程では暗号化が必要です (outbound.next_hop.tls)。")


def labelled(facts: Facts) -> Outcome:
    words, asks = facts.policy.observe.classification.markings, facts.on(Sign.CLASS_UNKNOWN)
    actual = f"{len(words)} 語を読み、無害化しても残す。表示なし: {ruled(asks)}"
    return yes(bool(words) and asks is not None, "observe.classification.markings、class_unknown の規則", actual, _UNKNOWN)


_UNKNOWN = "表示のない文書について尋ねる規則がありません。"


def unknown_asked(facts: Facts) -> Outcome:
    rule = facts.on(Sign.CLASS_UNKNOWN)
    asked = rule is not None and rule.approval is not None and Role.ISM in rule.approval.by[0]
    outcome = yes(asked, "class_unknown の規則", ruled(rule), "分類の分からないものを情報セキュリティ管理者に尋ねていません。")
    return partly(outcome, "受信したファイルに最初の分類を付けること")


def highest(facts: Facts) -> Outcome:
    rule = facts.on(Sign.CLASS_3)
    actual = f"添付・書庫の中を含めて最も高い表示で決める (組み込み)。{ruled(rule)}"
    return yes(rule is not None, "class_3 の規則", actual, "機密性3の規則がありません。")


def designated(facts: Facts) -> Outcome:
    rule, methods = facts.on(Sign.WEAK_ENCRYPTION), facts.policy.observe.encryption.designated
    actual = f"方式 {'、'.join(methods) or 'なし'}。ほかは {ruled(rule)}"
    outcome = yes(bool(methods) and stops(rule), "observe.encryption.designated", actual, "指定外の方式を止めていません。")
    return partly(outcome, "公印に当たる署名 (S/MIME) と鍵の管理")


def in_transit(facts: Facts) -> Outcome:
    s = facts.settings
    actual = f"送信 {s.outbound.next_hop.tls}、受信後 {s.inbound.next_hop.tls}、受付の TLS 必須: 受信 {s.inbound.require_tls}"
    return yes(
        s.outbound.next_hop.tls in ENCRYPTED, "next_hop.tls、require_tls", actual, "相手が対応しないとき平文で送ります。"
    )


def signed(facts: Facts) -> Outcome:
    anchors = facts.settings.signatures.trust_anchors
    outcome = Outcome(
        Status.OK, "signatures.trust_anchors", f"{anchors or 'なし'}。無害化の前に署名を確かめ、通知に示す。原本は残す"
    )
    return outcome if anchors else partly(outcome, "信頼する認証局が登録されていないため、改ざんの有無だけを確かめます")


CHECKS = {
    "ML-01": Check(volume, ("halted", "case:change")),
    "ML-02": Check(size),
    "ML-03": Check(
        partial("なし", "メールサーバの容量超過 (452・552) は差出人に不達通知で知らせる", "利用者ごとの保管容量の上限と予告"),
        ("bounced",),
    ),
    "ML-04": Check(auto_forwarding),
    "ML-05": Check(business_only),
    "ML-06": Check(recipients_hidden, ("recipients_hidden",)),
    "ML-07": Check(free_mail),
    "ML-08": Check(misdirected, ("case:misdirected",)),
    "ML-09": Check(not_taken_out),
    "ML-10": Check(rights),
    "ML-11": Check(
        partial("管理画面・mugai journal export", "だれが何のために調べたかを記録する", "調べる者の指名とその期間"),
        ("searched", "exported", "viewed"),
    ),
    "SD-01": Check(permitted, ("case:approval",)),
    "SD-02": Check(encrypted, ("attachments_locked",)),
    "SD-03": Check(personal_information),
    "SD-04": Check(labelled),
    "SD-05": Check(unknown_asked),
    "SD-06": Check(highest),
    "SD-07": Check(designated),
    "SD-08": Check(in_transit, ("relayed",)),
    "SD-09": Check(signed),
}

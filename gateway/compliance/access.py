"""Checks of people: access, availability, incidents, exceptions: AC, AVL, IN, EX."""

from __future__ import annotations

from pathlib import Path

from gateway.compliance.facts import UNUSED_DAYS, Facts
from gateway.compliance.judging import Check, always, chain, partial, partly, ruled, stops, unserved, yes
from gateway.compliance.model import Outcome, Status
from gateway.directory.model import ROLE_NAMES, Role
from gateway.incident import plan as plan_file
from gateway.model import Sign
from gateway.yaml_file import BadConfiguration

PRIVILEGED = (Role.SYM, Role.SYO, Role.CSO)
LOCAL = ("127.0.0.1", "::1", "localhost")


def sign_in(facts: Facts) -> Outcome:
    c = facts.settings.console
    actual = f"表示「{c.banner[:20]}…」、{c.idle_minutes:g} 分で時間切れ、最長 {c.session_hours:g} 時間、失敗が続けば待たせる"
    return yes(bool(c.banner), "console.banner・idle_minutes・session_hours", actual, "ログイン前の表示がありません。")


def people_known(facts: Facts) -> Outcome:
    count, days = len(facts.directory.people), facts.settings.workflow.certification_days
    turn = f"所属ごとに {days:g} 日ごと" if days else "手動"
    actual = f"名簿 {count} 人、{UNUSED_DAYS:.0f} 日送信のない人 {facts.unused} 人。棚卸し {turn}、期間中 {facts.count('case:certification')} 件"
    return yes(count > 0, "mugai directory import、workflow.certification_days", actual, "名簿が読み込まれていません。")


def privileged(facts: Facts) -> Outcome:
    held = {role: len(facts.directory.holders(role, facts.today)) for role in PRIVILEGED}
    actual = "、".join(f"{ROLE_NAMES[role]} {number} 人" for role, number in held.items()) + "。初期アカウントなし"
    outcome = yes(any(held.values()), "名簿の役割と代理者", actual, "特権を持つ人が名簿にいません。")
    return partly(outcome, "代理者の指名の自動の周知")


def elevation(facts: Facts) -> Outcome:
    minutes = facts.settings.console.elevation_minutes
    return Outcome(Status.OK, "console.elevation_minutes", f"{minutes:g} 分で終わり、始める前に本人を確かめ直す")


def second_factor(facts: Facts) -> Outcome:
    on = facts.settings.console.second_factor
    return yes(on, "console.second_factor", "職員以外に必須" if on else "なし", "二要素認証が切られています。")


def apart(facts: Facts) -> Outcome:
    allowed = not facts.settings.workflow.auditor_apart
    both = [p.name for p in facts.directory.holders(Role.AUD, facts.today) if {*p.roles} - {Role.AUD, Role.USR}]
    actual = f"申請者は承認できない (組み込み)。監査の兼務 {'可' if allowed else '不可'}、兼務者 {'、'.join(both) or 'なし'}"
    setting = "workflow.auditor_apart、名簿の役割 aud"
    if facts.demands.auditor == "independent" and allowed:
        return Outcome(Status.NG, setting, actual, "この規程は監査する者の独立を求めています (auditor_apart: true)。")
    if facts.demands.auditor == "may_serve" and both:
        return Outcome(Status.OK, setting, actual, "注意: 監査する人が自分の仕事を監査しないように割り当ててください。")
    return yes(not both, setting, actual, "監査する人がほかの役割を持っています。")


def remote(facts: Facts) -> Outcome:
    c = facts.settings.console
    actual = f"{c.host}:{c.port}、接続元 {'、'.join(map(str, c.peers))}、TLS {'あり' if c.certificate else 'なし (この装置の中だけ)'}"
    safe = (bool(c.certificate) or c.host in LOCAL) and all(network.prefixlen for network in c.peers)
    outcome = yes(safe, "console.host・peers・certificate", actual, "管理画面にだれでも接続できます。")
    return partly(outcome, "端末の証明書と、期限付きの遠隔接続の許可")


def suspension(facts: Facts) -> Outcome:
    rule = facts.on(Sign.SUSPENDED)
    now = sum(bool(person.suspended) for person in facts.directory.people)
    return yes(
        stops(rule),
        "suspended の規則、mugai directory suspend",
        f"{ruled(rule)}、停止中 {now} 人。セッションを終え、CISO と所属に知らせ、解除は2人",
        "利用停止の規則がありません。",
    )


def capacity(facts: Facts) -> Outcome:
    now = facts.gateway or {}
    actual = f"待ち {now.get('waiting', '不明')} 通、空き {int(str(now.get('free_bytes', 0))) >> 20}MB、{facts.settings.queue.free_space >> 20}MB で受付停止、{facts.settings.alerts.disk_days:g} 日以内に満杯なら警報"
    return partly(
        yes(facts.gateway is not None, "queue.free_space、health", actual, "ゲートウェイが応答しません。"), "容量の予測"
    )


def report_chain(facts: Facts) -> Outcome:
    wanted, rungs = facts.demands.incident_chain, facts.settings.workflow.incident_chain
    same = [set(rung) for rung in rungs[: len(wanted)]] == [set(rung) for rung in wanted]
    return yes(same, "workflow.incident_chain", chain(rungs), f"この規程の経路は {chain(wanted)} です。")


def window(facts: Facts) -> Outcome:
    people = facts.directory.holders(Role.CSIRT, facts.today)
    addresses = facts.settings.contacts.get(Role.CSIRT, ())
    actual = f"CSIRT {len(people)} 人、連絡先 {'、'.join(addresses) or 'なし'}"
    actual += "。第一報・続報・最終報の様式を記録から埋める (config/reports)"
    return yes(bool(people or addresses), "名簿の役割 csirt、contacts", actual, "CSIRT の連絡先がありません。")


def violations_told(facts: Facts) -> Outcome:
    ask, rungs = facts.policy.observe.violations, facts.settings.workflow.violation_chain
    actual = f"{ask.days:g} 日に {ask.count} 件で {chain(rungs)} に通知、措置を記録。期間中の手続き {facts.count('case:violation')} 件"
    setting = "policy.yaml observe.violations、workflow.violation_chain、mugai violation"
    return yes(ask.count > 0, setting, actual if ask.count else "なし", "違反を所属の管理者に知らせません (count: 0)。")


def emergency_plan(facts: Facts) -> Outcome:
    setting, taken = "playbooks.yaml、mugai incident playbook", facts.count("act:step")
    try:
        plan = plan_file.load(Path(facts.settings.playbooks))
    except BadConfiguration as bad:
        return Outcome(Status.NG, setting, "なし", f"緊急時対応計画が読めません: {bad.problems[0]}")
    actual = (
        f"手順書 {len(plan.playbooks)} 件、庁外の連絡先 {len(plan.contacts)} 件。期間中に実施した手順 {taken} 回 (訓練を含む)"
    )
    return yes(bool(plan.contacts), setting, actual, "庁外の連絡先がありません。")


def exception_approvers(facts: Facts) -> Outcome:
    wanted, rungs = facts.demands.exception_approvers, facts.settings.workflow.exception_approvers
    actual = f"{chain(rungs)}。期限必須、最長 {facts.settings.workflow.exception_days:g} 日"
    same = [set(rung) for rung in rungs] == [set(rung) for rung in wanted]
    return yes(same, "workflow.exception_approvers・exception_days", actual, f"この規程では {chain(wanted)} の許可が必要です。")


def break_glass(facts: Facts) -> Outcome:
    roles = "・".join(ROLE_NAMES[role] for role in facts.settings.workflow.break_glass)
    return Outcome(Status.OK, "workflow.break_glass", f"{roles} が実施、24時間以内に事後承認がなければ失効")


def backups(facts: Facts) -> Outcome:
    """A backup that nobody ever put back is a hope."""
    wanted, made, tried = facts.settings.backup, facts.count("backed_up"), facts.count("rehearsed")
    setting = "backup、mugai backup・restore"
    actual = f"{wanted.folder or '毎晩は作らない'}。期間中に作成 {made} 回、復元の訓練 {tried} 回"
    if not wanted.folder or not made:
        return Outcome(Status.NG, setting, actual, "毎晩のバックアップがありません。")
    return yes(tried > 0, setting, actual, "復元の訓練 (mugai restore --rehearse) がまだありません。")


CHECKS = {
    "AC-01": Check(sign_in, ("logged_in", "login_failed", "logged_out")),
    "AC-02": Check(always("管理画面の役割 (mugai console)", "役割と所属の範囲で見える。本文を見る権限は別"), ("viewed",)),
    "AC-03": Check(people_known, ("case:certification", "directory_changed", "account_changed")),
    "AC-04": Check(privileged, ("account_changed", "directory_changed")),
    "AC-05": Check(elevation, ("elevated",)),
    "AC-06": Check(
        always("console (切ることはできない)", "argon2id で保存、よくあるパスワードは拒む、初回に本人が決める"),
        ("account_changed",),
    ),
    "AC-07": Check(second_factor, ("logged_in",)),
    "AC-08": Check(apart, ("case_step",)),
    "AC-09": Check(remote, ("logged_in",)),
    "AC-10": Check(suspension, ("directory_changed",)),
    "AVL-01": Check(unserved("複数台での運用 (同じ内容の複製) がありません。1台で動きます。")),
    "AVL-02": Check(
        partial("なし (組み込み)", "受け付けたメールは停電でも失われず、再起動で続きから処理する", "予備機への切り替え"),
        ("started", "stopped"),
    ),
    "AVL-03": Check(backups, ("backed_up", "rehearsed", "restored")),
    "AVL-04": Check(capacity),
    "IN-01": Check(report_chain, ("case:incident",)),
    "IN-02": Check(window, ("case:incident",)),
    "IN-03": Check(always("mugai incident", "経過・原因・対策を記録し、最後の段の人が完了を承認する"), ("case:incident",)),
    "IN-04": Check(emergency_plan, ("act:step", "halted", "case:incident")),
    "IN-05": Check(violations_told, ("case:violation",)),
    "EX-01": Check(exception_approvers, ("case:exception",)),
    "EX-02": Check(break_glass, ("case:exception",)),
    "EX-03": Check(
        always("mugai exception export", "申請・審査結果・使ったメールへのリンクを消せない形で残し、CSV・PDF に出す"),
        ("case:exception", "case:blanket"),
    ),
}

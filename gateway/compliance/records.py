"""Checks of records, monitoring and hardening: LG and HD."""

from __future__ import annotations

from gateway import intake
from gateway.compliance.boundary import SILENT
from gateway.compliance.facts import Facts
from gateway.compliance.judging import Check, always, chain, organisational, partial, partly, ruled, stops, yes
from gateway.compliance.model import Outcome, Status
from gateway.directory import wanting
from gateway.doors import listeners
from gateway.integrity import NONE
from gateway.model import Sign

SHOWN = 2  # differences and the like that a row tells


def _few(texts: tuple[str, ...]) -> str:
    return "、".join(texts[:SHOWN]) + (f" ほか {len(texts) - SHOWN} 件" if len(texts) > SHOWN else "")


def recorded(facts: Facts) -> Outcome:
    actual = f"{facts.journal.entries} 件。判断ごとに1件、消されない"
    return yes(facts.journal.entries > 0, "なし (常に記録)", actual, "記録がまだありません。")


def untampered(facts: Facts) -> Outcome:
    found = facts.journal
    actual = f"{found.entries} 件と署名 {found.checkpoints} 個を照合"
    why = f"{found.first_bad} 番目から壊れています: {found.problem}"
    outcome = yes(found.ok, "journal.key", f"{actual}: {'一致' if found.ok else '不一致'}", why)
    return outcome if facts.settings.journal.media.folder else partly(outcome, "署名を別の装置に写す先 (journal.media)")


def copied(facts: Facts) -> Outcome:
    media = facts.settings.journal.media
    done = facts.count("copied")
    actual = f"{media.folder or '写さない'}。{done} 日分を写し、読み戻して確かめた"
    why = "毎晩の写しがまだありません。" if media.folder else "記録を写す媒体がありません。"
    return yes(bool(media.folder) and done > 0, "journal.media", actual, why)


def clock(facts: Facts) -> Outcome:
    actual = "時計の飛びを見張り、疑わしい間は期限で消さない" + (
        f"。現在 {facts.clock_jump:+.0f} 秒" if facts.clock_jump else ""
    )
    if facts.gateway is None:
        return Outcome(Status.NG, "health", actual, SILENT)
    error, most = facts.gateway.get("clock_error_seconds"), facts.settings.alerts.clock_seconds
    if facts.clock_jump or not isinstance(error, float):
        why = "時計が飛んでいます。" if facts.clock_jump else "この装置の時計は同期されていません (chrony などが必要です)。"
        return Outcome(Status.NG, "alerts.clock_seconds", actual, why)
    return yes(
        error <= (most or 1), "alerts.clock_seconds", f"{actual}。誤差は {error:.2f} 秒以内", "時計の誤差が大きすぎます。"
    )


def two_people(facts: Facts) -> Outcome:
    rungs = facts.settings.workflow.change_approvers
    short = [gap for gap in wanting(facts.directory, facts.today) if "second" in gap]
    enough = bool(facts.directory.people) and not short
    outcome = yes(enough, "workflow.change_approvers", f"二人目: {chain(rungs)}", "二人目になれる人が名簿に足りません。")
    return partly(outcome, "設定ファイルの直接の書き換えは、改ざん検査 (HD-02) で見つけるだけです")


def watched(facts: Facts) -> Outcome:
    if facts.gateway is None:
        return Outcome(Status.NG, "health", f"{facts.settings.health.host}:{facts.settings.health.port}", SILENT)
    healthy, told = bool(facts.gateway.get("healthy")), facts.settings.alerts.to
    actual = f"{'正常' if healthy else '異常'}、待ち {facts.gateway.get('waiting')} 通、警報を知らせる先 {len(told)} 件"
    why = "警報を受ける人がいません。" if healthy else "ゲートウェイが異常を示しています。"
    return yes(healthy and bool(told), "health、alerts.to", actual, why)


def looked_through(facts: Facts) -> Outcome:
    signed = facts.count("inspected")
    return yes(signed > 0, "管理画面の点検", f"期間中に「点検済」{signed} 回", "期間中に点検が一度も記録されていません。")


def from_inside(facts: Facts) -> Outcome:
    rule = facts.on(Sign.FORGED_SENDER)
    actual = f"なりすまし {ruled(rule)}、送信量 {'監視' if facts.settings.volume.enabled else 'なし'}、ウイルスは送信しない"
    good = stops(rule) and facts.settings.volume.enabled
    return yes(good, "forged_sender の規則、volume", actual, "内部からのなりすましか大量送信を見張っていません。")


def this_report(facts: Facts) -> Outcome:
    made = facts.count("self_inspected")
    return Outcome(Status.OK, "mugai report self-inspection", f"この報告。期間中の点検 {made} 回", "")


def ports(facts: Facts) -> Outcome:
    s = facts.settings
    actual = "、".join(f"{each.host}:{each.port}" for each in (s.inbound, s.outbound, s.health, s.console))
    outcome = Outcome(Status.OK, "inbound・outbound・health・console", f"{actual} だけを開く")
    return partly(outcome, "装置全体で開いているポートの定期的な照合")


def approved_files(facts: Facts) -> Outcome:
    setting, mode = "integrity.when_changed", facts.settings.integrity.when_changed
    if facts.changed == (NONE,):
        word = "義務" if facts.demands.tamper_check == "must" else "推奨"
        return Outcome(Status.NG, setting, f"{mode}、基準なし", f"基準がありません ({word}): mugai baseline make")
    actual = f"{mode}、{'基準どおり' if not facts.changed else _few(facts.changed)}"
    return yes(not facts.changed, setting, actual, "基準と違います。確かめて、正しければ mugai baseline make")


def weaknesses_known(facts: Facts) -> Outcome:
    """Who mends what by when stands in the plan for improvement beside this row."""
    times = facts.count("advisories_compared")
    outcome = yes(bool(times), "mugai sbom、mugai advisories", f"期間中の照合 {times} 回", "脆弱性情報との照合がありません。")
    return partly(outcome, "緊急度に応じた期限の自動の管理 (改善計画の欄に書いてください)")


def consistent(facts: Facts) -> Outcome:
    problems = intake.check_not_open_relay(listeners(facts.settings))
    actual = f"規則 {len(facts.policy.rules)} 件に矛盾なし (読み込み時に検査)、第三者中継: {'、'.join(problems) or 'なし'}"
    return yes(not problems, "policy.yaml、peers、domains", actual, "第三者中継になります。")


def cut_off(facts: Facts) -> Outcome:
    now = facts.gateway.get("stopped") if facts.gateway else None
    return Outcome(Status.OK, "mugai stop・mugai resume", f"側ごとに即時停止、再開は2人。現在の停止: {now or 'なし'}")


def limits(facts: Facts) -> Outcome:
    s = facts.settings.smtp
    actual = f"宛先 {s.recipients}、誤り {s.errors} 回で切断、改行の不正は拒否、添付は隔離して読む"
    return Outcome(Status.OK, "smtp、policy.yaml limits", actual)


def outputs_right(facts: Facts) -> Outcome:
    actual = f"届けるものを照合してから送る。宛先の状態の矛盾 {len(facts.store)} 件"
    return yes(not facts.store, "なし (常に照合)", actual, _few(facts.store))


def available(facts: Facts) -> Outcome:
    s, q = facts.settings.smtp, facts.settings.queue
    actual = f"同時 {s.sessions} (相手ごと {s.sessions_per_peer})、最低 {s.minimum_rate} B/秒、待ち {q.longest} 通で 452"
    return Outcome(Status.OK, "smtp、queue、sandbox、volume", actual)


CHECKS = {
    "LG-01": Check(recorded, ("received", "decided", "relayed", "held", "released", "deleted", "logged_in")),
    "LG-02": Check(untampered, ("verified", "alarm:clock")),
    "LG-03": Check(copied, ("copied", "alarm:record-copy", "packed")),
    "LG-04": Check(looked_through, ("inspected", "searched")),
    "LG-05": Check(clock, ("alarm:clock", "alarm:clock-sync")),
    "LG-06": Check(
        always("管理画面の障害記録", "警報から自動で開き、原因と処置を書いて閉じる。消せない"), ("trouble_step", "alarm")
    ),
    "LG-07": Check(
        partial("記録", "作業者・理由・規則の版を記録する", "設定の変更前後の内容と、前の版に戻すこと"),
        ("policy_loaded", "baseline_made", "directory_changed", "queue_changed", "account_changed"),
    ),
    "LG-08": Check(two_people, ("case:change",)),
    "LG-09": Check(watched, ("alarm", "self_tested")),
    "LG-10": Check(from_inside, ("alarm:internal-infection", "alarm:internal-spoofing")),
    "LG-11": Check(
        always("保留の法的保全、mugai journal pack", "期限でも消えないようにし、証拠一式を書き出せる"), ("kept", "packed")
    ),
    "LG-12": Check(this_report, ("self_inspected",)),
    "HD-01": Check(ports, ("started",)),
    "HD-02": Check(approved_files, ("baseline_made", "alarm:configuration")),
    "HD-03": Check(consistent, ("policy_loaded", "refused")),
    "HD-04": Check(cut_off, ("halted", "case:change")),
    "HD-05": Check(weaknesses_known, ("advisories_compared",)),
    "HD-06": Check(limits, ("refused",)),
    "HD-07": Check(outputs_right, ("cleared_for_delivery",)),
    "HD-08": Check(available, ("refused", "deferred")),
    "HD-09": Check(
        organisational("応答・通知・Received に内部の名前と版を出さない", "構成図と仕様書の扱いは規程に従ってください。")
    ),
}

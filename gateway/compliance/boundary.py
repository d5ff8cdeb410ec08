"""Checks of the boundary and against malware: SAN and AV."""

from __future__ import annotations

from gateway.compliance.facts import Facts
from gateway.compliance.judging import Check, always, partial, ruled, yes
from gateway.compliance.model import Outcome, Status
from gateway.model import Direction, Disposition
from gateway.settings import ListenerSettings
from sanitizers.model import Method, Verdict

SILENT = "ゲートウェイが応答しません (GET /health)"
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  named to be refused


def _at(listener: ListenerSettings) -> str:
    return f"{listener.host}:{listener.port} ({'、'.join(map(str, listener.peers))} だけ)"


def separated(facts: Facts) -> Outcome:
    inside, outside = facts.settings.outbound, facts.settings.inbound
    setting, actual = "inbound・outbound の host と peers", f"受信 {_at(outside)}、送信 {_at(inside)}"
    if any(network.prefixlen == 0 for side in (inside, outside) for network in side.peers):
        return Outcome(Status.NG, setting, actual, "だれでも接続できます。接続元を peers に限定してください。")
    apart = inside.host != outside.host and not {inside.host, outside.host} & {*ANYWHERE}
    return yes(apart, setting, actual, "受信と送信が同じアドレスです。それぞれ別の通信カードのアドレスにしてください。")


def sanitised(facts: Facts) -> Outcome:
    asked = {"inbound": "受信方向", "both": "両方向"}.get(facts.demands.sanitise, "方向の定めなし")
    methods = "、".join(f"{name}={profile.method}" for name, profile in facts.policy.profiles.items())
    needed = facts.settings.sandbox.minimum_level
    live = facts.gateway.get("sandbox_level") if facts.gateway else None
    actual = f"両方向を必ず無害化 (求め: {asked})。方法 {methods}。隔離 {live if live is not None else '不明'} / 必要 {needed}"
    setting = "policy.yaml profiles・choose_profile、sandbox.minimum_level"
    if facts.gateway is None:
        return Outcome(Status.NG, setting, actual, f"{SILENT}。隔離の強さを確かめられません。")
    return yes(isinstance(live, int) and live >= needed, setting, actual, "隔離が必要な強さに足りません。")


def as_text(facts: Facts) -> Outcome:
    named = [name for name, profile in facts.policy.profiles.items() if profile.method is Method.BODY_ONLY]
    chosen = [choice.name for choice in facts.policy.choices if choice.profile in named]
    actual = f"profiles: {'、'.join(named) or 'なし'}。使う規則: {'、'.join(chosen) or 'なし (審査者が選ぶ)'}"
    return yes(bool(named), "policy.yaml profiles の method: body_only", actual, "本文だけを届ける方法がありません。")


def original_kept(facts: Facts) -> Outcome:
    kept = facts.settings.retention.originals_days
    return Outcome(
        Status.PARTIAL,
        "originals_at、retention.originals_days",
        f"原本を {kept} 日保管し、通知に場所「{facts.settings.originals_at}」を示す。審査者は管理画面で画像として見る",
        "未対応: 画面転送そのもの (仮想端末の製品が担います)",
    )


def cleaned(facts: Facts) -> Outcome:
    rebuilt = [name for name, profile in facts.policy.profiles.items() if profile.method in (Method.REBUILD, Method.IMAGE)]
    actual = f"{'、'.join(rebuilt) or 'なし'}。組み立て直したものを別の検証器で確かめてから届ける"
    return yes(bool(rebuilt), "policy.yaml profiles の method", actual, "組み立て直す方法がありません。")


def alarmed(facts: Facts) -> Outcome:
    told = facts.settings.alerts.to
    ways = "、".join(target.syslog or target.webhook or "、".join(target.mail) for target in told) or "なし"
    return yes(
        bool(told),
        "alerts.to",
        f"想定外の接続・隔離の失敗・送信量を警報にする。知らせる先 {ways}",
        "警報を受ける人がいません。",
    )


def cloud(facts: Facts) -> Outcome:
    hop = facts.settings.outbound.next_hop
    return yes(
        hop.host not in ("127.0.0.1", "::1", "localhost"),
        "outbound.next_hop、inbound.peers、identity.trusted_authenticators",
        f"送信はすべて {hop.host}:{hop.port} へ。受信は {'、'.join(map(str, facts.settings.inbound.peers))} から",
        "配送先が既定値 (この装置自身) のままです。セキュリティクラウドのサーバを指定してください。",
    )


def incoming_scanned(facts: Facts) -> Outcome:
    setting, when_down = "clamav (切ることはできない)", facts.settings.clamav.when_down
    if facts.gateway is None:
        return Outcome(Status.NG, setting, f"停止時は {when_down}", SILENT)
    engine = str(facts.gateway.get("clamd", "不明"))
    alive = not engine.startswith("down")
    return yes(
        alive, setting, f"clamd {engine}。停止時は {when_down} (素通しなし)", "clamd が動いていません。受信は保留されます。"
    )


def outgoing_scanned(facts: Facts) -> Outcome:
    first = next((r for r in facts.policy.rules if Verdict.INFECTED in r.match.verdict), None)
    told = first is not None and first.action is Disposition.HOLD and bool(first.inform) and bool(first.alarm)
    actual = (
        f"{ruled(first)}。知らせる: {'、'.join(first.inform) if first else 'なし'}。警報: {first.alarm if first else 'なし'}"
    )
    return yes(told, "policy.yaml の verdict: infected の規則", actual, "送信元と担当者に知らせる規則がありません。")


def signatures_fresh(facts: Facts) -> Outcome:
    clamav = facts.settings.clamav
    setting = "clamav.alarm_age_hours・hold_age_hours"
    dated = facts.gateway.get("signatures_time") if facts.gateway else None
    if not isinstance(dated, int | float) or not dated:
        return Outcome(
            Status.NG, setting, "日付不明", SILENT if facts.gateway is None else "定義ファイルの日付が分かりません。"
        )
    hours = (facts.now - dated) / 3_600
    actual = f"{hours:.0f} 時間前の定義。{clamav.alarm_age_hours:g} 時間で警報、{clamav.hold_age_hours:g} 時間で保留 (0=しない)"
    return yes(hours <= clamav.alarm_age_hours, setting, actual, "定義ファイルが古くなっています。")


def centrally(facts: Facts) -> Outcome:
    mode = facts.config.stat().st_mode & 0o777
    actual = f"設定はサーバのファイルだけ ({facts.config.name}: {mode:o})。職員の画面に対策を切る操作はない"
    return yes(not mode & 0o022, "設定ファイルの権限", actual, "ほかの利用者が設定ファイルを書き換えられます (chmod go-w)。")


def suspicious(facts: Facts) -> Outcome:
    rule = next((r for r in facts.policy.rules if r.match.identity and r.match.direction is not Direction.OUTBOUND), None)
    kept = rule is not None and rule.action in (Disposition.HOLD, Disposition.DELETE) and not rule.releasable
    actual = f"{ruled(rule)}{'、解放不可' if kept else ''}。{facts.settings.retention.quarantine_days} 日後に廃棄、証拠の値は記録に残る"
    setting = "policy.yaml の identity: の規則、retention.quarantine_days"
    if facts.demands.suspicious_mail == "report" and rule is not None and not rule.alarm:
        return Outcome(Status.NG, setting, actual, "標的型攻撃の疑いを報告する警報 (alarm) がありません。")
    return yes(kept, setting, actual, "差出人を偽るメールを届けない規則がありません (受信者への注意だけ)。")


def targeted(facts: Facts) -> Outcome:
    identity = facts.settings.identity
    actual = f"差出人の確認 {'有効' if identity.enabled else '無効'}、DNS {'、'.join(map(str, identity.nameservers)) or 'なし'}"
    setting = "identity.enabled・nameservers"
    if not identity.enabled:
        return Outcome(Status.NG, setting, actual, "差出人の確認が無効です。")
    if not identity.nameservers and not identity.trusted_authenticators:
        why = "DNS も前段の判定も使わないため、SPF・DKIM・DMARC を判定できません (似たドメイン・表示名の確認は有効)。"
        return Outcome(Status.NG, setting, actual, why)
    return Outcome(Status.PARTIAL, setting, actual, "未対応: 同じ攻撃のまとめ (キャンペーン)、訓練メールの許可表")


def resident(facts: Facts) -> Outcome:
    engine = str(facts.gateway.get("clamd", "")) if facts.gateway else ""
    good = bool(engine) and not engine.startswith("down")
    return yes(good, "clamav.socket", f"clamd {engine or '不明'}", "clamd が動いていることを確かめられません。")


CHECKS = {
    "SAN-01": Check(separated, ("started", "refused")),
    "SAN-02": Check(sanitised, ("cleared_for_delivery", "self_tested")),
    "SAN-03": Check(as_text),
    "SAN-04": Check(original_kept, ("viewed",)),
    "SAN-05": Check(cleaned, ("cleared_for_delivery",)),
    "SAN-06": Check(alarmed, ("alarm", "refused")),
    "SAN-07": Check(cloud, ("relayed",)),
    "SAN-08": Check(
        partial(
            "inbound・outbound の待受と配送先",
            "2つの待受と2つの配送先のほかに経路を持たない。IP 転送をしない",
            "マイナンバー利用事務系のアドレスを登録し、設定時に拒むこと",
        )
    ),
    "SAN-09": Check(
        partial(
            "state_directory の権限、retention",
            "原本は管理者だけが読め (0600)、期限で消える",
            "保管時の暗号化 (ディスクの暗号化で補う)",
        ),
        ("disposed",),
    ),
    "AV-01": Check(incoming_scanned, ("decided",)),
    "AV-02": Check(outgoing_scanned, ("alarm:internal-infection",)),
    "AV-03": Check(
        always("規則 not-inspected と組み込み", "検査できないもの (暗号化・破損・上限超え) は届けない。設定では変えられない")
    ),
    "AV-04": Check(signatures_fresh, ("alarm:signatures",)),
    "AV-05": Check(partial("GET /health、mugai check", "ClamAV とプログラムの版を示す", "サポート終了日との照合")),
    "AV-06": Check(centrally, ("policy_loaded", "baseline_made")),
    "AV-07": Check(suspicious, ("expired",)),
    "AV-08": Check(targeted, ("alarm:targeted-attack",)),
    "AV-09": Check(
        partial("mugai report monthly、regular_reports", "止めたものの件数と種類を月ごとにまとめる", "職員向けの注意喚起文")
    ),
    "AV-10": Check(resident, ("alarm:signatures",)),
    "AV-11": Check(always("mugai isolate", "差出人・端末をその場で両方向とも止め、送ったものを一覧にする"), ("halted",)),
}

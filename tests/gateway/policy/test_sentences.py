from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Disposition, Suspicion
from gateway.notice import Notices
from gateway.policy import file as policy_file
from gateway.policy import sentences
from gateway.policy.words import DISPOSITIONS, SUSPICIONS

CONFIG = Path(__file__).parents[3] / "config"
SHIPPED = policy_file.load(CONFIG / "policy.yaml")
NAMES = Notices.load(CONFIG / "notices").names


def test_every_word_of_the_closed_sets_is_there() -> None:
    assert DISPOSITIONS.keys() == set(Disposition)
    assert SUSPICIONS.keys() == set(Suspicion)


def test_a_shipped_rule_reads_as_a_sentence() -> None:
    said = sentences.of_rule(SHIPPED.rule("infected-outbound"), NAMES)
    assert said.ja.startswith("送信メールで、判定が「ウイルス検知」のとき → 保留する（解除不可、知らせる先: 差出人")
    assert said.ja.endswith("。根拠: AV-02、LG-10")
    assert said.en.startswith("Outbound mail whose verdict is infected → held (can not be released")


RULES = """
profiles: {rebuild: {}}
rules:
  - name: all
    match: {direction: %s, sender: "*@a.example", recipient: b@c.example, client: 192.0.2.0/24, larger_than: 3MB,
      finding: [macro, dde], media_type: "image/*", name: "*.xlsm"%s}
    action: %s
    reason: r
    clauses: [SAN-02]
"""
INBOUND = (
    "受信メールで、差出人が「*@a.example」の、かつ宛先が「b@c.example」の、かつ接続元が「192.0.2.0/24」の、"
    "かつ大きさが3 MBを超える、かつ「マクロ」または「他のプログラムの呼び出し(DDE)」が見つかった、"
    "かつファイルの形式が「image/*」の、かつファイル名が「*.xlsm」の、かつ差出人に「SPF の失敗」があるとき → 保留する。"
    "根拠: SAN-02"
)


def test_every_condition_is_said() -> None:
    [rule] = policy_file.parse(RULES % ("inbound", ", identity: spf_fail", "hold")).rules
    assert sentences.of_rule(rule, NAMES).ja == INBOUND
    [rule] = policy_file.parse(
        RULES % ("outbound", ", sign: {telephone: 20}", "await_approval\n    approve: {by: [[ism, bur], cso], hours: 8}")
    ).rules
    said = sentences.of_rule(rule, NAMES)
    assert "「電話番号が20件以上」に当てはまるとき → 承認を待つ" in said.ja
    assert "情報セキュリティ管理者または情報セキュリティ責任者 → 統括情報セキュリティ責任者、期限8時間" in said.ja
    assert "telephone number (20 or more)" in said.en
    assert "by ism or bur, then cso, 8 h each" in said.en


HD03 = """
profiles: {{rebuild: {{}}}}
rules:
  - {{name: one, match: {0}, action: hold, reason: r, clauses: [SAN-02]}}
  - {{name: two, match: {1}, action: hold, reason: r, clauses: [SAN-02]}}
"""


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        ("{}", "{sender: '*@a.example'}", True),
        ("{sender: '*@a.example'}", "{sender: 'x@a.example', verdict: clean}", True),
        ("{sender: ['*@a.example', '*@b.example']}", "{sender: '*@b.example'}", True),
        ("{verdict: [clean, sanitised]}", "{verdict: clean}", True),
        ("{direction: outbound, sign: {telephone: 5}}", "{direction: outbound, sign: {telephone: 20}}", True),
        ("{larger_than: 1MB}", "{larger_than: 2MB}", True),
        ("{sender: 'x@a.example'}", "{sender: '*@a.example'}", False),
        ("{sender: 'a?@b.example'}", "{sender: 'a*@b.example'}", False),
        ("{direction: inbound}", "{}", False),
        ("{direction: outbound, sign: {telephone: 20}}", "{direction: outbound, sign: {telephone: 5}}", False),
        ("{direction: outbound, sign: telephone}", "{direction: outbound, sign: {telephone: 1, my_number: 1}}", False),
        ("{verdict: clean}", "{finding: macro}", False),
    ],
)
def test_hd03_a_rule_that_is_never_reached_is_refused(earlier: str, later: str, shadowed: bool) -> None:
    text = HD03.format(earlier, later)
    if shadowed:
        with pytest.raises(policy_file.BadConfiguration, match="two is never reached: one always wins"):
            policy_file.parse(text)
    else:
        assert len(policy_file.parse(text).rules) == 2


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("{direction: inbound, sign: telephone}", "outbound mail only"),
        ("{direction: outbound, identity: spf_fail}", "inbound mail only"),
    ],
)
def test_hd03_a_rule_that_contradicts_itself_is_refused(match: str, words: str) -> None:
    with pytest.raises(policy_file.BadConfiguration, match=words):
        policy_file.parse(HD03.format(match, "{}"))
    good = "  - {name: x, match: {verdict: withheld}, action: deliver, worst: sanitised, clauses: [SAN-02]}\n"
    with pytest.raises(policy_file.BadConfiguration, match="this rule never applies"):
        policy_file.parse("profiles: {rebuild: {}}\nrules:\n" + good)

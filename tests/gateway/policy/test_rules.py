"""Policy: first match wins, the last word is quarantine, and no rule can deliver what was not inspected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.model import Role
from gateway.model import Client, Direction, Disposition, Envelope, Group, Inspection, Observation, PartReport, Sign, Waiver
from gateway.policy import file as policy_file
from gateway.policy.rules import LAST_RULE, Answer, Approval, Delay, Policy
from gateway.yaml_file import BadConfiguration, parse
from sanitizers.model import Finding, Kind, Treatment, Verdict

SHIPPED = policy_file.load(Path(__file__).parents[3] / "config" / "policy.yaml")
STAFF = "tanaka@city.example.lg.jp"


def policy(rules: str, extra: str = "") -> Policy:
    text = f"profiles: {{rebuild: {{method: rebuild}}, body_only: {{method: body_only}}}}\n{extra}\nrules:\n{rules}"
    return policy_file.build(parse("test.yaml", text.encode()))


def envelope(direction: Direction = Direction.INBOUND, sender: str = "a@example.com", *recipients: str) -> Envelope:
    return Envelope(sender, recipients or (STAFF,), direction, Client("192.0.2.1", 25, "mx"))


def inspection(
    verdict: Verdict, *, name: str = "見積書.xlsx", findings: tuple[Finding, ...] = (), detected: str = "text/plain"
) -> Inspection:
    leaf = PartReport("1", name, "", detected, verdict, findings, None, "", 1, 1, "", "", name, detected, 0.0)
    mail = PartReport("", "", "", "message/rfc822", Verdict.CLEAN, (), None, "", 1, 1, "", "", "", "", 0.0, None, (leaf,))
    return Inspection(mail, verdict, None, (), 3)


def decide(p: Policy, e: Envelope, i: Inspection) -> list[tuple[Group, str, Disposition]]:
    groups = p.split(e, e.recipients, 1000)
    return [(g, d.rule, d.disposition) for group in groups for g, d in p.decide(e, group, 1000, i)]


@pytest.mark.parametrize(
    ("verdict", "disposition"),
    [
        (Verdict.CLEAN, Disposition.DELIVER),
        (Verdict.SANITISED, Disposition.DELIVER),
        (Verdict.WITHHELD, Disposition.DELIVER),
        (Verdict.LOCKED, Disposition.AWAIT_PASSWORD),
        (Verdict.INFECTED, Disposition.HOLD),
        (Verdict.FAILED, Disposition.HOLD),
    ],
)
def test_the_shipped_policy_inbound(verdict: Verdict, disposition: Disposition) -> None:
    assert [d for _, _, d in decide(SHIPPED, envelope(), inspection(verdict))] == [disposition]


@given(verdict=st.sampled_from([Verdict.INFECTED, Verdict.FAILED]), direction=st.sampled_from(Direction), sender=st.emails())
def test_i7_what_was_not_inspected_is_never_delivered(verdict: Verdict, direction: Direction, sender: str) -> None:
    generous = policy("  - {name: all, action: deliver, worst: locked, clauses: SAN-02}\n")
    assert [d for _, _, d in decide(generous, envelope(direction, sender), inspection(verdict))] == [Disposition.HOLD]


def test_no_rule_matches_means_held() -> None:
    p = policy("  - {name: out, match: {direction: outbound}, action: deliver, worst: clean, clauses: SAN-02}\n")
    assert decide(p, envelope(), inspection(Verdict.CLEAN)) == [(Group((STAFF,), "rebuild"), LAST_RULE.name, Disposition.HOLD)]


def test_recipients_part_by_profile_and_by_rule() -> None:
    p = policy(
        "  - {name: vip, match: {recipient: boss@*}, action: hold, reason: x, clauses: SAN-02}\n"
        "  - {name: rest, action: deliver, worst: clean, clauses: SAN-02}\n",
        "choose_profile: [{name: counter, match: {recipient: 'counter@*'}, profile: body_only}]",
    )
    e = envelope(Direction.INBOUND, "a@example.com", "x@c.lg.jp", "counter@c.lg.jp", "BOSS@c.lg.jp", "y@c.lg.jp")
    assert decide(p, e, inspection(Verdict.CLEAN)) == [
        (Group(("x@c.lg.jp", "y@c.lg.jp"), "rebuild"), "rest", Disposition.DELIVER),
        (Group(("BOSS@c.lg.jp",), "rebuild"), "vip", Disposition.HOLD),
        (Group(("counter@c.lg.jp",), "body_only"), "rest", Disposition.DELIVER),
    ]


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ("{sender: '*@example.com'}", True),
        ("{sender: '*@example.org'}", False),
        ("{sender: ['*@example.org', 'A@EXAMPLE.com']}", True),
        ("{client: 192.0.2.0/24}", True),
        ("{client: 198.51.100.0/24}", False),
        ("{larger_than: 999}", True),
        ("{larger_than: 1000}", False),
        ("{finding: macro}", True),
        ("{finding: javascript}", False),
        ("{name: '*.xlsx'}", True),
        ("{media_type: 'application/*sheet'}", True),
        ("{verdict: [clean, sanitised]}", True),
        ("{verdict: clean}", False),
        ("{direction: inbound, sender: '*@example.org'}", False),
    ],
)
def test_match(match: str, holds: bool) -> None:
    p = policy(f"  - {{name: it, match: {match}, action: hold, reason: x, clauses: SAN-02}}\n")
    macro = Finding(Kind.MACRO, "xl/vbaProject.bin", "", Treatment.REMOVED)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    [(_, rule, _)] = decide(p, envelope(), inspection(Verdict.SANITISED, findings=(macro,), detected=sheet))
    assert (rule == "it") is holds


def test_the_null_reverse_path_can_be_named() -> None:
    p = policy("  - {name: dsn, match: {sender: '<>'}, action: hold, reason: x, clauses: SAN-02}\n")
    assert decide(p, envelope(sender=""), inspection(Verdict.CLEAN))[0][1] == "dsn"


def test_the_version_changes_with_the_meaning_and_not_with_the_comments() -> None:
    rule = "  - {name: it, action: hold, reason: x, clauses: SAN-02}\n"
    assert policy(rule).version == policy(rule + "# a comment\n").version
    assert policy(rule).version != policy(rule.replace("it", "that")).version


OUTBOUND = """
  - {name: numbers, match: {sign: {my_number: 2}}, action: hold, reason: 番号, clauses: SD-03}
  - {name: bulk, match: {sign: bulk_recipients}, action: hold, reason: 一斉, clauses: ML-06}
  - {name: out, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: AV-02}
"""


def leaving(*observations: Observation, verdict: Verdict = Verdict.CLEAN) -> Inspection:
    return replace(inspection(verdict), observations=observations)


def decided(seen: Inspection, *waivers: Waiver) -> list[tuple[str, str, tuple[str, ...]]]:
    p, e = policy(OUTBOUND), envelope(Direction.OUTBOUND, STAFF, "a@example.com", "b@example.net")
    pairs = [pair for group in p.split(e, e.recipients, 1000) for pair in p.decide(e, group, 1000, seen, waivers)]
    return [(recipient, d.rule, d.waived) for group, d in pairs for recipient in group.recipients]


def test_a_sign_counts_from_its_number_on() -> None:
    assert {rule for _, rule, _ in decided(leaving(Observation(Sign.MY_NUMBER, 1)))} == {"out"}
    assert {rule for _, rule, _ in decided(leaving(Observation(Sign.MY_NUMBER, 2)))} == {"numbers"}


def test_a_sign_of_one_recipient_is_not_the_others() -> None:
    seen = leaving(Observation(Sign.BULK_RECIPIENTS, 1, ("b@example.net",)))
    assert decided(seen) == [("a@example.com", "out", ()), ("b@example.net", "bulk", ())]


def test_a_waiver_takes_one_rule_away_and_is_named() -> None:
    seen = leaving(Observation(Sign.MY_NUMBER, 9), Observation(Sign.BULK_RECIPIENTS, 9))
    waiver = Waiver("numbers", "approval 12", ("a@example.com",))
    assert decided(seen, waiver) == [("a@example.com", "bulk", ("approval 12",)), ("b@example.net", "numbers", ())]


def test_every_rule_that_was_asked_says_why_it_did_not_decide() -> None:
    p, e = policy(OUTBOUND), envelope(Direction.OUTBOUND, STAFF, "a@example.com")
    seen = leaving(Observation(Sign.MY_NUMBER, 2), verdict=Verdict.LOCKED)
    asked = list(p.asked(e, "a@example.com", 1, seen, [Waiver("numbers", "approval 12")]))
    assert [(each.rule.name, each.answer, each.by) for each in asked] == [
        ("numbers", Answer.WAIVED, "approval 12"),
        ("bulk", Answer.NOT_SHOWN, ""),
        ("out", Answer.TOO_BAD, ""),
        (LAST_RULE.name, Answer.HOLDS, ""),
    ]
    inbound = envelope(Direction.INBOUND, "a@example.com", STAFF)
    assert [each.answer for each in p.asked(inbound, STAFF, 1, leaving())][2:] == [Answer.OTHER_MAIL, Answer.HOLDS]


def test_i7_no_waiver_delivers_what_was_not_inspected() -> None:
    waivers = [Waiver(rule, "exception 1") for rule in ("numbers", "bulk", "out")]
    for verdict in (Verdict.INFECTED, Verdict.FAILED):
        assert {rule for _, rule, _ in decided(leaving(verdict=verdict), *waivers)} == {LAST_RULE.name}


def test_a_policy_that_asks_for_no_sign_at_all_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="sign"):
        policy(OUTBOUND.replace("my_number: 2", "my_number: 0"))


WAITING = """
  - name: secret
    match: {direction: outbound}
    action: await_approval
    reason: x
    clauses: SD-01
    approve: {by: [ism, [bur, cso]], hours: 8}
  - {name: wait, match: {direction: outbound}, action: delay, reason: x, clauses: ML-08, delay: {minutes: 5, then: delete}}
  - {name: big, match: {direction: outbound}, action: hold, reason: x, clauses: ML-02, exceptions: true}
  - {name: out, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""


def test_sd01_a_rule_that_can_be_waived_does_not_hide_the_next_one() -> None:
    p = policy(WAITING)
    assert p.rules[0].approval == Approval(((Role.ISM,), (Role.BUR, Role.CSO)), 8 * 3_600)
    assert p.rules[1].delay == Delay(300, unless_confirmed=True)
    e, group = envelope(Direction.OUTBOUND, "a@b.example", "c@d.example"), Group(("c@d.example",), "rebuild")
    waivers = [Waiver("secret", "approval 1"), Waiver("wait", "delay 2"), Waiver("big", "exception 3")]
    for count, (rule, disposition) in enumerate(
        [
            ("secret", Disposition.AWAIT_APPROVAL),
            ("wait", Disposition.DELAY),
            ("big", Disposition.HOLD),
            ("out", Disposition.DELIVER),
        ]
    ):
        [(_, decision)] = p.decide(e, group, 1, inspection(Verdict.CLEAN), waivers[:count])
        assert (decision.rule, decision.disposition) == (rule, disposition)
        assert decision.waived == tuple(w.by for w in waivers[:count])


@pytest.mark.parametrize("verdict", [Verdict.WITHHELD, Verdict.LOCKED, Verdict.INFECTED, Verdict.FAILED])
def test_i7_no_waiver_delivers_what_no_rule_accepts(verdict: Verdict) -> None:
    p = policy(WAITING)
    e, group = envelope(Direction.OUTBOUND, "a@b.example", "c@d.example"), Group(("c@d.example",), "rebuild")
    waivers = [Waiver(rule.name, "exception 1") for rule in p.rules if rule.action is not Disposition.DELIVER]
    [(_, decision)] = p.decide(e, group, 1, inspection(verdict), waivers)
    assert (decision.rule, decision.disposition) == (LAST_RULE.name, Disposition.HOLD)

"""Exceptions and blanket approvals: who may ask for what, when they count, for which mails, and that they end by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.directory import Role
from gateway.model import Client, Direction, Envelope, Group, Inspection, PartReport, QueueItem
from gateway.policy.rules import Policy
from gateway.workflow import ledger, opening
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.model import Act, Case, Scope, Stage
from gateway.workflow.register import Register
from gateway.workflow.report import Facts, facts, incident, misdirected
from sanitizers.model import Verdict
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import ending
from tests.gateway.policy.test_rules import policy
from tests.gateway.workflow.make_workflow import DAY, DELAYING, PARTNER, Town, town

RULES = """
  - {name: locked, match: {direction: outbound, sender: "*@*"}, action: hold, reason: x, clauses: ML-05, exceptions: true}
  - name: secret
    match: {direction: outbound, recipient: "*@*"}
    action: await_approval
    reason: x
    clauses: SD-01
    approve: {by: [ism, cso]}
  - {name: fixed, match: {direction: outbound, larger_than: 9}, action: hold, reason: x, clauses: ML-02}
  - {name: out, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""
POLICY = policy(RULES)
SCOPE = Scope("locked", recipient="*@pref.example.jp")


@pytest.fixture
async def t(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as opened:
        yield opened


def mail(*names: str, sender: str = "taro", to: tuple[str, ...] = (PARTNER,)) -> tuple[QueueItem, Inspection]:
    parts = tuple(
        PartReport(str(n), name, "", "text/csv", Verdict.CLEAN, (), None, "", 1, 1, "", "", name, "", 0.0)
        for n, name in enumerate(names)
    )
    whole = PartReport("", "", "", "message/rfc822", Verdict.CLEAN, (), None, "", 1, 1, "", "", "", "", 0.0, None, parts)
    envelope = Envelope(at(sender), to, Direction.OUTBOUND, Client("192.0.2.1", 25, "mx"))
    return QueueItem("ID", "R", envelope, to, 0.0, 1, "sha"), Inspection(whole, Verdict.CLEAN, None, (), 3)


def exception(t: Town, scope: Scope = SCOPE, days: float = 30, **changes: object) -> opening.Opening:
    now = t.r.clock.now()
    values: dict[str, object] = {
        "applicant": at("taro"),
        "reason": "契約上必要",
        "measure": "電話で確認",
        "ends_at": now + days * DAY,
        "now": now,
        "approvers": ((Role.CISO,),),
        "longest_days": 365,
    }
    return opening.exception(POLICY, scope, **{**values, **changes})  # type: ignore[arg-type]


async def rules(t: Town, *names: str, p: Policy = POLICY, **about: object) -> list[str]:
    """The rule that decides for each recipient, and by whose word earlier ones did not."""
    item, inspection = mail(*names, **about)  # type: ignore[arg-type]
    waivers = await Register(t.r.db, t.r.clock).waivers(p, item, inspection)
    decided = p.decide(item.envelope, Group(item.recipients, "rebuild"), 1, inspection, waivers)
    return [" ".join((decision.rule, *decision.waived)) for _, decision in decided]


async def approved(t: Town, asked: opening.Opening, by: str = "mayor") -> Case:
    case = await t.workflow.open(asked)
    return await t.workflow.act(case.id, Act.APPROVE, at(by), "認める")


async def test_ex01_only_an_approved_exception_counts_and_only_until_its_end(t: Town) -> None:
    case = await t.workflow.open(exception(t))
    assert await rules(t) == ["locked"]
    await t.workflow.act(case.id, Act.APPROVE, at("mayor"), "認める")
    assert await rules(t) == [f"secret exception {case.id}"]
    t.r.times.pass_(30 * DAY + 1)
    assert await rules(t) == ["locked"]  # even if the clock's round is late
    await t.later(0)
    assert (await t.workflow.show(case.id)).case.stage is Stage.EXPIRED


async def test_ex01_the_applicant_is_reminded_a_week_before_its_end(t: Town) -> None:
    case = await approved(t, exception(t))
    await t.later(22 * DAY)
    assert (await t.workflow.show(case.id)).case.told is False
    await t.later(1.1 * DAY)
    assert (await t.workflow.show(case.id)).case.told is True
    words = t.workflow.letters.words(HOUSE, (await t.workflow.show(case.id)).case)
    assert "期限が近づいています" in t.workflow.letters.notices.case("wanted", words)


async def test_ex01_an_exception_that_nobody_decides_expires_unused(t: Town) -> None:
    case = await t.workflow.open(exception(t))
    await t.later(DAY + 1)
    assert (await t.workflow.show(case.id)).case.stage is Stage.EXPIRED
    with pytest.raises(NotPossible):
        await t.workflow.act(case.id, Act.APPROVE, at("mayor"), "遅れて")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scope": Scope("nothing", recipient="*")}, "there is no rule nothing"),
        ({"scope": Scope("fixed", recipient="*")}, "allows no exception"),
        ({"scope": Scope("locked")}, "needs a scope"),
        ({"measure": " "}, "alternative measure"),
        ({"reason": ""}, "reason"),
        ({"days": -1}, "future"),
        ({"days": 366}, "365 days"),
    ],
)
async def test_ex01_what_is_missing_is_said(t: Town, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exception(t, **changes)  # type: ignore[arg-type]


async def test_ex01_a_rule_that_no_longer_allows_exceptions_is_not_waived(t: Town) -> None:
    await approved(t, exception(t))
    assert await rules(t, p=policy(RULES.replace(", exceptions: true", ""))) == ["locked"]


async def test_ex01_a_permitted_file_does_not_take_another_one_along(t: Town) -> None:
    await approved(t, exception(t, Scope("locked", sender="*@CITY.example.lg.jp", media_type="text/*", name="調査票*.csv")))
    assert (await rules(t, "調査票1.csv"))[0].startswith("secret exception")
    for names in ((), ("other.csv",), ("調査票1.csv", "other.csv")):
        assert await rules(t, *names) == ["locked"]


async def test_ex01_only_the_recipients_in_its_scope(t: Town) -> None:
    case = await approved(t, exception(t))
    assert await rules(t, to=(PARTNER, "x@other.example")) == [f"secret exception {case.id}", "locked"]


async def test_ex02_break_glass_holds_a_day_and_lapses_unless_somebody_else_ratifies(t: Town) -> None:
    allowed = (Role.SYO, Role.ISM)
    with pytest.raises(ValueError, match="may not break the glass"):
        opening.break_glass(exception(t), HOUSE, allowed)
    asked = opening.break_glass(exception(t, applicant=at("jiro")), HOUSE, allowed)
    first, second = await t.workflow.open(asked), await t.workflow.open(asked)
    assert await rules(t) == [f"secret exception {second.id}"]
    with pytest.raises(NotAllowed):
        await t.workflow.act(first.id, Act.RATIFY, at("jiro"), "自分で")
    await t.workflow.act(first.id, Act.RATIFY, at("mayor"), "追認")
    await t.later(DAY + 1)
    assert [(await t.workflow.show(c.id)).case.stage for c in (first, second)] == [Stage.APPROVED, Stage.LAPSED]
    assert second.id in [c.id for c in await t.workflow.cases()]  # listed until somebody has looked at it
    await t.workflow.act(first.id, Act.REVOKE, at("mayor"), "不要")
    assert await rules(t) == ["locked"]
    assert (await t.workflow.act(second.id, Act.RATIFY, at("mayor"), "事後確認")).stage is Stage.CLOSED
    assert await rules(t) == ["locked"]


async def test_sd01_a_blanket_approval_covers_its_section_only(t: Town) -> None:
    now = t.r.clock.now()

    def ask(**changes: object) -> opening.Opening:
        values = {"applicant": at("taro"), "reason": "毎月の報告", "ends_at": now + DAY, "now": now, "longest_days": 365}
        scope = Scope("secret", recipient="*@pref.example.jp", name="報告*.csv")
        return opening.blanket(POLICY, changes.pop("scope", scope), HOUSE, **{**values, **changes})  # type: ignore[arg-type]

    for wrong in ({"scope": Scope("locked", recipient="*")}, {"scope": Scope("secret")}, {"applicant": at("mayor")}):
        with pytest.raises(ValueError):
            ask(**wrong)
    case = await t.workflow.open(ask())
    with pytest.raises(NotAllowed):
        await t.workflow.act(case.id, Act.APPROVE, at("mayor"), "x")
    await t.workflow.act(case.id, Act.APPROVE, at("head"), "定例のため")
    free = replace(POLICY, rules=POLICY.rules[1:])
    assert await rules(t, "報告11月.csv", p=free) == [f"out blanket {case.id}"]
    assert await rules(t, "報告11月.csv", "other.csv", p=free) == ["secret"]
    assert await rules(t, "報告11月.csv", p=free, sender="jiro") == ["secret"]


async def test_a_mails_own_approval_holds_only_for_its_rule_and_recipients(t: Town) -> None:
    case = await t.mail()
    await t.workflow.act(case.id, Act.APPROVE, at("head"), "x")
    item, inspection = mail()
    item = replace(item, id=case.opening.item)
    [waiver] = await Register(t.r.db, t.r.clock).waivers(POLICY, item, inspection)
    assert (waiver.rule, waiver.by, waiver.recipients) == ("secret", f"approval {case.id}", (PARTNER,))
    changed = policy(RULES.replace("action: await_approval", "action: hold").replace("    approve: {by: [ism, cso]}\n", ""))
    assert await Register(t.r.db, t.r.clock).waivers(changed, item, inspection) == ()


async def test_ac10_the_suspended_ask_for_nothing(t: Town) -> None:
    await t.book.suspend(at("taro"), "cso", "調査中")
    with pytest.raises(NotAllowed):
        await t.workflow.open(exception(t))


# -- reports -----------------------------------------------------------------------------------------------------------


async def sent(t: Town) -> Facts:
    case = await t.mail(DELAYING, to=(PARTNER, "b@pref.example.jp"))
    await t.workflow.act(case.id, Act.SEND_NOW, at("taro"), "x")
    lease = await t.r.clear()
    await t.r.spool.settle(lease, ending(lease))
    return await facts(t.r.db, t.r.spool, case.receipt, (PARTNER.upper(),))


async def test_ml08_the_report_goes_to_the_head_then_up_and_never_ends_by_itself(t: Town) -> None:
    known = await sent(t)
    assert (known.delivered, known.waiting) == ((PARTNER,), ())
    with pytest.raises(ValueError, match="was no recipient"):
        await facts(t.r.db, t.r.spool, known.item.receipt, ("x@y.example",))
    case = await t.workflow.open(misdirected(known, at("taro"), "宛先誤り", ((Role.ISM, Role.BUR), (Role.CSO,))))
    assert case.id in [c.id for c in await t.workflow.mine(at("head"))]
    await t.later(2 * 3_600 + 1)
    assert case.id in [c.id for c in await t.workflow.mine(at("itchief"))]
    await t.later(3 * 3_600)
    shown = await t.workflow.show(case.id)
    assert shown.case.stage is Stage.REPORTED
    assert [s.act for s in shown.steps].count(Act.ESCALATE) >= 2
    await t.workflow.act(case.id, Act.TAKE, at("deputy"), "相手に電話")
    await t.workflow.act(case.id, Act.CLOSE, at("head"), "原因と対策")


@pytest.mark.parametrize("template", ["apology", "deletion"])
async def test_ml08_a_draft_for_outside_tells_nothing_of_the_house(t: Town, template: str) -> None:
    """Neither our number for the case nor what was found in the mail: whoever reads it should not have had it at all."""
    known = replace(await sent(t), signs="my_number 3 ****", attachments=("名簿.xlsx",))
    case = await t.workflow.open(misdirected(known, at("taro"), "宛先誤り", ((Role.ISM, Role.BUR), (Role.CSO,))))
    text = await t.workflow.draft(case.id, template)
    assert PARTNER in text
    assert "添付ファイル: 名簿.xlsx" in text
    assert "送信日時: 20" in text
    for ours in (known.item.receipt, "****", "誤送信 ", "検出"):
        assert ours not in text


async def test_in01_an_incident_goes_up_the_chain_and_another_one_closes_it(t: Town) -> None:
    chain = ((Role.ISM,), (Role.CSO, Role.CSIRT), (Role.CISO,))
    case = await t.workflow.open(incident(at("taro"), "不審な送信", "大量送信", chain, drill=True))
    assert case.opening.subject == "【訓練】不審な送信"
    await t.workflow.act(case.id, Act.TAKE, at("head"), "確認中")
    await t.workflow.act(case.id, Act.HAND_ON, at("head"), "統括へ報告")
    await t.workflow.act(case.id, Act.TAKE, at("jiro"), "CSIRT 対応")
    await t.workflow.act(case.id, Act.CONTAIN, at("jiro"), "送信を止めた")
    await t.workflow.act(case.id, Act.PROPOSE, at("jiro"), "原因: 設定誤り。再発防止: 二人で確認")
    for wrong in ("jiro", "itchief", "head", "taro"):
        with pytest.raises(NotAllowed):
            await t.workflow.act(case.id, Act.APPROVE, at(wrong), "x")
    await t.workflow.act(case.id, Act.APPROVE, at("mayor"), "了承")
    steps = (await t.workflow.show(case.id)).steps
    assert [s.act for s in steps if s.actor != "gateway"] == [
        "open",
        "take",
        "hand_on",
        "take",
        "contain",
        "propose",
        "approve",
    ]


async def test_c7_who_decides_in_less_time_than_reading_takes_is_counted(t: Town) -> None:
    cases = [await t.mail() for _ in range(3)]
    for case, wait in zip(cases, (2.0, 4.0, 60.0), strict=True):
        t.r.times.pass_(30)
        await t.workflow.viewed(case.id, at("head"))
        t.r.times.pass_(wait)
        await t.workflow.act(case.id, Act.APPROVE if wait < 50 else Act.DENY, at("head"), "x")
    [head] = (await t.workflow.statistics(0)).deciding
    assert (head.actor, head.decided, head.approved, head.hasty) == (at("head"), 3, 2, 2)
    assert head.median_seconds == pytest.approx(4)
    assert dict(((k, s), n) for k, s, n in (await t.workflow.statistics(0)).cases) == {
        ("approval", "approved"): 2,
        ("approval", "denied"): 1,
    }


async def test_ex03_each_mail_that_used_an_exception_is_counted_once(t: Town) -> None:
    case = await approved(t, exception(t))
    item = await t.r.accept(b"x", sender=at("taro"))
    for _ in range(2):
        await t.r.db.write(ledger.used, (case.by,), item.id, t.r.clock.now())
    assert [receipt for receipt, _ in (await t.workflow.show(case.id)).uses] == [item.receipt]

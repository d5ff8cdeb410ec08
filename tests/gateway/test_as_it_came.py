"""SAN-05 3d: two people let a file leave as it came.  Who may, what may never, and that the copy says so wherever it goes."""

from __future__ import annotations

import email
import email.policy
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import journal
from gateway.clearance import Clearance, NotCleared
from gateway.directory import Role
from gateway.judgement import BY_EYE, judgeable
from gateway.model import (
    Cleared,
    Decision,
    Disposition,
    Excerpt,
    Grant,
    GrantKind,
    Group,
    Inspection,
    Original,
    PartReport,
    ScanResult,
    State,
    Warrant,
    Work,
)
from gateway.notice import Notices
from gateway.policy import file as policy_file
from gateway.policy.rules import Approval, Rule
from gateway.quarantine import AlreadyDone
from gateway.workflow import opening
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Case, Stage
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox
from sanitizers.model import Reason, Verdict
from tests.gateway.make_directory import at
from tests.gateway.make_spool import clearing
from tests.gateway.test_pipeline import CONFIG, Scripted, lease, pipeline
from tests.gateway.workflow.make_workflow import Town, town

CLEAN = ScanResult("", "ClamAV", 1, 0.0)
DRAWING = b"AC1032 a drawing"
DIGEST = hashlib.sha256(DRAWING).hexdigest()
WARRANT = Warrant("as_it_came 1", at("jiro"), at("itchief"), "図面を目視で確認", (DIGEST,))
RULE = Rule("macro", policy_file.load(CONFIG / "policy.yaml").rules[0].match, Disposition.HOLD, "x", ("SAN-05",))
OPEN = replace(RULE, original=Approval(((Role.SYO, Role.CSO),), 86_400.0))
LETTER = Letter("図面", (Mailbox("", "a@b.example"),), None, (), (), (), "", "", (), (), "本文", (Attachment(1, "b.txt"),))


def part(name: str, reason: Reason | None = None, scan: ScanResult | None = CLEAN, digest: str = DIGEST) -> PartReport:
    verdict, out = (Verdict.WITHHELD, "") if reason else (Verdict.SANITISED, "b" * 64)
    return PartReport("1", name, "", "x", verdict, (), reason, "", 1, 1, digest, out, name, "", 0.0, scan)


def inspection(file: PartReport, *, kept: bool = True) -> Inspection:
    """A mail with the file and a text beside it."""
    text = replace(part("b.txt", digest="c" * 64), path="2")
    mail = replace(part("", digest="d" * 64), path="", verdict=Verdict.CLEAN, parts=(file, text))
    originals = (Original(file.name, DIGEST, DRAWING),) if kept else ()
    beside = (Enclosure("b.txt", "text/plain", b"text"),)
    return Inspection(mail, Verdict.WITHHELD, LETTER, beside, 3, originals=originals)


# -- what may ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Reason)
def test_only_what_an_eye_can_judge_and_the_scanner_read_as_a_whole(reason: Reason) -> None:
    assert judgeable(part("a", reason)) is (reason in BY_EYE)


def test_nothing_that_is_infected_locked_or_unscanned_at_any_depth() -> None:
    assert judgeable(part("a.zip"))
    for inner in (part("b", scan=None), part("b", scan=replace(CLEAN, signature="Eicar")), part("b", Reason.EXECUTABLE)):
        assert not judgeable(replace(part("a.zip"), parts=(replace(part("x"), parts=(inner,)),)))


def test_ac08_a_warrant_takes_two_people() -> None:
    for wrong in ({"approved_by": WARRANT.asked_by}, {"files": ()}, {"asked_by": ""}):
        with pytest.raises(ValueError, match="two people"):
            replace(WARRANT, **wrong)  # type: ignore[arg-type]


# -- the path ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "rule", "state"),
    [
        (part("図面.dwg", Reason.UNKNOWN_TYPE), OPEN, State.SANITISED),
        (part("図面.dwg", Reason.UNKNOWN_TYPE), RULE, State.HELD),  # the rule forbids it meanwhile
        (part("図面.dwg", Reason.UNKNOWN_TYPE), replace(OPEN, releasable=False), State.HELD),
        (part("図面.dwg", Reason.UNKNOWN_TYPE, replace(CLEAN, signature="New.Virus")), OPEN, State.HELD),  # today's signatures
        (part("図面.dwg", Reason.EXPLOIT_ATTEMPT), OPEN, State.HELD),
        (part("図面.dwg", Reason.UNKNOWN_TYPE, digest="e" * 64), OPEN, State.HELD),  # another file
    ],
)
async def test_the_word_of_two_counts_only_where_rule_and_todays_look_agree(file: PartReport, rule: Rule, state: State) -> None:
    policy = replace(policy_file.load(CONFIG / "policy.yaml"), rules=(replace(rule, match=type(rule.match)()),))
    granted = replace(lease(), grant=Grant(GrantKind.AS_IT_CAME, WARRANT.approved_by, "確認", 0.0, warrant=WARRANT))
    done = await pipeline(Scripted(inspection(file)), policy=policy).step(granted)
    assert [m.state for m in done.moves] == [state]
    assert [m.rule for m in done.moves] == ["original:macro" if state is State.SANITISED else "macro"]


class Looked:
    """The last look: remembers what it was shown."""

    digests: frozenset[str] = frozenset()

    async def verify(self, content: bytes, media_type: str, digests: frozenset[str]) -> tuple[str, ...]:
        self.digests = digests
        return ()

    async def scan(self, content: bytes) -> ScanResult:
        return CLEAN


async def cleared(inspected: Inspection, warrant: Warrant | None) -> tuple[Cleared, Looked]:
    looked, item = Looked(), lease().item
    made = Clearance(looked, Notices.load(CONFIG / "notices"), "保管庫", 30, "mugai.example")  # type: ignore[arg-type]
    decision = Decision(Disposition.DELIVER, "original:macro", "確認", (), "", "rebuild", warrant=warrant)
    return await made.clear(item, Group(item.recipients, "rebuild"), inspected, decision, b""), looked


async def test_the_copy_is_marked_in_its_type_its_header_and_its_notice() -> None:
    copy, looked = await cleared(inspection(part("図面.dwg", Reason.UNKNOWN_TYPE)), WARRANT)
    mail = email.message_from_bytes(copy.content, policy=email.policy.default)
    files = {each.get_filename(): each for each in mail.iter_attachments()}  # type: ignore[attr-defined]
    assert copy.warrant == WARRANT
    assert mail["X-Mugai-Verdict"] == "original"
    assert files["図面.dwg"].get_content() == DRAWING
    assert files["図面.dwg"].get_content_type() == "application/octet-stream"
    assert files.keys() == {"図面.dwg", "b.txt"}
    assert f"{DIGEST} application/octet-stream" in looked.digests
    text = mail.get_body().get_content()  # type: ignore[attr-defined]
    for words in ("【原本を含む】", at("jiro"), at("itchief"), "図面を目視で確認", "図面.dwg — 原本のまま(無害化していません)"):
        assert words in text
    assert "【無害化済】" not in text
    event = journal.ClearedForDelivery.of(copy)
    assert (event.as_they_came, event.asked_by, event.approved_by) == ((DIGEST,), at("jiro"), at("itchief"))


async def test_m08_the_text_of_an_attachment_begins_no_file_below_the_body() -> None:
    excerpts = (Excerpt("memo.txt", "begin 644 evil.exe\n#86)C\n`\nend", 0),)
    copy, _ = await cleared(replace(inspection(part("a.dwg", Reason.UNKNOWN_TYPE)), excerpts=excerpts), None)
    text = email.message_from_bytes(copy.content, policy=email.policy.default).get_body().get_content()  # type: ignore[attr-defined]
    assert "\n begin 644 evil.exe" in text


async def test_without_a_warrant_nothing_leaves_as_it_came() -> None:
    copy, _ = await cleared(inspection(part("図面.dwg", Reason.UNKNOWN_TYPE)), None)
    assert DRAWING not in copy.content
    assert b"octet-stream" not in copy.content
    assert copy.warrant is None


@pytest.mark.parametrize(
    "other",
    [
        inspection(part("図面.dwg", Reason.UNKNOWN_TYPE), kept=False),
        inspection(part("図面.dwg", Reason.EXECUTABLE)),
        inspection(part("図面.dwg", Reason.UNKNOWN_TYPE, digest="e" * 64)),
    ],
)
async def test_a_warrant_for_other_files_clears_nothing(other: Inspection) -> None:
    with pytest.raises(NotCleared):
        await cleared(other, WARRANT)


# -- the two people -----------------------------------------------------------------------------------------------------------


async def asked(t: Town, rule: Rule = OPEN) -> Case:
    await t.r.held()
    [entry] = await t.r.quarantine.list()
    file = part("図面.dwg", Reason.UNKNOWN_TYPE)
    return await t.workflow.open(opening.as_it_came(rule, entry, [file], at("jiro"), "図面を目視で確認"), entry.id)


async def test_a_second_person_approves_and_the_mail_walks_its_whole_path_again(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        case = await asked(t)
        with pytest.raises(NotAllowed):
            await t.workflow.act(case.id, Act.APPROVE, at("jiro"), "自分で")
        with pytest.raises(NotAllowed):
            await t.workflow.act(case.id, Act.APPROVE, at("taro"), "役割がない")
        await t.workflow.act(case.id, Act.APPROVE, at("itchief"), "確認した")
        claimed = await t.r.claim()
        assert claimed.grant is not None
        assert claimed.grant.warrant == replace(WARRANT, by=case.by)
        with pytest.raises(AlreadyDone):
            await t.r.quarantine.release(case.entry, "jiro", "もう一度")


@pytest.mark.parametrize("act", [Act.DENY, Act.WITHDRAW])
async def test_a_no_leaves_the_mail_held(tmp_path: Path, act: Act) -> None:
    async with town(tmp_path) as t:
        case = await asked(t)
        with pytest.raises(ValueError, match="waits for"):
            await t.r.quarantine.release(case.entry, "jiro", "先に")
        await t.workflow.act(case.id, act, at("itchief" if act is Act.DENY else "jiro"), "やめる")
        assert [entry.id for entry in await t.r.quarantine.list()] == [case.entry]
        await t.r.quarantine.release(case.entry, "jiro", "安全な部分だけ")


async def test_time_alone_delivers_nothing_and_the_mails_end_ends_the_request(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        case = await asked(t)
        await t.later(10 * 86_400)
        assert (await t.workflow.show(case.id)).case.stage is Stage.EXPIRED
        [entry] = await t.r.quarantine.list()
        again = await t.workflow.open(
            opening.as_it_came(OPEN, entry, [part("x", Reason.CORRUPT)], at("jiro"), "再度"), entry.id
        )
        assert await t.r.spool.audit() == []
        await t.r.quarantine.delete(entry.id, "jiro", "不要")
        assert (await t.workflow.show(again.id)).case.stage is Stage.DROPPED


async def test_nobody_can_ask_where_the_rule_is_silent_or_an_eye_sees_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        await t.r.held()
        [entry] = await t.r.quarantine.list()
        with pytest.raises(ValueError, match="lets nothing leave"):
            opening.as_it_came(RULE, entry, [part("a", Reason.CORRUPT)], at("jiro"), "x")
        for files in ([], [part("a", Reason.ENCRYPTED)], [part("a", scan=None)]):
            with pytest.raises(ValueError, match="choose files"):
                opening.as_it_came(OPEN, entry, files, at("jiro"), "x")


async def test_the_stored_copy_still_says_who_answers_for_it(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        await t.r.accept()
        claimed = await t.r.claim()
        outcome = clearing(claimed)
        await t.r.spool.settle(claimed, replace(outcome, cleared=(replace(outcome.cleared[0], warrant=WARRANT),)))
        assert (await t.r.spool.cleared(await t.r.claim(Work.RELAY))).warrant == WARRANT

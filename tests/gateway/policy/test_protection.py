"""SD-02, SD-07: which recipients get files locked, by whose password; the settings that say so."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import journal
from gateway.model import (
    Client,
    Direction,
    Envelope,
    Group,
    Inspection,
    Lease,
    Observation,
    PartReport,
    QueueItem,
    Sign,
    State,
    Work,
)
from gateway.pipeline import Pipeline
from gateway.policy import file
from gateway.policy.protection import Mode, Origin, Protection
from gateway.yaml_file import BadConfiguration
from sanitizers.letter import Enclosure
from sanitizers.model import Cipher, Finding, Kind, Treatment, Verdict
from tests.gateway.test_pipeline import Scripted, inspection, lease, pipeline
from tests.running import CONFIG

SHIPPED = (CONFIG / "policy.yaml").read_text()
OURS = "tanaka@city.example.lg.jp"
OUTSIDE, PREFECTURE, MACHINE = "a@example.com", "b@tax.pref.example.lg.jp", "c@machine.example.jp"
CLASS_2 = (Observation(Sign.CLASS_2),)
PROTECTION = Protection(
    Mode.ENCRYPT,
    ((Sign.CLASS_2, 1), (Sign.TELEPHONE, 20)),
    ("*@machine.example.jp",),
    16,
    "abc",
    8,
    (("*@*.pref.example.lg.jp", "agreed-2026"),),
)


def lots(
    protection: Protection = PROTECTION,
    seen: tuple[Observation, ...] = CLASS_2,
    *recipients: str,
    given: tuple[str, ...] = (),
    opened: bool = False,
    files: int = 1,
    direction: Direction = Direction.OUTBOUND,
) -> list[tuple[tuple[str, ...], str, str]]:
    who = recipients or (OUTSIDE,)
    lock = (Finding(Kind.ENCRYPTION, "", Cipher.PDF_AES256, Treatment.REMOVED),) if opened else ()
    part = PartReport("1", "a.pdf", "", "", Verdict.CLEAN, lock, None, "", 1, 1, "", "s", "a.pdf", "", 0.0)
    enclosures = (Enclosure("a.pdf", "application/pdf", b"x"),) * files
    inspected = Inspection(part, Verdict.CLEAN, None, enclosures, 3, observations=seen)
    item = QueueItem("I", "R", Envelope(OURS, who, direction, Client("192.0.2.1", 25, "x")), who, 0.0, 1, "")
    found = protection.lots(item, Group(who, "rebuild"), inspected, given)
    return [(group.recipients, lock.origin if lock else "", lock.password if lock else "") for group, lock in found]


def test_sd02_what_states_class_2_leaves_locked_and_the_rest_open() -> None:
    [(who, origin, password)] = lots()
    assert (who, origin, len(password), set(password) <= set("abc")) == ((OUTSIDE,), Origin.MADE, 16, True)
    assert lots(seen=()) == [((OUTSIDE,), "", "")]
    assert lots(seen=(Observation(Sign.TELEPHONE, 19),)) == [((OUTSIDE,), "", "")]
    assert lots(seen=(Observation(Sign.TELEPHONE, 20),))[0][1] is Origin.MADE


def test_sd02_nothing_to_lock_and_inbound_mail_are_left_alone() -> None:
    assert lots(files=0) == [((OUTSIDE,), "", "")]
    assert lots(direction=Direction.INBOUND) == [((OUTSIDE,), "", "")]
    assert lots(Protection(), CLASS_2) == [((OUTSIDE,), "", "")]


def test_sd02_recipients_are_parted_by_what_opens_their_files() -> None:
    parted = lots(PROTECTION, CLASS_2, OUTSIDE, PREFECTURE, MACHINE, "d@example.com")
    assert [(who, origin) for who, origin, _ in parted] == [
        ((OUTSIDE, "d@example.com"), Origin.MADE),
        ((PREFECTURE,), Origin.AGREED),
        ((MACHINE,), ""),
    ]
    assert parted[1][2] == "agreed-2026"


@pytest.mark.parametrize("mode", Mode)
def test_sd02_a_lock_of_the_senders_is_put_back_in_every_mode_and_for_everybody(mode: Mode) -> None:
    protection = Protection(mode, exempt=("*",), length=16, alphabet="abc", agreed=(("*", "agreed-2026"),))
    assert lots(protection, (), opened=True, given=("Open-2026",)) == [((OUTSIDE,), Origin.SENDER, "Open-2026")]


@pytest.mark.parametrize("given", ["short12", "パスワード二〇二六"])
def test_sd07_a_password_that_does_not_serve_gives_way_to_one_of_ours(given: str) -> None:
    [(_, origin, password)] = lots(opened=True, given=(given,))
    assert origin is Origin.MADE
    assert password != given


def test_sd02_two_mails_never_share_a_made_password() -> None:
    assert (
        len({lots(Protection(Mode.ENCRYPT, ((Sign.CLASS_2, 1),), length=16, alphabet="abcdefgh"))[0][2] for _ in range(9)}) == 9
    )


def test_sd07_no_password_shows_in_a_text() -> None:
    assert "agreed-2026" not in repr(PROTECTION)


class Shows:
    """An observer that sees class 2 in every mail."""

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        return CLASS_2


def outbound(sender: str) -> Lease:
    asked = lease(Work.INSPECT, OUTSIDE, sender=sender)
    envelope = replace(asked.item.envelope, direction=Direction.OUTBOUND)
    return replace(asked, item=replace(asked.item, envelope=envelope))


def path() -> Pipeline:
    """Every mail has one file that must be locked, and needs nobody's approval."""
    found = replace(inspection(Verdict.CLEAN), enclosures=(Enclosure("a.pdf", "application/pdf", b"x"),))
    rules = file.parse(SHIPPED.replace("sign: [class_2, class_3]}", "sign: class_3}"))
    return pipeline(Scripted(found), policy=rules, observers=(Shows(),))


async def test_sd02_the_copy_and_the_notice_of_its_password_are_one_settlement() -> None:
    done = await path().step(outbound(OURS))
    assert [copy.recipients for copy in done.cleared] == [(OUTSIDE,)]
    [told] = done.authored
    assert (told.recipients, told.direction) == ((OURS,), Direction.INBOUND)
    text = email.message_from_bytes(told.content, policy=email.policy.default).get_content()
    found = re.search(r"^パスワード: (\S{16})", text, re.MULTILINE)
    assert found, text
    [locked] = [event for event in done.events if isinstance(event, journal.AttachmentsLocked)]
    assert (locked.origin, locked.method, locked.files) == ("made", "zip_aes256", ("a.pdf",))
    assert found[1] not in repr(done.events) + repr(done.moves)


async def test_sd02_a_mail_with_nobody_to_tell_the_password_is_held() -> None:
    done = await path().step(outbound(""))
    assert (done.cleared, [move.state for move in done.moves]) == ((), [State.HELD])
    assert OUTSIDE not in {who for note in done.authored for who in note.recipients}


async def test_sd02_ten_notices_an_hour_are_no_limit_for_passwords() -> None:
    one = path()
    assert [len((await one.step(outbound(OURS))).authored) for _ in range(12)] == [1] * 12


def written(old: str, new: str) -> Protection:
    assert old in SHIPPED
    return file.parse(SHIPPED.replace(old, new)).protection


def test_sd02_the_shipped_rules_encrypt_what_needs_it() -> None:
    shipped = file.parse(SHIPPED).protection
    assert (shipped.mode, shipped.length, len(shipped.alphabet)) == (Mode.ENCRYPT, 16, 56)
    assert {Sign.CLASS_2, Sign.CLASS_3, Sign.MY_NUMBER} <= {sign for sign, _ in shipped.when}
    assert file.parse(SHIPPED).signs() >= {sign for sign, _ in shipped.when}


def test_sd02_off_is_a_word_in_yaml_too() -> None:
    assert written("mode: encrypt", "mode: off").mode is Mode.OFF


def test_sd02_require_without_a_rule_that_stops_is_refused() -> None:
    assert written("mode: encrypt", "mode: require").mode is Mode.REQUIRE
    with pytest.raises(BadConfiguration, match="require needs a rule"):
        file.parse(SHIPPED.replace("mode: encrypt", "mode: require").replace("sign: unprotected}", "sign: suspended}"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  length: 16", "  length: 8", "length"),
        ("alphabet: ABC", "alphabet: 表ABC", "ASCII"),
        ("alphabet: ABC", "alphabet: AABC", "different"),
        ("mode: encrypt", "mode: sometimes", "mode"),
        ("when: {class_2: 1", "when: {class_9: 1", "when"),
    ],
)
def test_sd07_what_the_ciso_cannot_have_meant_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(BadConfiguration, match=complaint):
        written(old, new)


def test_sd07_agreed_passwords_come_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    secret = tmp_path / "agreed"
    secret.write_text("*@pref.example.lg.jp  Agreed-With-Us\n\n*@Police.example.jp Other-2026\n")
    secret.chmod(0o600)
    named = f'agreed: "{secret}"'
    assert written('agreed: ""', named).agreed == (
        ("*@pref.example.lg.jp", "Agreed-With-Us"),
        ("*@police.example.jp", "Other-2026"),
    )
    secret.chmod(0o644)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        written('agreed: ""', named)
    secret.chmod(0o600)
    secret.write_text("*@pref.example.lg.jp kurz\n")
    with pytest.raises(BadConfiguration, match="line 1 is not") as refused:
        written('agreed: ""', named)
    assert "kurz" not in str(refused.value)

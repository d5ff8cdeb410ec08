"""winmail.dat and .msg: text, people, dates and attachments arrive; threats in them do not (J13, D14, M16)."""

from __future__ import annotations

import contextlib
import email
import struct
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import letter, office, outlook, portable
from samples.compound import compound
from sanitizers import message
from sanitizers.job import Findings, LocalJob
from sanitizers.letter import Letter
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Refused, Verdict
from sanitizers.outlook import MSG, TNEF, compressed, mail, msg, rtf_body, tnef
from sanitizers.registry import sanitise

FORMS = (("winmail.dat", outlook.tnef), ("mail.msg", outlook.msg))
PLAN = ("事業計画書.docx", office.document().build())


def treated(content: bytes, name: str) -> tuple[Outcome, EmailMessage]:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    assert outcome.output is not None, outcome
    parsed = email.message_from_bytes(outcome.output, policy=default)
    assert isinstance(parsed, EmailMessage)
    return outcome, parsed


def body(parsed: EmailMessage) -> str:
    text = parsed.get_body()
    assert text is not None
    return str(text.get_content()).replace("\r\n", "\n")


def attached(parsed: EmailMessage) -> list[str]:
    return [part.get_filename() or "" for part in parsed.iter_attachments()]


def lettered(content: bytes) -> tuple[Letter, Outcome, list[Outcome]]:
    job = LocalJob()
    return *message.letter(content, Part("", "", ""), job), job.children


@pytest.mark.parametrize("code_page", [0, 932])
@pytest.mark.parametrize(("name", "written"), FORMS)
def test_d14_text_people_and_attachments_arrive(name: str, written: object, code_page: int) -> None:
    content = written(outlook.note(PLAN, code_page=code_page))  # type: ignore[operator]  # one of FORMS
    outcome, parsed = treated(content, name)
    assert outcome.name == name.rpartition(".")[0] + ".eml"
    assert parsed["Subject"] == "会議の資料①"
    assert parsed["From"].addresses[0].addr_spec == "hanako@citizen.example.jp"
    assert parsed["From"].addresses[0].display_name == "鈴木 花子"
    assert parsed["To"].addresses[0].addr_spec == "madoguchi@town.example.lg.jp"
    assert parsed["Date"].datetime == datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    assert body(parsed) == "いつもお世話になっております。\n資料をお送りします。\n"
    assert attached(parsed) == ["事業計画書.docx"]


def test_j13_the_attachments_of_a_winmail_dat_become_the_mails_own() -> None:
    packed = outlook.tnef(outlook.note(PLAN, ("図面.pdf", portable.document())))
    content = letter.mail("会議", "本文はこちら。\n", letter.Attached("winmail.dat", "application/ms-tnef", packed))
    read, outcome, children = lettered(content)
    assert [attachment.name for attachment in read.attachments] == ["事業計画書.docx", "図面.pdf"]
    assert [child.verdict for child in children] == [Verdict.CLEAN, Verdict.CLEAN]
    assert Kind.CONVERTED in {finding.kind for finding in outcome.findings}


def test_j13_the_text_of_a_winmail_dat_is_delivered_once() -> None:
    said = str(outlook.LETTER[0x1000])
    packed = letter.Attached("winmail.dat", "application/ms-tnef", outlook.tnef(outlook.note()))
    assert lettered(letter.mail("会議", said, packed))[0].body.count("資料をお送りします。") == 1
    assert "資料をお送りします。" in lettered(letter.mail("会議", "別の本文\n", packed))[0].body


def test_j13_when_a_meeting_is_stands_above_the_text_that_was_said() -> None:
    said = str(outlook.LETTER[0x1000]).replace("\r\n", "\n")
    meeting = {**outlook.LETTER, 0x001A: "IPM.Schedule.Meeting.Request", 0x8208: "第2会議室"}
    packed = letter.Attached("winmail.dat", "application/ms-tnef", outlook.tnef(outlook.Item(meeting)))
    body = lettered(letter.mail("会議", said, packed))[0].body
    assert body == said + "\n場所: 第2会議室\n"


def test_values_that_take_no_room_can_not_be_many() -> None:
    listed = struct.pack("<IHHI", 1, 0x1001, 0x3001, 1 << 31)
    content = tnef.SIGNATURE + b"\1\0" + struct.pack("<BII", 1, 0x00069003, len(listed)) + listed + b"\0\0"
    with pytest.raises(Refused, match="fewer bytes"):
        tnef.read(content, Limits())


def test_j13_a_broken_winmail_dat_holds_the_mail() -> None:
    packed = outlook.tnef(outlook.note(PLAN))[:-200]
    content = letter.mail("会議", "本文\n", letter.Attached("winmail.dat", "application/ms-tnef", packed))
    _, _, children = lettered(content)
    assert [(child.verdict, child.reason) for child in children] == [(Verdict.FAILED, Reason.CORRUPT)]


def test_a_winmail_dat_in_another_is_a_container_of_its_own() -> None:
    inner = outlook.tnef(outlook.note(PLAN))
    outer = outlook.tnef(outlook.note(("winmail.dat", inner)))
    read, _, children = lettered(letter.mail("x", "本文\n", letter.Attached("winmail.dat", "application/ms-tnef", outer)))
    assert [attachment.name for attachment in read.attachments] == ["winmail.eml"]
    assert len(children) == 2


@pytest.mark.parametrize(("name", "written"), FORMS)
def test_a_note_in_a_note_arrives_with_its_attachment(name: str, written: object) -> None:
    content = written(outlook.note(("転送", outlook.note(PLAN))))  # type: ignore[operator]
    _, parsed = treated(content, name)
    assert attached(parsed) == ["転送.eml"]
    inner = email.message_from_bytes(next(parsed.iter_attachments()).get_payload(decode=True) or b"", policy=default)
    if not inner["Subject"]:  # the parser of the standard library opens message/rfc822 by itself
        inner = next(parsed.iter_attachments()).get_payload(0)
    assert inner["Subject"] == "会議の資料①"


@pytest.mark.parametrize(("name", "written"), FORMS)
def test_ole_objects_go_and_a_line_says_so(name: str, written: object) -> None:
    content = written(outlook.note(("表", None)))  # type: ignore[operator]
    outcome, parsed = treated(content, name)
    assert "「表」は" in body(parsed)
    assert attached(parsed) == []
    assert Kind.EMBEDDED_OBJECT in {finding.kind for finding in outcome.findings}


@pytest.mark.parametrize(("name", "written"), FORMS)
def test_an_appointment_says_when_and_where(name: str, written: object) -> None:
    start = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    content = written(  # type: ignore[operator]
        outlook.Item({0x001A: "IPM.Appointment", 0x0037: "庁内会議", 0x820D: start, 0x8208: "第2会議室"})
    )
    assert body(treated(content, name)[1]) == "開始: 2026年12月1日(火) 10:00 (日本時間)\n場所: 第2会議室\n"


def test_hidden_recipients_stay_hidden_and_exchange_addresses_go() -> None:
    rows = (
        outlook.TO,
        {0x0C15: 3, 0x3001: "秘", 0x39FE: "bcc@town.example.lg.jp"},
        {0x0C15: 2, 0x3001: "課長", 0x3003: "/o=x/cn=y"},
    )
    outcome, parsed = treated(outlook.msg(outlook.Item(outlook.LETTER, (), rows)), "a.msg")
    assert b"bcc@town" not in (outcome.output or b"")
    assert str(parsed["Cc"]) == "課長 <unknown@address.invalid>"


def test_the_sender_comes_from_the_mails_header_where_only_exchanges_address_was_kept() -> None:
    item = outlook.Item({**outlook.LETTER, 0x0065: "/o=x/cn=hanako", 0x007D: "Subject: x\r\nFrom: A\r\n <a@example.jp>\r\n"})
    assert treated(outlook.msg(item), "a.msg")[1]["From"].addresses[0].addr_spec == "a@example.jp"


def test_h06_who_really_sent_it_is_told() -> None:
    item = outlook.Item({**outlook.LETTER, 0x0C1A: "秘書", 0x5D01: "hisho@citizen.example.jp"})
    parsed = treated(outlook.msg(item), "a.msg")[1]
    assert parsed["From"].addresses[0].addr_spec == "hanako@citizen.example.jp"
    assert parsed["Sender"].address.addr_spec == "hisho@citizen.example.jp"


def test_f10_a_programs_name_is_not_hidden_behind_a_better_one() -> None:
    item = outlook.Item(outlook.LETTER, (("手順.txt", b"text"),))
    content = outlook.msg(item).replace("手順.txt".encode("utf-16-le"), "手順.hta".encode("utf-16-le"))
    outcome, parsed = treated(content, "a.msg")
    assert attached(parsed) == []
    assert Kind.MEMBER_WITHHELD in {finding.kind for finding in outcome.findings}


def test_the_body_in_rtf_is_read_when_there_is_no_other() -> None:
    fonts = rb"{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 MS;}}{\*\htmltag <b>}"
    rtf = fonts + rb"\f0 \'89\'ef\'8b\'63\par\u36039?\u26009?\u-10179?\u-8704?}"
    packed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    item = outlook.Item({0x001A: "IPM.Note", 0x0037: "x", 0x1009: packed})
    assert body(treated(outlook.tnef(item), "winmail.dat")[1]) == "会議\n資料😀\n"


def test_compressed_rtf_as_the_specification_shows_it() -> None:
    """MS-OXRTFCP 3.1 and 3.2."""
    packed = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
    assert compressed.expanded(packed, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert compressed.expanded(crossing, 1000) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_compressed_rtf_is_bounded() -> None:
    with pytest.raises(Refused) as refused:
        compressed.expanded(struct.pack("<IIII", 9, 1 << 30, 0x75465A4C, 0) + bytes(9), 1 << 20)
    assert refused.value.reason is Reason.LIMIT_SIZE


def test_limits_hold_for_notes_in_notes_and_for_shared_streams() -> None:
    item = outlook.note()
    for _ in range(4):
        item = outlook.note(("x", item))
    for read, content in ((tnef.read, outlook.tnef(item)), (msg.read, outlook.msg(item))):
        assert read(content, Limits(depth=4))
        with pytest.raises(Refused) as refused:
            read(content, Limits(depth=3))
        assert refused.value.reason is Reason.LIMIT_DEPTH
    with pytest.raises(Refused) as refused:
        msg.read(outlook.msg(outlook.note(("a.bin", bytes(9000)))), Limits(part_bytes=8000))
    assert refused.value.reason is Reason.LIMIT_SIZE
    many = outlook.note(*(("a", b"x") for _ in range(6)))
    for read, content in ((tnef.read, outlook.tnef(many)), (msg.read, outlook.msg(many))):
        with pytest.raises(Refused) as refused:
            read(content, Limits(parts=5))
        assert refused.value.reason is Reason.LIMIT_PARTS


def test_a_stream_larger_than_its_file_is_a_lie_and_no_limit() -> None:
    content = bytearray(outlook.msg(outlook.note()))
    size_at = content.index("__substg1.0_0037001F".encode("utf-16-le")) + 120  # MS-CFB 2.6.1
    content[size_at : size_at + 4] = struct.pack("<I", 1_935_763_044)
    with pytest.raises(Refused) as refused:
        msg.read(bytes(content), Limits())
    assert refused.value.reason is Reason.CORRUPT


def test_a_compound_file_without_properties_is_an_empty_mail() -> None:
    assert mail(compound({"__properties_version1.0": b""}), MSG, Profile(), Findings()).startswith(b"MIME-Version: 1.0\r\n")


@settings(max_examples=150)
@given(st.sampled_from([TNEF, MSG]), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=12), st.data())
def test_damaged_notes_are_read_or_refused(kind: str, damage: list[tuple[int, int]], data: st.DataObject) -> None:
    content = bytearray((outlook.tnef if kind == TNEF else outlook.msg)(outlook.note(("転送", outlook.note(("a.txt", b"x"))))))
    for at, octet in damage:
        content[at % len(content)] = octet
    cut = data.draw(st.integers(0, len(content)))
    with contextlib.suppress(Refused):
        assert mail(bytes(content[:cut]), kind, Profile(), Findings()).startswith(
            (b"From: ", b"To: ", b"Date: ", b"Subject: ", b"M")
        )


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_rtf_gives_a_text_and_a_cut_stream_what_there_is(noise: bytes) -> None:
    assert isinstance(rtf_body.text(noise), str)
    assert len(compressed.expanded(struct.pack("<IIII", 0, 5000, 0x75465A4C, 0) + noise, 5000)) <= 5000

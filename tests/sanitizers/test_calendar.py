"""Appointments and contacts: all that they say arrives in Japanese, and nothing acts (D13)."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import appointment
from sanitizers import content_line
from sanitizers.content_line import Line
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Reason, Treatment, Verdict
from sanitizers.registry import sanitise
from sanitizers.verify import verify


def treated(content: bytes, name: str = "会議.ics") -> Outcome:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    if outcome.output is not None:
        assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome


def shown(content: bytes, name: str = "会議.ics") -> str:
    output = treated(content, name).output
    assert output is not None
    return output.replace(b"\r\n ", b"").decode()


def test_a_plain_appointment_says_the_same_afterwards() -> None:
    outcome = treated(appointment.calendar())
    assert outcome.verdict is Verdict.CLEAN
    text = shown(appointment.calendar())
    for line in appointment.EVENT.replace("{}", "").split("\r\n"):
        assert line in text


@pytest.mark.parametrize("charset", ["cp932", "iso-2022-jp", "euc-jp", "utf-16", "utf-8-sig"])
def test_j03_a_calendar_in_any_charset_is_read(charset: str) -> None:
    content = appointment.calendar().decode().replace("①", "1").encode(charset)
    assert "SUMMARY:庁内会議1\r\n" in shown(content)


def test_d13_a_request_becomes_an_announcement() -> None:
    outcome = treated(appointment.calendar(method="METHOD:REQUEST\r\n"))
    assert outcome.output is not None
    assert b"METHOD:PUBLISH\r\n" in outcome.output
    assert [finding.treatment for finding in outcome.findings] == [Treatment.NEUTRALISED]


def test_d13_people_are_named_without_what_a_program_should_do() -> None:
    line = "ATTENDEE;CN=課長;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:kacho@town.example.lg.jp\r\n"
    assert "ATTENDEE;CN=課長:mailto:kacho@town.example.lg.jp\r\n" in shown(appointment.calendar(line))


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "COUNT=9999999;FREQ=MINUTELY;INTERVAL=1"])
def test_d13_an_appointment_every_moment_is_no_appointment(rule: str) -> None:
    assert "RRULE" not in shown(appointment.calendar(f"RRULE:{rule}\r\n"))
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO" in shown(appointment.calendar("RRULE:FREQ=WEEKLY;BYDAY=MO\r\n"))


def test_a_part_of_a_calendar_gets_the_calendar_around_it() -> None:
    text = shown(appointment.EVENT.replace("{}", "").encode())
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")


@pytest.mark.parametrize("lines", ["END:VTODO\r\n", "BEGIN:VALARM\r\nEND:VCALENDAR\r\n", "BEGIN:A\r\n" * 20])
def test_what_is_not_built_like_a_calendar_comes_out_as_text(lines: str) -> None:
    outcome = treated(appointment.calendar(lines))
    assert (outcome.media_type, outcome.name) == ("text/plain", "会議.txt")
    assert "庁内会議①" in (outcome.output or b"").decode()


def test_a_date_that_is_none_is_dropped_and_reported() -> None:
    outcome = treated(appointment.calendar("DUE:file://host/share\r\n"))
    assert b"DUE" not in (outcome.output or b"")
    assert [(finding.kind, finding.where) for finding in outcome.findings] == [(Kind.UNKNOWN_CONSTRUCT, "DUE")]


def test_a_calendar_named_like_a_program_is_withheld() -> None:
    outcome = treated(appointment.calendar(), "会議.hta")
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.EXECUTABLE)


def test_a_card_of_a_japanese_telephone_is_read() -> None:
    """vCard 2.1: Shift_JIS in quoted-printable over several lines, the reading of the name as a sound."""
    name = quopri.encodestring("鈴木;花子;;;".encode("cp932")).decode().strip()
    note = "\r\n".join(f"{line}=" for line in ("=8E=96=96=B1", "=8F=8A")) + "\r\n=0D=0A=32=8A=4B\r\n"
    content = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        f"N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{name}\r\n"
        "SOUND;X-IRMC-N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=BD=BD=DE=B7;=CA=C5=BA\r\n"
        "TEL;CELL;VOICE:090-0000-0000\r\n"
        f"NOTE;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{note}END:VCARD\r\n"
    )
    text = shown(content.encode(), "a.vcf")
    assert "N;CHARSET=UTF-8:鈴木;花子;;;\r\n" in text
    assert "X-PHONETIC-LAST-NAME;CHARSET=UTF-8:ｽｽﾞｷ\r\nX-PHONETIC-FIRST-NAME;CHARSET=UTF-8:ﾊﾅｺ\r\n" in text
    assert "TEL;TYPE=CELL,VOICE:090-0000-0000\r\n" in text
    assert "NOTE;CHARSET=UTF-8:事務所\\n2階\r\n" in text
    assert text.startswith("BEGIN:VCARD\r\nVERSION:3.0\r\n")


def test_several_cards_in_one_file_stay_several() -> None:
    assert shown(appointment.card() * 3, "名簿.vcf").count("FN;CHARSET=UTF-8:鈴木 花子\r\n") == 3


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=200))
def test_folding_is_by_octets_and_undone_exactly(text: str) -> None:
    written = content_line.write([Line("SUMMARY", text)])
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    for line in written.split(b"\r\n"):
        line.decode()
    assert written.replace(b"\r\n ", b"").decode() == f"SUMMARY:{text}\r\n"


@given(st.lists(st.sampled_from(appointment.calendar(";X=:\r\n \t=\"'").decode().split(":")), max_size=30))
def test_any_order_of_pieces_is_answered(pieces: list[str]) -> None:
    outcome = treated(b"BEGIN:VCALENDAR\r\n" + ":".join(pieces).encode())
    assert outcome.reason is not Reason.CRASHED


@pytest.mark.parametrize(
    ("content", "objection"),
    [
        (b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "method"),
        (b"BEGIN:VCALENDAR\r\nATTACH:x\r\nEND:VCALENDAR\r\n", "property 'ATTACH'"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VALARM\r\nEND:VALARM\r\nEND:VCALENDAR\r\n", "component 'VALARM'"),
        (b"BEGIN:VCALENDAR\r\nORGANIZER:https://x\r\nEND:VCALENDAR\r\n", "ORGANIZER"),
        (b'BEGIN:VCALENDAR\r\nCOMMENT;ALTREP="x":x\r\nEND:VCALENDAR\r\n', "parameters"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "unreadable"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:" + b"x" * 75 + b"\r\nEND:VCALENDAR\r\n", "unreadable"),
        (b"BEGIN:VCALENDAR\r\nAT\r\n TACH:x\r\nEND:VCALENDAR\r\n", "property 'ATTACH'"),
        ("BEGIN:VCALENDAR\r\nSUMMARY:\u202ex\r\nEND:VCALENDAR\r\n".encode(), "U+202E"),
        (b"BEGIN:VCALENDAR\r\nRRULE:COUNT=9;FREQ=SECONDLY\r\nEND:VCALENDAR\r\n", "every moment"),
        (b"BEGIN:VCALENDAR\r\n", "without its end"),
        (b"", "without its end"),
    ],
)
def test_the_second_opinion_objects(content: bytes, objection: str) -> None:
    assert any(objection in found for found in verify(content, "text/calendar", frozenset()))


def test_the_second_opinion_objects_to_pictures_on_cards() -> None:
    assert verify(b"BEGIN:VCARD\r\nPHOTO:x\r\nEND:VCARD\r\n", "text/vcard", frozenset())

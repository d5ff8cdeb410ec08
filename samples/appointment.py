"""Appointments and contacts, and what in them rings, loads, opens or answers (section 10, D13)."""

from __future__ import annotations

from collections.abc import Iterator

from samples.sample import Sample, canary

EVENT = (
    "BEGIN:VEVENT\r\nUID:1@town.example.lg.jp\r\nDTSTAMP:20261121T003000Z\r\nDTSTART;TZID=Asia/Tokyo:20261201T100000\r\n"
    "DTEND;TZID=Asia/Tokyo:20261201T113000\r\nSUMMARY:庁内会議①\r\nLOCATION:第2会議室\r\n"
    "DESCRIPTION:議題は別紙のとおり。\\n資料は当日お配りします。\r\n{}END:VEVENT\r\n"
)
CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:鈴木 花子\r\nN:鈴木;花子;;;\r\nORG:架空市;総務課\r\nTEL;TYPE=WORK,VOICE:027-000-0000\r\n"
    "EMAIL:hanako@town.example.lg.jp\r\n{}END:VCARD\r\n"
)

_IN_EVENT = (
    ("attach-uri", "ATTACH:https://example.jp/{}.exe\r\n"),
    ("attach-inline", "ATTACH;FMTTYPE=application/x-msdownload;ENCODING=BASE64;VALUE=BINARY:{}\r\n"),
    ("alarm-procedure", "BEGIN:VALARM\r\nACTION:PROCEDURE\r\nTRIGGER:-PT5M\r\nATTACH:file:///c:/{}.exe\r\nEND:VALARM\r\n"),
    ("alarm-mail", "BEGIN:VALARM\r\nACTION:EMAIL\r\nATTENDEE:mailto:{}@example.jp\r\nSUMMARY:{}\r\nEND:VALARM\r\n"),
    ("url", "URL:javascript:{}\r\n"),
    ("conference", "CONFERENCE;VALUE=URI:https://example.jp/{}\r\n"),
    ("picture", "IMAGE;VALUE=URI:https://example.jp/{}.png\r\n"),
    ("html", "X-ALT-DESC;FMTTYPE=text/html:<script>{}</script>\r\n"),
    ("unknown", "X-SOMETHING:{}\r\n"),
    ("parameter", 'COMMENT;ALTREP="https://example.jp/{}":備考\r\n'),
    ("organiser-is-no-address", "ORGANIZER:https://example.jp/{}\r\n"),
    ("sent-by", 'ORGANIZER;SENT-BY="mailto:{}@example.jp";CN=市長:mailto:a@example.jp\r\n'),
    ("folded", "AT\r\n TACH:https://example.jp/{}\r\n"),
    ("lower-case", "attach:https://example.jp/{}\r\n"),
    ("bare-cr", "COMMENT:x\rATTACH:https://example.jp/{}\r\n"),
    ("unknown-component", "BEGIN:X-TASK\r\nSUMMARY:{}\r\nEND:X-TASK\r\n"),
)
_ON_CARD = (
    ("photo-uri", "PHOTO;VALUE=URI:https://example.jp/{}.png\r\n"),
    ("photo-inline", "PHOTO;ENCODING=b;TYPE=PNG:{}\r\n"),
    ("logo", "LOGO:https://example.jp/{}\r\n"),
    ("sound", "SOUND;VALUE=URI:https://example.jp/{}.wav\r\n"),
    ("key", "KEY;ENCODING=b:{}\r\n"),
    ("url", "item1.URL:https://example.jp/{}\r\n"),
    ("agent", "AGENT:BEGIN:VCARD\\nFN:{}\\nEND:VCARD\r\n"),
    ("messenger", "IMPP:xmpp:{}@example.jp\r\n"),
    ("unknown", "X-SOMETHING:{}\r\n"),
)


def calendar(more: str = "", method: str = "") -> bytes:
    head = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//JA\r\n{method}"
    return f"{head}{EVENT.replace('{}', more)}END:VCALENDAR\r\n".encode()


def card(more: str = "") -> bytes:
    return CARD.replace("{}", more).encode()


def samples() -> Iterator[Sample]:
    yield Sample("benign/会議.ics", "D13", "a plain appointment", calendar(), verdict="CLEAN")
    yield Sample("benign/鈴木.vcf", "D13", "a plain contact", card(), verdict="CLEAN")
    yield Sample("hostile/calendar/request.ics", "D13", "enters itself", calendar(method="METHOD:REQUEST\r\n"))
    for slot, lines in _IN_EVENT:
        mark = canary(f"calendar/{slot}")
        yield Sample(f"hostile/calendar/{slot}.ics", "D13", slot, calendar(lines.replace("{}", mark)), mark)
    for slot, lines in _ON_CARD:
        mark = canary(f"card/{slot}")
        yield Sample(f"hostile/calendar/{slot}.vcf", "D13", slot, card(lines.replace("{}", mark)), mark)

"""A note as a MIME message: header, one text and the attachments, as a mail program would have sent it (D14, J13).

What only Outlook knows (dates and place of a meeting, the numbers of a contact) is written above the text.  Links to files
and OLE objects are dropped, with a line in the text.  The result is hostile still: nothing but the form has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from sanitizers import bodies, charset, headers, names
from sanitizers.bodies import Piece
from sanitizers.compose import compose
from sanitizers.detect import dangerous
from sanitizers.headers import NO_ADDRESS
from sanitizers.job import Findings
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.outlook import compressed, mapi, rtf_body
from sanitizers.outlook.mapi import Attached, Note, Properties

_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009  # MS-OXPROPS
_SUBJECT, _NORMALIZED_SUBJECT, _CLASS = 0x0037, 0x0E1D, 0x001A
_SENDERS = ((0x0042, (0x5D02, 0x0065)), (0x0C1A, (0x5D01, 0x0C1F)))  # represented sender before actual: name, addresses
_RECIPIENT_KIND, _RECIPIENT_ADDRESSES = 0x0C15, (0x39FE, 0x3003)
_TO, _CC, _BCC = 1, 2, 3  # MS-OXOMSG 2.2.3.1
_TRANSPORT_HEADERS = 0x007D
_FROM = re.compile(r"(?im)^from:((?:[^\n]|\n[ \t]){1,2000})")
_SHOWN_TO, _SHOWN_CC = 0x0E04, 0x0E03
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06
_MESSAGE_ID, _IN_REPLY_TO, _REFERENCES = 0x1035, 0x1042, 0x1039
_RTF_BYTES = 16 << 20  # of a body; what is longer is no letter
_JAPAN = timezone(timedelta(hours=9))

_DETAILS = (  # property -> the words before it; those from 0x8000 on are numbers in their sets
    (0x820D, "開始"),
    (0x820E, "終了"),
    (0x8208, "場所"),
    (0x8104, "開始日"),
    (0x8105, "期限"),
    (0x3A16, "会社"),
    (0x3A18, "部署"),
    (0x3A17, "役職"),
    (0x3A08, "電話"),
    (0x3A1C, "携帯電話"),
    (0x3A24, "FAX"),
    (0x3A09, "自宅電話"),
    (0x3A15, "住所"),
    (0x8083, "電子メール"),
)
_WEEKDAYS = "月火水木金土日"
_DROPPED = "〔添付の「{name}」は、ファイルへのリンクまたは埋め込みオブジェクトのため取り除きました。〕\n"


def rewritten(note: Note, switches: Switches, findings: Findings) -> bytes:
    """The message.  Raises Refused for a broken compressed body only."""
    enclosures, body = [], _body(note.properties, switches, findings)
    for number, attached in enumerate(note.attached, 1):
        name = _name(attached, number, findings)
        if attached.note is not None:
            nested = rewritten(attached.note, switches, findings)
            enclosures.append(Enclosure(names.with_extension(name, "message/rfc822"), "message/rfc822", nested))
        elif attached.content is not None:
            enclosures.append(Enclosure(name, "application/octet-stream", attached.content))
        else:
            findings.add(Kind.EMBEDDED_OBJECT, name, "link or OLE object of Outlook", Treatment.REMOVED)
            body += _DROPPED.format(name=name)
    return compose(_letter(note, body, findings), enclosures)


def _letter(note: Note, body: str, findings: Findings) -> Letter:
    properties = note.properties
    sent = properties.time(_SUBMITTED) or properties.time(_DELIVERED)
    if any(recipient.number(_RECIPIENT_KIND) & 0xF == _BCC for recipient in note.recipients):
        findings.add(Kind.HEADER, "bcc", "hidden recipients", Treatment.REMOVED)
    senders = _senders(properties)
    return Letter(
        subject=_line(properties.text(_SUBJECT, _NORMALIZED_SUBJECT)),
        from_=tuple(senders[:1]),
        sender=next(iter(senders[1:]), None),
        reply_to=(),
        to=_recipients(note, _TO, _SHOWN_TO),
        cc=_recipients(note, _CC, _SHOWN_CC),
        date=format_datetime(sent) if sent else "",
        message_id=next(iter(headers.message_ids(_ascii(properties, _MESSAGE_ID))), ""),
        in_reply_to=headers.message_ids(_ascii(properties, _IN_REPLY_TO)),
        references=headers.message_ids(_ascii(properties, _REFERENCES)),
        body=body,
        attachments=(),
    )


# --- Header


def _senders(properties: Properties) -> list[Mailbox]:
    """On whose behalf it was sent, and by whom if that is another; the mail's own From where only Exchange's address is."""
    found = [box for name, addresses in _SENDERS if (box := _mailbox(properties, name, addresses))]
    if (field := _FROM.search(properties.text(_TRANSPORT_HEADERS))) and all(box.address == NO_ADDRESS for box in found):
        found = list(headers.addresses(field[1].encode()).mailboxes) or found
    return found[:1] + [box for box in found[1:2] if box.address not in (found[0].address, NO_ADDRESS)]


def _recipients(note: Note, kind: int, shown: int) -> tuple[Mailbox, ...]:
    rows = [recipient for recipient in note.recipients if recipient.number(_RECIPIENT_KIND) & 0xF == kind]
    found = [box for row in rows if (box := _mailbox(row, mapi.DISPLAY_NAME, _RECIPIENT_ADDRESSES))]
    if note.recipients or not (words := _line(note.properties.text(shown))):
        return tuple(found[: headers.MAX_MAILBOXES])
    return (Mailbox(words, NO_ADDRESS),)  # only the names were kept


def _mailbox(properties: Properties, name: int, addresses: tuple[int, ...]) -> Mailbox | None:
    """An address of Exchange's own directory (/o=...) leads nowhere outside and is left out."""
    usable = (headers.mailbox_address(properties.text(one)) for one in addresses)
    address, shown = next(filter(None, usable), ""), _line(properties.text(name))
    if not address and not shown:
        return None
    return Mailbox("" if shown.strip("'\"") == address else shown, address or NO_ADDRESS)


def _ascii(properties: Properties, identifier: int) -> bytes:
    return properties.text(identifier).encode("ascii", "ignore")


def _line(text: str) -> str:
    return headers.line(text[:10_000])[0]


# --- Text


def _body(properties: Properties, switches: Switches, findings: Findings) -> str:
    """The details and the text: plain or HTML as `bodies` chooses between them, RTF when there is neither."""
    pieces = [Piece(_plain(properties.text(_BODY), findings), False)]
    page = properties.number(mapi.INTERNET_CODE_PAGE)
    if markup := properties.text(_HTML) or charset.decode(properties.binary(_HTML).rstrip(b"\0"), mapi.charset_of(page)).text:
        pieces.append(bodies.from_html(markup, switches, findings, "body"))
    if not any(piece.text.strip() for piece in pieces) and (packed := properties.binary(_RTF)):
        pieces.append(Piece(_plain(rtf_body.text(compressed.expanded(packed, _RTF_BYTES)), findings), False))
    details = Piece(_plain("".join(_details(properties)), findings), False)
    return bodies.joined([details, *bodies.chosen(pieces, findings, "body")])


def _plain(text: str, findings: Findings) -> str:
    plain, invisible = charset.clean(text)
    if invisible:
        findings.add(Kind.CONTROL_CHARACTER, "body", f"{invisible} invisible characters", Treatment.REMOVED)
    return plain


def _details(properties: Properties) -> Iterator[str]:
    if properties.text(_CLASS).upper().startswith(("IPM.NOTE", "REPORT.")):
        return  # a mail has none of its own; a signature block may have left some
    for identifier, words in _DETAILS:
        when = properties.time(identifier)
        if value := _moment(when) if when else _line(properties.text(identifier)):
            yield f"{words}: {value}\n"


def _moment(when: datetime) -> str:
    if when.year > 4000:  # Outlook's "none" is the year 4501 (MS-OXOCAL 2.2.1.3)
        return ""
    local = when.astimezone(_JAPAN)
    return f"{local.year}年{local.month}月{local.day}日({_WEEKDAYS[local.weekday()]}) {local:%H:%M} (日本時間)"


# --- Attachments


def _name(attached: Attached, number: int, findings: Findings) -> str:
    """One name is left to MIME: that of a program, if there is one among them (J9)."""
    worst = [name for name in attached.names if dangerous((name,))]
    safe = names.safe([*worst, *attached.names][:1], f"添付{number}")
    if safe.deceptive:
        findings.add(Kind.DECEPTIVE_NAME, safe.name, safe.reason, Treatment.NEUTRALISED)
    return safe.name

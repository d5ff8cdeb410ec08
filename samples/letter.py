"""Mail as citizens and offices send it, and as attackers do: each is one RFC 5322 message written by hand."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from samples import container, office, picture, portable, prose
from samples.package import zipped
from samples.sample import Sample, canary

# Joined at run time (a sum would be folded into the compiled file), so that no scanner stops at the repository
EICAR = b"".join((b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"))
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DOCM = "application/vnd.ms-word.document.macroEnabled.12"
_ZIP = "application/zip"
_BOUNDARY = "=_sample_0"


@dataclass(frozen=True, slots=True)
class Attached:
    name: str
    media_type: str
    content: bytes = field(repr=False)


def mail(subject: str, body: str, *attached: Attached, charset: str = "utf-8", kind: str = "plain", extra: str = "") -> bytes:
    """A message from a citizen to the town office.  `extra` header lines end in CRLF."""
    head = (
        f"From: {_word('鈴木 花子', charset)} <hanako@citizen.example.jp>\r\n"
        "To: <madoguchi@town.example.lg.jp>\r\n"
        f"Subject: {_word(subject, charset)}\r\n"
        "Date: Sat, 21 Nov 2026 09:30:00 +0900\r\n"
        f"Message-ID: <{len(subject)}.{len(body)}.{len(attached)}@citizen.example.jp>\r\n"
        f"MIME-Version: 1.0\r\n{extra}"
    )
    text = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    text += _base64(body.replace("\n", "\r\n").encode(charset))
    if not attached:
        return (head + text).encode()
    parts = "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in (text, *map(_part, attached)))
    multipart = f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\r\n\r\n'
    return f"{head}{multipart}{parts}--{_BOUNDARY}--\r\n".encode()


def _word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def _base64(content: bytes) -> str:
    return base64.encodebytes(content).decode().replace("\n", "\r\n")


def _part(attached: Attached) -> str:
    """RFC 2231 for the name; a message inside is not encoded (RFC 2046 5.2.1)."""
    if attached.media_type == "message/rfc822":
        return f"Content-Type: message/rfc822\r\n\r\n{attached.content.decode()}"
    return (
        f"Content-Type: {attached.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=UTF-8''{quote(attached.name)}\r\n\r\n{_base64(attached.content)}"
    )


_HELLO = "いつもお世話になっております。\n書類をお送りします。ご確認ください。\n\n鈴木\n"
_NEWSLETTER = (
    '<html><body><table><tr><td><h1>市民だより</h1><p>今月の<ruby>催<rt>もよお</rt></ruby>しは<a href="https://example.jp/x">こちら</a>。'
    '</p><div style="display:none">{}</div><img src="https://example.jp/{}.gif"><script>{}</script></td></tr></table></body></html>'
)


def _plain() -> Iterator[tuple[str, str, str, bytes, str, str]]:
    """Name, row, about, message, canary, verdict."""
    yield "01-iso-2022-jp", "J1", "plain Japanese", mail("住民票について", _HELLO, charset="iso-2022-jp"), "", "CLEAN"
    mark = canary("mail/newsletter")
    html = mail("市民だより 11月号", _NEWSLETTER.replace("{}", mark), kind="html")
    yield "02-newsletter", "H1", "HTML with tracking, script, hidden text", html, mark, "SANITISED"
    docx = Attached("事業計画書.docx", _DOCX, office.document().build())
    yield "03-document", "J7", "a plain document", mail("計画書の送付", _HELLO, docx), "", "CLEAN"
    cp932 = Attached("調査票一式.zip", _ZIP, container.japanese_zip())
    yield "04-cp932-zip", "J11", "ZIP with CP932 names", mail("調査票", _HELLO, cp932), "", "CLEAN"
    inner = mail("元のメール", _HELLO, docx)
    forwarded = mail("転送", "転送します。\n", Attached("", "message/rfc822", inner))
    yield "05-forwarded", "D14", "a message with a document inside a message", forwarded, "", "CLEAN"


def _hostile() -> Iterator[tuple[str, str, str, bytes, str, str]]:
    mark = canary("mail/three-threats")
    three = (
        Attached("申請書.docm", _DOCM, office.macro_document(mark).build()),
        Attached("図面.pdf", "application/pdf", portable.with_javascript(mark)),
        Attached("現場写真.jpg", "image/jpeg", picture.jpeg_with_exif(mark)),
    )
    yield (
        "06-macro-javascript-exif",
        "D2",
        "macro, script and position in one mail",
        mail("申請", _HELLO, *three),
        mark,
        "SANITISED",
    )
    eicar = Attached("請求書.zip", _ZIP, zipped({"請求書.com": EICAR}))
    yield "07-eicar", "D19", "the scanner's test string in a ZIP", mail("請求書", _HELLO, eicar), EICAR[-20:].decode(), ""
    ppap = Attached("見積書.zip", _ZIP, container.encrypted_zip())
    yield "08-ppap", "J12", f"ZipCrypto, password {container.PASSWORD}", mail("見積書", _HELLO, ppap), "", "LOCKED"
    mark = canary("mail/program")
    program = Attached("更新.exe", "application/octet-stream", b"MZ" + bytes(62) + mark.encode())
    yield "09-program", "F10", "a program", mail("更新プログラム", _HELLO, program), mark, "WITHHELD"
    tnef = Attached("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22" + bytes(60))
    yield "10-winmail", "J13", "TNEF", mail("会議", _HELLO, tnef), "", ""
    bomb = Attached("データ.zip", _ZIP, zipped({"zero.bin": bytes(50 << 20)}))
    yield "11-bomb", "F6", "ZIP bomb", mail("データ", _HELLO, bomb), "", "FAILED"
    doctype = next(sample for sample in office.samples() if sample.path.endswith("/doctype.docx"))
    entity = Attached("仕様書.docx", _DOCX, doctype.content)
    yield "12-doctype", "D1", "entity in a DOCTYPE", mail("仕様書", _HELLO, entity), doctype.canary, "FAILED"
    cut = Attached("図面.pdf", "application/pdf", portable.document()[:120])
    yield "13-truncated-pdf", "D8", "half a PDF", mail("図面", _HELLO, cut), "", "FAILED"
    table = next(sample for sample in prose.samples() if sample.path.endswith(".csv"))
    formulas = Attached("名簿.csv", "text/csv", table.content)
    yield "14-formulas", "D17", "CSV formulas", mail("名簿", _HELLO, formulas), "", "SANITISED"
    twice = mail("重複", _HELLO, three[0], extra="Content-Type: text/plain\r\n")
    yield (
        "15-two-content-types",
        "M1",
        "a header twice, so that two readers differ",
        twice,
        canary("mail/three-threats"),
        "FAILED",
    )
    name = Attached("写真\u202egpj.exe", "image/jpeg", picture.plain("JPEG"))
    yield "16-deceptive-name", "F2", "right-to-left override in a name", mail("写真", _HELLO, name), "", ""


def samples() -> Iterator[Sample]:
    for messages in (_plain(), _hostile()):
        for name, row, about, content, mark, verdict in messages:
            yield Sample(f"mail/{name}.eml", row, about, content, mark, verdict)

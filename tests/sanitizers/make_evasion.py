"""Messages that hide a part from one reader or another: constructions after the published taxonomies (security.md 2.2, M1-M9).

Each case is a mail that carries PAYLOAD, a harmless ZIP with a canary, so that some mail program would show it as a file.
"""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from binascii import b2a_uu
from collections.abc import Iterator
from textwrap import wrap

CANARY = b"MUGAI-CANARY-0001"


def _payload() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), CANARY * 20)
    return out.getvalue()


PAYLOAD = _payload()
BASE64 = "\r\n".join(wrap(b64encode(PAYLOAD).decode(), 76))
QP = "=\r\n".join(wrap("".join(f"={octet:02X}" for octet in PAYLOAD), 72))
UU = "begin 644 a.zip\r\n" + "".join(b2a_uu(PAYLOAD[i : i + 45]).decode() for i in range(0, len(PAYLOAD), 45)).replace(
    "\n", "\r\n"
)
UU += "`\r\nend\r\n"

_TOP = "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
_ZIP = 'Content-Type: application/zip; name="a.zip"\r\n'
_B64 = "Content-Transfer-Encoding: base64\r\n"
_ATTACHED = 'Content-Disposition: attachment; filename="a.zip"\r\n'


def multipart(*parts: str, content_type: str = "multipart/mixed; boundary=foobar", boundary: str = "foobar") -> str:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{_TOP}Content-Type: {content_type}\r\n\r\n{body}--{boundary}--\r\n"


TEXT = "Content-Type: text/plain\r\n\r\nhello"
FILE = f"{_ZIP}{_B64}{_ATTACHED}\r\n{BASE64}"


def cases() -> Iterator[tuple[str, bytes]]:
    for group in (_duplicates, _encodings, _boundaries, _delimiters, _separators, _base64, _quoted_printable, _text, _nesting):
        for name, mail in group():
            yield f"{group.__name__.strip('_')}-{name}", mail.encode("latin-1")


def _duplicates() -> Iterator[tuple[str, str]]:
    """M1: one field twice, in both orders and on both levels."""
    types = (
        "text/plain",
        "application/zip",
        "multipart/mixed; boundary=foobar",
        "multipart/mixed; boundary=other",
        "message/rfc822",
        "x/y",
    )
    for first in types:
        for second in types:
            mail = multipart(TEXT, FILE, content_type=f"{first}\r\nContent-Type: {second}")
            yield f"type-{first}-{second}", mail
    encodings = ("base64", "7bit", "quoted-printable", "x-unknown", "")
    for first in encodings:
        for second in encodings:
            part = f"{_ZIP}Content-Transfer-Encoding: {first}\r\nContent-Transfer-Encoding: {second}\r\n{_ATTACHED}\r\n{BASE64}"
            yield f"encoding-{first}-{second}", multipart(TEXT, part)
    yield "disposition", multipart(TEXT, f"{_ZIP}{_B64}Content-Disposition: inline\r\n{_ATTACHED}\r\n{BASE64}")
    yield "comma", multipart(TEXT, FILE, content_type="text/plain, multipart/mixed; boundary=foobar")


def _encodings() -> Iterator[tuple[str, str]]:
    """M2: what some readers take for base64 and others do not."""
    tokens = (
        "BASE64",
        "base64 ",
        "base64;",
        "base64 x",
        "x base64",
        '"base64"',
        "(x) base64",
        "base64 (x)",
        "base-64",
        "b64",
        "base\r\n 64",
    )
    more = (
        "=?utf-8?q?base64?=",
        "\r\n base64",
        "base64\0",
        "base64, 7bit",
        "x-base64",
        "base64\t",
        ":base64",
        "7bit base64",
        "mime64",
    )
    for token in tokens + more:
        field = f"Content-Transfer-Encoding: {token}\r\n"
        for kind in (_ZIP, "Content-Type: text/plain\r\n"):
            yield repr(token) + kind[14:18], multipart(TEXT, f"{kind}{field}{_ATTACHED}\r\n{BASE64}")
    for field in (
        "Content-Transfer-Encoding : base64",
        "Content-Transfer-Encoding:base64",
        "content-transfer-ENCODING: base64",
    ):
        yield field, multipart(TEXT, f"{_ZIP}{field}\r\n{_ATTACHED}\r\n{BASE64}")
    for token in ("uuencode", "x-uuencode", "x-uue"):
        yield token, multipart(TEXT, f"{_ZIP}Content-Transfer-Encoding: {token}\r\n{_ATTACHED}\r\n{UU}")


def _boundaries() -> Iterator[tuple[str, str]]:
    """M3: boundaries that readers cut, unquote or decode differently."""
    written = (
        'boundary="foobar"',
        "boundary=foobar; boundary=other",
        "boundary=other; boundary=foobar",
        'boundary="foobar',
        "boundary='foobar'",
        "boundary=foo(x)bar",
        'boundary="foo\\bar"',
        'boundary="foo\\"bar"',
        "boundary*=us-ascii''foobar",
        "boundary*0=foo; boundary*1=bar",
        "boundary*1=bar; boundary*0=foo",
        "boundary==?utf-8?q?foobar?=",
        "boundary=foobar (x)",
        "boundary = foobar",
        "boundary=foobar x",
        'boundary=" foobar"',
        'boundary="foobar "',
        "boundary=",
        'boundary=""',
        "x=boundary=foobar",
        "boundary=foobar;;",
        "BOUNDARY=foobar",
        'x="y;boundary=other"; boundary=foobar',
        "boundary=foobar\0",
        "boundary=\u00e9foobar",
        "boundary:foobar",
        "xboundary=foobar",
    )
    real = ("foobar", "'foobar'", "foo", "foo\\bar", "other")
    for parameter in written:
        for boundary in real if parameter in written[:8] else ("foobar", "foo"):
            yield (
                f"{parameter}-{boundary}",
                multipart(TEXT, FILE, content_type=f"multipart/mixed; {parameter}", boundary=boundary),
            )
    for kind in (
        "multipart /mixed",
        "multipart/ mixed",
        "multipart",
        "x-multipart/mixed",
        "Multipart/Mixed",
        "multipart/x",
        "multipart/mixed boundary=foobar",
        "/",
        "",
    ):
        yield kind, multipart(TEXT, FILE, content_type=f"{kind}; boundary=foobar")
    yield "no semicolon", multipart(TEXT, FILE, content_type="multipart/mixed boundary=foobar")


def _delimiters() -> Iterator[tuple[str, str]]:
    """M4: delimiter lines that are nearly ones, early ends, parts outside."""
    mail = multipart(TEXT, FILE)
    head, _, body = mail.partition("\r\n\r\n")
    for name, line in (
        ("longer", "--foobarx"),
        ("spaced", "--foobar "),
        ("indented", " --foobar"),
        ("dashes", "---foobar"),
        ("one dash", "-foobar"),
    ):
        yield name, mail.replace("--foobar\r\nContent-Type: application", f"{line}\r\nContent-Type: application")
    yield "no end", mail.replace("--foobar--\r\n", "")
    yield (
        "early end",
        mail.replace("--foobar\r\nContent-Type: application", "--foobar--\r\n--foobar\r\nContent-Type: application"),
    )
    yield "end only", mail.replace("--foobar\r\nContent-Type: application", "--foobar--\r\nContent-Type: application")
    yield "preamble", f"{head}\r\n\r\n{FILE}\r\n{body}"
    yield "preamble with delimiter", f"{head}\r\n\r\n--other\r\n{FILE}\r\n{body}"
    yield "epilogue", f"{mail}{FILE}\r\n"
    yield "epilogue uu", f"{mail}{UU}"
    yield "end with junk", mail.replace("--foobar--", "--foobar--x") + f"--foobar\r\n{FILE}\r\n"
    yield "upper case", mail.replace("--foobar\r\nContent-Type: application", "--FOOBAR\r\nContent-Type: application")


def _separators() -> Iterator[tuple[str, str]]:
    """M5: line ends and blank lines that readers take differently."""
    mail = multipart(TEXT, FILE)
    part = "--foobar\r\nContent-Type: application"
    for name, old, new in (
        ("cr delimiter", "\r\n" + part, "\r" + part),
        ("lf delimiter", "\r\n" + part, "\n" + part),
        ("cr all", "\r\n", "\r"),
        ("lf all", "\r\n", "\n"),
        ("crcrlf all", "\r\n", "\r\r\n"),
        ("lfcr", "\r\n", "\n\r"),
        ("cr before type", "MIME-Version: 1.0\r\nContent-Type", "MIME-Version: 1.0\rContent-Type"),
        ("cr in encoding", "Encoding: base64", "Encoding:\rbase64"),
        ("nul", "Content-Type: multipart", "Content-Type: \0multipart"),
        ("junk line", "MIME-Version: 1.0\r\n", "MIME-Version: 1.0\r\njunk\r\n"),
        ("blank with space", "MIME-Version: 1.0\r\n", "MIME-Version: 1.0\r\n \r\n"),
        ("continuation first", "From:", " From:"),
        ("from line", "From: a@", "From x\r\nFrom: a@"),
        ("bom", "From: a@", "\u00ef\u00bb\u00bfFrom: a@"),
        ("blank first", "From: a@", "\r\nFrom: a@"),
        ("space colon", "Content-Type: multipart", "Content-Type : multipart"),
        ("no blank in part", _ATTACHED + "\r\n", _ATTACHED),
        ("vt", "Content-Type: multipart", "Content-Type:\x0bmultipart"),
        ("folded type", "Content-Type: multipart", "Content-Type:\r\n multipart"),
        ("folded name", "Content-Type: multipart", "Content-\r\n Type: multipart"),
        ("eight bit name", "Content-Type: multipart", "Content-Type\u00e9: multipart"),
    ):
        yield name, mail.replace(old, new, mail.count(old) if name.endswith("all") or name == "lfcr" else 1)


def _base64() -> Iterator[tuple[str, str]]:
    """M6: base64 that lenient and strict decoders end or read differently."""
    lines = BASE64.split("\r\n")
    one = "".join(lines)
    variants = {
        "junk": one[:40] + "!*" + one[40:],
        "dot": one[:41] + "." + one[41:],
        "padding inside": b64encode(PAYLOAD[:46]).decode() + b64encode(PAYLOAD[46:]).decode(),
        "empty padding": "====" + one,
        "leading text": "hello\r\n" + one,
        "short lines": "\r\n".join(wrap(one, 3)),
        "one line": one,
        "url safe": one.replace("+", "-").replace("/", "_"),
        "footer": one + "\r\n____\r\nlist",
        "no padding": one.rstrip("="),
        "much padding": one + "=====",
        "spaces": " ".join(wrap(one, 4)),
        "utf-7": one.replace("A", "+AEE-"),
        "second": b64encode(b"x" * 31).decode() + "\r\n" + one,
        "comment": "(" + one[:20] + ")\r\n" + one,
        "nul": one[:20] + "\0" + one[20:],
        "eight bit": one[:20] + "\u00e9" + one[20:],
    }
    for name, content in variants.items():
        yield name, multipart(TEXT, f"{_ZIP}{_B64}{_ATTACHED}\r\n{content}")
        yield name + " text", multipart(TEXT, f"Content-Type: text/plain\r\n{_B64}\r\n{content}")


def _quoted_printable() -> Iterator[tuple[str, str]]:
    """M7."""
    field = "Content-Transfer-Encoding: quoted-printable\r\n"
    for name, content in (
        ("plain", QP),
        ("lower", QP.lower()),
        ("soft break spaces", QP.replace("=\r\n", "= \r\n")),
        ("end", QP + "="),
        ("lf", QP.replace("\r\n", "\n")),
        ("one line", QP.replace("=\r\n", "")),
        ("junk", QP.replace("=4D", "=4", 1)),
    ):
        yield name, multipart(TEXT, f"{_ZIP}{field}{_ATTACHED}\r\n{content}")
        yield name + " text", multipart(TEXT, f"Content-Type: text/plain\r\n{field}\r\n{content}")


def _text() -> Iterator[tuple[str, str]]:
    """M8: files in text."""
    for kind in ("text/plain", "text/html", "text/x"):
        for name, content in (
            ("uu", UU),
            ("uu no end", UU.replace("end", "")),
            ("base64", BASE64),
            ("mime", FILE),
            ("begin-base64", f"begin-base64 644 a.zip\r\n{BASE64}\r\n====\r\n"),
        ):
            yield f"{kind}-{name}", f"{_TOP}Content-Type: {kind}\r\n\r\nhello\r\n\r\n<pre>\r\n{content}\r\n</pre>\r\n"


def _nesting() -> Iterator[tuple[str, str]]:
    """M3, M11, M12, M18."""
    inner = f"Content-Type: multipart/mixed; boundary={{}}\r\n\r\n--{{}}\r\n{FILE}\r\n--{{}}--"
    for boundary in ("foobar", "foobarx", "foo", "foobar--", "FOOBAR"):
        yield f"inner {boundary}", multipart(TEXT, inner.replace("{}", boundary))
    deep = FILE
    for level in range(30):
        deep = f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{deep}\r\n--b{level}--\r\n"
    yield "deep", _TOP + deep
    for kind in (
        "digest",
        "parallel",
        "related",
        "alternative",
        "signed",
        "report",
        "encrypted",
        "form-data",
        "appledouble",
        "byteranges",
        "x-unknown",
    ):
        yield kind, multipart(TEXT, FILE, content_type=f"multipart/{kind}; boundary=foobar")
    for kind in (
        "rfc822",
        "global",
        "partial; id=1; number=1; total=2",
        "external-body; access-type=URL",
        "news",
        "delivery-status",
        "x",
    ):
        yield f"message {kind}", multipart(TEXT, f"Content-Type: message/{kind}\r\n\r\n{_TOP}{FILE}")
        yield (
            f"message {kind} base64",
            multipart(TEXT, f"Content-Type: message/{kind}\r\n{_B64}\r\n{b64encode((_TOP + FILE).encode()).decode()}"),
        )

"""Rows of the catalogues that no single module answers for: each a mail, read as a whole (J18-J27, M1-M19, H2, H8)."""

from __future__ import annotations

from base64 import b64encode

import pytest

from sanitizers import message
from sanitizers.compose import compose
from sanitizers.job import LocalJob
from sanitizers.letter import Letter
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict

HEAD = "From: a@example.jp\r\nTo: b@city.example.lg.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
FILE = f"Content-Type: image/gif; name=a.gif\r\nContent-Transfer-Encoding: base64\r\n\r\n{GIF}\r\n"


def opened(mail: str | bytes) -> tuple[Letter, Outcome, LocalJob]:
    job = LocalJob()
    letter, outcome = message.letter(mail.encode() if isinstance(mail, str) else mail, Part("", "", "message/rfc822"), job)
    return letter, outcome, job


def held(mail: str) -> str:
    with pytest.raises(Refused) as refused:
        opened(mail)
    assert (refused.value.reason, refused.value.verdict) == (Reason.AMBIGUOUS, Verdict.FAILED)
    return refused.value.detail


def mixed(*parts: str, head: str = HEAD, boundary: str = "b") -> str:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{head}Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{body}--{boundary}--\r\n"


TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\n本文\r\n"


def test_j20_a_notice_in_japanese_stands_above_a_body_of_any_charset() -> None:
    """The body is UTF-8 whatever it was, so a notice never meets a charset that cannot say it."""
    for label, codec in (
        ("iso-2022-jp", "iso2022_jp"),
        ("Shift_JIS", "cp932"),
        ("iso-8859-1", "latin-1"),
        ("us-ascii", "ascii"),
    ):
        text = "Grüße" if codec == "latin-1" else "hello" if codec == "ascii" else "こんにちは"
        raw = f"{HEAD}Content-Type: text/plain; charset={label}\r\n\r\n".encode() + text.encode(codec) + b"\r\n"
        letter, _, _ = opened(raw)
        written = compose(letter, (), notice_head="【無害化済】お知らせ\n")
        assert opened(written)[0].body == f"【無害化済】お知らせ\n\n{text}\n"


@pytest.mark.parametrize("kind", ["partial; id=a; number=1; total=2", 'external-body; access-type=URL; URL="http://x/"'])
def test_j24_m12_a_piece_of_a_mail_or_a_pointer_is_withheld(kind: str) -> None:
    letter, _, job = opened(mixed(TEXT, f"Content-Type: message/{kind}\r\n\r\nContent-Type: image/gif\r\n\r\n"))
    assert [child.verdict for child in job.children] == [Verdict.WITHHELD]
    assert letter.attachments == ()


def test_j25_a_quoted_printable_attachment_keeps_its_bytes_and_leaves_as_base64() -> None:
    content = b"a = b\r\nlast line with a blank \r\n"
    part = "Content-Type: text/plain; name=a.txt\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    part += "Content-Disposition: attachment; filename=a.txt\r\n\r\na =3D b\r\nlast line with=\r\n a blank=20\r\n"
    _, _, job = opened(mixed(TEXT, part))
    assert job.children[0].output == b"\xef\xbb\xbf" + content


def test_j26_tables_ruby_and_links_keep_their_meaning() -> None:
    html = "<table border=1><tr><th>日</th><td>1</td></tr></table><p><ruby>字<rt>じ</rt></ruby> <a href='https://a.jp/x'>こちら</a></p>"
    letter, _, _ = opened(f"{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n")
    assert letter.body == "日 | 1\n\n字(じ) こちら <hxxps://a.jp/x>\n"


def test_j27_a_mail_without_subject_and_text_is_a_mail() -> None:
    letter, outcome, _ = opened("From: nagios@example.jp\r\nTo: b@city.example.lg.jp\r\n\r\n")
    assert (letter.subject, letter.body, outcome.verdict) == ("", "", Verdict.CLEAN)
    assert b"From: nagios@example.jp\r\n" in compose(letter, ())


@pytest.mark.parametrize("field", ["Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Disposition"])
def test_m01_fields_that_stand_twice(field: str) -> None:
    """Two structures or two encodings are held; a second disposition or version makes no other part."""
    values = {
        "Content-Type": ("multipart/mixed; boundary=b", "text/plain"),
        "Content-Transfer-Encoding": ("base64", "quoted-printable"),
        "MIME-Version": ("1.0", "2.0"),
        "Content-Disposition": ("inline", "attachment; filename=a.gif"),
    }[field]
    both = "".join(f"{field}: {value}\r\n" for value in values)
    if field == "Content-Type":
        assert held(mixed(TEXT, FILE).replace("Content-Type: multipart/mixed; boundary=b\r\n", both)).startswith("M1: ")
    elif field == "Content-Transfer-Encoding":
        assert held(mixed(TEXT, FILE.replace("Content-Transfer-Encoding: base64\r\n", both))).startswith("M1: ")
    else:
        part = f"{both}{FILE}" if field == "Content-Disposition" else FILE
        _, _, job = opened(mixed(TEXT, part, head=HEAD + (both if field == "MIME-Version" else "")))
        assert [child.detected for child in job.children] == ["image/gif"]


@pytest.mark.parametrize(
    "token", ["base64 x", '"base64"', "base64 (x)", "=?utf-8?q?base64?=", "x-base64", "base64, 7bit", "b\0ase64"]
)
def test_m02_an_encoding_that_is_nearly_one_is_held(token: str) -> None:
    assert held(mixed(TEXT, FILE.replace("Encoding: base64", f"Encoding: {token}")))[:2] in ("M2", "M5")


def test_m02_a_folded_encoding_is_legal() -> None:
    _, _, job = opened(mixed(TEXT, FILE.replace("Encoding: base64", "Encoding:\r\n base64")))
    assert [child.detected for child in job.children] == ["image/gif"]


@pytest.mark.parametrize(
    ("parameter", "real"),
    [("b; boundary=c", "c"), ("b (x)", "b (x)"), ('"b\\"c"', 'b"c'), ("=?utf-8?q?b?=", "b"), ('"b "', "b")],
)
def test_m03_a_boundary_has_one_reading_or_the_mail_is_held(parameter: str, real: str) -> None:
    """Whatever reading divides the mail, the file in it is seen; two that divide it differently are refused."""
    one = mixed(TEXT, FILE, boundary=real).replace(f"boundary={real}\r\n", f"boundary={parameter}\r\n")
    try:
        _, _, job = opened(one)
    except Refused as refusal:
        refused = refusal.detail[:2]
    else:
        refused = ""
        assert [child.detected for child in job.children] == ["image/gif"]
    assert refused in ("", "M3", "M4")


def test_m03_two_boundaries_that_both_divide_are_held() -> None:
    both = mixed(TEXT, FILE).replace("boundary=b\r\n", "boundary=b; boundary=c\r\n") + "--c\r\n\r\nother\r\n--c--\r\n"
    assert held(both).startswith("M3: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MIME-Version: 1.0\r\n", "MIME-Version: 1.0\r"),
        ("\r\n--b\r\nContent-Type: image", "\r--b\r\nContent-Type: image"),
        ("multipart", "multi\0part"),
    ],
)
def test_m05_a_stray_cr_or_nul_in_the_structure_is_held(old: str, new: str) -> None:
    assert held(mixed(TEXT, FILE).replace(old, new)).startswith("M5: ")


@pytest.mark.parametrize("line", ["YQ=\r\n=", "=4", "=zz", "a = \r\nb", "=0D=0A=", "=\r\n=\r\n=", "a" * 2_000])
def test_m07_odd_quoted_printable_is_decoded_as_everybody_does(line: str) -> None:
    letter, outcome, _ = opened(
        f"{HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nfirst {line}\r\nlast=3D\r\n"
    )
    assert letter.body.startswith("first ")
    assert letter.body.endswith("last=\n")
    assert outcome.verdict is Verdict.CLEAN


def test_m10_japanese_names_are_no_reason_to_hold() -> None:
    names = (
        'name="=?ISO-2022-JP?B?GyRCO3FOQRsoQg==?=.gif"',
        "name=資料.gif".encode("cp932").decode("latin-1"),
        "name*=UTF-8''%E8%B3%87%E6%96%99.gif",
    )
    for name in names:
        raw = mixed("Content-Type: text/plain\r\n\r\nx\r\n", FILE.replace("name=a.gif", name)).encode("latin-1")
        letter, outcome, _ = opened(raw)
        assert [attachment.name for attachment in letter.attachments] == ["資料.gif"]
        assert outcome.verdict is Verdict.CLEAN


@pytest.mark.parametrize("disposition", ["", "inline", "attachment", "x-odd; y", "inline; filename=a.gif"])
def test_m14_every_leaf_is_treated_alike_however_it_is_to_be_shown(disposition: str) -> None:
    field = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    _, _, job = opened(mixed(TEXT, f"Content-ID: <same@x>\r\n{field}{FILE}", f"Content-ID: <same@x>\r\n{field}{FILE}"))
    assert [child.detected for child in job.children] == ["image/gif"] * 2


@pytest.mark.parametrize(
    ("kind", "content", "verdict"),
    [
        (
            "application/pkcs7-mime; smime-type=enveloped-data",
            b"0\x82\x01\x00\x06\x09*\x86H\x86\xf7\r\x01\x07\x03\xa0" + bytes(200),
            Verdict.LOCKED,
        ),
        (
            "application/octet-stream",
            b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n",
            Verdict.LOCKED,
        ),
    ],
)
def test_m16_what_only_its_recipient_can_open_waits(kind: str, content: bytes, verdict: Verdict) -> None:
    part = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{b64encode(content).decode()}\r\n"
    _, _, job = opened(mixed(TEXT, part))
    assert [child.verdict for child in job.children] == [verdict]


@pytest.mark.parametrize(
    "first", ["From x@y Mon Jan  1 00:00:00 2026\r\n", ">From x@y Mon Jan  1\r\n", "\ufeff", "\r\n", " \r\n"]
)
def test_m19_what_files_have_before_the_first_field_hides_no_part(first: str) -> None:
    _, _, job = opened(first + mixed(TEXT, FILE))
    assert [child.detected for child in job.children] == ["image/gif"]


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='\\\\evil.test\\x'>x</a>",
        "<img src='file://evil.test/x'>",
        "<link rel=stylesheet href='//evil.test/x'>",
        "<base href='\\\\evil.test\\'>",
        "<p style='background:url(\\\\evil.test\\x)'>x</p>",
    ],
)
def test_h02_no_share_of_somebody_elses_is_named_to_windows(markup: str) -> None:
    letter, outcome, _ = opened(f"{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<p>text</p>{markup}\r\n")
    assert "evil" not in letter.body
    assert any(finding.treatment is Treatment.REMOVED for finding in outcome.findings)


def test_h07_foreign_seals_signatures_and_results_stay_behind() -> None:
    foreign = "DKIM-Signature: v=1\r\nAuthentication-Results: evil; spf=pass\r\nARC-Seal: i=1\r\nX-Mugai-Verdict: clean\r\n"
    foreign += "Received: x\r\n"
    written = compose(opened(foreign + HEAD + "\r\nhello\r\n")[0], ())
    assert not [name for name in (b"DKIM", b"Authentication", b"ARC", b"X-Mugai", b"Received") if name in written]


def test_j18_gaiji_stay_and_are_told() -> None:
    raw = f"{HEAD}Content-Type: text/plain; charset=Shift_JIS\r\n\r\n".encode() + b"\xf0\x40" + "様\r\n".encode("cp932")
    letter, outcome, _ = opened(raw)
    assert letter.body == "\ue000様\n"
    assert [(f.kind, f.treatment) for f in outcome.findings] == [(Kind.GAIJI, Treatment.KEPT)]
    assert outcome.verdict is Verdict.CLEAN

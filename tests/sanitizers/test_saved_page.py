"""Web pages saved as one file (.mht): the text and the pictures arrive as a mail that any program opens."""

from __future__ import annotations

import base64
import email
from email.policy import default

from samples import picture
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Part, Reason, Verdict
from sanitizers.registry import sanitise

_PAGE = (
    "From: <Saved by Blink>\r\nSubject: =?utf-8?Q?=E3=81=8A=E7=9F=A5=E3=82=89=E3=81=9B?=\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    "Content-Location: https://example.jp/\r\n\r\n"
    "<html><body><p>明日は休館です。</p><script>alert(1)</script><img src=cid:1></body></html>\r\n"
    "--b\r\nContent-Type: text/css\r\nContent-Location: cid:css-1@mhtml.blink\r\n\r\np { color: red }\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: https://example.jp/a.png\r\n\r\n"
    "{}\r\n--b--\r\n"
)


def test_text_and_pictures_arrive_scripts_and_styles_do_not() -> None:
    content = _PAGE.replace("{}", base64.encodebytes(picture.plain("PNG")).decode().replace("\n", "\r\n")).encode()
    job = LocalJob()
    outcome = sanitise(content, Part("1", "お知らせ.mht", "", ("お知らせ.mht",)), job)
    assert (outcome.verdict, outcome.detected, outcome.name) == (
        Verdict.SANITISED,
        "application/x-mimearchive",
        "お知らせ.eml",
    )
    assert outcome.output is not None
    parsed = email.message_from_bytes(outcome.output, policy=default)
    text, *pictures = parsed.iter_parts()
    assert text.get_content().split() == ["明日は休館です。", "[画像]"]
    assert [part.get_content_type() for part in pictures] == ["image/png"]
    assert {Kind.SCRIPT, Kind.HTML_BODY} <= {finding.kind for finding in outcome.findings}


def test_an_unreadable_page_is_not_delivered() -> None:
    outcome = sanitise(_PAGE.replace("--b", "--c").encode(), Part("1", "a.mht", "", ("a.mht",)), LocalJob())
    assert (outcome.verdict, outcome.reason, outcome.output) == (Verdict.FAILED, Reason.AMBIGUOUS, None)

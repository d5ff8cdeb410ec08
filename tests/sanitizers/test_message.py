"""Messages as people send them: the body that is read, the files that come along, the headers that stay."""

from __future__ import annotations

import binascii
import email
import email.policy
import re
from base64 import b64encode
from collections.abc import Callable

import pytest

from sanitizers import bodies, message
from sanitizers.bodies import Piece
from sanitizers.compose import compose
from sanitizers.job import Findings, LocalJob
from sanitizers.letter import Letter, Mailbox
from sanitizers.model import Kind, Outcome, Part, Profile, Reason, Refused, Treatment, Verdict
from sanitizers.verify import verify

HEAD = "From: =?utf-8?B?5bGx55Sw?= <a@b.jp>\r\nTo: c@d.jp\r\nSubject: =?utf-8?B?6KaL56mN5pu4?=\r\nMIME-Version: 1.0\r\n"
ALTERNATIVE = (
    "Content-Type: multipart/alternative; boundary=q\r\n\r\n"
    "--q\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n"
    "--q\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{}\r\n--q--\r\n"
)
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


class Desk:
    """Answers for the other rooms: every child is delivered as it came, unless `answer` says otherwise."""

    def __init__(self, answer: Callable[[bytes, Part], Outcome] | None = None) -> None:
        self.profile = Profile()
        self.parts: list[tuple[Part, bytes, bool]] = []
        self._answer = answer

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        self.parts.append((part, content, want_output))
        if self._answer:
            return self._answer(content, part)
        return Outcome(
            Verdict.CLEAN, "application/pdf", content if want_output else None, "application/pdf", part.name or "x.pdf"
        )


def opened(mail: str | bytes, desk: Desk | None = None) -> tuple[Letter, Outcome, Desk]:
    desk = desk or Desk()
    raw = mail.encode() if isinstance(mail, str) else mail
    letter, outcome = message.letter(raw, Part("", "", "message/rfc822"), desk)
    return letter, outcome, desk


def kinds(outcome: Outcome) -> set[Kind]:
    return {finding.kind for finding in outcome.findings}


def mixed(*parts: str) -> str:
    return (
        f"{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + "".join(f"--b\r\n{part}\r\n" for part in parts)
        + "--b--\r\n"
    )


TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\nこんにちは\r\n"
FILE = (
    "Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n"
    f"Content-Disposition: attachment; filename={{}}\r\n\r\n{GIF}"
)


def test_a_plain_mail_is_clean() -> None:
    letter, outcome, desk = opened(f"{HEAD}{TEXT}")
    assert (letter.subject, letter.body, letter.from_) == ("見積書", "こんにちは\n", (Mailbox("山田", "a@b.jp"),))
    assert (outcome.verdict, outcome.findings, desk.parts) == (Verdict.CLEAN, (), [])


def test_attachments_go_over_the_wall_with_all_their_names() -> None:
    disposition = "attachment; filename=a.gif; filename*=utf-8''%E5%9B%B3.gif"
    odd = f"Content-Type: image/gif; name=b.exe\r\nContent-Disposition: {disposition}\r\n\r\nx"
    letter, outcome, desk = opened(mixed(TEXT, odd, FILE.format("a.gif"), FILE.format("a.gif")))
    first, second, third = (part for part, _, _ in desk.parts)
    assert first == Part("1", "図.gif", "image/gif", ("図.gif", "a.gif", "b.exe"))
    assert (second.path, third.path) == ("2", "3")
    assert [(a.child, a.name) for a in letter.attachments] == [(0, "図.gif"), (1, "a.gif"), (2, "a(2).gif")]
    assert Kind.DECEPTIVE_NAME in kinds(outcome)
    assert not any(wanted for _, _, wanted in desk.parts)


def test_what_is_withheld_is_no_attachment() -> None:
    desk = Desk(lambda content, part: Outcome(Verdict.WITHHELD, "x/y", reason=Reason.UNKNOWN_TYPE))
    letter, outcome, _ = opened(mixed(TEXT, FILE.format("a.gif")), desk)
    assert (letter.attachments, outcome.verdict) == ((), Verdict.CLEAN)


def test_m13_a_text_part_whose_content_is_a_file_is_one() -> None:
    letter, _, desk = opened(f"{HEAD}Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{GIF}")
    assert letter.body == ""
    assert desk.parts[0][1].startswith(b"GIF89a")


@pytest.mark.parametrize(
    "kind",
    ["message/partial; id=a; number=1", "message/external-body; access-type=URL", "application/x-unknown", "audio/basic"],
)
def test_m12_everything_that_is_no_text_is_a_child(kind: str) -> None:
    _, _, desk = opened(f"{HEAD}Content-Type: {kind}\r\n\r\nxyz")
    assert [(part.declared, content) for part, content, _ in desk.parts] == [(kind.partition(";")[0], b"xyz")]


def test_named_and_attached_texts_are_files() -> None:
    named = "Content-Type: text/plain; name=a.txt\r\n\r\nx"
    attached = "Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\ny"
    letter, _, desk = opened(mixed(TEXT, named, attached))
    assert letter.body == "こんにちは\n"
    assert [part.declared for part, _, _ in desk.parts] == ["text/plain", "text/html"]


def test_several_inline_texts_are_joined_in_order() -> None:
    assert opened(mixed(TEXT, TEXT.replace("こんにちは", "二")))[0].body == "こんにちは\n\n二\n"


def test_html_only_never_loses_its_body() -> None:
    letter, outcome, _ = opened(f"{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<p>本文</p><script>x()</script>")
    assert letter.body == "本文\n"
    assert Kind.HTML_BODY in kinds(outcome)


def test_html_charset_from_its_meta_element() -> None:
    markup = '<meta http-equiv="Content-Type" content="text/html; charset=shift_jis"><p>①㈱表示</p>'
    assert opened(f"{HEAD}Content-Type: text/html\r\n\r\n".encode() + markup.encode("cp932"))[0].body == "①㈱表示\n"


def test_m17_plain_when_both_say_the_same() -> None:
    markup = "<p>会議の資料です。<a href='https://a.jp/'>↓</a></p>"
    letter, outcome, _ = opened(HEAD + ALTERNATIVE.format("会議の資料です。\r\n<https://a.jp/>", markup))
    assert letter.body == "会議の資料です。\n<https://a.jp/>\n"
    assert Kind.DUPLICATE_BODY not in kinds(outcome)


def test_m17_html_when_they_differ_and_no_long_text_is_lost() -> None:
    short, outcome, _ = opened(HEAD + ALTERNATIVE.format("HTMLで表示してください", "<p>会議は中止になりました</p>"))
    assert short.body == "会議は中止になりました\n"
    assert Kind.DUPLICATE_BODY in kinds(outcome)
    long, _, _ = opened(HEAD + ALTERNATIVE.format("まったく別の長い文章。" * 40, "<p>会議は中止になりました</p>"))
    assert long.body.startswith("会議は中止になりました\n")
    assert "まったく別の長い文章。" * 40 in long.body


def test_m17_a_text_alternative_in_a_nested_tree() -> None:
    shown = "Content-Type: text/html\r\n\r\n<p>one two three</p>"
    related = f"Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\n{shown}\r\n--r\r\n{FILE.format('a.gif')}\r\n--r--"
    written = "Content-Type: text/plain\r\n\r\none two three"
    inner = f"Content-Type: multipart/alternative; boundary=q\r\n\r\n--q\r\n{written}\r\n--q\r\n{related}\r\n--q--"
    letter, _, desk = opened(mixed(inner, FILE.format("b.gif")))
    assert letter.body == "one two three\n"
    assert [part.name for part, _, _ in desk.parts] == ["a.gif", "b.gif"]


def test_j14_uuencode_in_the_body_becomes_an_attachment() -> None:
    letter, outcome, desk = opened(f"{HEAD}\r\nbefore\r\nbegin 644 a.gif\r\n#0V%T\r\n`\r\nend\r\nafter\r\n")
    assert letter.body == "before\n〔本文に埋め込まれていたファイル: a.gif〕\nafter\n"
    assert [content for _, content, _ in desk.parts] == [b"Cat"]
    assert Kind.HIDDEN_PART in kinds(outcome)


def test_j15_format_flowed_with_delsp() -> None:
    raw = f"{HEAD}Content-Type: text/plain; charset=iso-2022-jp; format=flowed; delsp=yes\r\n\r\n".encode()
    body = "これは長い \r\n行です\r\n> 引用 \r\n> です\r\n-- \r\n署名\r\n".encode("iso2022_jp")
    assert opened(raw + body)[0].body == "これは長い行です\n> 引用です\n-- \n署名\n"


def test_j15_flowed_without_delsp_keeps_the_space() -> None:
    assert bodies.unflowed("one \ntwo\n stuffed\n>> a \n> b", delsp=False) == "one two\nstuffed\n>> a \n> b"


def test_j28_a_signature_is_dropped_and_named() -> None:
    signature = "Content-Type: application/pkcs7-signature\r\n\r\nx"
    signed = f"{HEAD}Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n{TEXT}\r\n--b\r\n{signature}\r\n--b--"
    letter, outcome, desk = opened(signed)
    assert (letter.body, desk.parts) == ("こんにちは\n", [])
    assert (Kind.SIGNATURE, Treatment.REMOVED) in [(finding.kind, finding.treatment) for finding in outcome.findings]


def test_h06_senders_that_pretend_are_named() -> None:
    _, outcome, _ = opened('From: "boss@city.lg.jp" <x@evil.example>, <y@z.jp>\r\n\r\nx')
    details = [finding.detail for finding in outcome.findings if finding.kind is Kind.HEADER]
    assert details == ["2 senders", "the name shows boss@city.lg.jp, the address is x@evil.example"]


def test_h11_bcc_and_receipts_go() -> None:
    letter, outcome, _ = opened(
        f"{HEAD}Bcc: x@y.jp\r\nDisposition-Notification-To: x@y.jp\r\nX-Mailer: z\r\nImportance: high\r\n{TEXT}"
    )
    assert letter.extra == (("Importance", "high"),)
    assert {finding.where for finding in outcome.findings} == {"bcc", "disposition-notification-to"}


def test_a_mail_without_a_sender_says_so() -> None:
    letter, outcome, _ = opened("Subject: x\r\n\r\ny")
    assert letter.from_ == (Mailbox("差出人不明", "unknown@address.invalid"),)
    assert outcome.verdict is Verdict.SANITISED


def test_list_links_are_web_or_mail_only() -> None:
    letter, _, _ = opened(f"{HEAD}List-Unsubscribe: <javascript:x>, <https://a.jp/u>, <mailto:u@a.jp>\r\n{TEXT}")
    assert letter.extra == (("List-Unsubscribe", "<https://a.jp/u>, <mailto:u@a.jp>"),)


def test_no_budget_refuses_the_whole_mail() -> None:
    def exhausted(content: bytes, part: Part) -> Outcome:
        raise Refused(Reason.LIMIT_PARTS, "no more")

    with pytest.raises(Refused, match="no more"):
        opened(mixed(TEXT, FILE.format("a.gif")), Desk(exhausted))


def test_a_text_too_long_for_a_body_is_a_file() -> None:
    letter, _, desk = opened(f"{HEAD}\r\n" + "x" * (message.MAX_BODY + 1))
    assert letter.body == ""
    assert len(desk.parts) == 1


# --- Nested messages


def nested(mail: str, desk: Desk | None = None, name: str = "") -> Outcome:
    return message.sanitise(mail.encode(), Part("2", name, "message/rfc822"), "message/rfc822", desk or Desk())


def test_a_nested_message_is_composed_anew() -> None:
    desk = Desk()
    outcome = nested(mixed(TEXT, FILE.format("a.pdf")), desk)
    assert (outcome.media_type, outcome.name, outcome.verdict) == ("message/rfc822", "見積書.eml", Verdict.CLEAN)
    assert [(part.path, wanted) for part, _, wanted in desk.parts] == [("2/1", True)]
    parsed = email.message_from_bytes(outcome.output or b"", policy=email.policy.default)
    assert [part.get_filename() for part in parsed.walk()] == [None, None, "a.pdf"]
    assert parsed["subject"] == "見積書"


def test_a_nested_message_names_what_was_withheld() -> None:
    desk = Desk(lambda content, part: Outcome(Verdict.WITHHELD, "x/y", reason=Reason.EXECUTABLE))
    outcome = nested(mixed(TEXT, FILE.format("a.exe")), desk, "転送.eml")
    parsed = email.message_from_bytes(outcome.output or b"", policy=email.policy.default)
    assert "「a.exe」" in parsed.get_content()
    assert (outcome.name, kinds(outcome)) == ("転送.eml", {Kind.MEMBER_WITHHELD})


@pytest.mark.parametrize(
    ("inner", "outer"), [(Verdict.FAILED, Verdict.FAILED), (Verdict.INFECTED, Verdict.FAILED), (Verdict.LOCKED, Verdict.LOCKED)]
)
def test_a_nested_message_is_as_bad_as_its_worst_part(inner: Verdict, outer: Verdict) -> None:
    desk = Desk(lambda content, part: Outcome(inner, "x/y", reason=Reason.ENCRYPTED))
    with pytest.raises(Refused) as refused:
        nested(mixed(TEXT, FILE.format("a.zip")), desk)
    assert (refused.value.verdict, refused.value.reason) == (outer, Reason.ENCRYPTED)


def test_mail_in_mail_in_mail_by_the_real_sanitisers() -> None:
    inner = mixed(TEXT, FILE.format("絵.gif"))
    middle = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{b64encode(inner.encode()).decode()}"
    job = LocalJob()
    outcome = message.sanitise(mixed(TEXT, middle).encode(), Part("", "", "message/rfc822"), "message/rfc822", job)
    parsed = email.message_from_bytes(outcome.output or b"", policy=email.policy.default)
    assert [part.get_filename() for part in parsed.walk() if part.get_filename()] == ["見積書.eml", "絵.gif"]
    assert [child.detected for child in job.children] == ["image/gif", "message/rfc822"]


def test_likeness_is_about_letters_not_links() -> None:
    assert bodies.likeness("会議 は ＡＢＣ 中止", "会議はABC中止 [画像: x] <hxxps://a.jp/>") == 1.0
    assert bodies.likeness("別の話", "会議は中止") < 0.3
    assert bodies.chosen([Piece("", False), Piece("x\n", True)], Findings(), "") == [Piece("x\n", True)]


_DATA = b"".join(binascii.b2a_uu(b"MZ CANARY-7d01"[:14] * 3) for _ in range(4))
_BLOCK = b"begin 644 evil.exe\n" + _DATA + b"`\nend\n"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("", _BLOCK),
        ("; charset=utf-8", _BLOCK.replace(b"begin", "be\u200bgin".encode())),
        ("; charset=utf-8", _BLOCK.replace(b"644 e", "644\u2060 e".encode())),
        ("; charset=utf-16", _BLOCK.decode().encode("utf-16")),
        ("; format=flowed", _BLOCK.replace(b"begin 644", b"begin \n644")),
        ("; format=flowed", b" " + _BLOCK.replace(b"\n", b"\n ")),
        ("", _BLOCK.replace(b"\n", b"\r")),
        ("", _BLOCK.replace(b"\n", b"zzzzz\n")),
        ("", _BLOCK.replace(b" 644", b"  644")),
        ("", _BLOCK.replace(b"evil", b"evil" * 80)),
        ("", b"begin  evil.exe\n" + _DATA),
        ("", _BLOCK * 105),
        ("", "=ybegin line=128 size=6 name=evil.exe\n漢字\n=yend size=6\n".encode("utf-16")),
    ],
)
def test_m08_no_line_of_the_body_begins_a_file_however_it_was_hidden(parameters: str, text: bytes) -> None:
    head = f"{HEAD}Content-Type: text/plain{parameters}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    letter, _, _ = opened(head.encode() + b64encode("本文\n".encode("utf-16") + text[2:] if b"\0" in text else b"a\n" + text))
    assert not re.search("(?m)^(?:begin(?:-base64)?[ \t]|=ybegin)", letter.body)
    assert verify(compose(letter, ()), "message/rfc822", frozenset()) == []


def test_m08_a_file_that_only_became_legible_is_treated_like_any_other() -> None:
    text = f"{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n" + _BLOCK.decode().replace("begin", "be\u200bgin")
    letter, _, desk = opened(text)
    assert [(part.name, content[:2]) for part, content, _ in desk.parts] == [("evil.exe", b"MZ")]
    assert "〔本文に埋め込まれていたファイル: evil.exe〕" in letter.body

"""What is delivered is read alike by everybody: Python's two parsers, Perl's MIME-tools, and our own strict pass."""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import cast

import pytest

from sanitizers import message, names
from sanitizers.compose import compose
from sanitizers.job import LocalJob
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.model import Kind, Outcome, Part, Profile, Refused, Treatment, Verdict
from sanitizers.verify import verify
from tests.sanitizers.make_client_mail import cases

pytestmark = pytest.mark.slow  # a process of another language

MESSAGE = "message/rfc822"
READER = Path(__file__).with_name("read_mail.pl")
FIELDS = ("Subject", "From", "To", "Message-ID", "In-Reply-To", "References")

PLAIN = Letter(
    subject="会議のお知らせ",
    from_=(Mailbox("山田　太郎", "taro@city.example.lg.jp"),),
    sender=None,
    reply_to=(),
    to=(Mailbox("企画課, 担当", "kikaku@example.jp"), Mailbox("", "a..b.@docomo.ne.jp")),
    cc=(),
    date="Fri, 22 Feb 2008 17:06:23 +0900",
    message_id="<1@example.jp>",
    in_reply_to=("<0@example.jp>",),
    references=("<0@example.jp>", "<00@example.jp>"),
    body="本文です。\n\nよろしくお願いします。\n-- \n山田\n",
    attachments=(),
)
SUBJECTS = (
    "plain",
    "=?utf-8?q?not_a_word?=",
    "長い件名" * 40,
    "① ㈱髙﨑 ｶﾅ ～－∥ 🍣👨‍👩‍👧 葛󠄀城 \ue000",
    'a "quoted" <thing>, (and) more; x=y',
    "x" * 900,
)
NAMES = (
    "見積書.pdf",
    "とても長い日本語の名前" * 5 + ".pdf",
    "a'b\"c;d%20e.pdf",
    "100%.pdf",
    "ソ表能予.pdf",
    "写真①㈱🍣.pdf",
    "葛󠄀城.pdf",
    "a b  c.pdf",
    "=?utf-8?q?x?=.pdf",
    "x" * 190 + ".pdf",
)
BODIES = (
    "",
    "ascii\n",
    ".\n..\n.dot\nFrom me\n",
    "--\n-- \n--=_mugai_\n--=_mugai_x--\n",
    "長い行" * 700 + "\n",
    "x" * 3_000 + "\n",
    "tab\tand trailing \nblank = sign =3D\n",
    "Grüße, mostly ASCII with one ü in a line that is long enough to be folded somewhere in the middle of it\n",
)


@dataclass(frozen=True, slots=True)
class Read:
    """One reader's view.  `digest` is "" for a nested message, which Python's parsers do not keep as bytes."""

    fields: dict[str, str]
    parts: tuple[tuple[str, str, str], ...]  # media type, name, digest of the decoded content


@pytest.fixture(scope="module")
def perl(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A function from many mails to how MIME-tools reads each; one process for all."""

    def read(mails: list[bytes]) -> list[Read]:
        place = tmp_path_factory.mktemp("mails")
        files = [place / f"{number}.eml" for number in range(len(mails))]
        for file, mail in zip(files, mails, strict=True):
            file.write_bytes(mail)
        done = subprocess.run(["perl", str(READER), *map(str, files)], capture_output=True, check=True)
        return [_from_perl(json.loads(line)) for line in done.stdout.splitlines()]

    return read


def _from_perl(found: dict[str, object]) -> Read:
    assert found["problems"] == []
    parts = []
    for part in cast(list[dict[str, str]], found["parts"]):
        assert part["filename"] == part["name"]
        parts.append((part["type"], part["filename"], "" if part["type"] == MESSAGE else part["sha256"]))
    return Read(_bare(cast(dict[str, str], found["fields"])), tuple(parts))


def by_default_policy(mail: bytes) -> Read:
    found = email.message_from_bytes(mail, policy=email.policy.default)
    assert not any(part.defects for part in found.walk())
    return Read(_bare({name: str(found[name] or "") for name in FIELDS}), tuple(map(_python_part, _leaves(found))))


def by_compat32(mail: bytes) -> Read:
    found = email.message_from_bytes(mail)
    assert not any(part.defects for part in found.walk())
    fields = {name: str(make_header(decode_header(_unfolded(found.get(name, ""))))) for name in FIELDS}
    return Read(_bare(fields), tuple(map(_python_part, _leaves(found))))


def _unfolded(value: object) -> str:
    return re.sub(r"\r?\n(?=[ \t])", "", str(value))


def _leaves(mail: Message) -> list[Message]:
    return list(cast(list[Message], mail.get_payload())) if mail.get_content_type() == "multipart/mixed" else [mail]


def _python_part(part: Message) -> tuple[str, str, str]:
    """Name as `filename`; `name`, in encoded words for old programs, must be the same."""
    filename, kind = part.get_filename() or "", part.get_content_type()
    written = part.get_param("name", "")
    name = written if isinstance(written, str) else ""
    assert str(make_header(decode_header(_unfolded(name)))) == filename
    content = b"" if kind == MESSAGE else cast(bytes, part.get_payload(decode=True))
    return kind, filename, "" if kind == MESSAGE else _digest(content if filename else _text(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(content: bytes) -> bytes:
    """Line ends as lines; how many stand at the end is nobody's concern."""
    return content.replace(b"\r\n", b"\n").rstrip(b"\n")


def by_ourselves(mail: bytes) -> tuple[Read, Letter]:
    """The strict pass: nothing tolerated, nothing found; and the verifier has no objection."""
    desk = _Desk()
    letter, outcome = message.letter(mail, Part("", "", MESSAGE), desk)
    told = {f.kind for f in outcome.findings if f.treatment is Treatment.KEPT}
    assert told <= {Kind.GAIJI, Kind.HEADER}  # a sender's name that shows another address is still told
    assert all(f.treatment is Treatment.KEPT for f in outcome.findings)
    digests = frozenset(f"{_digest(content)} {part.declared}" for part, content in desk.parts)
    assert verify(mail, MESSAGE, digests) == []
    parts = [("text/plain", "", _digest(_text(letter.body.encode())))]
    for part, content in desk.parts:
        parts.append((part.declared, part.name, "" if part.declared == MESSAGE else _digest(content)))
    fields = {
        "Subject": letter.subject,
        "From": _boxes(letter.from_),
        "To": _boxes(letter.to),
        "Message-ID": letter.message_id,
        "In-Reply-To": " ".join(letter.in_reply_to),
        "References": " ".join(letter.references),
    }
    return Read(_bare(fields), tuple(parts)), letter


class _Desk:
    def __init__(self) -> None:
        self.profile = Profile()
        self.parts: list[tuple[Part, bytes]] = []

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        self.parts.append((part, content))
        return Outcome(Verdict.CLEAN, part.declared, content, part.declared, part.name)


def _boxes(boxes: tuple[Mailbox, ...]) -> str:
    return ", ".join(f"{box.name} <{box.address}>" if box.name else box.address for box in boxes)


def _bare(fields: dict[str, str]) -> dict[str, str]:
    """Quotes are how a name is written, not what it says."""
    return {name: fields[name].replace("\\", "").replace('"', "") for name in FIELDS}


def _squeezed(read: Read) -> Read:
    """Python 3.11's default policy shows a blank between two encoded words of a name; it alone does (RFC 2047 6.2)."""
    return replace(read, fields={**read.fields, **{name: read.fields[name].replace(" ", "") for name in ("From", "To")}})


def letters() -> Iterator[tuple[Letter, tuple[Enclosure, ...]]]:
    for subject in SUBJECTS:
        yield replace(PLAIN, subject=subject), ()
    for name in (*SUBJECTS, "例示市 総務部 企画政策課 広報広聴担当 メールマガジン編集係"):
        yield replace(PLAIN, from_=(Mailbox(name[:200].strip(), "a@example.jp"),)), ()
    for body in BODIES:
        yield (
            replace(PLAIN, body=body),
            (Enclosure("a.pdf", "application/pdf", b"%PDF-1.4 \r\n--=_mugai_\r\n" + bytes(range(256))),),
        )
    for name in NAMES:
        yield PLAIN, (Enclosure(names.safe((name,)).name, "application/pdf", name.encode() * 40),)
    inner = compose(replace(PLAIN, subject="中のメール"), (Enclosure("図.gif", "image/gif", b"GIF89a"),))
    yield PLAIN, (Enclosure("転送.eml", MESSAGE, inner), Enclosure("b.txt", "text/plain", "改行\r\n".encode()))


def test_every_reader_sees_the_same_mail(perl: object) -> None:
    written = list(letters())
    mails = [compose(letter, enclosures) for letter, enclosures in written]
    others = perl(mails)  # type: ignore[operator]
    for (letter, enclosures), mail, other in zip(written, mails, others, strict=True):
        own, read = by_ourselves(mail)
        assert own == by_compat32(mail) == other
        assert _squeezed(own) == _squeezed(by_default_policy(mail))
        assert (read.subject, read.from_, read.to) == (letter.subject, letter.from_, letter.to)
        assert read.body.rstrip("\n") == letter.body.rstrip("\n")
        assert [name for _, name, _ in own.parts[1:]] == [enclosure.name for enclosure in enclosures]
        assert [kind for kind, _, _ in own.parts[1:]] == [enclosure.media_type for enclosure in enclosures]


def test_mails_of_strangers_are_read_alike_once_they_are_ours(perl: object, corpus: Path | None) -> None:
    """Mails of known programs, and every real one that is at hand, rebuilt as the gateway would."""
    strangers = [content for _, content in cases()]
    strangers += [path.read_bytes() for path in sorted((corpus / "mail").iterdir())] if corpus else []
    mails = [mail for content in strangers if (mail := _rebuilt(content)) is not None]
    assert len(mails) > len(strangers) * 0.9
    for mail, other in zip(mails, perl(mails), strict=True):  # type: ignore[operator]
        own, _ = by_ourselves(mail)
        assert own == by_compat32(mail) == other
        assert _squeezed(own) == _squeezed(by_default_policy(mail))


def _rebuilt(content: bytes) -> bytes | None:
    try:
        return message.sanitise(content, Part("", "", MESSAGE), MESSAGE, LocalJob()).output
    except Refused:
        return None

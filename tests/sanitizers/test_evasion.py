"""Whatever a mail hides from some reader is held, seen by the sanitisers, or not delivered (M1-M12)."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest

from sanitizers import message
from sanitizers.compose import compose
from sanitizers.letter import Enclosure
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Verdict
from tests.sanitizers.make_evasion import CANARY, FILE, PAYLOAD, QP, TEXT, UU, cases, multipart

CASES = dict(cases())
_TRACES = (
    *(CANARY, PAYLOAD[:40], b64encode(PAYLOAD)[:60], b64encode(PAYLOAD)[20:80]),
    *(QP[:30].encode(), QP[:30].lower().encode(), UU.split("\r\n")[1][:40].encode()),
)
_BETWEEN = re.compile(rb"[^A-Za-z0-9+/]")  # what decoders of base64 skip


class Watcher:
    """Takes each child's content and delivers a harmless stand-in for it; containers are opened as the gateway does."""

    def __init__(self) -> None:
        self.profile = Profile()
        self.seen: list[bytes] = []

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        self.seen.append(content)
        return Outcome(Verdict.CLEAN, "text/plain", b"rebuilt", "text/plain", "a.txt")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 300


@pytest.mark.parametrize("name", CASES)
def test_m_nothing_hidden_is_delivered(name: str) -> None:
    watcher = Watcher()
    delivered = _delivered(CASES[name], watcher)
    forms = (delivered, _BETWEEN.sub(b"", delivered))
    assert not any(trace in form for trace in _TRACES for form in forms), delivered[:1000]


def _delivered(mail: bytes, watcher: Watcher) -> bytes:
    """Nothing when the mail is held; then the reason must name the rule."""
    try:
        letter, outcome = message.letter(mail, Part("", "", "message/rfc822"), watcher)
    except Refused as refusal:
        named = refusal.reason is Reason.LIMIT_DEPTH or re.match(r"M\d+: ", refusal.detail)
        return b"" if named and refusal.verdict is Verdict.FAILED else PAYLOAD
    files = [Enclosure(attachment.name, "text/plain", b"rebuilt") for attachment in letter.attachments]
    return compose(letter, files) + letter.body.encode() + (outcome.output or b"")


def test_m_ordinary_mail_reaches_the_sanitisers() -> None:
    """The generator itself is right: without a trick, the payload is found and a file is delivered in its place."""
    watcher = Watcher()
    delivered = _delivered(multipart(TEXT, FILE).encode(), watcher)
    assert watcher.seen == [PAYLOAD]
    assert b"filename" in delivered

"""Mail that left by itself: points of evidence, each with its reason (ML-04).

No single trace proves a rule in a mailbox, and some a person leaves as well; so each has points, and the rules say from how
many on it counts (the shipped ones: 5).  A report, a read receipt, an answer from the holidays and our own mailing list are
no forwarding, and a person's own "Fw:" is not: its From is that person, and somebody wrote above the quoted text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from gateway.model import Inspection, Observation, QueueItem, Sign
from gateway.policy.memory import Memory, identifier, words
from gateway.policy.observer import House, domain_of
from sanitizers.letter import Letter

Points = tuple[int, str]

_SURE = 5  # a mark that only a program sets
_STRONG = 3  # seldom by hand
_SOME = 2
_WEAK = 1
_AT_ONCE = 20.0  # seconds: nobody has read and forwarded a mail by then

_MARKS = (
    *("x-forwarded-for", "x-forwarded-to", "x-ms-exchange-inbox-rules-loop", "x-sieve-redirected-from"),
    *("x-autoforward", "x-auto-forward", "x-autoforwarded", "x-auto-forwarded", "x-ms-exchange-organization-autoforwarded"),
)
_OFF = ("no", "false", "0")  # what some servers write when it was not
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_RESENT = ("resent-from", "resent-sender", "resent-to", "resent-message-id")
_LISTS = ("list-id", "list-post", "x-beenthere", "x-ml-name")
_REWRITTEN = re.compile(r"srs[01][=+-]|.*\+caf_=", re.IGNORECASE)  # SRS; what Gmail puts into the reverse-path
_VERP = re.compile(r".+[+-][^@=]+=[^@=]+\.[^@=]+", re.IGNORECASE)  # owner+somebody=example.com
_FORWARDED = re.compile(r"\s*(?:fw|fwd|wg|tr|転送)\s*[:：]", re.IGNORECASE)
_QUOTED_AT_ONCE = re.compile(
    r"[\s\u3000]*(?:-{3,}\s*(?:original message|forwarded message|転送メッセージ|元のメッセージ)|_{10,}"
    r"|(?:from|差出人|送信者)\s*[:：])",
    re.IGNORECASE,
)


class Forwarding:
    def __init__(self, house: House, memory: Memory, scope: Literal["external", "any"], window: float):
        """`window` in seconds."""
        self._house, self._memory, self._scope, self._window = house, memory, scope, window

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        letter = inspection.letter
        if letter is None:
            return ()
        concerned = tuple(r for r in item.recipients if self._scope == "any" or not self._house.owns(r))
        if not concerned or self._is_something_else(letter, item.envelope.sender):
            return ()
        points = [*self._of_header(letter, item.envelope.sender, concerned), *await self._of_memory(letter)]
        points += _of_attachments(letter, inspection)
        total = sum(worth for worth, _ in points)
        said = tuple(f"{why} ({worth}点)" for worth, why in sorted(points, reverse=True))
        return (Observation(Sign.AUTO_FORWARDED, total, concerned, said),) if total else ()

    def _is_something_else(self, letter: Letter, sender: str) -> bool:
        """A report or read receipt (RFC 6522), an automatic answer (RFC 3834), our own mailing list (RFC 2919).

        Exchange marks its answers from the holidays like its forwarding; they have nobody as sender, and ours in From."""
        traces, own_from = letter.traces, any(self._house.owns(box.address) for box in letter.from_)
        if _has(traces, "report-type") or (not sender and own_from and not _FORWARDED.match(letter.subject)):
            return True
        answers = any(name == "auto-submitted" and value.lower().startswith("auto-replied") for name, value in traces)
        if (answers or _has(traces, "x-autoreply", "x-autorespond")) and not _has(traces, *_MARKS):
            return True
        return any(name in _LISTS and _list_domain(value) in self._house.domains for name, value in traces)

    def _of_header(self, letter: Letter, sender: str, recipients: tuple[str, ...]) -> Iterator[Points]:
        traces = letter.traces
        if mark := next((name for name, value in traces if name in _MARKS and value.lower() not in _OFF), ""):
            yield _SURE, f"自動転送の印があります: {mark}"
        if any(name == "x-ms-exchange-generated-message-source" and "rules" in value.lower() for name, value in traces):
            yield _SURE, "Exchange の受信トレイのルールが作ったメールです"
        if _has(traces, "x-mugai-id"):
            yield _SURE, "この装置が届けたメールがそのまま出ようとしています"
        if _REWRITTEN.match(sender):
            yield _SURE, "転送用に書き換えられた送信元アドレスです"
        elif _VERP.match(sender.rpartition("@")[0]):
            yield _WEAK, "送信元アドレスに宛先が埋め込まれています"
        if letter.from_ and not any(self._house.owns(box.address) for box in letter.from_):
            yield _STRONG, "差出人 (From) が庁外のままです"
        if _has(traces, *_RESENT):
            yield _STRONG, "再送の印 (Resent) があります"
        if any(name in _DELIVERED and self._house.owns(value.strip("<> ")) for name, value in traces):
            yield _STRONG, "庁内の受信箱に届いた跡があります"
        if _has(traces, "x-loop"):
            yield _SOME, "転送の繰り返しを防ぐ印 (X-Loop) があります"
        submitted = next((value.lower() for name, value in traces if name == "auto-submitted"), "no")
        if submitted.startswith("auto-"):
            yield (_SURE if "forward" in submitted else _SOME), f"自動送信と書かれています: {submitted[:40]}"
        shown = [box.address.lower() for box in (*letter.to, *letter.cc)]
        if shown and all(map(self._house.owns, shown)) and recipients:
            yield _WEAK, "宛先 (To・Cc) は庁内だけなのに、庁外へ送られます"
        if _FORWARDED.match(letter.subject) and _QUOTED_AT_ONCE.match(letter.body):
            yield _SOME, "転送された文だけで、本人の文がありません"

    async def _of_memory(self, letter: Letter) -> Iterator[Points]:
        known, (whole, tail) = identifier(letter.message_id), words(letter.body)
        ago = {d: s for d, s in (await self._memory.came_in((known, whole, tail))).items() if s <= self._window}
        return self._again(ago, known, whole, tail)

    def _again(self, ago: dict[str, float], known: str, whole: str, tail: str) -> Iterator[Points]:
        if known in ago:
            yield _SURE, f"同じメール (Message-ID) が {_seconds(ago[known])}前に届いています"
        if whole in ago:
            yield _STRONG, f"同じ本文が {_seconds(ago[whole])}前に届いています"
        elif tail in ago:
            yield _WEAK, f"{_seconds(ago[tail])}前に届いた文を含みます"
        at = min((ago[digest] for digest in (whole, tail) if digest in ago), default=None)
        if at is not None and at <= _AT_ONCE:
            yield _SOME, f"届いてから{at:.0f}秒で出ようとしています"


def _of_attachments(letter: Letter, inspection: Inspection) -> Iterator[Points]:
    """A rule that forwards "as an attachment"; by hand somebody nearly always writes a word."""
    parts = inspection.report.parts
    if parts and not letter.body.strip() and all(part.detected == "message/rfc822" for part in parts):
        yield _STRONG, "本人の文がなく、メールだけが添付されています"


def _list_domain(value: str) -> str:
    """Of `<koho.city.example.lg.jp>` or `<mailto:koho@city.example.lg.jp>`: what follows the first part."""
    inner = value.rpartition("<")[2].strip("> ").removeprefix("mailto:")
    return domain_of(inner) if "@" in inner else inner.partition(".")[2].lower()


def _has(traces: tuple[tuple[str, str], ...], *names: str) -> bool:
    return any(name in names for name, _ in traces)


def _seconds(ago: float) -> str:
    return f"{ago:.0f}秒" if ago < 120 else f"{ago / 60:.0f}分"

"""What Mugai writes to people: the notice on a delivered mail, in place of a withheld file, and in refusals.

The texts are the administrators' (`config/notices/ja` and `en`: Jinja templates and `names.yaml`); this module counts,
shortens and fills in.  `Notices.load` renders every template once and raises `BadConfiguration` with file and line.
Whatever came from outside (names, subjects, replies) is one clean, bounded line before a template sees it (H10, W8).
Who gets which notice is not decided here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Template

from gateway.clock import JST
from gateway.model import Decision, DeliveryOutcome, Hiding, Inspection, PartReport, QueueItem, Telling, Warrant
from gateway.notice import example
from gateway.notice.values import CaseWords, Failure, HeldMail, Line, Way
from gateway.notice.wording import LANGUAGES, Names, filling_problem, read_names, read_templates
from gateway.observation import UNSEARCHED, Observation
from gateway.policy.protection import Origin
from gateway.yaml_file import BadConfiguration, Problem
from sanitizers.charset import clean
from sanitizers.model import Finding, Kind, Reason, Signature, Treatment, Verdict

_NAME = 60  # characters of a file name; a line of a notice stays readable
_LINE = 200  # characters of a subject, an address or another server's reply
_ATTACHMENTS = 50  # lines; a mail may have 500 parts
_KINDS = 6  # kinds of findings named per part
_TOLD = (Kind.GAIJI,)  # though it is kept: the reader sees something else than the writer
_WHY = 10  # lines of evidence
_SHOWN = 10  # recipients named
_MEMBERS = 3  # withheld members named per archive
_BASE64 = 1.37  # what base64 with its line ends adds to an attachment (J16, ML-02)
_MB = 1 << 20
AS_IT_CAME = "原本のまま(無害化していません)"
CASES = ("wanted", "waiting", "told", "delayed", "apology", "deletion")  # templates about a case of the workflow


@dataclass(frozen=True, slots=True)
class Notices:
    """All templates, compiled and tried.  Replaced as a whole on reload."""

    names: dict[str, Names]
    templates: dict[tuple[str, str], Template]

    @classmethod
    def load(cls, directory: Path) -> Notices:
        """Raises BadConfiguration with every problem of every file."""
        problems: list[Problem] = []
        names = {language: read_names(directory / language / "names.yaml", problems) for language in LANGUAGES}
        templates = read_templates(directory, problems)
        if not problems:
            notices = cls(names, templates)
            problems += notices._tried(directory)
        if problems:
            raise BadConfiguration(problems)
        return notices

    def kind(self, kind: Kind) -> str:
        return self.names["ja"].kinds[kind]

    def reason(self, reason: Reason) -> str:
        return self.names["ja"].reasons[reason]

    def verdict(self, verdict: Verdict) -> str:
        return self.names["ja"].verdicts[verdict]

    def signature(self, signature: Signature) -> str:
        return self.names["ja"].signatures[signature.state].format(signer=_one_line(signature.signer) or "(名前なし)")

    def sign(self, seen: Observation) -> tuple[str, ...]:
        """One line for each piece of evidence, which its observer has masked; at least the sign's name and number."""
        name = f"{self.names['ja'].signs[seen.sign]}({seen.count if seen.count < UNSEARCHED else '不明'})"
        return tuple(f"{name} {_one_line(line)}" for line in seen.evidence) or (name,)

    def treatment(self, treatment: Treatment) -> str:
        return self.names["ja"].treatments[treatment]

    def head(self, inspection: Inspection, decision: Decision, receipt: str, until: datetime, original_where: str) -> str:
        """Above the body of a delivered mail, if the decision wants one."""
        parts = inspection.report.parts
        released = decision.reason if decision.rule.startswith("release:") else ""
        warnings = self.warnings(inspection)
        body = self._words(inspection.report.findings)
        nothing = inspection.verdict is Verdict.CLEAN and not (parts or released or warnings or body)
        if decision.notice is Telling.NEVER or (nothing and decision.notice is not Telling.ALWAYS):
            return ""
        names = {a.child: a.name for a in inspection.letter.attachments} if inspection.letter else {}
        kept = _as_they_came(parts, decision)
        lines = tuple(
            Line(at + 1, _file_name(part.name), "", AS_IT_CAME, "")
            if part in kept
            else self._line(at + 1, part, names.get(at, ""))
            for at, part in enumerate(parts[:_ATTACHMENTS])
        )
        return self._render(
            "head",
            receipt=receipt,
            until=until,
            where=original_where,
            warnings=warnings,
            released=_one_line(released),
            warrant=_clean_warrant(decision.warrant),
            body=body,
            signatures=self._signatures(inspection),
            attachments=lines,
            more=max(0, len(parts) - _ATTACHMENTS),
        )

    def foot(self, inspection: Inspection, decision: Decision, receipt: str) -> str:
        """Below the body: the text of attachments, and what to do about withheld ones, which no decision keeps silent about."""
        excerpts = [
            self._render("extract", name=_file_name(e.name), limit=e.limit) + f"{e.text}\n" for e in inspection.excerpts
        ]
        kept = _as_they_came(inspection.report.parts, decision)
        withheld = [part for part in inspection.report.parts if not part.sha256_out and part not in kept]
        told = [] if decision.notice is not Telling.NEVER else [self.withheld_note(part) for part in withheld[:_ATTACHMENTS]]
        return "\n".join([*excerpts, *told, *([self._render("foot", receipt=receipt)] if withheld else [])])

    def withheld_note(self, part: PartReport) -> str:
        """What stands in the place of a file that is not delivered."""
        return "".join(
            self._rendered(language, "withheld", name=_file_name(part.name), reason=self._why(part, language))
            for language in LANGUAGES
        )

    def password(
        self,
        receipt: str,
        sender: str,
        subject: str,
        files: Sequence[str],
        until: datetime,
        link: str = "",
        *,
        outgoing: bool = False,
    ) -> str:
        """To the recipient of a mail that waits for the password of `files`, or to its sender inside."""
        shown = [_file_name(name) for name in files[:_MEMBERS]]
        return self._render(
            "password",
            receipt=receipt,
            sender=_one_line(sender),
            subject=_one_line(subject),
            files=shown,
            more=len(files) - len(shown),
            until=until,
            link=link,
            outgoing=outgoing,
        )

    def held(self, receipt: str, sender: str, subject: str, reason: str, until: datetime, link: str = "") -> str:
        """To the recipient of a mail that waits in quarantine."""
        return self._render(
            "held",
            receipt=receipt,
            sender=_one_line(sender),
            subject=_one_line(subject),
            reason=_one_line(reason),
            until=until,
            link=link,
        )

    def code(self, code: str, minutes: int, asked_from: str) -> str:
        """The one-time code with which staff without an account open their page."""
        return self._render("code", code=code, minutes=minutes, asked_from=asked_from)

    def moved(self, account: str, before: str, after: str, actor: str) -> str:
        """To both addresses of an account of the console that was given another one."""
        return self._render("moved", account=account, before=_one_line(before), after=_one_line(after), actor=actor)

    def case(self, template: str, words: CaseWords) -> str:
        """`wanted`: to who must act. `waiting`: to whose mail waits for that. `told`: what became of it.
        `delayed`: to the sender of a mail that waits for it.
        `apology`, `deletion`: drafts for whom a mail reached by mistake."""
        return self._render(template, case=_clean(words))

    def rejected(self, receipt: str, recipients: Sequence[str], subject: str, decision: Decision, why: Sequence[str]) -> str:
        """To the sender of an outbound mail that goes no further."""
        return self._render(
            "rejected", receipt=receipt, recipients=_some(recipients), subject=_one_line(subject), **_told(decision, why)
        )

    def hidden(self, receipt: str, count: int, subject: str, decision: Decision, hiding: Hiding) -> str:
        """To the sender of an outbound mail whose recipients do not see one another any more (ML-06)."""
        each = hiding.delivery == "each"
        return self._render(
            "hidden", receipt=receipt, count=count, each=each, subject=_one_line(subject), **_told(decision, ())
        )

    def locked(self, files: Sequence[str]) -> str:
        """To the recipient outside, above the body: what opens the ZIP, and who tells the password."""
        return self._render("locked", files=tuple(map(_file_name, files[:_ATTACHMENTS])))

    def protected(
        self,
        receipt: str,
        recipients: Sequence[str],
        subject: str,
        files: Sequence[str],
        decision: Decision,
        origin: Origin,
        password: str,
    ) -> str:
        """To the sender of a mail whose files left locked; `password` is "" where it is not of our making."""
        return self._render(
            "protected",
            receipt=receipt,
            recipients=_some(recipients),
            subject=_one_line(subject),
            files=tuple(map(_file_name, files[:_ATTACHMENTS])),
            origin=origin.value,
            password=password,
            **_told(decision, ()),
        )

    def informed(
        self, receipt: str, sender: str, recipients: Sequence[str], subject: str, decision: Decision, why: Sequence[str]
    ) -> str:
        """To those who answer for an outbound mail that was stopped."""
        return self._render(
            "informed",
            receipt=receipt,
            sender=_one_line(sender),
            recipients=_some(recipients),
            subject=_one_line(subject),
            outcome=decision.disposition.value,
            **_told(decision, why),
        )

    def resend(self, way: Way, item: QueueItem, to: Sequence[str], subject: str, files: Sequence[PartReport], why: str) -> str:
        """Asks for files in another form; who is outside reads nothing of our rules."""
        names = {
            each: [(_file_name(f.name), self._why(f, each) if f.reason else "") for f in files[:_ATTACHMENTS]]
            for each in LANGUAGES
        }
        flat = {"subject": _one_line(subject), "sender": _one_line(item.envelope.sender), "words": _one_line(why)}
        return self._render("resend", way=way, receipt=item.receipt, recipients=_some(to), files=names, **flat)

    def digest(self, mails: Sequence[HeldMail], link: str = "") -> str:
        """What waits in quarantine for one recipient."""
        shown = tuple(
            replace(mail, sender=_one_line(mail.sender), subject=_one_line(mail.subject), reason=_one_line(mail.reason))
            for mail in mails[:_ATTACHMENTS]
        )
        return self._render("digest", mails=shown, more=len(mails) - len(shown), total=len(mails), link=link)

    def rejected_size(self, limit: int, actual: int, international: bool) -> str:
        """The text of a 552 reply, a line each language (ML-02); `limit` and `actual` in bytes as transferred.

        A reply is ASCII unless the client asked for SMTPUTF8 (RFC 6531 3.5): Japanese only to who can read it."""
        sizes = {"limit": _megabytes(limit), "actual": _megabytes(actual), "files": _megabytes(limit / _BASE64, math.floor)}
        english = " ".join(self._rendered("en", "rejected_size", **sizes).split())
        english.encode("ascii")
        return english + ("\n" + " ".join(self._rendered("ja", "rejected_size", **sizes).split()) if international else "")

    def dsn_text(self, item: QueueItem, outcomes: Sequence[DeliveryOutcome]) -> str:
        """The part of a DSN that people read (RFC 3464 2)."""
        failures = tuple(Failure(_one_line(o.recipient), _one_line(str(o.reply))) for o in outcomes)
        received_at = datetime.fromtimestamp(item.received_at, JST)
        return self._render("dsn", receipt=item.receipt, received_at=received_at, failures=failures)

    def _line(self, number: int, part: PartReport, delivered: str) -> Line:
        """`delivered` is its name in the mail, where two files of one name were told apart."""
        name, name_out = _file_name(part.name or part.name_out), _file_name(delivered or part.name_out)
        if not part.sha256_out:
            return Line(number, name, "", "", self._why(part, "ja"))
        findings = [f for inner in part.walk() for f in inner.findings if f.kind is not Kind.MEMBER_WITHHELD]
        withheld = [inner for inner in part.walk()[1:] if not inner.sha256_out]  # each is named, so not counted as well
        words = [self._words(findings)]
        words += [f"中の「{_file_name(p.name)}」はお届けしていません({self._why(p, 'ja')})" for p in withheld[:_MEMBERS]]
        words += [f"ほか{len(withheld) - _MEMBERS}件もお届けしていません"] if len(withheld) > _MEMBERS else []
        return Line(number, name, name_out if name_out != name else "", "、".join(filter(None, words)), "")

    def warnings(self, inspection: Inspection) -> tuple[str, ...]:
        """One line for each thing that speaks against the sender (H6)."""
        found = inspection.identity.warnings if inspection.identity else ()
        lines = (self.names["ja"].warnings[w.kind].format(shown=_one_line(w.shown), actual=_one_line(w.actual)) for w in found)
        return tuple(dict.fromkeys(lines))[:_KINDS]

    def _signatures(self, inspection: Inspection) -> tuple[str, ...]:
        """One line for each electronic signature that the rebuild took off (SD-09)."""
        lines = [
            (f"「{_file_name(part.name)}」の" if part.path else "") + self.signature(s)
            for part in inspection.report.walk()
            for s in part.signatures
        ]
        return tuple(dict.fromkeys(lines))[:_ATTACHMENTS]

    def _why(self, part: PartReport, language: str) -> str:
        """受け取りを認めていない内容が含まれているため: マクロ・リンク"""
        names = self.names[language]
        blocked = dict.fromkeys(names.kinds[f.kind] for f in part.findings if f.treatment is Treatment.BLOCKED)
        return ": ".join(filter(None, (names.reasons[part.reason or Reason.CRASHED], "・".join(blocked))))

    def _words(self, findings: Iterable[Finding]) -> str:
        """マクロ2件・外部リンク1件を除去、リンク3件を無効化、HTMLをテキストに変換"""
        names = self.names["ja"]
        told = (f for f in findings if f.treatment is not Treatment.KEPT or f.kind in _TOLD)
        counts = Counter((f.treatment, f.kind) for f in told)
        shown = dict(counts.most_common(_KINDS))
        said = list(dict.fromkeys(names.phrases[kind] for _, kind in shown if kind in names.phrases))
        for treatment in Treatment:
            counted = [
                f"{names.kinds[kind]}{count}件"
                for (done, kind), count in shown.items()
                if done is treatment and kind not in names.phrases
            ]
            said += [f"{'・'.join(counted)}{names.treatments[treatment]}"] if counted else []
        return "、".join(said) + ("ほか" if len(counts) > _KINDS else "")

    def _render(self, template: str, **values: object) -> str:
        return "".join(self._rendered(language, template, **values) for language in LANGUAGES)

    def _rendered(self, language: str, template: str, **values: object) -> str:
        return self.templates[language, template].render(**values)

    def _tried(self, directory: Path) -> list[Problem]:
        """Renders everything once, so that a misspelt variable is found now and not with the first mail."""
        now = datetime.now(JST)
        tries: dict[str, Callable[[], str]] = {
            "head": lambda: "".join(
                self.head(example.INSPECTION, each, "R", now, "W") for each in (example.RELEASE, example.AS_IT_CAME)
            ),
            "foot": lambda: self.foot(example.INSPECTION, example.RELEASE, "R"),
            "withheld": lambda: self.withheld_note(example.WITHHELD),
            "held": lambda: self.held("R", "a@example.jp", "S", "R", now, "L"),
            "password": lambda: self.password("R", "a@example.jp", "S", ("見積書.zip",) * 9, now, "L"),
            "code": lambda: self.code("1234 5678", 10, "192.0.2.1"),
            "moved": lambda: self.moved("sato", "a@example.jp", "b@example.jp", "admin"),
            "rejected": lambda: self.rejected("R", ("a@example.jp",), "S", example.RELEASE, ("W",)),
            "hidden": lambda: self.hidden("R", 12, "S", example.RELEASE, Hiding()),
            "locked": lambda: self.locked(("見積書.xlsx",)),
            "protected": lambda: "".join(
                self.protected("R", ("a@example.jp",), "S", ("F",), example.RELEASE, origin, "P") for origin in Origin
            ),
            "informed": lambda: self.informed("R", "a@example.jp", ("b@example.jp",), "S", example.RELEASE, ("W",)),
            "resend": lambda: "".join(self.resend(w, example.ITEM, ("a@x.jp",), "S", (example.WITHHELD,), "W") for w in Way),
            "digest": lambda: self.digest((HeldMail("R", "a@example.jp", "S", "R", now, now, True),) * 60, "L"),
            "rejected_size": lambda: self.rejected_size(_MB, _MB, True),
            "dsn": lambda: self.dsn_text(example.ITEM, (example.REFUSED,)),
            **{name: partial(self.case, name, example.case(now)) for name in CASES},
        }
        return [problem for name, render in tries.items() if (problem := filling_problem(directory, name, render))]


def _told(decision: Decision, why: Sequence[str]) -> dict[str, object]:
    """The decision and what it rests on, as every template about outbound mail gets them."""
    clauses = "、".join(decision.clauses)
    return {"reason": _one_line(decision.reason), "clauses": clauses, "why": tuple(map(_one_line, why[:_WHY]))}


def _some(recipients: Sequence[str]) -> tuple[str, ...]:
    more = (f"ほか{len(recipients) - _SHOWN}件",) if len(recipients) > _SHOWN else ()
    return (*map(_one_line, recipients[:_SHOWN]), *more)


def _as_they_came(parts: Sequence[PartReport], decision: Decision) -> tuple[PartReport, ...]:
    files = decision.warrant.files if decision.warrant else ()
    return tuple(part for part in parts if part.sha256_in in files)


def _clean_warrant(warrant: Warrant | None) -> Warrant | None:
    if warrant is None:
        return None
    asked, approved, reason = (_one_line(text) for text in (warrant.asked_by, warrant.approved_by, warrant.reason))
    return replace(warrant, asked_by=asked, approved_by=approved, reason=reason)


def _one_line(text: str) -> str:
    line = _flat(text)
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def _file_name(name: str) -> str:
    """Cut in the middle: the beginning tells which file, the end what kind."""
    line = _flat(name) or "(名前なし)"
    return line if len(line) <= _NAME else f"{line[: _NAME - 16]}…{line[-15:]}"


def _flat(text: str) -> str:
    return " ".join(clean(text)[0].split())


def _clean(words: CaseWords) -> CaseWords:
    texts: dict[str, Any] = {f.name: _one_line(v) for f in fields(words) if isinstance(v := getattr(words, f.name), str)}
    return replace(words, **texts | {"link": words.link, "details": tuple(_one_line(line) for line in words.details)})


def _megabytes(size: float, rounded: Callable[[float], int] = math.ceil) -> str:
    """Rounded up, so that what is over the limit also looks so; 20MB without decimals, as rule books write it."""
    return f"{rounded(size * 10 / _MB) / 10:.1f}".removesuffix(".0")

"""Mails of the workflow to staff: your decision is wanted, what became of your request, your mail still waits.

Only to addresses inside; at most a few for one person in a while (H9).  Each link is for one person and one case, and opening
it changes nothing.  The words are `notice/`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.clock import JST
from gateway.directory import Directory
from gateway.model import Authored, Direction
from gateway.notice import Notices
from gateway.notice.values import CaseWords
from gateway.notifier import Notifier
from gateway.settings import Settings
from gateway.spool.contents import Kept, small
from gateway.words import Words
from gateway.workflow.ledger import Hand
from gateway.workflow.model import Case, Kind, Stage

DAY = 86_400.0
LINK = "link"  # the console's page behind a token

Letter = tuple[Authored, Kept]


@dataclass
class Letters:
    """`notices` is replaced on reload; `link` is what stands before a token, "" = no links."""

    notices: Notices
    notifier: Notifier
    domains: tuple[str, ...]
    link: str = ""

    def wanted(self, directory: Directory, case: Case, address: str, secret: str, now: float) -> Sequence[Letter]:
        """To one of those who may act; without a `secret` to who shall only know."""
        if case.kind is Kind.PASSWORD:
            return self._password(case, address, now)
        template = "delayed" if case.kind is Kind.DELAY else "wanted"
        words = self.words(directory, case, link=f"{self.link}{secret}" if self.link and secret else "", reminder=case.told)
        return self._letter(case, template, words, address, f"wanted{case.version}.{int(case.told)}", now)

    def waiting(self, directory: Directory, case: Case, deciders: Sequence[str], secret: str, now: float) -> Sequence[Letter]:
        """To the sender of a mail that a rule stopped until somebody else permits it; the link is for taking it back."""
        people = [f"{p.name} <{p.address}>" if (p := directory.person(each)) else each for each in deciders]
        asked = "、".join(people) or "(名簿に承認できる人がいないため、管理者に知らせました)"
        words = self.words(directory, case, link=f"{self.link}{secret}" if self.link and secret else "")
        words = replace(words, details=(f"承認を依頼した人: {asked}",))
        return self._letter(case, "waiting", words, case.opening.applicant, f"waiting{case.version}", now)

    def _password(self, case: Case, address: str, now: float) -> Sequence[Letter]:
        """With the link of a notice: the page behind it takes passwords."""
        asked, details = case.opening, case.opening.details
        until = datetime.fromtimestamp(case.opened_at + self.notifier.quarantine_days * DAY, JST)
        files, link = details.attachments, self.notifier.link(address, asked.item)
        outgoing = asked.applicant == details.sender
        text = self.notices.password(case.receipt, details.sender, asked.subject, files, until, link, outgoing=outgoing)
        subject = f"【パスワード待ち{'・再度のお願い' if case.told else ''}】{asked.subject or case.receipt}"
        return self._written(case, subject, text, address, f"password{case.version}.{int(case.told)}", now)

    def told(self, directory: Directory, case: Case, hand: Hand, now: float) -> Sequence[Letter]:
        """To who asked."""
        words = self.words(directory, case, hand=hand)
        return self._letter(case, "told", words, case.opening.applicant, f"told{case.version}", now)

    def words(
        self, directory: Directory, case: Case, *, hand: Hand | None = None, link: str = "", reminder: bool = False
    ) -> CaseWords:
        names, asked = self.notices.names["ja"], case.opening
        applicant = directory.person(asked.applicant)
        actor = directory.person(hand.actor) if hand else None
        return CaseWords(
            number=case.id,
            kind=names.cases[case.kind],
            stage=names.stages[case.stage],
            subject=asked.subject,
            receipt=case.receipt,
            applicant=f"{applicant.name} <{asked.applicant}>" if applicant else asked.applicant,
            recipients="、".join(asked.recipients),
            reason=hand.reason if hand else asked.reason,
            actor=actor.name if actor else "メール無害化装置",
            until=datetime.fromtimestamp(case.due_at, JST) if case.due_at else None,
            link=link,
            reminder=reminder,
            ending=case.stage is Stage.APPROVED and not hand,
            details=tuple(line.ja for line in self.details(case)),
            sent=datetime.fromtimestamp(asked.details.sent_at, JST) if asked.details.sent_at else None,
            files=asked.details.attachments,
        )

    def details(self, case: Case) -> tuple[Words, ...]:
        """What the form says beyond the reason, a line each."""
        details, names = case.opening.details, self.notices.names
        lines = []
        if scope := details.scope:
            limits = (scope.sender, scope.recipient, scope.section, scope.media_type, scope.name)
            range_of = ", ".join(filter(None, limits))
            lines.append(Words(f"規則: {scope.rule}、範囲: {range_of}", f"Rule {scope.rule} for {range_of}"))
        if details.measure:
            lines.append(Words(f"代わりの措置: {details.measure}", f"Measure instead: {details.measure}"))
        if case.opening.ends_at:
            ends = f"{datetime.fromtimestamp(case.opening.ends_at, JST):%Y-%m-%d %H:%M}"
            lines.append(Words(f"有効期限: {ends}", f"Valid until {ends}"))
        if details.attachments:
            files = "、".join(details.attachments)
            lines.append(Words(f"添付: {files}", f"Files: {files}"))
        if details.classification:
            found = {each: names[each].signs_in(details.classification) for each in names}
            lines.append(Words(f"検出: {found['ja']}", f"Found: {found['en']}"))
        lines += [Words(each, each) for each in details.findings]
        if details.delivered:
            who = ", ".join(details.delivered)
            lines.append(Words(f"送信済みの宛先: {who}", f"Sent to: {who}"))
        if case.stage is Stage.EMERGENCY:
            ja = "緊急措置として、承認の前に実施しています。事後承認がなければ失効します。"
            lines.append(Words(ja, "An emergency: in force before its approval, and over without one."))
        return tuple(lines)

    def _letter(self, case: Case, template: str, words: CaseWords, to: str, name: str, now: float) -> Sequence[Letter]:
        subject = f"【{words.kind}】{words.stage}: {words.subject or words.receipt or words.number}"
        return self._written(case, subject, self.notices.case(template, words), to, name, now)

    def _written(self, case: Case, subject: str, text: str, to: str, name: str, now: float) -> Sequence[Letter]:
        if to.rpartition("@")[2].lower() not in self.domains or not self.notifier.may(to):
            return ()
        content = self.notifier.mail(to=(to,), subject=subject, text=text, name=f"case{case.id}.{name}", receipt=case.receipt)
        note = Authored("notice", "", (to,), Direction.INBOUND, content, False, case.opening.item)
        return ((note, small(content)),)


def letters(settings: Settings, notices: Notices, notifier: Notifier) -> Letters:
    link = f"{settings.console.origin}/{LINK}/" if settings.workflow.links else ""
    return Letters(notices, notifier, settings.inbound.domains, link)

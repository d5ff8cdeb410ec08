"""Letters about audit findings: to whoever answers for one, when it is opened, sent back, due soon, overdue, closed; to the
auditors, when one is reported as done or is overdue.

Each is written in the transaction of what it tells.  Who answers is the role that the finding names, in its section as the
directory knows it today; where nobody holds it, the addresses of `contacts` do, and else the postmaster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.bulletin import Bulletin, Bulletins, bulletins
from gateway.directory import Directory, Role, book
from gateway.notifier import postmaster
from gateway.settings import Settings
from gateway.store.opening import Store

if TYPE_CHECKING:
    from gateway.audit.findings import Finding


class Occasion(StrEnum):
    OPENED = "opened"
    RETURNED = "returned"  # an auditor says that it is not done
    SOON = "soon"
    LATE = "late"
    DONE = "done"  # whoever worked on it says so
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


_WORDS = {
    Occasion.OPENED: ("監査の指摘がありました。改善計画を期限までに記録してください。", "An audit finding was opened."),
    Occasion.RETURNED: ("監査の指摘が差し戻されました。対応を続けてください。", "An audit finding was sent back."),
    Occasion.SOON: ("監査の指摘の期限が近づいています。", "An audit finding is due soon."),
    Occasion.LATE: ("監査の指摘が期限を過ぎています。対応の状況を記録してください。", "An audit finding is overdue."),
    Occasion.DONE: ("監査の指摘への対応が完了したと報告されました。確認してください。", "A finding is reported as done."),
    Occasion.CLOSED: ("監査の指摘への対応が確認され、完了しました。", "An audit finding was closed."),
    Occasion.WITHDRAWN: ("監査の指摘が取り下げられました。", "An audit finding was withdrawn."),
}
_SUBJECTS = {
    Occasion.OPENED: "登録",
    Occasion.RETURNED: "差戻し",
    Occasion.SOON: "期限間近",
    Occasion.LATE: "期限超過",
    Occasion.DONE: "完了報告",
    Occasion.CLOSED: "完了",
    Occasion.WITHDRAWN: "取下げ",
}


@dataclass(frozen=True, slots=True)
class FindingLetters:
    bulletins: Bulletins
    named: Mapping[Role, tuple[str, ...]]  # where the directory names nobody
    postmaster: str
    origin: str  # of the console

    def write(self, conn: sa.Connection, found: Finding, occasion: Occasion, detail: str, now: float) -> tuple[str, ...]:
        """To whom it goes."""
        directory, day = book.read(conn)[1], book.day(now)
        told = () if occasion is Occasion.DONE else self._responsible(directory, found, day)
        if occasion in (Occasion.DONE, Occasion.LATE):
            told = (*told, *(person.address for person in directory.holders(Role.AUD, day)))
        ja, english = _WORDS[occasion]
        lines = (
            *(ja, "", f"指摘番号: {found.id}", f"要求事項: {' '.join(filter(None, (found.requirement, found.clause)))}"),
            *(f"内容: {found.what}", f"所属: {found.section}", f"期限: {found.due}"),
            *((f"記録: {detail}",) if detail else ()),
            *("", f"画面: {self.origin}/audit/findings/{found.id}"),
        )
        subject = f"【監査の指摘】{_SUBJECTS[occasion]}: {found.id} {found.requirement or found.clause}"
        letter = Bulletin(f"finding{found.id}.{occasion}.{now:.3f}", subject, lines, english)
        return self.bulletins.write(conn, letter, told, now)

    def _responsible(self, directory: Directory, found: Finding, day: date) -> tuple[str, ...]:
        codes = [each.code for each in directory.sections if found.section in (each.code, each.name)]
        heads = directory.heads(found.role, "", day, section=codes[0] if codes else "")
        return tuple(each.address for each in heads) or self.named.get(found.role, ()) or (self.postmaster,)


def finding_letters(settings: Settings, store: Store) -> FindingLetters:
    origin = settings.console.origin.rstrip("/")
    return FindingLetters(bulletins(settings, store), settings.contacts, postmaster(settings).address, origin)

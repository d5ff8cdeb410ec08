"""What the menu leads to: a few groups that fit on a screen of 768 lines, each person seeing what its rights open.

A group of which somebody may open nothing is not there.  The own account stands beside the name, not in the menu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.console.roles import Right
from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    right: Right  # the one that its route declares
    words: Words


@dataclass(frozen=True, slots=True)
class Group:
    words: Words
    places: tuple[Place, ...]


MENU = (
    Group(
        Words("自分の業務", "My work"),
        (
            Place("/mine", Right.SIGNED_IN, Words("自分のメール", "My mail")),
            Place("/sent", Right.SIGNED_IN, Words("送信したメール", "Sent mail")),
            Place("/approvals", Right.SIGNED_IN, Words("承認・手続き", "Approvals")),
        ),
    ),
    Group(
        Words("メールの確認", "Review"),
        (
            Place("/held", Right.LIST_HELD, Words("保留メール", "Held mail")),
            Place("/originals", Right.LIST_HELD, Words("原本検索", "Find a mail")),
            Place("/senders", Right.LIST_HELD, Words("差出人の許可・拒否", "Senders")),
        ),
    ),
    Group(
        Words("記録と監査", "Records"),
        (
            Place("/journal", Right.SEARCH_JOURNAL, Words("記録", "Journal")),
            Place("/incidents", Right.SEARCH_JOURNAL, Words("インシデント", "Incidents")),
            Place("/troubles", Right.SEARCH_JOURNAL, Words("障害記録", "Troubles")),
            Place("/cases", Right.LIST_CASES, Words("手続きの台帳", "All cases")),
            Place("/audit", Right.READ_FINDINGS, Words("監査", "Audit")),
            Place("/periodicals", Right.READ_PERIODIC, Words("定期報告", "Reports")),
            Place("/self-inspections", Right.READ_REPORTS, Words("自己点検", "Self-inspection")),
        ),
    ),
    Group(
        Words("運用", "Operation"),
        (
            Place("/dashboard", Right.SEE_DASHBOARD, Words("稼働状況", "Dashboard")),
            Place("/stops", Right.SEE_DASHBOARD, Words("遮断・停止", "Stops")),
            Place("/rules", Right.READ_POLICY, Words("規則", "Rules")),
            Place("/people", Right.SEE_PEOPLE, Words("利用者", "People")),
        ),
    ),
)


def menu(may: Callable[[Right], bool]) -> list[Group]:
    """For whoever is signed in."""
    seen = (
        Group(group.words, tuple(place for place in group.places if place.right is Right.SIGNED_IN or may(place.right)))
        for group in MENU
    )
    return [group for group in seen if group.places]

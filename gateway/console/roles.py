"""Who may do what: roles x rights as one table (requirements 1.1), and whose mail somebody sees (AC-02).

A person may hold several roles (a small body collapses them) and then has the rights of all; whoever audits holds no other,
unless the house allows it (AC-08).  The roles are the directory's.  Nothing here asks who somebody is: `sessions` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from gateway.directory.model import ROLE_NAMES, Role
from gateway.words import Words

ENGLISH = {
    Role.CISO: "CISO",
    Role.CSO: "Chief security officer",
    Role.CSIRT: "CSIRT",
    Role.BUR: "Bureau head",
    Role.ISM: "Section head",
    Role.SYM: "System administrator",
    Role.SYO: "Security reviewer",
    Role.USR: "Staff",
    Role.AUD: "Auditor",
    Role.VEN: "Contractor",
    Role.COM: "Committee",
}
NAMES = {role: Words(ROLE_NAMES[role], english) for role, english in ENGLISH.items()}


class Right(StrEnum):
    """What a route needs.  The first three are nobody's to grant: they say how far somebody is with signing in."""

    PUBLIC = "public"
    HALF_SIGNED_IN = "half_signed_in"  # the password was right, the second factor is still missing
    SIGNED_IN = "signed_in"
    LIST_HELD = "list_held"  # who wrote to whom, subject, why held
    READ_HELD = "read_held"  # contents too (AC-02: a permission of its own)
    RELEASE = "release"
    DELETE = "delete"
    KEEP = "keep"  # legal hold (LG-11)
    LIST_SENDERS = "list_senders"  # deny and allow
    READ_POLICY = "read_policy"
    DECIDE_POLICY = "decide_policy"  # as the second person, or what follows from it (LG-08)
    CHANGE_POLICY = "change_policy"  # draft, try on stored mail, propose
    READ_REPORTS = "read_reports"  # self-inspections (AU-02)
    READ_PERIODIC = "read_periodic"  # daily, monthly and yearly reports (AVL-04)
    PLAN_IMPROVEMENT = "plan_improvement"  # of what a self-inspection found
    START_CHECK = "start_check"  # ask sections for their self-inspection, see who answered, remind
    SEE_PEOPLE = "see_people"  # who may use the console, and as what (AC-03, AC-04)
    MANAGE_PEOPLE = "manage_people"
    SEARCH_JOURNAL = "search_journal"  # the record of everybody's mail (ML-11)
    EXPORT_JOURNAL = "export_journal"  # out of the console, as a file
    TAKE_ORIGINAL = "take_original"  # its bytes, in an evidence pack, with a reason (LG-11)
    SIGN_INSPECTION = "sign_inspection"  # LG-04
    RECORD_TROUBLE = "record_trouble"  # LG-06
    AUDIT = "audit"  # draw samples, enter findings and close them (AU-01)
    READ_FINDINGS = "read_findings"  # of the audit: what was found, what is done about it
    ANSWER_FINDING = "answer_finding"  # what will be done by when, and that it was done
    SEE_DASHBOARD = "see_dashboard"  # numbers of the whole house, no mail
    LIST_CASES = "list_cases"  # the register: every case, who decided it and why (EX-03, AU-01)
    STATISTICS = "statistics"  # how fast and how often somebody approves (C7)
    CUT_OFF = "cut_off"  # stop a side, a sender or a host; resuming takes two who may (ML-01, HD-04, AV-11)


# Privileged: only for a limited time after confirming who one is (AC-05).
PRIVILEGED = frozenset({Right.MANAGE_PEOPLE, Right.CHANGE_POLICY, Right.DECIDE_POLICY})

# Of everybody's mail at once: nothing for whoever sees one section only.
OF_THE_HOUSE = frozenset(
    {Right.SEARCH_JOURNAL, Right.EXPORT_JOURNAL, Right.SIGN_INSPECTION, Right.RECORD_TROUBLE, Right.SEE_DASHBOARD}
    | {Right.LIST_SENDERS, Right.AUDIT, Right.READ_FINDINGS, Right.ANSWER_FINDING, Right.SEE_PEOPLE}
    | {Right.READ_REPORTS, Right.READ_PERIODIC, Right.PLAN_IMPROVEMENT, Right.START_CHECK}
    | {Right.LIST_CASES, Right.STATISTICS, Right.CUT_OFF, Right.MANAGE_PEOPLE, Right.CHANGE_POLICY, Right.DECIDE_POLICY}
)

_RULES = frozenset({Right.READ_POLICY, Right.DECIDE_POLICY, Right.CHANGE_POLICY})

# The record is read by whom the CISO names by these roles (ML-11); who audits reads it without contents (AU-01).
_RECORD = frozenset(
    {Right.LIST_HELD, Right.SEARCH_JOURNAL, Right.SEE_DASHBOARD, Right.LIST_CASES, Right.READ_REPORTS, Right.READ_PERIODIC}
)
_DUTY = _RECORD | {Right.RECORD_TROUBLE}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CISO: _RECORD
    | {Right.READ_POLICY, Right.DECIDE_POLICY, Right.CUT_OFF, Right.READ_FINDINGS}
    | {Right.READ_HELD, Right.EXPORT_JOURNAL, Right.SIGN_INSPECTION, Right.STATISTICS, Right.SEE_PEOPLE, Right.START_CHECK},
    Role.CSO: _DUTY
    | _RULES
    | {Right.CUT_OFF, Right.READ_FINDINGS, Right.ANSWER_FINDING, Right.PLAN_IMPROVEMENT, Right.START_CHECK}
    | {Right.READ_HELD, Right.RELEASE, Right.DELETE, Right.KEEP, Right.LIST_SENDERS}
    | {Right.EXPORT_JOURNAL, Right.TAKE_ORIGINAL, Right.SIGN_INSPECTION, Right.STATISTICS, Right.SEE_PEOPLE},
    Role.CSIRT: _DUTY
    | {Right.READ_POLICY, Right.READ_HELD, Right.KEEP, Right.EXPORT_JOURNAL, Right.TAKE_ORIGINAL, Right.CUT_OFF},
    Role.BUR: frozenset({Right.LIST_HELD, Right.READ_REPORTS, Right.PLAN_IMPROVEMENT, Right.START_CHECK}),
    Role.ISM: frozenset({Right.LIST_HELD, Right.READ_HELD, Right.RELEASE}),
    Role.SYM: _DUTY  # runs the system, releases nothing alone (LG-08)
    | _RULES
    | {Right.SEE_PEOPLE, Right.MANAGE_PEOPLE, Right.PLAN_IMPROVEMENT}
    | {Right.SIGN_INSPECTION, Right.CUT_OFF, Right.READ_FINDINGS, Right.ANSWER_FINDING},
    Role.SYO: _DUTY | _RULES | {Right.READ_HELD, Right.RELEASE, Right.DELETE, Right.KEEP, Right.LIST_SENDERS, Right.CUT_OFF},
    Role.USR: frozenset(),
    Role.AUD: _RECORD  # no contents by default (AU-01)
    | {Right.AUDIT, Right.READ_FINDINGS, Right.READ_POLICY, Right.EXPORT_JOURNAL, Right.STATISTICS}
    | {Right.SEE_PEOPLE, Right.START_CHECK},
    Role.VEN: frozenset(),
    Role.COM: frozenset({Right.READ_FINDINGS, Right.READ_REPORTS, Right.READ_PERIODIC, Right.START_CHECK}),
}

# Who works for one section sees the mail of that section only.
OF_A_SECTION = frozenset({Role.BUR, Role.ISM, Role.USR})
WITHOUT_SECOND_FACTOR = frozenset({Role.USR})  # the committee reads where the gateway is weak


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose mail: patterns of recipients' addresses, None = everybody's."""

    patterns: tuple[str, ...] | None

    def sees(self, recipients: Iterable[str]) -> bool:
        if self.patterns is None:
            return True
        return any(fnmatchcase(each.lower(), pattern) for each in recipients for pattern in self.patterns)


def scope_of(roles: Sequence[Role], patterns: tuple[str, ...]) -> Scope:
    """Everybody's only by a role of the whole house that lists mail; else what was named, which may be nothing."""
    of_the_house = any(Right.LIST_HELD in RIGHTS[role] for role in roles if role not in OF_A_SECTION)
    return Scope(None if of_the_house else patterns)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """A contractor changes nobody's account, whatever else it is (AC-04)."""
    some = frozenset(roles)
    held = frozenset().union(*(RIGHTS[role] for role in some))
    return held - {Right.MANAGE_PEOPLE} if Role.VEN in some else held


def check(roles: Sequence[Role], auditor_apart: bool = True) -> None:
    """Raises ValueError.  A small body may let its auditor serve as well (`workflow.auditor_apart`)."""
    if not roles:
        raise ValueError("a person needs a role")
    if auditor_apart and Role.AUD in roles and len(roles) > 1:
        raise ValueError("whoever audits holds no other role (AC-08)")

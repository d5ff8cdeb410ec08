"""The forms that open a case, and what is printed of many: blanket, request, export, report, draft, stats."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from gateway import journal
from gateway.commands import duty_forms, playbook
from gateway.commands.forms import Actions, Form, add_hand, add_paper, put
from gateway.commands.terminal import operator, plain
from gateway.evidence import incident_report
from gateway.evidence.incident_report import REPORTS
from gateway.notice import Notices
from gateway.notifier import notifying
from gateway.policy.book import Policies
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.workflow import export, opening, report
from gateway.workflow.engine import Workflow
from gateway.workflow.letters import letters
from gateway.workflow.model import Case, Kind, Scope

MOST = 200  # entries of the mail that a report tells of


def add(group: str, actions: Actions) -> None:
    match group:
        case "approval":
            blanket = _form(actions, "blanket", "ask for a permission in advance: recipient, kind of document, end", _blanket)
            _add_scope(blanket)
            propose = _form(actions, "propose", "a change that takes two people; then approve, then apply", _propose)
            propose.add_argument("what", metavar="WHAT", help="what shall be changed, for the record")
            stats = actions.add_parser("stats", help="who decides how, and how often in under 5 seconds")
            stats.add_argument("--days", type=int, default=30)
            stats.set_defaults(form=_stats)
        case "exception":
            request = _form(actions, "request", "ask that a rule does not apply to some mails, for a time", _request)
            _add_scope(request)
            request.add_argument("--measure", required=True, help="what protects instead (代替措置)")
            request.add_argument("--break-glass", action="store_true", help="in force at once, 24 h at most, unless ratified")
            register = actions.add_parser("export", help="the whole register: CSV, or a page with a link to each mail")
            add_paper(register, "csv")
            register.set_defaults(form=_export)
        case "misdirected":
            form = _form(actions, "report", "report a mail; the form is filled in from the journal", _misdirected)
            form.add_argument("mail", metavar="RECEIPT")
            form.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="who should not have got it (all)")
            draft = actions.add_parser("draft", help="the texts of an apology and of a request to delete")
            draft.add_argument("number", type=int, metavar="NUMBER")
            draft.set_defaults(form=_draft)
        case "incident":
            form = _form(actions, "report", "open an incident", _incident)
            form.add_argument("subject", metavar="SUBJECT")
            form.add_argument("--mail", default="", metavar="RECEIPT", help="the mail that it began with")
            form.add_argument("--severity", default="", metavar="WORD")
            form.add_argument("--drill", action="store_true", help="an exercise (訓練)")
            text = actions.add_parser(
                "draft", help="第一報・続報・最終報: a report filled in from the case and the journal (IN-02)"
            )
            text.add_argument("number", type=int, metavar="NUMBER")
            text.add_argument("--report", choices=tuple(REPORTS), default="first", help="default: first")
            text.set_defaults(form=_report)
            playbook.add(actions)
        case _:
            duty_forms.add(group, actions)


def _form(actions: Actions, name: str, text: str, form: Form) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text)
    add_hand(parser)
    parser.set_defaults(form=form)
    return parser


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rule", required=True, help="its name in policy.yaml")
    parser.add_argument(
        "--until", required=True, type=opening.end_of, metavar="DATE", help="2027-03-31 (its last day) or 2027-03-31T17:00"
    )
    parser.add_argument("--sender", default="", metavar="PATTERN", help="*@city.example.lg.jp")
    parser.add_argument("--recipient", default="", metavar="PATTERN")
    parser.add_argument("--media-type", default="", metavar="PATTERN", help="of each attachment, as `mugai explain` names it")
    parser.add_argument("--name", default="", metavar="PATTERN", help="of each attachment: 調査票*.xlsm")


def _scope(arguments: argparse.Namespace) -> Scope:
    a = arguments
    return Scope(a.rule, a.sender, a.recipient, media_type=a.media_type, name=a.name)


async def _blanket(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    asked = opening.blanket(
        await Policies(store.db, store.clock, Path(settings.policy)).current(),
        _scope(arguments),
        await store.directory.current(),
        applicant=arguments.actor,
        reason=arguments.reason,
        ends_at=arguments.until,
        now=store.clock.now(),
        longest_days=settings.workflow.exception_days,
    )
    return _opened(await workflow.open(asked))


async def _propose(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    asked = opening.change(arguments.what, arguments.actor, arguments.reason, settings.workflow.change_approvers)
    return _opened(await workflow.open(asked))


async def _request(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    asked = opening.exception(
        await Policies(store.db, store.clock, Path(settings.policy)).current(),
        _scope(arguments),
        applicant=arguments.actor,
        reason=arguments.reason,
        measure=arguments.measure,
        ends_at=arguments.until,
        now=store.clock.now(),
        approvers=settings.workflow.exception_approvers,
        longest_days=settings.workflow.exception_days,
    )
    if arguments.break_glass:
        asked = opening.break_glass(asked, await store.directory.current(), settings.workflow.break_glass)
    return _opened(await workflow.open(asked))


async def _misdirected(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    known = await report.facts(store.db, store.spool, arguments.mail, arguments.to)
    case = await workflow.open(
        report.misdirected(known, arguments.actor, arguments.reason, settings.workflow.misdirected_chain)
    )
    if known.waiting:
        stop = f"mugai queue delete {known.item.receipt} --reason ..."
        print(f"not yet sent to {', '.join(known.waiting)}: stop it with `{stop}` or `mugai delay cancel`")
    return _opened(case)


async def _incident(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    known = await report.facts(store.db, store.spool, arguments.mail) if arguments.mail else None
    asked = report.incident(
        arguments.actor,
        arguments.subject,
        arguments.reason,
        settings.workflow.incident_chain,
        severity=arguments.severity,
        drill=arguments.drill,
        known=known,
    )
    return _opened(await workflow.open(asked))


async def _draft(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    for template in ("apology", "deletion"):
        print(plain(await workflow.draft(arguments.number, template)))
    return 0


async def _report(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    shown = await workflow.show(arguments.number)
    item = shown.case.opening.item
    mail = tuple(await journal.search(store.db, item=item, limit=MOST)) if item else ()
    folder, organisation = Path(settings.reports), settings.organisation
    print(plain(incident_report.draft(folder, arguments.report, organisation, shown.case, shown.steps, mail)))
    what = f"{arguments.report} report of case {shown.case.id}"
    await store.journal.write(journal.Viewed(item=item, actor=operator(), what=what))
    return 0


async def _stats(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    found = await workflow.statistics(store.clock.now() - arguments.days * 86_400)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("approver", "decided", "approved", "under 5 s", "median seconds"))
    writer.writerows((d.actor, d.decided, d.approved, d.hasty, round(d.median_seconds, 1)) for d in found.deciding)
    writer.writerow(())
    writer.writerow(("kind", "stage", "cases"))
    writer.writerows(found.cases)
    return 0


async def _export(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    """EX-03: what was asked for, what came of it, and every mail that used it."""
    kinds = (Kind.EXCEPTION, Kind.BLANKET)
    cases = await workflow.cases(kinds, open_only=False, limit=export.MOST)
    shown, origin = [await workflow.show(case.id) for case in reversed(cases)], settings.console.origin
    if arguments.format == "csv":
        return await put(arguments, export.wide(shown, origin))
    return await put(arguments, export.narrow(shown, origin, settings.organisation, store.clock.now()))


def workflow_of(store: Store, settings: Settings) -> Workflow:
    notices = Notices.load(Path(settings.notices))
    return Workflow(store.db, store.spool, store.clock, letters(settings, notices, notifying(settings, store.clock)))


def _opened(case: Case) -> int:
    print(f"{case.id}: {case.stage}")
    return 0

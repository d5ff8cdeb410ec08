"""The forms of violations, sign-offs of IDs and disposals: list, send, ask, confirm, request, carry out, certify."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from gateway.certification import confirm
from gateway.clock import JST
from gateway.commands.forms import Actions, Form, add_hand, add_paper, put
from gateway.commands.terminal import plain
from gateway.disposal import ledger as register
from gateway.disposal.order import Disposal, What
from gateway.duties import certification, violation_notices
from gateway.incident import preservation
from gateway.policy.book import Policies
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.violations import DAY, sheet, violators
from gateway.workflow.engine import Workflow

VIA = "command"


def add(group: str, actions: Actions) -> None:
    match group:
        case "violation":
            report = _form(actions, "report", "who broke which rule how often, with masked evidence", _violators)
            report.add_argument("--days", type=float, default=30)
            report.add_argument("--section", default="", metavar="NAME")
            add_paper(report)
            send = _form(actions, "notify", "notices to the heads that are due now; only shown without --do", _notify)
            send.add_argument("--do", action="store_true", help="send them (the gateway does so once an hour)")
        case "certification":
            roster = _form(actions, "roster", "the IDs as they are now: kind, roles, last use, unused", _roster)
            roster.add_argument("--section", default="", metavar="NAME")
            add_paper(roster)
            ask = _form(actions, "ask", "ask the heads of these sections now (default: whose turn it is)", _ask)
            ask.add_argument("section", nargs="*", metavar="SECTION", help="code or name")
            done = _form(actions, "confirm", "the head's sign-off, with what shall change", _confirm)
            done.add_argument("number", type=int, metavar="NUMBER")
            done.add_argument("--change", action="append", default=[], metavar="TEXT", help="opens a case for a second person")
            add_hand(done)
        case "disposal":
            _disposal(actions)


def _disposal(actions: Actions) -> None:
    request = _form(actions, "request", "ask that something is destroyed for good", _request)
    request.add_argument("what", type=What, choices=list(What), help="originals of mails, or personal data in the journal")
    request.add_argument("--before", required=True, type=_day, metavar="DATE", help="what is older than that day")
    add_hand(request)
    carry_out = _form(actions, "carry-out", "destroy what was approved", _carry_out)
    carry_out.add_argument("number", type=int, metavar="NUMBER")
    add_hand(carry_out)
    ledger = _form(actions, "ledger", "the register and certificate of disposal (廃棄証明書)", _ledger)
    ledger.add_argument("--since", type=_day, default=0.0, metavar="DATE")
    ledger.add_argument("--until", type=_day, default=None, metavar="DATE")
    add_paper(ledger)
    _form(actions, "verify", "is what the register says is gone, gone?", _verify)
    keep = _form(actions, "hold", "a legal hold: this mail is not destroyed", _keep)
    let_go = _form(actions, "let-go", "end a legal hold", _let_go)
    for parser in (keep, let_go):
        parser.add_argument("mail", metavar="RECEIPT")
        add_hand(parser)


def _form(actions: Actions, name: str, text: str, form: Form) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text)
    parser.set_defaults(form=form)
    return parser


def _day(text: str) -> float:
    """Midnight in Japan; Unix time."""
    return datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()


async def _violators(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    policy = await Policies(store.db, store.clock, Path(settings.policy)).current()
    now = store.clock.now()
    since = now - arguments.days * DAY
    found = await store.db.read(violators, policy.observe.violations, since, now + 1)
    chosen = [each for each in found if arguments.section in ("", each.section)]
    return await put(arguments, sheet(chosen, workflow.letters.notices.names["ja"].signs, since, now))


async def _notify(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    policy = await Policies(store.db, store.clock, Path(settings.policy)).current()
    notices = violation_notices(settings, store, policy, workflow.letters.notices)
    if not arguments.do:
        for each in await notices.due():
            print(plain(f"{each.section or '-'} {each.name} {each.address}: {len(each.hits)}"))
        print("only shown: say it again with --do")
        return 0
    for case in await notices.send():
        print(plain(f"{case.id}: {case.opening.subject}"))
    return 0


async def _roster(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    return await put(arguments, await certification(settings, store).sheet(arguments.section))


async def _ask(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    for case in await certification(settings, store).ask(arguments.section):
        print(plain(f"{case.id}: {case.opening.subject}"))
    return 0


async def _confirm(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    approvers = settings.workflow.change_approvers
    made = await confirm(workflow, arguments.number, arguments.actor, arguments.reason, arguments.change, approvers, VIA)
    print(f"{arguments.number}: confirmed")
    for case in made:
        print(plain(f"{case.id}: {case.opening.subject} ({case.stage})"))
    return 0


async def _request(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    disposal = Disposal(store, workflow, settings.workflow.disposal_approvers)
    case = await disposal.request(arguments.what, arguments.before, arguments.actor, arguments.reason)
    print(plain("\n".join((f"{case.id}: {case.stage}", *case.opening.details.findings))))
    return 0


async def _carry_out(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    disposal = Disposal(store, workflow, settings.workflow.disposal_approvers)
    print(f"{await disposal.carry_out(arguments.number, arguments.actor, arguments.reason, VIA)} destroyed")
    return 0


async def _ledger(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    now = store.clock.now()
    until = now if arguments.until is None else arguments.until
    found = await store.db.read(register.disposals, arguments.since, until)
    return await put(arguments, register.certificate(found, settings.organisation, arguments.since, until, now))


async def _verify(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    now = store.clock.now()
    found = await store.db.read(register.disposals, 0.0, now)
    wrong = await store.db.read(register.contradictions, found, store.spool.has_file, now)
    for each in wrong:
        print(plain(each))
    print(f"{len(found)} disposals, {len(wrong)} contradictions")
    return 1 if wrong else 0


async def _keep(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    item = (await store.spool.show(arguments.mail)).item.id
    now = store.clock.now()
    fresh = await store.db.write(preservation.preserve, [item], arguments.actor, arguments.reason, now)
    print("kept" if fresh else "was kept before")
    return 0


async def _let_go(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    item = (await store.spool.show(arguments.mail)).item.id
    await store.db.write(preservation.let_go, item, arguments.actor, arguments.reason, store.clock.now())
    print("let go")
    return 0

"""`mugai incident hunt` and `mugai incident playbook`: what belongs to an incident, and the plan step by step (IN-04).

What the plan says is config/playbooks.yaml; what a step does is `incident/drive.py`'s.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from gateway import journal
from gateway.bulletin import bulletins
from gateway.commands.forms import add_hand
from gateway.commands.terminal import few, moment, plain, screen
from gateway.contacts import Contacts
from gateway.incident import plan as plan_file
from gateway.incident.drive import DAY, Drive, Progress, Taken, indicators_of
from gateway.incident.hunt import PLACES, Caught, hunt, table
from gateway.incident.indicators import Indicators
from gateway.incident.plan import Playbook
from gateway.notifier import postmaster
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.workflow import report
from gateway.workflow.engine import Workflow
from gateway.workflow.ledger import Hand

FOLDER = "incidents"  # in the state directory: lists and evidence packs of each case


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    hunter = actions.add_parser(
        "hunt",
        help="mails of the last days with something in common, both ways, and where each copy is",
        description="Lists; changes nothing. Who looked for what is recorded (ML-11). Any one match is enough.",
        epilog="Example: mugai incident hunt --host evil.example --days 14 --as csirt@city.example.lg.jp --reason 事案12",
    )
    add_hand(hunter)
    _add_indicators(hunter)
    hunter.add_argument("--format", choices=("text", "csv", "json"), default="text")
    hunter.set_defaults(form=_hunt)
    books = actions.add_parser(
        "playbook",
        help="the plan for emergencies: its steps, with containment that acts, or as a drill (緊急時対応計画)",
        description="What to do in an emergency, step by step, recorded in the incident. The plan: config/playbooks.yaml.",
        epilog="Begin: mugai incident playbook start malware-in --mail 20261128-K7Q2 --as csirt@... --reason 通報。"
        "A drill: the same with --drill --participant ADDRESS. See --help of each.",
    )
    each = books.add_subparsers(dest="playbook_action", required=True, metavar="ACTION")
    each.add_parser("list", help="the playbooks, and whom to call outside").set_defaults(form=_list)
    shower = each.add_parser("show", help="the steps of one")
    shower.add_argument("name", metavar="NAME")
    shower.set_defaults(form=_show)
    starter = each.add_parser("start", help="open an incident that follows a playbook")
    starter.add_argument("name", metavar="NAME")
    starter.add_argument("--subject", default="", help="what happened (default: the playbook's title)")
    starter.add_argument("--drill", action="store_true", help="an exercise (訓練): recorded, nothing is stopped for real")
    starter.add_argument("--participant", action="append", default=[], metavar="ADDRESS", help="of the drill")
    add_hand(starter)
    _add_indicators(starter)
    starter.set_defaults(form=_start)
    stepper = each.add_parser(
        "step",
        help="take one step: the gateway does its part, and it is recorded",
        description="Steps that stop something are only shown; with --do they are done.",
    )
    stepper.add_argument("number", type=int, metavar="NUMBER", help="of the incident")
    stepper.add_argument("step", metavar="STEP", help="its name in the playbook")
    stepper.add_argument("--do", action="store_true", help="stop it, do not only show it")
    stepper.add_argument("--who", default="", metavar="ADDRESS|IP", help="whom to isolate")
    stepper.add_argument("--json", action="store_true")
    add_hand(stepper)
    _add_indicators(stepper)
    stepper.set_defaults(form=_step)
    chooser = each.add_parser("follow", help="an incident that was reported goes on by a playbook, from now")
    chooser.add_argument("number", type=int, metavar="NUMBER", help="of the incident")
    chooser.add_argument("name", metavar="NAME", help="of the playbook")
    add_hand(chooser)
    chooser.set_defaults(form=_follow)
    status = each.add_parser("status", help="which steps are done, by whom and when; what is late")
    status.add_argument("number", type=int, metavar="NUMBER")
    status.add_argument("--json", action="store_true")
    status.set_defaults(form=_status)


def _add_indicators(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mail", default="", metavar="RECEIPT", help="its content, files, sender, and what is like it")
    parser.add_argument("--sha256", action="append", default=[], metavar="HEX", help="of a whole mail or of a file")
    parser.add_argument("--sender", action="append", default=[], metavar="ADDRESS")
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help="of a link")
    parser.add_argument(
        "--words", action="append", default=[], metavar="TEXT", help="in the subject, a file name or an address"
    )
    parser.add_argument("--days", type=float, default=7, help="how far back (default: 7)")


async def _indicators(arguments: argparse.Namespace, store: Store) -> Indicators:
    given = (arguments.sha256, arguments.sender, arguments.host, arguments.words)
    found = Indicators(*map(tuple, given))
    return await indicators_of(store, arguments.mail) | found if arguments.mail else found


async def _hunt(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    wanted, now = await _indicators(arguments, store), store.clock.now()
    caught = await store.db.read(hunt, wanted, now - arguments.days * DAY, now)
    found = journal.Searched(actor=arguments.actor, purpose=arguments.reason, found=len(caught), query=str(wanted))
    await store.journal.write(found)
    match arguments.format:
        case "csv":
            sys.stdout.write(table(caught))
        case "json":
            print(json.dumps([asdict(mail) for mail in caught], ensure_ascii=False))
        case _:
            _caught(caught)
    return 0


async def _list(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    plan = plan_file.load(Path(settings.playbooks))
    for name, book in plan.playbooks.items():
        print(f"{name}  {book.ja} / {book.en} ({len(book.steps)} steps)")
    print("\n庁外の連絡先 / outside:")
    for contact in plan.contacts:
        print(f"  {'  '.join(filter(None, (contact.name, contact.telephone, contact.mail, contact.what)))}")
    return 0


async def _show(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    book = plan_file.load(Path(settings.playbooks)).playbook(arguments.name)
    directory = await store.directory.current()
    print(f"{book.ja} / {book.en}")
    for number, task in enumerate(book.steps, 1):
        who, told = "・".join(directory.role_names[role] for role in task.by), ", ".join(task.tell)
        print(f"{number:>2}. {task.name} [{task.action}] 開始から {task.minutes} 分以内、{who}、知らせる: {told or 'なし'}")
        print(f"    {task.ja}\n    {task.en}")
    return 0


async def _start(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    drive, book = _drive(workflow, store, settings, arguments.name)
    known = await report.facts(store.db, store.spool, arguments.mail) if arguments.mail else None
    asked = report.incident(
        arguments.actor,
        arguments.subject or book.ja,
        arguments.reason,
        settings.workflow.incident_chain,
        drill=arguments.drill,
        participants=tuple(arguments.participant),
        known=known,
    )
    case = await drive.start(arguments.name, asked, await _indicators(arguments, store))
    print(f"{case.id}: {case.stage}; next: mugai incident playbook step {case.id} {book.steps[0].name} --as ... --reason ...")
    return 0


async def _follow(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    drive, _ = _drive(workflow, store, settings)
    await drive.follow(arguments.number, arguments.name, Hand(arguments.actor, arguments.reason, via="command"))
    return await _status(argparse.Namespace(number=arguments.number, json=False), workflow, store, settings)


async def _step(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    drive, _ = _drive(workflow, store, settings)
    taken = await drive.take(
        arguments.number,
        arguments.step,
        Hand(arguments.actor, arguments.reason, via="command"),
        do=arguments.do,
        more=await _indicators(arguments, store),
        who=arguments.who,
        days=arguments.days,
    )
    print(json.dumps(_taken(taken), ensure_ascii=False)) if arguments.json else _print(taken)
    return 0


async def _status(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    drive, _ = _drive(workflow, store, settings)
    case, steps = await drive.status(arguments.number)
    late = [each.task.name for each in steps if not each.record and each.due_at < store.clock.now()]
    if arguments.json:
        done = {each.task.name: [[s.actor, s.at, s.reason] for s in each.record] for each in steps}
        print(json.dumps({"case": case.id, "stage": case.stage, "steps": done, "late": late}, ensure_ascii=False))
        return 0
    print(plain(f"{case.id}  {case.opening.subject}: {case.stage}"))
    _steps(steps, store.clock.now())
    print(f"{len(late)} late" if late else "nothing is late", file=sys.stderr)
    return 0


def _drive(workflow: Workflow, store: Store, settings: Settings, name: str = "") -> tuple[Drive, Playbook]:
    plan, letters = plan_file.load(Path(settings.playbooks)), bulletins(settings, store)
    contacts = Contacts(store.directory, letters.house, settings.contacts, postmaster(settings).address)
    drive = Drive(store, workflow, plan, contacts, letters, settings.place(FOLDER))
    return drive, plan.playbook(name or next(iter(plan.playbooks)))


def _taken(taken: Taken) -> dict[str, object]:
    return {
        "step": taken.task.name,
        "done": taken.done,
        "result": taken.result,
        "told": taken.told,
        "files": [str(path) for path in taken.files],
        "mails": [asdict(mail) for mail in taken.caught],
    }


def _print(taken: Taken) -> None:
    _caught(taken.caught)
    print(plain(taken.result or "-"))
    if not taken.done:
        print("only shown, nothing was stopped: say it again with --do")
    if taken.told:
        print(f"told: {', '.join(taken.told)}")
    for path in taken.files:
        print(f"written: {path}")


def _caught(caught: Sequence[Caught]) -> None:
    if not caught:
        return
    grid = Table()
    for heading in ("receipt", "received", "from", "to", "where", "because"):
        grid.add_column(heading, overflow="fold")
    for mail in caught:
        where = dict.fromkeys(PLACES[copy.state] for copy in mail.copies)
        to = few([copy.address for copy in mail.copies])
        cells = (mail.receipt, moment(mail.received_at), mail.sender or "<>", to, "、".join(where), " ".join(mail.by))
        grid.add_row(*(plain(cell) for cell in cells))
    screen().print(grid)


def _steps(steps: Sequence[Progress], now: float) -> None:
    grid = Table()
    for heading in ("step", "until", "done", "what"):
        grid.add_column(heading, overflow="fold")
    for each in steps:
        done = "\n".join(f"{moment(s.at)} {s.actor} {s.reason.partition(': ')[2]}" for s in each.record)
        late = "" if each.record or each.due_at > now else " 期限超過"
        grid.add_row(*(plain(c) for c in (each.task.name, moment(each.due_at) + late, done or "-", each.task.ja)))
    screen().print(grid)

"""`mugai approval`, `delay`, `exception`, `misdirected`, `incident` and others: what waits for people, and their hand on it.

Every act names who does it (`--as`, an address of the directory) and why; who typed it is recorded beside.  Works beside a
running gateway.  The forms that open a case are `case_forms.py`'s.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from gateway import settings as settings_file
from gateway.commands import case_forms
from gateway.commands.forms import add_hand
from gateway.commands.terminal import few, moment, plain, screen
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from gateway.workflow.engine import NotAllowed, NotPossible, Shown, Workflow
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.model import Act, Case, Kind


@dataclass(frozen=True, slots=True)
class Group:
    """One command: the kinds of cases that it shows, and the acts that it knows."""

    name: str
    kinds: tuple[Kind, ...]
    help: str
    acts: tuple[Act, ...]
    epilog: str


ACTS = {
    Act.APPROVE: "permit it; a mail then walks its whole path again without the rule that asked",
    Act.RETURN: "back to the applicant with a question",
    Act.DENY: "no; a mail is deleted and its sender is told why",
    Act.RESUBMIT: "the applicant asks again, with an answer",
    Act.WITHDRAW: "the applicant no longer wants it",
    Act.REVOKE: "end what is in force before its time",
    Act.RATIFY: "approve afterwards what was put in force in an emergency",
    Act.SEND_NOW: "do not wait any longer",
    Act.CANCEL: "do not send it; the mail is deleted",
    Act.CONFIRM: "it is right: send it",
    Act.APPLY: "it has been carried out",
    Act.TAKE: "I see to it",
    Act.HAND_ON: "report to the next rung of the chain",
    Act.CONTAIN: "the damage is limited; the reason says by what",
    Act.PROPOSE: "propose to close it; the reason says cause and prevention",
    Act.CLOSE: "it is done; the reason says cause and measures",
}
_ASKED = (Act.APPROVE, Act.RETURN, Act.DENY, Act.RESUBMIT, Act.WITHDRAW)
GROUPS = (
    Group(
        "approval",
        (Kind.APPROVAL, Kind.BLANKET, Kind.CHANGE, Kind.AS_IT_CAME, Kind.RELEASE, Kind.ORIGINAL),
        "mails that need a permission, permissions in advance, changes by two, originals (承認)",
        (*_ASKED, Act.REVOKE, Act.APPLY, Act.RATIFY),
        "Example: mugai approval approve 12 --as kacho@city.example.lg.jp --reason 内容を確認",
    ),
    Group(
        "password",
        (Kind.PASSWORD,),
        "mails with locked files: who was asked for the password, and until when (パスワード待ち)",
        (),
        "Example: mugai password list      Then: mugai quarantine unlock ENTRY, or the page behind the notice's link",
    ),
    Group(
        "delay",
        (Kind.DELAY,),
        "outbound mails that wait for second thoughts (送信待ち)",
        (Act.SEND_NOW, Act.CANCEL, Act.CONFIRM),
        "Example: mugai delay cancel 12 --as staff@city.example.lg.jp --reason 宛先誤り",
    ),
    Group(
        "exception",
        (Kind.EXCEPTION,),
        "rules that do not apply for a while: ask, approve, list, export (例外措置)",
        (*_ASKED, Act.RATIFY, Act.REVOKE),
        "Only rules with `exceptions: true` in policy.yaml can be waived. What is unapproved or expired changes nothing.",
    ),
    Group(
        "misdirected",
        (Kind.MISDIRECTED,),
        "mails that went to the wrong person (誤送信報告)",
        (Act.TAKE, Act.HAND_ON, Act.CLOSE),
        "Example: mugai misdirected report 20261121-K7Q2 --to a@example.jp --as staff@city.example.lg.jp --reason 宛先誤り",
    ),
    Group(
        "incident",
        (Kind.INCIDENT,),
        "security incidents along the chain of reports (インシデント)",
        (Act.TAKE, Act.HAND_ON, Act.CONTAIN, Act.PROPOSE, Act.APPROVE, Act.RETURN),
        "The last rung of the chain (workflow.incident_chain) approves the closure, never who proposed it.",
    ),
    Group(
        "violation",
        (Kind.VIOLATION,),
        "who broke which rule how often; notices to the heads, and what they did about it (違反の通知)",
        (Act.TAKE, Act.HAND_ON, Act.CLOSE),
        "The head acknowledges by take, and closes with the measure as reason. The number: observe.violations in policy.yaml.",
    ),
    Group(
        "certification",
        (Kind.CERTIFICATION,),
        "the yearly sign-off of the IDs of each section (IDの棚卸し)",
        (Act.HAND_ON,),
        "Example: mugai certification confirm 12 --as kacho@city.example.lg.jp --reason 確認 --change 'a@... 退職'",
    ),
    Group(
        "disposal",
        (Kind.DISPOSAL,),
        "destroying for good: permission, register and certificate, legal holds (廃棄)",
        _ASKED,
        "Example: mugai disposal request originals --before 2026-10-01 --as jouhou@city.example.lg.jp --reason 保管期間満了",
    ),
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for group in GROUPS:
        parser = commands.add_parser(group.name, help=group.help, description=f"{group.help}.", epilog=group.epilog)
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listing = actions.add_parser("list", help="open ones, newest first")
        listing.add_argument("--all", action="store_true", help="closed ones, too")
        listing.add_argument("--as", dest="actor", default="", metavar="ADDRESS", help="only what waits for this person")
        listing.add_argument("--json", action="store_true")
        shower = actions.add_parser("show", help="one case with its whole history")
        shower.add_argument("number", type=int, metavar="NUMBER")
        shower.add_argument("--as", dest="actor", default="", metavar="ADDRESS", help="and what this person may do")
        shower.add_argument("--json", action="store_true")
        for act in group.acts:
            _add_act(actions, act.replace("_", "-"), ACTS[act])
        _add_act(actions, "comment", "say something about it")
        case_forms.add(group.name, actions)
        parser.set_defaults(run=run, group=group)


def _add_act(actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str) -> None:
    action = actions.add_parser(name, help=text)
    action.add_argument("number", type=int, metavar="NUMBER")
    add_hand(action)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        workflow = case_forms.workflow_of(store, settings)
        try:
            return asyncio.run(_act(arguments, workflow, store, settings))
        except LookupError as error:
            print(f"mugai: {error.args[0]}; see `mugai {arguments.group.name} list`", file=sys.stderr)
        except (AlreadyDone, NotAllowed, NotPossible, ValueError) as error:
            print(f"mugai: {error}", file=sys.stderr)
    return 1


async def _act(arguments: argparse.Namespace, workflow: Workflow, store: Store, settings: Settings) -> int:
    via = f"command ({getpass.getuser()})"
    form = getattr(arguments, "form", None)
    if form is not None:
        return int(await form(arguments, workflow, store, settings))
    if arguments.action == "list":
        return _list(await _listed(arguments, workflow), workflow, arguments.json)
    await _belongs(arguments, workflow)
    if arguments.action == "show":
        shown = await workflow.show(arguments.number, arguments.actor)
        if arguments.actor:
            await workflow.viewed(arguments.number, arguments.actor, via)
        print(json.dumps(_values(shown), ensure_ascii=False, indent=2)) if arguments.json else _show(shown, workflow)
    elif arguments.action == "comment":
        await workflow.comment(arguments.number, arguments.actor, arguments.reason, via)
        print(f"{arguments.number}: noted")
    else:
        act = Act(arguments.action.replace("-", "_"))
        case = await workflow.act(arguments.number, act, arguments.actor, arguments.reason, via)
        print(f"{arguments.number}: {case.stage}")
    return 0


async def _listed(arguments: argparse.Namespace, workflow: Workflow) -> list[Case]:
    kinds = arguments.group.kinds
    if arguments.actor:
        return [case for case in await workflow.mine(arguments.actor) if case.kind in kinds]
    return await workflow.cases(kinds, open_only=not arguments.all, limit=1_000)


async def _belongs(arguments: argparse.Namespace, workflow: Workflow) -> None:
    case = (await workflow.show(arguments.number)).case
    if case.kind not in arguments.group.kinds:
        raise LookupError(f"case {case.id} is of another kind ({case.kind})")


def _list(cases: Sequence[Case], workflow: Workflow, as_json: bool) -> int:
    if as_json:
        print(json.dumps([_case(case) for case in cases], ensure_ascii=False))
        return 0
    names = workflow.letters.notices.names["ja"]
    table = Table()
    for heading in ("no", "kind", "stage", "receipt", "until", "asked by", "to", "subject"):
        table.add_column(heading, overflow="fold")
    for case in cases:
        asked = case.opening
        until = moment(case.due_at) if case.due_at else "-"
        kind, stage = names.cases[case.kind], names.stages[case.stage]
        cells = (str(case.id), kind, stage, case.receipt or "-", until, asked.applicant, few(asked.recipients), asked.subject)
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if cases else "nothing waits")
    return 0


def _show(shown: Shown, workflow: Workflow) -> None:
    console, case, names = screen(), shown.case, workflow.letters.notices.names["ja"]
    asked = case.opening
    console.print(plain(f"{case.id}  {names.cases[case.kind]}: {names.stages[case.stage]}  {asked.subject}", "bold"))
    console.print(plain(f"asked by {asked.applicant or '-'}: {asked.reason}"))
    if case.receipt:
        console.print(plain(f"mail {case.receipt} to {', '.join(asked.recipients)}, rule {asked.rule or '-'}"))
    for line in (each.ja for each in workflow.letters.details(case)):
        console.print(plain(line))
    if case.due_at:
        console.print(plain(f"until {moment(case.due_at)}"))
    for step in shown.steps:
        behalf = f" for {step.on_behalf}" if step.on_behalf else ""
        via = f" via {step.via}" if step.via else ""
        console.print(plain(f"  {moment(step.at)}  {step.act} by {step.actor or '-'}{behalf}{via}  {step.reason}"))
    if shown.uses:
        console.print(plain(f"used by {len(shown.uses)} mails: {few([receipt for receipt, _ in shown.uses], 10)}"))
    if shown.acts:
        console.print(plain(f"may now: {', '.join(act.replace('_', '-') for act in shown.acts)}"))


def _case(case: Case) -> dict[str, object]:
    asked = case.opening
    return {
        "number": case.id,
        "kind": case.kind,
        "stage": case.stage,
        "receipt": case.receipt,
        "rule": asked.rule,
        "applicant": asked.applicant,
        "recipients": asked.recipients,
        "subject": asked.subject,
        "reason": asked.reason,
        "roles": case.roles,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "ends_at": asked.ends_at or None,
    }


def _values(shown: Shown) -> dict[str, object]:
    steps = [
        {
            "at": s.at,
            "act": s.act,
            "actor": s.actor,
            "on_behalf": s.on_behalf,
            "via": s.via,
            "after": s.after,
            "reason": s.reason,
        }
        for s in shown.steps
    ]
    return {**_case(shown.case), "steps": steps, "uses": [receipt for receipt, _ in shown.uses], "acts": shown.acts}

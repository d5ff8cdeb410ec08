"""`mugai policy`: the rules in force, their history, and how they change: proposed, approved by somebody else, published.

Works beside a running gateway, which takes up what is in force within seconds.  What a draft would do to past mail is
`mugai replay`'s, approving is `mugai approval`'s.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.case_forms import workflow_of
from gateway.commands.forms import add_hand
from gateway.commands.terminal import moment, plain, screen
from gateway.notice import Notices
from gateway.policy import file as policy_file
from gateway.policy import sentences
from gateway.policy.book import Policies, Stale, Version, difference
from gateway.policy.rules import Policy
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from gateway.workflow import opening
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.model import Act

EPILOG = """While no version was ever published, policy.yaml counts and SIGHUP loads it.  From the first publication on the
store counts; policy.yaml then is a proposal: edit it, `mugai replay policy.yaml`, `mugai policy propose policy.yaml ...`.

Example: mugai policy propose policy.yaml --as hana@city.example.lg.jp --reason 添付の上限を変更
         mugai approval approve 12 --as taro@city.example.lg.jp --reason 確認した     (another person)
         mugai policy publish 3 --as hana@city.example.lg.jp --reason 承認済み"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "policy",
        help="the rules in force, their history, changes by two people (規則)",
        description="Reads and changes the rules.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="all versions, newest first").set_defaults(act=_list)
    shower = actions.add_parser("show", help="the rules as sentences")
    shower.add_argument("version", nargs="?", default="current", metavar="NUMBER|FILE", help="default: what is in force")
    shower.add_argument("--yaml", action="store_true", help="as text, to be edited")
    shower.set_defaults(act=_show)
    differ = actions.add_parser("diff", help="what one changes of another")
    differ.add_argument("version", metavar="NUMBER|FILE")
    differ.add_argument("--from", dest="before", default="current", metavar="NUMBER|FILE", help="default: what is in force")
    differ.set_defaults(act=_diff)
    proposer = actions.add_parser("propose", help="ask a second person for a new text")
    proposer.add_argument("version", metavar="FILE", help="or the number of a draft")
    back = actions.add_parser("rollback", help="ask a second person to go back to an earlier version")
    back.add_argument("version", metavar="NUMBER")
    for asker in (proposer, back):
        add_hand(asker)
        asker.add_argument(
            "--emergency", action="store_true", help="in force at once by your word alone; lapses after 24 h unless ratified"
        )
        asker.set_defaults(act=_propose)
    publisher = actions.add_parser("publish", help="put an approved version in force")
    publisher.add_argument("version", metavar="NUMBER")
    add_hand(publisher)
    publisher.set_defaults(act=_publish)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        policies = Policies(store.db, store.clock, Path(settings.policy))
        try:
            return int(asyncio.run(arguments.act(arguments, policies, store, settings)))
        except (AlreadyDone, LookupError, NotAllowed, NotPossible, OSError, Stale, ValueError) as error:
            print(f"mugai: {error}", file=sys.stderr)
    return 1


async def text_of(policies: Policies, key: str) -> str:
    """Of `current`, a version's number, or a file.  Raises LookupError, BadConfiguration."""
    if key == "current":
        return await policies.text()
    return (await policies.get(int(key))).text if key.isdecimal() else policy_file.text(Path(key))


async def policy_of(policies: Policies, key: str) -> Policy:
    """The same, loaded; what is wrong in a file is told with the file's lines."""
    if key == "current":
        return await policies.current()
    return policy_file.parse(await text_of(policies, key)) if key.isdecimal() else policy_file.load(Path(key))


async def _list(arguments: argparse.Namespace, policies: Policies, store: Store, settings: Settings) -> int:
    versions, table = await policies.list(), Table()
    for heading in ("no", "state", "case", "version", "saved", "in force since", "by", "why"):
        table.add_column(heading, overflow="fold")
    for each in versions:
        since = moment(each.came_at) if each.came_at else "-"
        cells = (str(each.number), each.standing, str(each.case or "-"), each.version, moment(each.saved_at), since)
        table.add_row(*(plain(cell) for cell in (*cells, each.author, each.why)))
    screen().print(table if versions else "no versions yet")
    if not any(each.came_at for each in versions):
        print(f"in force: {policies.file}")
    elif await policies.file_differs():
        print(f"{policies.file} says something else; it is not in force")
    return 0


async def _show(arguments: argparse.Namespace, policies: Policies, store: Store, settings: Settings) -> int:
    if arguments.yaml:
        print(await text_of(policies, arguments.version), end="")
        return 0
    console, policy = screen(), await policy_of(policies, arguments.version)
    console.print(plain(f"version {policy.version}", "bold"))
    names = Notices.load(Path(settings.notices)).names
    for number, rule in enumerate(policy.rules, 1):
        said = sentences.of_rule(rule, names)
        console.print(plain(f"{number:3} {rule.name}", "bold"))
        console.print(plain(f"    {said.ja}\n    {said.en}"))
    return 0


async def _diff(arguments: argparse.Namespace, policies: Policies, store: Store, settings: Settings) -> int:
    lines = difference(await text_of(policies, arguments.before), await text_of(policies, arguments.version))
    for line in lines:
        Console(soft_wrap=True).print(plain(line, {"+": "green", "-": "red"}.get(line[:1], "")))
    return 1 if lines else 0


async def _propose(arguments: argparse.Namespace, policies: Policies, store: Store, settings: Settings) -> int:
    version = await _to_propose(arguments, policies)
    asked = opening.rules(
        version.number, version.version, arguments.actor, arguments.reason, settings.workflow.change_approvers
    )
    if arguments.emergency:
        asked = opening.emergency(asked, await store.directory.current(), settings.workflow)
    case = await policies.propose(workflow_of(store, settings), version, asked)
    print(f"version {version.number} is case {case.id}: {case.stage}")
    if arguments.emergency:
        print(f"in force at once; another person within 24 h: mugai approval ratify {case.id} --as ... --reason ...")
    else:
        print(f"another person: mugai approval approve {case.id} --as ... --reason ...")
        print(f"then: mugai policy publish {version.number} --as ... --reason ...")
    return 0


async def _to_propose(arguments: argparse.Namespace, policies: Policies) -> Version:
    key = arguments.version
    if arguments.action == "propose" and key.isdecimal():
        return await policies.get(int(key))
    await policy_of(policies, key)
    return await policies.draft(await text_of(policies, key), arguments.actor, arguments.reason)


async def _publish(arguments: argparse.Namespace, policies: Policies, store: Store, settings: Settings) -> int:
    version = await policies.get(int(arguments.version))
    if not version.case:
        raise ValueError(f"version {version.number} is a draft: `mugai policy propose {version.number}` first")
    policy_file.parse(version.text)  # by today's program
    via = f"command ({getpass.getuser()})"
    await workflow_of(store, settings).act(version.case, Act.APPLY, arguments.actor, arguments.reason, via)
    print(f"version {version.number} is in force; a running gateway takes it up within seconds")
    return 0

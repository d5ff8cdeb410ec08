"""`mugai directory`: who is who, who answers for whom; the import of the April transfer with its preview."""

from __future__ import annotations

import argparse
import asyncio
import csv
import getpass
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.table import Table

from gateway import settings as settings_file
from gateway.bulletin import bulletins
from gateway.commands.case_forms import workflow_of
from gateway.commands.terminal import moment, plain, screen
from gateway.directory import Book, Change, Deputy, Directory, Person, Role, Stale, difference, importing, wanting
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from gateway.suspension import Suspended, Suspension
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Case
from gateway.yaml_file import BadConfiguration

MANY = 5  # one in so many people: an import that removes more is asked twice


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "directory",
        help="people, sections, roles, deputies (職員名簿)",
        description="Shows and changes who is who. Approvals, exceptions and reports find their people here.",
        epilog="The April transfer: mugai directory import jinji.csv --preview; then the same with --reason instead.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    importer = actions.add_parser(
        "import",
        help="replace the people by those of a file (YAML, or CSV from Excel)",
        description="The file is the whole list: who is not in it goes. CSV columns: メールアドレス, 氏名, 所属, and if there "
        "部, 役割, 区分, 開始日, 終了日, 別アドレス, 利用者, 代理者. UTF-8 or CP932 (Shift JIS).",
    )
    importer.add_argument("file", type=Path, nargs="?", metavar="FILE")
    importer.add_argument("--ldap", action="store_true", help="from the server that gateway.yaml names, instead of a file")
    importer.add_argument("--preview", action="store_true", help="show what would change, and change nothing")
    importer.add_argument("--removing", type=int, default=0, metavar="N", help="yes, so many people go")
    listing = actions.add_parser("list", help="the people")
    listing.add_argument("--section", default="", metavar="NAME", help="code or name")
    listing.add_argument("--role", type=Role, choices=list(Role))
    listing.add_argument("--json", action="store_true")
    shower = actions.add_parser("show", help="one person: its heads, who stands in, what it may approve")
    unused = actions.add_parser("unused", help="active people who sent nothing for a while (AC-03)")
    unused.add_argument("--days", type=int, default=90)
    suspend = actions.add_parser(
        "suspend",
        help="take somebody's right to use away (AC-10)",
        description="Nothing of this person leaves, its sessions of the console end, CISO and section head are told.",
    )
    resume = actions.add_parser(
        "resume",
        help="give it back: needs two people (LG-08)",
        description="The first person asks, a second one gives the same command and confirms. Both need a reason.",
    )
    resume.add_argument("--as", dest="actor", required=True, metavar="ADDRESS", help="who asks for it, as in this directory")
    deputy = actions.add_parser("deputy", help="let BY stand in for a person, for a term")
    for action in (shower, suspend, resume, deputy):
        action.add_argument("address", metavar="ADDRESS")
    deputy.add_argument("by", metavar="BY")
    deputy.add_argument("--since", type=date.fromisoformat, metavar="DATE")
    deputy.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="last day")
    for action in (importer, suspend, resume, deputy):
        action.add_argument("--reason", default="", help="goes into the journal")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        try:
            return asyncio.run(_act(arguments, store, settings))
        except LookupError as error:
            print(f"mugai: {error.args[0]}; see `mugai directory list`", file=sys.stderr)
        except (Stale, ValueError, NotAllowed) as error:
            print(f"mugai: {error}", file=sys.stderr)
        except BadConfiguration as bad:
            print(f"mugai: {arguments.action} refused, nothing was changed:", file=sys.stderr)
            for problem in bad.problems:
                print(f"  {problem}", file=sys.stderr)
    return 1


async def _act(arguments: argparse.Namespace, store: Store, settings: Settings) -> int:
    who, book = getpass.getuser(), store.directory
    match arguments.action:
        case "import":
            return await _import(arguments, book, settings, who)
        case "list":
            return _list(await book.current(), arguments)
        case "show":
            return _show(await book.current(), arguments.address, book.today)
        case "unused":
            return await _unused(book, arguments.days)
        case "suspend":
            done = await _suspension(store, settings).suspend(arguments.address, who, arguments.reason)
            return _suspended(done)
        case "resume":
            lifted = await _suspension(store, settings).lift(arguments.address, arguments.actor, arguments.reason, "command")
            return _suspended(lifted) if isinstance(lifted, Suspended) else _waits(lifted)
        case _:
            deputy = Deputy(arguments.address, arguments.by, arguments.since, arguments.until)
            changes = await book.appoint(deputy, who, arguments.reason)
    _print(changes)
    return 0


def _suspension(store: Store, settings: Settings) -> Suspension:
    approvers = settings.workflow.change_approvers
    return Suspension(store, workflow_of(store, settings), bulletins(settings, store), approvers)


def _suspended(done: Suspended) -> int:
    _print(done.changes)
    print(f"{done.ended} sessions ended; told: {', '.join(done.told) or 'nobody in the directory'}")
    return 0


def _waits(case: Case) -> int:
    print(f"case {case.id}: {case.stage}. A second person confirms with the same command: --as ADDRESS --reason ...")
    return 1


async def _import(arguments: argparse.Namespace, book: Book, settings: Settings, who: str) -> int:
    basis, old = await book.version()
    new = _read(arguments, settings, old)
    changes = difference(old, new)
    _print(changes)
    for gap in wanting(new, book.today):
        print(f"! {gap}")
    going = sum(change.sign == "-" and change.what == "person" for change in changes)
    if arguments.preview:
        return 0
    if going * MANY > len(old.people) and arguments.removing != going:
        raise ValueError(f"{going} of {len(old.people)} people would go; if that is right, say --removing {going}")
    await book.replace(new, basis, who, arguments.reason)
    print(f"done: {len(new.people)} people, {len(new.sections)} sections, {len(new.deputies)} deputies")
    return 0


def _read(arguments: argparse.Namespace, settings: Settings, known: Directory) -> Directory:
    if arguments.ldap == (arguments.file is not None):
        raise ValueError("name a FILE, or --ldap")
    if not arguments.ldap:
        return importing.load(arguments.file, known)
    from gateway.directory import ldap  # needs a library that is not everywhere

    return ldap.load(settings.ldap, known)


def _print(changes: Sequence[Change]) -> None:
    for change in sorted(changes, key=lambda c: (c.what, c.sign, c.key)):
        print(plain(str(change)))
    counted = {sign: sum(c.sign == sign for c in changes) for sign in "+-~"}
    print(f"{counted['+']} new, {counted['-']} gone, {counted['~']} changed" if changes else "nothing changes")


def _list(directory: Directory, arguments: argparse.Namespace) -> int:
    sections = {s.code for s in directory.sections if arguments.section in (s.code, s.name)}
    people = [
        p
        for p in directory.people
        if (not arguments.section or p.section in sections) and (arguments.role is None or arguments.role in p.roles)
    ]
    if arguments.json:
        print(json.dumps([_values(p) for p in people], ensure_ascii=False))
        return 0
    table = Table()
    for heading in ("address", "name", "section", "roles", "attribute", "until", "state"):
        table.add_column(heading, overflow="fold")
    for p in people:
        section = directory.section(p.section)
        roles = " ".join(directory.role_names[role] for role in p.roles)
        cells = (p.address, p.name, section.name if section else "-", roles, p.attribute, str(p.until or ""), p.suspended)
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if people else "nobody")
    return 0


def _show(directory: Directory, address: str, day: date) -> int:
    person = directory.person(address)
    if person is None:
        raise LookupError(f"nobody has the address {address}")
    state = f"suspended: {person.suspended}" if person.suspended else "active" if person.active(day) else "not active today"
    where = " < ".join(section.name for section in directory.above(person.section)) or "no section"
    print(plain(f"{person.name}  {person.address}  {where}  {state}"))
    for role in (Role.ISM, Role.BUR, Role.CSO, Role.CISO):
        who = [
            f"{a.person.name}" + (f" (for {a.on_behalf.name})" if a.on_behalf else "")
            for a in directory.authorities(role, person.address, day)
        ]
        print(plain(f"  {directory.role_names[role]}: {', '.join(who) or 'nobody'}"))
    return 0


async def _unused(book: Book, days: int) -> int:
    people = await book.unused(days)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("address", "name", "section", "last sent"))
    writer.writerows((p.address, p.name, p.section, moment(last) if last else "never") for p, last in people)
    return 1 if people else 0


def _values(person: Person) -> dict[str, object]:
    return {
        "address": person.address,
        "name": person.name,
        "section": person.section,
        "roles": person.roles,
        "attribute": person.attribute,
        "since": str(person.since or ""),
        "until": str(person.until or ""),
        "aliases": person.aliases,
        "suspended": person.suspended,
    }

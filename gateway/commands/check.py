"""`mugai check`: everything that would keep the gateway from running well, all at once, without starting it."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway import intake, journal, rights
from gateway import settings as settings_file
from gateway.backup.making import found as backups
from gateway.backup.manifest import FILE
from gateway.clamd import EICAR
from gateway.directory import Directory
from gateway.doors import listeners
from gateway.incident import plan
from gateway.notice import Notices
from gateway.office import Office
from gateway.policy import file as policy_file
from gateway.policy.book import Policies
from gateway.policy.rules import Policy
from gateway.sandbox import Sandbox
from gateway.scan import ENCRYPTED, ScanFailed, Scanner
from gateway.settings import Settings
from gateway.spool import keys
from gateway.store.opening import open_store
from gateway.trouble import Trouble
from gateway.yaml_file import BadConfiguration

ADVISORY_DAYS = 31  # HD-05: a month's patch day must not go by unseen
# the smallest ZIP with one (empty) member marked as encrypted
ENCRYPTED_ZIP = bytes.fromhex(
    "504b03040a000100000000002100000000000c000000000000000100000061000000000000000000000000"
    "504b01020a000a000100000000002100000000000c0000000000000001000000000000000000000000000000000061"
    "504b050600000000010001002f0000002b0000000000"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`level` is ok, warn or bad."""

    level: str
    about: str
    text: str


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "check",
        help="is everything in order? (点検)",
        description="Checks configuration, sandbox, scanner and store and lists every problem. Exit 0 = fit to run, 1 = not.",
    )
    parser.add_argument(
        "--sign-in",
        nargs="?",
        const="",
        metavar="NAME",
        help="only how staff sign in by LDAP and OpenID Connect, step by step; NAME = whom to look for (asks for the password)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.sign_in is not None:
        return _told(_sign_in(settings_file.load(arguments.config), arguments.sign_in))
    found: list[Found] = []
    try:
        settings = settings_file.load(arguments.config)
    except BadConfiguration as bad:
        settings = None
        found += (Found("bad", "settings", str(problem)) for problem in bad.problems)
    beside = arguments.config.resolve().parent
    found += _files(
        Path(settings.policy) if settings else beside / "policy.yaml",
        Path(settings.notices) if settings else beside / "notices",
        Path(settings.playbooks) if settings else beside / "playbooks.yaml",
    )
    if settings is not None:
        found += _relay(settings)
        found += _store(settings)
        found += _apart(settings, arguments.config)
        found += asyncio.run(_alive(settings))
        found += _sign_in(settings, "")
    return _told(found)


def _sign_in(settings: Settings, name: str) -> list[Found]:
    if not settings.ldap.sign_in and not settings.oidc.issuer:
        return [Found("ok", "sign-in", "by accounts of the console only: ldap.sign_in and oidc.issuer are empty")]
    from gateway.commands import ways_in  # here: the other commands need not wait for the console to load

    return asyncio.run(ways_in.found(settings, name))


def _told(found: Sequence[Found]) -> int:
    for each in found:
        print(f"{each.level:>4}  {each.about}: {each.text}")
    bad_ones = sum(each.level == "bad" for each in found)
    print(f"{bad_ones} problems" if bad_ones else "fit to run", file=sys.stderr)
    return 1 if bad_ones else 0


def _files(policy: Path, notices: Path, playbooks: Path) -> Iterator[Found]:
    try:
        loaded = policy_file.load(policy)
        yield Found("ok", "policy", f"{len(loaded.rules)} rules, version {loaded.version}")
    except BadConfiguration as bad:
        yield from (Found("bad", "policy", str(problem)) for problem in bad.problems)
    try:
        Notices.load(notices)
        yield Found("ok", "notices", "every template renders")
    except BadConfiguration as bad:
        yield from (Found("bad", "notices", str(problem)) for problem in bad.problems)
    try:
        yield Found("ok", "playbooks", f"{len(plan.load(playbooks).playbooks)} playbooks for emergencies")
    except BadConfiguration as bad:  # mail goes on without a plan
        yield from (Found("warn", "playbooks", str(problem)) for problem in bad.problems)


def _relay(settings: Settings) -> Iterator[Found]:
    problems = intake.check_not_open_relay(listeners(settings))
    yield from (Found("bad", "relay", problem) for problem in problems)
    if not problems:
        yield Found("ok", "relay", "no foreign sender reaches a foreign recipient")


def _store(settings: Settings) -> Iterator[Found]:
    try:
        with open_store(settings) as store:
            problems = asyncio.run(store.spool.audit())
            house, today = asyncio.run(store.directory.current()), store.directory.today
            policy, found = asyncio.run(_in_force(Policies(store.db, store.clock, Path(settings.policy))))
            in_clear = asyncio.run(store.db.read(keys.in_clear))
            compared = asyncio.run(journal.search(store.db, kind=journal.AdvisoriesCompared.kind(), limit=1))
            since = asyncio.run(store.db.read(keys.since))
    except (Trouble, OSError) as error:
        yield Found("bad", "store", str(error))
        return
    yield from (Found("bad", "store", problem) for problem in problems)
    yield found
    yield from key(settings.place(keys.FILE), in_clear, (time.time() - since) / 86_400 if since else None)
    yield from _directory(settings, policy, house, today)
    free = shutil.disk_usage(settings.state_directory).free
    level = "ok" if free > settings.queue.free_space else "bad"
    yield Found(
        level, "store", f"{settings.state_directory}: {free >> 20} MB free, {settings.queue.free_space >> 20} MB needed"
    )
    if not problems:
        yield Found("ok", "store", "every recipient is in exactly one state")
    yield backup(settings)
    yield advisories(compared, time.time())


def advisories(compared: Sequence[journal.Entry], now: float) -> Found:
    """The newest comparison with known weaknesses (HD-05)."""
    if not compared:
        return Found("warn", "advisories", "what is installed was never held against known weaknesses: mugai advisories FOLDER")
    facts, days = dict(compared[0].facts), (now - compared[0].at) / 86_400
    what = facts["found"] or "no known weakness"
    text = f"{what}; {facts['parts']} parts held against records up to {facts['newest']}, {days:.0f} days ago"
    return Found("warn" if facts["found"] or days > ADVISORY_DAYS else "ok", "advisories", text)


def backup(settings: Settings) -> Found:
    """The newest one; a night without any is an alarm of the gateway's, days without are worth a word here."""
    folder = settings.backup.folder
    if not folder:
        return Found("warn", "backup", "none is made: set backup.folder, and keep the keys apart (mugai backup --keys)")
    if not (made := backups(Path(folder), settings.hostname)):
        return Found("warn", "backup", f"{folder} holds none yet")
    if Path(folder).stat().st_dev == settings.state_directory.stat().st_dev:
        return Found("warn", "backup", f"{folder} is on the disk of {settings.state_directory}: both would be lost with it")
    days = (time.time() - (made[-1] / FILE).stat().st_mtime) / 86_400
    return Found("ok" if days < 2 else "warn", "backup", f"{made[-1]}, {days:.1f} days old; {len(made)} are there")


def key(file: Path, in_clear: int, days: float | None) -> Iterator[Found]:
    """That it is there and the store's own, opening the store has proven; how old, its owner shall know (mugai keys rotate)."""
    mode, age = stat.S_IMODE(file.stat().st_mode), "of unknown age" if days is None else f"{days:.0f} days old"
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Found("bad", keys.FILE, f"others can read or change it (mode {mode:04o}): `chmod 600 {file}`")
    else:
        yield Found(
            "ok", keys.FILE, f"{file}: of this store, for its owner alone, {age}; without a copy of it no backup can be read"
        )
    if in_clear:
        text = f"{in_clear} contents of an earlier version are not encrypted until their term is over: encrypt the whole disk"
        yield Found("warn", keys.FILE, text)


def _apart(settings: Settings, config: Path) -> Iterator[Found]:
    """Who can read what, where the console is a user of its own."""
    user = settings.console.user
    try:
        problems = list(rights.faults(settings, config))
    except (Trouble, OSError) as error:
        problems = [str(error)]
    yield from (Found("bad", "console.user", problem) for problem in problems)
    if user and not problems:
        yield Found("ok", "console.user", f"{user} has the database and the keys of sign-in, neither contents nor their key")


async def _in_force(policies: Policies) -> tuple[Policy | None, Found]:
    """Which rules the gateway uses; that of a file which was edited in vain is said."""
    try:
        policy, source = await policies.current(), await policies.source()
    except BadConfiguration as bad:
        return None, Found("bad", "rules in force", str(bad.problems[0]))
    if await policies.file_differs():
        hint = f"`mugai policy diff {policies.file}` shows how, `mugai policy propose` makes it count"
        text = f"{source} ({policy.version}); {policies.file} says something else and is NOT used: {hint}"
        return policy, Found("warn", "rules in force", text)
    return policy, Found("ok", "rules in force", f"{source} ({policy.version})")


def _directory(settings: Settings, policy: Policy | None, house: Directory, today: date) -> Iterator[Found]:
    """Nobody would approve: worth knowing before the first mail waits."""
    workflow = settings.workflow
    chains = {
        *workflow.exception_approvers,
        *workflow.change_approvers,
        *workflow.release_approvers,
        *workflow.misdirected_chain,
        *workflow.incident_chain,
    }
    chains |= {rung for rule in (policy.rules if policy else ()) if rule.approval for rung in rule.approval.by}
    if not house.people:
        yield Found("warn", "directory", "is empty: nobody can approve anything; see `mugai directory import --help`")
        return
    for rung in sorted(chains):
        if not any(house.holders(role, today) for role in rung):
            yield Found("warn", "directory", f"nobody is {' or '.join(house.role_names[role] for role in rung)}")
    yield Found("ok", "directory", f"{len(house.people)} people, {len(house.sections)} sections")


async def _alive(settings: Settings) -> list[Found]:
    return [await _sandbox(settings), await _office(settings), *await _scanner(settings)]


async def _sandbox(settings: Settings) -> Found:
    sandbox = Sandbox(minimum_level=settings.sandbox.minimum_level)
    try:
        test = await sandbox.start()
    finally:
        await sandbox.stop()
    text = f"level {test.level} of 4 (landlock ABI {test.landlock_abi}; {test.attempts} attacks tried"
    text += f"; leaks: {', '.join(test.leaks)})" if test.leaks else "; none got through)"
    if test.level < settings.sandbox.minimum_level:
        return Found("bad", "sandbox", f"{text}; {settings.sandbox.minimum_level} is required {test.problem}".strip())
    return Found("ok", "sandbox", text)


async def _office(settings: Settings) -> Found:
    """It converts one document in its lock, after having attacked that."""
    office = Office(enabled=settings.sandbox.office, work=settings.sandbox.office_directory)
    try:
        problem = await office.start()
    finally:
        await office.stop()
    if problem:
        return Found("warn", "LibreOffice", f"{problem}: doc, xls, ppt, RTF and xlsb are withheld")
    return Found("ok", "LibreOffice", "converts in a sandbox of its own; no attack got through")


async def _scanner(settings: Settings) -> list[Found]:
    """clamd must answer, know EICAR, and say so when it did not look inside."""
    path = settings.place(settings.clamav.socket)
    scanner = Scanner(path, largest=settings.clamav.largest, timeout=10)
    try:
        version = await scanner.version()
        eicar = (await scanner.scan(EICAR)).signature
        encrypted = (await scanner.scan(ENCRYPTED_ZIP)).signature
    except ScanFailed as failure:
        return [Found("bad", "clamd", f"{failure}; start clamav-daemon, or set clamav.socket")]
    found = [Found("ok", "clamd", f"{version.engine}, database {version.database}")]
    if not eicar:
        found.append(Found("bad", "clamd", "does not know the EICAR test string: its database is empty"))
    elif version.time == 0:
        found.append(Found("warn", "clamd", "has no dated signature database: run freshclam"))
    elif (hours := (time.time() - version.time) / 3_600) > settings.clamav.alarm_age_hours:
        found.append(Found("warn", "clamd", f"signatures are {hours:.0f} hours old (AV-04)"))
    if not encrypted.startswith(ENCRYPTED):
        found.append(Found("warn", "clamd", "AlertEncrypted is off: set `AlertEncrypted yes` and `AlertExceedsMax yes`"))
    return found

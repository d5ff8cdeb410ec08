"""`mugai explain FILE`: what would become of this mail or file, and why; nothing is delivered, stored or journalled."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from gateway import settings as settings_file
from gateway.commands.parts import part_values, parts_table
from gateway.commands.policy import policy_of
from gateway.commands.terminal import plain
from gateway.inspection import Inspector, ScannerDown
from gateway.model import Client, Direction, Envelope
from gateway.notice import Notices
from gateway.office import Office
from gateway.policy import file as policy_file
from gateway.policy import sentences
from gateway.policy.book import Policies
from gateway.policy.leaks import Leaks
from gateway.policy.rules import Policy
from gateway.sandbox import Sandbox
from gateway.scan import Scanner
from gateway.settings import Settings
from gateway.specimen import Judged, Specimen, judge
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="what would become of a mail or a file, and why (規則の試し)",
        description="Inspects FILE as the gateway would: verdict and findings of each part, the rule that decided."
        " What is no .eml is judged as the only attachment of a mail. Of outbound mail also its class and the personal"
        " information in it; not what needs the records of the gateway. The console's page of the same kind: /rules/test.",
        epilog="Example: mugai explain samples/mail/01.eml --rules draft.yaml --from a@example.com --to b@city.example.lg.jp",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a mail (.eml), or any other file")
    parser.add_argument(
        "--rules", metavar="DRAFT", help="a file, or the number of a version (`mugai policy list`); default: what is in force"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="write the sanitised attachments there")
    parser.add_argument("--direction", type=Direction, choices=list(Direction), default=Direction.INBOUND)
    parser.add_argument("--from", dest="sender", default="sender@example.com", metavar="A", help="reverse-path of the envelope")
    parser.add_argument("--to", dest="recipients", action="append", metavar="B", help="recipient; may be repeated")
    parser.add_argument("--client", default="127.0.0.1", metavar="IP", help="who is supposed to have sent it")
    parser.add_argument("--no-scan", action="store_true", help="explain without clamd")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    try:
        policy = _policy(arguments.rules, settings)
        content = arguments.file.read_bytes()
    except (LookupError, OSError) as error:
        print(f"mugai: {error}", file=sys.stderr)
        return 2
    recipients = tuple(arguments.recipients or (f"staff@{settings.inbound.domains[0]}",))
    envelope = Envelope(arguments.sender, recipients, arguments.direction, Client(arguments.client, 0, "explain"))
    specimen = Specimen(arguments.file.name, content, envelope)
    scanner = None if arguments.no_scan else Scanner(settings.place(settings.clamav.socket), largest=settings.clamav.largest)
    try:
        answers = asyncio.run(_explain(specimen, policy, scanner, settings.sandbox.wall_seconds))
    except ScannerDown as down:
        print(f"mugai: {down}; start clamd, or explain without it: --no-scan", file=sys.stderr)
        return 2
    except ValueError as wrong:
        print(f"mugai: {wrong}: see --from and --to", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps([_values(each) for each in answers], ensure_ascii=False, indent=2))
    else:
        notices = Notices.load(Path(settings.notices))
        for each in answers:
            _show(Console(), notices, policy, each)
    try:
        if arguments.output:
            _write(answers, arguments.output)
    except OSError as error:
        print(f"mugai: {error}", file=sys.stderr)
        return 2
    return 0


def _policy(key: str | None, settings: Settings) -> Policy:
    """What is in force is in the store, once there is one; this command makes none.  Raises BadConfiguration, LookupError."""
    stored = key.isdecimal() if key else settings.place("mugai.sqlite").exists()
    if not stored:
        return policy_file.load(Path(key or settings.policy))
    with open_store(settings) as store:
        return asyncio.run(policy_of(Policies(store.db, store.clock, Path(settings.policy)), key or "current"))


async def _explain(specimen: Specimen, policy: Policy, scanner: Scanner | None, wall: float) -> tuple[Judged, ...]:
    sandbox, office = Sandbox(), Office()
    await sandbox.start()
    try:
        inspector = Inspector(sandbox, scanner, wall_seconds=wall, office=office)
        leaks = Leaks(inspector, policy.signs(), policy.observe.classification, policy.observe.encryption, policy.protection)
        return await judge(specimen, policy, inspector.message, (leaks,))
    finally:
        await sandbox.stop()
        await office.stop()


def _write(answers: Sequence[Judged], place: Path) -> None:
    """Only what was rebuilt and verified.  Never overwrites."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in {each.name: each.content for answer in answers for each in answer.inspection.enclosures}.items():
        with (place / name).open("xb") as file:
            file.write(content)


def _show(console: Console, notices: Notices, policy: Policy, judged: Judged) -> None:
    inspection, group, decision = judged.inspection, judged.group, judged.decision
    console.print(plain(f"{', '.join(group.recipients)}  (profile {group.profile})", "bold"))
    console.print(parts_table(inspection.report, notices))
    console.print(plain(f"{decision.disposition} by rule {decision.rule} ({', '.join(decision.clauses)})", "bold"))
    said = sentences.of_rule(policy.rule(decision.rule), {language: n.kinds for language, n in notices.names.items()})
    console.print(plain(f"{said.ja}\n{said.en}"))
    if decision.reason:
        console.print(plain(decision.reason))
    for seen in inspection.observations:
        console.print(plain(f"{seen.sign}: {'; '.join(notices.sign(seen))}"))
    console.print(
        f"verdict {inspection.verdict.name.lower()}, policy {decision.policy_version}, sandbox level {inspection.sandbox_level}"
    )


def _values(judged: Judged) -> dict[str, object]:
    inspection, group, decision = judged.inspection, judged.group, judged.decision
    return {
        "recipients": group.recipients,
        "profile": group.profile,
        "disposition": decision.disposition,
        "rule": decision.rule,
        "reason": decision.reason,
        "clauses": decision.clauses,
        "policy": decision.policy_version,
        "verdict": inspection.verdict.name.lower(),
        "sandbox_level": inspection.sandbox_level,
        "signs": [{"sign": o.sign, "count": o.count, "evidence": o.evidence} for o in inspection.observations],
        "parts": part_values(inspection.report.walk()),
    }

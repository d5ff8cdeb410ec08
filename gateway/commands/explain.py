"""`mugai explain MESSAGE.eml`: what would become of this mail, and why; nothing is delivered, stored or journalled."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from gateway import settings as settings_file
from gateway.commands.parts import part_values, parts_table
from gateway.commands.terminal import plain
from gateway.inspection import Inspector, ScannerDown
from gateway.model import Client, Decision, Direction, Envelope, Group, Inspection, QueueItem
from gateway.notice import Notices
from gateway.office import Office
from gateway.policy import file as policy_file
from gateway.policy.leaks import Leaks
from gateway.policy.rules import Policy
from gateway.sandbox import Sandbox
from gateway.scan import Scanner


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="what would become of a mail, and why (規則の試し)",
        description="Inspects MESSAGE as the gateway would: verdict and findings of each part, the rule that decided."
        " Of outbound mail also its class and the personal information in it; not what needs the records of the gateway.",
        epilog="Example: mugai explain samples/mail/01.eml --direction inbound --from a@example.com --to b@city.example.lg.jp",
    )
    parser.add_argument("message", type=Path, metavar="MESSAGE.eml")
    parser.add_argument("--direction", type=Direction, choices=list(Direction), default=Direction.INBOUND)
    parser.add_argument("--from", dest="sender", default="sender@example.com", metavar="A", help="reverse-path of the envelope")
    parser.add_argument("--to", dest="recipients", action="append", metavar="B", help="recipient; may be repeated")
    parser.add_argument("--client", default="127.0.0.1", metavar="IP", help="who is supposed to have sent it")
    parser.add_argument("--no-scan", action="store_true", help="explain without clamd")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    policy = policy_file.load(Path(settings.policy))
    try:
        content = arguments.message.read_bytes()
    except OSError as error:
        print(f"mugai: {arguments.message}: {error.strerror}", file=sys.stderr)
        return 2
    recipients = tuple(arguments.recipients or (f"staff@{settings.inbound.domains[0]}",))
    envelope = Envelope(arguments.sender, recipients, arguments.direction, Client(arguments.client, 0, "explain"))
    scanner = None if arguments.no_scan else Scanner(settings.place(settings.clamav.socket), largest=settings.clamav.largest)
    try:
        answers = asyncio.run(_explain(content, envelope, policy, scanner, settings.sandbox.wall_seconds))
    except ScannerDown as down:
        print(f"mugai: {down}; start clamd, or explain without it: --no-scan", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps([_values(*answer) for answer in answers], ensure_ascii=False, indent=2))
    else:
        notices = Notices.load(Path(settings.notices))
        for inspection, group, decision in answers:
            _show(Console(), notices, inspection, group, decision)
    return 0


Answer = tuple[Inspection, Group, Decision]


async def _explain(content: bytes, envelope: Envelope, policy: Policy, scanner: Scanner | None, wall: float) -> list[Answer]:
    sandbox, office = Sandbox(), Office()
    await sandbox.start()
    try:
        inspector = Inspector(sandbox, scanner, wall_seconds=wall, office=office)
        observe, is_outbound = policy.observe, envelope.direction is Direction.OUTBOUND
        leaks = Leaks(inspector, policy.signs(), observe.classification, observe.encryption)
        item = QueueItem("", "", envelope, envelope.recipients, 0.0, len(content), "")
        answers: list[Answer] = []
        for group in policy.split(envelope, envelope.recipients, len(content)):
            profile = policy.profiles[group.profile]
            inspection = await inspector.message(content, profile, keep_leaves=is_outbound)
            if is_outbound:
                inspection = replace(inspection, observations=await leaks.observe(item, inspection))
            decided = policy.decide(envelope, group, len(content), inspection)
            answers += [(inspection, part, decision) for part, decision in decided]
        return answers
    finally:
        await sandbox.stop()
        await office.stop()


def _show(console: Console, notices: Notices, inspection: Inspection, group: Group, decision: Decision) -> None:
    console.print(plain(f"{', '.join(group.recipients)}  (profile {group.profile})", "bold"))
    console.print(parts_table(inspection.report, notices))
    console.print(plain(f"{decision.disposition} by rule {decision.rule} ({', '.join(decision.clauses)})", "bold"))
    if decision.reason:
        console.print(plain(decision.reason))
    for seen in inspection.observations:
        console.print(plain(f"{seen.sign}: {'; '.join(notices.sign(seen))}"))
    console.print(
        f"verdict {inspection.verdict.name.lower()}, policy {decision.policy_version}, sandbox level {inspection.sandbox_level}"
    )


def _values(inspection: Inspection, group: Group, decision: Decision) -> dict[str, object]:
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

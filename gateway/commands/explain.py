"""`mugai explain FILE|RECEIPT`: what would become of this mail or file, and why; nothing is delivered, stored or journalled."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from gateway import settings as settings_file
from gateway.commands.parts import part_values, parts_table
from gateway.commands.policy import policy_of
from gateway.commands.terminal import plain, screen
from gateway.inspection import ScannerDown
from gateway.model import Client, Direction, Disposition, Envelope, State
from gateway.notice import Notices
from gateway.observation import UNSEARCHED, Observation
from gateway.policy import sentences
from gateway.policy.book import Policies
from gateway.policy.rules import Answer, Policy
from gateway.policy.sentences import Sentence
from gateway.policy.words import ANSWERS, DISPOSITIONS
from gateway.rehearsal import Rehearsed, rehearse
from gateway.sandbox import SandboxDown
from gateway.settings import Settings
from gateway.specimen import Specimen
from gateway.spool import MissingContent
from gateway.store.opening import Store, open_store
from gateway.workbench import Workbench


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="what would become of a mail or a file, and why (規則の試し)",
        description="Walks FILE through the gateway by the rules in force (`mugai policy list`) and keeps nothing of it:"
        " verdict and findings of each part, what an outbound mail shows, each rule that was asked, the one that decides, and"
        " the letters that staff would get. What is no .eml is judged as the only attachment of a mail. Memory, directory,"
        " exceptions and lists are those of the store as it is now. The console's page of the same kind: /rules/test.",
        epilog="Example: mugai explain out.eml --direction outbound --from a@city.example.lg.jp --to partner@example.com",
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE|RECEIPT",
        help="a mail (.eml), any other file, or the receipt number of a stored mail: with its own envelope and client",
    )
    parser.add_argument(
        "--rules", metavar="DRAFT", help="a file, or the number of a version (`mugai policy list`); default: what is in force"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="write the sanitised attachments there")
    parser.add_argument("--direction", type=Direction, choices=list(Direction), default=Direction.INBOUND)
    parser.add_argument("--from", dest="sender", metavar="A", help="reverse-path of the envelope")
    parser.add_argument("--to", dest="recipients", action="append", metavar="B", help="recipient; may be repeated")
    parser.add_argument(
        "--client",
        metavar="IP",
        help="who is supposed to have sent it; not said = inside, and SPF is not judged; of a stored mail who did",
    )
    parser.add_argument("--no-scan", action="store_true", help="explain without clamd")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    try:
        with _store(settings) as (settings, store):
            return asyncio.run(_explain(arguments, settings, store))
    except ScannerDown as down:
        print(f"mugai: {down}; start clamd, or explain without it: --no-scan", file=sys.stderr)
    except ValueError as wrong:
        print(f"mugai: {wrong}: see --from and --to", file=sys.stderr)
    except (LookupError, MissingContent, OSError, SandboxDown) as problem:
        print(f"mugai: {problem}", file=sys.stderr)
    return 2


@contextmanager
def _store(settings: Settings) -> Iterator[tuple[Settings, Store]]:
    """The gateway's; where there is none yet this command makes none: an empty one is thrown away afterwards."""
    with ExitStack() as stack:
        if not settings.place("mugai.sqlite").exists():
            scanner = settings.clamav.model_copy(update={"socket": str(settings.place(settings.clamav.socket))})
            empty = stack.enter_context(TemporaryDirectory(prefix="mugai-explain-"))
            settings = settings.model_copy(update={"state_directory": Path(empty), "clamav": scanner})
        yield settings, stack.enter_context(open_store(settings))


async def _explain(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    specimen = await _specimen(arguments, settings, store)
    policies = Policies(store.db, store.clock, Path(settings.policy))
    policy = await policy_of(policies, arguments.rules or "current")
    source = f"{arguments.rules}" if arguments.rules else await policies.source()
    notices = Notices.load(Path(settings.notices))
    async with Workbench(settings, notices, scan=not arguments.no_scan) as bench:
        found = await rehearse(settings, store, notices, bench.inspector, policy, specimen)
    if arguments.json:
        values = [_values(each, policy, source, _sentence(each, notices)) for each in found]
        print(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        console = screen()
        console.print(plain(f"規則 rules: {source} ({policy.version})"), soft_wrap=True)
        if not arguments.rules and await policies.file_differs():
            said = f"{policies.file} は使われていません(使うには mugai policy propose) is not in force"
            console.print(plain(said, "yellow"), soft_wrap=True)
        for each in found:
            _show(console, notices, each)
    if arguments.output:
        _write(found, arguments.output)
    return 0


def _write(found: Sequence[Rehearsed], place: Path) -> None:
    """Only what was rebuilt and verified.  Never overwrites."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content in {e.name: e.content for each in found for e in each.ruling.inspection.enclosures}.items():
        with (place / name).open("xb") as file:
            file.write(content)


async def _specimen(arguments: argparse.Namespace, settings: Settings, store: Store) -> Specimen:
    """Raises LookupError, OSError: neither a file nor a receipt of a mail that is still kept."""
    key = arguments.file.name
    if arguments.file.exists() or not re.fullmatch(r"[0-9]{8}-[0-9A-Za-z]{4,12}", str(arguments.file)):
        return Specimen(key, arguments.file.read_bytes(), _envelope(arguments, settings))
    item = (await store.spool.show(key)).item
    envelope, content = item.envelope, await store.spool.content(item.id)
    if arguments.client is not None:
        envelope = replace(envelope, client=Client(arguments.client, 0, "explain"))
    if isinstance(content, int):
        with os.fdopen(content, "rb") as file:
            content = file.read()
    return Specimen(f"{key}.eml", content, envelope)


def _envelope(arguments: argparse.Namespace, settings: Settings) -> Envelope:
    """What is not said is somebody on the side where such mail comes from and goes to."""
    ours, theirs = f"staff@{settings.inbound.domains[0]}", "somebody@example.com"
    sender, recipient = (theirs, ours) if arguments.direction is Direction.INBOUND else (ours, theirs)
    given = arguments.sender if arguments.sender is not None else sender
    recipients = tuple(arguments.recipients or (recipient,))
    return Envelope(given.strip("<>"), recipients, arguments.direction, Client(arguments.client or "127.0.0.1", 0, "explain"))


def _sentence(found: Rehearsed, notices: Notices) -> Sentence | None:
    return sentences.of_rule(found.decides, notices.names) if found.decides else None


def _show(console: Console, notices: Notices, found: Rehearsed) -> None:
    """What becomes of it first, then the grounds."""
    inspection, decision = found.ruling.inspection, found.ruling.decision
    say = partial(console.print, soft_wrap=True)
    console.rule(plain(f"{', '.join(found.ruling.group.recipients)}  (profile {found.ruling.group.profile})", "bold"))
    say(plain(" ".join(DISPOSITIONS[decision.disposition]), "bold"))
    for line in _why(found, _sentence(found, notices)):
        say(plain(f"  {line}"))
    for line in (*_seen(inspection.observations, notices), *notices.warnings(inspection), *_asked(found)):
        say(plain(line))
    console.print(parts_table(inspection.report, notices))
    for letter in found.letters:
        say(plain(f"{', '.join(letter.to)} ← {letter.subject}", "bold"))
        say(plain("\n".join(f"  │ {line}" for line in letter.text.rstrip().split("\n"))))
    verdict = inspection.verdict.name.lower()
    console.print(f"verdict {verdict}, policy {decision.policy_version}, sandbox level {inspection.sandbox_level}")


def _seen(observed: Sequence[Observation], notices: Notices) -> Iterator[str]:
    for each in observed:
        words = f"{notices.names['ja'].signs[each.sign]} {notices.names['en'].signs[each.sign]}"
        yield f"{each.sign} {each.count if each.count < UNSEARCHED else '?'}: {words}"
        yield from (f"  ・{line}" for line in each.evidence)


def _why(found: Rehearsed, sentence: Sentence | None) -> Iterator[str]:
    decision = found.ruling.decision
    yield f"規則 {decision.rule} ({', '.join(decision.clauses)})" + (f": {decision.reason}" if decision.reason else "")
    if sentence:
        yield from (sentence.ja, sentence.en)
    if found.state is State.HELD and decision.disposition is not Disposition.HOLD:
        yield f"ただし保留する but held: {found.rule}: {found.why}"
    if found.deciders is not None:
        yield f"手続きする人 waits for: {', '.join(found.deciders) or 'だれもいません(名簿を確認) nobody in the directory'}"
    if decision.waived:
        yield f"適用外にしたもの waived by: {', '.join(decision.waived)}"


def _asked(found: Rehearsed) -> Iterator[str]:
    """In their order, those with the same answer on one line; what concerns other mail is left out."""
    yield "規則の順 rules in their order:"
    asked = [each for each in found.asked if each.answer is not Answer.OTHER_MAIL]
    for answer, same in groupby(asked, key=lambda each: each.answer):
        named = ", ".join(each.rule.name + (f" ({each.by})" if each.by else "") for each in same)
        yield f"  {' '.join(ANSWERS[answer])}: {named}"


def _values(found: Rehearsed, policy: Policy, source: str, sentence: Sentence | None) -> dict[str, object]:
    group, inspection, decision = found.ruling.group, found.ruling.inspection, found.ruling.decision
    return {
        "recipients": group.recipients,
        "profile": group.profile,
        "disposition": decision.disposition,
        "state": found.state,
        "rule": decision.rule,
        "reason": decision.reason,
        "state_rule": found.rule,
        "state_why": found.why,
        "sentence": {"ja": sentence.ja, "en": sentence.en} if sentence else None,
        "clauses": decision.clauses,
        "policy": policy.version,
        "policy_source": source,
        "rules": [{"rule": a.rule.name, "answer": a.answer, "by": a.by} for a in found.asked],
        "waived": decision.waived,
        "verdict": inspection.verdict.name.lower(),
        "sandbox_level": inspection.sandbox_level,
        "signs": [{"sign": o.sign, "count": o.count, "evidence": o.evidence} for o in inspection.observations],
        "waits_for": found.deciders,
        "letters": [{"to": each.to, "subject": each.subject, "text": each.text} for each in found.letters],
        "parts": part_values(inspection.report.walk()),
    }

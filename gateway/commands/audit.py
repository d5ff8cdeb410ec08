"""`mugai audit`: what an auditor draws and takes along (AU-01)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import date
from pathlib import Path

from gateway import settings as settings_file
from gateway.audit import confirmation, external, sampling
from gateway.audit.confirmation import Confirmation, Occasion, Result
from gateway.audit.findings import Findings
from gateway.audit.proof import pack_of, subjects_of
from gateway.audit.sampling import ANY, LARGEST, SORTS, Taken
from gateway.audit.working_paper import register, sheet
from gateway.clock import days
from gateway.commands.forms import add_paper, put
from gateway.commands.journal import new_file
from gateway.commands.terminal import operator
from gateway.compliance import demands as demands_file
from gateway.compliance.facts import gather
from gateway.compliance.report import inspect
from gateway.directory import book
from gateway.model import Direction
from gateway.notice import Notices
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from sanitizers.model import Verdict

MOST = 10_000  # findings of a register
_WRONG = {
    "period": "the period goes from a day to a day that is not before it: --since 2026-11-01 --until 2026-11-30",
    "count": f"a sample has 1 to {LARGEST} decisions",
    "on": "the day of the report is not in the future",
    "nothing": "no decision of the period fits",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "audit", help="samples and evidence for an auditor (監査)", description="What an auditor draws."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sample = actions.add_parser(
        "sample",
        help="decisions drawn at random, each with all that happened (抜き取り)",
        description="Draws from the sealed journal; what was drawn, by which seed and from how many is itself recorded. "
        "The same seed, period and journal give the same decisions again.",
        epilog="Example: mugai audit sample --since 2026-11-01 --until 2026-11-30 -n 25 --sort released --purpose 定期監査 "
        "--format pdf --output sample.pdf",
    )
    sample.add_argument("--since", metavar="DATE", help="first day, 2026-11-01 (in Japan)")
    sample.add_argument("--until", metavar="DATE", help="last day, itself included")
    sample.add_argument("-n", dest="count", default="25", metavar="COUNT", help=f"how many, at most {LARGEST} (default: 25)")
    sample.add_argument("--sort", choices=(ANY, *SORTS), default=ANY, help=f"of decision (default: {ANY})")
    sample.add_argument("--direction", choices=tuple(Direction), default="", help="of the mail (default: both)")
    verdicts = tuple(each.name.lower() for each in Verdict)
    sample.add_argument("--verdict", choices=verdicts, default="", help="of the inspection (default: any)")
    sample.add_argument("--seed", default="", help="any text (default: a new random one, printed)")
    sample.add_argument("--purpose", default="", help="why; it is recorded, and a new sample needs it")
    sample.add_argument("--again", type=int, metavar="NUMBER", help="an earlier sample instead: draws it again and compares")
    add_paper(sample)
    sample.set_defaults(act=_sample)
    proof = actions.add_parser(
        "evidence",
        help="an evidence pack for requirements over a period: judgement, settings, entries (監査証拠)",
        description="Judges the requirements as `mugai report self-inspection` does and packs the judgement with the settings "
        "and rules that it rests on, and the journal's entries of the period that prove it. Checked anywhere by "
        "`mugai journal verify --pack`.",
        epilog="Example: mugai audit evidence --profile miyazaki --requirement LG-08 --since 2026-04-01 --until 2026-09-30 "
        "--reason 定期監査 -o LG-08.zip",
    )
    proof.add_argument("--profile", required=True, metavar="NAME", help="a folder of config/profiles/, or with a demands.yaml")
    proof.add_argument("--requirement", required=True, action="append", metavar="ID", help="LG-08; may be given several times")
    proof.add_argument("--since", required=True, metavar="DATE", help="first day, 2026-04-01 (in Japan)")
    proof.add_argument("--until", required=True, metavar="DATE", help="last day, itself included")
    proof.add_argument("--reason", required=True, help="why; it is recorded and stands in the chain-of-custody sheet")
    proof.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="made anew, readable by you alone")
    proof.set_defaults(act=_evidence)
    found = actions.add_parser("findings", help="the register of audit findings with all that was done (指摘事項の台帳)")
    add_paper(found)
    found.set_defaults(act=_findings)
    _add_external(actions)
    parser.set_defaults(run=run)


def _add_external(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    checklist = actions.add_parser(
        "external",
        help="β-type: the extra measures with state and evidence, for an external auditor (外部監査)",
        description="For a house of model beta or beta_prime (`segments:` in gateway.yaml), before it is introduced and "
        "regularly afterwards (AU-03). Each measure with the state of its requirements, and what lies outside the gateway.",
        epilog="Example: mugai audit external --profile miyazaki --format pdf --output checklist.pdf",
    )
    checklist.add_argument("--profile", required=True, metavar="NAME", help="a folder of config/profiles/")
    checklist.add_argument("--days", type=float, default=365, help="how far back the journal is read (default: 365)")
    add_paper(checklist)
    checklist.set_defaults(act=_external)
    done = actions.add_parser(
        "confirmed",
        help="records that an external auditor looked, with the result (外部監査の記録)",
        epilog="Example: mugai audit confirmed --occasion regular --auditor 例示監査法人 --on 2026-10-01 --result passed "
        "--reference 文書番号123",
    )
    done.add_argument("--occasion", required=True, choices=tuple(Occasion), help="before the introduction, or regular")
    done.add_argument("--auditor", required=True, help="the firm or person outside")
    done.add_argument("--on", required=True, type=date.fromisoformat, metavar="DATE", help="day of the auditor's report")
    done.add_argument("--result", required=True, choices=tuple(Result))
    done.add_argument("--reference", required=True, help="where the auditor's report is: number, file, shelf")
    done.set_defaults(act=_confirmed)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        try:
            code: int = asyncio.run(arguments.act(arguments, settings, store))
        except (ValueError, LookupError) as wrong:
            print(f"mugai: {_WRONG.get(str(wrong), str(wrong))}", file=sys.stderr)
            return 2
        return code


async def _sample(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    taken = await (_again if arguments.again is not None else _new)(arguments, store)
    if taken is None:
        print("mugai: drawn again, it is not the same: run `mugai journal verify`", file=sys.stderr)
        return 1
    decisions, names = await store.db.read(sampling.decisions, taken.sample), Notices.load(Path(settings.notices)).names["ja"]
    sample = taken.sample
    drawn = f"{len(sample.drawn)} of {sample.population}, seed {sample.sought.seed}, journal of {sample.size} entries"
    print(f"sample {taken.number}: {drawn}", file=sys.stderr)
    return await put(arguments, sheet(taken, decisions, names, settings.organisation))


async def _new(arguments: argparse.Namespace, store: Store) -> Taken:
    if not arguments.purpose.strip():
        raise ValueError("--purpose is needed; it is recorded")
    values = {"first": arguments.since or "", "last": arguments.until or "", "verdict": arguments.verdict.upper()}
    values |= {name: getattr(arguments, name) for name in ("count", "seed", "sort", "direction")}
    await store.journal.seal()  # a gateway that does not run seals nothing
    return await sampling.take(store, sampling.sought(values), operator(), arguments.purpose.strip())


async def _again(arguments: argparse.Namespace, store: Store) -> Taken | None:
    found = await store.db.read(sampling.taken, arguments.again)
    return found if await store.db.read(sampling.is_same, found.sample) else None


async def _evidence(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    try:
        first, last = date.fromisoformat(arguments.since), date.fromisoformat(arguments.until)
    except ValueError:
        raise ValueError("period") from None
    since, until = days(first, last)
    demands, names = demands_file.load(arguments.profile, arguments.config), [name.upper() for name in arguments.requirement]
    subjects_of(names)  # a name that nobody knows is told at once
    facts = await gather(settings, arguments.config, store, demands, since, until)
    profile = Path(arguments.profile).name
    made = await pack_of(store, facts, profile, names, since, until, operator(), arguments.reason)
    with new_file(arguments.output) as file:
        file.write(made.content)
    print(f"{arguments.output}: {made.entries} entries, SHA-256 {made.sha256}")
    return 0


async def _findings(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    found = Findings(store.db, store.clock)
    return await put(arguments, register(await found.whole(MOST), settings.organisation, found.today))


async def _external(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    if not settings.segments.model.is_beta:
        print(f"mugai: segments.model is {settings.segments.model}; AU-03 asks this of beta and beta_prime", file=sys.stderr)
    since = max(0.0, store.clock.now() - arguments.days * 86_400)
    facts = await gather(settings, arguments.config, store, demands_file.load(arguments.profile, arguments.config), since)
    report = inspect(facts, Path(arguments.profile).name, since)
    return await put(arguments, external.sheet(report, settings.segments, facts.confirmed, facts.today))


async def _confirmed(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    occasion, result = Occasion(arguments.occasion), Result(arguments.result)
    made = Confirmation(arguments.auditor.strip(), occasion, arguments.on, result, arguments.reference.strip(), operator())
    await confirmation.record(store, made)
    found = await store.db.read(confirmation.confirmations)
    lacks = confirmation.missing(found, settings.segments.external_audit_months, book.day(store.clock.now()))
    print("; ".join(each.en for each in lacks) or "recorded")
    return 1 if lacks else 0

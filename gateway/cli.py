"""The command `mugai`: declares the subcommands and turns every expected trouble into one sentence.

Exit codes: 0 done, 1 done but something was held, withheld or found wrong, 2 usage or set-up.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gateway.commands import (
    baseline,
    bench,
    cases,
    check,
    console,
    cutoff,
    demo,
    digest,
    directory,
    explain,
    journal,
    policy,
    quarantine,
    queue,
    replay,
    report,
    sanitize,
    senders,
    serve,
)
from gateway.trouble import Trouble
from gateway.yaml_file import BadConfiguration

COMMANDS = (
    *(serve, check, demo, sanitize, explain, queue, quarantine, senders, digest, journal, cutoff, directory, cases, console),
    *(bench, baseline, report, policy, replay),
)
DEFAULT_CONFIG = Path(__file__).resolve().parent.parent / "config" / "gateway.yaml"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="mugai",
        description="無害: e-mail and file sanitisation gateway. メールとファイルの無害化ゲートウェイ",
        epilog="Start with `mugai check`; then `mugai serve`. Each command explains itself with --help.",
    )
    top.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"gateway.yaml (default: {DEFAULT_CONFIG})"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        return int(code)
    except BadConfiguration as bad:
        print("mugai: the configuration has problems; nothing was started:", file=sys.stderr)
        for problem in bad.problems:
            print(f"  {problem}", file=sys.stderr)
        return 2
    except Trouble as trouble:
        print(f"mugai: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())

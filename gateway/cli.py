"""The command `mugai`: declares the subcommands and turns every expected trouble into one sentence.

Exit codes: 0 done, 1 done but something was held, withheld or found wrong, 2 usage or set-up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from gateway.trouble import Trouble
from gateway.yaml_file import BadConfiguration

MODULES = (
    *("serve", "check", "demo", "sanitize", "explain", "queue", "quarantine", "senders", "digest", "journal", "cutoff"),
    *("directory", "cases", "console", "bench", "baseline", "report", "policy", "replay", "audit", "backup", "materials"),
    "keys",
)
_SEVERAL = {  # the others declare one command, of their own name
    "cutoff": ("stop", "resume", "isolate"),
    "backup": ("backup", "restore"),
    "materials": ("sbom", "advisories"),
    "cases": (
        *("approval", "password", "delay", "exception", "misdirected", "incident"),
        *("violation", "certification", "disposal"),
    ),
}
COMMANDS = {command: module for module in MODULES for command in _SEVERAL.get(module, (module,))}
DEFAULT_CONFIG = Path(__file__).resolve().parent.parent / "config" / "gateway.yaml"


def parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """With the command that was asked for, or with all: to import all of them takes a second."""
    top = argparse.ArgumentParser(
        prog="mugai",
        description="無害: e-mail and file sanitisation gateway. メールとファイルの無害化ゲートウェイ",
        epilog="Start with `mugai check`; then `mugai serve`. Each command explains itself with --help.",
    )
    top.add_argument(
        "-c", "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"gateway.yaml (default: {DEFAULT_CONFIG})"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = argv[2:] if argv[:1] in (["-c"], ["--config"]) else [word for word in argv if not word.startswith("--config=")]
    asked = COMMANDS.get(words[0]) if words else None
    for module in [asked] if asked else MODULES:
        import_module(f"gateway.commands.{module}").add(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words).parse_args(words)
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

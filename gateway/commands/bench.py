"""`mugai bench cdr`, `console`, `mail` and `policy`: what sanitisers, console, the whole path and the rules cost here.

Exit 0 = measured, 1 = measured, but something that was sent did not arrive, 2 = usage or set-up.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.bench import KINDS, SIZES


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bench",
        help="what it costs on this machine (性能測定)",
        description="Measures the sanitisers (cdr), the whole path (mail), the rules alone (policy) or the console (console).",
    )
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    _add_cdr(kinds.add_parser("cdr", help="each format, beside the least that it must cost (ファイルの無害化)"))
    _add_console(kinds.add_parser("console", help="the console with many mails held (管理画面)"))
    _add_mail(kinds.add_parser("mail", help="a whole gateway under load, in a state of its own (メールの配送)"))
    _add_policy(kinds.add_parser("policy", help="what observers and rules add to a text mail that leaves (規則の判定)"))


def _add_cdr(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Sanitises a reproducible set of synthetic files, or the files given, and measures time, memory and effect."
    )
    parser.epilog = "Example: mugai bench cdr --json now.json --html now.html --compare before.json"
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders; default: the synthetic set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure, for a later --compare")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with plots")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="each file so many times (default: 3)")
    parser.add_argument("--size", action="append", choices=SIZES, help="of the synthetic set; may be repeated (default: all)")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="show the change since an earlier --json")
    parser.set_defaults(run=_cdr)


def _add_mail(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Starts a gateway, a clamd and a next hop that keeps nothing, sends N mails through and waits for them."
    )
    parser.epilog = "Example: mugai bench mail --kind docx --count 500 --core 0"
    parser.add_argument("--count", type=int, default=300, metavar="N", help="mails (default: 300)")
    parser.add_argument("--kind", choices=KINDS, default="text", help="text 5 KB, docx 100 KB, mixed 70:30 (default: text)")
    parser.add_argument("--sessions", type=int, default=8, metavar="K", help="SMTP connections at once (default: 8)")
    parser.add_argument("--core", type=int, metavar="C", help="pin everything but the sender to this core")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where the state is made; take the disk that counts")
    parser.set_defaults(run=_mail)


def _add_console(parser: argparse.ArgumentParser) -> None:
    parser.description = "Fills a store of its own with synthetic held mails and asks the console for each page."
    parser.epilog = "Example: mugai bench console --count 100000"
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="mails held (default: 100000)")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where the state is made; take the disk that counts")
    parser.set_defaults(run=_console)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Has N outbound text mails inspected and judged by the shipped rules in a store of its own, with 1,000 people and"
        " 20,000 correspondents, and tells what the judging adds: in ms, and as a ratio to the inspection beside it."
    )
    parser.epilog = "Example: mugai bench policy --count 300"
    parser.add_argument("--count", type=int, default=200, metavar="N", help="mails (default: 200)")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where the state is made; take the disk that counts")
    parser.set_defaults(run=_policy)


# The sanitisers and their libraries are loaded only here: every other command, the gateway above all, stays without parsers.


def _cdr(arguments: argparse.Namespace) -> int:
    from gateway.bench import session

    return session.run_cdr(arguments)


def _console(arguments: argparse.Namespace) -> int:
    from gateway.bench import session

    return session.run_console(arguments)


def _mail(arguments: argparse.Namespace) -> int:
    from gateway.bench import session

    return session.run_mail(arguments)


def _policy(arguments: argparse.Namespace) -> int:
    from gateway.bench import session

    return session.run_policy(arguments)

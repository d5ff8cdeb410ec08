"""What the forms of cases share: who acts and why, and a sheet on the paper that was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from gateway import paper
from gateway.commands.terminal import plain
from gateway.paper import FORMS, NoPaper, Sheet
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.workflow.engine import Workflow

Form = Callable[[argparse.Namespace, Workflow, Store, Settings], Awaitable[int]]
Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_hand(action: argparse.ArgumentParser) -> None:
    action.add_argument("--as", dest="actor", required=True, metavar="ADDRESS", help="who does this, as in `mugai directory`")
    action.add_argument("--reason", required=True, help="goes into the record")


def add_paper(parser: argparse.ArgumentParser, usual: str = "text") -> None:
    parser.add_argument("--format", choices=FORMS, default=usual, help=f"pdf needs LibreOffice (default: {usual})")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to the terminal")


async def put(arguments: argparse.Namespace, made: Sheet) -> int:
    return await put_written(arguments, partial(paper.write, made))


def require_paper(arguments: argparse.Namespace) -> None:
    """Before the work begins, or anything of it is recorded.  Raises NoPaper."""
    if arguments.format == "pdf":
        if not arguments.output:
            raise NoPaper("a PDF goes into a file: --output FILE")
        paper.printer()


async def put_written(arguments: argparse.Namespace, write: Callable[[str], Awaitable[bytes]]) -> int:
    """What `write` makes of the form that was asked for, to where it was asked for; 2 and a reason if that is not possible."""
    try:
        require_paper(arguments)
        content = await write(arguments.format)
        if arguments.output:
            arguments.output.write_bytes(content)
        elif arguments.format == "text":
            print(plain(content.decode()), end="")
        else:
            sys.stdout.write(content.decode())
    except NoPaper as problem:
        print(f"mugai: {problem}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"mugai: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0

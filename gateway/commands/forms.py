"""What the forms of cases share: who acts and why, and a sheet on the paper that was asked for."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
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
    try:
        content = await asyncio.to_thread(paper.write, made, arguments.format)
        if arguments.output:
            arguments.output.write_bytes(content)
        elif arguments.format == "text":
            print(plain(content.decode()), end="")
        elif arguments.format == "pdf":
            print("mugai: a PDF goes into a file: --output FILE", file=sys.stderr)
            return 2
        else:
            sys.stdout.write(content.decode())
    except NoPaper as problem:
        print(f"mugai: {problem}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"mugai: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0

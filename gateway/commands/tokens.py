"""`mugai console token`: what programs show at the API; made, listed, revoked.  Works beside a running console.

Whoever is at the machine can read its keys anyway, so here the secret is shown to whoever makes the token; on the screen
/tokens only its owner sees it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from gateway import settings as settings_file
from gateway.api.scopes import LONGEST_DAYS, SCOPES, TokenScope
from gateway.commands.terminal import moment, operator, plain, screen
from gateway.store.opening import open_store
from gateway.words import Refusal

if TYPE_CHECKING:
    from gateway.api.tokens import Token, Tokens

EPILOG = "Scopes:\n" + "\n".join(f"  {scope:20} {use.words.ja} / {use.words.en}" for scope, use in SCOPES.items())


def add(parser: argparse.ArgumentParser) -> None:
    """Below `mugai console`, which alone serves it."""
    things = parser.add_subparsers(metavar="token")
    actions = things.add_parser(
        "token",
        help="tokens of the API for programs (APIトークン)",
        description="A token is its owner: it has at most the owner's rights, dies with the account, and is no second person.",
        epilog="Example: mugai console token create --owner hana --name SOC --scope journal:read --days 90 "
        "--network 192.0.2.0/24",
    ).add_subparsers(required=True, metavar="create|list|revoke")
    maker = actions.add_parser(
        "create",
        help="make one; the secret is printed once",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    maker.add_argument("--owner", required=True, metavar="ACCOUNT", help="the account that it acts as")
    maker.add_argument("--name", required=True, help="what it is for")
    maker.add_argument("--scope", required=True, action="append", choices=list(TokenScope), metavar="SCOPE", help="see below")
    maker.add_argument("--days", required=True, type=float, help=f"until it ends; {LONGEST_DAYS} at most")
    maker.add_argument("--section", action="append", default=[], help="section code or pattern of recipients: no other mail")
    maker.add_argument("--network", action="append", default=[], help="from where it may be used (default: console.peers)")
    maker.set_defaults(run=run, act=_create)
    lister = actions.add_parser("list", help="all tokens, when they were last used and from where")
    lister.add_argument("--json", action="store_true")
    lister.set_defaults(run=run, act=_list)
    revoker = actions.add_parser("revoke", help="end one now")
    revoker.add_argument("mark", help="the eight characters after mugai_")
    revoker.set_defaults(run=run, act=_revoke)


def run(arguments: argparse.Namespace) -> int:
    from gateway.api.tokens import Tokens  # here: the other commands need not wait for the console's passwords to load

    settings = settings_file.load(arguments.config)
    try:
        with open_store(settings) as store:
            code: int = asyncio.run(arguments.act(arguments, Tokens(store.db, store.clock)))
            return code
    except (Refusal, LookupError) as problem:
        print(f"mugai: {problem}", file=sys.stderr)
        return 2


async def _create(arguments: argparse.Namespace, tokens: Tokens) -> int:
    from gateway.api.tokens import Wanted

    scopes, limits = tuple(map(TokenScope, arguments.scope)), (tuple(arguments.section), tuple(arguments.network))
    made = await tokens.make(Wanted(arguments.name, arguments.owner, scopes, arguments.days, *limits), operator())
    print(await tokens.take(made.mark, made.account.name, operator()))
    print(f"{made.mark} acts as {made.account.name} until {moment(made.expires_at)}; it is not shown again", file=sys.stderr)
    return 0


async def _list(arguments: argparse.Namespace, tokens: Tokens) -> int:
    found = await tokens.list()
    print(json.dumps([_values(each) for each in found], ensure_ascii=False)) if arguments.json else _table(found)
    return 0


async def _revoke(arguments: argparse.Namespace, tokens: Tokens) -> int:
    await tokens.revoke(arguments.mark, operator())
    print(f"{arguments.mark} is revoked")
    return 0


def _values(token: Token) -> dict[str, object]:
    return {
        "mark": token.mark,
        "name": token.name,
        "owner": token.account.name,
        "scopes": sorted(token.scopes),
        "sections": token.patterns,
        "networks": [str(each) for each in token.networks],
        "standing": token.standing,
        "made_by": token.made_by,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "used_from": token.used_from,
    }


def _table(found: Sequence[Token]) -> None:
    table = Table()
    for heading in ("mark", "name", "owner", "scopes", "limits", "standing", "ends", "last used"):
        table.add_column(heading, overflow="fold")
    for each in found:
        limits = " ".join((*each.patterns, *map(str, each.networks)))
        used = f"{moment(each.used_at)} {each.used_from}" if each.used_at else "never"
        cells = (each.mark, each.name, each.account.name, " ".join(sorted(each.scopes)), limits, each.standing)
        table.add_row(*map(plain, (*cells, moment(each.expires_at), used)))
    screen().print(table if found else "no tokens")

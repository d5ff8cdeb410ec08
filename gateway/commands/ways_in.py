"""For `mugai check`: does signing in by the house's servers work?  Step by step, each way ends where something is wrong.

The last steps of LDAP need a person: a name, and on a terminal its password, which goes to that server and nowhere else.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator

from gateway.commands.check import Found
from gateway.console import id_token
from gateway.console.credentials import Seal
from gateway.console.provider import CALLBACK, Away, Provider
from gateway.console.roles import WITHOUT_SECOND_FACTOR
from gateway.rights import CONSOLE_KEY
from gateway.settings import Settings
from gateway.store.opening import open_store
from gateway.trouble import Trouble
from gateway.yaml_file import BadConfiguration


async def found(settings: Settings, name: str) -> list[Found]:
    steps = list[Found]()
    ways = [_ldap(settings, name)] if settings.ldap.sign_in else []
    ways += [_openid(settings)] if settings.oidc.issuer else []
    for way in ways:
        try:
            steps += [each async for each in way]
        except (BadConfiguration, Away, Trouble) as problem:
            steps.append(Found("bad", "sign-in", str(problem)))
    return steps


async def _ldap(settings: Settings, name: str) -> AsyncIterator[Found]:
    from gateway.directory import bind  # here: the library is an extra

    entry = await asyncio.to_thread(bind.by_name, settings.ldap, name or "mugai-check")
    yield Found("ok", "LDAP", f"{settings.ldap.url} has a right certificate, accepts our account and answers a search")
    if not name:
        yield Found("ok", "LDAP", "to look for somebody: mugai check --sign-in NAME")
        return
    if not entry.address:
        yield Found("bad", "LDAP", f"ldap.sign_in finds no single, active entry with {settings.ldap.address} for {name}")
        return
    yield Found("ok", "LDAP", f"{name} is {entry.dn} with the address {entry.address}")
    yield await _in_the_directory(settings, entry.address)
    if sys.stdin.isatty() and (password := await asyncio.to_thread(getpass.getpass, f"Password of {name}: ")):
        accepted = await asyncio.to_thread(bind.accepts, settings.ldap, entry, password)
        yield Found("ok", "LDAP", "the password is right") if accepted else Found("bad", "LDAP", "the password is refused")


async def _in_the_directory(settings: Settings, address: str) -> Found:
    with open_store(settings) as store:
        directory, today = await store.directory.current(), store.directory.today
    if (person := directory.person(address)) is None:
        return Found("bad", "directory", f"{address} is nobody's here: mugai directory import --ldap --preview")
    if not person.active(today):
        return Found("bad", "directory", f"{person.name} is not active today: {person.suspended or 'see since and until'}")
    second = settings.console.second_factor and not set(person.roles) <= WITHOUT_SECOND_FACTOR
    return Found("ok", "directory", f"{person.name}, {' '.join(person.roles)}{', with a second factor' if second else ''}")


async def _openid(settings: Settings) -> AsyncIterator[Found]:
    with open_store(settings) as store:
        provider = Provider(settings.oidc, settings.console.origin, Seal(settings.place(CONSOLE_KEY)), store.clock)
    metadata = await provider.metadata()
    yield Found("ok", "OpenID", f"{metadata.issuer} has a right certificate and its metadata are its own")
    usable = [key for key in await provider.keys() if key.get("kty") in id_token.FAMILIES.values()]
    yield Found("ok" if usable else "bad", "OpenID", f"{len(usable)} keys for RS256, PS256 or ES256")
    if "S256" not in metadata.code_challenge_methods_supported:
        yield Found("warn", "OpenID", "the provider does not say that it knows PKCE (S256); it is sent all the same")
    await provider.knows_us()
    yield Found("ok", "OpenID", f"accepts us as {settings.oidc.client_id}")
    yield Found("ok", "OpenID", f"must know this redirect URI: {settings.console.origin}{CALLBACK}")

"""People from an LDAP server or Active Directory: read-only, over verified TLS, by simple bind.

A simple bind inside LDAPS or StartTLS satisfies a domain controller that demands signing and channel binding.  Sections and
roles come from attributes and groups; deputies stay as they are.  Raises BadConfiguration in one sentence: the server is down,
its certificate is wrong, the password too, an entry does not make a person.  Who signs in is `bind`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import secret_file
from gateway.directory import importing
from gateway.directory.importing import Row
from gateway.directory.model import Directory, Role
from gateway.sign_in_settings import LdapSettings
from gateway.yaml_file import BadConfiguration, Problem

try:
    import bonsai
    from bonsai.errors import AuthenticationError, LDAPError
except ImportError:
    raise BadConfiguration(
        [Problem("gateway.yaml", 0, "ldap", "the LDAP library is missing", "pip install 'mugai[ldap]'")]
    ) from None

PAGE = 500  # entries in one answer; AD gives at most 1,000
MOST = 50_000  # entries: more than any city has staff, and a filter that matches everything is found out
NESTED = 5  # groups in groups
STATE = ["userAccountControl", "nsAccountLock"]  # what `disabled` reads
DISABLED = 0x2  # ADS_UF_ACCOUNTDISABLE in userAccountControl
NEVER = (0, 0x7FFF_FFFF_FFFF_FFFF)  # accountExpires
FILETIME = datetime(1601, 1, 1, tzinfo=UTC)

Entry = Mapping[str, Sequence[Any]]


def load(settings: LdapSettings, known: Directory) -> Directory:
    """`known` gives the sections' order, deputies and what else the server does not say."""
    if not settings.url:
        raise problem(settings, "gateway.yaml names no server", "set ldap.url")
    try:
        return importing.read_rows(settings.url, list(_people(settings)), known)
    except AuthenticationError:
        raise problem(settings, f"does not accept {settings.user} with the password in {settings.password_file}") from None
    except LDAPError as error:
        raise problem(settings, f"{error}", "is it up, is the certificate signed by ca_file, is base right?") from None


def _people(settings: LdapSettings) -> Iterator[Row]:
    with client(settings).connect(timeout=settings.timeout) as connection:
        roles = _roles(connection, settings)
        attributes = [settings.address, settings.name, settings.section, settings.bureau, settings.aliases]
        attributes += ["cn", "accountExpires", *STATE]
        found = connection.paged_search(
            settings.base,
            bonsai.LDAPSearchScope.SUBTREE,
            settings.filter,
            [name for name in attributes if name],
            settings.timeout,
            page_size=PAGE,
        )
        for number, entry in enumerate(found):
            if number >= MOST:
                raise problem(settings, f"more than {MOST} entries match the filter", "narrow ldap.base or ldap.filter")
            if not disabled(entry):
                yield _row(settings, str(entry.dn), entry, roles)


def client(settings: LdapSettings) -> Any:
    """Binds as the account that may read."""
    return client_as(settings, settings.user, secret_file.read(settings.password_file, "ldap.password_file"))


def client_as(settings: LdapSettings, user: str, password: str) -> Any:
    if not password or "\0" in password:  # RFC 4513 5.1.2: a server takes none for an anonymous bind and says success
        raise ValueError("an empty password is never sent")
    made = bonsai.LDAPClient(settings.url, tls=settings.start_tls)
    made.set_credentials("SIMPLE", user=user, password=password)
    made.set_cert_policy("demand")
    if settings.ca_file:
        made.set_ca_cert(settings.ca_file)
    made.set_server_chase_referrals(False)  # another server would get the password
    made.set_ignore_referrals(True)
    return made


def _roles(connection: Any, settings: LdapSettings) -> dict[str, list[Role]]:
    """Roles by the DN of the person, in lower case."""
    roles: dict[str, list[Role]] = {}
    for role, groups in settings.roles.items():
        members: set[str] = set()
        for group in groups:
            if not _members(connection, group, settings.timeout, NESTED, members):
                raise problem(settings, f"there is no group {group}", f"see ldap.roles.{role}")
        for dn in members:
            roles.setdefault(dn, []).append(role)
    return roles


def _members(connection: Any, group: str, timeout: float, depth: int, found: set[str]) -> bool:
    """Adds all in the group to `found`, and those of groups in it; False: there is no such entry."""
    names = ["member", "uniqueMember"]
    entries = connection.search(group, bonsai.LDAPSearchScope.BASE, "(objectClass=*)", names, timeout)
    for dn in (str(value) for entry in entries for name in names for value in entry.get(name, ())):
        if dn.lower() not in found:
            found.add(dn.lower())
            if depth:
                _members(connection, dn, timeout, depth - 1, found)
    return bool(entries)


def disabled(entry: Entry) -> bool:
    control = text(entry, "userAccountControl")
    return bool(control.isdecimal() and int(control) & DISABLED) or text(entry, "nsAccountLock").lower() == "true"


def _row(settings: LdapSettings, dn: str, entry: Entry, roles: dict[str, list[Role]]) -> Row:
    cells = {
        "address": text(entry, settings.address),
        "name": text(entry, settings.name) or text(entry, "cn"),
        "section": text(entry, settings.section),
        "aliases": " ".join(_aliases(entry, settings)),
        "until": _until(text(entry, "accountExpires")),
        "roles": " ".join(roles.get(dn.lower(), ())),
    }
    if settings.bureau:
        cells["bureau"] = text(entry, settings.bureau)
    return Row(dn, 0, cells)


def _aliases(entry: Entry, settings: LdapSettings) -> Iterator[str]:
    """proxyAddresses holds X500: and SIP: ones as well."""
    own = text(entry, settings.address).lower()
    for value in map(str, entry.get(settings.aliases, ()) if settings.aliases else ()):
        kind, _, address = value.rpartition(":")
        if kind.lower() in ("smtp", "") and address.lower() != own:
            yield address


def _until(expires: str) -> str:
    """AD counts 100 ns since 1601; the day on which it runs out is not counted any more."""
    if not expires.lstrip("-").isdecimal() or int(expires) in NEVER:
        return ""
    return str((FILETIME + timedelta(microseconds=int(expires) / 10) - timedelta(days=1)).date())


def text(entry: Entry, name: str) -> str:
    values = entry.get(name, ())
    return str(values[0]).strip() if values else ""


def problem(settings: LdapSettings, message: str, advice: str = "") -> BadConfiguration:
    return BadConfiguration([Problem(settings.url or "gateway.yaml", 0, "ldap", message, advice)])

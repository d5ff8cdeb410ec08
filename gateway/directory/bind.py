"""Does this password belong to this name?  The LDAP server of the house says so, by a bind as that person over verified TLS.

Two steps, so that whoever counts attempts may count by person: first the one entry is looked for, then `accepts` binds as it.
For a name that nobody has there is an entry that nobody has: the server is asked as often, and as slowly.  Groups and roles are
not asked for: those are the directory's.  Blocking; raises BadConfiguration: the server is away, or does not know us.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Any

import bonsai  # after `ldap`, which says so when it is missing
from bonsai.errors import (
    AuthenticationError,
    LDAPError,
    NoSuchObjectError,
    PasswordPolicyError,
    ProtocolError,
    SizeLimitError,
    UnwillingToPerform,
)

from gateway.directory import ldap
from gateway.sign_in_settings import LdapSettings

log = logging.getLogger(__name__)
_SPECIAL = {ord(c): f"\\{ord(c):02x}" for c in "*()\\\0"}  # RFC 4515 3; bonsai's own writes NUL as \0
_REFUSED = (AuthenticationError, NoSuchObjectError, PasswordPolicyError, UnwillingToPerform)


@dataclass(frozen=True, slots=True)
class Entry:
    dn: str
    address: str  # lower case; "" = there is no such person, and nobody can bind as `dn`


def escaped(name: str) -> str:
    return name.translate(_SPECIAL)


def by_name(settings: LdapSettings, name: str) -> Entry:
    """Of whoever types this to sign in."""
    return _find(settings, settings.sign_in.replace("{name}", escaped(name)))


def by_address(settings: LdapSettings, address: str) -> Entry:
    """Of whoever signed in before."""
    return _find(settings, f"(&{settings.filter}({settings.address}={escaped(address)}))")


def _find(settings: LdapSettings, wanted: str) -> Entry:
    try:
        with ldap.client(settings).connect(timeout=settings.timeout) as connection:
            names = [settings.address, *ldap.STATE]
            scope = bonsai.LDAPSearchScope.SUBTREE
            found = list(connection.search(settings.base, scope, wanted, names, settings.timeout, sizelimit=2))
    except AuthenticationError:
        raise ldap.problem(settings, f"does not accept {settings.user} with the password in {settings.password_file}") from None
    except SizeLimitError:
        found = []
        log.warning("several entries match %s", wanted)
    except LDAPError as error:
        raise ldap.problem(settings, str(error), "is it up, is the certificate signed by ca_file, is base right?") from None
    if len(found) == 1 and not ldap.disabled(found[0]) and (address := ldap.text(found[0], settings.address).lower()):
        return Entry(str(found[0].dn), address)
    return Entry(f"cn={secrets.token_hex(8)},{settings.base}", "")


def accepts(settings: LdapSettings, entry: Entry, password: str) -> bool:
    try:
        with ldap.client_as(settings, entry.dn, password).connect(timeout=settings.timeout) as connection:
            return bool(entry.address and _is_somebody(connection, entry))
    except _REFUSED:
        return False
    except LDAPError as error:
        raise ldap.problem(settings, str(error)) from None


def _is_somebody(connection: Any, entry: Entry) -> bool:
    """A server that let somebody in as nobody (RFC 4513 5.1.2) answers with an empty name (RFC 4532).  Samba's controller
    does not know that question: it is asked for the entry itself, of which it shows an unknown caller nothing."""
    try:
        return bool(connection.whoami())
    except ProtocolError:
        return bool(connection.search(entry.dn, bonsai.LDAPSearchScope.BASE, "(objectClass=*)", ["objectClass"]))

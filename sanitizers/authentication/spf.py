"""SPF: may this client send for that domain (RFC 7208).

The kept libraries for it speak to the network themselves, which nothing behind the wall can do; so check_host() is here, with
all its limits, and asks through `Dns`.  Not here: explanations (exp=), which would be a stranger's words in our notices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from sanitizers.authentication import spf_macro
from sanitizers.authentication.dns import Dns, Unanswered
from sanitizers.authentication.fields import Unusable
from sanitizers.identity import DOMAIN, RECORD_CHARACTERS, RecordType, Result

_LOOKUPS = 10  # terms that ask the DNS, RFC 7208 4.6.4
_VOID = 2  # questions without an answer, same place
_HOSTS = 10  # names of one mx or ptr, same place
_TERM = re.compile(r"([+?~-]?)([a-z0-9]+)(?::([!-~]+?))?(?:/([0-9]{1,3}))?(?://([0-9]{1,3}))?", re.ASCII | re.IGNORECASE)
_NETWORK = re.compile(r"([+?~-]?)(ip[46]):([0-9a-f.:]+(?:/[0-9]{1,3})?)", re.ASCII | re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=([!-~]*)", re.ASCII | re.IGNORECASE)
_QUALIFIERS = {"": Result.PASS, "+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}
_WITH_TARGET, _WITH_PREFIX = ("include", "exists"), ("a", "mx")  # must name one; may name lengths of prefixes

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class _Mechanism:
    result: Result
    name: str
    target: str = ""  # a domain with macros, "" = the current one
    prefixes: tuple[int, int] = (32, 128)
    network: IPv4Network | IPv6Network | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    mechanisms: tuple[_Mechanism, ...]
    redirect: str


def check(client: str, domain: str, sender: str, helo: str, dns: Dns) -> Result:
    """check_host() (RFC 7208 4); `sender` is the reverse-path or postmaster@HELO.  Never raises."""
    try:
        address = ip_address(client)
        plain = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
        return _Check(plain, sender, helo, dns).host(domain)
    except Unanswered:
        return Result.TEMPERROR
    except (Unusable, ValueError):
        return Result.PERMERROR


class _Check:
    """One evaluation: its limits count over all included records."""

    def __init__(self, client: Address, sender: str, helo: str, dns: Dns):
        self._client, self._sender, self._helo, self._dns = client, sender, helo, dns
        self._lookups = self._voids = 0

    def host(self, domain: str) -> Result:
        texts = self._dns.ask(domain, RecordType.TXT)
        records = [text for text in texts if text.lower() == "v=spf1" or text[:7].lower() == "v=spf1 "]
        if not records:
            return Result.NONE
        if len(records) > 1:
            raise Unusable("two records")
        record = _read(records[0])
        for mechanism in record.mechanisms:
            if self._matches(mechanism, domain):
                return mechanism.result
        if not record.redirect:
            return Result.NEUTRAL
        self._count()
        redirected = self.host(self._expanded(record.redirect, domain))
        if redirected is Result.NONE:
            raise Unusable("redirected to nothing")
        return redirected

    def _matches(self, mechanism: _Mechanism, domain: str) -> bool:
        name = mechanism.name
        if name == "all":
            return True
        if mechanism.network is not None:
            return self._client in mechanism.network
        self._count()
        target = self._expanded(mechanism.target, domain) if mechanism.target else domain
        if name == "include":
            return self._includes(target)
        if name == "exists":
            return bool(self._ask(target, RecordType.A))
        if name == "ptr":
            return self._points_to(target)
        hosts = (target,) if name == "a" else self._ask(target, RecordType.MX)
        if len(hosts) > _HOSTS:
            raise Unusable(f"more than {_HOSTS} mail servers")
        return any(self._is_at(host, mechanism.prefixes) for host in hosts)

    def _includes(self, target: str) -> bool:
        """RFC 7208 5.2."""
        result = self.host(target)
        if result is Result.NONE:
            raise Unusable("included nothing")
        return result is Result.PASS

    def _points_to(self, target: str) -> bool:
        """RFC 7208 5.5; an error here is no match."""
        try:
            names = self._ask(self._client.reverse_pointer, RecordType.PTR)[:_HOSTS]
            inside = [name for name in names if f".{name.lower().rstrip('.')}".endswith(f".{target.lower()}")]
            return any(self._is_at(name, (32, 128)) for name in inside)
        except Unanswered:
            return False

    def _is_at(self, host: str, prefixes: tuple[int, int]) -> bool:
        is_old = isinstance(self._client, IPv4Address)
        length = prefixes[0] if is_old else prefixes[1]
        records = self._ask(host, RecordType.A if is_old else RecordType.AAAA)
        return any(self._client in ip_network(f"{record}/{length}", strict=False) for record in records)

    def _ask(self, name: str, type_: RecordType) -> tuple[str, ...]:
        records = self._dns.ask(name, type_)
        if not records:
            self._voids += 1
            if self._voids > _VOID:
                raise Unusable(f"more than {_VOID} questions without an answer")
        return records

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > _LOOKUPS:
            raise Unusable(f"more than {_LOOKUPS} lookups")

    def _expanded(self, target: str, domain: str) -> str:
        values = spf_macro.Values(self._client, self._sender, self._helo, domain)
        expanded = spf_macro.expand(target, values)
        while len(expanded) > 253:  # RFC 7208 7.3: labels go from the left
            expanded = expanded.partition(".")[2]
        return expanded


def _read(text: str) -> _Record:
    """All terms are read before any is used: one that is wrong spoils the record (RFC 7208 4.6)."""
    if len(text) > RECORD_CHARACTERS:
        raise Unusable("a record that is too long")
    mechanisms, modifiers = [], dict[str, str]()
    for term in text.split(" ")[1:]:
        if match := _MODIFIER.fullmatch(term):
            name = match[1].lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise Unusable(f"{name} twice")
            modifiers[name] = match[2]
        elif term:
            mechanisms.append(_mechanism(term))
    redirect = modifiers.get("redirect")
    if redirect == "":
        raise Unusable("redirected to no name")
    if redirect:
        spf_macro.check(redirect)
    return _Record(tuple(mechanisms), redirect or "")


def _mechanism(term: str) -> _Mechanism:
    if match := _NETWORK.fullmatch(term):
        network = ip_network(match[3], strict=False)
        if network.version != int(match[2][2]):
            raise Unusable("an address of the other kind")
        return _Mechanism(_QUALIFIERS[match[1]], match[2].lower(), network=network)
    match = _TERM.fullmatch(term)
    if match is None:
        raise Unusable("not a term")
    qualifier, name, target = match[1], match[2].lower(), match[3] or ""
    old, new = int(match[4] or 32), int(match[5] or 128)
    if name not in ("all", "ptr", *_WITH_TARGET, *_WITH_PREFIX) or bool(target) < (name in _WITH_TARGET):
        raise Unusable("an unknown mechanism, or one without its name")
    if (name == "all" and target) or ((match[4] or match[5]) and name not in _WITH_PREFIX) or old > 32 or new > 128:
        raise Unusable("a mechanism with more than it may have")
    spf_macro.check(target)
    return _Mechanism(_QUALIFIERS[qualifier], name, target, (old, new))


def domain_of(sender: str, helo: str) -> tuple[str, str]:
    """(domain, sender) to check: of the reverse-path, or of HELO when that is null (RFC 7208 2.4); ("", "") for neither."""
    if not sender:
        sender = f"postmaster@{helo}"
    domain = sender.rpartition("@")[2].rstrip(".").lower()
    return (domain, sender) if DOMAIN.fullmatch(domain) else ("", "")

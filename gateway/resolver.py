"""The DNS, asked of the configured nameservers only.  Tests replace `Resolver`.

Raises `Unresolved` when there is no answer now.  What comes back is bounded, but as hostile as the zone that it is from: this
process hands it on and believes none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdata
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TXT import TXT

from sanitizers.identity import RECORD_CHARACTERS, RECORDS, Answer, Question

_CACHED = 10_000  # answers, each as long as its TTL


class Unresolved(Exception):
    """Timeout, SERVFAIL, no nameserver reachable: perhaps later."""


class Resolver(Protocol):
    async def resolve(self, question: Question) -> Answer:
        """Raises Unresolved."""
        ...


class NameserverResolver:
    """`timeout` in seconds, for one question with all its retries."""

    def __init__(self, nameservers: Sequence[IPv4Address | IPv6Address], timeout: float):
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [str(server) for server in nameservers]
        self._resolver.lifetime = timeout
        self._resolver.cache = dns.resolver.LRUCache(_CACHED)

    async def resolve(self, question: Question) -> Answer:
        try:
            name = dns.name.from_text(question.name)
            found = await self._resolver.resolve(name, question.type.value, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Answer()
        except (dns.exception.DNSException, OSError) as error:
            raise Unresolved(type(error).__name__) from None
        records = (_text(record) for record in sorted(found, key=_preference)[:RECORDS])
        return Answer(tuple(record[: RECORD_CHARACTERS + 1] for record in records))


def _text(record: dns.rdata.Rdata) -> str:
    match record:
        case TXT():
            return b"".join(record.strings).decode("latin-1")
        case MX():
            return record.exchange.to_text(omit_final_dot=True)
        case PTR():
            return record.target.to_text(omit_final_dot=True)
        case _:
            return record.to_text()


def _preference(record: dns.rdata.Rdata) -> int:
    return record.preference if isinstance(record, MX) else 0

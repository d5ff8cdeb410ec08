"""Which recipients of one mail go over which kind of connection: some domains must have TLS (SD-08).

The next hop is the same for all; only what is asked of it differs.  With a smarthost this promises the way to it and no more:
how it goes on from there is its own configuration.  Raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from gateway.model import Cleared, NextHop, TlsPolicy

_STRENGTH = tuple(TlsPolicy)  # declared from the weakest to the strongest


def routes(cleared: Cleared, next_hop: NextHop, tls_domains: Mapping[str, TlsPolicy]) -> Iterator[tuple[Cleared, NextHop]]:
    """The same bytes, once for each policy that some of the recipients need."""
    by: dict[TlsPolicy, list[str]] = {}
    for recipient in cleared.recipients:
        by.setdefault(_policy(recipient, next_hop.tls, tls_domains), []).append(recipient)
    for policy, recipients in by.items():
        yield replace(cleared, recipients=tuple(recipients)), replace(next_hop, tls=policy)


def _policy(recipient: str, least: TlsPolicy, tls_domains: Mapping[str, TlsPolicy]) -> TlsPolicy:
    """The strongest of all that apply: a domain never weakens what the next hop has to do anyway."""
    domain = recipient.rpartition("@")[2].lower()
    asked = (policy for pattern, policy in tls_domains.items() if fnmatchcase(domain, pattern))
    return max((least, *asked), key=_STRENGTH.index)

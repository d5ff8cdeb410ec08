"""Which organisation a domain name belongs to, by the packaged public suffix list (RFC 7489 3.2); pure, nothing is asked.

Private suffixes count, so that two tenants of one host are two organisations.  The list is read when this is imported, which
is before the lock.
"""

from __future__ import annotations

from publicsuffixlist import PublicSuffixList

_SUFFIXES = PublicSuffixList()


def organisation(domain: str) -> str:
    """The organisational domain, in lower case; a public suffix is its own."""
    name = domain.lower().rstrip(".")
    return str(_SUFFIXES.privatesuffix(name) or name)

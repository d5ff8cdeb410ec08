"""Macros in the names of an SPF record (RFC 7208 7).  Raises `Unusable`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from sanitizers.authentication.fields import Unusable

_MACRO = re.compile(r"%(?:([%_-])|\{([slodiphv])([0-9]{0,3})(r?)([.+,/_=-]*)\})", re.ASCII | re.IGNORECASE)
_FIXED = {"%": "%", "_": " ", "-": "%20"}
_EXPANDED = 2_000  # characters; a name has 253, and no mail may blow one up
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Values:
    client: IPv4Address | IPv6Address
    sender: str
    helo: str
    domain: str  # whose record this is

    def of(self, letter: str) -> str:
        local, _, domain = self.sender.rpartition("@")
        return {
            "s": self.sender,
            "l": local or "postmaster",
            "o": domain,
            "d": self.domain,
            "i": _dotted(self.client),
            "p": "unknown",  # RFC 7208 7.3 advises against asking
            "v": "in-addr" if self.client.version == 4 else "ip6",
            "h": self.helo,
        }[letter.lower()]


def check(text: str) -> None:
    if "%" in _MACRO.sub("", text):
        raise Unusable("not a macro")
    if any(match[3] and not int(match[3]) for match in _MACRO.finditer(text)):
        raise Unusable("a macro that keeps nothing")


def expand(text: str, values: Values) -> str:
    expanded = _MACRO.sub(lambda match: _FIXED[match[1]] if match[1] else _one(match, values), text)
    if len(expanded) > _EXPANDED:
        raise Unusable("a name that is too long")
    return expanded


def _one(match: re.Match[str], values: Values) -> str:
    _, letter, keep, reverse, delimiters = match.groups()
    pieces = re.split(f"[{re.escape(delimiters or '.')}]", values.of(letter))
    if reverse:
        pieces.reverse()
    expanded = ".".join(pieces[-int(keep) :] if keep else pieces)
    return expanded if letter.islower() else "".join(map(_escaped, expanded))


def _escaped(character: str) -> str:
    return character if character in _UNRESERVED else "".join(f"%{octet:02X}" for octet in character.encode())


def _dotted(client: IPv4Address | IPv6Address) -> str:
    return str(client) if isinstance(client, IPv4Address) else ".".join(client.exploded.replace(":", ""))

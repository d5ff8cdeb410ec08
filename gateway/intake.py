"""Every reason to say no before 250 that needs no look at the content, and the proof that no door is an open relay.

Pure decisions on frozen values: a function answers None or the Reply that refuses.  Lists are closed: an empty one admits
nobody (S14, SAN-01, HD-03).  Rates, disk space and the stop switch change while we run; they are the `Gate`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol

from gateway.model import Client, Direction, Reply
from gateway.smtp.address import Address, BadAddress, address
from gateway.smtp.data import HeaderCount, HeaderLimits

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listener's conversations.  Seconds, octets, numbers; the defaults' reasons are in `settings.py` where not here."""

    sessions: int = 400
    sessions_per_peer: int = 100
    recipients: int = 1_000
    errors: int = 20  # since the last accepted mail; Postfix's hard error limit
    junk: int = 100  # NOOP, RSET, EHLO since the last accepted mail; Postfix's junk command limit
    command_seconds: float = 300.0  # RFC 5321 4.5.3.2.7
    data_seconds: float = 1_800.0
    session_seconds: float = 3_600.0  # a client with more to say comes again
    minimum_rate: int = 500  # octets a second, beyond the first `command_seconds` of a content; 0 = off


@dataclass(frozen=True, slots=True)
class Listener:
    """One door.  Domains are in lower case; `RCPT TO:<postmaster>` means the first of `recipient_domains`."""

    name: str
    direction: Direction
    host: str
    port: int
    hostname: str  # ours, in the greeting and in Received
    peers: tuple[Network, ...]
    sender_domains: tuple[str, ...] = ()  # outbound: who may write
    recipient_domains: tuple[str, ...] = ()  # inbound: who may be written to
    denied_domains: tuple[str, ...] = ()  # recipients never to be sent to, above all our own on the way out
    certificate: str = ""
    key: str = ""
    require_tls: bool = False
    size_limit: int = 30 << 20
    smtputf8: bool = False
    limits: Limits = field(default_factory=Limits)
    headers: HeaderLimits = field(default_factory=HeaderLimits)


class Gate(Protocol):
    """The reasons to say no that depend on the hour: stop switch, queue length, free space, rates."""

    async def admit(self, listener: Listener, client: Client, sender: str, size: int) -> Reply | None:
        """Asked at MAIL; `size` is the declared one, 0 if none."""

    async def admit_recipient(self, recipient: str) -> Reply | None:
        """Asked at RCPT, after what never changes has said yes."""


def refuse_peer(listener: Listener, peer: str) -> Reply | None:
    ip = ip_address(peer.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip in network for network in listener.peers):
        return None
    return Reply(554, "5.7.1", "this host may not connect here")


def refuse_sender(listener: Listener, sender: Address | None) -> Reply | None:
    """Null reverse-paths pass both ways: delivery reports must (RFC 5321 4.5.5)."""
    if listener.direction is Direction.INBOUND or sender is None or sender.domain in listener.sender_domains:
        return None
    return Reply(550, "5.7.1", "sender domain not allowed here")


def refuse_recipient(listener: Listener, recipient: Address) -> Reply | None:
    inbound = listener.direction is Direction.INBOUND
    if recipient.domain in listener.denied_domains or (inbound and recipient.domain not in listener.recipient_domains):
        return Reply(550, "5.7.1", "relaying denied")
    if recipient.domain.startswith("["):
        return Reply(550, "5.7.1", "address literals are not relayed to")
    if inbound and any(sign in recipient.local for sign in "@%!"):
        return Reply(550, "5.7.1", "sender-specified routing denied")  # the next hop might follow it
    return None


def refuse_header(listener: Listener, header: HeaderCount) -> Reply | None:
    """S17, S18."""
    if header.too_large:
        return Reply(552, "5.3.4", "header block too large")
    if header.received > listener.headers.received or header.hops >= listener.headers.hops:
        return Reply(554, "5.4.6", "mail loop")
    return None


def check_not_open_relay(listeners: Sequence[Listener]) -> list[str]:
    """What is wrong, in sentences; empty = nobody foreign can send to anybody foreign through any of these doors."""
    return [problem for listener in listeners for problem in _leaks(listener)]


def _leaks(listener: Listener) -> Iterator[str]:
    outbound = listener.direction is Direction.OUTBOUND
    if not listener.peers:
        yield f"{listener.name}: no peer may connect"
    if outbound and any(network.prefixlen == 0 for network in listener.peers):
        yield f"{listener.name}: everybody may connect to the way out"
    if not (listener.sender_domains if outbound else listener.recipient_domains):
        yield f"{listener.name}: no domain is allowed"
    for sender, recipient in _battery(listener):
        try:
            who, whom = address(sender) if sender else None, address(recipient)
        except BadAddress:
            continue  # has no parse, so MAIL or RCPT refuses it
        if refuse_sender(listener, who) is None and refuse_recipient(listener, whom) is None:
            yield f"{listener.name}: would relay from <{sender}> to <{recipient}>"


def _battery(listener: Listener) -> Iterator[tuple[str, str]]:
    """The ORDB relay tests, foreign to foreign in every disguise.

    On the way out the recipient may be anybody, so there it is the sender that must not be foreign; null reverse-paths are
    left to the peers list.
    """
    outbound = listener.direction is Direction.OUTBOUND
    senders = ["spammer@example.net", "spammer@[192.0.2.1]", "spammer@localhost"]
    recipients = ["victim@example.net", "victim@[192.0.2.9]", "victim@localhost", "victim"]
    for own in listener.sender_domains if outbound else listener.recipient_domains:
        disguises = [f"x@sub.{own}", f"x@{own}.example.net", f"x@evil{own}", f"x@{own}@example.net", f"@{own}:x@example.net"]
        senders += disguises if outbound else [f"user@{own}", ""]
        recipients += disguises
        if not outbound:
            recipients += [f"victim%example.net@{own}", f"example.net!victim@{own}", f'"victim@example.net"@{own}']
        recipients += [f"x@{denied}" for denied in listener.denied_domains]
    yield from ((sender, recipient) for sender in senders for recipient in recipients)

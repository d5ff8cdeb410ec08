"""The two doors of the gateway as its settings describe them: who may come in, for whom, within which limits (SAN-01)."""

from __future__ import annotations

from dataclasses import replace

from gateway.intake import Limits, Listener
from gateway.model import Direction
from gateway.settings import ListenerSettings, Settings


def listeners(settings: Settings) -> tuple[Listener, Listener]:
    """Inwards only to our domains, outwards only from them and never back to ourselves."""
    inbound, outbound = settings.inbound, settings.outbound
    return (
        replace(_listener("inbound", Direction.INBOUND, inbound, settings), recipient_domains=inbound.domains),
        replace(
            _listener("outbound", Direction.OUTBOUND, outbound, settings),
            sender_domains=outbound.domains,
            denied_domains=inbound.domains,
        ),
    )


def _listener(name: str, direction: Direction, side: ListenerSettings, settings: Settings) -> Listener:
    smtp = settings.smtp
    limits = Limits(
        sessions=smtp.sessions,
        sessions_per_peer=smtp.sessions_per_peer,
        recipients=smtp.recipients,
        errors=smtp.errors,
        command_seconds=smtp.command_seconds,
        data_seconds=smtp.data_seconds,
        minimum_rate=smtp.minimum_rate,
    )
    return Listener(
        name=name,
        direction=direction,
        host=side.host,
        port=side.port,
        hostname=settings.hostname,
        peers=side.peers,
        certificate=side.certificate,
        key=side.key,
        require_tls=side.require_tls,
        size_limit=side.size_limit,
        smtputf8=side.smtputf8,
        limits=limits,
    )

"""The path of a mail as the settings say: where a `Pipeline` is made, for the gateway and for each rehearsal of it alike.

Raises BadConfiguration.  What walks the path, and what becomes of its settlements, is for whoever asks for one.
"""

from __future__ import annotations

from gateway.backoff import Backoff
from gateway.candidates import Candidates, Recent
from gateway.clearance import Clearance
from gateway.clock import Clock
from gateway.contacts import Contacts
from gateway.deception import Own
from gateway.identity import Authenticator, Identifier
from gateway.inspection import Inspector
from gateway.model import Direction, NextHop
from gateway.notice import Notices
from gateway.notifier import Notifier, postmaster
from gateway.pipeline import Pipeline
from gateway.policy.observer import House
from gateway.policy.observers import observers_of, own_domains
from gateway.policy.rules import Policy
from gateway.policy.senders import Senders
from gateway.relay import Relay
from gateway.resolver import NameserverResolver
from gateway.sandbox import Sandbox
from gateway.seal import Seal
from gateway.settings import ListenerSettings, Settings
from gateway.store.opening import Store
from gateway.unlocking import Keyring
from gateway.workflow.register import Register


def pipeline_of(
    settings: Settings,
    store: Store,
    policy: Policy,
    notices: Notices,
    notifier: Notifier,
    inspector: Inspector,
    seal: Seal | None = None,
) -> Pipeline:
    keyring, queue = Keyring(store.clock.monotonic), settings.queue
    return Pipeline(
        spool=store.spool,
        inspector=inspector,
        clearance=clearance_of(settings, store.clock, notices, inspector, seal),
        relay=Relay(settings.hostname),
        policy=policy,
        notices=notices,
        tls_domains=settings.outbound.tls_domains,
        next_hops={Direction.INBOUND: next_hop(settings.inbound), Direction.OUTBOUND: next_hop(settings.outbound)},
        backoff=Backoff(queue.first_retry, queue.longest_retry, queue.lifetime_hours * 3_600),
        clock=store.clock,
        worker_deaths=queue.worker_deaths,
        hold_when_scanner_down=settings.clamav.when_down == "hold",
        hostname=settings.hostname,
        notifier=notifier,
        identifier=identifier_of(settings, inspector.sandbox),
        register=Register(store.db, store.clock),
        senders=Senders(store.db, store.clock),
        observers=observers_of(settings, policy, store, inspector),
        contacts=Contacts(store.directory, House(own_domains(settings)), settings.contacts, postmaster(settings).address),
        candidates=Candidates(store.quarantine, keyring, Recent(store.clock.monotonic)),
        keyring=keyring,
    )


def clearance_of(settings: Settings, clock: Clock, notices: Notices, inspector: Inspector, seal: Seal | None) -> Clearance:
    days = settings.retention.originals_days
    return Clearance(inspector, notices, settings.originals_at, days, settings.hostname, seal, clock.now)


def next_hop(listener: ListenerSettings) -> NextHop:
    hop = listener.next_hop
    return NextHop(hop.host, hop.port, hop.tls, hop.ca_file)


def identifier_of(settings: Settings, sandbox: Sandbox) -> Identifier | None:
    identity = settings.identity
    if not identity.enabled:
        return None
    resolver = NameserverResolver(identity.nameservers, identity.timeout) if identity.nameservers else None
    authenticators = tuple(Authenticator(each.id, each.peers) for each in identity.trusted_authenticators)
    own = Own(settings.inbound.domains, (settings.organisation, *identity.own_names))
    return Identifier(sandbox, resolver, authenticators, own)

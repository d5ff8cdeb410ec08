"""Which observers look at outbound mail: each made with its part of `observe:`.  What one looks for is its own module's."""

from __future__ import annotations

from pathlib import Path

from gateway.policy import free_mail
from gateway.policy.forwarding import Forwarding
from gateway.policy.free_mail import FreeMail
from gateway.policy.leaks import Leaks, Reader
from gateway.policy.memory import Memory
from gateway.policy.observer import House, Observer
from gateway.policy.recipients import RecipientCount
from gateway.policy.rights import Destination, Forgery, Rights, Stranger
from gateway.policy.rules import Policy
from gateway.settings import Settings
from gateway.store.opening import Store


def own_domains(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*settings.inbound.domains, *settings.outbound.domains)))


def observers_of(settings: Settings, policy: Policy, store: Store, reader: Reader) -> tuple[Observer, ...]:
    """Who looks at outbound mail, each with its part of `observe:` in policy.yaml."""
    observe = policy.observe
    house, people, memory = House(own_domains(settings), observe.inside), store.directory, Memory(store.db, store.clock)
    forwarding = observe.auto_forwarding
    leaks = Leaks(reader, policy.signs(), observe.classification, observe.encryption, policy.protection)
    return (
        Rights(people, observe.rights),
        Destination(people, house, observe.destinations),
        Stranger(memory, house, observe.new_recipients),
        Forgery(house),
        Forwarding(house, memory, forwarding.scope, forwarding.window_minutes * 60),
        FreeMail(free_mail.read(Path(settings.free_mail)), observe.free_mail, people),
        RecipientCount(house, observe.bulk_recipients.exempt),
        leaks,
    )

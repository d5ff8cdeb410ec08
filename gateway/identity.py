"""Who sent an inbound mail: has it proven in a locked worker, answers its DNS questions, and adds what the letter shows.

Nothing here costs a mail: without an answer the result is `temperror`, and a worker that fails is the suspicion NOT_JUDGED.
Raises only `SandboxDown`.  Outbound mail has no stranger to judge.  A worker under foreign control could speak to the world in
its questions; that is why they are few, are names, and only this task has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from gateway.deception import Own, warnings
from gateway.model import Caution, Envelope, Identity, QueueItem, Suspicion
from gateway.resolver import Resolver, Unresolved
from gateway.sandbox import Sandbox
from sanitizers.identity import ANSWER, QUESTIONS, Authentication, Result, Session
from sanitizers.letter import Letter
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import Garbage, Start, untrusted_authentication, untrusted_question

_SECONDS = 30.0  # for one mail: a stranger's slow nameservers hold no lane for longer
_FAILED = Authentication(Result.TEMPERROR, dmarc=Result.TEMPERROR, arc=Result.TEMPERROR)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """A mail server in front of us whose Authentication-Results are believed (SAN-07)."""

    id: str  # authserv-id, RFC 8601 2.5
    peers: tuple[IPv4Network | IPv6Network, ...]


class Identifier:
    """`resolver` None: a closed network, in which nothing can be asked."""

    def __init__(
        self,
        sandbox: Sandbox,
        resolver: Resolver | None,
        authenticators: tuple[Authenticator, ...],
        own: Own,
    ):
        self._sandbox, self._resolver, self._authenticators, self._own = sandbox, resolver, authenticators, own

    async def authenticate(self, content: bytes | int, item: QueueItem) -> Authentication | None:
        """None when the worker failed.  Signatures are judged as of the time when the mail came."""
        session = self._session(item.envelope, item.received_at)
        if not session.has_dns and not session.believed:
            return Authentication()
        start = Start(Task.IDENTIFY, Part("", "", "message/rfc822"), Profile(), session=session)
        questions = 0

        async def on_ask(task: Task, asked: bytes) -> Outcome:
            nonlocal questions
            questions += 1
            if task is not Task.RESOLVE or questions > QUESTIONS:
                raise Garbage("an identifier that asks for more than names")
            return await self._answer(asked)

        answer = await self._sandbox.run(start, content, on_ask=on_ask, wall_seconds=_SECONDS)
        if answer.outcome.output is None:
            return None
        try:
            return untrusted_authentication(answer.outcome.output, session.believed)
        except Garbage:
            return None

    def judge(self, envelope: Envelope, found: Authentication | None, letter: Letter | None) -> Identity:
        """What was proven, and what the letter pretends."""
        proven = found or _FAILED
        warned = [] if found and _is_of_sender(found, letter) else [Caution(Suspicion.NOT_JUDGED, "", envelope.sender)]
        if proven.dmarc is Result.FAIL:
            warned.append(Caution(Suspicion.DMARC_FAIL, proven.from_domain, envelope.client.address))
        if proven.spf is Result.FAIL and proven.dmarc is not Result.PASS:  # a forwarder is no forger while the signature holds
            warned.append(Caution(Suspicion.SPF_FAIL, proven.spf_domain, envelope.client.address))
        if letter is not None:
            warned += warnings(letter, self._own, proven.from_domain if proven.dmarc is Result.PASS else "")
        return Identity(proven, tuple(warned))

    def _session(self, envelope: Envelope, now: float) -> Session:
        client = ip_address(envelope.client.address)
        in_front = [each for each in self._authenticators if any(client in network for network in each.peers)]
        return Session(
            client=str(client),
            helo=envelope.client.helo,
            sender=envelope.sender,
            now=now,
            has_dns=self._resolver is not None,
            is_relayed=bool(in_front) or not client.is_global,
            believed=tuple(each.id.lower() for each in in_front),
        )

    async def _answer(self, asked: bytes) -> Outcome:
        question = untrusted_question(asked)
        try:
            if self._resolver is None:
                raise Unresolved("no nameserver is configured")
            records = await self._resolver.resolve(question)
        except Unresolved as unresolved:
            raise Refused(Reason.LIMIT_TIME, str(unresolved)) from None
        return Outcome(Verdict.CLEAN, "", ANSWER.dump_json(records), "application/json")


def _is_of_sender(found: Authentication, letter: Letter | None) -> bool:
    """Was that judged whom the letter shows?  Two readers of one header may find two senders, and only one is proven."""
    if letter is None or len(letter.from_) != 1:
        return True  # of several the letter's own warnings speak
    domain = letter.from_[0].address.rpartition("@")[2].lower()
    return found.from_domain == domain or (not found.from_domain and found.dmarc is not Result.PERMERROR)


def results_header(identity: Identity, hostname: str) -> str:
    """The value of our own Authentication-Results (RFC 8601 2.2)."""
    return "; ".join((hostname, *results(identity)))


def results(identity: Identity) -> tuple[str, ...]:
    """Method by method, as that header has them."""
    found = identity.proven
    signatures = [f"dkim={s.result}" + (f" header.d={s.domain}" if s.domain else "") for s in found.signatures]
    return (
        f"spf={found.spf}" + (f" smtp.mailfrom={found.spf_domain}" if found.spf_domain else ""),
        *(signatures or ["dkim=none"]),
        f"dmarc={found.dmarc}" + (f" header.from={found.from_domain}" if found.from_domain else ""),
        f"arc={found.arc}",
    )

"""Who sent this: SPF, DKIM, ARC and DMARC of a message as it came, before anything is changed (AV-08, SAN-07, H7).

Runs in a locked worker and knows the DNS only through `Job.ask`.  Raises Refused when the header has no bounds; nothing else
of a message makes it fail, and no result of it ever costs a mail: what to do with one is policy's.
"""

from __future__ import annotations

from sanitizers import headers
from sanitizers.authentication import arc, dkim, dmarc, fields, spf, upstream
from sanitizers.authentication.dns import Dns
from sanitizers.authentication.fields import Message, Unusable
from sanitizers.identity import DOMAIN, Authentication, Result, Session
from sanitizers.job import Job
from sanitizers.model import Reason, Refused


def authenticate(content: bytes, session: Session, job: Job) -> Authentication:
    """What a trusted server in front of us says stands; the rest is found out here."""
    try:
        message = fields.read(content, job.profile.limits.header_bytes)
    except Unusable as unusable:
        raise Refused(Reason.LIMIT_SIZE, str(unusable)) from None
    dns = Dns(job)
    word = upstream.word(message, session.believed)
    spf_result, spf_domain = (word.spf, word.spf_domain) if word.spf is not None else _spf(session, dns)
    signatures, chain = word.signatures, word.arc
    if signatures is None:
        signatures = dkim.verify(message, dns, session.now) if session.has_dns else ()
    if chain is None:
        chain = arc.verify(message, dns) if session.has_dns else Result.NONE
    shown = _from_domain(message)
    verdict = word.dmarc
    if verdict is None and session.has_dns:
        verdict = dmarc.check(shown, spf_result, spf_domain, signatures, dns) if shown else Result.PERMERROR
    return Authentication(
        spf_result, spf_domain, signatures, verdict or Result.NONE, shown, chain, authenticator=word.authenticator
    )


def _spf(session: Session, dns: Dns) -> tuple[Result, str]:
    domain, sender = spf.domain_of(session.sender, session.helo)
    if session.is_relayed or not session.has_dns or not domain:
        return Result.NONE, domain
    return spf.check(session.client, domain, sender, session.helo, dns), domain


def _from_domain(message: Message) -> str:
    """Of the one From mailbox; "" for none and for several, of which no two readers show the same (RFC 7489 6.6.1)."""
    boxes = [box for field in message.named(b"from") for box in headers.addresses(field.value).mailboxes]
    domain = boxes[0].address.rpartition("@")[2].lower() if len(boxes) == 1 else ""
    return domain if DOMAIN.fullmatch(domain) else ""

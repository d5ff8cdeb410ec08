"""The words of sender authentication: the session to judge, results, DNS questions and answers.  RFC 8601 2.7 names results.

Plain values that both sides of the wall share; `protocol.py` looks at what a worker wrote of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

QUESTIONS = 40  # of one mail: 10 for SPF and their addresses (RFC 7208 4.6.4), some signatures, a chain, DMARC
RECORDS = 50  # of one answer that are looked at
RECORD_CHARACTERS = 4_096  # of one record; a 4096-bit RSA key has 750

# RFC 1035 2.3.1, with the underscore of _domainkey; one label (a host of its own name) is no domain of a sender
DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{1,63}", re.ASCII)


class Result(StrEnum):
    """RFC 8601 2.7; `policy`: proven, but in a way that is not accepted here."""

    NONE = "none"  # nothing to judge, or not asked to
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    POLICY = "policy"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Session:
    """What the gateway knows of the SMTP session, for the worker that judges the sender."""

    client: str  # IP address
    helo: str
    sender: str  # reverse-path, "" for the null one
    now: float  # Unix time, seconds
    has_dns: bool
    is_relayed: bool = False  # a trusted mail server stands in front: `client` says nothing about the sender
    believed: tuple[str, ...] = ()  # authserv-ids whose Authentication-Results count, in lower case


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature (RFC 6376); `detail` in English, "" when it passed."""

    domain: str
    selector: str
    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Authentication:
    spf: Result = Result.NONE
    spf_domain: str = ""  # that was judged: of the reverse-path, or HELO
    signatures: tuple[Signature, ...] = ()
    dmarc: Result = Result.NONE
    from_domain: str = ""  # of the only From mailbox
    arc: Result = Result.NONE
    authenticator: str = ""  # the authserv-id that was believed, "" = all results are our own

    @property
    def dkim(self) -> Result:
        """The best of all signatures: one that holds is enough (RFC 6376 6.1)."""
        order = (Result.PASS, Result.POLICY, Result.FAIL, Result.TEMPERROR, Result.PERMERROR, Result.NEUTRAL)
        results = {signature.result for signature in self.signatures}
        return next((result for result in order if result in results), Result.NONE)

    @property
    def signers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s.domain for s in self.signatures if s.result is Result.PASS and s.domain))


class RecordType(StrEnum):
    TXT = "TXT"
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    PTR = "PTR"


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    type: RecordType


@dataclass(frozen=True, slots=True)
class Answer:
    """`records` is empty for NXDOMAIN and for no data alike; TXT strings are joined, MX hosts are in their order."""

    records: tuple[str, ...] = ()


AUTHENTICATION: TypeAdapter[Authentication] = TypeAdapter(Authentication)
QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)

"""DMARC: does what was proven belong to the domain that the reader sees (RFC 7489).

Reports are not sent, and pct= is not honoured: nothing is rejected by DMARC alone here, so there is nothing to sample.
"""

from __future__ import annotations

from sanitizers.authentication.dns import Dns, Unanswered
from sanitizers.authentication.fields import Unusable, tags
from sanitizers.domains import organisation
from sanitizers.identity import RecordType, Result, Signature


def check(domain: str, spf: Result, spf_domain: str, signatures: tuple[Signature, ...], dns: Dns) -> Result:
    """`domain` is that of the only From mailbox.  Never raises."""
    try:
        policy = _policy(domain, dns)
    except Unanswered:
        return Result.TEMPERROR
    if policy is None:
        return Result.NONE
    strict_spf, strict_dkim = policy.get("aspf", "r").lower() == "s", policy.get("adkim", "r").lower() == "s"
    proofs = [(spf, _aligned(spf_domain, domain, strict_spf))]
    proofs += [(signature.result, _aligned(signature.domain, domain, strict_dkim)) for signature in signatures]
    aligned = {result for result, is_aligned in proofs if is_aligned}
    if Result.PASS in aligned:
        return Result.PASS
    return Result.TEMPERROR if Result.TEMPERROR in aligned else Result.FAIL


def _policy(domain: str, dns: Dns) -> dict[str, str] | None:
    """RFC 7489 6.6.3: the domain's own record, else its organisation's; several, or none that can be read, are none."""
    for owner in dict.fromkeys((domain, organisation(domain))):
        records = [text for text in dns.ask(f"_dmarc.{owner}", RecordType.TXT) if _is_record(text)]
        if records:
            return _read(records[0]) if len(records) == 1 else None
    return None


def _is_record(text: str) -> bool:
    version, _, _ = text.partition(";")
    return "".join(version.split()) == "v=DMARC1"


def _read(text: str) -> dict[str, str] | None:
    try:
        found = tags(text.encode("latin-1", "replace"))
    except Unusable:
        return None
    return found if "p" in found or "rua" in found else None


def _aligned(proven: str, shown: str, strict: bool) -> bool:
    """RFC 7489 3.1."""
    return bool(proven) and (proven == shown or (not strict and organisation(proven) == organisation(shown)))

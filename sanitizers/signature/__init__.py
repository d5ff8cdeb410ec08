"""Electronic signatures, verified before the rebuild takes them off (SD-09, J28).

`cms` the form that PDF and S/MIME share, `portable` PDF, `package` Office, `trust` who signed.  Nothing here refuses a part: a
signature that is broken, or that nobody can read, is said to be so.  No network: no revocation is asked for, no certificate
fetched, and trust comes from the administrators' folder alone (`Profile.anchors`).
"""

from __future__ import annotations

from sanitizers.job import Findings
from sanitizers.model import Kind, Signature, Treatment


def report(signatures: tuple[Signature, ...], where: str, findings: Findings) -> None:
    """As findings, too: rules and reports know those."""
    for signature in signatures:
        detail = f"{signature.signer or 'unnamed signer'}: {signature.state}; {signature.detail}".removesuffix("; ")
        findings.add(Kind.SIGNATURE, where, detail, Treatment.REMOVED)

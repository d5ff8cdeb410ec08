"""TLS contexts for both sides, made once: loading a CA list costs 50 ms.  TLS 1.2 at least (SD-08).

`accepting` and `connecting` raise OSError or ssl.SSLError for files that cannot be used; no connection is made here.
"""

from __future__ import annotations

import ssl
from functools import cache

from gateway.model import TlsPolicy


def accepting(certificate: str, key: str) -> ssl.SSLContext:
    """For a listener; PEM files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.load_cert_chain(certificate, key)
    return context


@cache
def connecting(policy: TlsPolicy, ca_file: str) -> ssl.SSLContext:
    """For a next hop.  Only VERIFIED looks at the certificate: the others encrypt against listeners, not impostors."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if policy is not TlsPolicy.VERIFIED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_file:
        context.load_verify_locations(ca_file)
    else:
        context.load_default_certs()
    return context


def describe(session: ssl.SSLObject | None) -> str:
    """`TLSv1.3 TLS_AES_256_GCM_SHA384`, or "" in the clear."""
    cipher = session.cipher() if session is not None else None
    return f"{session.version()} {cipher[0]}" if session is not None and cipher else ""

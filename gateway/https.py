"""One request to another server by HTTP, its certificate verified, its answer bounded, wherever it sends us not followed.

Blocking.  Raises OSError (HTTPError and its code included), HTTPException, ValueError.
"""

from __future__ import annotations

import ssl
import urllib.request

MOST = 256 << 10  # bytes of an answer: keys of a provider are some KB


def ask(request: urllib.request.Request, *, ca_file: str, seconds: float, proxy: str = "") -> bytes:
    context = ssl.create_default_context(cafile=ca_file or None) if request.type == "https" else None
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": proxy} if proxy else {}),
        _Straight,
        urllib.request.HTTPSHandler(context=context),
    )
    with opener.open(request, timeout=seconds) as answer:
        body: bytes = answer.read(MOST + 1)
    if len(body) > MOST:
        raise ValueError(f"{request.host} answers with more than {MOST} bytes")
    return body


class _Straight(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a token, or our trust, to somebody else."""

    def redirect_request(self, *arguments: object) -> None:
        return None

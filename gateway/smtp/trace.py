"""The fields that say a mail was here: Received (RFC 5321 4.4, RFC 3848) and our own hop count.

Outbound nothing inside is named (HD-09), and no field names a recipient (H11).  The count is needed because a rebuilt mail
keeps no Received but ours: without it a loop through Mugai would start anew at every pass.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime

from gateway.clock import JST
from gateway.model import Client, Direction

_NAME = re.compile(r"[A-Za-z0-9.-]{1,255}|\[[A-Fa-f0-9.:IPv]{1,64}\]")  # a HELO argument fit for a header field


def received(
    hostname: str, direction: Direction, client: Client, *, extended: bool, smtputf8: bool, hops: int, now: float
) -> bytes:
    """Complete fields, CRLF at the end.  `now` in Unix time, `hops` counts this pass."""
    secure = "S" if client.tls else ""
    protocol = f"UTF8SMTP{secure}" if smtputf8 else f"ESMTP{secure}" if extended else "SMTP"
    origin = hostname
    if direction is Direction.INBOUND:
        address = client.address.partition("%")[0]  # without a zone
        address = f"IPv6:{address}" if ":" in address else address
        origin = f"{client.helo if _NAME.fullmatch(client.helo) else 'unknown'} ([{address}])"
    cipher = f" ({client.tls})" if client.tls else ""
    date = format_datetime(datetime.fromtimestamp(now, JST))
    return (
        f"Received: from {origin}\r\n\tby {hostname} with {protocol}{cipher};\r\n\t{date}\r\nX-Mugai-Hops: {hops}\r\n".encode(
            "ascii"
        )
    )

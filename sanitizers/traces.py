"""What a header says of the way that a mail came: for the rules of the gateway, never for delivery (ML-04).

Only the listed fields, decoded, one bounded line each; `letter.TRACES` is the list, and the other side of the wall checks
that there is no other.  What they mean is not decided here.
"""

from __future__ import annotations

from sanitizers import headers
from sanitizers.letter import LONGEST_TRACE, MOST_TRACES, REPORT_TYPE, TRACES
from sanitizers.mime_strict import Entity

_EACH = 3  # of one field: the first hops say it all


def read(entity: Entity) -> tuple[tuple[str, str], ...]:
    """(name in lower case, value), in the order of the list; `report-type` comes from Content-Type (RFC 6522 3)."""
    kind = entity.content_type.texts("report-type") if entity.media_type == "multipart/report" else ()
    found = [(REPORT_TYPE, value) for value in kind[:1]]
    for name in TRACES:
        found += [(name, headers.text(raw[: 4 * LONGEST_TRACE]).text) for raw in entity.values(name)[:_EACH]]
    return tuple((name, value[:LONGEST_TRACE]) for name, value in found if value)[:MOST_TRACES]

"""How the gateway does: health, counted mail, what waits (LG-09, AVL-04).  Prometheus asks the gateway itself: GET /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gateway.api.call import Call
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Moment
from gateway.console.dashboard import current
from gateway.console.roles import Right
from gateway.model import Direction
from gateway.watch import concerns
from gateway.words import Words

resource = Resource("稼働状況", "Status")


@dataclass(frozen=True, slots=True)
class Health:
    answering: bool  # false: the gateway does not answer, and nothing else is known
    healthy: bool
    concerns: tuple[str, ...]  # names of alarms
    facts: dict[str, Any]  # as GET /health of the gateway tells them


@dataclass(frozen=True, slots=True)
class FiguresQuery:
    span: Literal["day", "week", "month"] = "day"


@dataclass(frozen=True, slots=True)
class FigureCount:
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class FiguresShown:
    places: tuple[str, ...]  # what the columns are called, the present one last
    inbound: tuple[int, ...]
    outbound: tuple[int, ...]
    held: tuple[int, ...]
    totals: tuple[FigureCount, ...]
    verdicts: tuple[FigureCount, ...]
    findings: tuple[FigureCount, ...]
    rules: tuple[FigureCount, ...]  # that held mail
    alarms: tuple[FigureCount, ...]
    waiting: int  # held now
    oldest_held: Moment | None


@resource.get("/status", TokenScope.METRICS_READ, Right.SEE_DASHBOARD, Words("稼働状況", "Health"))
async def health(call: Call) -> Health:
    """Asked of the gateway, remembered for some seconds."""
    facts = await call.desk.pulse.facts()
    if facts is None:
        return Health(False, False, (), {})
    wrong = concerns(facts, call.desk.settings, call.desk.store.clock.now())
    return Health(True, bool(facts.get("healthy")), tuple(each.name for each in wrong), facts)


@resource.get("/figures", TokenScope.METRICS_READ, Right.SEE_DASHBOARD, Words("件数", "Counted mail"))
async def counted(call: Call, query: FiguresQuery) -> FiguresShown:
    """As the dashboard shows them."""
    found = await current(call, query.span)
    return FiguresShown(
        places=found.places,
        inbound=found.received[Direction.INBOUND],
        outbound=found.received[Direction.OUTBOUND],
        held=found.held,
        totals=_counts(tuple(found.totals.items())),
        verdicts=_counts(found.verdicts),
        findings=_counts(found.findings),
        rules=_counts(found.rules),
        alarms=_counts(found.alarms),
        waiting=found.waiting,
        oldest_held=found.oldest_held,
    )


def _counts(some: tuple[tuple[str, int], ...]) -> tuple[FigureCount, ...]:
    return tuple(FigureCount(*each) for each in some)

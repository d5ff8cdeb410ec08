"""What the gateway knows of itself at this moment: for /health, for /metrics, and for whoever watches (LG-09, AVL-04).

Never raises for what it reports: a scanner that does not answer is a fact.  What is worth an alarm is `watch.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.x509 import load_pem_x509_certificate

from gateway import discipline, disk
from gateway.metrics import Metrics
from gateway.office import Office
from gateway.sandbox import Sandbox
from gateway.scan import ScanFailed, Scanner
from gateway.settings import Settings
from gateway.smtp.server import SmtpServer
from gateway.store.opening import Store
from gateway.store.schema import journal_checkpoint, journal_head, journal_pending

CLOCK = "clock_error_seconds"
QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


@dataclass(frozen=True, slots=True)
class Status:
    settings: Settings
    store: Store
    metrics: Metrics
    sandbox: Sandbox
    office: Office
    scanner: Scanner
    servers: Sequence[SmtpServer]
    policy_version: Callable[[], str]

    async def health(self) -> tuple[bool, dict[str, object]]:
        """Whether mail can flow, and what is known."""
        now, pressure = self.store.clock.now(), await self.store.spool.pressure()
        events = self.metrics.events
        facts: dict[str, object] = {
            "sandbox_level": self.sandbox.level,
            "office": self.office.problem or "ready",
            "policy": self.policy_version(),
            "waiting": pressure.waiting,
            "stopped": [f"{halt.id}: {halt.scope} {halt.value}".strip() for halt in await self.store.stops.active()],
            "oldest_seconds": round(pressure.oldest_seconds, 1),
            "free_bytes": pressure.free_bytes,
            "disk_days_left": await self.store.db.read(disk.days_left, pressure.free_bytes, now),
            "sessions": sum(server.sessions for server in self.servers),
            "journal": await self.store.db.read(_journal, now),
            "certificate_days": certificate_days(self.settings, now),
            CLOCK: discipline.error(),
            "inspection_seconds": {name: self.metrics.inspection.quantile(share) for name, share in QUANTILES},
            "since_start": {
                name: {label: count for (each, label), count in sorted(events.items()) if each == name}
                for name in ("disposition", "verdict", "alarm")
            },
        }
        try:
            clamd = await self.scanner.version()
            facts |= {"clamd": clamd.engine, "signatures": clamd.database, "signatures_time": clamd.time}
        except ScanFailed as failure:
            return False, facts | {"clamd": f"down: {failure}"}
        return self.sandbox.ready, facts

    async def exposition(self) -> str:
        """For Prometheus."""
        healthy, facts = await self.health()
        names = ("waiting", "oldest_seconds", "free_bytes", "disk_days_left", "sessions", "sandbox_level", CLOCK)
        gauges = {"healthy": float(healthy), "clamd_up": float(not str(facts["clamd"]).startswith("down"))}
        gauges |= {name: value for name in names if isinstance(value := facts[name], int | float)}
        gauges |= {f"journal_{name}": value for name, value in _numbers(facts["journal"])}
        gauges |= {f'certificate_days{{which="{name}"}}': value for name, value in _numbers(facts["certificate_days"])}
        if isinstance(signed := facts.get("signatures_time"), float) and signed:
            gauges["signatures_age_seconds"] = max(0.0, self.store.clock.now() - signed)
        return self.metrics.text(gauges)


def _numbers(value: object) -> list[tuple[str, float]]:
    assert isinstance(value, dict)
    return [(name, float(each)) for name, each in value.items() if each is not None]


def _journal(conn: sa.Connection, now: float) -> dict[str, float | None]:
    signed = conn.scalar(sa.select(sa.func.max(journal_checkpoint.c.at)))
    return {
        "sealed": conn.scalar(sa.select(journal_head.c.size)) or 0,
        "pending": conn.scalar(sa.select(sa.func.count()).select_from(journal_pending)) or 0,
        "checkpoint_age_seconds": None if signed is None else round(now - signed, 1),
    }


def certificate_days(settings: Settings, now: float) -> dict[str, float | None]:
    """Until each own certificate ends; None = its file cannot be read."""
    named = {name: getattr(settings, name).certificate for name in ("inbound", "outbound", "console")}
    return {name: _days(Path(file), now) for name, file in named.items() if file}


def _days(file: Path, now: float) -> float | None:
    try:
        certificate = load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return None
    return round((certificate.not_valid_after_utc.timestamp() - now) / disk.DAY, 1)

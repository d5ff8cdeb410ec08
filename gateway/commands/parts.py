"""A report's parts for people (a table) and for programs (plain values): used by explain and quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from gateway.commands.terminal import plain
from gateway.model import PartReport
from gateway.notice import Notices


def parts_table(report: PartReport, notices: Notices) -> Table:
    table = Table(show_lines=True)
    for heading in ("part", "name", "type", "verdict", "found → treatment"):
        table.add_column(heading, overflow="fold")
    for part in report.walk():
        cells = (part.path or "mail", part.name or "-", part.detected or "?", part.verdict.name.lower(), _found(part, notices))
        table.add_row(*(plain(cell) for cell in cells))
    return table


def _found(part: PartReport, notices: Notices) -> str:
    lines = [notices.signature(s) for s in part.signatures]
    lines += [f"{notices.kind(f.kind)} {f.where}: {f.detail} → {f.treatment}" for f in part.findings]
    if part.reason is not None:
        lines.insert(0, f"{notices.reason(part.reason)} ({part.detail})")
    return "\n".join(lines) or "-"


def part_values(parts: Sequence[PartReport]) -> list[dict[str, object]]:
    return [
        {
            "path": part.path,
            "name": part.name,
            "declared": part.declared,
            "detected": part.detected,
            "verdict": part.verdict.name.lower(),
            "reason": part.reason,
            "detail": part.detail,
            "findings": [
                {"kind": f.kind, "where": f.where, "detail": f.detail, "treatment": f.treatment} for f in part.findings
            ],
            "signatures": [{"signer": s.signer, "state": s.state, "detail": s.detail} for s in part.signatures],
            "signature": part.scan.signature if part.scan else None,
            "size_in": part.size_in,
            "size_out": part.size_out,
            "sha256_in": part.sha256_in,
            "sha256_out": part.sha256_out,
            "seconds": round(part.seconds, 4),
        }
        for part in parts
    ]

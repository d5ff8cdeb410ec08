"""CPU seconds of processes and their children, from /proc (proc(5)); Linux counts them in hundredths."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """`own` with all threads; `children` are those that ended and were waited for."""

    own: float
    children: float


def spent(pid: int) -> Spent:
    """Zero for a process that is gone."""
    try:
        fields = _fields(pid)
    except OSError:
        return Spent(0.0, 0.0)
    user, system, children_user, children_system = (int(field) * _TICK for field in fields[11:15])
    return Spent(user + system, children_user + children_system)


def children(pid: int) -> list[int]:
    """Living ones."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_fields(int(entry.name))[1]) == pid:
                    found.append(int(entry.name))
            except OSError:  # ended while we looked
                continue
    return found


def below(pid: int) -> float:
    """CPU seconds of everything that `pid` has started, living or ended."""
    return spent(pid).children + sum(spent(child).own + below(child) for child in children(pid))


def _fields(pid: int) -> list[str]:
    """What follows the program's name, which may hold anything: field 3 (state) comes first."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()

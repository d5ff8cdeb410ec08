"""The hostile table under an outer profile that refuses seccomp."""

from __future__ import annotations

from sanitizers.lock import seccomp
from tests.sanitizers.hostile_tasks import TASKS

__all__ = ["TASKS"]


def _refuse(program: bytes) -> None:
    raise PermissionError("seccomp")


seccomp.load = _refuse

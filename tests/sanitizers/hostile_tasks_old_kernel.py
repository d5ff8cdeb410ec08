"""The hostile table on a kernel without landlock (before 5.13, or not in lsm=)."""

from __future__ import annotations

from sanitizers.lock import landlock
from tests.sanitizers.hostile_tasks import TASKS

__all__ = ["TASKS"]

landlock.abi = lambda: 0

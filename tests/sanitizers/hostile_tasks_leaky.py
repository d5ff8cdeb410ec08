"""The hostile table behind a lock that was forgotten: the self-test must not be content with "no error"."""

from __future__ import annotations

import sanitizers.zygote
from tests.sanitizers.hostile_tasks import TASKS

__all__ = ["TASKS"]

sanitizers.zygote.lock_worker = lambda *_: None

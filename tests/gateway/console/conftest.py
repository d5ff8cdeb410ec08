from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import argon2
import pytest

from gateway.console import credentials
from tests.gateway.console.make_console import Console, console

SLOW = credentials._HASHER


@pytest.fixture(autouse=True)
def fast_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one takes 300 ms of CPU, by intent."""
    fast = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(credentials, "_HASHER", fast)
    monkeypatch.setattr(credentials, "_DUMMY", fast.hash("nobody's"))


@pytest.fixture
async def c(tmp_path: Path) -> AsyncIterator[Console]:
    async with console(tmp_path) as opened:
        yield opened

"""What several rooms' tests share: a real clamd, and the corpus when `MUGAI_CORPUS` names one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gateway.clamd import PrivateClamd

# no stopwatch: on a busy machine even the making of an example takes long
settings.register_profile("mugai", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mugai")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, file by file, so that at the end no core waits for another."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Commands that run in the tests' own process narrow it, as they must: the next test begins like any."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def clamd() -> Iterator[PrivateClamd]:
    """A real clamd that knows EICAR; `make test` has installed it."""
    private = asyncio.run(PrivateClamd.start())
    yield private
    private.stop()


@pytest.fixture(scope="session")
def corpus() -> Path | None:
    """Real files by others, or None: what a test proves must not hang on them."""
    place = os.environ.get("MUGAI_CORPUS", "")
    return Path(place) if place else None

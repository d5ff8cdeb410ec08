"""What several rooms' tests share: a real clamd, and the corpus when `MUGAI_CORPUS` names one."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gateway.clamd import PrivateClamd

# no stopwatch: on a busy machine even the making of an example takes long
settings.register_profile("mugai", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mugai")


# eight thousand tests are a heap of objects that stays: looking through all of it again and again took half of their time
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, file by file, the corpus before all, so that at the end no core waits for another."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, "judge" not in item.path.parts))


@pytest.fixture(autouse=True)
def usual_process() -> Iterator[None]:
    """Commands that run in the tests' own process change it, as they must: the next test begins like any."""
    mask, core = os.umask(0o022), resource.getrlimit(resource.RLIMIT_CORE)
    handlers, level = logging.root.handlers[:], logging.root.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    yield
    os.umask(mask)
    with suppress(ValueError):  # who is not root does not get back what it gave away
        resource.setrlimit(resource.RLIMIT_CORE, core)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for number, handler in signals.items():
        signal.signal(number, handler)


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

"""What several rooms' tests share: a real clamd, and the corpus when `MUGAI_CORPUS` names one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clamd import PrivateClamd


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

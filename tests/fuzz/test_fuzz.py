"""Without a fuzzer: what is kept stays mended, and each target takes samples that were cut, turned and stretched at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from samples.build import samples
from tests.fuzz.targets import TARGETS

KEPT = sorted(path for path in (Path(__file__).parent / "corpus").rglob("*") if path.is_file())
ROUNDS = 40  # a target; seconds in all


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_broke_something(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


def _changed(content: bytes, chance: random.Random) -> Iterator[bytes]:
    for _ in range(ROUNDS):
        data = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            at, length = chance.randrange(len(data)), chance.randint(1, 16)
            match chance.randrange(3):
                case 0:
                    data[at : at + length] = chance.randbytes(length)
                case 1:
                    del data[at : at + length]
                case _:
                    data[at:at] = data[at : at + length] * chance.randint(1, 8)
            if not data:
                break
        yield bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_changed_samples_get_an_answer(name: str) -> None:
    chance = random.Random(name)
    small = [sample.content for sample in samples() if len(sample.content) < 20_000]
    for content in chance.sample(small, 20):
        for data in _changed(content, chance):
            TARGETS[name](data)

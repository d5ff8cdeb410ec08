"""LG-05: the kernel's word for how far the clock may be off, or that nobody synchronises it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from gateway import discipline


def kernel(answer: int, **fields: int) -> Callable[[object], object]:
    def adjtimex(pointer: object) -> int:
        state = pointer._obj  # type: ignore[attr-defined]
        assert state.modes == 0, "nothing is changed"
        for name, value in fields.items():
            setattr(state, name, value)
        return answer

    return lambda name: SimpleNamespace(adjtimex=adjtimex)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [(0, 0x2001, 0.25), (5, 0x0041, None), (-1, 0, None)],
    ids=["synchronised", "not", "forbidden"],
)
def test_lg05_what_the_kernel_says(monkeypatch: pytest.MonkeyPatch, answer: int, status: int, error: float | None) -> None:
    monkeypatch.setattr(ctypes, "CDLL", kernel(answer, status=status, maxerror=250_000))
    assert discipline.error() == error


def test_lg05_this_kernel_answers_and_its_answer_fits_the_room() -> None:
    assert ctypes.sizeof(discipline._Timex) >= 208, "struct timex of 64-bit Linux"
    found = discipline.error()
    assert found is None or 0 <= found < 1_000

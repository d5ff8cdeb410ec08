"""Frozen values as JSON in a column, and back."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_ADAPTERS: dict[type[object], TypeAdapter[Any]] = {}  # making one takes milliseconds


def _adapter(kind: type[object]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def dump(value: object) -> str:
    return _adapter(type(value)).dump_json(value).decode()


def load(kind: type[T], text: str) -> T:
    """Raises pydantic.ValidationError: the store was changed by somebody else."""
    value: T = _adapter(kind).validate_json(text)
    return value

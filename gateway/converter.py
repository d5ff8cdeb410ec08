"""The contract of an external converter, as an administrator writes it in `gateway.yaml`; `office.py` runs it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sanitizers.conversion import EXTERNAL


class Converter(BaseModel):
    """A program that turns one file into one other: `program arguments...`, exit status 0, result at {out}."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[str, ...] = Field(min_length=1, description="Media types that it reads, as `mugai sanitize` shows them.")
    program: Path = Field(description="A binary, absolute; for a script its interpreter.")
    arguments: tuple[str, ...] = Field(("{in}", "{out}"), description="{in} and {out} are replaced by paths.")
    readable: tuple[Path, ...] = Field((), description="Directories that it reads besides /usr/lib, /usr/share and its own.")
    seconds: float = Field(60, gt=0, le=3_600, description="For one file; then it is killed and the mail is held.")

    @field_validator("types")
    @classmethod
    def _known_types(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in EXTERNAL:
                raise ValueError(f"{value} has no external converter; possible are {', '.join(EXTERNAL)}")
        return values

    @field_validator("program", "readable")
    @classmethod
    def _absolute(cls, value: Path | tuple[Path, ...]) -> Path | tuple[Path, ...]:
        for path in value if isinstance(value, tuple) else (value,):
            if not path.is_absolute() or ":" in str(path):
                raise ValueError(f"{path} is not an absolute path without a colon")
        return value

    @field_validator("arguments")
    @classmethod
    def _has_places(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(any(place in value for value in values) for place in ("{in}", "{out}")):
            raise ValueError("must name {in} and {out}")
        return values

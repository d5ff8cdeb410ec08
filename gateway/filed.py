"""By which words and contents a mail is found again: taken from its inspection, filed by the `catalogue` when it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway import model


@dataclass(frozen=True, slots=True)
class Filed:
    """By which words and contents a mail is found again."""

    subject: str = ""
    sender: str = ""  # as the mail shows it: names and addresses
    names: tuple[str, ...] = ()  # of files
    hashes: tuple[str, ...] = ()  # SHA-256 of files, as they came

    @classmethod
    def of(cls, inspection: model.Inspection) -> Filed:
        files = [part for part in inspection.report.walk() if part.name]
        letter = inspection.letter
        shown = " ".join(f"{box.name} {box.address}" for box in letter.from_) if letter else ""
        names, hashes = tuple(part.name for part in files), tuple(part.sha256_in for part in files)
        return cls(letter.subject if letter else "", shown, names, hashes)

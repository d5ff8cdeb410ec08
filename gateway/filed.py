"""By which words and contents a mail is found again: taken from its inspection, filed by the `catalogue` when it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.incident.indicators import hosts

if TYPE_CHECKING:
    from gateway import model


@dataclass(frozen=True, slots=True)
class Filed:
    """By which words and contents a mail is found again."""

    subject: str = ""
    sender: str = ""  # as the mail shows it: names and addresses
    names: tuple[str, ...] = ()  # of files
    hashes: tuple[str, ...] = ()  # SHA-256 of files, as they came
    hosts: tuple[str, ...] = ()  # of links, in the body and in files
    authors: tuple[str, ...] = ()  # addresses of From, in lower case

    @classmethod
    def of(cls, inspection: model.Inspection) -> Filed:
        parts = inspection.report.walk()
        files = [part for part in parts if part.name]
        letter = inspection.letter
        shown = " ".join(f"{box.name} {box.address}" for box in letter.from_) if letter else ""
        names, hashes = tuple(part.name for part in files), tuple(part.sha256_in for part in files)
        told = (finding.detail for part in parts for finding in part.findings)
        linked = hosts((*((letter.body,) if letter else ()), *(excerpt.text for excerpt in inspection.excerpts), *told))
        authors = tuple(box.address.lower() for box in letter.from_) if letter else ()
        return cls(letter.subject if letter else "", shown, names, hashes, linked, authors)

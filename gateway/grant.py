"""Somebody's word that sends held mail through the path again; two people's, that files of it leave as they came (SAN-05).

What a grant allows is the pipeline's to say, which files may be judged by eye `judgement.py`'s, how two people come together
`workflow/`'s.  Raises ValueError for a warrant of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Warrant:
    """Two people's word that files of one mail leave as they came, after both looked at them (SAN-05)."""

    by: str  # "as_it_came 12": the case
    asked_by: str  # addresses of the directory
    approved_by: str
    reason: str
    files: tuple[str, ...]  # SHA-256 of exactly these contents

    def __post_init__(self) -> None:
        if not self.files or not self.asked_by or self.asked_by == self.approved_by:
            raise ValueError("a warrant names its files and takes two people")


@dataclass(frozen=True, slots=True)
class Original:
    """An attachment as it came: neither rebuilt nor verified.  Only a Warrant lets it leave."""

    name: str
    sha256: str
    content: bytes = field(repr=False)
    instead_of: int | None = None  # its rebuilt form's place among the enclosures; None: there is none


class GrantKind(StrEnum):
    """Why waiting recipients go through the path again."""

    RELEASE = "release"  # a reviewer: deliver the safe rest
    UNLOCK = "unlock"  # a password was given; the mail is judged anew, nothing more is allowed
    APPROVAL = "approval"  # a case was decided: its rule is waived, nothing more is allowed
    AS_IT_CAME = "as_it_came"  # two people: with the safe rest, the files of the warrant as they came


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody's word that sends held recipients through the path again; what it allows is the pipeline's to say."""

    kind: GrantKind
    who: str
    why: str
    at: float  # Unix time, seconds
    profile: str = ""  # of a release: the profile to treat it with, "" = the policy's choice
    warrant: Warrant | None = None

"""Two people's word that files of a mail leave as they came, and such a file (SAN-05).

Which files may be judged so is `judgement.py`'s, how the two come together `workflow/`'s.  Raises ValueError for one person's word.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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

"""Two languages: Japanese first, English beside it, at the place where the words are used.

A catalogue (gettext) would keep the same sentence in three places and could miss one; here a text without its English does not
compile.  There are two languages and there will be two: the notices and names of the closed sets have the same pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    JA = "ja"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    ja: str
    en: str

    def in_(self, language: Language) -> str:
        return self.ja if language is Language.JA else self.en


class Refusal(Exception):
    """The console says no, in words for the person in front of it."""

    def __init__(self, ja: str, en: str, status: int = 400):
        super().__init__(en)
        self.words, self.status = Words(ja, en), status

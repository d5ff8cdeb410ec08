"""The class that a document states of itself: its highest marking, in text, header, footer, property or name (SD-04, SD-06).

A marking in running text is none: it stands in brackets or alone on its line.  In a name or a property it is one anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sanitizers.disclosure.model import Marking

_OPENING, _CLOSING = r"[\[({<【〔〈《「『]", r"[\])}>】〕〉》」』]"
_FURTHER = r"[A-C]?(?:情報|文書|資料)?"
_RULE = r"[\s*=_~\-―─※■◆●・:〔【\[(<「》」\])〕】>]{0,8}"
_SHORT = 2  # characters: such a word is part of many others


def in_text(folded: str, markings: Iterable[Marking]) -> Marking | None:
    return _highest(m for m in markings if m.word in folded and _pattern(m.word).search(folded))


def in_title(folded: str, markings: Iterable[Marking]) -> Marking | None:
    """Subjects, file names, properties."""
    return _highest(m for m in markings if (m.word in folded if len(m.word) > _SHORT else _pattern(m.word).search(folded)))


def _highest(found: Iterable[Marking]) -> Marking | None:
    return max(found, key=lambda marking: marking.level, default=None)


def _pattern(word: str) -> re.Pattern[str]:
    marking = re.escape(word) + _FURTHER
    return re.compile(rf"{_OPENING}\s?{marking}\s?{_CLOSING}|^{_RULE}{marking}{_RULE}$", re.MULTILINE)

"""Words of strangers on a page: what a reader cannot see becomes visible, and nothing is endless (W1, W8).

Escaping is the template engine's; this is about characters that deceive without any markup: bidi overrides, zero width
spaces, tags, controls.  The answer is plain text, so that it is safe in an attribute as well.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 20_000  # characters of one value; pages show excerpts, not novels
_PLAIN = frozenset("\n\t")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")  # letters and marks by category, nothing to the eye
_SUSPECT = re.compile(r"[^\x20-\x7e\u3001-\u30ff\u4e00-\u9fff\n\t]")  # the rest needs no second look


def visible(text: str) -> str:
    """`text` with each hidden character as its number, e.g. [U+202E], cut at LONGEST."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return _SUSPECT.sub(lambda found: _marked(found[0]), text.replace("\r\n", "\n"))  # a line's end deceives nobody


def _marked(character: str) -> str:
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _FILLERS
    return f"[U+{ord(character):04X}]" if hidden and character not in _PLAIN else character


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

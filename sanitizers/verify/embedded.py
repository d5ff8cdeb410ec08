"""The markup that holds an embedded package in Word, Excel, PowerPoint and charts: each element with all that it may say.

From ISO/IEC 29500-1 (17.3.3.19, 18.3.1.59, 19.3.2.1, 19.3.2.4, 21.2.2.63), 29500-4 (OLEObject) and MS-ODRAWXML.  What links,
updates by itself or loads on opening is missing here, and what is missing is an objection.  The package is judged in `ooxml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_OPEN, _ISO = "http://schemas.openxmlformats.org", "http://purl.oclc.org/ooxml"
_WORD = (f"{_OPEN}/wordprocessingml/2006/main", f"{_ISO}/wordprocessingml/main")
_SHEET = (f"{_OPEN}/spreadsheetml/2006/main", f"{_ISO}/spreadsheetml/main")
_SLIDE = (f"{_OPEN}/presentationml/2006/main", f"{_ISO}/presentationml/main")
_CHART = (f"{_OPEN}/drawingml/2006/chart", f"{_ISO}/drawingml/chart")
_CHARTEX = "http://schemas.microsoft.com/office/drawing/2014/chartex"
_RELATIONSHIPS = (f"{_OPEN}/officeDocument/2006/relationships id", f"{_ISO}/officeDocument/relationships id")
_PROGRAMS = ("ProgID", "progId")

_NUMBER, _TEXT, _YES, _NO = re.compile("[0-9]{1,10}"), re.compile(".{0,300}", re.DOTALL), re.compile("1"), re.compile("0")
_OBJECT = {
    "Type": re.compile("Embed"),
    "ProgID": _TEXT,
    "ShapeID": _TEXT,
    "DrawAspect": re.compile("Content|Icon"),
    "ObjectID": re.compile("_[0-9a-f]{1,10}"),
}
_ON_SHEET = {"progId": _TEXT, "shapeId": _NUMBER, "dvAspect": re.compile("DVASPECT_ICON")}
_ON_SLIDE = {"progId": _TEXT, "name": _TEXT, "showAsIcon": _YES, "imgW": _NUMBER, "imgH": _NUMBER}


_Rules = dict[str, re.Pattern[str]]  # attributes, and what each may be


def _everywhere(*table: tuple[tuple[str, ...], str, _Rules]) -> dict[str, _Rules]:
    return {f"{uri} {name}": rules for uris, name, rules in table for uri in uris}


_UPDATES = _everywhere((_CHART, "autoUpdate", {"val": _NO}))
_AROUND = _UPDATES | _everywhere(  # a holder, or inside it
    (_WORD, "object", {f"{uri} {size}": _NUMBER for uri in _WORD for size in ("dxaOrig", "dyaOrig")}),
    (_SHEET, "oleObjects", {}),
    (_SLIDE, "embed", {}),
)
_SOURCES = _everywhere((_CHART, "externalData", {}), ((_CHARTEX,), "externalData", {f"{_CHARTEX} autoUpdate": _NO}))
_HOLDING = _SOURCES | _everywhere(
    (("urn:schemas-microsoft-com:office:office",), "OLEObject", _OBJECT),
    (_SHEET, "oleObject", _ON_SHEET),
    (_SLIDE, "oleObj", _ON_SLIDE),
)
NAMES = frozenset(_AROUND | _HOLDING)
LINKED = frozenset(_everywhere((_SLIDE, "link", {})))
_BOOK = "Excel.Sheet.12"


class Objects:
    """Those of one part.  `packages`: the program of each by its relationship; `held`: those that an object has named."""

    def __init__(self, packages: Mapping[str, str]) -> None:
        self._packages = packages
        self.held: set[str] = set()

    def objections(self, name: str, attributes: dict[str, str]) -> Iterator[str]:
        """`name` is one of `NAMES`."""
        local, known = name.rpartition(" ")[2], (_AROUND | _HOLDING)[name]
        to = next((attributes[key] for key in _RELATIONSHIPS if key in attributes), "")
        for key, value in attributes.items():
            if not (key in _RELATIONSHIPS or (key in known and known[key].fullmatch(value))):
                yield f"{local} says {key.rpartition(' ')[2]}={value[:60]!r}"
        if not self._packages or (name in _UPDATES and not attributes):  # without a word it is true (21.2.2.4)
            yield f"{local} without a package or a word"
        if name in _AROUND:
            if to:
                yield f"{local} holds package {to!r}"
            return
        program = _BOOK if name in _SOURCES else next((attributes[key] for key in _PROGRAMS if key in attributes), "")
        if not program or self._packages.get(to) != program:
            yield f"{local} of {program[:60]!r} holds package {to!r}"
        self.held.add(to)

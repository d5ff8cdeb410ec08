"""Formulas, conditions and addresses: which may stay (OpenFormula, ODF 1.3 part 4).

A cell formula that asks the network, another file, another program or a macro goes, and its cached value stays (D2,
D3).  Functions are known by name; one that is not on the list may be a macro or an add-in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sanitizers.model import Kind, Switches
from sanitizers.ooxml import formula as excel

_NAMES = """
    B CHISQDIST CHISQINV COLOR CURRENT DAYSINMONTH DAYSINYEAR EASTERSUNDAY EFFECTIVE ERRORTYPE FORMULA FOURIER
    ISLEAPYEAR MEAN MONTHS MULTIPLE.OPERATIONS OPT_BARRIER OPT_PROB_HIT OPT_PROB_INMONEY OPT_TOUCH POW RAWSUBTRACT ROT13
    SKEWP STYLE WEEKS WEEKSINYEAR YEARS
"""
_FUNCTIONS = excel.FUNCTIONS | frozenset(_NAMES.split())
_CONDITIONS = (  # 19.597 and LibreOffice's own; part 4 allows no hyphen in the name of a function
    "above-average|above-equal-average|begins-with|below-average|below-equal-average|between|bottom-elements|bottom-percent"
    "|cell-content(?:-text-length)?(?:-is-(?:not-)?between)?|cell-content-is-(?:in-list|date|time|text)"
    "|cell-content-is-(?:decimal|whole)-number"
    "|contains-text|ends-with|formula-is|is-error|is-no-error|is-true-formula|not-begins-with|not-between|not-contains-text"
    "|not-ends-with|top-elements|top-percent|value"
)
_CONDITION = re.compile(rf"(?<![\w.\])-])(?:{_CONDITIONS})(?=\()")
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(=?)")
_QUOTED = re.compile(r'"(?:[^"]|"")*"|' r"'(?:[^']|'')*'")
_ARRAY = re.compile(r"\{[^{}]*\}")  # its rows are divided by a pipe
_CALL = re.compile(r"(?<![\w.])([\w.]+)\s*\(")  # from the start of a word only, so that it stays linear
_VENDOR = re.compile(
    r"(?:_xlfn\.|_xlws\.|ORG\.OPENOFFICE\.|ORG\.LIBREOFFICE\.|COM\.MICROSOFT\.|LEGACY\."
    r"|COM\.SUN\.STAR\.SHEET\.ADDIN\.(?:ANALYSIS|DATEFUNCTIONS)\.GET)+",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"Q\s*#|://|\\")  # 'file:///a.ods'#$Sheet1.A1, its quoted part masked as Q
_PLACE = re.compile(r"://|\\|file:|'\s*#", re.IGNORECASE)
_LINK = re.compile(r'\bHYPERLINK\s*\(\s*("(?:[^"]|"")*")?', re.IGNORECASE)
_TARGETS = ("#", "http://", "https://", "mailto:")
_ODF_GRAMMARS = frozenset(
    {"urn:oasis:names:tc:opendocument:xmlns:of:1.2", "http://openoffice.org/2004/calc", "http://openoffice.org/2004/writer"}
)
_EXCEL_GRAMMAR = "http://schemas.microsoft.com/office/excel/formula"


def is_outside(address: str) -> bool:
    """Does a cell address, or a list of them, name another file?"""
    return bool(_OUTSIDE.search(_masked(address)))


def objection(text: str, grammars: Mapping[str | None, str], switches: Switches) -> Kind | None:
    """Why a formula or condition may not stay, or None.  `grammars`: what its prefix may stand for, by prefix."""
    prefix = _PREFIX.match(text)
    if not prefix or (prefix[1] not in grammars and not prefix[2]):
        return _objection(text, switches)  # a colon is also the operator of a range
    grammar, body = grammars.get(prefix[1]), text[prefix.end(1) + 1 :]
    if grammar == _EXCEL_GRAMMAR:
        return excel.objection(body, switches)
    return _objection(body, switches) if grammar in _ODF_GRAMMARS else Kind.FORMULA


def _objection(body: str, switches: Switches) -> Kind | None:
    bare = _CONDITION.sub("", _masked(body))
    if _OUTSIDE.search(bare):
        return Kind.EXTERNAL_LINK
    if "'" in bare or '"' in bare:
        return Kind.FORMULA  # a quote without end: no two readers agree where it ends
    if "|" in _ARRAY.sub("", bare):
        return Kind.DDE  # service|topic!item, in the syntax of Excel
    for function in dict.fromkeys(_VENDOR.sub("", name).upper() for name in _CALL.findall(bare)):  # each once, for time
        if function == "DDE":
            return Kind.DDE
        if function == "HYPERLINK":
            if not _links_allowed(body, switches):
                return Kind.HYPERLINK
        elif function == "INDIRECT" and any(_PLACE.search(literal) for literal in _QUOTED.findall(body)):
            return Kind.EXTERNAL_LINK  # takes an address from text, another file's too
        elif function not in _FUNCTIONS:
            return Kind.FORMULA
    return None


def _masked(text: str) -> str:
    """Strings are data; of a quoted name only what follows it matters."""
    return _QUOTED.sub(lambda quoted: "0" if quoted[0][0] == '"' else "Q", text)


def _links_allowed(text: str, switches: Switches) -> bool:
    """Each target must begin literally: with a place in this document, or with an allowed scheme."""
    return bool(switches.hyperlinks) and all(literal[1:].lower().startswith(_TARGETS) for literal in _LINK.findall(text))

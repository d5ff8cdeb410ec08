"""Plain stretches of markup as regular languages: rows, cells, strings, paragraphs, table rows with nothing to judge.

What matches is proven harmless as it stands: every element, attribute and form of value is written out here and nesting
is finite, so a match is balanced, well-formed UTF-8 without entity, comment, section or declaration, and no attribute
stands twice in a tag.  The patterns are for RE2, which is linear in the text whatever it is.  What is missing here is not
forbidden: `gate` leaves it in the tree, where it is judged.  All names are names of `vocabulary` too; a test compares them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations

import re2

from sanitizers.ooxml import formula
from sanitizers.ooxml.allowlist import S, W, strict

W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
X14AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"

# Characters of XML 1.0 beyond ASCII in well-formed UTF-8 (RFC 3629 4), less U+FFFE and U+FFFF.
_WIDE = (
    r"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    r"|\xef[\x80-\xbe][\x80-\xbf]|\xef\xbf[\x80-\xbd]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    r"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
# Character references that writers of text use, 160 to 49,999 and the full-width forms: nothing that could spell markup.
_REFERENCE = (
    "&#(?:1[6-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3}|[1-4][0-9]{4}|65[2-4][0-9]{2}|x[1-9A-F][0-9A-F]{2}|x[1-9A-C][0-9A-F]{3});"
)
# No quotation mark: what looks like an attribute in a stretch is one (`gate.Gated.joined`).
_TEXT = rf"(?:[\t\n\r !#-%'-;=?-~]|{_WIDE}|&(?:amp|lt|gt|quot|apos);|{_REFERENCE})*"
_LINE = rf"(?:[ !#-%'-;=?-~]|{_WIDE}|&(?:amp|lt|gt|quot|apos);)*"
_WORD = "[A-Za-z0-9_.,%+ -]*"
_NUMBER, _DECIMAL, _BOOLEAN, _HEX = "[0-9]{1,10}", "-?[0-9.]{1,30}(?:E[-+]?[0-9]{1,3})?", "(?:0|1|true|false)", "[0-9A-F]{8}"
_CELL_NAME = "[A-Z]{1,3}[1-9][0-9]{0,6}"
_RANGE = f"{_CELL_NAME}(?::{_CELL_NAME})?"
_GAP = "[\\t\\n\\r ]*"  # between elements, where a writer indents
_SPACE = '(?: xml:space="preserve")?'


@dataclass(frozen=True, slots=True)
class Language:
    """`start` finds where a stretch may begin.  What it holds means something only if `prefix` stands for one of `namespaces`
    there, and the prefix `extension`, where it is used, for `extension_uri`."""

    start: re.Pattern[bytes]
    stretch: re2._Regexp
    prefix: str | None
    namespaces: tuple[str, ...]
    extension: str
    extension_uri: str
    extended: re.Pattern[bytes]  # finds the prefix of the extension
    special: re.Pattern[bytes]  # the same, and revision marks


def _attributes(prefix: str, names: str, value: str) -> str:
    """Each may be absent; they follow each other as written here, those joined by `/` in any order."""
    return "".join(_any_order([f' {prefix}{name}="{value}"' for name in group.split("/")]) for group in names.split())


def _any_order(parts: list[str]) -> str:
    orders = (order for count in range(len(parts), 0, -1) for order in permutations(parts, count))
    return f"(?:{'|'.join(''.join(order) for order in orders)})?"


def _element(name: str, attributes: str = "", content: str = "") -> str:
    """`content` may be empty in itself."""
    inside = f"(?:/>|>{content}</{name}>)" if content else "/>"
    return f"<{name}{attributes}{inside}"


def _some(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})*"


def _formula() -> str:
    """References, numbers, strings, operators; a bracket opens at the start, after an operator or an allowed function.

    No word has a `_`, as a function has that is handed to another one; no text is an address, as for INDIRECT."""
    functions = "|".join(re.escape(name) for name in sorted(formula.FUNCTIONS - {"HYPERLINK", "INDIRECT"}))
    word = f"(?:[A-Za-z0-9.$]|{_WIDE})+"
    string = rf"(?:\"|&quot;)(?:[ !#-%'-;=?-~]|{_WIDE}|&(?:amp|lt|gt|apos);)*(?:\"|&quot;)"
    operand = f"(?:{word}(?:[!:]{word})*|{string})"
    operator = "(?:[-+*/^,;=%)]|&(?:amp|lt|gt);)"
    step = rf"(?:(?:_xlfn\.)?(?:{functions})\(+|(?:{operand} *)?{operator} *\(*)"
    return rf"\(*(?:{step}+(?:{operand})?|{operand})"


@lru_cache(maxsize=8)  # a package of many prefixes must not fill the memory
def _sheet(p: str) -> Language:
    """Rows, cells and shared strings (ISO/IEC 29500-1 18.3.1, 18.4), with the attributes in the order of the schema."""
    calculated = _attributes("", "ca", _BOOLEAN)
    kind = _attributes("", "t", "(?:shared|array|normal)") + _attributes("", "aca", _BOOLEAN) + _attributes("", "ref", _RANGE)
    code = f"<{p}f{kind}{calculated}{_attributes('', 'si', _NUMBER)}>{_formula()}</{p}f>"
    follower = f'<{p}f t="shared"{calculated} si="{_NUMBER}"(?:/>|></{p}f>)'  # of a formula that another cell of the group has
    string = _element(f"{p}t", _SPACE, _TEXT)
    content = f"(?:{code}|{follower})?(?:{_element(f'{p}v', _SPACE, _TEXT)}|<{p}is>{string}</{p}is>)?"
    looks = _any_order([f' s="{_NUMBER}"', ' t="(?:s|n|str|b|e|d|inlineStr)"']) + _attributes("", "ph", _BOOLEAN)
    cell = _element(f"{p}c", _attributes("", "r", _CELL_NAME) + looks, content)
    flags = "customFormat customHeight/hidden/ht outlineLevel collapsed thickTop/thickBot ph"
    placed = _attributes("", "r", _NUMBER) + _attributes("", "spans", "[0-9]+:[0-9]+") + _attributes("", "s", _NUMBER)
    row = _element(
        f"{p}row",
        placed + _attributes("", flags, _DECIMAL_OR_BOOLEAN) + _attributes("x14ac:", "dyDescent", _DECIMAL),
        f"{_GAP}{_some(cell + _GAP)}",
    )
    look = _some(
        f'<{p}(?:b|i|strike|outline|shadow|condense|extend|u|vertAlign|sz|family|charset|scheme)(?: val="{_WORD}")?/>',
        _element(f"{p}rFont", f'(?: val="{_LINE}")?'),
        _element(f"{p}color", _attributes("", "auto indexed rgb theme tint", _WORD)),
    )
    rich = f"<{p}r>(?:{_element(f'{p}rPr', '', look)})?{string}</{p}r>"
    reading = f'<{p}rPh sb="{_NUMBER}" eb="{_NUMBER}">{string}</{p}rPh>'
    phonetic = _element(f"{p}phoneticPr", _attributes("", "fontId type alignment", _WORD))
    item = _element(f"{p}si", "", f"(?:{string})?{_some(rich, reading)}(?:{phonetic})?")
    return _language(f"<{p}(?:row|c|si)[ />]", (row, cell, item), p[:-1], S, "x14ac", X14AC)


_DECIMAL_OR_BOOLEAN = f"(?:true|false|{_DECIMAL})"
_RUN_VALUES = (
    "b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid webHidden spacing w kern "
    "position sz szCs highlight effect vertAlign rtl cs em rStyle"
)
_PARAGRAPH_VALUES = (
    "pStyle keepNext keepLines pageBreakBefore widowControl suppressLineNumbers suppressAutoHyphens kinsoku wordWrap "
    "overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid contextualSpacing mirrorIndents "
    "suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId"
)
_CELL_VALUES = "gridSpan hMerge vMerge noWrap textDirection tcFitText vAlign hideMark"
_ROW_VALUES = "gridBefore gridAfter cantSplit tblHeader jc"
_EDGES = "top left start bottom right end insideH insideV tl2br tr2bl between bar"
_FONTS = (
    "hint ascii eastAsia hAnsi cs",
    "hint ascii hAnsi eastAsia cs",
    "hint eastAsia ascii hAnsi cs",
    "ascii eastAsia hAnsi cs hint",
    "ascii hAnsi eastAsia cs hint",
    "eastAsia ascii hAnsi cs hint",
)


def _own(names: str, value: str = _WORD) -> str:
    return _attributes("w:", names, value)


def _valued(names: str) -> str:
    return f'<w:(?:{"|".join(names.split())})(?: w:val="{_LINE}")?/>'


def _sized(names: str) -> str:
    return f"<w:(?:{'|'.join(names.split())}){_own('w/type')}/>"


def _lines(container: str) -> str:
    """Borders (17.3.4)."""
    look = _own("val color/sz/space themeColor themeTint themeShade shadow frame")
    return _element(container, "", _some(f"<w:(?:{'|'.join(_EDGES.split())}){look}/>"))


_IDENTITY = _attributes("w14:", "paraId textId", _HEX)
_REVISIONS = f'(?: w:rsid[A-Za-z]{{0,10}}="{_HEX}")*'  # taken out in `gate`, so that none can stand twice
_SHADE = _element("w:shd", _own("val color themeColor themeTint themeShade fill themeFill themeFillTint themeFillShade"))
_CONDITION = _element("w:cnfStyle", _own("val"))


def _run_look() -> str:
    """rPr (17.3.2.28); the faces in the orders of Word's versions."""
    themes = _own("asciiTheme eastAsiaTheme hAnsiTheme cstheme")
    faces = "|".join(f"{_own(order, _LINE)}{themes}" for order in _FONTS)
    return _element(
        "w:rPr",
        "",
        _some(
            _valued(_RUN_VALUES),
            f"<w:rFonts(?:{faces})/>",
            _element("w:color", _own("val themeColor themeTint themeShade")),
            _element("w:u", _own("val color themeColor")),
            _element("w:lang", _own("val/eastAsia/bidi")),
            _element("w:fitText", _own("val/id")),
            _element("w:eastAsianLayout", _own("id combine combineBrackets vert vertCompress")),
            _SHADE,
        ),
    )


def _paragraph(look: str) -> str:
    """p (17.3.1.22) of runs, bookmarks and marks of the spell checker."""
    spacing = "before/beforeLines beforeAutospacing after/afterLines afterAutospacing line/lineRule"
    indent = "left/leftChars start/startChars right/rightChars end/endChars hanging/hangingChars firstLine/firstLineChars"
    layout = _some(
        _valued(_PARAGRAPH_VALUES),
        _element("w:spacing", _own(spacing)),
        _element("w:ind", _own(indent)),
        _element("w:numPr", "", _some(_valued("ilvl numId"))),
        _element("w:tabs", "", _some(_element("w:tab", _own("val leader pos")))),
        _lines("w:pBdr"),
        _CONDITION,
        _SHADE,
        look,
    )
    text = _some(
        _element("w:t", _SPACE, _TEXT),
        "<w:(?:tab|cr|noBreakHyphen|softHyphen|lastRenderedPageBreak)/>",
        _element("w:br", _own("type clear")),
    )
    content = _some(
        f"<w:r{_REVISIONS}>(?:{look})?{text}</w:r>",
        _element("w:bookmarkStart", _own("id name", _LINE)),
        _element("w:bookmarkEnd", _own("id")),
        _element("w:proofErr", _own("type")),
    )
    return _element("w:p", _IDENTITY + _REVISIONS, f"(?:{_element('w:pPr', '', layout)})?{content}")


def _table_row(paragraph: str) -> str:
    """tr (17.4.78) with cells of paragraphs only."""
    cell_look = _some(
        _valued(_CELL_VALUES),
        _sized("tcW"),
        _lines("w:tcBorders"),
        _element("w:tcMar", "", _some(_sized("top left start bottom right end"))),
        _SHADE,
        _CONDITION,
    )
    cell = f"<w:tc>(?:{_element('w:tcPr', '', cell_look)})?(?:{paragraph})+</w:tc>"
    height = _element("w:trHeight", _own("hRule/val"))
    row_look = _element("w:trPr", "", _some(_valued(_ROW_VALUES), _sized("wBefore wAfter tblCellSpacing"), height, _CONDITION))
    return f"<w:tr{_REVISIONS}{_IDENTITY}{_REVISIONS}>(?:{row_look})?(?:{cell})+</w:tr>"


@cache
def _word() -> Language:
    paragraph = _paragraph(_run_look())
    return _language("<w:(?:p|tr)[ />]", (paragraph, _table_row(paragraph)), "w", W, "w14", W14)


def _language(start: str, kinds: tuple[str, ...], prefix: str, uri: str, extension: str, extension_uri: str) -> Language:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes: UTF-8 is spelled out above
    options.max_mem = 64 << 20  # for the automata of one pattern, which grow with what they meet and start anew beyond
    options.never_capture = True
    options.log_errors = False
    families = (uri, strict(uri))
    return Language(
        start=re.compile(start.encode()),
        stretch=re2.compile("|".join(f"(?:{kind}{_GAP})+" for kind in kinds).encode(), options),
        prefix=prefix or None,
        namespaces=families,
        extension=extension,
        extension_uri=extension_uri,
        extended=re.compile(f" {extension}:".encode()),
        special=re.compile(f" (?:{extension}:|w:rsid)".encode()),
    )


def language(head: bytes) -> Language | None:
    """By the first namespace in the head of a part that has a language here."""
    for prefix, uri in _DECLARED.findall(head):
        if uri.decode() in (S, strict(S)):
            return _sheet(f"{prefix.decode()}:" if prefix else "")
        if prefix == b"w":
            return _word()
    return None


_FAMILIES = "|".join(re.escape(uri) for uri in (S, strict(S), W, strict(W)))
_DECLARED = re.compile(f" xmlns(?::([A-Za-z][A-Za-z0-9]{{0,9}}))?=[\"']({_FAMILIES})[\"']".encode())
for _usual in (b"", b":x", b":w"):  # made before the fork; a prefix of somebody's own costs its worker 20 ms
    language(b" xmlns%s='%s'" % (_usual, (W if _usual == b":w" else S).encode()))

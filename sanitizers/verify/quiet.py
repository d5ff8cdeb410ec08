"""What an expat handler would only nod at: plain cells, strings and paragraphs, taken out before the parse (D20).

Written from ISO/IEC 29500-1 as regular languages of whole elements, run by RE2 in linear time.  Each stretch gives way to one
mark in its own namespace, which the parser then meets as an element: in a comment, a section or a value it would not, and
`markup` refuses those.  Whatever is not spelled out here goes to the handlers.  No rule for what is dangerous is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from sanitizers.verify.words import words

MARK = "quiet"
FAMILIES = words(  # a mark in any other namespace is an objection
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.microsoft.com/office/word/2010/wordml http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac",
)
_LEAST = 8192  # bytes: smaller parts are handled in no time

# RFC 3629 section 4, less the two characters that XML 1.0 section 2.2 leaves out at the end of the first plane
_LONG = (
    r"[\xC2-\xDF][\x80-\xBF]|\xE0[\xA0-\xBF][\x80-\xBF]|[\xE1-\xEC\xEE][\x80-\xBF]{2}|\xED[\x80-\x9F][\x80-\xBF]"
    r"|\xEF(?:[\x80-\xBE][\x80-\xBF]|\xBF[\x80-\xBD])|\xF0[\x90-\xBF][\x80-\xBF]{2}|[\xF1-\xF3][\x80-\xBF]{3}"
    r"|\xF4[\x80-\x8F][\x80-\xBF]{2}"
)
_SIGN = rf"[ !#-%'-;=?-~]|{_LONG}"
_WRITTEN_OUT = (
    "#(?:1[6-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3}|[1-4][0-9]{4}|65[2-4][0-9]{2}|x[1-9A-F][0-9A-F]{2}|x[1-9A-C][0-9A-F]{3})"
)
_TEXT = rf"(?:[\t\n\r]|{_SIGN}|&(?:lt|gt|amp|quot|apos|{_WRITTEN_OUT});)*"
_NAME = rf'"(?:{_SIGN}|&(?:lt|gt|amp);)*"'
_BREAK = r"[\t\n\r ]"  # between elements, where a writer indents
_TOKEN = '"[-+%A-Za-z0-9_., ]*"'
_COMMON = (  # functions of the forms that offices fill in; others are judged one by one
    "SUM SUMIF SUMIFS SUMPRODUCT SUBTOTAL AVERAGE AVERAGEIF COUNT COUNTA COUNTIF COUNTIFS COUNTBLANK MAX MIN ROUND ROUNDUP "
    "ROUNDDOWN INT ABS MOD RANK IF IFERROR IFS AND OR NOT TRUE FALSE ISBLANK ISERROR ISNUMBER ISNA ISTEXT VLOOKUP HLOOKUP "
    "LOOKUP INDEX MATCH ROW COLUMN CHOOSE DATE YEAR MONTH DAY TODAY DATEDIF EDATE EOMONTH WEEKDAY TEXT VALUE LEFT RIGHT MID "
    "LEN TRIM FIND SEARCH SUBSTITUTE CONCATENATE CONCAT ASC JIS PHONETIC RANDBETWEEN RAND SQRT POWER LARGE SMALL"
)


def _optional(names: str, value: str = _TOKEN, prefix: str = "") -> str:
    """Attributes in this order, each at most once; names joined by `,` in any order."""
    pattern = ""
    for group in names.split():
        first, *others = (f" {prefix}{name}={value}" for name in group.split(","))
        pattern += f"(?:{first})?" if not others else _either(first, *others)
    return pattern


def _either(*attributes: str) -> str:
    branches = []
    for position, first in enumerate(attributes):
        rest = attributes[:position] + attributes[position + 1 :]
        branches.append(first + (_either(*rest) if rest else ""))
    return f"(?:{'|'.join(branches)})?"


def _whole(name: str, attributes: str, *inside: str) -> str:
    """The element, empty or with any of `inside` any number of times."""
    return f"<{name}{attributes}(?:/>|>(?:{'|'.join(inside)})*</{name}>)" if inside else f"<{name}{attributes}/>"


def _cells() -> str:
    space = '(?: xml:space="preserve")?'
    string = f"<t{space}(?:/>|>{_TEXT}</t>)"
    name = rf"(?:[A-Za-z0-9.$]|{_LONG})+"  # without `_`: `_xl...` may be a function
    term = rf"(?:{name}(?:[:!]{name})*|\"(?:{_SIGN}|&(?:lt|gt|amp);)*\")"
    sign = r"(?:[-+*/^=,)%]|&(?:lt|gt|amp);)"
    formula = rf"\(*(?:(?:{'|'.join(_COMMON.split())})\(+|{term}?{sign}\(*)*{term}?"
    how = _optional("t", '"(?:shared|array)"') + _optional("aca ref ca si", '"[A-Z0-9a-z:]*"')
    cell = _whole(
        "c",
        _optional("r s,t ph"),
        f"<f{how}(?:/>|>{formula}</f>)",
        f"<v{space}(?:/>|>{_TEXT}</v>)",
        f"<is>{string}</is>",
    )
    row = _optional(
        "r spans s customFormat ht,hidden,customHeight outlineLevel collapsed thickTop,thickBot ph", '"[-a-z0-9.:E]*"'
    )
    row = _whole("row", row + _optional("dyDescent", _TOKEN, "x14ac:"), cell, _BREAK)
    look = (
        f"<(?:b|i|u|sz|family|charset|scheme|strike|vertAlign|outline|shadow){_optional('val')}/>",
        f"<rFont{_optional('val', _NAME)}/>",
        f"<color{_optional('indexed rgb theme tint')}/>",
    )
    item = _whole(
        "si",
        "",
        string,
        f"<r>(?:{_whole('rPr', '', *look)})?{string}</r>",
        f'<rPh sb="[0-9]+" eb="[0-9]+">{string}</rPh>',
        f"<phoneticPr{_optional('fontId type alignment')}/>",
    )
    return "|".join(f"{kind}(?:{kind}|{_BREAK})*" for kind in (row, cell, item))


def _own(names: str, value: str = _TOKEN) -> str:
    return _optional(names, value, "w:")


def _flags(names: str) -> str:
    return f"<w:(?:{'|'.join(names.split())}){_own('val', _NAME)}/>"


_SIDES = "<w:(?:top|left|start|bottom|right|end|insideH|insideV|tl2br|tr2bl|between|bar)"
_LINES = _SIDES + _own("val color,sz,space themeColor themeTint themeShade shadow frame") + "/>"
_SHADE = f"<w:shd{_own('val color themeColor themeTint themeShade fill themeFill themeFillTint themeFillShade')}/>"
_IDENTITY = _optional("paraId textId", '"[0-9A-F]*"', "w14:")


def _look() -> str:
    themes = _own("asciiTheme eastAsiaTheme hAnsiTheme cstheme")
    orders = ("ascii eastAsia hAnsi cs", "ascii hAnsi eastAsia cs", "eastAsia ascii hAnsi cs")
    fonts = "|".join(f"{_own(f'hint {o}', _NAME)}{themes}|{_own(o, _NAME)}{themes}{_own('hint')}" for o in orders)
    return _whole(
        "w:rPr",
        "",
        _flags(
            "b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid webHidden spacing w "
            "kern position sz szCs highlight effect vertAlign rtl cs em rStyle"
        ),
        f"<w:rFonts(?:{fonts})/>",
        f"<w:color{_own('val themeColor themeTint themeShade')}/>",
        f"<w:u{_own('val color themeColor')}/>",
        f"<w:lang{_own('val,eastAsia,bidi')}/>",
        f"<w:fitText{_own('val,id')}/>",
        f"<w:eastAsianLayout{_own('id combine combineBrackets vert vertCompress')}/>",
        _SHADE,
    )


def _paragraph(look: str) -> str:
    distance = _own("before,beforeLines beforeAutospacing after,afterLines afterAutospacing line,lineRule")
    indent = _own("left,leftChars start,startChars right,rightChars end,endChars hanging,hangingChars firstLine,firstLineChars")
    layout = _whole(
        "w:pPr",
        "",
        _flags(
            "pStyle keepNext keepLines pageBreakBefore widowControl suppressLineNumbers suppressAutoHyphens kinsoku wordWrap "
            "overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid contextualSpacing "
            "mirrorIndents suppressOverlap jc textDirection textAlignment outlineLvl cnfStyle"
        ),
        f"<w:spacing{distance}/>",
        f"<w:ind{indent}/>",
        _whole("w:numPr", "", _flags("ilvl numId")),
        _whole("w:tabs", "", f"<w:tab{_own('val leader pos')}/>"),
        _whole("w:pBdr", "", _LINES),
        _SHADE,
        look,
    )
    content = f'<w:t(?: xml:space="preserve")?(?:/>|>{_TEXT}</w:t>)'
    breaks = f"<w:(?:tab|cr|noBreakHyphen|softHyphen|lastRenderedPageBreak)/>|<w:br{_own('type clear')}/>"
    run = f"<w:r>(?:{look})?(?:{content}|{breaks})*</w:r>"
    marks = f"<w:bookmarkStart{_own('id name', _NAME)}/>|<w:bookmarkEnd{_own('id')}/>|<w:proofErr{_own('type')}/>"
    return f"<w:p{_IDENTITY}(?:/>|>(?:{layout})?(?:{run}|{marks})*</w:p>)"


def _table_row(paragraph: str) -> str:
    width = f"<w:(?:tcW|top|left|start|bottom|right|end){_own('w,type')}/>"
    cell = _whole(
        "w:tcPr",
        "",
        _flags("gridSpan hMerge vMerge noWrap textDirection tcFitText vAlign hideMark cnfStyle"),
        width,
        _whole("w:tcBorders", "", _LINES),
        _whole("w:tcMar", "", width),
        _SHADE,
    )
    line = _whole(
        "w:trPr",
        "",
        _flags("gridBefore gridAfter cantSplit tblHeader jc cnfStyle"),
        f"<w:trHeight{_own('hRule,val')}/>",
        f"<w:(?:wBefore|wAfter|tblCellSpacing){_own('w,type')}/>",
    )
    return f"<w:tr{_IDENTITY}>(?:{line})?(?:<w:tc>(?:{cell})?(?:{paragraph})+</w:tc>)+</w:tr>"


def _paragraphs() -> str:
    paragraph = _paragraph(_look())
    return "|".join(f"{kind}(?:{kind}|{_BREAK})*" for kind in (paragraph, _table_row(paragraph)))


def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = 64 << 20
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


# where one may begin; what it is; what stands in its place, plain and with the second namespace
_LANGUAGES = (
    (re.compile(rb"<w:(?:p|tr)[ />]"), _compiled(_paragraphs()), b"<w:quiet/>", b" w14:", b'<w:quiet w14:of=""/>'),
    (re.compile(rb"<(?:row|c|si)[ />]"), _compiled(_cells()), b"<quiet/>", b" x14ac:", b'<quiet x14ac:of=""/>'),
)


def without(content: bytes) -> bytes:
    """The part with marks in the place of its quiet stretches."""
    if len(content) < _LEAST:
        return content
    for start, pattern, *marks in _LANGUAGES:
        if start.search(content, 0, _LEAST):
            return b"".join(_pieces(content, start, pattern, *marks))
    return content


def _pieces(
    content: bytes, start: re.Pattern[bytes], pattern: re2._Regexp, mark: bytes, extension: bytes, extended: bytes
) -> Iterator[bytes]:
    done = 0
    at = start.search(content)
    while at:
        end = at.end() - 1
        if quiet := pattern.match(content, at.start()):
            end = quiet.end()
            yield content[done : at.start()]
            yield mark if content.find(extension, at.start(), end) < 0 else extended
            done = end
        at = start.search(content, end)
    yield content[done:]

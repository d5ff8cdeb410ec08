"""Word fields (ISO/IEC 29500-1 17.16): harmless ones stay alive, every other becomes the text that it last showed.

A field is a begin mark, instructions in any number of runs, a separate mark, the result, and an end mark; fields nest
and cross paragraphs.  The instructions are joined before they are judged: `DDEAUTO` written letter by letter is still
`DDEAUTO`.  Links are judged in `links`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment
from sanitizers.ooxml import links, xml
from sanitizers.ooxml.allowlist import W, tags

_NAMES = (
    "= ADVANCE AUTHOR AUTONUM AUTONUMLGL AUTONUMOUT BARCODE BIBLIOGRAPHY CITATION COMMENTS COMPARE CREATEDATE DATE "
    "DISPLAYBARCODE DOCPROPERTY EDITTIME EQ FILENAME FILESIZE FORMCHECKBOX FORMDROPDOWN FORMTEXT HYPERLINK IF INDEX KEYWORDS "
    "LASTSAVEDBY LISTNUM MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF PRINTDATE "
    "QUOTE REF REVNUM SAVEDATE SECTION SECTIONPAGES SEQ SET SKIPIF STYLEREF SUBJECT SYMBOL TA TC TIME TITLE TOA TOC XE"
)
_HARMLESS = frozenset(_NAMES.split())
_WITH_TEXT = frozenset({"MACROBUTTON", "GOTOBUTTON"})  # show their last argument
_DDE = frozenset({"DDE", "DDEAUTO"})
_NESTED = "\ufffc"  # stands for what a nested field would spell out
_DEEPEST = 32  # Word itself stops at 20
_SWITCHES, _FLAGS = (r"\l", r"\o", r"\t"), (r"\h", r"\m", r"\n")
_KEYWORD = re.compile(r"\s*([=]|[^\s\"\\]+)")
_ARGUMENT = re.compile(r'"([^"]*)"|(\S+)')

_MARK, _CODE, _DELETED_CODE, _SIMPLE = (tags(W, name) for name in ("fldChar", "instrText", "delInstrText", "fldSimple"))
_SHOWN = tags(W, "t", "delText", "tab", "br", "cr", "sym", "drawing", "pict", "noBreakHyphen")


@dataclass(slots=True)
class _Field:
    """One field while its end is not yet seen."""

    parts: list[xml.Element] = field(default_factory=list)  # marks and instructions
    shown: list[xml.Element] = field(default_factory=list)  # what nested fields put between the instructions
    code: str = ""
    separated: bool = False


def neutralise(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """Turn every field of one part that is not known to be harmless into plain text."""
    judge = _judge(where, switches, findings)
    for element in list(root.iter(*_SIMPLE)):
        if not judge(_attribute(element, "instr")):
            xml.unwrap(element)
    _complex(root, judge)


def harmless(code: str, switches: Switches) -> bool:
    """May this field stay?  Its keyword must be literal: one that another field spells out is not."""
    keyword = _keyword(code)
    if keyword == "HYPERLINK":
        return switches.hyperlinks and _link_allowed(code)
    return keyword in _HARMLESS or keyword.startswith("=")


def _judge(where: str, switches: Switches, findings: Findings) -> Callable[[str], bool]:
    def judge(code: str) -> bool:
        if harmless(code, switches):
            return True
        keyword = _keyword(code)
        kind = Kind.DDE if keyword in _DDE else Kind.HYPERLINK if keyword == "HYPERLINK" else Kind.FIELD
        findings.add(kind, where, code.strip() or "field without instruction", Treatment.REPLACED)
        return False

    return judge


def _complex(root: xml.Element, judge: Callable[[str], bool]) -> None:
    stack: list[_Field] = []
    for element in list(root.iter(*_MARK, *_CODE, *_DELETED_CODE, *_SHOWN)):
        if element.tag in _MARK:
            _mark(element, stack, judge)
        elif element.tag in _SHOWN:
            for outer in stack:
                if not outer.separated:
                    outer.shown.append(element)
        elif stack and not stack[-1].separated:
            stack[-1].parts.append(element)
            stack[-1].code += element.text or ""
        else:
            xml.remove(element)  # an instruction outside any field
    for unfinished in stack:  # where it should have ended is unknown: what follows stays visible
        judge(unfinished.code)
        for element in unfinished.parts:
            xml.remove(element)


def _mark(element: xml.Element, stack: list[_Field], judge: Callable[[str], bool]) -> None:
    kind = _attribute(element, "fldCharType")
    if kind == "begin":
        if len(stack) >= _DEEPEST:
            raise Refused(Reason.LIMIT_DEPTH, f"{len(stack)} fields inside one another")
        if stack and not stack[-1].separated:
            stack[-1].code += _NESTED
        stack.append(_Field([element]))
        return
    if not stack:
        xml.remove(element)
        return
    stack[-1].parts.append(element)
    stack[-1].separated |= kind == "separate"
    if kind == "end":
        finished = stack.pop()
        if not judge(finished.code):
            _flatten(finished)
        if stack and not stack[-1].separated:
            stack[-1].shown += finished.parts


def _flatten(finished: _Field) -> None:
    """Leave the result only; a button without result leaves the text on it."""
    keyword = _keyword(finished.code)
    if keyword in _WITH_TEXT and not finished.separated:
        label = finished.code.strip()[len(keyword) :].strip().partition(" ")[2].strip()
        codes = [part for part in finished.parts if part.tag in _CODE]
        if label and codes:
            text = codes[0].makeelement(codes[0].tag.replace("instrText", "t"))
            text.text = label
            codes[0].addprevious(text)
    for element in finished.parts + finished.shown:
        xml.remove(element)


def _keyword(code: str) -> str:
    found = _KEYWORD.match(code)
    return found[1].upper() if found else ""


def _link_allowed(code: str) -> bool:
    r"""HYPERLINK "target" \l "place" \o "tip" \t "frame" (17.16.5.25): every argument that is no switch's is a target."""
    arguments = (quoted or bare for quoted, bare in _ARGUMENT.findall(_KEYWORD.sub("", code, count=1)))
    for argument in arguments:
        if argument.lower() in _SWITCHES:
            next(arguments, "")
        elif argument.lower() not in _FLAGS and links.rebuilt(argument) != argument:
            return False
    return _NESTED not in code


def _attribute(element: xml.Element, name: str) -> str:
    return next((value for tag in tags(W, name) if (value := element.get(tag)) is not None), "")

"""Word fields (ISO/IEC 29500-1 17.16): harmless ones stay alive, every other becomes the text that it last showed.

A field is a begin mark, instructions in any number of runs, a separate mark, the result, and an end mark; fields nest
and cross paragraphs.  The instructions are joined before they are judged: `DDEAUTO` written letter by letter is still
`DDEAUTO`.  What some readers leave out of the instruction (deleted or inserted words, plain text) is judged with and
without.  Links are judged in `links`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment
from sanitizers.ooxml import gate, links, xml
from sanitizers.ooxml.allowlist import MC, W, tags

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

_MARK, _SIMPLE, _INSERTED = tags(W, "fldChar"), tags(W, "fldSimple"), frozenset(tags(W, "ins", "moveTo"))
_BRANCHES = frozenset(tags(MC, "Choice", "Fallback") + tags(W, "txbxContent"))  # stories of their own: what is in is not around
_CODE = tags(W, "instrText", "delInstrText")
_TEXT = _CODE + tags(W, "t", "delText")  # readers take plain text between begin and separate for instructions, too
_SHOWN = tags(W, "t", "delText", "tab", "br", "cr", "sym", "drawing", "pict", "noBreakHyphen")


@dataclass(slots=True)
class _Field:
    """One field while its end is not yet seen."""

    parts: list[xml.Element] = field(default_factory=list)  # marks and instructions
    shown: list[xml.Element] = field(default_factory=list)  # what nested fields put between the instructions
    pieces: list[tuple[str, str]] = field(
        default_factory=list
    )  # of the instruction: why a reader may leave it out, or "", and text
    separated: bool = False

    @property
    def code(self) -> str:
        return "".join(text for _, text in self.pieces)

    def readings(self) -> Iterator[str]:
        """The instruction as any reader may see it; an empty one is no field to that reader."""
        doubts = sorted({doubt for doubt, _ in self.pieces if doubt})
        for count in range(len(doubts), -1, -1):
            for believed in combinations(doubts, count):
                code = "".join(text for doubt, text in self.pieces if not doubt or doubt in believed)
                if code or count == len(doubts):
                    yield code


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
        return bool(switches.hyperlinks) and _link_allowed(code)
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
    fields = _Fields(judge)
    for element in list(root.iter(*_MARK, *_CODE, *_SHOWN, gate.MARK)):
        fields.see(element)
    fields.end()


class _Fields:
    """The open fields, innermost last, while the marks of a part go by in the order of the document.

    A branch of an `AlternateContent` has a stack of its own, as a reader sees one branch, never the sum of all; so has a text
    box, which is no part of the paragraph that it hangs on."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self._judge = judge
        self._stacks: dict[xml.Element | None, list[_Field]] = {}
        self._branch: xml.Element | None = None

    def see(self, element: xml.Element) -> None:
        around = list(element.iterancestors(*_BRANCHES, *_INSERTED))
        branch = next((ancestor for ancestor in around if ancestor.tag in _BRANCHES), None)
        if branch is not self._branch:
            self._stacks = {of: fields for of, fields in self._stacks.items() if fields}  # only what is open costs time
            self._branch = branch
        stack = self._stacks.setdefault(branch, [])
        if branch is not None and element.tag in _TEXT and element.text:
            self._interrupt("branch", stack)
        if element.tag == gate.MARK:
            self._pass_plain()
        elif element.tag in _MARK:
            self._mark(element, stack)
        elif element.tag in _TEXT and stack and not stack[-1].separated:
            stack[-1].parts.append(element)
            stack[-1].pieces.append((_doubt(element, around), element.text or ""))
        elif element.tag in _CODE:
            xml.remove(element)  # an instruction outside any field
        else:
            for outer in stack:
                if not outer.separated:
                    outer.shown.append(element)

    def end(self) -> None:
        """Where an unfinished field should have ended is unknown: what follows it stays visible."""
        for unfinished in chain.from_iterable(self._stacks.values()):
            self._judge(unfinished.code)
            for element in unfinished.parts:
                if element.tag not in _SHOWN:
                    xml.remove(element)

    def _pass_plain(self) -> None:
        """Plain text is no instruction, unless a field still waits for its own."""
        if any(not open_field.separated for open_field in chain.from_iterable(self._stacks.values())):
            raise gate.Unproven

    def _mark(self, element: xml.Element, stack: list[_Field]) -> None:
        kind = _attribute(element, "fldCharType")
        if kind == "begin":
            self._begin(element, stack)
        elif not stack:
            xml.remove(element)
        else:
            stack[-1].parts.append(element)
            stack[-1].separated |= kind == "separate"
            if kind == "end":
                self._finish(stack)

    def _begin(self, element: xml.Element, stack: list[_Field]) -> None:
        if len(stack) >= _DEEPEST:
            raise Refused(Reason.LIMIT_DEPTH, f"{len(stack)} fields inside one another")
        self._interrupt("")
        stack.append(_Field([element]))

    def _interrupt(self, doubt: str, own: list[_Field] | None = None) -> None:
        """Something that is not known here belongs to the instruction of whatever field is open outside `own`."""
        for outer in self._stacks.values():
            if outer and outer is not own and not outer[-1].separated:
                outer[-1].pieces.append((doubt, _NESTED))

    def _finish(self, stack: list[_Field]) -> None:
        finished = stack.pop()
        if not all(map(self._judge, finished.readings())):
            _flatten(finished)
        if stack and not stack[-1].separated:
            stack[-1].shown += finished.parts


def _doubt(element: xml.Element, around: list[xml.Element]) -> str:
    """Why some reader may leave this piece out of the instruction, or ""."""
    kind = xml.local(element)
    if kind != "instrText":
        return kind
    return "inserted" if any(ancestor.tag in _INSERTED for ancestor in around) else ""


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
    return element.get(f"{{{xml.namespace(element)}}}{name}", "")

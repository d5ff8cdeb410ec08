"""One XML part of an Office document, streamed through expat: namespaces, elements, links, fields, formulas.

Streaming keeps memory flat on the largest sheets, and `quiet` takes out what would only cost time.  A field's code is
judged joined over its runs, with and without its deleted words, a formula with its string literals set aside; what they
compute is not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from sanitizers.verify import embedded, quiet
from sanitizers.verify.words import words

_NAMESPACES = (
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/ooxml/",
    "http://schemas.microsoft.com/office/",
    "http://purl.org/dc/",
    "http://www.w3.org/2001/XMLSchema-instance",
    "urn:schemas-microsoft-com:vml",
    "urn:schemas-microsoft-com:office:",
)
_NAMELESS = words("xml div font span b i u br")  # the root of a VML drawing, and the text on its controls
_RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_ACTIVE = words(
    # embedded and linked objects, controls, their containers
    "oleObject oleObjects OLEObject oleObj objectEmbed objectLink embed control controls ocx object userControl",
    "ddeLink oleLink externalBook externalReference externalReferences externalLink externalData",
    # whole foreign parts
    "altChunk subDoc attachedTemplate mailMerge contentPart webExtension webExtensionRef taskpane customUI custData",
    "sourceFileName linkedToFile frameset framesets embedRegular embedBold embedItalic embedBoldItalic embeddedFont",
    # data connections, publishing
    "connection connections dbPr webPr olapPr textPr queryTable webPublishItems webPublishItem webPublishing xmlMaps MapInfo",
    # scripts, commands, media
    "script scriptCall cmd audioFile videoFile quickTimeFile wavAudioFile audioCd snd sndAc sndTgt movie",
)
_LINKING = frozenset(("hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"))
_FORMULAS = words("f formula formula1 formula2 definedName calculatedColumnFormula totalsRowFormula oldFormula")
_CODES = words("instrText delInstrText")
_STORY = "txbxContent"  # the fields in a text box are not those of the paragraph that it hangs on
_COLLECTED = _FORMULAS | _CODES
_FIELD = re.compile(
    r"\s*(DDE|DDEAUTO|INCLUDE|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|EMBED|DATABASE"
    r"|MACROBUTTON|RD|ADDIN|PRINT|CONTROL|HTMLACTIVEX)\b",
    re.IGNORECASE,
)
_HYPERLINK = re.compile(r"\s*HYPERLINK\b(.*)", re.IGNORECASE | re.DOTALL)
_HARMLESS = re.compile(r'\\[lot]\s*"[^"]*"|\\[a-z]\b')  # bookmark, screen tip, frame name; bare switches
_ARGUMENT = re.compile(r'"([^"]*)"|([^\s"]+)')
_STRING = re.compile('"[^"]*"')
_QUOTED = re.compile("'[^']*'")
_LINK_FORMULA = re.compile(r'HYPERLINK\s*\(\s*"(?!https?://|mailto:|#[^"/\\]*")[^"]*(?::|\\\\|//)', re.IGNORECASE)
_REACHING = r"(WEBSERVICE|RTD|CALL|REGISTER|REGISTER\.ID|EXEC|EXECUTE|INITIATE|FOPEN|FWRITE|SQL\.REQUEST|IMAGE|FILES|RUN)"
_FORMULA = re.compile(
    rf"\b{_REACHING}\s*\("
    rf"|\b(?:_xl\w{{1,9}}\.){{1,4}}{_REACHING}\b"  # not called here, but by the function that it is handed to
    r"|(?<![\w\]\[,'])\[[^\]\[#@]+\][^'!\s(),]*!|'[^'!]*\[[^']*'!"  # another workbook, and the same in quotes
    r"|[A-Za-z]:\\|\\\\|file:",
    re.IGNORECASE,
)
_INDIRECT = re.compile(r"\bINDIRECT\s*\(", re.IGNORECASE)
_ELSEWHERE = re.compile(r"://|\\\\|(?<![A-Za-z])[A-Za-z]:\\|file:", re.IGNORECASE)
_ACTION = re.compile(r"ppaction://(macro|program|ole|media|hlinkfile|hlinkpres)", re.IGNORECASE)
_LOCATION = re.compile(r"\s*(?!https?://|mailto:)[^#]*(?::|\\|//)", re.IGNORECASE)
_SUSPECT = words("macro action href src althref instr")
_FORMULA_LENGTH = 16_384  # characters: Excel takes 8,192; keeps the patterns above from being given megabytes
_NESTING = 256  # elements inside one another; the rebuilder's cap is 200


def elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """Local name and attributes of every element, for the small parts that hold the package together."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = strict_parser()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    parser.Parse(content, True)
    return found


@dataclass(frozen=True, slots=True)
class Links:
    """The relationships of one part by their ids; of those to embedded packages also the program that each is for."""

    internal: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    packages: dict[str, str] = field(default_factory=dict)


def objections(content: bytes, links: Links) -> Iterator[str]:
    """Whatever this part should not say; every package that it has must be held by an object."""
    reader = _Reader(links)
    parser = strict_parser()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartCdataSectionHandler = _refuse
    parser.Parse(quiet.without(content), True)
    reader.judge_code()
    yield from reader.found
    yield from (f"no object holds package {unheld!r}" for unheld in sorted(links.packages.keys() - reader.objects.held))


def strict_parser() -> expat.XMLParserType:
    """Elements and text only: whatever else XML has is an objection."""
    strict = expat.ParserCreate(namespace_separator=" ")
    strict.StartDoctypeDeclHandler = _refuse
    strict.ProcessingInstructionHandler = _refuse
    strict.CommentHandler = _refuse
    return strict


def _refuse(*what: object) -> None:
    raise ValueError(f"DOCTYPE, processing instruction, comment or section {what[:1]}"[:200])


class _Reader:
    """Handlers of one parse.  Names are seen once and remembered, so that a large sheet costs two look-ups an element."""

    def __init__(self, links: Links) -> None:
        self.links, self.objects = links, embedded.Objects(links.packages)
        self.found: dict[str, None] = {}
        self.known: dict[str, str] = {}
        self.codes: list[list[tuple[str, str]]] = [[]]  # of the open fields: by which element, and its text
        self.stories: list[list[list[tuple[str, str]]]] = []
        self.collected: list[str] | None = None
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = self.known.get(name) or self.learn(name)
        self.depth += 1
        if name in embedded.NAMES:
            for objection in self.objects.objections(name, attributes):
                self.object(objection)
            return
        if self.depth > _NESTING:
            raise ValueError("elements nested too deeply")
        if local in _COLLECTED:
            self.collected = []
        elif local == "fldChar":
            self.boundary(attributes)
        elif local == _STORY:
            self.stories.append(self.codes)
            self.codes = [[]]
        for key, value in attributes.items():
            if " " in key or key in _SUSPECT or not key.islower():
                self.attribute(local, key, value)

    def learn(self, name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        if not namespace.startswith(_NAMESPACES) and name not in _NAMELESS:
            self.object(f"namespace {namespace!r}")
        if (local in _ACTIVE and name not in embedded.NAMES) or name in embedded.LINKED:
            self.object(f"element {local}")
        if local == quiet.MARK and namespace not in quiet.FAMILIES:
            self.object(f"plain markup in namespace {namespace!r}")
        self.known[name] = local
        return local

    def attribute(self, element: str, key: str, value: str) -> None:
        namespace, _, local = key.rpartition(" ")
        if element == quiet.MARK and namespace not in quiet.FAMILIES:
            self.object(f"plain markup with attributes of {namespace!r}")
        if namespace in _RELATIONSHIPS:
            allowed = self.links.internal | self.links.external if element in _LINKING else self.links.internal
            if value and value not in allowed:
                self.object(f"{element} uses relationship {value!r}")
        elif (local.startswith("on") and local[2:3].isupper()) or (local == "macro" and value):
            self.object(f"{element} runs {value[:60]!r}")
        elif local == "action" and _ACTION.match(value):
            self.object(f"{element} does {value[:60]!r}")
        elif local in ("href", "src", "althref") and _LOCATION.match(value):
            self.object(f"{element} loads {value[:60]!r}")
        elif local == "instr" and element == "fldSimple":
            self.field(value)
        elif local in ("ddeService", "ddeTopic"):
            self.object(f"{element} asks {value[:60]!r}")

    def text(self, data: str) -> None:
        if self.collected is not None:
            self.collected.append(data)

    def end(self, name: str) -> None:
        self.depth -= 1
        local = self.known[name]
        if local == _STORY:
            self.judge_code()
            self.codes = self.stories.pop()
        if self.collected is None or local not in _COLLECTED:
            return
        text, self.collected = "".join(self.collected), None
        if local in _CODES:
            self.codes[-1].append((local, text))
        elif text:
            self.formula(text)

    def boundary(self, attributes: dict[str, str]) -> None:
        kind = next((value for key, value in attributes.items() if key.endswith("fldCharType")), "")
        if kind == "begin":
            self.codes.append([])
            return
        self.judge_code()
        if kind == "end" and len(self.codes) > 1:
            self.codes.pop()

    def judge_code(self) -> None:
        self.field("".join(text for _, text in self.codes[-1]))
        self.field("".join(text for element, text in self.codes[-1] if element == "instrText"))

    def field(self, code: str) -> None:
        link = _HYPERLINK.match(code)
        arguments = _ARGUMENT.findall(_HARMLESS.sub("", link[1])) if link else []
        if _FIELD.match(code) or any(_LOCATION.match(quoted or bare) for quoted, bare in arguments):
            self.object(f"field {code[:80]!r}")

    def formula(self, text: str) -> None:
        if len(text) > _FORMULA_LENGTH:
            self.object("a formula longer than any spreadsheet takes")
            return
        bare = _STRING.sub('""', text)
        if _INDIRECT.search(bare) and any(_ELSEWHERE.search(string) for string in _STRING.findall(text)):
            self.object(f"formula {text[:80]!r} with an address elsewhere")
        if _LINK_FORMULA.search(text) or _FORMULA.search(bare) or "|" in _QUOTED.sub("", bare):  # DDE: service|topic!item
            self.object(f"formula {text[:80]!r}")

    def object(self, objection: str) -> None:
        self.found[objection] = None

"""A rebuilt OpenDocument file: known members, all of them in the manifest, and markup that loads, links and runs nothing.

Markup is read with expat and `zipfile`; the rebuilder uses neither (formats.md 1, D1-D4, D10).  Names are denied here
where the rebuilder allows, so that a gap in one list is not a gap in both.
"""

from __future__ import annotations

import binascii
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator

from sanitizers.verify import archive, markup, picture
from sanitizers.verify.words import words

_OPEN = "application/vnd.oasis.opendocument."
PACKAGES = tuple(_OPEN + kind for kind in ("text", "spreadsheet", "presentation", "graphics", "formula"))
FLAT = tuple(f"{kind}-flat-xml" for kind in PACKAGES)

_TOTAL = 512 << 20  # bytes unpacked: twice what the rebuilder may take in
_NESTING = 256  # elements inside one another
_MANIFEST = "META-INF/manifest.xml"
_MARKUP = re.compile(r"(?:Object \d+/)*(?:content|styles|settings)\.xml|meta\.xml")
_PICTURE = re.compile(r"(?:Object \d+/)*Pictures/\d+\.[a-z]+")
_FOLDER = re.compile(r"(?:Object \d+/)+")
_PICTURES = {
    b"\x89PNG": picture.png,
    b"\xff\xd8\xff": picture.jpeg,
    b"GIF8": picture.gif,
    b"BM": picture.bmp,
    b"II*\0": picture.tiff,
    b"MM\0*": picture.tiff,
    b"RIFF": picture.webp,
}

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_OWN = words(
    "office text table style drawing presentation dr3d animation chart form meta config datastyle",
    "xsl-fo-compatible svg-compatible smil-compatible",
)
_NAMESPACES = frozenset(f"{_OASIS}{name}:1.0" for name in _OWN) | words(
    "http://www.w3.org/1999/xlink http://purl.org/dc/elements/1.1/ http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/XML/1998/namespace http://www.w3.org/TR/css3-text/",
    "http://www.w3.org/1999/XSL/Format http://www.w3.org/2000/svg",
    "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
    "http://openoffice.org/2009/office http://openoffice.org/2009/table http://openoffice.org/2010/draw http://openoffice.org/2010/chart",
)
_ACTIVE = words(
    "script scripts event-listener event-listeners execute-macro error-macro libraries library-embedded library-linked",
    "object-ole applet plugin floating-frame sound audio video command play",
    "dde-source dde-link dde-links dde-connection dde-connection-decl dde-connection-decls",
    "section-source table-source cell-range-source source-service connection-resource alphabetical-index-auto-mark-file",
    "database-source-query database-source-sql database-source-table database-display database-next database-row-select",
    "data-mapping data-mappings model instance submission properties property font-face-src font-face-uri definition-src",
    "database image-frame",
)
_ACTING = words(
    "macro-name event-name dde-application dde-item dde-topic connection-name datasource command command-type class-id",
    "may-script server-map action verb target-frame filter-name sql-statement engine xforms-submission",
)
_LINKING = words("a area-circle area-polygon area-rectangle")
_SHOWING = words("image fill-image background-image list-level-style-image")
_LINK = re.compile(r"(https?://|mailto:)[^\s\x00-\x1f\\]*|#[^\x00-\x1f]*", re.IGNORECASE)
_FORMULAS = words("formula condition expression")
_ADDRESS = re.compile(r"(address|addresses|range|ranges|linked-cell)\Z")
_STRING = re.compile('"[^"]*"')
_OUTSIDE = re.compile(r"'\s*#|file:|://|\\\\", re.IGNORECASE)
_CALL = re.compile(r"\b(WEBSERVICE|DDE|RTD|CALL|REGISTER|EXEC|SQL\.REQUEST|IMAGE|EXTERNAL)\s*\(", re.IGNORECASE)
_LINK_FORMULA = re.compile(r'HYPERLINK\s*\(\s*"(?!https?://|mailto:|#)', re.IGNORECASE)
_COMPONENT = re.compile(r"ooo:com\.sun\.star\.form\.component\.\w+")
_SETTINGS = words("PrinterSetup PrinterName PrintFaxName LinkUpdateMode UpdateFromTemplate CurrentDatabaseDataSource")


def package(media_type: str) -> Callable[[bytes, frozenset[str]], Iterator[str]]:
    """The check for one media type of packages."""

    def check(content: bytes, digests: frozenset[str]) -> Iterator[str]:
        yield from archive.container(content)
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            members = opened.infolist()
            if sum(member.file_size for member in members) > _TOTAL:
                yield "unpacks to more than anything that was taken in"
                return
            first = members[0]
            if first.filename != "mimetype" or first.compress_type != zipfile.ZIP_STORED:
                yield "mimetype is not the first member, stored"
            if opened.read("mimetype") != media_type.encode():
                yield "mimetype says another type"
            yield from _members(opened, frozenset(opened.namelist()), media_type)

    return check


_ROOTS = ("urn:oasis:names:tc:opendocument:xmlns:office:1.0 document", "http://www.w3.org/1998/Math/MathML math")


def flat(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """One XML file: nothing around it that a reference could name."""
    reader = _Reader("", frozenset())
    yield from reader.objections(content)
    if reader.root not in _ROOTS:
        yield f"a document that begins with {reader.root!r}"


def _members(opened: zipfile.ZipFile, names: frozenset[str], media_type: str) -> Iterator[str]:
    listed = _listed(opened.read(_MANIFEST))
    if listed.get("/") != media_type:
        yield "the manifest says another type"
    files = names - {"mimetype", _MANIFEST}
    folders = {name for name in listed if name.endswith("/") and name != "/"}
    if set(listed) - folders - {"/"} != files:
        yield "the manifest and the members differ"
    yield from (f"{name}: a folder in the manifest" for name in sorted(folders) if not _FOLDER.fullmatch(name))
    for name in sorted(files):
        content = opened.read(name)
        if _MARKUP.fullmatch(name):
            found = _Reader(posixpath.dirname(name), names).objections(content)
        elif _PICTURE.fullmatch(name):
            found = _picture(content)
        else:
            found = iter(("not a member of a document",))
        yield from (f"{name}: {objection}" for objection in found)


def _listed(manifest: bytes) -> dict[str, str]:
    """Path and media type of each entry; nothing else may stand in the manifest."""
    listed = dict[str, str]()

    def start(name: str, attributes: dict[str, str]) -> None:
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        local = name.rpartition(" ")[2]
        if local == "file-entry" and plain.get("full-path") not in (None, *listed):
            listed[plain["full-path"]] = plain.get("media-type", "")
        elif local != "manifest":
            raise ValueError(f"{local} in the manifest")

    parser = markup.strict_parser()
    parser.StartElementHandler = start
    parser.Parse(manifest, True)
    return listed


def _picture(content: bytes) -> Iterator[str]:
    check = next((check for sign, check in _PICTURES.items() if content.startswith(sign)), None)
    return check(content, frozenset()) if check else iter(("not a picture",))


class _Reader:
    """Handlers of one parse.  Names are judged once and remembered."""

    def __init__(self, folder: str, names: frozenset[str]) -> None:
        self.folder, self.names = folder, names
        self.found: dict[str, None] = {}
        self.known: set[str] = set()
        self.depth = 0
        self.root = ""
        self.binary: list[str] | None = None

    def objections(self, content: bytes) -> Iterator[str]:
        parser = markup.strict_parser()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.Parse(content, True)
        yield from self.found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _NESTING:
            raise ValueError("elements nested too deeply")
        self.learn(name, _ACTIVE)
        self.root = self.root or name
        element = name.rpartition(" ")[2]
        if element == "binary-data":
            self.binary = []
        for key, value in attributes.items():
            self.learn(key, _ACTING)
            self.attribute(element, key.rpartition(" ")[2], value)

    def learn(self, name: str, denied: frozenset[str]) -> None:
        if name in self.known:
            return
        self.known.add(name)
        namespace, _, local = name.rpartition(" ")
        if namespace and namespace not in _NAMESPACES:
            self.object(f"namespace {namespace!r}")
        if local in denied:
            self.object(f"name {local}")

    def attribute(self, element: str, key: str, value: str) -> None:
        if key in ("href", "src", "base"):
            self.reference(element, value)
        elif key in _FORMULAS or (key == "value" and element == "condition"):
            self.formula(value)
        elif _ADDRESS.search(key) and _OUTSIDE.search(value):
            self.object(f"{element} reads {value[:60]!r}")
        elif key == "control-implementation" and not _COMPONENT.fullmatch(value):
            self.object(f"{element} is made of {value[:60]!r}")
        elif key == "button-type" and value != "push":
            self.object(f"{element} does {value!r}")
        elif key == "name" and element == "config-item" and value in _SETTINGS:
            self.object(f"setting {value}")

    def reference(self, element: str, target: str) -> None:
        member = posixpath.normpath(posixpath.join(self.folder, target))
        if element in _LINKING:
            allowed = _LINK.fullmatch(target) is not None
        elif element in _SHOWING:
            allowed = member in self.names and _PICTURE.fullmatch(member) is not None
        else:
            allowed = element == "object" and f"{member}/content.xml" in self.names
        if not allowed:
            self.object(f"{element} refers to {target[:60]!r}")

    def formula(self, text: str) -> None:
        bare = _STRING.sub('""', text)
        if _CALL.search(bare) or _OUTSIDE.search(bare) or _LINK_FORMULA.search(text):
            self.object(f"formula {text[:80]!r}")

    def text(self, data: str) -> None:
        if self.binary is not None:
            self.binary.append(data)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.binary is None or not name.endswith(" binary-data"):
            return
        content, self.binary = binascii.a2b_base64("".join(self.binary)), None
        for objection in _picture(content):
            self.object(f"inline picture: {objection}")

    def object(self, objection: str) -> None:
        self.found[objection] = None

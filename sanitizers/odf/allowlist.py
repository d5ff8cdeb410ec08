"""Which names may stand in a document, and by which word a dropped one is reported.

`RULES` maps each allowed element to the attributes that it may carry, in Clark notation.  Whatever is not in `RULES`
goes; `kind_of` only says how the report calls it.
"""

from __future__ import annotations

from sanitizers.model import Kind
from sanitizers.odf.extension import EXTENSIONS
from sanitizers.odf.vocabulary import STANDARD

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, STYLE, CHART, FORM, META, CONFIG, PRESENTATION = (
    f"{_OASIS}{name}:1.0" for name in ("office", "text", "table", "style", "chart", "form", "meta", "config", "presentation")
)
DRAW = _OASIS + "drawing:1.0"
DC = "http://purl.org/dc/elements/1.1/"
XLINK = "http://www.w3.org/1999/xlink"
MATH = "http://www.w3.org/1998/Math/MathML"
LOEXT = "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"
CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
FIELD = "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"
HREF = f"{{{XLINK}}}href"

_KNOWN = (*STANDARD, *EXTENSIONS)
_BETA = {  # OpenOffice.org 2 wrote the namespaces of the originals before ODF had its own
    f"{_OASIS}xsl-fo-compatible:1.0": "http://www.w3.org/1999/XSL/Format",
    f"{_OASIS}svg-compatible:1.0": "http://www.w3.org/2000/svg",
}


def tags(namespace: str, *names: str) -> tuple[str, ...]:
    """Clark names."""
    return tuple(f"{{{namespace}}}{name}" for name in names)


def _rules() -> dict[str, frozenset[str]]:
    qualified = {
        tag for known in _KNOWN for uri in (known.uri, _BETA.get(known.uri, known.uri)) for tag in tags(uri, *known.qualified)
    }
    rules: dict[str, frozenset[str]] = {}
    for known in _KNOWN:
        rules |= dict.fromkeys(tags(known.uri, *known.elements), frozenset(qualified | known.attributes))
    return rules


RULES = _rules()
ATTRIBUTES = frozenset(attribute for allowed in RULES.values() for attribute in allowed)

_KINDS = {
    Kind.MACRO: "scripts libraries library-embedded library-linked execute-macro error-macro macro-name",
    Kind.SCRIPT: "script",
    Kind.ACTION: "event-listeners event-listener command action verb play",
    Kind.DDE: "dde-connection dde-connection-decl dde-connection-decls dde-source dde-link dde-links dde-application dde-item "
    "dde-topic connection-name",
    Kind.EMBEDDED_OBJECT: "object-ole applet class-id",
    Kind.EXTERNAL_LINK: "floating-frame target-frame section-source table-source cell-range-source "
    "alphabetical-index-auto-mark-file data-mappings data-mapping external-data",
    Kind.DATA_CONNECTION: "database-source-query database-source-sql database-source-table source-service connection-resource "
    "database-display database-name database-next database-row-number database-row-select database-table-name datasource "
    "list-source data-field",
    Kind.MULTIMEDIA: "plugin sound audio",
    Kind.FONT: "font-face-src font-face-uri font-face-format font-face-name definition-src",
    Kind.METADATA: "rsid paragraph-rsid",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_KIND_OF_NAMESPACE = {
    FORM: Kind.FORM,
    META: Kind.METADATA,
    CONFIG: Kind.METADATA,
    _OASIS + "script:1.0": Kind.SCRIPT,
    _OASIS + "database:1.0": Kind.DATA_CONNECTION,
    "http://www.w3.org/2002/xforms": Kind.FORM,
    "http://www.w3.org/1999/xhtml": Kind.METADATA,  # RDFa
    "http://www.w3.org/2003/g/data-view#": Kind.METADATA,
    "http://openoffice.org/2004/office": Kind.MACRO,
}


def kind_of(name: str) -> Kind:
    """By which word to report a dropped element or attribute, given in Clark notation."""
    namespace, _, plain = name.rpartition("}")
    return _KIND_OF.get(plain) or _KIND_OF_NAMESPACE.get(namespace.lstrip("{"), Kind.UNKNOWN_CONSTRUCT)

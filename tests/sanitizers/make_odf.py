"""Small OpenDocument files written by hand, with any member or markup that a test wants to smuggle in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

OPEN = "application/vnd.oasis.opendocument."
ODT, ODS, ODP, ODG, ODF = (OPEN + kind for kind in ("text", "spreadsheet", "presentation", "graphics", "formula"))
FLAT = "application/x-flat-opendocument"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    **{
        prefix: f"{_OASIS}{prefix}:1.0"
        for prefix in ("office", "text", "table", "style", "meta", "form", "chart", "script", "config", "presentation", "dr3d")
    },
    "draw": f"{_OASIS}drawing:1.0",
    "fo": f"{_OASIS}xsl-fo-compatible:1.0",
    "svg": f"{_OASIS}svg-compatible:1.0",
    "anim": f"{_OASIS}animation:1.0",
    "of": f"{_OASIS}of:1.2",
    "msoxl": "http://schemas.microsoft.com/office/excel/formula",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "math": "http://www.w3.org/1998/Math/MathML",
    "ooo": "http://openoffice.org/2004/office",
    "xforms": "http://www.w3.org/2002/xforms",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "field": "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
    "evil": "urn:evil",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_BODIES = {ODT: "text", ODS: "spreadsheet", ODP: "presentation", ODG: "drawing", OPEN + "chart": "chart"}
_NONE: Mapping[str, bytes] = MappingProxyType({})


def root(name: str, inner: str, attributes: str = "") -> str:
    """A root element on which every prefix of the tests is declared."""
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {_DECLARED} office:version="1.3" {attributes}>{inner}</{name}>'


def content(body: str, media_type: str = ODT, before: str = "") -> str:
    """content.xml; `before` stands between the root and the body: scripts, fonts, automatic styles."""
    kind = _BODIES[media_type.removesuffix("-template")]
    return root("office:document-content", f"{before}<office:body><office:{kind}>{body}</office:{kind}></office:body>")


def package(xml: str, media_type: str = ODT, members: Mapping[str, bytes | str] = _NONE) -> bytes:
    """A package with `xml` as content.xml, a manifest, and further members."""
    manifest = (
        f'<m:manifest xmlns:m="{_OASIS}manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{media_type}"/></m:manifest>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", media_type, zipfile.ZIP_STORED)
        for name, member in {"content.xml": xml, "META-INF/manifest.xml": manifest, **members}.items():
            archive.writestr(name, member)
    return stream.getvalue()


def odt(body: str, before: str = "", members: Mapping[str, bytes | str] = _NONE) -> bytes:
    return package(content(body, ODT, before), ODT, members)


def ods(cells: str = "", after: str = "", before: str = "", members: Mapping[str, bytes | str] = _NONE) -> bytes:
    """One sheet 様式 with one row of `cells`; `after` follows the sheet."""
    sheet = f'<table:table table:name="様式"><table:table-row>{cells}</table:table-row></table:table>{after}'
    return package(content(sheet, ODS, before), ODS, members)


def cell(formula: str, value: str = "42") -> str:
    return (
        f'<table:table-cell table:formula="{formula}" office:value-type="float" office:value="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def flat(body: str, before: str = "") -> bytes:
    inner = f"{before}<office:body><office:text>{body}</office:text></office:body>"
    return root("office:document", inner, f'office:mimetype="{ODT}"').encode()


def paragraph(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def frame(*shown: str) -> str:
    return f'<draw:frame draw:name="図" svg:width="4cm" svg:height="3cm">{"".join(shown)}</draw:frame>'


def image(href: str) -> str:
    return f'<draw:image xlink:href="{href}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'


def link(href: str, text: str = "詳細") -> str:
    return f'<text:a xlink:type="simple" xlink:href="{href}">{text}</text:a>'

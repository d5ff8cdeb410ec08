"""The vocabularies of OOXML, one module for each markup language."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary import chart, drawing, sheet, slide, vml, word
from sanitizers.ooxml.vocabulary.namespace import Namespace, namespace

_SHARED = (
    namespace(  # ISO/IEC 29500-3: markup compatibility
        "http://schemas.openxmlformats.org/markup-compatibility/2006",
        elements="AlternateContent Choice Fallback",
        attributes="Requires",
        qualified="Ignorable",
    ),
    namespace("http://www.w3.org/XML/1998/namespace", qualified="space lang"),
    namespace(  # relationship identifiers: each is checked against the relationships that stay
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        qualified="id embed link pict dm lo qs cs blip href topLeft topRight bottomLeft bottomRight",
    ),
    namespace("http://schemas.microsoft.com/office/excel/2006/main", elements="f sqref ref"),  # inside x14 extensions
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac", qualified="dyDescent knownFonts"
    ),  # row height, fonts
)

NAMESPACES: tuple[Namespace, ...] = (
    *word.NAMESPACES,
    *sheet.NAMESPACES,
    *slide.NAMESPACES,
    *drawing.NAMESPACES,
    *chart.NAMESPACES,
    *vml.NAMESPACES,
    *_SHARED,
)

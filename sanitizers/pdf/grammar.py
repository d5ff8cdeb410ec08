"""The allow-list: for each type of dictionary in PDF 32000-1 the keys that may stay, and what their values must be.

A value is either a leaf (numbers, names, strings, arrays of them: never a dictionary, so nothing can hide in it), or of a
type of its own, or is rebuilt by hand (LINK).  A key that is not listed is removed and reported: `reported_as` says as what.
"""

from __future__ import annotations

from typing import Final

from sanitizers.model import Kind

LEAF: Final = "leaf"
NUMBERS: Final = "numbers"  # nothing but numbers
MATRIX: Final = "matrix"  # six of them: a string in /FontMatrix is script to PDF.js (CVE-2024-4367)
ACTION: Final = "action"  # rebuilt by link.action
DESTINATION: Final = "destination"  # rebuilt by link.destination
FIELD: Final = "field"  # a field of the form, never followed
ANY: Final = "*"  # any key (names of resources)

Table = dict[str, str]


def _table(leaves: str = "", numbers: str = "", **typed: str) -> Table:
    """Underscore-free PDF names; `typed` maps a key to the type of its value."""
    return {
        **{f"/{key}": LEAF for key in leaves.split()},
        **{f"/{key}": NUMBERS for key in numbers.split()},
        **{f"/{key}": value for key, value in typed.items()},
    }


# What an object that stays may call itself (/Type): it decides how some readers take it, whatever led to it.
SELF: Final = frozenset(
    _table(
        "Annot Border CIDFont CMap Catalog Encoding ExtGState Font FontDescriptor Group Halftone MCR Mask OBJR OCG OCMD"
        " Outline Outlines OutputIntent Page PageLabel Pages Pattern StructElem StructTreeRoot ViewerPreferences XObject"
    )
)
_STREAM = _table("Length Filter", DecodeParms="DecodeParms")
_FUNCTION = _STREAM | _table(
    "FunctionType Order BitsPerSample", "Domain Range Size Encode Decode C0 C1 N Bounds", Functions="Function"
)
_BOXES = "MediaBox CropBox BleedBox TrimBox ArtBox"

TYPES: Final[dict[str, Table]] = {
    # document structure (7.7)
    "Page": _table(
        "Type Rotate UserUnit Tabs StructParents",
        _BOXES,
        Resources="Resources",
        Contents="Content",
        Annots="Annotation",
        Group="Group",
    ),
    "Resources": _table(
        "ProcSet",
        Encoding="Encodings",  # of a form's default resources (12.7.2)
        Font="Fonts",
        XObject="XObjects",
        ExtGState="GraphicsStates",
        ColorSpace="ColourSpaces",
        Pattern="Patterns",
        Shading="Shadings",
        Properties="PropertyLists",
    ),
    "Encodings": {ANY: "Encoding"},
    "Fonts": {ANY: "Font"},
    "XObjects": {ANY: "XObject"},
    "GraphicsStates": {ANY: "GraphicsState"},
    "ColourSpaces": {ANY: "ColourSpace"},
    "Patterns": {ANY: "Pattern"},
    "Shadings": {ANY: "Shading"},
    "PropertyLists": {ANY: "PropertyList"},
    # streams (7.3.8); /F, /FFilter and /FDecodeParms would fetch the content from elsewhere
    "Stream": _STREAM,
    "Content": _STREAM,
    "DecodeParms": _table(
        "Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine EncodedByteAlign Rows EndOfBlock BlackIs1"
        " DamagedRowsBeforeError ColorTransform",
        JBIG2Globals="Stream",
    ),
    "Function": _FUNCTION,
    # graphics (8)
    "XObject": _STREAM
    | _table(
        "Type Subtype FormType StructParent StructParents Name Width Height BitsPerComponent Intent ImageMask Interpolate"
        " SMaskInData",
        "BBox Matrix Decode Matte",
        Resources="Resources",
        Group="Group",
        OC="PropertyList",
        ColorSpace="ColourSpace",
        Mask="XObject",
        SMask="XObject",
    ),
    "Group": _table("Type S I K", CS="ColourSpace"),
    "GraphicsState": _table(
        "Type LW LC LJ ML D RI OP op OPM FL SM SA BM CA ca AIS TK",
        Font="Font",
        SMask="SoftMask",
        TR="Function",
        TR2="Function",
        BG="Function",
        BG2="Function",
        UCR="Function",
        UCR2="Function",
    ),
    "SoftMask": _table("Type S BC", G="XObject", TR="Function"),
    # one table for all that a colour space's array can hold: ICC stream, CIE dictionary, tint function, DeviceN attributes
    "ColourSpace": _FUNCTION
    | _table(
        "Subtype Components Solidities DotGain",
        "WhitePoint BlackPoint Gamma Matrix",
        Alternate="ColourSpace",
        Colorants="ColourSpaces",
        Process="ColourSpace",
        MixingHints="ColourSpace",
        ColorSpace="ColourSpace",
    ),
    "Pattern": _STREAM
    | _table(
        "Type PatternType PaintType TilingType",
        "BBox XStep YStep Matrix",
        Resources="Resources",
        Shading="Shading",
        ExtGState="GraphicsState",
    ),
    "Shading": _STREAM
    | _table(
        "ShadingType AntiAlias Extend BitsPerCoordinate BitsPerComponent BitsPerFlag VerticesPerRow",
        "Background BBox Domain Matrix Coords Decode",
        ColorSpace="ColourSpace",
        Function="Function",
    ),
    # text (9)
    "Font": _table(
        "Type Subtype BaseFont Name FirstChar LastChar Widths W W2 DW DW2",
        "FontBBox",
        FontMatrix=MATRIX,
        CIDSystemInfo="Plain",
        FontDescriptor="FontDescriptor",
        Encoding="Encoding",
        ToUnicode="Encoding",
        DescendantFonts="Font",
        CIDToGIDMap="Stream",
        CharProcs="GlyphStreams",
        Resources="Resources",
    ),
    "GlyphStreams": {ANY: "Content"},
    "FontDescriptor": _table(
        "Type FontName FontFamily FontStretch FontWeight Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH"
        " AvgWidth MaxWidth MissingWidth CharSet Lang",
        "FontBBox",
        FontFile="FontFile",
        FontFile2="FontFile",
        FontFile3="FontFile",
        CIDSet="Stream",
        Style="Plain",
        FD="FontDescriptors",
    ),
    "FontDescriptors": {ANY: "FontDescriptor"},
    "FontFile": _STREAM | _table("Length1 Length2 Length3 Subtype"),
    "Encoding": _STREAM | _table("Type BaseEncoding Differences CMapName WMode", CIDSystemInfo="Plain", UseCMap="Encoding"),
    # optional content (8.11): without /AS and /Usage, which show one thing on screen and print another
    "Layers": _table(OCGs="PropertyList", D="LayerConfiguration"),
    "LayerConfiguration": _table(
        "Name BaseState ListMode Intent",
        ON="PropertyList",
        OFF="PropertyList",
        Order="PropertyList",
        RBGroups="PropertyList",
        Locked="PropertyList",
    ),
    "PropertyList": _table(
        "Type Name Intent P MCID Lang ActualText Alt E Subtype BBox Attached", VE="PropertyList", OCGs="PropertyList"
    ),
    # annotations and form fields, often one dictionary (12.5, 12.7)
    "Annotation": _table(
        "Type Subtype Contents NM M F AS H CA T Subj LE DA Q RD Name Open StructParent IT RO FT TU TM Ff V DV Opt TI I MaxLen",
        "Rect Border C QuadPoints L IC Vertices InkList CL",
        BS="Plain",
        BE="Plain",
        MK="Appearance",
        AP="Looks",
        OC="PropertyList",
        Kids="Annotation",
        DR="Resources",
        Parent=FIELD,
        A=ACTION,
        Dest=DESTINATION,
    ),
    "Appearance": _table("R BC BG CA RC AC TP", I="XObject", RI="XObject", IX="XObject", IF="Plain"),
    "Looks": _table(N="Look", D="Look", R="Look"),
    "Look": {ANY: "XObject"},  # a stream instead of this dictionary is an XObject: see STREAMS
    # catalogue (7.7.2) without actions, names, files, XFA, web capture, portfolios
    "Form": _table("NeedAppearances DA Q", Fields="Annotation", DR="Resources"),
    "OutputIntent": _table(
        "Type S OutputCondition OutputConditionIdentifier RegistryName Info", DestOutputProfile="ColourSpace"
    ),
    "Plain": {ANY: LEAF},
}

STREAMS: Final = {"Look": "XObject"}  # the type of a stream where `TYPES` describes a dictionary

_REPORTED = {
    Kind.ACTION: "AA OpenAction A PA Next Trans Dur PresSteps Requirements",
    Kind.JAVASCRIPT: "JS JavaScript",
    Kind.EMBEDDED_FILE: "AF EF EmbeddedFiles Collection FS RF",
    Kind.EXTERNAL_LINK: "F FFilter FDecodeParms OPI Ref Alternates URI",
    Kind.MULTIMEDIA: "Movie Sound RichMediaContent RichMediaSettings 3DD 3DV Rendition Renditions AlternatePresentations",
    Kind.FORM: "AcroForm XFA CO RV DS NeedsRendering",
    Kind.SIGNATURE: "Perms Legal DSS SigFlags Lock SV",
    Kind.LAYER: "OCProperties Usage Configs",
    Kind.METADATA: "Metadata PieceInfo LastModified Thumb Info SpiderInfo ID CreationDate StructTreeRoot MarkInfo Threads B"
    " PTEX.FileName PTEX.InfoDict PTEX.PageNumber",
}
_KINDS = {f"/{key}": kind for kind, keys in _REPORTED.items() for key in keys.split()}


def reported_as(key: str) -> Kind:
    return _KINDS.get(key, Kind.UNKNOWN_CONSTRUCT)

"""Names that office programs add to OpenDocument, and MathML: passive ones, without data sources and bindings.

LibreOffice writes its extensions by default, so that without them conditional formats, content controls and table
styles would be lost.
"""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import Namespace, namespace

_FOUNDATION = "urn:org:documentfoundation:names:experimental:"

EXTENSIONS: tuple[Namespace, ...] = (
    namespace(  # LibreOffice, any program
        _FOUNDATION + "office:xmlns:loext:1.0",
        elements="""
        char-complex-color color color-table content-control fill-character fill-complex-color footer-first gradient-stop
        graphic-properties header-first line-complex-color list-item opacity-stop p sender-initials table-properties text
        theme theme-colors transformation
        """,
        qualified="""
        alias allow-overlap appearance border-bottom border-left border-right border-top cap-height char-shading-value checkbox
        checked checked-state color color-interpolation-filter color-lum-mod color-lum-off color-type color-value combobox
        complex-color contextual-spacing date date-format date-rfc-language-tag decorative display-text drop-down
        exponent-interval fill-theme-color fill-use-slide-background fontwork forced-exponent-sign glow-color glow-radius
        glow-text-color glow-text-radius glow-text-transparency glow-transparency hyphenation-keep hyphenation-keep-line
        hyphenation-keep-type hyphenation-no-caps hyphenation-no-last-word hyphenation-word-char-count hyphenation-zone
        ignore-selected-page justify-line-shrinking linked-style-name lock margin-gutter mime-type max-blank-integer-digits
        max-numerator-digits min-decimal-places name num-list-format num-list-label offset opacity plain-text
        rel-height-rel rel-width-rel resolved shadow-blur showing-place-holder softedge-radius split-position stop-color
        stop-opacity tab-index tab-stop-distance tag theme-color theme-type transparency try-staggering-first unchecked-state
        value vertical-justify wrap-influence-on-position text-art text-clip-string
        """,
    ),
    namespace(  # LibreOffice, sheets
        _FOUNDATION + "calc:xmlns:calcext:1.0",
        elements="""
        color-scale color-scale-entry condition conditional-format conditional-formats data-bar data-bar-entry date-is
        formatting-entry icon-set sparkline sparkline-group sparkline-groups sparklines
        """,
        qualified="""
        apply-style-name axis-color axis-position base-cell-address cell-address color color-axis color-first color-high
        color-last color-low color-markers color-negative color-series condition-source-range-address custom-iconset
        custom-iconset-index custom-iconset-name data-range date date-axis display-empty-cells-as display-hidden
        display-x-axis first gradient high icon-set-type id language last line-width low manual-max manual-min markers
        max-axis-type max-length min-axis-type min-length negative negative-color positive-color repeat-item-labels
        right-to-left show-value target-range-address type value value-type
        """,
    ),
    namespace(  # fields of imported Word documents; `content` lets only those of a form stay
        "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
        elements="fieldmark fieldmark-end fieldmark-separator fieldmark-start param",
        qualified="name type value",
    ),
    namespace("http://openoffice.org/2009/office", elements="annotation"),  # on slides, before ODF had it there
    namespace("http://openoffice.org/2009/table", qualified="display-name tab-color"),
    namespace("http://openoffice.org/2010/draw", qualified="display enhanced-path"),
    namespace("http://openoffice.org/2010/chart", elements="coordinate-region date-scale", qualified="axis-type symbol-type"),
    namespace("http://www.w3.org/TR/css3-text/", qualified="text-justify"),
    namespace(  # MathML 2 and 3, presentation; the annotation holds the same formula in StarMath
        "http://www.w3.org/1998/Math/MathML",
        elements="""
        annotation maligngroup malignmark math menclose merror mfenced mfrac mi mlabeledtr mmultiscripts mn mo mover mpadded
        mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none
        semantics
        """,
        attributes="""
        accent accentunder align bevelled close color columnalign columnlines columnspacing columnspan columnwidth denomalign
        depth dir display displaystyle encoding equalcolumns equalrows fence fontfamily fontsize fontstyle fontweight form
        frame framespacing height largeop linebreak linethickness lquote lspace mathbackground mathcolor mathsize mathvariant
        maxsize minsize movablelimits notation numalign open rowalign rowlines rowspacing rowspan rquote rspace scriptlevel
        separator separators side stretchy subscriptshift superscriptshift symmetric voffset width
        """,
    ),
)

"""What of SVG 1.1 (and of 2 what is in use) draws, and points nowhere but into the same file.

Left out on purpose: script, foreignObject, animation, a (its children stay), feImage, metadata, fonts, cursors, event and
ARIA attributes, and every foreign namespace.
"""

from __future__ import annotations

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

_ELEMENTS = """
svg g defs symbol use switch path rect circle ellipse line polyline polygon text tspan textPath tref image style
linearGradient radialGradient stop pattern clipPath mask marker filter feBlend feColorMatrix feComponentTransfer feComposite
feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset feTile
"""
_DROPPED = "title desc metadata"  # say something about the drawing, and are not drawn

_GEOMETRY = """
id class style transform x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height viewBox preserveAspectRatio
rotate textLength lengthAdjust startOffset method spacing side pathLength
gradientUnits gradientTransform spreadMethod offset patternUnits patternContentUnits patternTransform
clipPathUnits maskUnits maskContentUnits mask-type markerUnits markerWidth markerHeight refX refY orient
filterUnits primitiveUnits in in2 result mode type values tableValues slope intercept amplitude exponent operator k1 k2 k3 k4
stdDeviation edgeMode radius requiredFeatures systemLanguage version baseProfile media
"""
_PRESENTATION = """
alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters
color-rendering direction display dominant-baseline enable-background fill fill-opacity fill-rule filter flood-color
flood-opacity font-family font-kerning font-size font-size-adjust font-stretch font-style font-variant font-weight
glyph-orientation-horizontal glyph-orientation-vertical image-rendering isolation kerning letter-spacing lighting-color
marker marker-end marker-mid marker-start mask mix-blend-mode opacity overflow paint-order shape-rendering stop-color
stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity
stroke-width text-anchor text-decoration text-rendering transform-origin unicode-bidi vector-effect visibility word-spacing
writing-mode
"""

ELEMENTS = frozenset(_ELEMENTS.split())
UNSEEN = frozenset(_DROPPED.split())
ATTRIBUTES = frozenset(_GEOMETRY.split() + _PRESENTATION.split())
HREF = f"{{{XLINK}}}href"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"

"""Allowed names of VML (ISO/IEC 29500-4 clause 19): text boxes and water marks of old documents, comment boxes of workbooks.

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "urn:schemas-microsoft-com:vml",
        elements="""
        arc background curve f fill formulas group h handles image imagedata line oval path polyline rect roundrect
        shadow shape shapetype stroke textbox textpath
        """,
        attributes="""
        adj alignshape alt angle arcsize arrowok aspect bilevel blacklevel chromakey color color2 colors control1
        control2 coordorigin coordsize cropbottom cropleft cropright croptop dashstyle editas embosscolor endangle
        endarrow endarrowlength endarrowwidth endcap eqn equationxml fill fillcolor filled fillok filltype fitpath
        fitshape focus focusposition focussize from gain gamma gradientshapeok grayscale id imagealignshape imageaspect
        imagesize inset insetpen insetpenok invx invy joinstyle limo linestyle map matrix method miterlimit obscured
        offset offset2 on opacity origin path points polar position radiusrange recolor recolortarget rotate shadowok
        size startangle startarrow startarrowlength startarrowwidth string strokecolor stroked strokeok strokeweight
        style switch textboxrect textpathok title to trim type v weight wrapcoords xrange xscale yrange
        """,
        qualified="""
        ext
        """,
    ),
    namespace(
        "urn:schemas-microsoft-com:office:office",
        elements="""
        bottom callout clippath colormenu colormru column extrusion fill idmap left lock right shapedefaults shapelayout
        skew top
        """,
        attributes="""
        ShapeID Type accentbar adjusthandles allowcomments angle annotation aspectratio autoformat autolayout
        autorotationcenter backdepth brightness color color2 colors connectloc constrainbounds cropping dashstyle data
        dgmbasetextscale dgmfontsize dgmscalex dgmscaley dgmstyle diffusity distance drop dropauto edge end endarrow
        endarrowlength endarrowwidth endcap extrusioncolor facet fill fillcolor filltype foredepth gap grouping how i id
        idcntr iddest idref idsrc imagealignshape imageaspect imagesize insetpen joinstyle length lengthspecified
        lightface lightharsh lightharsh2 lightlevel lightlevel2 lightposition lightposition2 linestyle
        lockrotationcenter matrix metal minusx minusy miterlimit new offset old on opacity orientation orientationangle
        origin position render reverse rotation rotationangle rotationcenter selection shadowcolor shapetype shininess
        skewamt skewangle specularity spidmax start startarrow startarrowlength startarrowwidth stroke strokecolor style
        text textborder type ungrouping verticies viewpoint viewpointorigin weight
        """,
        qualified="""
        allowincell allowoverlap borderbottomcolor borderleftcolor borderrightcolor bordertopcolor bullet bwmode
        bwnormal bwpure clip cliptowrap connectangles connectlocs connectortype connecttype detectmouseclick dgmlayout
        dgmlayoutmru dgmnodekind doubleclicknotify extrusionok forcedash hr hralign hrnoshade hrpct hrstd insetmode oned
        opacity2 preferrelative regroupid relid singleclick spid spt tablelimits tableproperties targetscreensize title
        userdrawn userhidden v
        """,
    ),
    namespace(
        "urn:schemas-microsoft-com:office:word",
        elements="""
        anchorlock borderbottom borderleft borderright bordertop wrap
        """,
        attributes="""
        anchorx anchory shadow side type width
        """,
    ),
    namespace(
        "urn:schemas-microsoft-com:office:excel",
        elements="""
        Accel Accel2 Anchor AutoFill AutoLine AutoPict AutoScale CF Cancel Checked ClientData ColHidden Colored Column
        Default DefaultSize Disabled Dismiss DropLines DropStyle Dx FirstButton FmlaGroup FmlaLink FmlaPict FmlaRange
        FmlaTxbx Help Horiz Inc JustLastX ListItem LockText Locked Max Min MoveWithCells MultiLine MultiSel NoThreeD
        NoThreeD2 Page PrintObject RecalcAlways Row RowHidden SecretEdit Sel SelType SizeWithCells TextHAlign TextVAlign
        UIObj VScroll VTEdit Val ValidIds Visible WidthMin
        """,
        attributes="""
        ObjectType
        """,
    ),
)

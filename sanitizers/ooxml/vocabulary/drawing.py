"""Allowed names of DrawingML without charts (ISO/IEC 29500-1 clauses 20 and 21.4, MS-ODRAWXML).

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/main",
        elements="""
        accent1 accent2 accent3 accent4 accent5 accent6 ahLst ahPolar ahXY alpha alphaBiLevel alphaCeiling alphaFloor
        alphaInv alphaMod alphaModFix alphaOff alphaOutset alphaRepl anchor arcTo avLst backdrop band1H band1V band2H
        band2V bevel bevelB bevelT bgClr bgFillStyleLst biLevel bldChart bldDgm blend blip blipFill blue blueMod blueOff
        blur bodyPr bottom br buAutoNum buBlip buChar buClr buClrTx buFont buFontTx buNone buSzPct buSzPts buSzTx
        cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr camera cell3D chExt chOff chart close clrChange
        clrFrom clrMap clrRepl clrScheme clrTo comp cont contourClr cs cubicBezTo custClr custClrLst custDash custGeom
        cxn cxnLst cxnSp cxnSpLocks defPPr defRPr dgm dk1 dk2 ds duotone ea effect effectDag effectLst effectRef
        effectStyle effectStyleLst end endCxn endParaRPr ext extLst extraClrScheme extraClrSchemeLst extrusionClr fgClr
        fill fillOverlay fillRect fillRef fillStyleLst fillToRect firstCol firstRow flatTx fld fmtScheme folHlink font
        fontRef fontScheme gamma gd gdLst glow gradFill graphic graphicData graphicFrame graphicFrameLocks gray grayscl
        green greenMod greenOff gridCol grpFill grpSp grpSpLocks grpSpPr gs gsLst headEnd highlight hlink hlinkClick
        hlinkHover hlinkMouseOver hsl hslClr hue hueMod hueOff innerShdw insideH insideV inv invGamma lastCol lastRow
        latin left lightRig lin ln lnB lnBlToTr lnDef lnL lnR lnRef lnSpc lnStyleLst lnT lnTlToBr lnTo lstStyle lt1 lt2
        lum lumMod lumOff lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr majorFont
        masterClrMapping minorFont miter moveTo neCell noAutofit noFill norm normAutofit nvCxnSpPr nvGraphicFramePr
        nvGrpSpPr nvPicPr nvSpPr nwCell objectDefaults off outerShdw overrideClrMapping p pPr path pathLst pattFill pic
        picLocks pos prstClr prstDash prstGeom prstShdw prstTxWarp pt quadBezTo r rPr rect red redMod redOff reflection
        relOff right rot round rtl sat satMod satOff scene3d schemeClr scrgbClr seCell shade softEdge solidFill sp sp3d
        spAutoFit spDef spLocks spPr spcAft spcBef spcPct spcPts srcRect srgbClr st stCxn stretch style swCell sx sy sym
        sysClr t tab tabLst tableStyle tableStyleId tailEnd tbl tblBg tblGrid tblPr tblStyle tblStyleLst tc tcBdr tcPr
        tcStyle tcTxStyle theme themeElements themeManager themeOverride tile tileRect tint tl2br top tr tr2bl txBody
        txDef txSp uFill uFillTx uLn uLnTx up useSpRect wholeTbl xfrm
        """,
        attributes="""
        a accent1 accent2 accent3 accent4 accent5 accent6 action algn altLang amt anchor anchorCtr ang animBg b bIns
        bandCol bandRow baseline bg1 bg2 bld bldStep blend blurRad bmk bright builtIn bwMode cap categoryIdx char
        charset cmpd compatLnSpc contourW contrast cstate cx cy d def defTabSz descr dir dirty dist dpi dx dy dz eaLnBrk
        endA endPos endSnd err extrusionH extrusionOk fadeDir fill firstCol firstRow flip flipH flipV fmla folHlink
        fontAlgn fontScale forceAA fov fromWordArt g gdRefAng gdRefR gdRefX gdRefY gridSpan grow h hMerge hR
        hangingPunct hidden highlightClick history hlink horzOverflow hue i id idx indent kern kumimoji kx ky l lIns
        lang lastClr lastCol lastRow lat latinLnBrk len lim lnSpcReduction lon lum lvl marB marL marR marT maxAng maxR
        maxX maxY minAng minR minX minY n name noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType
        noCrop noDrilldown noEditPoints noGrp noMove noProof noResize noRot noSelect noTextEdit noUngrp normalizeH
        numCol panose path pitchFamily pos preferRelativeResize prst prstMaterial r rIns rad ref rev rig rot
        rotWithShape rowSpan rtl rtlCol sat scaled script seriesIdx smtClean smtId sp spc spcCol spcFirstLastPara stA
        stAng stPos startAt strike stroke styleId styleName swAng sx sy sz t tIns thresh time title tooltip track tx tx1
        tx2 txBox ty type typeface u upright uri useA vMerge val vert vertOverflow w wR wrap x y z zoom
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/main",
        elements="""
        artisticBlur artisticCement artisticChalkSketch artisticCrisscrossEtching artisticCutout artisticFilmGrain
        artisticGlass artisticGlowDiffused artisticGlowEdges artisticLightScreen artisticLineDrawing artisticMarker
        artisticMosiaicBubbles artisticPaintBrush artisticPaintStrokes artisticPastelsSmooth artisticPencilGrayscale
        artisticPencilSketch artisticPhotocopy artisticPlasticWrap artisticTexturizer artisticWatercolorSponge
        backgroundMark backgroundRemoval brightnessContrast cNvContentPartPr cNvPr cameraTool colorTemperature compatExt
        cpLocks extLst foregroundMark hiddenEffects hiddenFill hiddenLine hiddenScene3d hiddenSp3d imgEffect imgLayer
        imgProps isCanvas m nvContentPartPr saturation shadowObscured sharpenSoften useLocalDpi xfrm
        """,
        attributes="""
        algn amount b bright brushSize bwMode cap cellRange cmpd colorTemp contourW contrast crackSpacing descr detail
        extrusionH flipH flipV grainSize gridSize hidden id intensity isComment l name noAdjustHandles
        noChangeArrowheads noChangeAspect noChangeShapeType noEditPoints noGrp noMove noResize noRot noSelect
        numberOfShades pencilSize pressure prstMaterial r radius rot sat scaling size smoothness spid t title trans val
        visible w x1 x2 y1 y2 z
        """,
        qualified="""
        legacySpreadsheetColorIndex
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2014/main",
        elements="""
        colId creationId cxnDERefs predDERef rowId
        """,
        attributes="""
        end id pred st val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2017/decorative",
        elements="""
        decorative
        """,
        attributes="""
        val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/compatibility",
        elements="""
        compatSp
        """,
        attributes="""
        spid
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/compatibility",
        elements="""
        legacyDrawing
        """,
        attributes="""
        spid
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        elements="""
        adj adjLst alg animLvl animOne bg bulletEnabled cat catLst chMax chPref choose clrData colorsDef colorsDefHdr
        colorsDefHdrLst constr constrLst cxn cxnLst dataModel desc dir effectClrLst else ext extLst fillClrLst forEach
        hierBranch if layoutDef layoutDefHdr layoutDefHdrLst layoutNode linClrLst orgChart param prSet presLayoutVars
        presOf pt ptLst relIds resizeHandles rule ruleLst sampData scene3d shape sp3d spPr style styleData styleDef
        styleDefHdr styleDefHdrLst styleLbl t title txEffectClrLst txFillClrLst txLinClrLst txPr varLst whole
        """,
        attributes="""
        arg axis blipPhldr bwMode chOrder cnt coherent3DOff contourW csCatId csTypeId custAng custFlipHor custFlipVert
        custLinFactNeighborX custLinFactNeighborY custLinFactX custLinFactY custRadScaleInc custRadScaleRad custScaleX
        custScaleY custSzX custSzY custT cxnId defStyle destId destOrd extrusionH fact for forName func hideGeom
        hideLastTrans hueDir idx lang lkTxEntry loCatId loTypeId max meth minVer modelId moveWith name op parTransId
        phldr phldrT presAssocID presId presName presStyleCnt presStyleIdx presStyleLbl pri prstMaterial ptType qsCatId
        qsTypeId ref refFor refForName refPtType refType resId rev rot sibTransId srcId srcOrd st step styleLbl type
        uniqueId uri useDef val z zOrderOff
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/diagram",
        elements="""
        cNvPr recolorImg
        """,
        attributes="""
        descr hidden id name title val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2016/12/diagram",
        elements="""
        lstStyle spPr
        """,
        attributes="""
        bwMode
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2008/diagram",
        elements="""
        cNvGrpSpPr cNvPr cNvSpPr dataModelExt drawing extLst grpSp grpSpPr nvGrpSpPr nvSpPr sp spPr spTree style txBody
        txXfrm
        """,
        attributes="""
        bwMode descr flipH flipV hidden id minVer modelId name relId rot title txBox
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas",
        elements="""
        lockedCanvas
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/picture",
        elements="""
        blipFill cNvPicPr cNvPr nvPicPr pic spPr
        """,
        attributes="""
        bwMode descr dpi hidden id name preferRelativeResize rotWithShape title
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/picture",
        elements="""
        extLst style
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/thememl/2012/main",
        elements="""
        extLst themeFamily themeVariant themeVariantLst
        """,
        attributes="""
        cx cy id name vid
        """,
        qualified="""
        id
        """,
    ),
)

"""Allowed names of Charts (ISO/IEC 29500-1 clause 21.2, MS-ODRAWXML).

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/chart",
        elements="""
        applyToEnd applyToFront applyToSides area3DChart areaChart auto autoTitleDeleted axId axPos backWall backward
        bandFmt bandFmts bar3DChart barChart barDir baseTimeUnit bubble3D bubbleChart bubbleScale bubbleSize builtInUnit
        cat catAx chart chartObject chartSpace clrMapOvr crossAx crossBetween crosses crossesAt custSplit custUnit dLbl
        dLblPos dLbls dPt dTable data date1904 dateAx delete depthPercent dispBlanksAs dispEq dispRSqr dispUnits
        dispUnitsLbl doughnutChart downBars dropLines errBarType errBars errDir errValType evenFooter evenHeader
        explosion ext extLst f firstFooter firstHeader firstSliceAng floor fmtId formatCode formatting forward gapDepth
        gapWidth grouping h hMode hPercent headerFooter hiLowLines holeSize idx intercept invertIfNegative lang layout
        layoutTarget lblAlgn lblOffset leaderLines legacyDrawingHF legend legendEntry legendPos line3DChart lineChart
        logBase lvl majorGridlines majorTickMark majorTimeUnit majorUnit manualLayout marker max min minorGridlines
        minorTickMark minorTimeUnit minorUnit minus multiLvlStrCache multiLvlStrRef name noEndCap noMultiLvlLbl numCache
        numFmt numLit numRef oddFooter oddHeader ofPieChart ofPieType order orientation overlap overlay pageMargins
        pageSetup period perspective pictureFormat pictureOptions pictureStackUnit pie3DChart pieChart pivotFmt
        pivotFmts pivotSource plotArea plotVisOnly plus printSettings protection pt ptCount rAngAx radarChart radarStyle
        rich rotX rotY roundedCorners scaling scatterChart scatterStyle secondPiePt secondPieSize selection separator
        ser serAx serLines shape showBubbleSize showCatName showDLblsOverMax showHorzBorder showKeys showLeaderLines
        showLegendKey showNegBubbles showOutline showPercent showSerName showVal showVertBorder sideWall size
        sizeRepresents smooth spPr splitPos splitType stockChart strCache strLit strRef style surface3DChart
        surfaceChart symbol thickness tickLblPos tickLblSkip tickMarkSkip title trendline trendlineLbl trendlineType tx
        txPr upBars upDownBars userInterface userShapes v val valAx varyColors view3D w wMode wireframe x xMode xVal y
        yMode yVal
        """,
        attributes="""
        accent1 accent2 accent3 accent4 accent5 accent6 alignWithMargins b bg1 bg2 blackAndWhite bwMode copies
        differentFirst differentOddEven draft fallbackImg featureList firstPageNumber folHlink footer formatCode header
        hlink horizontalDpi idx l orientation paperSize r sourceLinked t tx1 tx2 uri useFirstPageNumber val version
        verticalDpi
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2007/8/2/chart",
        elements="""
        dropZoneCategories dropZoneData dropZoneFilter dropZoneSeries dropZonesVisible inSketchMode invertSolidFillFmt
        pivotOptions showSketchBtn sketchOptions spPr style
        """,
        attributes="""
        bwMode val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2012/chart",
        elements="""
        autoCat bubble3D cat categoryFilterException categoryFilterExceptions dLbl datalabelsRange dlblFTEntry
        dlblFieldTable dlblFieldTableCache dlblRangeCache explosion f filteredAreaSeries filteredBarSeries
        filteredBubbleSeries filteredCategoryTitle filteredLineSeries filteredPieSeries filteredRadarSeries
        filteredScatterSeries filteredSeriesTitle filteredSurfaceSeries formulaRef fullRef invertIfNegative layout
        leaderLines levelRef marker numFmt pivotSource ser showDataLabelsRange showLeaderLines spPr sqref tx txfldGUID
        xForSave
        """,
        attributes="""
        bwMode formatCode sourceLinked val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2014/chart",
        elements="""
        bubble3D categoryFilterException categoryFilterExceptions dLbl datapointuniqueidmap explosion filteredLitCache
        invertIfNegative literalDataChart marker multiLvlStrCache numCache pivotOptions16 ptentry ptidx
        showExpandCollapseFieldButtons spPr strCache uniqueID uniqueId
        """,
        attributes="""
        bwMode val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2017/03/chart",
        elements="""
        dataDisplayOptions16 dispNaAsBlank
        """,
        attributes="""
        val
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/chartDrawing",
        elements="""
        absSizeAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cxnSp ext from
        graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr pic relSizeAnchor sp spPr style
        to txBody x xfrm y
        """,
        attributes="""
        bwMode cx cy descr dpi fLocksText flipH flipV hidden id name preferRelativeResize rot rotWithShape textlink
        title txBox
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/chartDrawing",
        elements="""
        cNvContentPartPr cNvPr extLst nvContentPartPr nvPr xfrm
        """,
        attributes="""
        bwMode descr fPublished flipH flipV hidden id isComment name rot title
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2012/chartStyle",
        elements="""
        axisTitle bodyPr categoryAxis chartArea chartStyle colorStyle dataLabel dataLabelCallout dataLabels dataPoint
        dataPoint3D dataPointLine dataPointMarker dataPointMarkerLayout dataPointWireframe dataSeries dataTable defRPr
        downBar dropLine effectRef errorBar extLst fillRef floor fontRef gridlineMajor gridlineMinor hiLoLine leaderLine
        legend lineWidthScale lnRef plotArea plotArea3D seriesAxis seriesLine spPr styleClr title trendline
        trendlineLabel upBar valueAxis variation view3D wall
        """,
        attributes="""
        add altLang anchor anchorCtr b bIns baseline bmk bwMode cap categoryName compatLnSpc depthPercent dirty
        doughnutHoleSize dropLines equation err forceAA fromWordArt gapDepth gapWidth heightPercent hiloLines
        horizontalBorder horzOverflow i id idx includeInLayout kern kumimoji lIns labelPosition lang legendKey
        legendKeys majorGridlines majorTick markerVisible meth minorGridlines minorTick mods noProof normalizeH numCol
        outlineBorder overlap percentage perspective position rAngAx rIns rot rotX rotY rsquared rtlCol seriesLines
        seriesName size smtClean smtId spc spcCol spcFirstLastPara strike symbol sz tIns title u upright val value vert
        vertOverflow verticalBorder visible wrap
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2014/chartex",
        elements="""
        address aggregation axis axisId binCount binSize binary binning catScaling chart chartData chartSpace clear
        clrMapOvr copyrights data dataId dataLabel dataLabelHidden dataLabels dataPt entityType evenFooter evenHeader
        ext extLst extremeValue f firstFooter firstHeader fmtOvr fmtOvrs geoCache geoChildEntities geoChildEntitiesQuery
        geoChildEntitiesQueryResult geoChildEntitiesQueryResults geoChildTypes geoData geoDataEntityQuery
        geoDataEntityQueryResult geoDataEntityQueryResults geoDataPointQuery geoDataPointToEntityQuery
        geoDataPointToEntityQueryResult geoDataPointToEntityQueryResults geoEntity geoHierarchyEntity geoLocation
        geoLocationQuery geoLocationQueryResult geoLocationQueryResults geoLocations geoParentEntitiesQuery
        geoParentEntitiesQueryResult geoParentEntitiesQueryResults geoParentEntity geoPolygon geoPolygons geography
        headerFooter idx layoutPr legend lvl majorGridlines majorTickMarks max maxColor mid midColor min minColor
        minorGridlines minorTickMarks nf numDim numFmt number oddFooter oddHeader offset
        pageMargins pageSetup parentLabelLayout percent plotArea
        plotAreaRegion plotSurface printSettings pt regionLabelLayout rich separator series spPr statistics strDim
        subtotals tickLabels title tx txData txPr units unitsLabel v valScaling valueColorPositions valueColors
        visibility
        """,
        attributes="""
        accent1 accent2 accent3 accent4 accent5 accent6 address1 adminDistrict1 adminDistrict2 align alignWithMargins
        attribution b bg1 bg2 blackAndWhite bwMode categoryName connectorLines copies count countryRegion
        cultureLanguage cultureRegion differentFirst differentOddEven dir draft east entityId entityName entityType
        fallbackImg featureList firstPageNumber folHlink footer formatCode formatIdx gapWidth header hidden hlink
        horizontalDpi id idx intervalClosed isoCountryCode l latitude layoutId left locality longitude majorUnit max
        meanLine meanMarker min minorUnit name nonoutliers north numPoints orientation outliers overflow overlay
        ownerIdx paperSize pcaRings polygonId pos postalCode projectionType provider ptCount quartileMethod r seriesName
        sourceLinked south t top tx1 tx2 type underflow uniqueId unit uri useFirstPageNumber val value version
        verticalDpi viewedRegionType west
        """,
        qualified="""
        autoUpdate
        """,
    ),
    *(  # by these names alone a document says that a choice needs such charts ([MS-ODRAWXML] 2.24)
        namespace(f"http://schemas.microsoft.com/office/drawing/{date}/chartex")
        for date in ["2015/9/8", "2015/10/21", "2016/5/9", "2016/5/10", "2016/5/11", "2016/5/12", "2016/5/13", "2016/5/14"]
    ),
)

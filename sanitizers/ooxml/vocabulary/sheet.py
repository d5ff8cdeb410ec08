"""Allowed names of SpreadsheetML (ISO/IEC 29500-1 clause 18, MS-XLSX) and its drawing anchors.

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        elements="""
        alignment anchor author authors autoFilter autoSortScope b bgColor bk bookViews border borders bottom brk c
        cacheField cacheFields cacheHierarchies cacheHierarchy cacheSource calcPr calculatedColumnFormula calculatedItem
        calculatedItems calculatedMember calculatedMembers cell cellMetadata cellStyle cellStyleXfs cellStyles cellWatch
        cellWatches cellXfs cfRule cfvo charset chartFormat chartFormats chartsheet col colBreaks colFields
        colHierarchiesUsage colHierarchyUsage colItems color colorFilter colorScale colors cols comment commentList
        commentPr comments condense conditionalFormat conditionalFormats conditionalFormatting consolidation
        customFilter customFilters customSheetView customSheetViews customWorkbookView customWorkbookViews d dataBar
        dataConsolidate dataField dataFields dataRef dataRefs dataValidation dataValidations dateGroupItem definedName
        definedNames diagonal dimension dimensions discretePr drawing drawingHF dxf dxfs dynamicFilter e end entries
        evenFooter evenHeader ext extLst extend f family fgColor field fieldGroup fieldUsage fieldsUsage fileVersion
        fill fills filter filterColumn filters firstFooter firstHeader font fonts format formats formula formula1
        formula2 from futureMetadata gradientFill group groupItems groupLevel groupLevels groupMember groupMembers
        groups headerFooter horizontal hyperlink hyperlinks i iconFilter iconSet ignoredError ignoredErrors
        indexedColors inputCells is item items k kpi kpis left legacyDrawing legacyDrawingHF location m map maps mdx
        mdxMetadata measureGroup measureGroups member members mergeCell mergeCells metadata metadataStrings metadataType
        metadataTypes mp mpMap mps mruColors ms n name numFmt numFmts oddFooter oddHeader oldFormula oleSize outline
        outlinePr p page pageField pageFields pageItem pageMargins pageSetUpPr pageSetup pages pane patternFill
        phoneticPr picture pivotArea pivotAreas pivotCache pivotCacheDefinition pivotCacheRecords pivotCaches pivotField
        pivotFields pivotHierarchies pivotHierarchy pivotSelection pivotTableDefinition pivotTableStyleInfo printOptions
        protectedRange protectedRanges protection query queryCache r rFont rPh rPr rangePr rangeSet rangeSets rc
        reference references rgbColor right row rowBreaks rowFields rowHierarchiesUsage rowHierarchyUsage rowItems s
        scenario scenarios scheme selection serverFormat serverFormats set sets shadow sharedItems sheet sheetCalcPr
        sheetData sheetFormatPr sheetId sheetName sheetNames sheetPr sheetProtection sheetView sheetViews sheets si
        sortByTuple sortCondition sortState sst start stop strike styleSheet sz t tabColor table tableColumn
        tableColumns tablePart tableParts tableStyle tableStyleElement tableStyleInfo tableStyles tables text to top
        top10 totalsRowFormula tpl tpls tupleCache u v val value valueMetadata values vertAlign vertical workbook
        workbookPr workbookProtection workbookView worksheet worksheetSource x xf
        """,
        attributes="""
        Append AutoFit ConnectionID DataBindingLoadMode DataBindingName FileBinding FileBindingName ID Name Namespace
        PreserveFormat PreserveSortAFLayout RootElement SchemaID SchemaRef SelectionNamespaces
        ShowImportExportValidationErrors a aboveAverage aca action activeCell activeCellId activeCol activePane
        activeRow activeSheetId activeTab adjust adjustColumnWidth advise algorithmName alignWithMargins alignment
        allCaption allDrilled allUniqueName allowBlank allowPng allowRefreshQuery altText alwaysShow and appName
        applyAlignment applyAlignmentFormats applyBorder applyBorderFormats applyFill applyFont applyFontFormats
        applyNumberFormat applyNumberFormats applyPatternFormats applyProtection applyStyles applyWidthHeightFormats
        array assign asteriskTotals attribute author authorId auto autoCompressPictures autoEnd autoFill autoFilter
        autoFilterDateGrouping autoFormatId autoLine autoLoad autoPage autoPageBreaks autoPict autoRecover autoScale
        autoShow autoStart autoUpdate avgSubtotal axis b background backgroundQuery backgroundRefresh backupFile base
        baseColWidth baseField baseItem bc bestFit blackAndWhite blank boolean borderId bottom builtInGroupCount
        builtinId bx byPosition c ca cacheId cacheIndex calcCompleted calcId calcMode calcOnSave calculatedColumn
        calendarType cap caption caseSensitive cell cellColor cellComments cellMeta cf cfe cff cfo changesSavedWin
        characterSet chart chartFormat che checkCompatibility chf cho clearAll clearComments clearContents clearFormats
        click clipped cm codePage coerce colGrandTotals colHeaderCaption colHidden colId colPageCount collapsed
        collapsedLevelsAreSubtotals colorId cols columnSort comma command commandType comment compact compactData
        concurrentCalc concurrentManualCount conformance connection consecutive containsBlank containsDate
        containsInteger containsMixedTypes containsNonDate containsNumber containsSemiMixedTypes containsString content
        copies copy count countASubtotal countSubtotal cp crashSave createdVersion credentials cs css ct culture current
        customBuiltin customFormat customHeight customList customListSort customMenu customRollUp customView customWidth
        d data dataBound dataCaption dataCellStyle dataDxfId dataExtractLoad dataField dataOnRows dataOnly dataPosition
        dataSourceSort databaseField date1904 dateCompatibility dateTime dateTimeGrouping day ddeService ddeTopic
        decimal defaultAttributeDrillState defaultColWidth defaultGridColor defaultMemberUniqueName defaultPivotStyle
        defaultRowHeight defaultSize defaultSubtotal defaultTableStyle defaultThemeVersion degree del1 del2 delete
        deleteColumns deleteRows deleted delimited delimiter denormalized descending description destination
        diagonalDown diagonalUp differentFirst differentOddEven dimension dimensionUniqueName disableEdit
        disableFieldList disablePrompts disableRefresh disabled diskRevisions display displayFolder displayName divId dn
        double dpi dr draft dragOff dragToCol dragToData dragToPage dragToRow dt2D dtr dvAspect dxf dxfId e eb edge edit
        editData editPage emptyCellReference enableDrill enableFieldProperties enableFormatConditionsCalculation
        enableRefresh enableWizard endDate endNum endOfListFormulaUpdate eol equalAverage error errorCaption errorStyle
        errorTitle errors evalError evalOrder exclusive exp extendable f fc fi field fieldId fieldIdWrapped
        fieldListSortAscending fieldPosition fieldPrintTitles fileType fillFormulas fillId filter filterMode
        filterPrivacy filterUnique filterVal first firstBackgroundRefresh firstDataCol firstDataRow firstHeaderRow
        firstPageNumber firstRow firstSheet fitToHeight fitToPage fitToWidth fld fontId footer forceFullCalc format
        formatCells formatCode formatColumns formatRows formula formulaRange fullCalcOnLoad fullPrecision ghostCol
        ghostRow goal grandCol grandRow grandTotalCaption gridDropZones gridLines gridLinesSet group groupBy
        groupInterval growShrinkType gte guid h hashValue header headerRowBorderDxfId headerRowCellStyle headerRowCount
        headerRowDxfId headers headersInLastRefresh headings help hidden hiddenButton hiddenColumn hiddenColumns
        hiddenLevel hiddenRow hiddenRows hideNewItems hidePivotFieldList hier hierarchy hierarchyUsage history
        horizontal horizontalCentered horizontalDpi hour ht htmlFormat htmlTables i i1 i2 i3 i4 iLevel iMeasureFld
        iMeasureHier icon iconId iconSet id imeMode immersive in includeHiddenRowCol includeNewItemsInFilter
        includePrintSettings indent index indexed insertBlankRow insertColumns insertHyperlinks insertPageBreak
        insertRow insertRowShift insertRows integer intermediate interval invalid item itemPageCount itemPrintTitles
        iterate iterateCount iterateDelta justLastX justifyLastLine keepAlive keepChangeHistory keyAttribute l label
        labelOnly lastEdited lastGuid left leftLabels length level lfe lff lfo lhe lhf lho linkedCell listDataValidation
        listFillRange local localConnection localRefresh localSheetId location lockRevision lockStructure lockText
        lockWindows locked longFileNames longText lowestEdited m man manualBreakCount mapId mappingCount max maxDate
        maxLength maxRId maxRank maxSheetId maxSubtotal maxVal maxValIso maxValue maximized mdx mdxSubqueries measure
        measureFilter measureGroup measures memberName memberPropertyField memberValueDatatype merge mergeCell
        mergeInterval mergeItem min minDate minLength minRId minRefreshableVersion minSubtotal minSupportedVersion
        minValue minimized minimumVersion minute missingCaption missingItemsLimit month moveWithCells mpFld
        multipleFieldFilters multipleItemSelectionAllowed n name nameLen new newLength newName nextId nf
        nonAutoSortDefault np ns numFmtId numberStoredAsText o objects odxf offset old oldComment oldCustomMenu
        oldDescription oldFunction oldFunctionGroupId oldHelp oldHidden oldLength oldName oldPh oldQuotePrefix
        oldShortcutKey oldStatusBar ole oleUpdate oneField onlySync onlyUseConnectionFile operator optimizeMemory
        orientation outline outlineData outlineLevel outlineLevelCol outlineLevelRow outlineSymbols p pLen pPos
        pageOrder pageOverThenDown pageStyle pageWrap pane paperSize par parameterType parent parentSet parsePre
        password pasteAll pasteBorders pasteColWidths pasteComments pasteDataValidation pasteFormats pasteFormulas
        pasteNumberFormats pasteValues patternType percent personalView ph phonetic pivot pivotButton pivotTableStyle
        pivotTables position post preferPic preserveFormatting preserveHistory preserveSortFilterLayout previousCol
        previousRow print printArea printDrill priority productSubtotal progId prompt promptTitle promptedSolutions
        propertyName protected pt publishItems published qualifier queryFailed quotePrefix r r1 r2 rId ra rank rankBy
        readOnlyRecommended readingOrder recalcAlways reconnectionMethod recordCount ref ref3D refMode refersTo
        refreshAllConnections refreshError refreshOnChange refreshOnLoad refreshedBy refreshedDate refreshedDateIso
        refreshedVersion relative relativeIndent removeDataOnSave repairLoad reservationPassword reverse revisionId
        revisionsAlgorithmName revisionsHashValue revisionsPassword revisionsSaltValue revisionsSpinCount rfe rff rfo
        rgb rhe rhf rho right rightToLeft rowColShift rowDrillCount rowGrandTotals rowHeaderCaption rowHidden rowNumbers
        rowPageCount rows rupBuild s sId saltValue saveData saveExternalLinkValues savePassword sb scale scaleWithDoc
        scenarios scope sd second securityDescriptor selectLockedCells selectUnlockedCells selected semicolon sendLocale
        series serverCommand serverField serverFill serverFont serverFontColor serverNumberFormat set setDefinition
        shapeId shared sheet sheetId sheetPosition shortcutKey show showAll showAsCaption showAutoFilter
        showBorderUnselectedTables showButton showCalcMbrs showCell showColHeaders showColStripes showColumnStripes
        showComments showDataAs showDataDropDown showDataTips showDrill showDropDown showDropDowns showDropZones
        showEmptyCol showEmptyRow showError showErrorMessage showFirstColumn showFormulaBar showFormulas showGridLines
        showHeader showHeaders showHorizontalScroll showInFieldList showInkAnnotation showInputMessage showItems
        showLastColumn showMemberPropertyTips showMissing showMultipleLabel showObjects showOutlineSymbols
        showPageBreaks showPivotChartFilter showPropAsCaption showPropCell showPropTip showRowCol showRowColHeaders
        showRowHeaders showRowStripes showRuler showSheetTabs showStatusbar showTip showValue showVerticalScroll
        showWhiteSpace showZeros shrinkToFit si singleSignOnId size sizeWithCells solveOrder sort sortBy sortMethod
        sortType source sourceData sourceObject sourceRef sourceSheetId sourceType space spans spinCount splitAll
        splitFirst sqlType sqref st start startDate startLabels startNum state status statusBar stdDev stdDevPSubtotal
        stdDevSubtotal stopIfTrue string stringValue1 stringValue2 style subtotal subtotalCaption subtotalHiddenItems
        subtotalTop sumSubtotal summaryBelow summaryRight supportAdvancedDrill supportSubquery syncHorizontal syncRef
        syncVertical t tab tabRatio tabSelected table tableBorderDxfId tableColumnId tag targetScreenSize text textDates
        textHAlign textRotation textVAlign theme thickBot thickBottom thickTop thicket thousands time timePeriod tint
        title tooltip top topAutoShow topLabels topLeftCell totalsRowBorderDxfId totalsRowCellStyle totalsRowCount
        totalsRowDxfId totalsRowFunction totalsRowLabel totalsRowShown trackRevisions transitionEntry
        transitionEvaluation trend tupleCache twoDigitTextYear type u ua uiObject un unbalanced unbalancedGroup
        unboundColumnsLeft unboundColumnsRight undone uniqueCount uniqueList uniqueMemberProperty uniqueParent
        unlockedFormula updatedVersion upgradeOnRefresh uri useAutoFormatting useFirstPageNumber usePrinterDefaults user
        v vacatedStyle val valIso value varPSubtotal varSubtotal version vertical verticalCentered verticalDpi view
        visibility visualTotals vml weight width windowHeight windowProtection windowWidth workbookAlgorithmName
        workbookHashValue workbookParameter workbookPassword workbookSaltValue workbookSpinCount workbookViewId wrapText
        x xSplit xWindow xfDxf xfId xl2000 xl97 xml xmlDataType xpath ySplit yWindow year z-order zeroHeight zeroValues
        zoomScale zoomScaleNormal zoomScalePageLayoutView zoomScaleSheetLayoutView zoomToFit
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2011/1/ac",
        elements="""
        list
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        elements="""
        argumentDescription argumentDescriptions axisColor borderColor cacheField cacheHierarchy calculatedMember
        calculatedMembers cfIcon cfRule cfvo color colorAxis colorFirst colorHigh colorLast colorLow colorMarkers
        colorNegative colorScale colorSeries conditionalFormat conditionalFormats conditionalFormatting
        conditionalFormattings customFilter customFilters data dataBar dataField dataValidation dataValidations
        datastoreItem definedName definedNames dxf dxfs editValue extLst fillColor filter formula1 formula2 header
        headers i iconFilter iconSet id ignoredError ignoredErrors item itemLst items level levels negativeBorderColor
        negativeFillColor olap oleItem p pivotArea pivotAreas pivotCacheDefinition pivotCaches pivotChange pivotChanges
        pivotEdit pivotEdits pivotField pivotHierarchy pivotTable pivotTableDefinition pivotTables protectedRange
        protectedRanges range ranges row rowItem rows selection selections setLevel setLevels slicer slicerCache
        slicerCacheDefinition slicerCaches slicerList slicerStyle slicerStyleElement slicerStyleElements slicerStyles
        slicers sortCondition sourceConnection sparkline sparklineGroup sparklineGroups sparklines table tabular
        tupleItem tupleItems tupleSet userEdit values workbookPr
        """,
        attributes="""
        aboveAverage accuracyVersion activePresent advise algorithmName allocationMethod allowBlank altText
        altTextSummary and auto autoApply axis axisPosition border bottom c cache cacheIndex calculatedColumn
        calculatedMembersInFilters caption checked collapsedLevelsAreSubtotals colored cols columnCount count
        crossFilter culture custom customList customListSort d dataOnly dateAxis defaultImageDpi defaultSlicerStyle
        descending direction disablePrompts discardImageEditData displayEmptyCellsAs displayFolder displayHidden
        displayXAxis dropLines dropStyle dx dxfId dynamicSet editVal embeddedDataId emptyCellReference enableEdit
        equalAverage error errorStyle errorTitle evalError field fieldPosition fillDownLabels fillDownLabelsDefault
        first firstButton flattenHierarchies fmlaGroup fmlaLink fmlaRange fmlaTxbx formula formulaRange gradient
        grandCol grandRow gte hashValue hideValuesRow hierarchizeDistinct hierarchy hierarchyName high horiz icon iconId
        iconSet id ignore imeMode inc index indexed justLastX labelOnly last level lineWeight listDataValidation lockText
        lockedPosition low manualMax manualMin markers max maxAxisType maxLength mdxLong measuresSet min minAxisType
        minLength multiLine multiSel n name nd negative negativeBarBorderColorSameAsPositive
        negativeBarColorSameAsPositive noThreeD noThreeD2 numberStoredAsText objectType offset operator outline page
        password passwordEdit percent pivot pivotCacheId pivotShowAs preferPic priority prompt promptTitle rank ref
        reverse rgb rightToLeft rowCount rowHeight rows s saltValue scope securityDescriptor sel seltype showCaption
        showDropDown showErrorMessage showInputMessage showMissing showValue slicerData sortBy sortOrder sourceCaption
        sourceField sourceName spinCount startItem stdDev stopIfTrue style supportAddCalcMems supportSubqueryCalcMem
        supportSubqueryNonVisual tabId text textHAlign textVAlign theme timePeriod tint twoDigitTextYear type u uniqueName
        unlockedFormula val valueType verticalBar visualTotalsForSets weightExpression widthMin x xWindow yWindow
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main",
        elements="""
        autoFilter bounds c cacheHierarchy cachedUniqueName cachedUniqueNames calculatedMember dataField dxfs extLst
        movingPeriodState pivotCacheDecoupled pivotCacheIdVersion pivotCaches pivotFilter pivotRow pivotTable
        pivotTableData pivotTableReference pivotTableReferences pivotTableServerFormats pivotTableUISettings pivotTables
        selection serverFormat slicerCacheHideItemsWithNoData slicerCacheOlapLevelName slicerCachePivotTables
        slicerCaches state tableSlicerCache timeline timelineCacheDefinition timelineCachePivotCaches timelineCacheRef
        timelineCacheRefs timelinePivotCacheDefinition timelineRef timelineRefs timelineStyle timelineStyleElement
        timelineStyleElements timelineStyles timelines v workbookPr x
        """,
        attributes="""
        aggregatedColumn appRef autoDelete b bc binding bottom cache cacheId cacheIdCreatedVersion
        cacheIdSupportedVersion caption characterSet chartTrackingRefBase clipped codePage column columnCount comma
        consecutive count crossFilter cssClass culture customListSort decimal decimalPlaces decoupled
        defaultTimelineStyle defaultValue delimited delimiter description drillThrough dxfId endDate
        excludeFromRefreshAll fc fileType filterId filterPivotName filterTabId filterType firstRow format fromColumn
        fromTable guid headers height helpText i id in index isCountDistinct lastRefreshVersion left level measure
        measureGroup minVersionLoad minimalRefreshVersion model movingMultiple movingPeriod name numberFormat
        pivotCacheId position prompt qualifier r ref referenceDateBegin referenceMultiple referencePeriod
        relNeededHidden required right rowCount rowSource scrollPosition selectionLevel semicolon showHeader
        showHorizontalScrollbar showSelectionLabel showTimeLevel singleRangeFilterState sortOrder sourceDataName
        sourceFile sourceName space st startDate style t tab tabId tableId text thousands timelineData title toColumn
        toTable top type un uniqueName useWholeDay usedByAddin width
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2014/11/main",
        elements="""
        calculatedTimeColumn modelTimeGrouping modelTimeGroupings
        """,
        attributes="""
        columnId columnName contentType isSelected tableName
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray",
        elements="""
        dynamicArrayProperties extLst
        """,
        attributes="""
        fCollapsed fDynamic
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2018/calcfeatures",
        elements="""
        calcFeatures feature
        """,
        attributes="""
        name
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2016/pivotdefaultlayout",
        elements="""
        pivotTableDefinition16
        """,
        attributes="""
        EnabledSubtotalsDefault InsertBlankRowDefault SubtotalsOnTopDefault
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments",
        elements="""
        ThreadedComments extLst mention mentions person personList text threadedComment
        """,
        attributes="""
        dT displayName done id length mentionId mentionpersonId parentId personId providerId ref startIndex userId
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
        elements="""
        absoluteAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr clientData col colOff
        cxnSp ext from graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr oneCellAnchor pic
        pos row rowOff sp spPr style to twoCellAnchor txBody wsDr xfrm
        """,
        attributes="""
        bwMode cx cy descr editAs fLocksText fLocksWithSheet fPrintsWithSheet flipH flipV hidden id name
        preferRelativeResize rot rotWithShape textlink title txBox x y
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/excel/2010/spreadsheetDrawing",
        elements="""
        cNvContentPartPr cNvPr extLst nvContentPartPr nvPr xfrm
        """,
        attributes="""
        bwMode descr fPublished flipH flipV hidden id isComment name rot title
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2010/slicer",
        elements="""
        extLst slicer
        """,
        attributes="""
        name
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/drawing/2012/timeslicer",
        elements="""
        extLst timeslicer
        """,
        attributes="""
        name
        """,
    ),
)

"""Allowed names of WordprocessingML (ISO/IEC 29500-1 clause 17, MS-DOCX), its drawing anchors, and mathematics (clause 22.1).

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        elements="""
        abstractNum abstractNumId active activeWritingStyle adjustLineHeightInTable adjustRightInd alias aliases
        alignBordersAndEdges alignTablesRowByRow allowSpaceOfSameStyleInTable altName annotationRef applyBreakingRules
        autoCaption autoCaptions autoFormatOverride autoHyphenation autoRedefine autoSpaceDE autoSpaceDN
        autoSpaceLikeWord95 autofitToFirstFixedWidthCell b bCs background balanceSingleByteDoubleByteWidth bar basedOn
        bdo bdr behavior behaviors between bibliography bidi bidiVisual blockQuote body bodyDiv bookFoldPrinting
        bookFoldPrintingSheets bookFoldRevPrinting bookmarkEnd bookmarkStart bordersDoNotSurroundFooter
        bordersDoNotSurroundHeader bottom br cachedColBalance calcOnExit calendar cantSplit caps caption captions
        category cellDel cellIns cellMerge characterSpacingControl charset checkBox checked citation clickAndTypeStyle
        clrSchemeMapping cnfStyle col color cols column comboBox comment commentRangeEnd commentRangeStart
        commentReference comments compat compatSetting consecutiveHyphenLimit contextualSpacing continuationSeparator
        convMailMergeEsc cr cs customXmlDelRangeEnd customXmlDelRangeStart customXmlInsRangeEnd customXmlInsRangeStart
        customXmlMoveFromRangeEnd customXmlMoveFromRangeStart customXmlMoveToRangeEnd customXmlMoveToRangeStart date
        dateFormat dayLong dayShort ddList decimalSymbol default defaultTabStop defaultTableStyle del delInstrText
        delText description dir dirty displayBackgroundShape displayHangulFixedWidth displayHorizontalDrawingGridEvery
        displayVerticalDrawingGridEvery divBdr divId doNotAutoCompressPictures doNotAutofitConstrainedTables
        doNotBreakConstrainedForcedTable doNotBreakWrappedTables doNotDisplayPageBoundaries doNotExpandShiftReturn
        doNotHyphenateCaps doNotIncludeSubdocsInStats doNotLeaveBackslashAlone doNotShadeFormData doNotSnapToGridInCell
        doNotSuppressIndentation doNotSuppressParagraphBorders doNotTrackFormatting doNotTrackMoves
        doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing doNotUseIndentAsNumberingTabStop
        doNotUseMarginsForDrawingGridOrigin doNotVertAlignCellWithSp doNotVertAlignInTxbx doNotWrapTextWithPunct
        docDefaults docGrid docPart docPartCategory docPartGallery docPartList docPartObj docPartUnique document
        documentProtection documentType drawing drawingGridHorizontalOrigin drawingGridHorizontalSpacing
        drawingGridVerticalOrigin drawingGridVerticalSpacing dropDownList dstrike dynamicAddress eastAsianLayout effect
        em emboss enabled end endnote endnotePr endnoteRef endnoteReference endnotes equation evenAndOddHeaders family
        ffData fitText flatBorders fldChar fldSimple font fonts footerReference footnote footnoteLayoutLikeWW8
        footnotePr footnoteRef footnoteReference footnotes forceUpgrade forgetLastTabAlignment formProt format
        formsDesign framePr ftr gallery gridAfter gridBefore gridCol gridSpan group growAutofit guid gutterAtTop hMerge
        hdr hdrShapeDefaults headerReference helpText hidden hideGrammaticalErrors hideMark hideSpellingErrors highlight
        hps hpsBaseText hpsRaise hyperlink hyphenationZone i iCs id ilvl imprint ind ins insideH insideV instrText isLgl
        jc keepLines keepNext kern kinsoku lang lastRenderedPageBreak latentStyles layoutRawTableWidth
        layoutTableRowsApart left legacy lid lineWrapLikeWord6 link linkStyles listEntry listItem listSeparator
        lnNumType lock locked lsdException lvl lvlJc lvlOverride lvlPicBulletId lvlRestart lvlText marBottom marH
        marLeft marRight marTop marW matchSrc maxLength mirrorIndents mirrorMargins monthLong monthShort moveFrom
        moveFromRangeEnd moveFromRangeStart moveTo moveToRangeEnd moveToRangeStart multiLevelType mwSmallCaps name next
        noBorder noBreakHyphen noColumnBalance noEndnote noExtraLineSpacing noLeading noLineBreaksAfter
        noLineBreaksBefore noProof noPunctuationKerning noResizeAllowed noSpaceRaiseLower noTabHangInd noWrap
        notTrueType nsid num numFmt numId numIdMacAtCleanup numPicBullet numPr numRestart numStart numStyleLink
        numbering numberingChange oMath outline outlineLvl overflowPunct p pBdr pPr pPrChange pPrDefault pStyle
        pageBreakBefore panose1 paperSrc permEnd permStart personal personalCompose personalReply pgBorders pgMar pgNum
        pgNumType pgSz pict picture pitch placeholder pos position printBodyTextBeforeHeader printColBlack
        printFormsData printFractionalCharacterWidth printPostScriptOverText printTwoOnOne printerSettings proofErr
        proofState ptab qFormat r rFonts rPr rPrChange rPrDefault rStyle readModeInkLockDown result revisionView
        richText right rt rtl rtlGutter ruby rubyAlign rubyBase rubyPr saveFormsData savePreviewPicture scrollbar sdt
        sdtContent sdtEndPr sdtPr sectPr sectPrChange selectFldWithFirstOrLastChar semiHidden separator settings shadow
        shapeDefaults shapeLayoutLikeWW8 shd showBreaksInFrames showEnvelope showingPlcHdr sig size sizeAuto smallCaps
        snapToGrid softHyphen spaceForUL spacing spacingInWholePoints specVanish splitPgBreakAndParaMark src start
        startOverride statusText storeMappedDataAs strictFirstAndLastChars strike style styleLink styleLockQFSet
        styleLockTheme stylePaneFormatFilter stylePaneSortMethod styles subFontBySize suff summaryLength
        suppressAutoHyphens suppressBottomSpacing suppressLineNumbers suppressOverlap suppressSpBfAfterPgBrk
        suppressSpacingAtTopOfPage suppressTopSpacing suppressTopSpacingWP swapBordersFacingPages sym sz szCs t tab
        table tabs tag tbl tblBorders tblCaption tblCellMar tblCellSpacing tblDescription tblGrid tblGridChange
        tblHeader tblInd tblLayout tblLook tblOverlap tblPr tblPrChange tblPrEx tblPrExChange tblStyle
        tblStyleColBandSize tblStylePr tblStyleRowBandSize tblW tblpPr tc tcBorders tcFitText tcMar tcPr tcPrChange tcW
        temporary text textAlignment textDirection textInput textboxTightWrap themeFontLang titlePg tl2br tmpl top
        topLinePunct tr tr2bl trHeight trPr trPrChange trackRevisions truncateFontHeightsLikeWP6 txbxContent type types
        u uiCompat97To2003 uiPriority ulTrailSpace underlineTabInNumList unhideWhenUsed updateFields
        useAltKinsokuLineBreakRules useAnsiKerningPairs useFELayout useNormalStyleForList usePrinterMetrics
        useSingleBorderforContiguousCells useWord2002TableStyleRules useWord97LineBreakRules vAlign vMerge vanish
        vertAlign view w wAfter wBefore webHidden widowControl wordWrap wpJustification wpSpaceWidth wrapTrailSpaces
        writeProtection yearLong yearShort zoom
        """,
        qualified="""
        abstractNumId accent1 accent2 accent3 accent4 accent5 accent6 actualPg after afterAutospacing afterLines
        algIdExt algIdExtSource algorithmName alignment all allStyles alternateStyleNames anchor anchorLock appName
        ascii asciiTheme author before beforeAutospacing beforeLines bg1 bg2 bidi bottom bottomFromText caption chapNum
        chapSep chapStyle char charSpace characterSet checkStyle clear clearFormatting code colFirst colLast color
        combine combineBrackets comments conformance count countBy cryptAlgorithmClass cryptAlgorithmSid
        cryptAlgorithmType cryptProvider cryptProviderType cryptProviderTypeExt cryptProviderTypeExtSource
        cryptSpinCount cs csb0 csb1 cstheme customMarkFollows customStyle customStyles date decorated defLockedState
        defQFormat defSemiHidden defUIPriority defUnhideWhenUsed default directFormattingOnNumbering
        directFormattingOnParagraphs directFormattingOnRuns directFormattingOnTables dirty displacedByCustomXml display
        displayText distance dllVersion drawAspect dropCap durableId dxaOrig dyaOrig eastAsia eastAsiaTheme ed edGrp
        edit end endChars enforcement equalWidth evenHBand evenVBand fieldCodes fill first firstColumn firstLine
        firstLineChars firstRow firstRowFirstColumn firstRowLastColumn fldCharType fldLock fmt followedHyperlink font
        fontSz footer format formatting frame fullDate grammar gutter h hAnchor hAnsi hAnsiTheme hRule hSpace hanging
        hangingChars hash hashValue header heading headingStyles hint history horzAnchor hyperlink id ilvl initials
        inkAnnotations insDel instr lang lastColumn lastRow lastRowFirstColumn lastRowLastColumn lastValue latentStyles
        leader left leftChars leftFromText legacy legacyIndent legacySpace line linePitch lineRule lines locked
        lockedField markup multiLine name nlCheck noHBand noLabel noVBand null num numFmt numId numPicBulletId
        numberingStyles oddHBand oddVBand offsetFrom orient original other percent pos prefixMappings progId qFormat
        recommended relativeTo restart right rightChars rightFromText salt saltValue semiHidden sep shadow shapeId
        shapeid solutionID space spelling spinCount start startChars storeItemID styleId stylesInUse subsetted sz t1 t2
        tableStyles tblpX tblpXSpec tblpY tblpYSpec tentative tgtFrame themeColor themeFill themeFillShade themeFillTint
        themeShade themeTint tooltip top top3HeadingStyles topFromText tplc type uiPriority unhideWhenUsed updateMode
        uri usb0 usb1 usb2 usb3 vAnchor vMerge vMergeOrig vSpace val value vendorID vert vertAnchor vertCompress
        visibleStyles w wrap x xAlign xpath y yAlign zOrder
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2010/wordml",
        elements="""
        alpha bevel bevelB bevelT cNvContentPartPr cNvPr camera checkbox checked checkedState cntxtAlts conflictDel
        conflictIns conflictMode contourClr customXmlConflictDelRangeEnd customXmlConflictDelRangeStart
        customXmlConflictInsRangeEnd customXmlConflictInsRangeStart defaultImageDpi discardImageEditingData docId
        entityPicker extLst extrusionClr fillToRect glow gradFill gs gsLst hueMod ligatures lightRig lin lum lumMod
        lumOff miter noFill numForm numSpacing nvContentPartPr path props3d prstDash reflection rot round sat satMod
        satOff scene3d schemeClr shade shadow solidFill srgbClr styleSet stylisticSets textFill textOutline tint
        uncheckedState xfrm
        """,
        attributes="""
        descr flipH flipV hidden id isComment name rot title
        """,
        qualified="""
        algn anchorId ang b blurRad bwMode cap cmpd contourW dir dist endA endPos extrusionH fadeDir font h id kx ky l
        lat lim lon noSpellErr paraId path pos prst prstMaterial r rad rev rig scaled stA stPos sx sy t textId val w
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2012/wordml",
        elements="""
        appearance chartTrackingRefBased collapsed color commentEx commentsEx doNotAllowInsertDeleteSection docId
        footnoteColumns repeatingSection repeatingSectionItem sectionTitle
        """,
        qualified="""
        author done paraId paraIdParent providerId restartNumberingAfterBreak userId val
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2018/wordml/cex",
        elements="""
        commentExtensible commentsExtensible extLst
        """,
        qualified="""
        dateUtc durableId intelligentPlaceholder
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2016/wordml/cid",
        elements="""
        commentId commentsIds
        """,
        qualified="""
        durableId paraId
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2015/wordml/symex",
        elements="""
        symEx
        """,
        qualified="""
        char font
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        elements="""
        align anchor cNvGraphicFramePr docPr effectExtent extent inline lineTo posOffset positionH positionV simplePos
        start wrapNone wrapPolygon wrapSquare wrapThrough wrapTight wrapTopAndBottom
        """,
        attributes="""
        allowOverlap b behindDoc cx cy descr distB distL distR distT edited hidden id l layoutInCell locked name r
        relativeFrom relativeHeight simplePos t title wrapText x y
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing",
        elements="""
        pctHeight pctPosHOffset pctPosVOffset pctWidth sizeRelH sizeRelV
        """,
        attributes="""
        relativeFrom
        """,
        qualified="""
        anchorId editId
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing",
        elements="""

        """,
        attributes="""
        embeddedHtml h w
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        elements="""
        bodyPr cNvCnPr cNvPr cNvSpPr extLst linkedTxbx spPr style txbx wsp
        """,
        attributes="""
        anchor anchorCtr bIns bwMode compatLnSpc descr forceAA fromWordArt hidden horzOverflow id lIns name
        normalEastAsianFlow numCol rIns rot rtlCol seq spcCol spcFirstLastPara tIns title txBox upright vert
        vertOverflow wrap
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        elements="""
        cNvFrPr cNvGrpSpPr cNvPr extLst graphicFrame grpSp grpSpPr wgp xfrm
        """,
        attributes="""
        bwMode descr flipH flipV hidden id name rot title
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
        elements="""
        bg extLst graphicFrame whole wpc
        """,
    ),
    namespace(
        "http://schemas.openxmlformats.org/officeDocument/2006/math",
        elements="""
        acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk brkBin brkBinSub
        cGp cGpRule cSp chr count ctrlPr d dPr defJc deg degHide den diff dispDef e endChr eqArr eqArrPr f fName fPr
        func funcPr groupChr groupChrPr grow hideBot hideLeft hideRight hideTop intLim interSp intraSp jc lMargin lim
        limLoc limLow limLowPr limUpp limUppPr lit m mPr mathFont mathPr maxDist mc mcJc mcPr mcs mr nary naryLim naryPr
        noBreak nor num oMath oMathPara oMathParaPr objDist opEmu phant phantPr plcHide pos postSp preSp r rMargin rPr
        rSp rSpRule rad radPr sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr scr sepChr show shp smallFrac
        strikeBLTR strikeH strikeTLBR strikeV sty sub subHide sup supHide t transp type vertJc wrapIndent wrapRight
        zeroAsc zeroDesc zeroWid
        """,
        qualified="""
        alnAt val
        """,
    ),
)

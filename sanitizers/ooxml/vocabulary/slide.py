"""Allowed names of PresentationML (ISO/IEC 29500-1 clause 19, MS-PPTX).

What is missing here on purpose stands in `allowlist.DROPPED`, or is dropped as unknown."""

from __future__ import annotations

from sanitizers.ooxml.vocabulary.namespace import namespace

NAMESPACES = (
    namespace(
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        elements="""
        anim animClr animEffect animMotion animRot animScale attrName attrNameLst bg bgPr bgRef bldAsOne bldDgm
        bldGraphic bldLst bldOleChart bldP bldSub blinds blipFill bodyStyle bold boldItalic boolVal browse by cBhvr
        cMediaNode cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cSld cSldViewPr cTn cViewPr charRg
        checker childTnLst circle clrMap clrMapOvr clrMru clrVal cm cmAuthor cmAuthorLst cmLst comb cond cover custShow
        custShowLst cut cxnSp defaultTextStyle diamond dissolve endCondLst endSync excl ext extLst fade fltVal font from
        graphicEl graphicFrame gridSpacing grpSp grpSpPr guide guideLst handoutMaster handoutMasterId handoutMasterIdLst
        hf hsl inkTgt intVal italic iterate kinsoku kiosk modifyVerifier newsflash nextCondLst normalViewPr notes
        notesMaster notesMasterId notesMasterIdLst notesStyle notesSz notesTextViewPr notesViewPr nvCxnSpPr
        nvGraphicFramePr nvGrpSpPr nvPicPr nvPr nvSpPr oleChartEl origin otherStyle outlineViewPr pRg par penClr ph
        photoAlbum pic plus pos present presentation presentationPr prevCondLst prnPr progress pull push rCtr random
        randomBar regular restoredLeft restoredTop rgb rtn scale seq set showPr sld sldAll sldId sldIdLst sldLayout
        sldLayoutId sldLayoutIdLst sldLst sldMaster sldMasterId sldMasterIdLst sldRg sldSz sldTgt slideViewPr
        sorterViewPr sp spPr spTgt spTree split stCondLst strVal strips style subSp subTnLst tav tavLst text tgtEl
        timing titleStyle tmAbs tmPct tmpl tmplLst tn tnLst to transition txBody txEl txStyles val viewPr wedge wheel
        wipe xfrm zoom
        """,
        attributes="""
        accel accent1 accent2 accent3 accent4 accent5 accent6 accumulate additive advAuto advClick advTm afterEffect
        algIdExt algIdExtSource algorithmName allowPng animBg authorId autoAdjust autoCompressPictures autoRev
        autoUpdateAnimBg b backwards bg1 bg2 bld bldLvl bookmarkIdSeed build bw bwMode by calcmode charset
        clientInsertedTime clr clrIdx clrMode clrSpc cmd collapse compatMode concurrent conformance cryptAlgorithmClass
        cryptAlgorithmSid cryptAlgorithmType cryptProvider cryptProviderType cryptProviderTypeExt
        cryptProviderTypeExtSource cx cy decel delay descr dir display dpi dt dur embedTrueTypeFonts encoding end evt
        evtFilter fill filter firstSlideNum flipH flipV fmla folHlink followColorScheme frame frameSlides from ftr
        fullScrn g grpId h hasCustomPrompt hashData hashValue hdr hidden hiddenSlides hlink horzBarState id idx imgH
        imgSz imgW initials invalEndChars invalStChars isNarration isPhoto l lang lastIdx lastView layout loop lvl
        masterRel matchingName mod mute name nextAc nodePh nodeType numSld organizeInFolders orient origin override
        panose path pathEditMode pitchFamily pos prLst preferRelativeResize preferSingleView preserve presetClass
        presetID presetSubtype prevAc prnWhat ptsTypes pubBrowser r rAng rctx relyOnVml removePersonalInfoOnSave
        repeatCount repeatDur resizeGraphics restart rev rot rotWithShape rtl s saltData saltValue saveSubsetFonts
        scaleToFitPaper serverSldId serverSldModifiedTime serverZoom shadeToTitle show showAnimation showAsIcon
        showCaptions showComments showFormatting showGuides showMasterPhAnim showMasterSp showNarration showOutlineIcons
        showScrollbar showSpeakerNotes showSpecialPlsOnTitleSld showWhenStopped sldNum snapToGrid snapToObjects
        snapVertSplitter spd spid spinCount spinValue spokes st strictFirstAndLastChars syncBehavior sz thruBlk title tm
        tmFilter to transition tx1 tx2 txBox type typeface uiExpand updateAutomatic uri useBgFill useLongFilenames
        useTimings userDrawn val valueType varScale vertBarState vol x xfrmType y zoomContents
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/powerpoint/2010/main",
        elements="""
        browseMode cNvContentPartPr cNvPr conveyor creationId defaultImageDpi discardImageEditData doors extLst ferris
        flash flip flythrough gallery glitter honeycomb laserClr laserTraceLst modId nullEvt nvContentPartPr nvPr pan
        pauseEvt playEvt prism resumeEvt reveal ripple section sectionLst sectionPr seekEvt showEvtLst showMediaCtrls
        shred sldId sldIdLst stopEvt switch tracePt tracePtLst triggerEvt vortex warp wheelReverse window xfrm
        """,
        attributes="""
        bmkName descr dir end flipH flipV hasBounce hidden id in isComment isContent isInverted isPhoto mod name objId
        out pattern rot seek showStatus slideIdLst spid spokes st t thruBlk time title type userDrawn val x y
        """,
        qualified="""
        bounceEnd bwMode dur presetBounceEnd
        """,
    ),
    namespace(
        "http://schemas.microsoft.com/office/powerpoint/2012/main",
        elements="""
        chartTrackingRefBased clr extLst guide notesGuideLst parentCm presenceInfo prstTrans sldGuideLst threadingInfo
        """,
        attributes="""
        authorId id idx invX invY name orient pos providerId prst timeZoneBias userDrawn userId val
        """,
    ),
)

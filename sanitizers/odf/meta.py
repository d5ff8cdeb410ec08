"""Document properties and settings: the classification label and how the document is laid out stay (SD-04).

Both work in place, on `office:meta` and `office:settings`, so that packages and flat documents have the same rules.
"""

from __future__ import annotations

import re

from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.odf.allowlist import CONFIG, DC, META, tags
from sanitizers.ooxml import xml

_LABEL = "機密性"
_LONGEST = 1024  # characters: a label is a line, not a hiding place
_TEXTS = frozenset(
    tags(DC, "title", "subject", "description", "creator") + tags(META, "keyword", "initial-creator", "user-defined")
)
_GENERATOR = f"{{{META}}}generator"
_PROGRAM = re.compile(r"[A-Za-z][\w.$ /-]{0,150}", re.ASCII)

_TABLE_STATES = """
    ActiveSplitRange CursorPositionX CursorPositionY HorizontalSplitMode HorizontalSplitPosition PageViewZoomValue
    PositionBottom PositionLeft PositionRight PositionTop ShowGrid VerticalSplitMode VerticalSplitPosition ZoomType ZoomValue
"""
_VIEW = """
    ActiveTable EditMode GridColor GridIsVisible HasColumnRowHeaders HasSheetTabs HorizontalScrollbarWidth InBrowseMode
    IsLayerMode IsOutlineSymbolsSet IsSelectedFrame IsValueHighlightingEnabled PageKind SelectedPage ShowNotes
    ShowPageBreakPreview ShowPageBreaks ShowZeroValues ViewId ViewLayoutColumns ViewLeft ViewTop VisibleAreaHeight
    VisibleAreaLeft VisibleAreaTop VisibleAreaWidth VisibleBottom VisibleLeft VisibleRight VisibleTop ZoomFactor ZoomOnPage
"""
_LAYOUT = """
    AddExternalLeading AddFrameOffsets AddParaLineSpacingToTableCells AddParaSpacingToTableCells AddParaTableSpacing
    AddParaTableSpacingAtStart AddVerticalFrameOffsets AlignTabStopPosition AnchoredTextOverflowLegacy
    ApplyParagraphMarkFormatToEmptyLineAtEndOfParagraph ApplyParagraphMarkFormatToNumbering
    ApplyTextAttrToEmptyLineAtEndOfParagraph AutoFirstLineIndentDisregardLineSpace BackgroundParaOverDrawings
    CharacterCompressionType ClipAsCharacterAnchoredWriterFlyFrames ClippedPictures CollapseEmptyCellPara
    ConnectorUseSnapRect ConsiderTextWrapOnObjPos ContinuousEndnotes DefaultTabStop DisableOffPagePositioning
    DoNotCaptureDrawObjsOnPage DoNotJustifyLinesWithManualBreak DoNotResetParaAttrsForNumFont DropCapPunctuation
    EmptyDbFieldHidesPara FloattableNomargins FootnoteInColumnToPageEnd FrameAutowidthWithMorePara GutterAtTop
    HeaderSpacingBelowLastPara HoriAlignIgnoreTrailingWhitespace HyphenateURLs IgnoreBreakAfterMultilineField
    IgnoreFirstLineIndentInNumbering IgnoreHiddenCharsForLineCalculation IgnoreTabsAndBlanksForLineCalculation
    InvertBorderSpacing IsKernAsianPunctuation IsLabelDocument JustifyLinesWithShrinking LegacySingleLineFontwork
    MathBaselineAlignment MinRowHeightInclBorder MsWordCompGridMetrics MsWordCompMinLineHeightByFly MsWordCompTrailingBlanks
    NoClippingWithWrapPolygon NoGapAfterNoteNumber NoNumberingShowFollowBy OutlineLevelYieldsNumbering
    PaintHellOverHeaderFooter ParagraphSummation PropLineSpacingShrinksFirstLine ProtectBookmarks ProtectFields ProtectForm
    SmallCapsPercentage66 StylesNoDefault SubtractFlysAnchoredAtFlys SurroundTextWrapSmall TabAtLeftIndentForParagraphsInList
    TabOverMargin TabOverSpacing TabOverflow TableRowKeep TabsRelativeToIndent TreatSingleColumnBreakAsPageBreak
    UnbreakableNumberings UnxForceZeroExtLeading UseFormerLineSpacing UseFormerObjectPositioning UseFormerTextWrapping
    UseOldNumbering UseOldPrinterMetrics UseVariableWidthNBSP WordLikeWrapForAsCharFlys
"""
_FORMULA = """
    Alignment BaseFontHeight BottomMargin FontFixedIsBold FontFixedIsItalic FontFunctionsIsBold FontFunctionsIsItalic
    FontNameFunctions FontNameNumbers FontNameText FontNameVariables FontNumbersIsBold FontNumbersIsItalic FontSansIsBold
    FontSansIsItalic FontSerifIsBold FontSerifIsItalic FontTextIsBold FontTextIsItalic FontVariablesIsBold
    FontVariablesIsItalic IsScaleAllBrackets IsTextMode LeftMargin RelativeBracketDistance RelativeBracketExcessSize
    RelativeFontHeightFunctions RelativeFontHeightIndices RelativeFontHeightLimits RelativeFontHeightOperators
    RelativeFontHeightText RelativeFractionBarExcessLength RelativeFractionBarLineWeight RelativeFractionDenominatorDepth
    RelativeFractionNumeratorHeight RelativeIndexSubscript RelativeIndexSuperscript RelativeLineSpacing
    RelativeLowerLimitDistance RelativeMatrixColumnSpacing RelativeMatrixLineSpacing RelativeOperatorExcessSize
    RelativeOperatorSpacing RelativeRootSpacing RelativeScaleBracketExcessSize RelativeSpacing RelativeSymbolMinimumHeight
    RelativeSymbolPrimaryHeight RelativeUpperLimitDistance RightMargin TopMargin
"""
_ASIAN = "BeginLine Country EndLine Language Variant"  # characters that may not begin or end a line
_ITEMS = frozenset(" ".join((_TABLE_STATES, _VIEW, _LAYOUT, _FORMULA, _ASIAN)).split())
_MAPS = frozenset(("Views", "Tables", "ForbiddenCharacters"))
_SETS = re.compile(r"(?:\w+:)?(?:view-settings|configuration-settings)")
_PLACE = re.compile(r"://|\\|#|file:", re.IGNORECASE)
_NAME, _TYPE = tags(CONFIG, "name", "type")
_ITEM, _SET, _ENTRY = tags(CONFIG, "config-item", "config-item-set", "config-item-map-entry")
_GROUPS = tags(CONFIG, "config-item-set", "config-item-map-indexed", "config-item-map-named", "config-item-map-entry")
_KINDS = {
    "PrinterSetup": Kind.PRINTER_SETTINGS,
    "PrinterName": Kind.PRINTER_SETTINGS,
    "ScriptConfiguration": Kind.MACRO,
}


def settle_properties(properties: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """Children of `office:meta`.  The program's name stays, because readers lay out by it; counts and dates never do."""
    for element in list(properties):
        text = xml.text(element).strip()
        known = element.tag in _TEXTS and len(text) <= _LONGEST and (switches.metadata or _LABEL in text)
        if known or (element.tag == _GENERATOR and _PROGRAM.fullmatch(text)):
            _flatten(element)
            continue
        if text or element.attrib:
            findings.add(Kind.METADATA, where, xml.local(element), Treatment.REMOVED)
        xml.remove(element)


def settle_settings(settings: xml.Element, where: str, findings: Findings) -> None:
    """Items of `office:settings` by their names; printers, links and paths are not among them."""
    others = 0
    for element in list(settings.iter(_ITEM, *_GROUPS)):
        name = element.get(_NAME, "")
        if _may_stay(element, name):
            continue
        if name in _KINDS and xml.text(element).strip():
            findings.add(_KINDS[name], where, f"setting {name}", Treatment.REMOVED)
        else:
            others += 1
        xml.remove(element)
    if others:
        findings.add(Kind.METADATA, where, f"{others} settings of the program", Treatment.REMOVED)


def _may_stay(element: xml.Element, name: str) -> bool:
    if element.tag == _ITEM:
        text = element.text or ""
        return name in _ITEMS and element.get(_TYPE) != "base64Binary" and not _PLACE.search(text) and len(text) <= _LONGEST
    if element.tag == _ENTRY:
        return not _PLACE.search(name)
    return bool(_SETS.fullmatch(name)) if element.tag == _SET else name in _MAPS


def _flatten(element: xml.Element) -> None:
    """Only its text: children of a property are nothing that we know."""
    text = xml.text(element)
    for child in list(element):
        element.remove(child)
    element.text = text

"""Plain text and CSV: read in whatever charset, written as UTF-8 that Notepad and Excel show right (J3, J10, D17).

Text kinds without a sanitiser of their own (XML, JSON) come out as the .txt that they are.  A text whose
name would run it is WITHHELD.  Raises Refused.  Guessing charsets is `charset`'s, mail bodies are `message`'s.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import unicodedata

from sanitizers import charset, names
from sanitizers.detect import dangerous, mismatched
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict

MEDIA_TYPES = ("text/plain", "text/csv", "text/xml", "application/json")

MARK = codecs.BOM_UTF8  # Excel and Notepad before Windows 10 1903 take a file without it for CP932
_LINE_END = "\r\n"

_LABEL = re.compile(rb"""<(?:meta\b|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_LABEL_WITHIN = 64 << 10  # bytes; browsers look into the first 1024, where long comments may stand before it

_FORMULA = tuple("=+-@\t＝＋－＠")  # what starts a formula in Excel, and the full-width forms that it accepts (D17)
_OPERATORS = "(|!'\""
_NUMBER = re.compile(r"[+-]?[¥\\$]?\d[\d,]*(?:\.\d*)?(?:e[+-]?\d+)?%?", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=.\"?\s*", re.IGNORECASE)  # tells Excel to split elsewhere than we did

csv.field_size_limit(sys.maxsize)  # the part's size is bounded already; the default refuses long cells


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """UTF-8 with mark and CRLF; a CSV is parsed and written anew.  Raises Refused(EXECUTABLE) by the worst name."""
    if ending := dangerous(part.names or (part.name,)):
        raise Refused(Reason.EXECUTABLE, f"text named {ending}, which a double click runs", Verdict.WITHHELD)
    findings = Findings()
    text = plain(content, detected, findings)
    media_type = "text/plain"
    if detected == "text/csv":
        is_tabbed = names.extension(part.name) == ".tsv"
        media_type = "text/tab-separated-values" if is_tabbed else detected
        text = _sheet(text, "\t" if is_tabbed else ",", findings)
    return outcome(text, part, detected, media_type, findings)


def plain(content: bytes, detected: str, findings: Findings) -> str:
    """The decoded text without invisible characters, lines ending in LF; what had to be guessed is a finding."""
    label = _LABEL.search(content[:_LABEL_WITHIN]) if detected in ("text/html", "text/xml") else None
    decoded = charset.decode(content, label[1].decode() if label else "")
    if decoded.undecodable:
        findings.add(Kind.CHARSET, "", f"{decoded.undecodable} characters unreadable as {decoded.charset}", Treatment.REPLACED)
    elif decoded.assumed:
        findings.add(Kind.CHARSET, "", f"read as {decoded.charset}", Treatment.KEPT)
    text, removed = charset.clean(decoded.text)
    if removed:
        findings.add(Kind.CONTROL_CHARACTER, "", f"{removed} invisible characters", Treatment.REMOVED)
    return text


def outcome(text: str, part: Part, detected: str, media_type: str, findings: Findings) -> Outcome:
    """`text` (LF) as a file under the name that its media type allows."""
    name = names.with_extension(part.name or "無題", media_type)
    if ending := mismatched(detected, part.names or (part.name,)):
        findings.add(Kind.TYPE_MISMATCH, "", f"named {ending}, is {detected}", Treatment.KEPT)
    if name != part.name:
        findings.add(Kind.RENAMED, "", name, Treatment.KEPT)
    output = MARK + text.replace("\n", _LINE_END).encode()
    return Outcome(findings.verdict(), detected, output, media_type, name, findings.all())


def _sheet(text: str, delimiter: str, findings: Findings) -> str:
    """Every reader splits what is written here alike: one delimiter, and quotes around all that could mislead.

    Tabs and semicolons become commas, which is what Excel expects of a .csv in Japan."""
    first, _, rest = text.partition("\n")
    given = _delimiter(first)
    if _SEPARATOR_LINE.fullmatch(first):
        findings.add(Kind.UNKNOWN_CONSTRUCT, "line 1", first, Treatment.REMOVED)
        text = rest
    written, neutralised = io.StringIO(), 0
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=given):
        cells = [f"'{cell}" if _calculates(cell) else cell for cell in row]
        neutralised += sum(map(len, cells)) - sum(map(len, row))
        writer.writerow(cells)
    if neutralised:
        findings.add(Kind.FORMULA, "", f"{neutralised} cells that would calculate", Treatment.NEUTRALISED)
    return written.getvalue()


def _delimiter(first: str) -> str:
    if separator := _SEPARATOR_LINE.fullmatch(first):
        given = separator[0].strip().strip('"')[4:]
        return given if given in (",", ";", "\t", "|") else ","
    return max((",", "\t", ";"), key=lambda sign: (first.count(sign), sign == ","))


def _calculates(cell: str) -> bool:
    """Would Excel take it for a formula?  A number with its sign, and a lone dash for "none", are what they seem."""
    start = cell.lstrip(" \u3000\n")
    if not start.startswith(_FORMULA):
        return False
    folded = unicodedata.normalize("NFKC", start).strip()
    return not _NUMBER.fullmatch(folded) and any(char.isalnum() or char in _OPERATORS for char in folded)

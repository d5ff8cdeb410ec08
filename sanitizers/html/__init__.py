"""HTML becomes text that a clerk likes to read; nothing of the markup survives (formats.md 7, H1-H5, J26).

`to_text` is for mail bodies, `sanitise` for .html attachments, which leave as .txt.  What was hidden from the reader is
dropped and reported, links are written out with their real host.  Raises Refused by the name of an attachment only.
"""

from __future__ import annotations

import re

from sanitizers import text
from sanitizers.charset import clean
from sanitizers.detect import dangerous
from sanitizers.html.look import Sheet
from sanitizers.html.walk import Walk, read
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Switches, Treatment, Verdict

__all__ = ["sanitise", "to_text"]

_COMMENT_OR_STYLE = re.compile("<!--|<style", re.IGNORECASE)
_STYLE_END = re.compile("</style", re.IGNORECASE)
_NOTHING = "（このHTMLファイルには、表示できる文字がありませんでした。）\n"


def to_text(markup: str, switches: Switches, findings: Findings, where: str) -> str:
    """The visible text, lines ending in LF, NFC, without invisible characters.  "" when there is nothing to see."""
    lines = read(markup, Walk(switches, findings, where, _sheet(markup)))
    plain, removed = clean("\n".join(lines))
    if removed:
        findings.add(Kind.CONTROL_CHARACTER, where, f"{removed} invisible characters", Treatment.REMOVED)
    return plain + "\n" if plain else ""


def _sheet(markup: str) -> Sheet:
    """All `<style>` elements first: a rule holds for what stands before it, too.  Comments hold Outlook's own rules."""
    sheet, at = Sheet(), 0
    while opened := _COMMENT_OR_STYLE.search(markup, at):
        if opened[0] == "<!--":
            at = markup.find("-->", opened.end())
        elif (start := markup.find(">", opened.end())) >= 0 and (closed := _STYLE_END.search(markup, start)):
            sheet.add(markup[start + 1 : closed.start()])
            at = closed.end()
        else:
            break
        if at < 0:
            break
    return sheet


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """An HTML file as .txt.  Raises Refused(EXECUTABLE) for an HTML application by name."""
    if ending := dangerous(part.names or (part.name,)):
        raise Refused(Reason.EXECUTABLE, f"HTML named {ending}, which a double click runs", Verdict.WITHHELD)
    findings = Findings()
    markup = text.plain(content, detected, findings)
    visible = to_text(markup, job.profile.switches.html, findings, "")
    findings.add(Kind.CONVERTED, "", "HTML to text", Treatment.REPLACED)
    return text.outcome(visible or _NOTHING, part, detected, "text/plain", findings)

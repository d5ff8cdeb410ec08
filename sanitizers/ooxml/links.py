"""Where a link may lead: the web and mail, nothing else (D3).

`file:`, UNC and search-ms paths hand over password hashes or start programs; a relative target is a file next to the
document; `javascript:`, `ms-msdt:` and their kind run code.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.ooxml import xml
from sanitizers.ooxml.allowlist import LABEL, A, R, V, tags

_CLICKS = tags(A, "hlinkClick", "hlinkHover", "hlinkMouseOver")
_ACTIONS = ("ppaction://hlinksldjump", "ppaction://hlinkshowjump", "ppaction://noaction")
_UNSAFE = re.compile(r'[\s\\"<>^`{|}]')
_ACTIVE_STYLE = re.compile(r"url\s*\(|expression|javascript|behavior|@import|\\", re.IGNORECASE)
_LABEL_STYLE = re.compile(r"[A-Za-z0-9 .%;:#-]*")
_LONGEST = 2083  # what Excel and the shell accept
_WEB = re.compile(r"(?:https?://[^\s/\\?#]+|mailto:[^\\/])[^\x00-\x1f\x7f]*", re.IGNORECASE)


def rebuilt(target: str) -> str:
    """The target with everything escaped that an address may not hold (RFC 3986 2), or "" if it may not stay."""
    if len(target) > _LONGEST or not _WEB.fullmatch(target):
        return ""
    return _UNSAFE.sub(lambda found: quote(found[0], safe=""), target)


def neutralise_styles(root: xml.Element, where: str, findings: Findings) -> None:
    """VML styles are CSS: what loads or computes is no style."""
    for element in root.iter(f"{{{V}}}*", *LABEL):
        style = element.get("style", "")
        if _ACTIVE_STYLE.search(style) or (element.tag in LABEL and not _LABEL_STYLE.fullmatch(style)):
            findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"style {style}", Treatment.REMOVED)
            del element.attrib["style"]


def mended(content: bytes, where: str) -> bytes:
    """An old drawing as XML.  Excel ends the lines of a control's text with `<br>`, as HTML does, and other programs use the
    prefix of relationships without saying so; Excel reads both again."""
    try:
        xml.parse(content, where)
    except Refused as refusal:
        if refusal.reason is not Reason.CORRUPT:
            raise
        content = content.replace(b"<br>", b"<br/>")
        if b"xmlns:r=" not in content:
            content = content.replace(b"<xml", b'<xml xmlns:r="' + R.encode() + b'"', 1)
    return content


def neutralise_actions(root: xml.Element, where: str, findings: Findings) -> None:
    """A click on a shape may turn to another slide of the show; it may not start a program, a macro or another file."""
    for element in list(root.iter(*_CLICKS)):
        action = element.get("action", "")
        if action and not action.lower().startswith(_ACTIONS):
            findings.add(Kind.ACTION, where, action, Treatment.REMOVED)
            xml.remove(element)

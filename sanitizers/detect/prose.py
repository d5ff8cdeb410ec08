"""What consists of characters: is it text at all, and which kind of text does it begin like?

A program's source is text too; what is delivered of any text is a `.txt`, so these looks only have to tell the kinds
that are treated differently (HTML, mail, CSV, ...) and those that Windows acts upon (security.md F10, M13).  Every
pattern is anchored and linear.  Raises nothing.
"""

from __future__ import annotations

import codecs
import re

from sanitizers.model import Part

TEXT = "text/plain"
BINARY = ""
MAIL = "message/rfc822"
WEB_ARCHIVE = "application/x-mimearchive"

_HEAD = 64 << 10  # bytes looked at for the kind; whether it is text at all is asked of the whole
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\x0b\x0c\x0e\x0f\x1a\x1b\b")) + b"\x7f"  # kept: SO, SI, ESC (JIS), DOS EOF
_STRAY = 500  # one control character in so many bytes may come from a printer or terminal; more is binary
_NO_TEXT = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffd]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)

_HEADER_LINE = re.compile(r"[!-9;-~]{1,76}[ \t]*:")
_MIME = re.compile(r"(?mi)^mime-version:|^content-type:[ \t]*multipart/")
_TRANSPORT = re.compile(r"(?mi)^(?:received|return-path|message-id|dkim-signature|delivered-to):")
_ADDRESSED = re.compile(r"(?mi)^(?:from|to|subject|date|received|return-path|message-id|delivered-to)[ \t]*:")
_SAVED_PAGE = re.compile(r"(?mi)^(?:snapshot-content-location:|from:[^\n]{0,9}<?saved by )")
_RELATED = re.compile(r"(?mi)^content-type:[ \t]*multipart/related")
_NEXT_MAIL = re.compile(r"\r?\n\r?\nFrom [^\r\n]{1,200}\d\d:\d\d[^\r\n]{0,60}\r?\n[!-9;-~]{1,76}:")

_MARKUP = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|link|base|style|script|iframe|frameset|object|embed|form|input|img"
    r"|table|center|div|span|font|h[1-6]|ul|ol|li|dl|a|abbr|b|i|u|br|hr|p|pre|blockquote|video|audio|details|marquee)"
    r"(?=[\s/>])",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(r"\s+|<\?[^>]{0,2000}>|<!doctype(?!\s+html)[^>\[]{0,2000}(?:\[[^\]]{0,4000}\]\s*)?>", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,60})")
_SCRIPTED = ("job", "package", "component", "scriptlet")  # roots of Windows Script files, if there is a script in them

_ACTIVE_XML = (  # roots and namespaces that an Office program or Windows opens by itself
    ("schemas-microsoft-com:office:spreadsheet", "application/x-ms-excel-2003+xml"),
    ("schemas.microsoft.com/office/word/2003", "application/x-ms-word-2003+xml"),
    ('progid="word.document"', "application/x-ms-word-2003+xml"),
    ('progid="excel.sheet"', "application/x-ms-excel-2003+xml"),
    ("schemas.microsoft.com/office/2006/xmlpackage", "application/x-flat-opc"),
    ("urn:oasis:names:tc:opendocument:xmlns:office", "application/x-flat-opendocument"),
    ("schemas.microsoft.com/search/2013/settingcontent", "application/x-windows-action"),
    ("schemas.microsoft.com/windows/2009/library", "application/x-windows-action"),
    ("schemas.microsoft.com/windows/2009/searchconnector", "application/x-windows-action"),
    ("schemas.microsoft.com/appx/appinstaller", "application/x-windows-action"),
    ("urn:schemas-microsoft-com:asm.v1", "application/x-windows-action"),
)
_ROOTS = {"svg": "image/svg+xml", "html": "text/html"}

_BEGINNINGS = (  # lower case, after white space; what Windows or a server would act upon, and formats of their own
    ("#!", "application/x-script"),
    ("<?php", "application/x-script"),
    ("<%", "application/x-script"),
    ("@echo off", "application/x-script"),
    ("#@~^", "application/x-script"),  # Script Encoder
    ("windows registry editor", "application/x-windows-action"),
    ("regedit4", "application/x-windows-action"),
    ("[internetshortcut]", "application/x-windows-action"),
    ("[shell]", "application/x-windows-action"),
    ("[.shellclassinfo]", "application/x-windows-action"),
    ("[desktop entry]", "application/x-windows-action"),
    ("id;p", "application/x-sylk"),
    ("web\n1\n", "application/x-web-query"),
    ("web\r\n1\r\n", "application/x-web-query"),
    ("begin:vcalendar", "text/calendar"),
    ("begin:vcard", "text/vcard"),
    ("iso-10303-21;", "application/x-sxf"),
)
# DXF begins with a section, after comments (group 999) if there are any
_DRAWING = re.compile(r"\s{0,9}(?:999[ \t]{0,9}\r?\n[^\n]{0,300}\n[ \t]{0,9}){0,20}0[ \t]{0,9}\r?\n[ \t]{0,9}SECTION\s")
_JSON = re.compile(r'[\[{]\s*(?:["\[{\]}]|-?\d|true|false|null)')
_NAMED = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".xls": "text/csv",  # so do business systems call the tables that they write as text: Excel opens a .csv
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".shtml": "text/html",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
}
_DECLARED = ("text/csv", "text/html", "text/xml", "application/json", "text/calendar", "text/vcard")


def kind_of_text(content: bytes, part: Part, extension: str) -> str:
    """The media type of a text, or `BINARY`.  `extension` is the name's, in lower case with its dot."""
    encoding = next((encoding for bom, encoding in _BOMS if content.startswith(bom)), "") or _unmarked(content[:_HEAD])
    head = content[:_HEAD].decode(encoding or "latin-1", "replace").lstrip("\ufeff")
    if mail := _mail(head, part, extension):
        return mail  # before asking for text: yEnc and 8-bit bodies are binary
    if not (_is_wide_text(head) if encoding.startswith(("utf-16", "utf-32")) else _is_text(content)):
        return BINARY
    return _beginning(head) or _markup(head) or _by_name(head, part, extension)


def _is_text(content: bytes) -> bool:
    if content.find(0) >= 0:
        return False
    strays = len(content) - len(content.translate(None, _CONTROLS))
    return strays <= max(1, len(content) // _STRAY)


def _unmarked(head: bytes) -> str:
    """UTF-16 without a mark, when every other byte is mostly zero and what it says has no control characters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) or (even + odd) * 3 <= len(head):
        return ""
    encoding = "utf-16-be" if even else "utf-16-le"
    text = head[: len(head) & ~1].decode(encoding, "replace")
    return "" if _NO_TEXT.search(text) else encoding


def _is_wide_text(head: str) -> bool:
    return head.count("\0") + head.count("\ufffd") <= max(1, len(head) // _STRAY)


def _mail(head: str, part: Part, extension: str) -> str:
    """RFC 5322, if it must be: declared so, with MIME in it, or with headers that only a mail system writes.

    A text file with `From:` and `Subject:` lines is what Outlook saves as .txt, and stays text."""
    first = head.partition("\n")[0]
    if head.startswith("From "):  # mbox (RFC 4155)
        return "application/mbox" if _NEXT_MAIL.search(head) else (MAIL if _TRANSPORT.search(head) else "")
    if not _HEADER_LINE.match(first):
        return ""
    headers = re.split(r"\r?\n\r?\n", head, maxsplit=1)[0]
    addressed, mime = _ADDRESSED.search(headers), _MIME.search(headers)
    if mime and (extension in (".mht", ".mhtml") or _SAVED_PAGE.search(headers)):
        return WEB_ARCHIVE
    if _RELATED.search(headers) and not addressed:
        return WEB_ARCHIVE  # what Word saves as "single file web page", often renamed to .doc
    if part.declared in ("message/rfc822", "message/global") or extension in (".eml", ".msg") or mime:
        return MAIL
    return MAIL if addressed and _TRANSPORT.search(headers) and extension not in (".txt", ".log", ".csv") else ""


def _beginning(head: str) -> str:
    if _DRAWING.match(head):
        return "image/vnd.dxf"
    start = head[:200].lstrip().lower()
    return next((media_type for sign, media_type in _BEGINNINGS if start.startswith(sign)), "")


def _markup(head: str) -> str:
    """HTML as browsers sniff it, SVG and XML by their root; comments and prologue before it are skipped."""
    at, is_xml = 0, head[:200].lstrip()[:5].lower() == "<?xml"
    while at < len(head):
        if head.startswith("<!--", at):
            end = head.find("-->", at + 4)
            at = len(head) if end < 0 else end + 3
        elif skipped := _PROLOGUE.match(head, at):
            at = skipped.end()
        else:
            break
    lower, root = head.lower(), _ROOT.match(head, at)
    name = root[1].lower() if root else ""
    if (name and "<hta:application" in lower) or (name in _SCRIPTED and "<script" in lower):
        return "application/x-windows-script"
    if not is_xml and _MARKUP.match(head, at):
        return "text/html"
    if name and (is_xml or "xmlns" in lower or name in _ROOTS):
        action = next((media_type for sign, media_type in _ACTIVE_XML if sign in lower), "")
        return action or _ROOTS.get(name, "text/xml" if is_xml else "")
    return ""


def _by_name(head: str, part: Part, extension: str) -> str:
    if extension in _NAMED:
        return _NAMED[extension]
    if part.declared in _DECLARED:
        return part.declared
    if extension == ".json" and _JSON.match(head.lstrip()):
        return "application/json"
    return TEXT

"""From the text parts of a mail to the one text that is delivered: charset, format=flowed, the choice between alternatives.

Nothing is lost silently: when plain text and HTML say different things, that is a finding (M17).  HTML itself is `html`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sanitizers import charset, html
from sanitizers.carrier_emoji import Carrier
from sanitizers.html.flow import width
from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.parameters import Field

_META = re.compile(rb"(?i)<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?([a-z0-9_.:-]{1,40})")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_META_WITHIN = 4096  # bytes; HTML 13.2.3.2 looks at 1,024, Outlook's style block comes before
_SAME = 0.7  # share of the HTML's pairs of letters that the plain text must have: links and "view in browser" make the rest
_STOPGAP = 300  # columns: "your program does not show HTML" and the like are shorter
_OTHER_TEXT = "――― HTMLとは異なる内容のテキスト本文 ―――\n"
_TOP_LINES = 20  # of a text: when and where a meeting is stands there
_COMPARED = 20_000  # characters: enough to tell two texts apart
_QUOTE = re.compile(r"(>*) ?(.*)", re.DOTALL)
_ADDED = re.compile(
    r"<[^<>\n]{0,2000}>|\S{1,20}://\S+|\[(?:画像|image|cid)[^\]\n]{0,200}\]"
)  # links and pictures, written out in one of the two


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of the body, LF lines, clean."""

    text: str
    is_html: bool


def decoded(content: bytes, field: Field, phone: Carrier | None, findings: Findings, where: str) -> str:
    """The text of a part by its charset label; what was assumed or could not be read is reported."""
    label = field.text("charset")
    if not label and (meta := _META.search(content[:_META_WITHIN])) and field.value == "text/html":
        label = meta[1].decode("ascii")
    result = charset.decode(content, label, phone)
    if result.undecodable:
        detail = f"{result.undecodable} characters unreadable as {result.charset} (declared {label or 'nothing'})"
        findings.add(Kind.CHARSET, where, detail, Treatment.REPLACED)
    elif result.assumed:
        findings.add(Kind.CHARSET, where, f"read as {result.charset}, declared {label or 'nothing'}", Treatment.KEPT)
    if _PRIVATE.search(result.text):
        findings.add(Kind.GAIJI, where, "private use characters: their shape depends on the reader", Treatment.KEPT)
    return result.text


def plain(text: str, field: Field, findings: Findings, where: str) -> Piece:
    """A text/plain part, un-flowed and clean."""
    text, invisible = charset.clean(text)
    if invisible:
        findings.add(Kind.CONTROL_CHARACTER, where, f"{invisible} invisible characters", Treatment.REMOVED)
    if field.text("format").lower() == "flowed":
        text = unflowed(text, delsp=field.text("delsp").lower() == "yes")
    return Piece(text, False)


def from_html(text: str, switches: Switches, findings: Findings, where: str) -> Piece:
    converted = html.to_text(text, switches, findings, where)
    findings.add(Kind.HTML_BODY, where, "HTML to text", Treatment.REPLACED)
    return Piece(converted, True)


def unflowed(text: str, delsp: bool) -> str:
    """RFC 3676 4: soft line breaks joined within one quote depth, space-stuffing undone, "-- " kept (J15)."""
    lines: list[str] = []
    paragraph: list[str] = []
    depth = ""
    for line in text.split("\n"):
        quote, content = _QUOTE.fullmatch(line).groups()  # type: ignore[union-attr]  # matches every string
        if paragraph and quote != depth:
            lines.append(_joined(depth, paragraph))
            paragraph = []
        depth = quote
        flows = content.endswith(" ") and content != "-- "
        paragraph.append(content[:-1] if flows and delsp else content)
        if not flows:
            lines.append(_joined(depth, paragraph))
            paragraph = []
    if paragraph:
        lines.append(_joined(depth, paragraph))
    return "\n".join(lines)


def _joined(depth: str, paragraph: Sequence[str]) -> str:
    return f"{depth} {''.join(paragraph)}" if depth else "".join(paragraph)


def chosen(alternatives: Sequence[Piece], findings: Findings, where: str) -> list[Piece]:
    """Of multipart/alternative: the plain text when it says the same as the HTML, else the HTML's text, with a finding.

    A long plain text that says something else altogether follows it, so that no text is lost."""
    plains, htmls = (
        [piece for piece in alternatives if piece.is_html is kind and piece.text.strip()] for kind in (False, True)
    )
    if not plains or not htmls:
        return _distinct(plains or htmls)
    written, shown = (" ".join(piece.text for piece in pieces) for pieces in (plains, htmls))
    if likeness(written, shown) >= _SAME:
        return _distinct(plains)
    findings.add(Kind.DUPLICATE_BODY, where, "plain text and HTML differ; the HTML's text is delivered", Treatment.REPLACED)
    if likeness(shown, written) >= _SAME or width(written) < _STOPGAP:
        return _distinct(htmls)
    return _distinct([*htmls, Piece(_OTHER_TEXT, True), *plains])


def unsaid(more: Sequence[Piece], texts: Sequence[Piece]) -> list[Piece]:
    """What `more` says beyond `texts`: Exchange sends the text of a winmail.dat twice, but not what `rewriting` put on top."""
    said = " ".join(piece.text for piece in texts)
    return [piece if likeness(said, piece.text) < _SAME else _news(piece, _pairs(said)) for piece in more]


def _news(piece: Piece, said: set[str]) -> Piece:
    """The lines at the top that are not said already."""
    lines = piece.text.split("\n")[:_TOP_LINES]
    return Piece("\n".join(line for line in lines if not _pairs(line) <= said), piece.is_html)


def _distinct(pieces: Sequence[Piece]) -> list[Piece]:
    return list(dict.fromkeys(pieces))


def likeness(plain_text: str, html_text: str) -> float:
    """The share of the HTML's pairs of letters that stand in the plain text, too: 0 to 1."""
    written, shown = _pairs(plain_text), _pairs(html_text)
    return len(written & shown) / len(shown) if shown else 1.0


def _pairs(text: str) -> set[str]:
    letters = [c for c in unicodedata.normalize("NFKC", _ADDED.sub("", text)[:_COMPARED]).lower() if c.isalnum()]
    return {first + second for first, second in pairwise(letters)}


def joined(pieces: Sequence[Piece]) -> str:
    """The body: the pieces in their order, an empty line between, each ending in one LF."""
    texts = [piece.text.rstrip("\n").rstrip() for piece in pieces]
    return "".join(f"{text}\n" for text in ["\n\n".join(filter(str.strip, texts))] if text)

"""From the events of a tokenised page to its text: what each element means to a reader, and what is reported.

libxml2's HTML5 tokeniser calls this handler in document order (no tree is built, so nesting costs nothing: 100,000
elements deep takes 0.3 s, where lexbor needs 55 s and lxml's tree silently ends at 256).  Raises nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from sanitizers.charset import clean
from sanitizers.html import flow
from sanitizers.html.flow import Cell, Flow, Table
from sanitizers.html.link import Refusal, Target, punycode, target
from sanitizers.html.look import Look, Sheet, look, parsed
from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment

DECEPTIVE_NOTE = "【注意: 表示と実際のリンク先が異なります】"

_NESTING = 30  # quotes, lists and tables inside one another that are still set off; deeper ones flow into the last
_LABEL = 300  # characters of a link's label that are compared with its target
_SAMPLE = 60  # characters of hidden text that the report quotes

# Dropped with all they contain, because no reader sees it; `rp` are the parentheses that we put ourselves
_DROPPED = ("script", "style", "title", "iframe", "noembed", "template", "datalist", "xml", "rp")
_ACTIVE = {  # what they contain is text for readers that cannot show them, such as ours
    "script": Kind.SCRIPT,
    "object": Kind.EMBEDDED_OBJECT,
    "embed": Kind.EMBEDDED_OBJECT,
    "applet": Kind.EMBEDDED_OBJECT,
    "iframe": Kind.REMOTE_CONTENT,
    "frame": Kind.REMOTE_CONTENT,
    "svg": Kind.VECTOR_IMAGE,
    "audio": Kind.MULTIMEDIA,
    "video": Kind.MULTIMEDIA,
    "bgsound": Kind.MULTIMEDIA,
    "template": Kind.HIDDEN_CONTENT,
}
_BLOCK_TAGS = """
    address article aside body caption center details dialog dir div dt fieldset figcaption figure footer form header hgroup
    html legend main menu nav noframes noscript option section summary tbody tfoot thead
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_APART = ("p", "dl", "figure", "fieldset")  # an empty line before and after
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_STRUCK = ("s", "strike", "del")
_BLANKS = re.compile(r"\s+")
_CONDITIONAL = re.compile(r"\s*\[if\b[^\]]{0,200}\]>?", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:(?:https?|ftp):|file:|//|\\\\)[/\\]*([^/\\?#\s]{0,253})", re.IGNORECASE)
_URL_IN_CSS = re.compile(r"(?:url\(\s*|@import\s*)[\"']?([^\"')\s]{1,300})", re.IGNORECASE)


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    look: Look
    closing: Callable[[], None] | None = None


class Walk:
    """A target for `lxml.etree.HTMLParser`; `lines()` is the page's text."""

    def __init__(self, switches: Switches, findings: Findings, where: str, sheet: Sheet):
        self._switches, self._findings, self._where, self._sheet = switches, findings, where, sheet
        self._open = [_Open(Look())]
        self._flows = [Flow()]
        self._tables: list[Table | None] = []  # None inside a cell: rows there have no table of their own
        self._lists: list[int | None] = []  # the next number, None for bullets
        self._labels: list[str] = []  # of the links that are open
        self._dropping = 0  # elements open inside one that is dropped
        self._links = 0
        self._hidden: Counter[str] = Counter()
        self._samples: dict[str, str] = {}

    # --- what the parser calls ---

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._dropping:
            self._dropping += 1
            return
        tag = tag.lower()
        self._inspect(tag, attributes)
        if tag in _DROPPED:
            self._dropping = 1
            return
        appearance = look(self._open[-1].look, tag, attributes, self._sheet)
        closing = None if appearance.gone else self._begin(tag, attributes)
        self._open.append(_Open(appearance, closing))

    def end(self, tag: str) -> None:
        if self._dropping:
            self._dropping -= 1
        elif len(self._open) > 1:
            element = self._open.pop()
            if element.closing:
                element.closing()

    def data(self, text: str) -> None:
        if self._dropping:
            return
        appearance = self._open[-1].look
        if reason := appearance.hidden:
            self._conceal(reason, text)
        else:
            self._say(text, appearance.pre)

    def comment(self, text: str) -> None:
        """`<!--[if mso]>...<![endif]-->` is for Outlook only; what other readers do not see is not the mail's text."""
        if match := _CONDITIONAL.match(text):
            inner = read(text[match.end() :], Walk(Switches(), Findings(), "", self._sheet))
            self._conceal("conditional comment", " ".join(inner))

    def pi(self, *_: object) -> None:
        """Nothing that a reader sees."""

    def close(self) -> None:
        while len(self._open) > 1:
            self.end("")

    # --- what becomes of it ---

    def lines(self) -> list[str]:
        for reason, count in self._hidden.items():
            sample = clean(self._samples[reason])[0]
            self._report(Kind.HIDDEN_CONTENT, f"{reason}: {count} characters: {sample}")
        if self._links:
            if self._switches.hyperlinks:
                self._report(Kind.HYPERLINK, f"{self._links} links shown as text", Treatment.NEUTRALISED)
            else:
                self._report(Kind.HYPERLINK, f"{self._links} links")
        return self._flows[0].finished()

    def _report(self, kind: Kind, detail: str, treatment: Treatment = Treatment.REMOVED) -> None:
        self._findings.add(kind, self._where, detail, treatment)

    @property
    def _flow(self) -> Flow:
        return self._flows[-1]

    def _say(self, text: str, pre: bool = False) -> None:
        self._flow.text(text.replace("\xa0", " "), pre)
        if self._labels:
            self._labels[-1] = _BLANKS.sub(" ", self._labels[-1] + text)[:_LABEL]  # as shown: blanks push no host out of it

    def _conceal(self, reason: str, text: str) -> None:
        if text := text.strip():
            self._hidden[reason] += len(text)
            self._samples[reason] = (self._samples.get(reason, "") + " ".join(text[:_SAMPLE].split()) + " ")[:_SAMPLE]

    def _inspect(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Reports what acts or loads by itself; all of it is gone, since only text leaves."""
        for name, value in attributes.items():
            if name.startswith("on"):
                self._report(Kind.SCRIPT, f"attribute {name[:30]}")
            elif name in ("src", "background", "poster", "srcset", "lowsrc", "dynsrc") or (tag, name) == ("link", "href"):
                self._remote(value)
            elif name == "style" and ("(" in value or "@" in value):
                for loaded in _URL_IN_CSS.findall(value):
                    self._remote(loaded)
        if tag in _ACTIVE:
            source = attributes.get("src") or attributes.get("data") or attributes.get("code", "")
            self._report(_ACTIVE[tag], f"<{tag}> of {_host_of(source)}" if source else f"<{tag}>")
        elif tag == "form":
            self._report(Kind.FORM, f"form to {_host_of(attributes.get('action', ''))}")
        elif tag == "base" and "href" in attributes:
            self._report(Kind.REMOTE_CONTENT, f"base {_host_of(attributes['href'])}")
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            self._report(Kind.ACTION, f"refresh {attributes.get('content', '')[:100]}")

    def _remote(self, source: str) -> None:
        if match := _REMOTE.match(source):
            self._report(Kind.REMOTE_CONTENT, punycode(match[1]))

    # --- elements ---

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> Callable[[], None] | None:
        """What an element does at its start; answers what it does at its end."""
        begin = _ELEMENTS.get(tag)
        if begin:
            return begin(self, attributes)
        if tag in _APART or tag in _BLOCKS:
            apart = tag in _APART
            self._flow.block(apart)
            return lambda: self._flow.block(apart)
        if tag in _HEADINGS:
            return self._enclose(flow.heading, apart=True)
        return None

    def _enclose(self, arrange: Callable[[list[str]], list[str]], apart: bool = False) -> Callable[[], None]:
        """Everything up to the element's end goes through `arrange` before it joins what surrounds it."""
        self._flow.block(apart)
        if len(self._flows) > _NESTING:
            return lambda: self._flow.block(apart)
        self._flows.append(Flow())

        def close() -> None:
            inner = self._flows.pop()
            self._flow.add(arrange(inner.finished()), apart)

        return close

    def _link(self, attributes: Mapping[str, str]) -> Callable[[], None] | None:
        if "href" not in attributes:
            return None
        href, within, mark = attributes["href"], self._flow, self._flow.mark()
        self._labels.append("")

        def close() -> None:
            if (goal := self._end_link(href)) and not (goal.repeats and within.rewrite(mark, goal.shown)):
                self._show_target(goal)

        return close

    def _end_link(self, href: str) -> Target | None:
        """Where a link leads that a reader sees; reports it."""
        label = clean(self._labels.pop())[0].strip()
        goal = target(href, label)
        if self._labels:
            self._labels[-1] = (self._labels[-1] + label)[:_LABEL]
        if isinstance(goal, Refusal):
            kind = Kind.SCRIPT if goal.scheme in ("javascript", "vbscript", "data") else Kind.HYPERLINK
            self._report(kind, f"link of scheme {goal.scheme}")
        elif goal and label:
            self._links += 1
            if goal.deceptive:
                self._report(Kind.DECEPTIVE_LINK, goal.deceptive, Treatment.NEUTRALISED)
            return goal
        return None

    def _show_target(self, goal: Target) -> None:
        if self._switches.hyperlinks and goal.shown:
            self._flow.text(f" <{goal.shown}>")
        if goal.deceptive:
            self._flow.text(DECEPTIVE_NOTE)

    def _image(self, attributes: Mapping[str, str]) -> None:
        source, alternative = attributes.get("src", ""), attributes.get("alt", "").strip()
        if source.lstrip()[:5].lower() == "data:":
            self._report(Kind.EMBEDDED_OBJECT, "picture inside the HTML (data:)")
        if alternative:
            self._say(f"[画像: {alternative}]")
        elif source.lstrip()[:4].lower() == "cid:" or self._labels:
            self._say("[画像]")

    def _list(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        return self._listed(None)

    def _numbered_list(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        return self._listed(_number(attributes.get("start", ""), 1))

    def _listed(self, number: int | None) -> Callable[[], None]:
        apart = not self._lists
        self._lists.append(number)
        self._flow.block(apart)

        def close() -> None:
            self._lists.pop()
            self._flow.block(apart)

        return close

    def _item(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        marker = "・"
        if self._lists and (number := self._lists[-1]) is not None:
            number = _number(attributes.get("value", ""), number)
            self._lists[-1] = number + 1
            marker = f"{number}. "
        return self._enclose(lambda lines: flow.item(marker, lines))

    def _table(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        bordered = attributes.get("border", "0").strip() not in ("0", "0px", "none")
        table = Table(bordered, attributes.get("role", "").lower() in ("presentation", "none"))
        if len(self._flows) > _NESTING:
            self._flow.block()
            return lambda: self._flow.block()
        self._tables.append(table)
        self._flow.block()

        def close() -> None:
            self._tables.pop()
            lines = table.lines()
            self._flow.add(lines, apart=len(lines) > 1)

        return close

    def _row(self, attributes: Mapping[str, str]) -> None:
        if self._tables and (table := self._tables[-1]):
            table.rows.append([])
        self._flow.block()

    def _cell(self, attributes: Mapping[str, str], is_heading: bool = False) -> Callable[[], None]:
        table = self._tables[-1] if self._tables else None
        if table is None or len(self._flows) > _NESTING:
            self._flow.block()
            return lambda: self._flow.block()
        if not table.rows:
            table.rows.append([])
        if any(name.startswith("border") and "solid" in value for name, value, _ in parsed(attributes.get("style", ""))):
            table.is_bordered = True
        cell = Cell(Flow(), _number(attributes.get("colspan", ""), 1), _number(attributes.get("rowspan", ""), 1), is_heading)
        table.rows[-1].append(cell)
        self._flows.append(cell.flow)
        self._tables.append(None)

        def close() -> None:
            self._tables.pop()
            self._flows.pop()

        return close

    def _break(self, attributes: Mapping[str, str]) -> None:
        self._flow.newline()

    def _rule(self, attributes: Mapping[str, str]) -> None:
        self._flow.add([flow.RULE])

    def _around(self, before: str, after: str) -> Callable[[], None]:
        self._say(before)
        return lambda: self._say(after)

    def _input(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("type", "").lower() in ("submit", "button", "reset", "") and attributes.get("value"):
            self._say(f"[{attributes['value'][:100]}]")


def read(markup: str, walk: Any) -> list[str]:
    """The lines that `walk` (a `Walk`; lxml's stubs ask for bytes too) makes of `markup`."""
    parser = etree.HTMLParser(target=walk, encoding="utf-8", huge_tree=True)
    parser.feed(markup.replace("\0", "").encode("utf-8", "replace"))
    parser.close()
    lines: list[str] = walk.lines()
    return lines


def _number(text: str, otherwise: int) -> int:
    """An attribute's count; HTML takes any digits, a list of a city has at most some thousand."""
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text.strip()) else otherwise


def _host_of(url: str) -> str:
    match = _REMOTE.match(url)
    return punycode(match[1]) if match else "the same place"


_ELEMENTS: dict[str, Callable[[Walk, Mapping[str, str]], Callable[[], None] | None]] = {
    "a": Walk._link,
    "area": Walk._link,
    "br": Walk._break,
    "hr": Walk._rule,
    "img": Walk._image,
    "input": Walk._input,
    "ul": Walk._list,
    "ol": Walk._numbered_list,
    "li": Walk._item,
    "dd": lambda walk, _: walk._enclose(lambda lines: flow.item("  ", lines)),
    "blockquote": lambda walk, _: walk._enclose(flow.quoted, apart=True),
    "pre": lambda walk, _: walk._enclose(lambda lines: lines, apart=True),
    "table": Walk._table,
    "tr": Walk._row,
    "td": Walk._cell,
    "th": lambda walk, attributes: walk._cell(attributes, is_heading=True),
    "rt": lambda walk, _: walk._around("(", ")"),
    "q": lambda walk, _: walk._around("「", "」"),
    **dict.fromkeys(_STRUCK, lambda walk, _: walk._around("［取消線: ", "］")),
}

"""What of a page a reader sees: the few CSS properties by which text is hidden (security.md H4).

Inherited values are followed down the tree, because newsletters set `font-size:0` on a cell and real sizes inside it.
Style sheets count as far as their selectors name one element by type, class or id; what is under a condition or a
combinator is ignored, and then colours are not judged either: rather show what was hidden than drop what was read.
Raises nothing; linear in the length of styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

Colour = tuple[int, int, int]
Declarations = tuple[tuple[str, str, bool], ...]  # property, value, important

_UNREADABLE = 2.0  # px; the smallest print that anyone uses is 6
_SAME = 16  # difference of two colours in each channel that no eye separates
_OFF_SCREEN = -500.0  # px
_SIDES = ("height", "max-height", "width", "max-width")
_CLASSES = 50  # of one element that are looked up
_RULES = 5_000
_DECLARATIONS = 200  # of one selector, over all its rules

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_NAMED = {"white": _WHITE, "black": _BLACK, "snow": (255, 250, 250), "ivory": (255, 255, 240), "red": (255, 0, 0)}
_OWN_COLOURS: dict[str, Colour | None] = {  # that these elements have whatever surrounds them
    "a": (0, 0, 238),
    **dict.fromkeys(("button", "input", "mark", "option", "select", "textarea")),
}
_KEYWORD_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "initial": 16.0}
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "rem": 16.0, "": 1.0}
_LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))(px|pt|pc|in|cm|mm|rem|em|ex|%|)")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\D{1,5}(\d{1,3})\D{1,5}(\d{1,3})")
_TRANSPARENT = re.compile(r"transparent|(?:rgba?|hsla?)\([^)]*[,/]\s*0?\.?0+%?\s*\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0")
_HEX = re.compile(r"#([0-9a-f]{3,8})(?![0-9a-f])")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])([\w-]+))?", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
_CLIPPED = re.compile(r"rect\(\s*0\D+0\D+0\D+0\D*\)|inset\(\s*(?:50|100)%|scale[xy]?\(\s*0(?:\.0+)?\s*[,)]")


@dataclass(frozen=True, slots=True)
class Look:
    """How text would appear here.  A colour of None is not known, and then never taken for hidden."""

    gone: str = ""  # why nothing below can be seen
    size: float = 16.0  # px
    colour: Colour | None = _BLACK
    background: Colour | None = _WHITE
    pre: bool = False

    @property
    def hidden(self) -> str:
        """The CSS that hides text standing here, or ""."""
        if self.gone:
            return self.gone
        if self.size <= _UNREADABLE:
            return "font-size"
        return "colour of the background" if _alike(self.colour, self.background) else ""


def _alike(one: Colour | None, other: Colour | None) -> bool:
    return bool(one and other) and all(abs(a - b) <= _SAME for a, b in zip(one or (), other or (), strict=True))


@dataclass
class Sheet:
    """The rules of a page's `<style>` elements, merged by (type, sign, name)."""

    rules: dict[tuple[str, str, str], Declarations] = field(default_factory=dict)
    colours_known: bool = True

    def add(self, css: str) -> None:
        for selectors, body in _rules(_uncommented(css).replace("<!--", "").replace("-->", "")):
            declarations = parsed(body)
            for selector in selectors.split(","):
                self._add(selector.strip(), declarations)

    def _add(self, selector: str, declarations: Declarations) -> None:
        simple = _SELECTOR.fullmatch(selector)
        if simple is None or not selector or len(self.rules) >= _RULES:
            self.colours_known &= not any(name.startswith("background") for name, _, _ in declarations)
            return
        key = ((simple[1] or "").lower(), simple[2] or "", simple[3] or "")
        known = self.rules.get(key, ())
        self.rules[key] = known + declarations if len(known) < _DECLARATIONS else known

    def of(self, tag: str, attributes: Mapping[str, str]) -> Declarations:
        if not self.rules:
            return ()
        keys = [("", "."), (tag, ".")]
        names = attributes.get("class", "").split()[:_CLASSES]
        found = [self.rules.get((tag, "", ""), ())]
        found += [self.rules.get((*key, name), ()) for name in names for key in keys]
        if identity := attributes.get("id"):
            found += [self.rules.get((element, "#", identity), ()) for element in ("", tag)]
        return tuple(declaration for declarations in found for declaration in declarations)


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selector list and body of each rule that holds on a screen whatever its size; conditions are skipped."""
    at = 0
    while (opening := css.find("{", at)) >= 0:
        prelude = css[at:opening].rpartition(";")[2].rpartition("}")[2].strip()
        if not prelude.startswith("@"):
            closing = css.find("}", opening)
            closing = closing if closing >= 0 else len(css)
            yield prelude, css[opening + 1 : closing]
            at = closing + 1
        elif re.fullmatch(r"@media\s+(?:only\s+)?(?:screen|all)", prelude, re.IGNORECASE):
            at = opening + 1  # its rules follow like any other; the closing brace is a prelude of nothing
        else:
            at = _after_block(css, opening)


def _after_block(css: str, opening: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(css, opening):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return len(css)


def _uncommented(css: str) -> str:
    first, *rest = css.split("/*")
    return first + "".join(part.partition("*/")[2] for part in rest)


@lru_cache(maxsize=4096)  # newsletters repeat the same style a thousand times
def parsed(style: str) -> Declarations:
    """`a:b; c:d !important`.  Escapes are resolved, names and values are in lower case."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16) % 0x110000), _uncommented(style)).lower()
    pairs = (part.partition(":") for part in plain.split(";"))
    return tuple(
        (name.strip(), value.partition("!")[0].strip(), "important" in value.partition("!")[2])
        for name, colon, value in pairs
        if colon
    )


def look(parent: Look, tag: str, attributes: Mapping[str, str], sheet: Sheet) -> Look:
    """The appearance of an element inside `parent`."""
    rules, inline = sheet.of(tag, attributes), parsed(attributes.get("style", ""))
    css = {name: value for name, value, important in (*rules, *inline) if not important}
    css |= {name: value for name, value, important in (*rules, *inline) if important}
    pre = tag in ("pre", "textarea", "listing", "xmp", "plaintext") or parent.pre
    if "white-space" in css:
        pre = css["white-space"].startswith(("pre", "break-spaces"))
    plain = replace(parent, pre=pre) if pre != parent.pre else parent
    if not css and not attributes and tag not in _OWN_COLOURS:
        return plain
    return Look(
        parent.gone or _gone(attributes, css),
        _size(parent.size, css),
        _colour(css.get("color") or _attributed(tag, attributes), _OWN_COLOURS.get(tag, parent.colour)),
        _background(attributes, css, parent.background) if sheet.colours_known else None,
        pre,
    )


def _attributed(tag: str, attributes: Mapping[str, str]) -> str:
    """The colour of text that HTML sets without CSS."""
    return attributes.get({"font": "color", "body": "text"}.get(tag, ""), "").lower()


def _gone(attributes: Mapping[str, str], css: Mapping[str, str]) -> str:
    """Why an element with all it contains cannot be seen."""
    if "hidden" in attributes:
        return "hidden"
    if css.get("display") == "none":
        return "display:none"
    if css.get("visibility") in ("hidden", "collapse"):
        return "visibility"
    if _length(css.get("opacity", "1")) < 0.05:
        return "opacity"
    if _TRANSPARENT.fullmatch(css.get("color", "")):
        return "transparent"
    if css.get("overflow", "").startswith(("hidden", "clip")) and any(_length(css.get(side, "")) <= 1 for side in _SIDES):
        return "no height or width"
    if css.get("position") in ("absolute", "fixed") and _off_screen(css, "left", "top", "right", "bottom"):
        return "off screen"
    if _off_screen(css, "text-indent", "margin-left", "margin-top"):
        return "off screen"
    if any(_CLIPPED.search(css.get(name, "")) for name in ("clip", "clip-path", "transform")):
        return "clipped"
    return ""


def _off_screen(css: Mapping[str, str], *names: str) -> bool:
    return any(_length(css[name]) <= _OFF_SCREEN for name in names if name in css)


def _length(value: str, base: float = 16.0) -> float:
    """In px; what is no length (auto, calc) counts as visible."""
    found = _LENGTH.fullmatch(value.strip())
    if not found:
        return base
    number, unit = float(found[1][:20]), found[2]
    return number * (base if unit in ("em", "ex") else base / 100 if unit == "%" else _UNITS[unit])


def _size(inherited: float, css: Mapping[str, str]) -> float:
    value = css.get("font-size", "")
    if not value and "font" in css:
        value = next((word.partition("/")[0] for word in css["font"].split() if _LENGTH.match(word)), "")
    return _KEYWORD_SIZES.get(value) or _length(value or "1em", inherited)


def _colour(value: str, inherited: Colour | None) -> Colour | None:
    """A colour that is not understood is unknown."""
    if not value or value in ("inherit", "currentcolor"):
        return inherited
    if value in _NAMED:
        return _NAMED[value]
    if match := _RGB.search(value):
        return min(int(match[1]), 255), min(int(match[2]), 255), min(int(match[3]), 255)
    if (match := _HEX.search(value)) and len(match[1]) in (3, 4, 6, 8):
        digits = match[1] if len(match[1]) > 4 else "".join(digit * 2 for digit in match[1])
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    return None


def _background(attributes: Mapping[str, str], css: Mapping[str, str], inherited: Colour | None) -> Colour | None:
    """A picture or gradient behind the text makes its colour unknown."""
    value = css.get("background-color") or css.get("background") or attributes.get("bgcolor", "").lower()
    if "background" in attributes or "url(" in css.get("background", "") or "background-image" in css or "gradient" in value:
        return None
    if not value or value.startswith(("transparent", "none", "inherit", "initial")):
        return inherited
    return next((_NAMED[word] for word in value.split() if word in _NAMED), None) or _colour(value, inherited)

"""The look keeps WCAG 2.1 AA: contrast of the colours as the stylesheet pairs them (1.4.3), and nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.console.page import STATIC, TEMPLATES

STYLE = (STATIC / "mugai.css").read_text()
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", STYLE))


def luminance(colour: str) -> float:
    """WCAG 2.1, relative luminance."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [(ink, paper) for ink in ("ink", "soft", "accent", "good", "warn", "bad") for paper in ("card", "paper")]
PAIRS += [(each, f"{each}-pale") for each in ("accent", "good", "warn", "bad")] + [("rail-ink", "rail"), ("card", "accent")]


@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_words_stand_out_from_what_is_behind_them(ink: str, paper: str) -> None:
    assert contrast(COLOURS[ink], COLOURS[paper]) >= 4.5


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_a_template_has_no_inline_script_or_style_and_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=\"/static/)|https?://|\|\s*safe", text)


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_every_field_has_a_label_and_every_form_that_changes_something_its_token(file: Path) -> None:
    text = file.read_text()
    for found in re.finditer(r"<(?:input|select|textarea)[^>]*>", text):
        field, before = found[0], text[: found.start()]
        if 'type="hidden"' in field:
            continue
        named = re.search(r'\bid="([^"]+)"', field)
        labelled = named and f'for="{named[1]}"' in text
        inside = before.rfind("<label") > before.rfind("</label>")
        assert labelled or inside or re.search(r"aria-label(ledby)?=", field), field
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL):
        public = re.search(r'action="/(sign-in(/passkey|/ldap)?|invitation|language)"', form)
        assert public or "parts.token(csrf)" in form or 'name="csrf"' in form, form

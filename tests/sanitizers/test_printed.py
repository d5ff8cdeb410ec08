"""A text on its way to a page: every sign of it, and no markup of its own."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sanitizers import printed
from sanitizers.job import LocalJob
from sanitizers.model import Method, Part, Profile, Reason, Verdict
from sanitizers.registry import sanitise

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_SIGNS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=40)


def _read(paragraph: ElementTree.Element) -> str:
    said = paragraph.text or ""
    for child in paragraph:
        said += "\t" if child.tag == f"{_TEXT}tab" else " " * int(child.get(f"{_TEXT}c", "0"))
        said += child.tail or ""
    return said


@given(st.lists(_SIGNS, min_size=1, max_size=5))
def test_every_line_is_a_paragraph_that_says_the_same(lines: list[str]) -> None:
    lines = [line.replace("\x85", "") + "." for line in lines]
    document = ElementTree.fromstring(printed._document("\ufeff" + "\r\n".join(lines)))
    assert [_read(p) for p in document.iter(f"{_TEXT}p")] == lines


def test_white_space_stays() -> None:
    document = ElementTree.fromstring(printed._document("  番号   氏名\t<&>\f次の頁"))
    assert [_read(p) for p in document.iter(f"{_TEXT}p")] == ["  番号   氏名\t<&>", "次の頁"]


def test_without_a_converter_it_is_withheld() -> None:
    outcome = sanitise("休館".encode(), Part("1", "a.txt", ""), LocalJob(Profile(method=Method.IMAGE)))
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)

"""DXF and SXF: drawings come out as they went in, but for what runs, hides or reaches out; the verifier sees the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import drawing
from samples.drawing import CAPTION, LINE, SHEET, WORDS, dxf, sxf
from samples.sample import Sample
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Reason, Verdict
from sanitizers.registry import sanitise
from sanitizers.verify import verify


def run(content: bytes, name: str) -> Outcome:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    assert outcome.reason is not Reason.CRASHED, outcome.detail
    if outcome.output is not None:
        assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome


def output(content: bytes, name: str) -> bytes:
    outcome = run(content, name)
    assert outcome.output is not None, outcome
    return outcome.output


@pytest.mark.parametrize(
    ("content", "name"),
    [(dxf(LINE, WORDS), "図.dxf"), (dxf(WORDS, version="AC1021"), "図.dxf"), (sxf(SHEET, CAPTION), "図.sfc")],
)
def test_a_clean_drawing_comes_out_byte_for_byte(content: bytes, name: str) -> None:
    assert run(content, name).verdict is Verdict.CLEAN
    assert output(content, name) == content


def test_a_character_outside_the_code_page_is_written_as_autocad_does() -> None:
    inside = dxf(WORDS).replace("平面図".encode("cp932"), rb"\U+20BB7")
    assert rb"\U+20BB7" in output(inside, "図.dxf")


def test_dxf_is_found_behind_comments() -> None:
    outcome = run(b"999\r\nmade by a program\r\n" + dxf(LINE), "図.dat")
    assert (outcome.detected, outcome.name) == ("image/vnd.dxf", "図.dxf")
    assert b"made by" not in (outcome.output or b"")


def test_words_that_look_like_a_path_stay_words() -> None:
    text = (*WORDS[:-1], (1, r"//凡例 C:\図面\a.dwg"))
    assert r"//凡例 C:\図面\a.dwg".encode("cp932") in output(dxf(text), "図.dxf")
    assert b"//" in output(sxf(SHEET, CAPTION.replace("縮尺", "//縮尺")), "図.sfc")
    assert b"5', 6' a*b" in output(sxf(SHEET, CAPTION.replace("縮尺", "5', 6' a*b")), "図.sfc")


def test_a_picture_beside_the_drawing_keeps_its_name() -> None:
    record = ((0, "IMAGEDEF"), (1, r"\\server\share\現況.tif"), (10, "1.0"), (20, "1.0"))
    found = output(dxf(record), "図.dxf")
    assert "\r\n現況.tif\r\n".encode("cp932") in found
    assert b"server" not in found


def test_an_external_block_is_external_no_more() -> None:
    block = [(0, "BLOCK"), (8, "0"), (2, "X"), (70, "     4"), (1, "plan.dwg"), (0, "ENDBLK"), (8, "0")]
    outcome = run(dxf(LINE, blocks=block), "図.dxf")
    assert b" 70\r\n     0\r\n" in (outcome.output or b"")
    assert b"plan.dwg" not in (outcome.output or b"")
    assert Kind.EXTERNAL_LINK in {finding.kind for finding in outcome.findings}


def test_dimension_data_of_autocad_stays_and_other_programs_data_goes() -> None:
    found = output(dxf((*LINE, (1001, "ACAD"), (1000, "DSTYLE"), (1001, "OTHER"), (1000, "secret"), (1070, "3"))), "図.dxf")
    assert b"DSTYLE" in found
    assert b"secret" not in found
    assert b"OTHER" not in found


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-12],  # no EOF
        lambda content: content.replace(b" 10\r\n0.0", b" 10\r\nfar", 1),  # a number that is none
        lambda content: content.replace(b"  0\r\nENDSEC\r\n", b"", 1),  # a section in a section
        lambda content: content.replace(b"  8\r\n", b"  x\r\n", 1),  # a code that is none
        lambda content: content.replace(b"  0\r\nEOF", b"  0\r\nLINE\r\n  0\r\nEOF"),  # outside a section
    ],
)
def test_a_drawing_against_the_grammar_is_corrupt(damage: object) -> None:
    assert callable(damage)
    outcome = run(damage(dxf(LINE)), "図.dxf")
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.CORRUPT)


def test_binary_dxf_is_withheld() -> None:
    outcome = run(b"AutoCAD Binary DXF\r\n\x1a\0" + bytes(100), "図.dxf")
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.TYPE_NOT_ALLOWED)


def test_a_drawing_under_a_programs_name_is_withheld() -> None:
    assert run(dxf(LINE), "図.exe").reason is Reason.EXECUTABLE


def test_part_21_with_doubled_quotes_escapes_and_complex_entities_stays() -> None:
    entity = "#1=(A(.T.,$,*,-1.0E+2)B('O''Neil \\X2\\65E5672C\\X0\\',(#2,3.)));\r\n"
    assert entity.encode() in output(sxf(data=entity), "図.p21")


def test_a_path_in_escapes_is_a_path() -> None:
    found = output(sxf(data="#1=EXTERNAL_SOURCE('\\X\\5C\\X\\5Chost\\X\\5Cshare\\X\\5Ca.stp');\r\n"), "図.p21")
    assert b"#1=EXTERNAL_SOURCE('a.stp');" in found


@pytest.mark.parametrize("data", ["#1=A(;\r\n@", "#1 #2;", "/* open", "'open", "/*SXF\r\n#1 = bad('1\r\nSXF*/\r\n"])
def test_part_21_against_the_grammar_is_corrupt_or_a_comment(data: str) -> None:
    outcome = run(sxf(data=data), "図.p21")
    assert outcome.reason is Reason.CORRUPT or data.encode() not in (outcome.output or b"")


@pytest.mark.parametrize("sample", [one for one in drawing.samples() if "menu" not in one.path], ids=lambda sample: sample.path)
def test_the_verifier_objects_to_every_original(sample: Sample) -> None:
    """Not to a menu's bare name, which the rebuilder leaves out beyond need."""
    media_type = {"dxf": "image/vnd.dxf", "svg": "image/svg+xml"}.get(sample.path[-3:], "application/x-sxf")
    assert verify(sample.content, media_type, frozenset())


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(["  0", "SECTION", "  2", "ENTITIES", "ENDSEC", "EOF", "310", "1001", "9", "$X", "字", "", "1.0"]),
        max_size=40,
    )
)
def test_any_lines_are_answered(lines: list[str]) -> None:
    run("\r\n".join(["  0", "SECTION", *lines, ""]).encode(), "図.dxf")


@settings(max_examples=150)
@given(st.text(alphabet="#=(),;'\\/*$. A1\n字", max_size=80))
def test_any_statements_are_answered(data: str) -> None:
    run(sxf(SHEET, data=data), "図.p21")

"""一太郎: all that is read of it arrives, in the right order, and every other shape is withheld with a word for the clerk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import drawing
from samples.compound import compound
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Reason, Verdict
from sanitizers.registry import sanitise
from sanitizers.verify import verify


def run(content: bytes, name: str = "案内.jtd") -> Outcome:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    assert outcome.reason is not Reason.CRASHED, outcome.detail
    if outcome.output is not None:
        assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome


def words(content: bytes) -> str:
    outcome = run(content)
    assert outcome.output is not None, outcome
    return outcome.output.decode("utf-8-sig").replace("\r\n", "\n")


def test_the_body_arrives_as_text_and_the_report_says_converted() -> None:
    outcome = run(drawing.ichitaro())
    assert (outcome.name, outcome.media_type) == ("案内.txt", "text/plain")
    assert Kind.CONVERTED in {finding.kind for finding in outcome.findings}
    assert words(drawing.ichitaro()) == "窓口のご案内\n受付は八時半からです。\n"


def test_readings_stand_behind_their_word_and_hints_to_the_writer_do_not_show() -> None:
    body = drawing.inline("午后", 0, 3) + drawing.inline("ごご", 1, 0x82) + "の授業" + drawing.inline("ここに書く", 1, 0) + "\n"
    assert words(drawing.ichitaro(body)) == "午后（ごご）の授業\n"
    assert Kind.HIDDEN_CONTENT in {finding.kind for finding in run(drawing.ichitaro(body)).findings}


def test_a_picture_leaves_a_finding_and_no_character() -> None:
    content = drawing.ichitaro("前" + drawing.inline("\x02", 0, 1) + "後\n")
    assert words(content) == "前後\n"
    assert Kind.EMBEDDED_OBJECT in {finding.kind for finding in run(content).findings}


def test_cells_are_parted_by_tabs_and_rows_by_lines() -> None:
    rows = "".join(f"{drawing.cell(5)}{left}{drawing.cell(9)}{right}\x0e" for left, right in (("項目", "値"), ("合計", "100")))
    assert words(drawing.ichitaro(rows)) == "項目\t値\n合計\t100\n"


def test_boxes_and_footnotes_follow_the_body() -> None:
    boxes, notes = drawing.text_stream("枠一\n", "枠二\n"), drawing.text_stream("*1 注\x0d")
    found = words(drawing.ichitaro("本文\n", LayoutBoxText=boxes, Footnote=notes))
    assert [line for line in found.split("\n") if line] == ["本文", "［枠内の文字］", "枠一", "枠二", "［脚注］", "*1 注"]


def test_a_pair_of_surrogates_is_one_character_and_lengths_count_units() -> None:
    assert words(drawing.ichitaro(f"𠮷野{drawing.inline('𩸽', 0, 3)}屋\n")) == "𠮷野𩸽屋\n"


def test_what_stands_behind_the_block_is_no_text() -> None:
    stream = drawing.text_stream("本文\n") + "表の残り".encode("utf-16-be")
    assert "残り" not in words(compound({"DocumentText": stream}))


def test_a_compressed_document_is_the_same_document() -> None:
    assert words(drawing.compressed_ichitaro(drawing.ichitaro())) == words(drawing.ichitaro())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (compound({"DocumentText": b"Another format"}), "a.jtd"),
        (compound({"DocumentText": b"SsmgV.01" + bytes(40)}), "a.jtd"),
        (compound({"DocumentText": drawing.text_stream("本文")[:-4]}), "a.jtd"),
        (compound({"\x04JSRV_SegmentInformation": bytes(64)}), "a.jtd"),
        (compound({"JSCompDocument": b"&\0JustCompressedDocument".ljust(60, b"\1")}), "a.jtdc"),
        (drawing.compressed_ichitaro(drawing.ichitaro(), b"-lh9-"), "a.jtdc"),
        (drawing.ichitaro(" \n"), "a.jtd"),
        (drawing.ichitaro(), "a.jtsd"),
        (b"\x01\x02\x00" * 50, "a.jtsd"),
        (b"\x01\x02\x00" * 50, "a.jaw"),
    ],
)
def test_d18_every_other_shape_is_withheld_by_its_name(content: bytes, name: str) -> None:
    outcome = run(content, name)
    assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.TYPE_NOT_ALLOWED)
    assert "一太郎" in outcome.detail


def test_d18_docuworks_is_called_by_its_name() -> None:
    for name, word in (("a.xdw", "document"), ("a.xbd", "binder"), ("a.xct", "container")):
        outcome = run(b"\x01\x02\x00" * 50, name)
        assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.NO_CONVERTER)
        assert f"DocuWorks {word}" in outcome.detail
    assert run("件名だけの文書\n".encode(), "a.xdw").media_type == "text/plain"  # content speaks before the name


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(["\x1c", "\x1d", "\x1e", "\x1f", "\x0e", "\0", "\x01", "\x07", "\x10", "字", "\ud842"]), max_size=60
    )
)
def test_any_units_are_answered(units: list[str]) -> None:
    run(drawing.ichitaro("文" + "".join(units)))

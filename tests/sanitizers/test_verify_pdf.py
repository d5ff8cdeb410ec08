"""The quick look of the PDF verifier passes over no object that its walk would object to."""

from __future__ import annotations

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Object, String

from sanitizers.verify import pdf

WORDS = sorted(pdf._FORBIDDEN | pdf._ACTIONS | pdf._ANNOTATIONS | pdf._TYPES | pdf._FILTERS)
PLACES = ["/Type", "/Subtype", "/S", "/F", "/URI", "/FontMatrix", "/Filter", "/Rect", "/Kids", *WORDS]
NAMES = [*WORDS, "/PS", "/JBIG2Decode", "/Page", "/J#53", "/AAA", "/F1"]


def values() -> st.SearchStrategy[object]:
    leaves = st.one_of(
        st.integers(-9, 9), st.sampled_from(NAMES).map(Name), st.sampled_from(["", ") /JS", "https://a.example/", "file://a"])
    )
    return st.recursive(
        leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(PLACES), below, max_size=3)
    )


def native(value: object) -> object:
    if isinstance(value, dict):
        return Dictionary({key: native(below) for key, below in value.items()})
    if isinstance(value, list):
        return Array([native(below) for below in value])
    return String(value) if isinstance(value, str) else value


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(PLACES), values(), min_size=1, max_size=4), st.booleans(), st.sets(st.sampled_from(PLACES)))
def test_what_is_objected_to_is_suspect(entries: dict[str, object], is_stream: bool, apart: set[str]) -> None:
    with pikepdf.new() as document:
        held: Object = document.make_stream(b"") if is_stream else document.make_indirect(Dictionary())
        for key, value in entries.items():
            held[key] = document.make_indirect(native(value)) if key in apart else native(value)
        written = (held.stream_dict if is_stream else held).unparse(resolved=True)
        table = {key: held[key] for key in held.keys()}  # noqa: SIM118 -- a stream is no mapping
        objections = list(pdf._dictionary(table, is_stream))
        assert not objections or pdf._SUSPECT.search(written), (written, objections)


@pytest.mark.parametrize("key", sorted(pdf._FORBIDDEN))
def test_a_key_that_acts_is_objected_to_wherever_it_is_written(key: str) -> None:
    with pikepdf.new() as document:
        for held in (Dictionary({key: 1}), Array([Dictionary(Kids=Array([Dictionary({key: 1})]))])):
            assert list(pdf._walk(document.make_indirect(held))) == [f"key {key}"]


def test_numbers_and_names_on_their_own_are_passed_over() -> None:
    assert list(pdf._walk(Name.JavaScript)) == []
    assert list(pdf._walk(7)) == []  # type: ignore[arg-type]

"""The quick look of the PDF verifier passes over no object that its walk would object to."""

from __future__ import annotations

from itertools import product

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, String

from sanitizers.verify import pdf

WORDS = sorted(pdf._FORBIDDEN | pdf._ACTIONS | pdf._ANNOTATIONS | pdf._TYPES | pdf._FILTERS)
VALUES: list[object] = [
    *map(Name, [*WORDS, "/PS", "/JBIG2Decode", "/Page", "/URI"]),
    *map(String, ["", "https://a.example/", "file://a.example/"]),
    *(Array([value]) for value in (Name.JBIG2Decode, Name.FlateDecode, String("0"), 1)),
    Dictionary(Type=Name.Page),
    4,
]
PLACES = ["/Type", "/Subtype", "/S", "/F", "/URI", "/FontMatrix", "/Filter", *WORDS]
COMPANY: list[dict[str, Object]] = [{}, {"/S": Name.URI}, {"/Rect": Array([0, 0, 9, 9])}]


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("is_apart", [False, True])
def test_what_is_objected_to_is_suspect(is_stream: bool, is_apart: bool) -> None:
    """Every word in every place, written there or referred to."""
    objected = 0
    with pikepdf.new() as document:
        values = [document.make_indirect(value) if is_apart else value for value in VALUES]
        for company in COMPANY:
            held: Object = document.make_stream(b"") if is_stream else document.make_indirect(Dictionary())
            for key, value in company.items():
                held[key] = value
            for place, value in product(PLACES, values):
                before = held.get(place)
                held[place] = value
                written = (held.stream_dict if is_stream else held).unparse(resolved=True)
                if list(pdf._dictionary({key: held[key] for key in held.keys()}, is_stream)):  # noqa: SIM118 -- no mapping
                    objected += 1
                    assert pdf._SUSPECT.search(written), written
                if before is None:
                    del held[place]
                else:
                    held[place] = before
    assert objected > 1000


@pytest.mark.parametrize("key", sorted(pdf._FORBIDDEN))
def test_a_key_that_acts_is_objected_to_wherever_it_is_written(key: str) -> None:
    with pikepdf.new() as document:
        for held in (Dictionary({key: 1}), Array([Dictionary(Kids=Array([Dictionary({key: 1})]))])):
            assert list(pdf._walk(document.make_indirect(held))) == [f"key {key}"]


def test_numbers_and_names_on_their_own_are_passed_over() -> None:
    assert list(pdf._walk(Name.JavaScript)) == []
    assert list(pdf._walk(7)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["JBIG2Decode", "JPXDecode", "J#42IG2Decode", "#4a#50XDecode"])
def test_a_forbidden_codec_inside_page_content_is_objected_to(name: str) -> None:
    with pikepdf.new() as document:
        for content, objections in (
            (f"q BI /W 8 /H 8 /F /{name} ID x EI Q", ["a forbidden codec inside page content"]),
            (f"q BI /W 8 /H 8 /F [ /A85 /{name} ] ID x EI Q", ["a forbidden codec inside page content"]),
            (f"BI /W 8 {' ' * 5000} /F /{name} ID x EI", ["a forbidden codec inside page content"]),
            (f"BI /W 8 %ID \n /ID 1 /F /{name} ID x EI", ["a forbidden codec inside page content"]),
            (f"/F /{name} ID x EI", ["a forbidden codec inside page content"]),  # begun in the stream before
            (f"BI /W 1 ID ( EI BI /F /{name} ) ID x EI", ["a forbidden codec inside page content"]),
            (f"BI /W 1 ID ( EI BI %(\n /F /{name} ) ID x EI", ["a forbidden codec inside page content"]),
            (f"BT (/{name}) Tj ET", []),
            (f"BI /W 1 ID x EI BT (/{name}) Tj ET", []),
        ):
            assert list(pdf._drawing(document.make_stream(content.encode()))) == objections
        broken = document.make_stream(b"x\x9c no data", Filter=Name.FlateDecode)
        assert list(pdf._drawing(broken)) == []

"""J19: what is searched has one spelling."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sanitizers.disclosure.folding import compatible

# some join what stands before them, some are joined
_MEETING = "かはカハ゛゜\u3099\u309a３ﾊﾟｶﾞe\u0301각\u1100\u1161\u11a8①㈱ﬁ Ａ\u0300\r\n"


@given(st.text(st.sampled_from(_MEETING) | st.characters(exclude_categories=["Cs"])))
def test_j19_the_quick_way_is_nfkc(text: str) -> None:
    assert compatible(text) == unicodedata.normalize("NFKC", text)


def test_j19_no_character_is_passed_over_that_nfkc_would_change() -> None:
    for plane in range(0, 0x110000, 0x1000):
        characters = [chr(code) for code in range(plane, plane + 0x1000) if not 0xD800 <= code < 0xE000]
        assert compatible("\n".join(characters)) == unicodedata.normalize("NFKC", "\n".join(characters))

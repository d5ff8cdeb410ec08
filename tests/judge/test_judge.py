"""The judge itself: what it must see, it sees; what is harmless, it leaves alone."""

from __future__ import annotations

from collections import Counter

import pytest

from samples import office, picture, portable
from samples.build import samples
from samples.sample import Sample
from tests.judge.active import active
from tests.judge.look import kept, look

# what a deny-list can not know: old revisions, an unlisted entry, odd numbers, an author's name, plain size
_UNSEEN = {"uri-base", "alternate-presentations", "metadata", "font-matrix", "earlier-revision", "object-stream", "author"}
HOSTILE = [s for s in samples() if s.path.startswith(("hostile/docx", "hostile/xlsx", "hostile/pptx", "hostile/pdf"))]


@pytest.mark.parametrize("sample", HOSTILE, ids=lambda s: s.path)
def test_the_judge_sees_each_threat_before_it_is_treated(sample: Sample) -> None:
    if sample.about not in _UNSEEN:
        assert active(sample.content)


def test_the_judge_reads_words_and_pages() -> None:
    for content in (office.document().build(), office.workbook().build(), portable.document()):
        seen = look(content)
        assert seen is not None
        assert seen.opens
        assert seen.words.total() > 0


def test_the_judge_opens_every_picture_that_pillow_knows() -> None:
    for kind, frames in (("PNG", 1), ("ICO", 1), ("PCX", 1), ("TGA", 1), ("AVIF", 1)):
        seen = look(picture.plain(kind))
        assert seen is not None
        assert (seen.opens, seen.pages) == (True, frames)
    assert look(b"words") is None


def test_a_broken_file_does_not_open() -> None:
    seen = look(portable.document()[:40])
    assert seen is not None
    assert not seen.opens


def test_a_lost_word_counts_each_time() -> None:
    assert kept(Counter({"a": 2, "b": 1}), Counter({"a": 1, "c": 5})) == (1, 3)

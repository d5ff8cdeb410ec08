"""HEIC: upright, without its camera's notes, and only the primary picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from sanitizers.image import heif
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Task, Verdict
from sanitizers.registry import sanitise
from tests.sanitizers.make_heif import PHOTOGRAPH
from tests.sanitizers.make_image import encoded, picture


class Decoder(LocalJob):
    """Answers DECODE with `answer`, which is as hostile as the file was."""

    answer = b""

    def ask(self, task: Task, content: bytes) -> bytes:
        assert task is Task.DECODE
        return self.answer


def run(content: bytes, job: LocalJob | None = None) -> Outcome:
    return sanitise(content, Part("1", "現場.HEIC", "", ("現場.HEIC",)), job or LocalJob())


def test_d10_a_photograph_stands_upright_and_says_nothing_of_its_camera() -> None:
    outcome = run(PHOTOGRAPH)
    assert (outcome.verdict, outcome.name, outcome.media_type) == (Verdict.SANITISED, "現場.jpg", "image/jpeg")
    assert {Kind.METADATA, Kind.LOCATION, Kind.CONVERTED} == {finding.kind for finding in outcome.findings}
    assert outcome.output is not None
    assert b"canary" not in outcome.output
    with Image.open(io.BytesIO(outcome.output)) as upright:
        assert upright.size == (48, 64)  # stored as 64 x 48
        assert not upright.getexif()
        stored = picture("RGB", (64, 48)).rotate(-90, expand=True)
        for at in ((3, 3), (44, 3), (3, 60), (44, 60)):
            assert upright.convert("RGB").getpixel(at) == pytest.approx(stored.getpixel(at), abs=24)


def test_what_the_decoder_answers_is_decoded_again() -> None:
    job = Decoder()
    job.answer = encoded(picture(), "PNG") + b"canary"
    outcome = run(PHOTOGRAPH, job)
    assert outcome.output is not None
    assert b"canary" not in outcome.output
    job.answer = b"<script>"
    assert run(PHOTOGRAPH, job).reason is Reason.CORRUPT


def test_size_is_compared_before_a_pixel_is_decoded() -> None:
    job = Decoder(Profile(limits=Limits(pixels=1000)))
    assert run(PHOTOGRAPH, job).reason is Reason.LIMIT_PIXELS


def test_a_torn_one_is_withheld() -> None:
    for length in range(40, len(PHOTOGRAPH) - 8, 97):
        outcome = run(PHOTOGRAPH[:length])
        assert (outcome.verdict, outcome.reason) == (Verdict.WITHHELD, Reason.CORRUPT), length


def test_only_decoders_are_installed() -> None:
    """x265 is GPL: a wheel that brings it may not be loaded."""
    from importlib.metadata import files

    bundled = {str(file) for file in files("pi-heif") or ()}
    assert any("libde265" in name for name in bundled)
    assert not any("x265" in name for name in bundled)
    assert heif.MEDIA_TYPES == ("image/heic",)

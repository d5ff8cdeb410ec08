"""SVG: what is drawn arrives as pixels, nothing is fetched, and what would cost too much is refused before it is drawn."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from samples import picture
from samples.drawing import svg
from sanitizers.job import Findings, LocalJob
from sanitizers.model import Kind, Outcome, Part, Profile, Reason, Verdict
from sanitizers.registry import sanitise
from sanitizers.svg.prune import pruned
from sanitizers.verify import verify


def run(content: bytes, name: str = "案内図.svg") -> Outcome:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    assert outcome.reason is not Reason.CRASHED, outcome.detail
    if outcome.output is not None:
        assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome


def pixels(content: bytes) -> Image.Image:
    outcome = run(content)
    assert outcome.output is not None, outcome
    return Image.open(io.BytesIO(outcome.output)).convert("RGBA")


def kinds(content: bytes) -> set[Kind]:
    return {finding.kind for finding in run(content).findings}


def test_d11_a_drawing_becomes_a_png_of_twice_its_size() -> None:
    outcome = run(svg())
    assert (outcome.verdict, outcome.name, outcome.media_type) == (Verdict.SANITISED, "案内図.png", "image/png")
    drawn = pixels(svg())
    assert drawn.size == (240, 120)
    assert drawn.getpixel((4, 4)) == (0, 0, 128, 255)


def test_japanese_is_drawn_whatever_the_font_is_called() -> None:
    written = pixels(svg('<text x="5" y="30" font-family="Meiryo" font-size="20">無害化</text>'))
    assert written.getbbox() is not None


def test_rules_of_a_style_sheet_are_kept_without_what_they_load() -> None:
    sheet = "<style>@import url(http://example.invalid/a.css); .a { fill: #ff0000 }</style>"
    content = svg(f'{sheet}<rect class="a" width="60" height="30"/>')
    assert pixels(content).getpixel((4, 4)) == (255, 0, 0, 255)
    assert Kind.REMOTE_CONTENT in kinds(content)
    assert b"example" not in pruned(content, Profile().limits, Findings())


@pytest.mark.parametrize(
    "hidden",
    [r"u\72l(http://example.invalid)", "URL( 'http://example.invalid#a' )", "image-set('http://invalid/a' 1x)"],
)
def test_a_place_that_hides_is_a_place(hidden: str) -> None:
    for inside in (f'<rect style="fill: {hidden}" width="9" height="9"/>', f"<style>rect {{ fill: {hidden} }}</style>"):
        assert b"invalid" not in pruned(svg(inside), Profile().limits, Findings())


def test_a_picture_inside_is_rebuilt_and_drawn() -> None:
    inner = base64.b64encode(picture.plain("PNG")).decode()
    content = svg(f'<image width="60" height="30" href="data:image/png;base64,{inner}"/>')
    assert pixels(content).getbbox() is not None
    assert inner.encode() not in pruned(content, Profile().limits, Findings())


def test_a_links_children_are_drawn_and_its_target_is_gone() -> None:
    content = svg('<a href="http://example.invalid/"><rect width="60" height="30" fill="lime"/></a>')
    assert pixels(content).getpixel((4, 4)) == (0, 255, 0, 255)
    assert Kind.HYPERLINK in kinds(content)
    assert pixels(svg('<text y="30"><a href="http://example.invalid/">案内</a></text>')).getbbox() is not None


def test_a_size_that_is_claimed_is_not_the_size_that_is_drawn() -> None:
    huge = svg().replace(b'width="120" height="60"', b'width="100000000" height="50000000"')
    drawn = pixels(huge)
    assert drawn.width * drawn.height <= 16_000_000
    assert abs(drawn.width - 2 * drawn.height) <= 2


@pytest.mark.parametrize(
    "size",
    ['width="10cm"', 'height="40"', 'viewBox="0 0 30 20"', 'width="100%" height="100%"', 'viewBox="0 0 0 0"', ""],
)
def test_any_way_to_say_a_size_is_drawn(size: str) -> None:
    assert pixels(svg().replace(b'width="120" height="60"', size.encode())).width > 0


def test_d01_entities_are_forbidden_and_a_plain_doctype_is_dropped() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert run(svg("<text>&b;</text>", bomb)).reason is Reason.FORBIDDEN_CONSTRUCT
    plain = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert run(svg(head=plain)).output is not None


def test_d10_a_bomb_of_uses_is_counted_before_it_is_drawn() -> None:
    levels = "".join(f'<g id="g{n}">' + f'<use xlink:href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 9))
    assert run(svg(f'<g id="g0"><path d="M0 0"/></g>{levels}')).reason is Reason.LIMIT_PARTS


@pytest.mark.parametrize(
    "inside",
    [
        "<g>" * 150 + "</g>" * 150,
        "".join(f'<g id="g{n}"><use href="#g{n + 1}"/></g>' for n in range(200)),
        "".join(f'<mask id="m{n}"><rect mask="url(#m{n + 1})"/></mask>' for n in range(200)),
    ],
)
def test_depth_is_bounded_also_through_references(inside: str) -> None:
    assert run(svg(inside)).reason is Reason.LIMIT_DEPTH


def test_what_contains_itself_is_corrupt() -> None:
    assert run(svg('<g id="a"><use href="#a"/></g>')).reason is Reason.CORRUPT

"""HTML to text: golden bodies read by eye once, and the rules that no body may break."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers import html
from sanitizers.html.link import Refusal, Target, punycode, target
from sanitizers.html.walk import DECEPTIVE_NOTE
from sanitizers.job import Findings, LocalJob
from sanitizers.model import Kind, Part, Reason, Refused, Setting, Switches, Verdict
from tests.effort import linear

GOLDEN = Path(__file__).parent / "golden_html"
BODIES = sorted(GOLDEN.glob("*.html"))


def read(markup: str, switches: Switches | None = None) -> tuple[str, Findings]:
    findings = Findings()
    return html.to_text(markup, switches or Switches(), findings, "body"), findings


def golden(markup: str) -> str:
    """The text, and under it what was found."""
    text, findings = read(markup)
    found = "".join(f"{f.kind}: {f.detail} ({f.treatment})\n" for f in findings.all())
    return f"{text}=== found ===\n{found}"


@pytest.mark.parametrize("body", BODIES, ids=lambda path: path.stem)
def test_golden(body: Path) -> None:
    assert golden(body.read_text("utf-8")) == body.with_suffix(".txt").read_text("utf-8")


def test_there_are_enough_golden_bodies() -> None:
    assert len(BODIES) >= 30


@pytest.mark.parametrize("body", BODIES, ids=lambda path: path.stem)
def test_h01_no_script_style_or_loading_address_survives(body: Path) -> None:
    text, _ = read(body.read_text("utf-8"))
    for canary in ("SCRIPT", "FRAME", "onload", "TEMPLATE", "SECRET", "alert(", "display:", "Blob(", "題名は出ない"):
        assert canary not in text
    assert not re.search("隠[A-P]", text)


def test_h03_every_remote_host_is_reported_and_none_is_shown() -> None:
    text, findings = read((GOLDEN / "16_remote_content.html").read_text("utf-8"))
    assert "example.net" not in text
    hosts = {f.detail.split()[-1] for f in findings.all() if f.kind is Kind.REMOTE_CONTENT}
    for host in ("t", "img", "css", "bg", "style", "base", "unc", "s"):
        assert any(host + ".example.net" in found for found in hosts), host


@pytest.mark.parametrize(
    "hiding",
    [
        "display:none",
        "display:none!important",
        "visibility:hidden",
        "font-size:0",
        "font-size:.5px",
        "font:0/0 a",
        "opacity:0.01",
        "color:#fefefe",
        "color:white;background:#fff",
        "height:0;overflow:hidden",
        "position:absolute;top:-5000px",
        "clip:rect(0,0,0,0)",
        "transform:scale(0)",
        "text-indent:-99999px",
    ],
)
def test_h04_css_hidden_text_is_dropped_and_reported(hiding: str) -> None:
    text, findings = read(f"<p>見える</p><div style='{hiding}'>CANARY<b>CANARY</b></div>")
    assert text == "見える\n"
    assert [f.kind for f in findings.all()] == [Kind.HIDDEN_CONTENT]
    assert "CANARY" in findings.all()[0].detail


@pytest.mark.parametrize(
    "shown", ["color:#767676", "font-size:8px", "opacity:.5", "overflow:hidden", "color:var(--x)", "display:block"]
)
def test_h04_what_is_visible_stays(shown: str) -> None:
    text, findings = read(f"<div style='{shown}'>見える</div>")
    assert text == "見える\n"
    assert not findings


@pytest.mark.parametrize(
    "markup",
    [
        '<body bgcolor="#000000" text="#FFFFFF">見える</body>',
        '<table><tr><td bgcolor="black"><a href="#x">見える</a></td></tr></table>',
        '<div style="background:#000;color:#fff"><span>見える</span></div>',
        '<div style="color:#fff"><button>見える</button></div>',
        '<div style="background:#fff url(x.png);color:#fff">見える</div>',
        '<font color="chartreuse">見える</font>',
    ],
)
def test_h04_light_text_on_dark_ground_stays(markup: str) -> None:
    assert read(markup)[0] == "見える\n"


def test_h04_hidden_text_behind_white_space_is_reported() -> None:
    assert "CANARY" in read(f"<p hidden>{' ' * 5000}CANARY</p>")[1].all()[0].detail


def test_h04_the_sheet_hides_by_class_wherever_it_stands() -> None:
    assert read("<p class='a b'>CANARY</p>残る<style>.b{display:none}</style>")[0] == "残る\n"


@pytest.mark.parametrize(
    ("href", "label", "shown", "deceptive"),
    [
        ("https://www.city.example.jp/a", "こちら", "hxxps://www.city.example.jp/a", False),
        ("http://city.example.jp", "www.city.example.jp", "hxxp://city.example.jp", False),
        ("http://evil.example/", "www.city.example.jp", "hxxp://evil.example/", True),
        ("http://evil.example/", "https://city.example.jp/login を開く", "hxxp://evil.example/", True),
        ("HTTPS:evil.example/x", "開く", "hxxps://evil.example/x", False),
        ("http://good.example@evil.example/", "開く", "hxxp://evil.example/", True),
        ("http://good.example\\@evil.example/", "開く", "hxxp://good.example/@evil.example/", False),
        ("http://日本語.example:8080/ぺ?q#f", "開く", "hxxp://xn--wgv71a119e.example:8080/ぺ?q#f", False),
        ("http://e\u200bvil.example/", "開く", "hxxp://evil.example/", False),
        ("mailto:a@b.example?bcc=x", "連絡", "a@b.example", False),
        ("mailto:a@b.example", "A@B.example へ", "", False),
    ],
)
def test_h05_links_show_where_they_lead(href: str, label: str, shown: str, deceptive: bool) -> None:
    goal = target(href, label)
    assert isinstance(goal, Target)
    assert (goal.shown, bool(goal.deceptive)) == (shown, deceptive)


@pytest.mark.parametrize(
    "href",
    ["javascript:x", "JaVa\tScript:x", "data:,x", "file:///c:/", "\\\\host\\x", "c:\\x", "ms-word:x", "tel:1", "http://[::1"],
)
def test_h01_other_schemes_have_no_target(href: str) -> None:
    assert isinstance(target(href, "開く"), Refusal)


@pytest.mark.parametrize(
    "label",
    [f"確認{' ' * 400}https://bank.example/", "https://bank。example/", f"<b>確認{'&nbsp;' * 400}</b>https://bank.example/"],
)
def test_h05_neither_blanks_nor_a_wide_dot_hide_what_a_label_says(label: str) -> None:
    text, _ = read(f'<a href="https://evil.example/">{label}</a>')
    assert text.endswith(f"<hxxps://evil.example/>{DECEPTIVE_NOTE}\n")


def test_h05_a_sentence_about_a_host_ends_in_a_wide_dot() -> None:
    assert "注意" not in read('<a href="https://a.example/">a.example。</a>')[0]


def test_h05_look_alike_letters_are_shown_as_punycode() -> None:
    assert punycode("аpple.example") == "xn--pple-43d.example"


def test_j26_profile_without_link_targets_shows_labels_only() -> None:
    text, findings = read('<a href="https://a.example/">こちら</a>', Switches(hyperlinks=Setting.REMOVE))
    assert text == "こちら\n"
    assert findings


@pytest.mark.parametrize(
    "markup",
    [
        "<div>字" * 20_000,
        "<blockquote>字" * 5_000,
        "<table><tr><td>字" * 20_000,
        "<ul><li>字" * 5_000,
        "<font>字<p>" * 20_000,
        "<a href=x>" * 20_000,
        "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">字",
        "<style>" + ".a{color:red}/*" * 20_000 + "</style>字",
        "<!--" * 50_000,
        "<table>" + "<tr><td colspan=999 rowspan=999>字" * 3_000,
    ],
    ids=lambda markup: markup[:12],
)
def test_hostile_nesting_is_linear(markup: str) -> None:
    with linear():
        text, _ = read(markup)
    assert text.count("字") == markup.count("字")


@given(st.text(alphabet=st.sampled_from(list("<>/=\"' abdhilprstuy-!&;#x:漢\n\0\u202e")), max_size=300))
@settings(max_examples=100)
def test_any_markup_gives_clean_text(markup: str) -> None:
    text, _ = read(markup)
    assert not set(text) & set("\0\u202e\r")
    assert text == "" or text.endswith("\n")


PIECES = ["<p>", "</p>", "<div>", "</div>", "<table>", "<tr>", "<td>", "</table>", "<li>", "<ul>", "</ul>", "<b>", "<br>", "字"]


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=100)
def test_no_visible_character_is_ever_lost(pieces: list[str]) -> None:
    assert read("".join(pieces))[0].count("字") == pieces.count("字")


def test_d12_an_html_file_leaves_as_text() -> None:
    content = "<meta charset=shift_jis><p>ソ表能①<script>x</script>".encode("cp932")
    part = Part("1", "案内.html", "text/html", ("案内.html",))
    outcome = html.sanitise(content, part, "text/html", LocalJob())
    assert outcome.output is not None
    assert outcome.output.decode("utf-8-sig") == "ソ表能①\r\n"
    assert (outcome.name, outcome.media_type, outcome.verdict) == ("案内.txt", "text/plain", Verdict.SANITISED)


def test_f10_an_html_application_is_withheld() -> None:
    with pytest.raises(Refused) as refusal:
        html.sanitise(b"<p>x</p>", Part("1", "a.hta", "", ("a.hta",)), "text/html", LocalJob())
    assert (refusal.value.reason, refusal.value.verdict) == (Reason.EXECUTABLE, Verdict.WITHHELD)

"""Presentations: the show runs, and nothing leaves it."""

from __future__ import annotations

import pytest

from sanitizers.model import Kind, Refused, Setting, Switches, Verdict
from sanitizers.ooxml import word
from tests.sanitizers.make_image import encoded, picture
from tests.sanitizers.make_ooxml import PPTX, Rel, element, pptx
from tests.sanitizers.rebuilt import rebuild

SLIDE = "ppt/slides/slide1.xml"
CANARY = "CANARY-b40e"


def _shape(number: int, inside: str = "", text: str = "標題") -> str:
    name = f'<p:nvSpPr><p:cNvPr id="{number}" name="a">{inside}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
    return f"<p:sp>{name}<p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"


def _timing(shape: int, command: str = "") -> str:
    target = f'<p:set><p:cBhvr><p:cTn id="2"/><p:tgtEl><p:spTgt spid="{shape}"/></p:tgtEl></p:cBhvr></p:set>'
    children = f"<p:childTnLst>{command or target}</p:childTnLst>"
    return f'<p:timing><p:tnLst><p:par><p:cTn id="1">{children}</p:cTn></p:par></p:tnLst></p:timing>'


@pytest.mark.parametrize(
    "action",
    [
        "ppaction://macro?name=m",
        "ppaction://program",
        "ppaction://hlinkfile",
        "ppaction://ole?verb=0",
        "ppaction://hlinkpres?x",
    ],
)
def test_d03_actions_that_leave_the_show_go(action: str) -> None:
    click = f'<a:hlinkClick r:id="rId5" action="{action}"/>'
    rebuilt = rebuild(pptx(_shape(2, click), "", Rel("rId5", "hyperlink", f"{CANARY}.exe", external=True)).bytes(), PPTX)
    assert "hlinkClick" not in rebuilt.xml(SLIDE)
    assert rebuilt.text(SLIDE) == "標題"
    assert Kind.ACTION in rebuilt.kinds
    assert not rebuilt.holds(CANARY)


def test_jumps_inside_the_show_and_links_to_the_web_stay() -> None:
    clicks = '<a:hlinkClick r:id="" action="ppaction://hlinkshowjump?jump=nextslide"/>', '<a:hlinkClick r:id="rId5"/>'
    tree = "".join(_shape(number, click) for number, click in enumerate(clicks, 2))
    rebuilt = rebuild(pptx(tree, "", Rel("rId5", "hyperlink", "https://example.jp/", external=True)).bytes(), PPTX)
    assert rebuilt.xml(SLIDE).count("hlinkClick") == 2
    assert rebuilt.kinds == set()


@pytest.mark.parametrize("named", ['id="_x0000_s1026"', 'id="Content_x0020_Placeholder_x0020_3" o:spid="_x0000_s1026"'])
def test_d04_an_object_of_powerpoint_2007_becomes_the_picture_of_its_old_drawing(named: str) -> None:
    place = '<p:nvGraphicFramePr><p:cNvPr id="7" name="o"/></p:nvGraphicFramePr><p:xfrm><a:off x="1" y="2"/></p:xfrm>'
    embedded = '<p:oleObj spid="_x0000_s1026" r:id="rId9" progId="Word.Document.12"/>'
    frame = f"<p:graphicFrame>{place}<a:graphic><a:graphicData>{embedded}</a:graphicData></a:graphic></p:graphicFrame>"
    made = pptx(frame, "", Rel("rId8", "vmlDrawing", "../drawings/v.vml"), Rel("rId9", "package", "o.docx"))
    shape = f'<v:shape {named}><v:imagedata o:relid="rId1"/></v:shape>'
    made.part("ppt/drawings/v.vml", element("xml", shape), Rel("rId1", "image", "../media/a.png"))
    made.part("ppt/media/a.png", encoded(picture(), "PNG")).part("ppt/slides/o.docx", CANARY)
    rebuilt = rebuild(made.bytes(), PPTX)
    assert "<a:blip r:embed=" in rebuilt.xml(SLIDE)
    assert '<p:cNvPr id="7"' in rebuilt.xml(SLIDE)
    assert word.PLACEHOLDER not in rebuilt.xml(SLIDE)
    assert "media/image1.png" in rebuilt.xml("ppt/slides/_rels/slide1.xml.rels")
    assert not rebuilt.holds(CANARY)


def test_d04_an_embedded_object_becomes_its_picture() -> None:
    shown = '<p:pic><p:nvPicPr><p:cNvPr id="9" name="b"/></p:nvPicPr><p:blipFill><a:blip r:embed="rId8"/></p:blipFill></p:pic>'
    embedded = f'<p:oleObj r:id="rId9" progId="Package">{shown}</p:oleObj>'
    frame = f"<p:graphicFrame><a:graphic><a:graphicData>{embedded}</a:graphicData></a:graphic></p:graphicFrame>"
    made = pptx(frame, "", Rel("rId8", "image", "a.png"), Rel("rId9", "oleObject", "o.bin"))
    made.part("ppt/slides/a.png", encoded(picture(), "PNG")).part("ppt/slides/o.bin", CANARY)
    rebuilt = rebuild(made.bytes(), PPTX)
    assert "<p:spTree><p:pic>" in rebuilt.xml(SLIDE)
    assert "oleObj" not in rebuilt.xml(SLIDE)
    assert not rebuilt.holds(CANARY)


def test_d04_an_object_without_picture_becomes_a_box_with_words() -> None:
    name = '<p:nvGraphicFramePr><p:cNvPr id="7" name="o"/></p:nvGraphicFramePr>'
    place = f'{name}<p:xfrm><a:off x="1" y="2"/><a:ext cx="3" cy="4"/></p:xfrm>'
    graphic = '<a:graphic><a:graphicData><p:oleObj r:id="rId9" progId="Package"/></a:graphicData></a:graphic>'
    rebuilt = rebuild(
        pptx(f"<p:graphicFrame>{place}{graphic}</p:graphicFrame>", "", Rel("rId9", "oleObject", "o.bin")).bytes(), PPTX
    )
    assert rebuilt.text(SLIDE) == word.PLACEHOLDER
    assert '<p:spPr><a:xfrm><a:off x="1" y="2"/>' in rebuilt.xml(SLIDE)


def test_animations_stay_while_everything_that_they_move_is_there() -> None:
    assert "p:timing" in rebuild(pptx(_shape(2), _timing(2)).bytes(), PPTX).xml(SLIDE)


@pytest.mark.parametrize("timing", [_timing(7), _timing(2, '<p:cmd type="verb" cmd="0"/>'), _timing(2, "<p:audio/>")])
def test_an_animation_of_what_is_gone_goes_as_a_whole(timing: str) -> None:
    rebuilt = rebuild(pptx(_shape(2), timing).bytes(), PPTX)
    assert "p:timing" not in rebuilt.xml(SLIDE)
    assert Kind.ACTION in rebuilt.kinds


def test_media_go_and_their_picture_stays() -> None:
    media = (
        '<p:nvPr><a:videoFile r:link="rId7"/><p:extLst><p:ext uri="x"><p14:media r:embed="rId6"/></p:ext></p:extLst></p:nvPr>'
    )
    fill = '<p:blipFill><a:blip r:embed="rId8"/></p:blipFill>'
    shown = f'<p:pic><p:nvPicPr><p:cNvPr id="2" name="b"/>{media}</p:nvPicPr>{fill}</p:pic>'
    made = pptx(shown, "", Rel("rId8", "image", "a.png"), Rel("rId7", "video", f"http://{CANARY}/", external=True))
    made.rel(SLIDE, Rel("rId6", "http://schemas.microsoft.com/office/2007/relationships/media", "m.mp4"))
    made.part("ppt/slides/a.png", encoded(picture(), "PNG")).part("ppt/slides/m.mp4", CANARY)
    rebuilt = rebuild(made.bytes(), PPTX)
    assert not rebuilt.holds(CANARY)
    assert "media/image1.png" in rebuilt.parts
    assert "extLst" not in rebuilt.xml(SLIDE)
    assert Kind.MULTIMEDIA in rebuilt.kinds


def test_slides_notes_and_masters_are_followed_in_circles() -> None:
    made = pptx(_shape(2), "", Rel("rId3", "notesSlide", "../notesSlides/n1.xml"), Rel("rId4", "slideLayout", "../l1.xml"))
    made.part("ppt/notesSlides/n1.xml", element("p:notes", ""), Rel("rId1", "slide", "../slides/slide1.xml"))
    made.part("ppt/l1.xml", element("p:sldLayout", ""), Rel("rId1", "slideMaster", "m1.xml"))
    made.part("ppt/m1.xml", element("p:sldMaster", ""), Rel("rId1", "slideLayout", "l1.xml"))
    assert {"ppt/notesSlides/n1.xml", "ppt/l1.xml", "ppt/m1.xml"} <= rebuild(made.bytes(), PPTX).parts.keys()


def _two_slides(*hidden: bool) -> bytes:
    made = pptx("")
    slides = "".join(f'<p:sldId id="{256 + n}" r:id="rId{n + 1}"/>' for n in range(len(hidden)))
    sections = "".join(f'<p14:sldId id="{256 + n}"/>' for n in range(len(hidden)))
    sections = f'<p14:sectionLst><p14:section name="一"><p14:sldIdLst>{sections}</p14:sldIdLst></p14:section></p14:sectionLst>'
    show = f'<p:sldIdLst>{slides}</p:sldIdLst><p:notesSz cx="1" cy="1"/><p:extLst><p:ext uri="a">{sections}</p:ext></p:extLst>'
    made.rels["ppt/presentation.xml"] = []
    made.part("ppt/presentation.xml", element("p:presentation", show))
    for number, is_hidden in enumerate(hidden):
        made.rel("ppt/presentation.xml", Rel(f"rId{number + 1}", "slide", f"slides/s{number}.xml"))
        tree = f"<p:cSld><p:spTree>{_shape(2, text=CANARY if is_hidden else '標題')}</p:spTree></p:cSld>"
        jump = Rel("rId9", "slide", f"s{(number + 1) % len(hidden)}.xml")  # by a link, another slide names it too
        made.part(f"ppt/slides/s{number}.xml", element("p:sld", tree, 'show="0"' if is_hidden else ""), jump)
    return made.bytes()


def test_d16_hidden_slides_stay_or_go_as_the_profile_says() -> None:
    kept = rebuild(_two_slides(False, True), PPTX)
    assert kept.holds(CANARY)
    assert Kind.HIDDEN_CONTENT in kept.kinds
    removed = rebuild(_two_slides(False, True), PPTX, Switches(hidden_sheets=Setting.REMOVE))
    assert not removed.holds(CANARY)
    assert Kind.HIDDEN_CONTENT in removed.kinds
    assert removed.xml("ppt/presentation.xml").count("sldId id=") == 2  # in the list and in its section


def test_d16_a_show_of_hidden_slides_only_is_withheld_where_they_may_not_stay() -> None:
    with pytest.raises(Refused) as refusal:
        rebuild(_two_slides(True, True), PPTX, Switches(hidden_sheets=Setting.REMOVE))
    assert refusal.value.verdict is Verdict.WITHHELD

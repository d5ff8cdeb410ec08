"""Pictures (formats.md 5, D10): what is delivered looks the same and holds nothing but pixels."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageFile, ImageStat

from sanitizers import image
from sanitizers.image.recode import Recoded
from sanitizers.job import Findings, LocalJob
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Refused, Treatment, Verdict
from sanitizers.verify import verify
from tests.sanitizers import make_image as make

CANARY = b"canary"


def recode(content: bytes, limits: Limits | None = None) -> tuple[Recoded, dict[Kind, Treatment]]:
    findings = Findings()
    recoded = image.recode(content, limits or Limits(), findings, "word/media/image1")
    return recoded, {finding.kind: finding.treatment for finding in findings.all()}


def attempt(content: bytes) -> Recoded | Refused:
    try:
        return recode(content)[0]
    except Refused as refusal:
        return refusal


def sanitise(content: bytes, media_type: str, name: str = "写真.jpg") -> Outcome:
    return image.sanitise(content, Part("2", name, media_type), media_type, LocalJob())


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGBA"), other.convert("RGBA"))).mean)


@pytest.mark.parametrize(
    ("format", "mode"),
    [(format, mode) for format in ("PNG", "TIFF") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
    + [("BMP", mode) for mode in ("1", "L", "P", "RGB")]
    + [("GIF", mode) for mode in ("L", "P")],
)
def test_a_lossless_picture_keeps_every_pixel_and_its_mode(format: str, mode: str) -> None:
    before = make.picture("L").convert("I;16") if mode == "I;16" else make.picture(mode)
    content = make.encoded(before, format)
    recoded, found = recode(content)
    after = opened(recoded.content)
    assert (after.format, after.mode, found) == (format, opened(content).mode, {})
    assert after.tobytes() == opened(content).tobytes()


@pytest.mark.parametrize(("format", "bound"), [("JPEG", 1.0), ("WEBP", 4.0)])
def test_a_lossy_picture_shows_no_second_loss_and_does_not_grow(format: str, bound: float) -> None:
    content = make.encoded(make.picture(size=(320, 200)), format, quality=80)
    recoded, _ = recode(content)
    assert difference(opened(content), opened(recoded.content)) < bound
    assert len(recoded.content) < 1.5 * len(content)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {"comment": CANARY, "exif": make.exif()}),
        ("PNG", {"exif": make.exif()}),
        ("TIFF", {"exif": make.exif(), "description": "canary"}),
        ("GIF", {"comment": CANARY}),
        ("WEBP", {"exif": make.exif(), "xmp": b"<x:xmpmeta>canary</x:xmpmeta>"}),
    ],
)
def test_d10_no_metadata_survives_and_it_is_reported(format: str, options: dict[str, object]) -> None:
    content = make.encoded(make.picture(), format, **options)
    assert CANARY in content
    recoded, found = recode(content)
    assert CANARY not in recoded.content
    assert found == {Kind.METADATA: Treatment.REMOVED}


def test_d10_png_text_before_and_after_the_pixels_is_gone() -> None:
    png = make.encoded(make.picture(), "PNG")
    text = make.chunk(b"tEXt", b"Comment\0canary")
    recoded, found = recode(png[:33] + text + png[33:-12] + text + png[-12:])
    assert CANARY not in recoded.content
    assert Kind.METADATA in found


def test_the_position_where_a_photograph_was_taken_is_removed_and_named() -> None:
    recoded, found = recode(make.encoded(make.picture(), "JPEG", exif=make.exif(position=True)))
    assert found[Kind.LOCATION] is Treatment.REMOVED
    assert not opened(recoded.content).getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_before_it_is_dropped(orientation: int) -> None:
    recoded, _ = recode(make.encoded(make.picture(), "PNG", exif=make.exif(orientation)))
    after = opened(recoded.content)
    assert after.size == (make.SIZE if orientation < 5 else make.SIZE[::-1])
    corner = make.picture().getpixel((0, 0))
    places = {1: (0, 0), 2: (-1, 0), 3: (-1, -1), 4: (0, -1), 5: (0, 0), 6: (-1, 0), 7: (-1, -1), 8: (0, -1)}
    across, down = places[orientation]
    assert after.getpixel((across % after.width, down % after.height)) == corner


def test_an_icc_profile_is_applied_and_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    content = make.encoded(make.picture("RGB").convert("LAB"), "TIFF", icc_profile=lab)
    recoded, found = recode(content)
    after = opened(recoded.content)
    assert after.mode == "RGB"
    assert "icc_profile" not in after.info
    assert Kind.METADATA in found


def test_d10_what_was_lab_gets_no_profile_of_pillows() -> None:
    lab = ImageCms.profileToProfile(
        make.picture(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    lab.info.clear()
    outcome = sanitise(make.encoded(lab, "TIFF"), "image/tiff")
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset()) == []


def test_cmyk_stays_viewable() -> None:
    recoded, _ = recode(make.encoded(make.picture("CMYK"), "JPEG", quality=95))
    after = opened(recoded.content)
    assert after.mode == "RGB"
    assert difference(after, make.picture()) < 12


@pytest.mark.parametrize("broken", [b"Exif\0\0" + bytes(40), b"Exif\0\0II*\0" + b"\xff" * 60])
def test_broken_exif_does_not_cost_the_picture(broken: bytes) -> None:
    recoded, _ = recode(make.encoded(make.picture(), "JPEG", exif=broken))
    assert opened(recoded.content).size == make.SIZE


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_d10_what_follows_the_picture_is_reported_and_gone(format: str) -> None:
    content = make.encoded(make.picture("P") if format == "GIF" else make.picture(), format)
    assert recode(content)[1] == {}
    recoded, found = recode(content + b"PK\x03\x04" + CANARY)
    assert CANARY not in recoded.content
    assert found == {Kind.TRAILING_DATA: Treatment.REMOVED}


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_animation_keeps_frames_and_timing(format: str) -> None:
    recoded, _ = recode(make.animation(format))
    after = opened(recoded.content)
    assert getattr(after, "n_frames", 1) == 3
    after.seek(2)
    after.load()
    assert after.info["duration"] == 120


def test_a_transparent_animation_shows_the_same_frames() -> None:
    frames = [Image.new("RGBA", make.SIZE, (0, 0, 0, 0)) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.paste((250, 0, 0, 255), (number * 12, 0, number * 12 + 10, 10))
    content = make.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], disposal=2, duration=100)
    before, after = opened(content), opened(recode(content)[0].content)
    for number in range(3):
        before.seek(number)
        after.seek(number)
        assert difference(before, after) < 1


def test_pages_of_a_tiff_are_all_delivered() -> None:
    after = opened(recode(make.pages(3))[0].content)
    sizes = []
    for number in range(getattr(after, "n_frames", 1)):
        after.seek(number)
        sizes.append(after.size)
    assert sizes == [(200, 100), (201, 100), (202, 100)]


def test_a_second_picture_in_a_jpeg_goes_and_is_reported() -> None:
    both = make.encoded(make.picture(), "MPO", save_all=True, append_images=[make.picture()])
    recoded, found = recode(both)
    assert recoded.content.count(b"\xff\xd8\xff") == 1
    assert found[Kind.HIDDEN_CONTENT] is Treatment.REMOVED


@pytest.mark.parametrize(("format", "options"), [("AVIF", {}), ("JPEG2000", {})])
def test_formats_that_few_readers_open_become_jpeg_or_png(format: str, options: dict[str, object]) -> None:
    recoded, found = recode(make.encoded(make.picture(), format))
    assert (recoded.media_type, recoded.extension) == ("image/jpeg", "jpg")
    assert found[Kind.CONVERTED] is Treatment.REPLACED
    see_through = make.picture("RGBA")
    see_through.putalpha(120)
    assert recode(make.encoded(see_through, format))[0].media_type == "image/png"


RARE = {
    "image/vnd.adobe.photoshop": make.photoshop(make.picture()),
    "image/vnd.ms-dds": make.encoded(make.picture(), "DDS"),
    "image/vnd.zbrush.pcx": make.encoded(make.picture(), "PCX"),
    "image/x-portable-anymap": make.encoded(make.picture(), "PPM"),
    "image/x-dib": make.encoded(make.picture(), "DIB"),
    "image/x-qoi": make.encoded(make.picture(), "QOI"),
    "image/x-sgi": make.encoded(make.picture(), "SGI"),
    "image/x-sun-raster": make.sun_raster(make.picture()),
    "image/x-tga": make.encoded(make.picture(), "TGA"),
}


@pytest.mark.parametrize("media_type", RARE)
def test_a_picture_of_a_rare_format_becomes_png_pixel_by_pixel(media_type: str) -> None:
    outcome = sanitise(RARE[media_type], media_type, "図面.dat")
    assert (outcome.media_type, outcome.verdict, outcome.name) == ("image/png", Verdict.SANITISED, "図面.png")
    assert outcome.output is not None
    assert difference(opened(outcome.output), make.picture()) == 0


@pytest.mark.parametrize(
    ("content", "media_type", "side"),
    [
        (make.encoded(make.picture("RGBA", (128, 128)), "ICO"), "image/vnd.microsoft.icon", 128),
        (make.encoded(make.picture("RGBA", (128, 128)), "ICNS"), "image/x-icns", 1024),  # Pillow writes all sizes
        (make.cursor(make.picture("RGBA", (128, 128))), "image/x-win-cursor", 128),
    ],
)
def test_of_an_icon_the_largest_size_is_delivered(content: bytes, media_type: str, side: int) -> None:
    outcome = sanitise(content, media_type)
    assert outcome.output is not None
    assert opened(outcome.output).size == (side, side)


def test_layers_of_a_photoshop_file_go_and_do_not_count_as_pictures() -> None:
    content = make.photoshop(make.picture(), layers=3)
    job = LocalJob(Profile(limits=Limits(total_pixels=48 * 32)))
    outcome = image.sanitise(content, Part("2", "案.psd", ""), "image/vnd.adobe.photoshop", job)
    assert outcome.output is not None
    assert difference(opened(outcome.output), make.picture()) == 0
    assert Kind.HIDDEN_CONTENT in {finding.kind for finding in outcome.findings}


@pytest.mark.parametrize("content", RARE.values())
def test_d10_a_document_shows_no_picture_of_a_rare_format(content: bytes) -> None:
    with pytest.raises(Refused):
        recode(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (make.hollow_gif(10_000, 10_000, 100), Reason.LIMIT_PIXELS),
        (make.hollow_gif(65_535, 65_535, 1), Reason.LIMIT_PIXELS),
        (make.hollow_gif(4, 4, 501), Reason.LIMIT_PARTS),
        (make.hollow_png(20_000, 20_000), Reason.LIMIT_PIXELS),
    ],
)
def test_d10_a_bomb_is_refused_before_it_is_decoded(content: bytes, reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(_: object) -> None:
        pytest.fail("it was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    with pytest.raises(Refused) as refusal:
        recode(content)
    assert refusal.value.reason is reason


def limited(**changes: int) -> Limits:
    return Limits(**changes)


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (make.encoded(make.picture(), "PNG"), limited(pixels=48 * 32 - 1), Reason.LIMIT_PIXELS),
        (make.animation("GIF"), limited(total_pixels=3 * 48 * 32 - 1), Reason.LIMIT_PIXELS),
        (make.animation("GIF"), limited(frames=2), Reason.LIMIT_PARTS),
        (make.pages(3), limited(total_pixels=60_299), Reason.LIMIT_PIXELS),
    ],
)
def test_one_over_a_limit_is_refused_and_the_limit_itself_is_not(content: bytes, limits: Limits, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        recode(content, limits)
    assert refusal.value.reason is reason
    one_more = Limits(pixels=limits.pixels + 1, total_pixels=limits.total_pixels + 1, frames=limits.frames + 1)
    assert recode(content, one_more)[0].content


@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(RARE)))
def test_hostile_bytes_of_a_rare_format_give_a_picture_or_a_refusal(data: st.DataObject, media_type: str) -> None:
    content = bytearray(RARE[media_type])
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, min(200, len(content) - 1)))] = data.draw(st.integers(0, 255))
    try:
        outcome = sanitise(bytes(content), media_type)
    except Refused:
        return
    assert outcome.output is not None
    assert opened(outcome.output).size[0] > 0


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_truncated_picture_is_refused_or_whole(format: str) -> None:
    """A file without its last bytes may still hold every pixel; then it is delivered with all of them."""
    content = make.encoded(make.picture("P") if format == "GIF" else make.picture(size=(256, 192)), format)
    whole = opened(content)
    for sixteenth in range(16):
        outcome = attempt(content[: len(content) * sixteenth // 16])
        if isinstance(outcome, Refused):
            assert (outcome.reason, outcome.verdict) == (Reason.CORRUPT, Verdict.FAILED)
        else:
            assert difference(opened(outcome.content), whole) < 2


@settings(max_examples=150)
@given(st.data(), st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000"]))
def test_hostile_bytes_give_a_picture_or_a_refusal(data: st.DataObject, format: str) -> None:
    content = bytearray(make.encoded(make.picture("P") if format == "GIF" else make.picture(), format))
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        recoded, _ = recode(bytes(content))
    except Refused:
        return
    assert opened(recoded.content).size[0] > 0


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"P6 1 1 255 abc"])
def test_what_no_listed_decoder_accepts_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        recode(content)
    assert refusal.value.reason is Reason.CORRUPT


def test_only_the_decoder_of_the_detected_type_looks_at_a_part() -> None:
    with pytest.raises(Refused):
        sanitise(make.encoded(make.picture(), "PNG"), "image/jpeg")


@pytest.mark.parametrize(
    ("name", "format", "media_type", "expected"),
    [
        ("写真.jpg", "JPEG", "image/jpeg", "写真.jpg"),
        ("写真.JPEG", "JPEG", "image/jpeg", "写真.JPEG"),
        ("写真.jpg", "PNG", "image/png", "写真.png"),
        ("", "PNG", "image/png", ""),
    ],
)
def test_the_name_follows_what_was_written(name: str, format: str, media_type: str, expected: str) -> None:
    outcome = sanitise(make.encoded(make.picture(), format), media_type, name)
    assert (outcome.name, outcome.media_type, outcome.verdict) == (expected, media_type, Verdict.CLEAN)


@pytest.mark.parametrize("make_content", [lambda: make.animation("GIF"), lambda: make.pages(), lambda: make.animation("WEBP")])
def test_a_second_run_finds_nothing_and_answers_are_deterministic(make_content: Callable[[], bytes]) -> None:
    content = make_content()
    first, _ = recode(content)
    assert recode(content)[0].content == first.content
    assert recode(first.content)[1] == {}


def swapped() -> bytes:
    """sRGB with the primaries of red and blue exchanged: by it, what is written as red is to be shown as blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"tmp.", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp.", b"bXYZ", 1)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_colours_are_brought_to_srgb_in_every_format_that_holds_a_profile(format: str) -> None:
    content = make.encoded(Image.new("RGB", (32, 32), (255, 0, 0)), format, icc_profile=swapped())
    recoded, found = recode(content)
    after = opened(recoded.content).convert("RGB")
    red, _, blue = after.getpixel((16, 16))  # type: ignore[misc]
    assert blue > 200 > 60 > red
    assert "icc_profile" not in opened(recoded.content).info
    assert Kind.METADATA in found


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_in_every_format_that_holds_it(format: str) -> None:
    recoded, _ = recode(make.encoded(make.picture(), format, exif=make.exif(6)))
    after = opened(recoded.content)
    assert after.size == make.SIZE[::-1]
    assert after.getexif().get(274, 1) == 1


def test_each_page_of_a_tiff_stands_upright() -> None:
    first, second = make.picture(), make.picture()
    first.encoderinfo, second.encoderinfo = {}, {"exif": make.exif(6)}  # of this page alone
    content = make.encoded(first, "TIFF", save_all=True, append_images=[second])
    before, after = opened(content), opened(recode(content)[0].content)
    sizes = []
    for number in range(2):
        before.seek(number)
        after.seek(number)
        turned = before.getexif().get(274, 1) > 4
        sizes.append(after.size == (make.SIZE[::-1] if turned else make.SIZE))
    assert sizes == [True, True]


def test_of_an_animated_avif_the_first_frame_is_delivered_and_the_others_are_named() -> None:
    recoded, found = recode(make.animation("AVIF"))
    assert difference(opened(recoded.content), opened(make.animation("AVIF"))) < 12  # the second differs by 71
    assert found[Kind.HIDDEN_CONTENT] is Treatment.REMOVED

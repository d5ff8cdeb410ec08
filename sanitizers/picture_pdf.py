"""The image-PDF (SAN-05, method `image`): each page a picture that was decoded and encoded again here, and nothing else of the
original but, if the profile wants it, its words: an invisible layer to search and copy from.

The PDF is rebuilt first, so that passwords, limits and findings are those of `pdf`; the pages are drawn by the task RENDER in
a worker of another class.  Raises Refused as `pdf`, `render` and `image` do.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Pdf
from PIL import Image

from sanitizers import image, pdf, render
from sanitizers.image import jpeg, png
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Outcome, Part, Reason, Refused, Task, Treatment, Verdict
from sanitizers.render import Page
from sanitizers.text_layer import TextLayer

_SPACES = {"L": Name.DeviceGray, "RGB": Name.DeviceRGB}
_MOST_POINTS = 14_400.0  # a page's edge: PDF 32000-1 annex C.2, beyond which readers refuse it


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """One PDF as pictures of its pages; its name stays."""
    rebuilt = pdf.sanitise(content, part, detected, job)
    assert rebuilt.output is not None  # a sanitiser that does not deliver raises
    findings = Findings()
    for finding in rebuilt.findings:
        findings.add(finding.kind, finding.where, finding.detail, finding.treatment)
    findings.add(Kind.CONVERTED, "", "pages to pictures", Treatment.REPLACED)
    with Pdf.open(io.BytesIO(rebuilt.output)) as source, Pdf.new() as target:
        _assemble(target, render.drawn(rebuilt.output, len(source.pages), job), job)
        if "/Info" in source.trailer:  # all that is left there is a classification label (SD-04)
            target.trailer["/Info"] = target.make_indirect(Dictionary(dict(source.trailer["/Info"])))
        out = io.BytesIO()
        target.save(out, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True, fix_metadata_version=False)
    return Outcome(findings.verdict(), detected, out.getvalue(), "application/pdf", rebuilt.name, findings.all())


def page(content: bytes, number: int, job: Job) -> Outcome:
    """One page (from 0) of a PDF that was rebuilt before, as a picture; `detail` says how many there are."""
    with Pdf.open(io.BytesIO(content)) as source:
        count = len(source.pages)
    [shown] = render.pages(job.ask(Task.RENDER, render.request(content, number, 1)))
    recoded = image.recode(shown.picture, job.profile.limits, Findings(), "")
    name = f"page.{recoded.extension}"
    return Outcome(Verdict.CLEAN, "application/pdf", recoded.content, recoded.media_type, name, detail=str(count))


def _assemble(target: Pdf, pages: Iterator[Page], job: Job) -> None:
    limits, room = job.profile.limits, job.profile.limits.part_bytes
    words = TextLayer(target)
    for page in pages:
        picture = _picture(target, page.picture, limits)
        room -= len(picture.read_raw_bytes())
        if room < 0:
            raise Refused(Reason.LIMIT_SIZE, f"pictures of more than {limits.part_bytes} bytes")
        layer = words.over(page.runs, int(picture.Height)) if job.profile.text_layer else b""
        target.pages.append(pikepdf.Page(_page(target, page, picture, layer, words.fonts)))
    words.finish()


def _picture(target: Pdf, content: bytes, limits: Limits) -> pikepdf.Stream:
    """Pixels only: whatever the renderer sent is decoded and encoded again."""
    recoded = image.recode(content, limits, Findings(), "")
    with Image.open(io.BytesIO(recoded.content), formats=("JPEG", "PNG")) as drawn:
        width, height, mode = *drawn.size, drawn.mode
    if mode not in _SPACES:
        raise Refused(Reason.CORRUPT, f"a page drawn as {mode}")
    stream = target.make_stream(b"", Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height, BitsPerComponent=8)
    stream["/ColorSpace"] = _SPACES[mode]
    if recoded.media_type == "image/jpeg":
        stream.write(jpeg.bare(recoded.content), filter=Name.DCTDecode)
    else:  # a PNG's rows are what PDF calls predicted by PNG's filters (7.4.4.4)
        filtered = Dictionary(Predictor=15, Colors=len(mode), BitsPerComponent=8, Columns=width)
        stream.write(png.rows(recoded.content), filter=Name.FlateDecode, decode_parms=filtered)
    return stream


def _page(target: Pdf, page: Page, picture: pikepdf.Stream, layer: bytes, fonts: Object) -> Dictionary:
    """As large as the original was on paper."""
    if not (page.width > 0 and page.height > 0 and math.isfinite(page.width + page.height)):
        raise Refused(Reason.CORRUPT, f"page of {page.width} x {page.height} points")
    scale = min(1.0, _MOST_POINTS / max(page.width, page.height))
    width, height = page.width * scale, page.height * scale
    drawing = f"q {width:.6f} 0 0 {height:.6f} 0 0 cm /P Do Q\n"
    if layer:
        drawing += f"{width / int(picture.Width):.6f} 0 0 {height / int(picture.Height):.6f} 0 0 cm\n"
    return Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
        Resources=Dictionary(XObject=Dictionary(P=picture), Font=fonts),
        Contents=target.make_stream(drawing.encode() + layer),
    )

"""Pictures inside a document: raster ones are written anew, metafiles are drawn, all others give way to a grey box (D10).

EMF and WMF are drawn together, in one conversion, when the whole document has been read: `Pictures`.  EPS and PICT are programs
for readers that nobody has any more.  Raises `Refused` only where a cap is exceeded: a cap rejects, it never hides.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from sanitizers import image, metafile
from sanitizers.detect.signature import by_signature
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment

_CAPS = (Reason.LIMIT_PIXELS, Reason.LIMIT_PARTS, Reason.LIMIT_SIZE, Reason.LIMIT_MEMORY)
_SHOWN_BY_OFFICE = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff")  # not WebP before 2021
_ATTEMPTS = 6  # at drawing, a few seconds each: one broken metafile must not cost the others
_PACKED = (".emz", ".wmz")
_VECTOR = (".emf", ".wmf", ".emz", ".wmz", ".eps", ".ps", ".svg", ".pict", ".pct", ".wdp")


def _grey_box() -> bytes:
    box = Image.new("L", (160, 90), 0xEE)
    ImageDraw.Draw(box).rectangle((0, 0, 159, 89), outline=0x99)
    stream = io.BytesIO()
    box.save(stream, "PNG")
    return stream.getvalue()


PLACEHOLDER = image.recode(_grey_box(), Limits(), Findings(), "")  # as our own writer has it: a second run changes nothing


def recode(content: bytes, name: str, limits: Limits, findings: Findings) -> image.Recoded:
    """The raster picture of the part called `name` (lower case), or the grey box."""
    try:
        recoded = image.recode(content, limits, findings, name)
        if recoded.media_type in _SHOWN_BY_OFFICE:
            return recoded
        why = recoded.media_type
    except Refused as refusal:
        if refusal.reason in _CAPS:
            raise
        why = refusal.detail
    return _box(name, why, findings)


@dataclass(slots=True)
class Pictures:
    """The pictures of one document by the keys of their parts."""

    job: Job
    findings: Findings
    _ready: dict[str, image.Recoded] = field(default_factory=dict)
    _metafiles: dict[str, bytes] = field(default_factory=dict)
    _attempts: int = 0

    def add(self, key: str, content: bytes) -> None:
        if by_signature(content) in metafile.MEDIA_TYPES or key.endswith(_PACKED):
            self._metafiles[key] = content
        else:
            self._ready[key] = recode(content, key, self.job.profile.limits, self.findings)

    def all(self) -> dict[str, image.Recoded]:
        """Once, when all have been added."""
        return self._ready | dict(self._drawn(tuple(self._metafiles)))

    def _drawn(self, keys: Sequence[str]) -> Iterator[tuple[str, image.Recoded]]:
        """Together; where that fails each half by itself."""
        if not keys:
            return
        why = "too many that can not be drawn"
        if self._attempts < _ATTEMPTS:
            self._attempts += 1
            try:
                pictures = metafile.drawn([self._metafiles[key] for key in keys], self.job, self.findings, keys[0])
            except Refused as refusal:
                if refusal.reason in _CAPS:
                    raise
                if refusal.reason is Reason.NO_CONVERTER:
                    self._attempts = _ATTEMPTS
                why = refusal.detail
            else:
                for key in keys:
                    self.findings.add(Kind.VECTOR_IMAGE, key, "drawn as a picture", Treatment.REPLACED)
                yield from zip(keys, pictures, strict=True)
                return
        if len(keys) == 1 or self._attempts == _ATTEMPTS:
            yield from ((key, _box(key, why, self.findings)) for key in keys)
            return
        yield from self._drawn(keys[: len(keys) // 2])
        yield from self._drawn(keys[len(keys) // 2 :])


def _box(name: str, why: str, findings: Findings) -> image.Recoded:
    kind = Kind.VECTOR_IMAGE if name.endswith(_VECTOR) else Kind.IMAGE_RECODED
    findings.add(kind, name, f"replaced by a grey box: {why}", Treatment.REPLACED)
    return PLACEHOLDER

"""Raster pictures: decoded to pixels, written anew without anything but pixels (formats.md 5, D10).

`sanitise` treats a part of a mail, `recode` a picture inside a document.  `read` decodes and reports, `write` encodes,
`extent` says where a picture ends, `heif` treats HEIC.  Vector pictures (EMF, WMF, EPS, SVG) are not here.
"""

from __future__ import annotations

from sanitizers.image.recode import MEDIA_TYPES, Recoded, recode, sanitise

__all__ = ["MEDIA_TYPES", "Recoded", "recode", "sanitise"]

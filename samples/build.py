"""`python samples/build.py OUT`: makes every sample below OUT and OUT/MANIFEST.tsv; the same bytes on every run.

Nothing here is a vendor's file or live malware: marks are words, the EICAR string is put together at run time.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script from anywhere

from samples import appointment, container, drawing, letter, office, outlook, picture, portable, prose
from samples.sample import Sample

_COLUMNS = ("path", "row", "about", "verdict", "canary", "size", "sha256")


def samples() -> Iterator[Sample]:
    """Every sample there is, benign ones first within each kind."""
    for kind in (office, portable, picture, prose, container, letter, outlook, appointment, drawing):
        yield from kind.samples()


def build(out: Path) -> int:
    """Writes all files and the manifest; answers how many."""
    rows = ["\t".join(_COLUMNS)]
    for sample in samples():
        path = out / sample.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
        digest = hashlib.sha256(sample.content).hexdigest()
        size = str(len(sample.content))
        rows.append("\t".join((sample.path, sample.row, sample.about, sample.verdict, sample.canary, size, digest)))
    (out / "MANIFEST.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return len(rows) - 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python samples/build.py OUT")
    print(f"{build(Path(sys.argv[1]))} samples in {sys.argv[1]}")

"""`python -m tests.fuzz TARGET [libFuzzer options]`, for example `python -m tests.fuzz pdf -max_total_time=600`.

Starts from the samples of the target's kind and from what is kept; new inputs go to `var/fuzz/TARGET`, a crash to the working
directory: move it to `tests/fuzz/corpus/TARGET/` under a name that says what was wrong, then mend.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sanitizers"], enable_loader_override=False):
    from samples.build import samples
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
_SUFFIXES = {"archive": ".zip", "structure": ".eml", "mail": ".eml", "picture": ".png", "calendar": ".ics", "tnef": ".dat"}


def main() -> None:
    target = sys.argv[1] if len(sys.argv) > 1 else ""
    if target not in TARGETS:
        sys.exit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    found = Path("var/fuzz") / target
    found.mkdir(parents=True, exist_ok=True)
    suffix = _SUFFIXES.get(target, f".{target}")
    for number, sample in enumerate(each for each in samples() if each.path.endswith(suffix)):
        (found / f"sample-{number}").write_bytes(sample.content)
    kept = [str(CORPUS / target)] if (CORPUS / target).is_dir() else []
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(found), *kept], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""The task DRAW: a pruned SVG to PNG, by resvg (MPL-2.0, binding MIT), for a worker that can read fonts and nothing else.

resvg runs no script, fetches nothing and shows no animation; what it can read is the lock's decision.  It aborts the process
where memory or stack end, which the supervisor takes for what it is.  Raises Refused(CORRUPT).
"""

from __future__ import annotations

import resvg_py

from sanitizers.lock import FONTS
from sanitizers.model import Outcome, Reason, Refused, Verdict

_PROPORTIONAL, _FIXED = "IPAPGothic", "IPAGothic"  # package fonts-ipafont-gothic; also for every font that is not there


def draw(content: bytes) -> Outcome:
    """`content` must be of `prune`, which bounds what it costs."""
    try:
        drawn = resvg_py.svg_to_bytes(
            svg_string=content.decode(),
            skip_system_fonts=True,  # fontconfig's own files can not be read
            font_dirs=[FONTS],
            font_family=_PROPORTIONAL,
            serif_family=_PROPORTIONAL,
            sans_serif_family=_PROPORTIONAL,
            cursive_family=_PROPORTIONAL,
            fantasy_family=_PROPORTIONAL,
            monospace_family=_FIXED,
            languages=["ja", "en"],
        )
    except ValueError as error:
        raise Refused(Reason.CORRUPT, f"SVG: {error}") from error
    return Outcome(Verdict.CLEAN, "image/svg+xml", drawn, "image/png", "drawing.png")

"""`python -m tests.mutation MODULE TEST...`: the rejections of MODULE that none of the tests would miss."""

from __future__ import annotations

import sys

from tests.mutation.survivors import raises, survivors

module, *tests = sys.argv[1:]
alive = survivors(module, tests)
print(f"{module}: {len(raises(module)) - len(alive)} of {len(raises(module))} rejections are tested")
print(*(f"  line {line} is missed by nobody" for line in alive), sep="\n")
sys.exit(bool(alive))

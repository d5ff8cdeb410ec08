"""Runs tests once for each raise of a module, without it; answers the lines that no test missed."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def raises(module: str) -> list[int]:
    """Lines of every `raise NAME(...)`; a bare `raise` hands on what somebody else rejected."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin
    return [
        node.lineno for node in ast.walk(ast.parse(Path(spec.origin).read_text())) if isinstance(node, ast.Raise) and node.exc
    ]


def survivors(module: str, tests: Sequence[str]) -> list[int]:
    lines = raises(module)
    command = [sys.executable, "-W", "ignore", "-m", "tests.mutation.nursery", module, json.dumps(lines), *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])
    return [line for line, code in zip(lines, json.loads(done.stdout), strict=True) if code == 0]

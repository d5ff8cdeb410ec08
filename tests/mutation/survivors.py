"""Runs tests once for each raise of a module, without it; answers the lines that no test missed."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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


def survives(module: str, line: int, tests: Sequence[str]) -> bool:
    """With `line` 0 nothing is taken away."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "tests.mutation.plugin",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "MUGAI_MUTANT": f"{module}:{line}" if line else "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*command, *tests], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{module}:{line}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.returncode == 0


def survivors(module: str, tests: Sequence[str]) -> list[int]:
    if not survives(module, 0, tests):
        raise RuntimeError(f"{' '.join(tests)}: fails without any mutant")
    lines = raises(module)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        alive = list(pool.map(lambda line: survives(module, line, tests), lines))
    return [line for line, lives in zip(lines, alive, strict=True) if lives]

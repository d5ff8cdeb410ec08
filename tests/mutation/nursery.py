"""`python -m tests.mutation.nursery MODULE LINES TEST...`: pytest's exit code for each mutant, as JSON.

A process of its own for each, forked from one that has read the libraries already: to read them took longer than the tests.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
from contextlib import suppress
from functools import partial

import pytest

from tests.mutation.mutant import without

OURS = ("gateway", "sanitizers", "samples", "tests")  # may hold the module, or what it gave them
SECONDS = 300  # for one mutant: it may never end
CODES = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def _run(module: str, tests: list[str], line: int) -> tuple[int, list[str]]:
    """Exit code, and what was imported.  With `line` 0 nothing is taken away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if line:
        without(module, line)
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests])
    if code not in CODES:
        raise RuntimeError(f"{module}:{line}: pytest ended with {code}")
    return int(code), sorted(sys.modules)


def main(module: str, lines: str, *tests: str) -> None:
    run = partial(_run, module, list(tests))
    with multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        code, imported = pool.apply_async(run, [0]).get(SECONDS)
    if code != 0:
        sys.exit(f"{' '.join(tests)}: fails without any mutant")
    for name in imported:
        if name.partition(".")[0] not in OURS:
            with suppress(ImportError):
                importlib.import_module(name)
    with multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        waiting = [pool.apply_async(run, [line]) for line in json.loads(lines)]
        print(json.dumps([each.get(SECONDS)[0] for each in waiting]))


if __name__ == "__main__":
    main(*sys.argv[1:])

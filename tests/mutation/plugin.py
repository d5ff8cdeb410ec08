"""`pytest -p tests.mutation.plugin` with MUGAI_MUTANT=module:line imports `module` without the raise that stands in `line`."""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
from types import CodeType, ModuleType
from typing import Any

_MODULE, _, _LINE = os.environ.get("MUGAI_MUTANT", "").partition(":")


class _Without(ast.NodeTransformer):
    def __init__(self, line: int):
        self.line, self.hits = line, 0

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if node.lineno != self.line:
            return node
        self.hits += 1
        return ast.copy_location(ast.Pass(), node)


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:  # never from or into the bytecode cache
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        without = _Without(int(_LINE))
        tree = without.visit(ast.parse(data, path))
        assert without.hits == 1, f"no raise in line {_LINE} of {_MODULE}"
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder:
    @staticmethod
    def find_spec(name: str, path: Any, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == _MODULE else None
        if spec is not None and spec.origin:
            spec.loader = _Loader(name, spec.origin)
        return spec


if _MODULE:
    sys.meta_path.insert(0, _Finder())

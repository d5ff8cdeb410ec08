"""A module without one of its raises: `without` is said before anybody has imported it."""

from __future__ import annotations

import ast
import importlib.machinery
import sys
from types import CodeType, ModuleType
from typing import Any


class _Without(ast.NodeTransformer):
    def __init__(self, line: int):
        self.line, self.hits = line, 0

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if node.lineno != self.line:
            return node
        self.hits += 1
        return ast.copy_location(ast.Pass(), node)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, line: int):
        super().__init__(name, path)
        self.line = line

    def get_code(self, fullname: str) -> CodeType:  # never from or into the bytecode cache
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        without = _Without(self.line)
        tree = without.visit(ast.parse(data, path))
        assert without.hits == 1, f"no raise in line {self.line} of {self.name}"
        return compile(tree, path, "exec", dont_inherit=True)


def without(module: str, line: int) -> None:
    assert module not in sys.modules

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
            spec = importlib.machinery.PathFinder.find_spec(name, path) if name == module else None
            if spec is not None and spec.origin:
                spec.loader = _Loader(name, spec.origin, line)
            return spec

    sys.meta_path.insert(0, Finder())

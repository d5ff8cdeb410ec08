"""The walk: each dictionary and stream that is reachable, with the type it is reached as, cut down to the keys of that type.

An object reached as two types keeps only what both allow, so that no key hides behind the more generous one.  Iterative, each
(object, type) once: neither depth nor cycles matter, and `NODES` bounds the rest.  Raises Refused(LIMIT_PARTS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pikepdf import Array, Dictionary, Name, Object, Stream

from sanitizers.model import Reason, Refused, Treatment
from sanitizers.pdf import annotation, content, grammar, link, picture
from sanitizers.pdf.scope import ObjectId, Scope, is_numbers, is_plain, shown

NODES = 500_000  # dictionaries and streams; a 2,000 page report has 60,000, and each costs some microseconds
_DIRECT = (0, 0)
_COMPOSED = (Dictionary, Stream, Array)

_SILENT = frozenset({"/Parent", "/P", "/Popup", "/IRT", "/RT", "/DL"})  # say again what stands elsewhere
_MATRIX = [0.001, 0, 0, 0.001, 0, 0]  # glyph space of 1000 units, what a Type 3 font means when its own matrix is no matrix


class Pruner:
    """One per document; call `prune` once for each root."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._seen: set[tuple[ObjectId, str]] = set()
        self._nodes = 0
        self._before: dict[str, Callable[[Object, str, Scope], None]] = {
            "Page": annotation.select,
            "XObject": picture.rebuild,
            "XObjects": picture.select,
            "Content": content.check,
            "Pattern": content.check,
        }

    def prune(self, root: Object, kind: str, where: str) -> None:
        pending: list[tuple[Object, str]] = [(root, kind)]
        while pending:
            node, kind = pending.pop()
            if not self._is_new(node, kind):
                continue
            if isinstance(node, Array):
                pending.extend((item, kind) for item in node if isinstance(item, _COMPOSED))
            else:
                pending.extend(self._cut(node, kind, where))

    def _is_new(self, node: Object, kind: str) -> bool:
        identity = node.objgen
        if identity != _DIRECT:
            if (identity, kind) in self._seen:
                return False
            self._seen.add((identity, kind))
        self._nodes += 1
        if self._nodes > NODES:
            raise Refused(Reason.LIMIT_PARTS, f"more than {NODES} objects")
        return True

    def _cut(self, node: Object, kind: str, where: str) -> Iterator[tuple[Object, str]]:
        """Remove from one dictionary what its type does not know; yields the values to look at next."""
        if isinstance(node, Stream):
            kind = grammar.STREAMS.get(kind, kind)
            picture.check(node, where, self._scope)
        table = grammar.TYPES[kind]
        if prepare := self._before.get(kind):
            prepare(node, where, self._scope)
        any_key = table.get(grammar.ANY)
        for key in sorted(node.keys()):
            rule = table.get(key, any_key)
            if rule in grammar.TYPES:
                child = node[key]
                if isinstance(child, _COMPOSED):
                    yield child, rule
            elif not self._keeps(node, key, rule, where):
                self._drop(node, key, kind, where)

    def _keeps(self, node: Object, key: str, rule: str | None, where: str) -> bool:
        """Whether the value is what `rule` says; places and actions are made anew."""
        value = node[key]
        if key == "/Type" and rule == grammar.LEAF:
            return isinstance(value, Name) and str(value) in grammar.SELF
        if rule == grammar.LEAF:
            return is_plain(value)
        if rule == grammar.NUMBERS:
            return is_numbers(value)
        if rule == grammar.MATRIX:
            return isinstance(value, Array) and len(value) == 6 and is_numbers(value, depth=0)
        if rule == grammar.FIELD:
            return isinstance(value, Dictionary) and value.objgen in self._scope.fields
        if rule == grammar.DESTINATION and (place := link.destination(value, self._scope)) is not None:
            node[key] = place
            return True
        if rule == grammar.ACTION and (act := link.action(value, where, self._scope)) is not None:
            node[key] = act
            return True
        return False

    def _drop(self, node: Object, key: str, kind: str, where: str) -> None:
        if key == "/Length":
            return  # of a stream: written by qpdf
        del node[key]
        if key not in _SILENT and not (key == "/A" and kind == "Annotation"):  # that one `link` has reported by name
            self._scope.findings.add(grammar.reported_as(key), where, f"{shown(key)} in {kind}", Treatment.REMOVED)
        if key == "/FontMatrix" and node.get("/Subtype") == Name.Type3:
            node[key] = Array(_MATRIX)

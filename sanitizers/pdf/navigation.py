"""Bookmarks, named places and page numbers, made anew: no action but GoTo and allowed addresses, no page outside the page tree.

PDF 32000-1 12.3.3 (outline), 12.3.2.3 (named destinations), 12.4.2 (page labels), 7.9.6 (name trees), 7.9.7 (number trees).
"""

from __future__ import annotations

from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Object, String

from sanitizers.model import Reason, Refused
from sanitizers.pdf import link
from sanitizers.pdf.scope import ObjectId, Scope, is_numbers

_ITEMS = 100_000  # bookmarks, or leaves of one tree
_DEPTH = 32
_STYLES = frozenset({Name.D, Name.R, Name.r, Name.A, Name.a})


def outline(root: object, scope: Scope) -> Object | None:
    """A new outline with the same titles, targets and open branches; None if nothing is in it."""
    if not isinstance(root, Dictionary):
        return None
    fresh = scope.pdf.make_indirect(Dictionary(Type=Name.Outlines))
    return fresh if _branch(root, fresh, scope, set(), _DEPTH) else None


def _branch(old: Object, new: Object, scope: Scope, seen: set[ObjectId], depth: int) -> int:
    """Copy the children of `old` under `new`; answers how many there are."""
    items: list[Object] = []
    for item in _siblings(old.get("/First"), seen):
        bookmark = scope.pdf.make_indirect(_bookmark(item, scope))
        bookmark["/Parent"] = new
        if items:
            bookmark["/Prev"], items[-1]["/Next"] = items[-1], bookmark
        items.append(bookmark)
        below = _branch(item, bookmark, scope, seen, depth - 1) if depth else 0
        if below:
            closed = isinstance(item.get("/Count"), int) and int(item["/Count"]) < 0
            bookmark["/Count"] = -below if closed else below
    if items:
        new["/First"], new["/Last"] = items[0], items[-1]
    return len(items)


def _siblings(item: object, seen: set[ObjectId]) -> Iterator[Object]:
    while isinstance(item, Dictionary) and item.objgen not in seen:
        if item.is_indirect:
            seen.add(item.objgen)
        if len(seen) > _ITEMS:
            raise Refused(Reason.LIMIT_PARTS, f"more than {_ITEMS} bookmarks")
        yield item
        item = item.get("/Next")


def _bookmark(item: Object, scope: Scope) -> Object:
    title, colour, style = item.get("/Title"), item.get("/C"), item.get("/F")
    fresh = Dictionary(Title=title if isinstance(title, String) else String(""))
    if isinstance(colour, Array) and is_numbers(colour):
        fresh["/C"] = colour
    if isinstance(style, int):
        fresh["/F"] = style
    target = link.destination(item.get("/Dest"), scope)
    if target is not None:
        fresh["/Dest"] = target
    elif "/A" in item and (act := link.action(item["/A"], "Outlines", scope)) is not None:
        fresh["/A"] = act
    return fresh


def named_places(names: object, scope: Scope) -> Object | None:
    """A new /Names with a flat /Dests tree and no other tree (scripts, files, pages); None if there are no places."""
    found: dict[bytes, Object] = {}
    if isinstance(names, Dictionary):
        for key, value in _leaves(names.get("/Dests"), "/Names"):
            if isinstance(key, String) and (place := link.destination(value, scope)) is not None:
                found.setdefault(bytes(key), place)
    if not found:
        return None
    leaves = [item for key in sorted(found) for item in (String(key), found[key])]
    return Dictionary(Dests=scope.pdf.make_indirect(Dictionary(Names=Array(leaves))))


def places_of_pdf11(dests: object, scope: Scope) -> Object | None:
    """The /Dests dictionary of PDF 1.1, whose keys are names."""
    if not isinstance(dests, Dictionary):
        return None
    fresh = Dictionary()
    for key in sorted(dests.keys()):
        if (place := link.destination(dests[key], scope)) is not None:
            fresh[key] = place
    return fresh


def page_labels(tree: object, scope: Scope) -> Object | None:
    """A flat number tree of label dictionaries (style, prefix, first number)."""
    numbers: dict[int, Object] = {}
    for key, value in _leaves(tree, "/Nums"):
        if isinstance(key, int) and isinstance(value, Dictionary):
            numbers.setdefault(key, _label(value))
    return Dictionary(Nums=Array([item for key in sorted(numbers) for item in (key, numbers[key])])) if numbers else None


def _label(value: Object) -> Object:
    fresh = Dictionary()
    if value.get("/S") in _STYLES:
        fresh["/S"] = value["/S"]
    if isinstance(value.get("/P"), String):
        fresh["/P"] = value["/P"]
    if isinstance(value.get("/St"), int):
        fresh["/St"] = value["/St"]
    return fresh


def _leaves(root: object, key: str) -> Iterator[tuple[object, object]]:
    """Pairs of a name or number tree in order; each node once."""
    pending, seen, count = [root], set[ObjectId](), 0
    while pending:
        node = pending.pop()
        if not isinstance(node, Dictionary) or node.objgen in seen:
            continue
        if node.is_indirect:
            seen.add(node.objgen)
        pairs, kids = node.get(key), node.get("/Kids")
        if isinstance(pairs, Array):
            items = list(pairs)
            count += len(items)
            if count > 2 * _ITEMS:
                raise Refused(Reason.LIMIT_PARTS, f"more than {_ITEMS} leaves in a tree")
            yield from zip(items[::2], items[1::2], strict=False)
        if isinstance(kids, Array):
            pending.extend(reversed(list(kids)))

"""Finding one's way in a rebuilt Office package: main part, and the parts that hold text, in the order they are referred to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sanitizers.model import Limits
from sanitizers.ooxml import opc, xml
from sanitizers.ooxml.parts import MAIN_TYPES

_DOCUMENTS = {main.extension: main for main in MAIN_TYPES.values()}


@dataclass(frozen=True, slots=True)
class TextPart:
    """`kind` is the last segment of the relationship's type; `name` the key of the part."""

    id: str
    kind: str
    name: str
    root: xml.Element


class Package:
    def __init__(self, content: bytes, limits: Limits) -> None:
        self._package = opc.Package(content, limits)

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Media type and content of each document inside this one."""
        for name in self._package:
            main = _DOCUMENTS.get(name.rpartition(".")[2])
            if main and name.startswith("embeddings/"):
                yield main.media_type, self._package.read(name)

    def main(self) -> TextPart:
        (found,) = self.related("", frozenset({"officeDocument"}))
        return found

    def related(self, name: str, kinds: frozenset[str]) -> Iterator[TextPart]:
        for relationship in self._package.relationships(name):
            if relationship.kind in kinds and not relationship.external and relationship.target in self._package:
                target = relationship.target
                root = xml.parse(self._package.read(target), target)
                yield TextPart(relationship.id, relationship.kind, target, root)


def reference(element: xml.Element) -> str:
    """The relationship that an element names (r:id), Transitional or Strict."""
    for key, value in element.attrib.items():
        if str(key).startswith("{") and str(key).endswith("/relationships}id"):
            return str(value)
    return ""

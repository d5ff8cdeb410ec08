"""A package built anew from what its documents show: text, styles, settings, pictures and embedded documents (D2, D3).

A document is the four XML members of one folder; an embedded one is a document in a folder of its own, treated by the
same rules.  What no document shows does not exist in the output.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from sanitizers.image import Recoded
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Reason, Refused, Switches, Treatment, Verdict
from sanitizers.odf import content, meta, reference
from sanitizers.odf.allowlist import MATH, OFFICE, tags
from sanitizers.odf.package import NewPackage, Package
from sanitizers.odf.prune import forget_namespaces, prune
from sanitizers.ooxml import media, xml

OPEN = "application/vnd.oasis.opendocument."
BODIES = {
    f"{{{OFFICE}}}{body}": OPEN + kind
    for body, kind in (
        ("text", "text"),
        ("spreadsheet", "spreadsheet"),
        ("presentation", "presentation"),
        ("drawing", "graphics"),
        ("chart", "chart"),
    )
}
FLAT = f"{{{OFFICE}}}document"
_CONTENT, _STYLES, _SETTINGS, _META = tags(OFFICE, "document-content", "document-styles", "document-settings", "document-meta")
_MATH = f"{{{MATH}}}math"
_BODY, _VERSION = f"{{{OFFICE}}}body", f"{{{OFFICE}}}version"
_METAS, _SETTINGS_OF = f"{{{OFFICE}}}meta", f"{{{OFFICE}}}settings"
_ROOTS = {"content.xml": (_CONTENT, _MATH), "styles.xml": (_STYLES,), "settings.xml": (_SETTINGS,), "meta.xml": (_META,)}
_PLAIN_VERSION = re.compile(r"1\.[0-9]")
_DEEPEST = 3  # documents in documents: a chart in a sheet in a slide


@dataclass(slots=True)
class Rebuild:
    """One document on its way, with all that is embedded in it."""

    limits: Limits
    switches: Switches
    findings: Findings

    def package(self, source: Package) -> tuple[bytes, str]:
        """The new package, and the media type that its body has."""
        target = NewPackage()
        media_type, version = _Folder(self, source, target, "", "").settle()
        for name, kind in source.unread():
            self.findings.add(kind, name, "not shown by the document", Treatment.REMOVED)
        return target.write(media_type, version), media_type

    def flat(self, source: bytes) -> tuple[bytes, str]:
        """A document that is a single XML file (3.1.2), and the media type of its body."""
        root = xml.parse(source, "document")
        if root.tag != FLAT:
            raise Refused(Reason.CORRUPT, f"root element {root.tag}")
        self.clean(root, "document", _Nowhere())
        return xml.serialise(root), _media_type(root)

    def clean(self, root: xml.Element, where: str, around: reference.Surroundings) -> None:
        """The same rules for every tree, whichever member it is."""
        content.before(root, where, self.switches, self.findings)
        for properties in list(root.iter(_METAS)):
            meta.settle_properties(properties, where, self.switches, self.findings)
        for settings in list(root.iter(_SETTINGS_OF)):
            meta.settle_settings(settings, where, self.findings)
        prune(root, where, self.findings)
        content.after(root, where, self.switches, self.findings)
        reference.settle(root, where, around, self.limits, self.switches, self.findings)
        forget_namespaces(root)  # once more, for what the last rules took out


@dataclass(slots=True)
class _Folder:
    """One document of a package.  `old` and `new` are its folders, "" or ending in a slash."""

    rebuild: Rebuild
    source: Package
    target: NewPackage
    old: str
    new: str
    depth: int = 0
    _pictures: dict[str, Recoded] = field(default_factory=dict)  # by member
    _kept: dict[bytes, str] = field(default_factory=dict)  # by content
    _documents: dict[str, str] = field(default_factory=dict)  # by member folder

    def settle(self) -> tuple[str, str]:
        """Write all members of this document; its media type and ODF version ("" before 1.2)."""
        main = self._member("content.xml")
        media_type = _media_type(main)
        if media_type == OPEN + "formula":
            names: tuple[str, ...] = ("settings.xml",)
        else:
            names = ("styles.xml", "settings.xml")
        for name in names:
            if self.old + name in self.source:
                self._member(name)
        if not self.old and "meta.xml" in self.source:
            self._properties()
        version = main.get(_VERSION, "")
        return media_type, version if _PLAIN_VERSION.fullmatch(version) and version > "1.1" else ""

    def _properties(self) -> None:
        """LibreOffice opens a document whose properties are broken, and shows none."""
        try:
            self._member("meta.xml")
        except Refused as refusal:
            if refusal.reason is not Reason.CORRUPT:
                raise
            self.rebuild.findings.add(Kind.METADATA, "meta.xml", refusal.detail, Treatment.REMOVED)

    def _member(self, name: str) -> xml.Element:
        where = self.old + name
        root = xml.parse(self.source.read(where), where)
        if root.tag not in _ROOTS[name]:
            raise Refused(Reason.CORRUPT, f"{where}: root element {root.tag}")
        self.rebuild.clean(root, where, self)
        self.target.add(self.new + name, xml.serialise(root), "text/xml")
        return root

    def picture(self, href: str) -> Recoded | None:
        member = self._resolve(href)
        if member not in self.source:
            return None
        if member not in self._pictures:
            self._pictures[member] = media.recode(self.source.read(member), member, self.rebuild.limits, self.rebuild.findings)
        return self._pictures[member]

    def keep(self, picture: Recoded) -> str:
        if picture.content not in self._kept:
            name = f"Pictures/{len(self._kept) + 1}.{picture.extension}"
            self._kept[picture.content] = name
            self.target.add(self.new + name, picture.content, picture.media_type)
        return self._kept[picture.content]

    def document(self, href: str) -> str:
        folder = self._resolve(href) + "/"
        if folder + "content.xml" not in self.source or self.depth >= _DEEPEST:
            return ""
        if folder not in self._documents:
            self._documents[folder] = self._embed(folder, f"Object {len(self._documents) + 1}")
        return self._documents[folder]

    def _embed(self, folder: str, name: str) -> str:
        """An embedded document that is refused is dropped like any other object; only a cap holds the whole."""
        inner = _Folder(self.rebuild, self.source, NewPackage(), folder, f"{self.new}{name}/", self.depth + 1)
        try:
            media_type, _ = inner.settle()
        except Refused as refusal:
            if refusal.reason not in (Reason.CORRUPT, Reason.FORBIDDEN_CONSTRUCT):
                raise
            self.rebuild.findings.add(Kind.EMBEDDED_OBJECT, folder, refusal.detail, Treatment.REMOVED)
            return ""
        self.target.types[inner.new] = media_type
        self.target.members |= inner.target.members
        self.target.types |= inner.target.types
        return f"./{name}"

    def _resolve(self, href: str) -> str:
        """The member that a relative reference names; "" for what leads out of this document's folder."""
        path = posixpath.normpath(href)
        return "" if path.startswith(("/", "..")) or path == "." or ":" in path else self.old + path


class _Nowhere:
    """Around a flat document there is no package: what is not inline is elsewhere."""

    def picture(self, href: str) -> Recoded | None:
        return None

    def keep(self, picture: Recoded) -> str:
        return ""

    def document(self, href: str) -> str:
        return ""


def _media_type(root: xml.Element) -> str:
    """By the one body that the document has; a formula is a body of its own."""
    if root.tag == _MATH:
        return OPEN + "formula"
    bodies = [BODIES.get(child.tag, "") for body in root.findall(_BODY) for child in body]
    if len(bodies) != 1 or not bodies[0]:
        raise Refused(Reason.CORRUPT, f"{len(bodies)} bodies", Verdict.FAILED)
    return bodies[0]

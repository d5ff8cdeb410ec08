"""A package built anew from what can be reached from its main part over allowed relationships (D2, D3).

One pass, breadth first: a part is parsed, pruned, its references are compared with the relationships that may stay, and
only the parts that are still named are visited.  What is not reached does not exist in the output.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from sanitizers import conversion, zip_strict
from sanitizers.detect.container import inside_ole
from sanitizers.detect.signature import OLE
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Method, Reason, Refused, Switches, Treatment, Verdict
from sanitizers.ooxml import gate, links, media, opc, properties, sheet, slide, word, xml
from sanitizers.ooxml.embedded import Document, Objects
from sanitizers.ooxml.opc import Package, Relationship, WrittenPart
from sanitizers.ooxml.parts import MAIN_TYPES, PART_TYPES, MainType
from sanitizers.ooxml.prune import prune, resolve, settle_prefixes
from sanitizers.ooxml.relationships import DERIVED, NAMED, RELATIONSHIP_TYPES, dropped_kind

_OWN = (*properties.KINDS, "officeDocument")
_COMMENTS = ("comments", "commentsExtended", "threadedComment", "commentAuthors", "person")
_CHARTS = ("chart", "chartEx")  # a broken one costs itself and not the document
_EMBEDDING = ("package", "oleObject")
_KINDS = {"hyperlink": Kind.HYPERLINK} | dict.fromkeys(_COMMENTS, Kind.COMMENT)


@dataclass(slots=True)
class Room:
    """What is left of the limits: documents inside one another count together."""

    limits: Limits
    conversions: int = 6  # of old documents


@dataclass(slots=True)
class Rebuild:
    """One document on its way.  `_names` has the name in the output for the key of each XML part that was admitted."""

    package: Package
    job: Job
    findings: Findings
    room: Room
    depth: int = 0
    switches: Switches = field(init=False)
    _pictures: media.Pictures = field(init=False)
    _names: dict[str, str] = field(default_factory=dict)
    _documents: dict[str, Document | None] = field(default_factory=dict)  # by key, None where it could not be rebuilt
    _placed: dict[str, str] = field(default_factory=dict)  # the name in the output of those that an object holds
    _stems: dict[str, str] = field(default_factory=dict)  # likewise, of pictures, without their extensions
    _roots: dict[str, str] = field(default_factory=dict)
    _written: list[WrittenPart] = field(default_factory=list)
    _todo: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.switches = self.job.profile.switches.office
        self._pictures = media.Pictures(self.job, self.findings)
        self.room.limits = self.package.left(self.room.limits)

    def run(self) -> tuple[bytes, MainType]:
        """The new package; raises `Refused` when there is no main part that we know."""
        main = self._main()
        main_type = MAIN_TYPES.get(self._root(main.target))
        if main_type is None:
            raise Refused(Reason.TYPE_NOT_ALLOWED, f"main part {main.target}", Verdict.WITHHELD)
        start = Relationship(main.id, main.type, self._admit(main.target), external=False)
        while self._todo:
            self._part(self._todo.popleft())
        core, core_relationship = properties.rebuild(self.package, self.switches, self.findings)
        return opc.write([*self._with_pictures(), core], (start, core_relationship)), main_type

    def _with_pictures(self) -> list[WrittenPart]:
        """What a picture is called is known when it has been drawn."""
        names, pictures = dict[str, str](), list[WrittenPart]()
        for key, picture in self._pictures.all().items():
            names[self._stems[key]] = name = f"{self._stems[key]}.{picture.extension}"
            pictures.append(WrittenPart(name, picture.media_type, picture.content, ()))
        return [*(part.renamed(names) for part in self._written), *pictures]

    def _main(self) -> Relationship:
        roots = self.package.relationships("")
        main = [r for r in roots if RELATIONSHIP_TYPES.get(r.type) == "officeDocument" and not r.external]
        for relationship in roots:
            if relationship.kind not in _OWN:
                self._report(relationship, "")
        if len(main) != 1:
            raise Refused(Reason.AMBIGUOUS if main else Reason.CORRUPT, f"{len(main)} main parts")
        if main[0].target not in self.package:
            raise Refused(Reason.CORRUPT, "the main part is missing")
        return main[0]

    def _part(self, key: str) -> None:
        """Clean one part, and admit those that it still needs."""
        name = self._names[key]
        kept = {r.id: r for r in self.package.relationships(key) if self._stays(r, name)}
        content, used = self._clean(key, name, kept)
        for unused in [r for r in kept.values() if r.kind in _EMBEDDING and r.id not in used]:
            self._report(unused, name)
        relationships = tuple(self._target(r) for r in kept.values() if r.id in used or r.kind not in NAMED)
        content_type = PART_TYPES[self._root(key)].content_type
        self._written.append(WrittenPart(name, content_type, zip_strict.pack(content), relationships))

    def _clean(self, key: str, name: str, kept: dict[str, Relationship]) -> tuple[bytes, set[str]]:
        """The part without what may not stay, and the relationships that it still names."""
        content = self._read(key)
        try:
            part = gate.parse(content, name)
            used = self._judge(part, key, name, kept)
        except gate.Unproven:
            part = gate.whole(content, name)
            used = self._judge(part, key, name, kept)
        return part.joined(name, self.findings), used

    def _judge(self, part: gate.Gated, key: str, name: str, kept: dict[str, Relationship]) -> set[str]:
        """Every rule runs on every part: pictures, links and formulas turn up in each kind of document."""
        root = part.root
        if root.tag != self._root(key):
            raise Refused(Reason.AMBIGUOUS, f"{name} has two roots")
        embedded = {r.id: r.target for r in kept.values() if r.kind in _EMBEDDING}
        objects = Objects(lambda identifier: self._document(embedded[identifier]) if identifier in embedded else None)
        word.before(root, name, self.switches, self.findings, objects)
        sheet.before(root, name, self.switches, self.findings, kept)
        sheet.hold_objects(root, name, self.findings, objects, lambda shape: self._drawn(shape, kept) is not None)
        slide.before(root, name, self.findings, objects, lambda shape: self._preview(shape, kept))
        objects.hold_sources(root)
        links.neutralise_actions(root, name, self.findings)
        links.neutralise_styles(root, name, self.findings)
        references = prune(root, name, self.findings)
        word.after(root, name, self.switches, self.findings)
        sheet.after(root, name, self.switches, self.findings)
        used = resolve(references, root, kept) | objects.restore(root)
        slide.after(root, name, self.switches, self.findings)
        settle_prefixes(root, part.prefixes)
        return used

    def _preview(self, shape: str, kept: dict[str, Relationship]) -> str:
        """A new relationship to the picture that a part's old drawing has for a shape; "" if it has none."""
        picture = self._drawn(shape, kept)
        if picture is None:
            return ""
        added = replace(picture, id=f"rIdPreview{len(kept)}")
        kept[added.id] = added
        return added.id

    def _drawn(self, shape: str, kept: dict[str, Relationship]) -> Relationship | None:
        """From a part's old drawing to the picture that it has for a shape."""
        for drawing in [r for r in kept.values() if r.kind == "vmlDrawing"]:
            wanted = slide.shown(xml.parse(self._read(drawing.target), drawing.target), shape)
            for picture in self.package.relationships(drawing.target):
                if picture.id == wanted and picture.kind == "image" and self._stays(picture, drawing.target):
                    return picture
        return None

    def _stays(self, relationship: Relationship, source: str) -> bool:
        """May this relationship stand in the output?  What may not is reported."""
        kind = RELATIONSHIP_TYPES.get(relationship.type, "")
        if relationship.external:
            stays = kind == "hyperlink" and bool(self.switches.hyperlinks) and bool(links.rebuilt(relationship.target))
        elif kind in ("", "hyperlink") or (kind in _COMMENTS and not self.switches.comments):
            stays = False
        elif relationship.target not in self.package:
            return False  # leads nowhere: nothing is lost
        elif kind in _EMBEDDING:
            stays = self._may_embed(relationship.target, kind)
        elif kind == "slide" and not self.switches.hidden_sheets and self._is_hidden_slide(relationship.target):
            self.findings.add(Kind.HIDDEN_CONTENT, source, f"hidden slide {relationship.target}", Treatment.REMOVED)
            return False
        else:
            stays = kind == "image" or self._fits(relationship.target, kind)
        if not stays:
            self._report(relationship, source)
        return stays

    def _may_embed(self, key: str, kind: str) -> bool:
        """Is there something that could be a document, and does the profile want it?  An object has yet to name its program."""
        if not self.switches.embedded_files or self.job.profile.method is Method.IMAGE:
            return False
        return kind == "package" or inside_ole(self.package.read(key)) in conversion.OLD

    def _document(self, key: str) -> Document | None:
        """A document inside this one, rebuilt once; one that cannot be costs only itself, whatever the reason."""
        if key not in self._documents:
            self._documents[key] = self._rebuilt(key)
        return self._documents[key]

    def _rebuilt(self, key: str) -> Document | None:
        findings = Findings()
        try:
            if self.depth >= self.job.profile.limits.depth:
                raise Refused(Reason.LIMIT_DEPTH, f"more than {self.depth} documents inside one another")
            package = Package(self._as_package(key, findings), self.room.limits)
            content, main = Rebuild(package, self.job, findings, self.room, self.depth + 1).run()
        except Refused as refusal:
            self.findings.add(Kind.EMBEDDED_OBJECT, key, f"{refusal.reason}: {refusal.detail}", Treatment.REPLACED)
            return None
        for found in findings.all():
            self.findings.add(found.kind, f"{key}/{found.where}", found.detail, found.treatment)
        return Document(content, main)

    def _as_package(self, key: str, findings: Findings) -> bytes:
        """A document of Office 97 as LibreOffice converts it, which takes a second or two."""
        content = self.package.read(key)
        if not content.startswith(OLE):
            return content
        detected = inside_ole(content)
        if detected not in conversion.OLD or self.room.conversions == 0:
            raise Refused(Reason.TYPE_NOT_ALLOWED, f"{detected}, or too many old documents inside")
        self.room.conversions -= 1
        from sanitizers import legacy  # which rebuilds what it converts, and so begins with this package

        return legacy.converted(content, detected, self.job, findings)

    def _is_hidden_slide(self, key: str) -> bool:
        return slide.is_hidden(xml.parse(self.package.read(key), key))

    def _fits(self, key: str, kind: str) -> bool:
        """Is the part what the relationship says, and are the parts there that it is nothing without?"""
        if kind in _CHARTS and not self._is_whole(key):
            return False
        part_type = PART_TYPES.get(self._root(key))
        if part_type is None or kind not in part_type.relationships:
            return False
        if kind == "pivotCacheDefinition":
            return sheet.is_internal_cache(self.package.read(key), key)
        needed = [r for r in self.package.relationships(key) if r.kind == part_type.needs]
        return not part_type.needs or any(self._stays(r, key) for r in needed)

    def _is_whole(self, key: str) -> bool:
        """LibreOffice writes some charts of old workbooks twice and leaves the end of the longer one behind the other."""
        try:
            xml.parse(self._read(key), key)
        except Refused as refusal:
            if refusal.reason is Reason.CORRUPT:
                return False
            raise
        return True

    def _read(self, key: str) -> bytes:
        content = self.package.read(key)
        return links.mended(content, key) if key.endswith(".vml") else content

    def _root(self, key: str) -> str:
        if key not in self._roots:
            self._roots[key] = self._read_root(key)
        return self._roots[key]

    def _read_root(self, key: str) -> str:
        try:
            head = self._read(key) if key.endswith(".vml") else self.package.head(key)
            return xml.root_tag(head, key) or xml.root_tag(self.package.read(key), key, is_all=True)
        except Refused as refusal:
            if refusal.reason is Reason.CORRUPT and not key.endswith(".xml"):
                return ""  # a binary part behind an allowed relationship: no root, no place in the output
            raise

    def _admit(self, key: str) -> str:
        """The name of an XML part in the output; the part is visited once."""
        if key not in self._names:
            self._names[key] = self.package.name(key) or f"parts/part{len(self._names) + 1}.xml"
            self._todo.append(key)
        return self._names[key]

    def _admit_picture(self, key: str) -> str:
        if key not in self._stems:
            self._pictures.add(key, self.package.read(key))
            self._stems[key] = f"media/image{len(self._stems) + 1}"
        return self._stems[key]

    def _admit_document(self, key: str) -> str:
        if key not in self._placed:
            document = self._documents[key]
            assert document is not None  # an object holds it
            self._placed[key] = f"embeddings/document{len(self._placed) + 1}.{document.main.extension}"
            self._written.append(WrittenPart(self._placed[key], document.main.media_type, document.content, ()))
            self.findings.add(Kind.EMBEDDED_OBJECT, key, f"rebuilt, {document.program}", Treatment.KEPT)
        return self._placed[key]

    def _target(self, relationship: Relationship) -> Relationship:
        if relationship.external:
            return Relationship(relationship.id, relationship.type, links.rebuilt(relationship.target), external=True)
        if relationship.kind in _EMBEDDING:
            package = relationship.type.replace("/oleObject", "/package")
            return Relationship(relationship.id, package, self._admit_document(relationship.target), external=False)
        admit = self._admit_picture if relationship.kind == "image" else self._admit
        return Relationship(relationship.id, relationship.type, admit(relationship.target), external=False)

    def _report(self, relationship: Relationship, source: str) -> None:
        kind = RELATIONSHIP_TYPES.get(relationship.type, relationship.kind)
        if kind not in DERIVED:
            found = _KINDS.get(kind) or dropped_kind(kind, relationship.external)
            self.findings.add(found, source, f"{kind}: {relationship.target}", Treatment.REMOVED)

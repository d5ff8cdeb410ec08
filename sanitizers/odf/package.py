"""The package: members by path (ODF 1.3 part 2), read strictly and written anew.

The sender's manifest says nothing that the members do not say themselves, except that they are encrypted; it is not
parsed.  Raises `Refused`: what `zip_strict` raises, LOCKED for an encrypted document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from sanitizers import zip_strict
from sanitizers.model import Kind, Limits, Reason, Refused, Verdict
from sanitizers.ooxml import xml

_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_DERIVED = ("layout-cache", _MANIFEST, "mimetype")  # made anew by us or by the reader: nobody misses them
_KINDS = (  # first match, on the path without the folders of embedded documents
    ("Basic/", Kind.MACRO),
    ("Scripts/", Kind.MACRO),
    ("Dialogs/", Kind.MACRO),
    ("Configurations2/", Kind.RIBBON),
    ("Thumbnails/", Kind.METADATA),
    ("manifest.rdf", Kind.METADATA),
    ("meta.xml", Kind.METADATA),
    ("META-INF/", Kind.SIGNATURE),
    ("Fonts/", Kind.FONT),
    ("Media/", Kind.MULTIMEDIA),
    ("database/", Kind.DATA_CONNECTION),
    ("Versions/", Kind.HIDDEN_CONTENT),
    ("VersionList.xml", Kind.HIDDEN_CONTENT),
    ("ObjectReplacements/", Kind.EMBEDDED_OBJECT),
    ("Object", Kind.EMBEDDED_OBJECT),
    ("Pictures/", Kind.EMBEDDED_FILE),
)


class Package:
    """Members of a hostile package; remembers which of them were read."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self._members = {member.name: member for member in zip_strict.read(content, limits) if not member.is_directory}
        self._read = set(_DERIVED)
        if any(member.encrypted for member in self._members.values()) or self._is_encrypted():
            raise Refused(Reason.ENCRYPTED, "OpenDocument under a password", Verdict.LOCKED)

    def _is_encrypted(self) -> bool:
        """4.8.1: each encrypted member has an element of this name.  Were it hidden, its member would be no XML."""
        manifest = self._members.get(_MANIFEST)
        return manifest is not None and b"encryption-data" in manifest.read().replace(b"\0", b"")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """The content of a member; raises `Refused` when it is missing."""
        if name not in self._members:
            raise Refused(Reason.CORRUPT, f"no member {name}")
        self._read.add(name)
        return self._members[name].read()

    def unread(self) -> Iterator[tuple[str, Kind]]:
        """Every member that held something and was not needed, and what to call it."""
        for name, member in self._members.items():
            if member.size and name not in self._read and not name.endswith("/layout-cache"):
                inner = name[name.find("/") + 1 :] if name.startswith("Object ") and "/" in name else name
                yield name, next((kind for start, kind in _KINDS if inner.startswith(start)), Kind.UNKNOWN_CONSTRUCT)


@dataclass(slots=True)
class NewPackage:
    """What is going to be written: members in order, and the media type of each entry of the manifest."""

    members: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes, media_type: str) -> None:
        self.members[name], self.types[name] = content, media_type

    def write(self, media_type: str, version: str) -> bytes:
        """`mimetype` comes first and is stored, so that a look at the file's beginning tells its type (3.3)."""
        members = {"mimetype": media_type.encode(), **self.members, _MANIFEST: self._manifest(media_type, version)}
        return zip_strict.write(members.items(), lambda name: name == "mimetype" or zip_strict.is_packed(name))

    def _manifest(self, media_type: str, version: str) -> bytes:
        root = etree.Element(_name("manifest"), nsmap={"manifest": _MANIFEST_NAMESPACE})
        for path, entry_type in {"/": media_type, **self.types}.items():
            entry = etree.SubElement(root, _name("file-entry"), {_name("full-path"): path, _name("media-type"): entry_type})
            if version and path == "/":
                entry.set(_name("version"), version)
        if version:
            root.set(_name("version"), version)
        return xml.serialise(root)


def _name(local: str) -> str:
    return f"{{{_MANIFEST_NAMESPACE}}}{local}"

"""What is inside a ZIP or an OLE2 file, as far as its directory tells.

Reads names and, of a ZIP, two small members; unpacks nothing else.  Raises nothing: a container that cannot be read is
called by its outer type, and who rebuilds it refuses it with the reason.
"""

from __future__ import annotations

import io
import re
import struct

import olefile

from sanitizers import zip_strict
from sanitizers.model import Limits, Refused
from sanitizers.zip_strict import Member

ZIP_TYPE = "application/zip"
OLE_TYPE = "application/x-ole-storage"

_LARGEST_LOOK = 1 << 20  # a [Content_Types].xml is some KB; what is larger is not looked into
_MAIN = re.compile(r"""ContentType\s*=\s*["']([^"'<>]{1,200}?\.main(?:\+xml)?)["']""", re.IGNORECASE)
_OVERRIDE = re.compile(r"<(?:\w{1,40}:)?Override\b[^<>]{1,2000}>", re.IGNORECASE)
_MIMETYPE = re.compile(rb"application/[A-Za-z0-9.+-]{1,100}")
# The manifest's entry of the whole package, with its attributes in either order (ODF 1.3 part 2, 4.3)
_ENTRY_OF_ALL = re.compile(
    rb"""<[\w:]{0,40}file-entry\b(?=[^<>]{0,300}full-path=["']/["'])[^<>]{0,300}media-type=["']([^"']{1,120})["']"""
)

_ZIP_MEMBERS = (  # a member by which other ZIP-based formats give themselves away; the first that is there counts
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("AppxManifest.xml", "application/vnd.ms-appx"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("doc.kml", "application/vnd.google-earth.kmz"),
    ("FixedDocSeq.fdseq", "application/vnd.ms-xpsdocument"),
    ("FixedDocumentSequence.fdseq", "application/vnd.ms-xpsdocument"),
    ("Index/Document.iwa", "application/vnd.apple.iwork"),
    ("index.apxl", "application/vnd.apple.iwork"),
    ("META-INF/manifest.xml", "application/x-opendocument-package"),  # also extensions, which run on a double click
)

_OLE_ENTRIES = (  # in the root storage; what executes or is encrypted comes first
    ("EncryptedPackage", "application/x-ole-encrypted-package"),  # [MS-OFFCRYPTO] 2.3.4.4
    ("\tDRMContent", "application/x-ole-encrypted-package"),  # [MS-OFFCRYPTO] 2.2: rights management
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("PP40", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),  # [MS-OXMSG] 2.4
    ("VisioDocument", "application/vnd.visio"),
    ("Quill", "application/x-mspublisher"),
    ("Props9", "application/vnd.ms-project"),
    ("Props12", "application/vnd.ms-project"),
    ("Props14", "application/vnd.ms-project"),
    ("Props", "application/vnd.ms-project"),
    ("BodyText", "application/x-hwp"),
    ("DocumentText", "application/x-ichitaro"),
    ("JSCompDocument", "application/x-ichitaro"),  # compressed (.jtdc, .jttc)
    ("\x04JSRV_SegmentInformation", "application/x-ichitaro"),
    ("MatOST", "application/vnd.ms-works"),
    ("StarWriterDocument", "application/vnd.stardivision.writer"),
    ("StarCalcDocument", "application/vnd.stardivision.calc"),
    ("StarDrawDocument", "application/vnd.stardivision.draw"),
    ("StarDrawDocument3", "application/vnd.stardivision.draw"),
    ("Catalog", "application/x-thumbnail-cache"),
)
_INSTALLER_CLASSES = ("000C1084", "000C1086", "000C1082")  # .msi, .msp, .mst


def inside_zip(content: bytes) -> str:
    """OOXML by the content type of its main part (ECMA-376-2 10.1), OpenDocument by `mimetype`, others by a member."""
    try:
        members = {member.name.replace("\\", "/"): member for member in zip_strict.read(content, Limits())}
        lower = {name.lower() for name in members}
        if types := members.get("[Content_Types].xml"):
            return _open_packaging(_small(types), lower)
        if (mimetype := members.get("mimetype")) and _MIMETYPE.fullmatch(declared := _small(mimetype).strip()):
            return declared.decode()
        if "content.xml" in members and (manifest := members.get("META-INF/manifest.xml")):
            return _undeclared(_small(manifest))
    except Refused:
        return ZIP_TYPE
    return next((found for name, found in _ZIP_MEMBERS if name.lower() in lower), ZIP_TYPE)


def _undeclared(manifest: bytes) -> str:
    """Some programs leave `mimetype` out, and office programs then read the manifest."""
    declared = _ENTRY_OF_ALL.search(manifest)
    known = declared and _MIMETYPE.fullmatch(declared[1])
    return known[0].decode() if known else "application/x-opendocument-package"


def _small(member: Member) -> bytes:
    return member.read() if member.size <= _LARGEST_LOOK else b""


def _open_packaging(types: bytes, names: set[str]) -> str:
    encoding = "utf-16" if types.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = types.decode(encoding, "replace")
    parts = "".join(_OVERRIDE.findall(text))  # SheetJS calls every .bin the main part of an xlsb, whatever it writes
    if main := _MAIN.search(parts) or _MAIN.search(text):
        return _registered(main[1])
    return next((found for name, found in _ZIP_MEMBERS if name.lower() in names), "application/x-opc-package")


def _registered(main: str) -> str:
    """The main part's content type -> the file's media type as IANA has it (`.12` on the macro-enabled ones)."""
    media_type = main.removesuffix("+xml").removesuffix(".main").replace("macroEnabledTemplate", "macroEnabled")
    return media_type + ".12" if media_type.endswith("macroEnabled") else media_type


def inside_ole(content: bytes) -> str:
    """[MS-CFB]: by the names in the root storage."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            if str(ole.root.clsid).upper().startswith(_INSTALLER_CLASSES):
                return "application/x-msi"
            names = {entry.name.upper() for entry in ole.root.kids}  # 2.6.4: names differ not by case
    except (OSError, ValueError, IndexError, struct.error, RecursionError, AttributeError, TypeError):
        return OLE_TYPE
    return next((found for name, found in _OLE_ENTRIES if name.upper() in names), OLE_TYPE)

"""Outlook's .msg, a tree of streams in an OLE2 file, read into a note (MS-OXMSG, MS-CFB; D14).

Raises Refused(CORRUPT) for what olefile can not read, and for a limit: streams may share sectors, so what is read in all
is counted.  Named properties are found through the mapping in the top storage (MS-OXMSG 2.2.3).
"""

from __future__ import annotations

import io
import struct

import olefile

from sanitizers.model import Limits, Reason, Refused
from sanitizers.outlook import mapi
from sanitizers.outlook.mapi import Attached, Note, Properties

_PROPERTIES = "__properties_version1.0"
_NAMES = "__nameid_version1.0"
_TOP, _EMBEDDED, _ROW = 32, 24, 8  # bytes before the first entry of a property stream, MS-OXMSG 2.4.1
_ENTRY = struct.Struct("<HHI8s")  # type, identifier, flags, value or its size
_NAMED = struct.Struct("<IHH")  # number or offset of the name, set and sort, index; MS-OXMSG 2.2.3.1.2
_DATA_STORAGE = "__substg1.0_3701000D"

Path = tuple[str, ...]


def read(content: bytes, limits: Limits) -> Note:
    """The note in `content`; raises Refused as the module says."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            return _Tree(ole, len(content), limits).note((), _TOP, 0)
    except (OSError, ValueError, IndexError, KeyError, struct.error, RecursionError, AttributeError, TypeError) as error:
        raise Refused(Reason.CORRUPT, f"msg: {type(error).__name__}: {error}") from error


class _Tree:
    """`children` lists what each storage holds, by its path."""

    def __init__(self, ole: olefile.OleFileIO, size: int, limits: Limits):
        self._ole, self._size, self._limits = ole, size, limits
        self._left = limits.part_bytes
        self._children: dict[Path, list[str]] = {}
        for path in ole.listdir(streams=True, storages=True):
            self._children.setdefault(tuple(path[:-1]), []).append(path[-1])
        self._named = self._names()

    def note(self, path: Path, skip: int, depth: int) -> Note:
        if depth > self._limits.depth:
            raise Refused(Reason.LIMIT_DEPTH, f"more than {self._limits.depth} notes inside one another")
        attached, recipients = self._storages(path, "__attach_version1.0_"), self._storages(path, "__recip_version1.0_")
        if len(attached) > self._limits.parts or len(recipients) > self._limits.headers * 10:
            raise Refused(Reason.LIMIT_PARTS, f"{len(attached)} attachments, {len(recipients)} recipients")
        properties = self._properties(path, skip, 0)
        code_page = properties.code_page
        return Note(
            properties,
            tuple(self._properties(recipient, _ROW, code_page) for recipient in recipients),
            tuple(self._attached(attachment, code_page, depth) for attachment in attached),
        )

    def _storages(self, path: Path, prefix: str) -> list[Path]:
        return [(*path, name) for name in sorted(self._children.get(path, ())) if name.startswith(prefix)]

    def _stream(self, path: Path) -> bytes:
        size = int(self._ole.get_size(list(path)))
        if size > self._size:
            raise Refused(Reason.CORRUPT, f"{path[-1]} says that it has {size} bytes, the file has {self._size}")
        self._left -= size
        if self._left < 0:
            raise Refused(Reason.LIMIT_SIZE, f"streams of more than {self._limits.part_bytes} bytes")
        return bytes(self._ole.openstream(list(path)).read())

    def _properties(self, path: Path, skip: int, code_page: int) -> Properties:
        """Fixed values stand in the list, the others in a stream each; a Unicode string is preferred to an 8-bit one."""
        values: dict[int, tuple[int, bytes]] = {}
        children = set(self._children.get(path, ()))
        listed = self._stream((*path, _PROPERTIES))[skip:] if _PROPERTIES in children else b""
        for kind, identifier, _, value in _ENTRY.iter_unpack(listed[: len(listed) // _ENTRY.size * _ENTRY.size]):
            if not kind & mapi.MULTIPLE and kind not in mapi.VARIABLE:
                values[self._identifier(identifier)] = (kind, value)
        for kind in (mapi.STRING_8, mapi.UNICODE, mapi.BINARY):
            for name in children:
                if name.startswith("__substg1.0_") and name.upper().endswith(f"{kind:04X}") and len(name) == 20:
                    values[self._identifier(int(name[12:16], 16))] = (kind, self._stream((*path, name)))
        pages = Properties(values)
        return Properties(values, pages.number(mapi.CODE_PAGE) or pages.number(mapi.INTERNET_CODE_PAGE) or code_page)

    def _identifier(self, written: int) -> int:
        """A named property counts by its number in its set, and not at all (0) when it has none."""
        return written if written < mapi.NAMED else self._named.get(written, 0)

    def _names(self) -> dict[int, int]:
        """Identifier -> number in its set, for named properties that have a number."""
        if "__substg1.0_00030102" not in self._children.get((_NAMES,), ()):
            return {}
        entries = self._stream((_NAMES, "__substg1.0_00030102"))
        listed = _NAMED.iter_unpack(entries[: len(entries) // _NAMED.size * _NAMED.size])
        return {mapi.NAMED + index: number for number, sort, index in listed if not sort & 1 and number >= mapi.NAMED}

    def _attached(self, path: Path, code_page: int, depth: int) -> Attached:
        properties = self._properties(path, _ROW, code_page)
        names = (properties.text(one) for one in (mapi.ATTACH_LONG_FILE, mapi.ATTACH_FILE, mapi.DISPLAY_NAME))
        given, method = tuple(filter(None, names)), properties.number(mapi.ATTACH_METHOD)
        if method == mapi.EMBEDDED_MESSAGE and _DATA_STORAGE in self._children.get(path, ()):
            return Attached(given, note=self.note((*path, _DATA_STORAGE), _EMBEDDED, depth + 1))
        if method in (0, mapi.BY_VALUE) and mapi.ATTACH_DATA in properties.values:
            return Attached(given, properties.binary(mapi.ATTACH_DATA))
        return Attached(given)

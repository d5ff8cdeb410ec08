"""7z under a password: told surely, and its AES layer taken off, so that libarchive can read what is below (7zFormat.txt).

libarchive knows 7z but not its encryption.  `locked` parses the headers far enough to see an AES coder, also in front of the
headers themselves; `opened` decrypts each packed stream and writes the same archive without that coder.  Decompressing the
members and bounding them is `unpack.py`'s.  Raises `Refused`: CORRUPT for what is no 7z, NO_UNPACKER for coders in an
order that 7-Zip never writes.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from sanitizers.model import Reason, Refused, Verdict

_SIGN = b"7z\xbc\xaf\x27\x1c"
_START = struct.Struct("<6s2sIQQI")  # signature, version, CRC of the rest, offset, size and CRC of the header
_END, _HEADER, _MAIN, _PACK, _UNPACK, _SIZE, _CRC, _FOLDER, _SIZES, _ENCODED = 0, 1, 4, 6, 7, 9, 10, 11, 12, 23
_AES, _COPY, _LZMA = b"\x06\xf1\x07\x01", b"\0", b"\x03\x01\x01"
_LARGEST_HEADER = 16 << 20  # bytes: 100,000 names
_MANY = 10_000  # folders, streams and coders
_CYCLES = 22  # 7-Zip writes 19, itself refuses above 24, which takes seconds
_AT_ONCE = 4_096  # rounds of the key derivation given to SHA-256 in one call

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Coder:
    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class _Folder:
    """A tree of coders.  `bonds` join an input to an output; `packed` are the inputs that read from the file."""

    coders: tuple[_Coder, ...]
    bonds: tuple[tuple[int, int], ...]
    packed: tuple[int, ...]
    sizes: tuple[int, ...] = ()  # of each output

    @property
    def is_locked(self) -> bool:
        return any(coder.method == _AES for coder in self.coders)


@dataclass(frozen=True, slots=True)
class _Streams:
    """`rest` is what follows the folders' sizes, as it stands: digests, substreams, files."""

    start: int
    sizes: tuple[int, ...]
    folders: tuple[_Folder, ...]
    rest: bytes


def locked(content: bytes) -> bool:
    """Is there a password before the headers or before any member?"""
    streams, is_encoded = _streams(content)
    if any(folder.is_locked for folder in streams.folders):
        return True
    if not is_encoded:
        return False
    plain, _ = _parsed(_decoded(content, streams, b""))
    return any(folder.is_locked for folder in plain.folders)


def opened(content: bytes, password: str) -> bytes:
    """The archive without encryption.  With a wrong password this or what reads the result raises CORRUPT."""
    secret = password.encode("utf-16-le", "ignore")
    streams, is_encoded = _streams(content)
    if is_encoded:
        streams, is_encoded = _parsed(_decoded(content, streams, secret))
        if is_encoded:
            raise Refused(Reason.NO_UNPACKER, "headers packed twice", Verdict.WITHHELD)
    packs, folders, taken = list[bytes](), list[_Folder](), 0
    for folder in streams.folders:
        blocks = _packed(content, streams, taken, len(folder.packed))
        taken += len(folder.packed)
        folder, blocks = _peeled(folder, blocks, secret)
        packs += blocks
        folders.append(folder)
    return _written(packs, folders, streams.rest)


# --- Reading


class _Reader:
    """Bytes of a header; running over the end is CORRUPT."""

    def __init__(self, data: bytes):
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise Refused(Reason.CORRUPT, "a 7z header is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """The leading ones of the first byte count the bytes that follow; its other bits are the highest ones."""
        first, more = self.byte(), 0
        while more < 8 and first & (0x80 >> more):
            more += 1
        low = int.from_bytes(self.take(more), "little")
        return low | (first & (0x7F >> more)) << (8 * more) if more < 8 else low

    def several(self, read: Callable[[], T], count: int) -> tuple[T, ...]:
        if count > _MANY:
            raise Refused(Reason.LIMIT_PARTS, f"a 7z header with {count} entries")
        return tuple(read() for _ in range(count))

    def skips(self, kind: int) -> bool:
        """Goes past a property that may be left out."""
        found = self._data[self._at : self._at + 1] == bytes([kind])
        self._at += found
        return found

    def expect(self, wanted: int) -> None:
        if (found := self.byte()) != wanted:
            raise Refused(Reason.CORRUPT, f"a 7z header with property {found} where {wanted} belongs")

    def digests(self, count: int) -> None:
        defined = count
        if not self.byte():
            defined = int.from_bytes(self.take((count + 7) // 8), "big").bit_count()
        self.take(4 * defined)

    @property
    def rest(self) -> bytes:
        return self._data[self._at :]


def _streams(content: bytes) -> tuple[_Streams, bool]:
    """What the header says, and whether it only says where the real one is packed."""
    if len(content) < _START.size or not content.startswith(_SIGN):
        raise Refused(Reason.CORRUPT, "no 7z archive")
    _, _, _, offset, size, checksum = _START.unpack_from(content)
    header = content[_START.size + offset : _START.size + offset + size]
    if size > _LARGEST_HEADER or len(header) != size or zlib.crc32(header) != checksum:
        raise Refused(Reason.CORRUPT, "the 7z header is damaged or cut off")
    return _parsed(header) if header else (_Streams(0, (), (), b""), False)


def _parsed(header: bytes) -> tuple[_Streams, bool]:
    reader = _Reader(header)
    kind = reader.byte()
    if kind == _HEADER:
        reader.skips(_MAIN)
    elif kind != _ENCODED:
        raise Refused(Reason.CORRUPT, "no 7z header")
    start, sizes, folders = 0, tuple[int, ...](), tuple[_Folder, ...]()
    if reader.skips(_PACK):
        start, sizes = _pack_info(reader)
    if reader.skips(_UNPACK):
        folders = _unpack_info(reader)
    return _Streams(start, sizes, folders, reader.rest), kind == _ENCODED


def _pack_info(reader: _Reader) -> tuple[int, tuple[int, ...]]:
    start, count, sizes = reader.number(), reader.number(), tuple[int, ...]()
    while (kind := reader.byte()) != _END:
        if kind == _SIZE:
            sizes = reader.several(reader.number, count)
        elif kind == _CRC:
            reader.digests(count)
        else:
            raise Refused(Reason.CORRUPT, f"packed streams with property {kind}")
    return start, sizes


def _unpack_info(reader: _Reader) -> tuple[_Folder, ...]:
    reader.expect(_FOLDER)
    count = reader.number()
    reader.expect(0)  # 1: somewhere else in the file, which nothing writes
    folders = reader.several(lambda: _folder(reader), count)
    reader.expect(_SIZES)
    return tuple(
        replace(folder, sizes=reader.several(reader.number, sum(coder.outputs for coder in folder.coders)))
        for folder in folders
    )


def _folder(reader: _Reader) -> _Folder:
    coders = reader.several(lambda: _coder(reader), reader.number())
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    if not 0 < outputs <= inputs + 1 or inputs < outputs - 1:
        raise Refused(Reason.CORRUPT, "a 7z folder whose coders do not join")
    bonds = reader.several(lambda: (reader.number(), reader.number()), outputs - 1)
    bound = {into for into, _ in bonds}
    free = tuple(number for number in range(min(inputs, _MANY)) if number not in bound)
    count = inputs - len(bonds)
    return _Folder(coders, bonds, free[:1] if count == 1 else reader.several(reader.number, count))


def _coder(reader: _Reader) -> _Coder:
    flags = reader.byte()
    method = reader.take(flags & 0x0F)
    inputs, outputs = (reader.number(), reader.number()) if flags & 0x10 else (1, 1)
    if max(inputs, outputs) > 32:
        raise Refused(Reason.CORRUPT, f"a coder with {inputs} inputs and {outputs} outputs")
    return _Coder(method, reader.take(reader.number()) if flags & 0x20 else b"", inputs, outputs)


# --- Opening


def _packed(content: bytes, streams: _Streams, first: int, count: int) -> list[bytes]:
    start = _START.size + streams.start + sum(streams.sizes[:first])
    blocks = []
    for size in streams.sizes[first : first + count]:
        blocks.append(content[start : start + size])
        start += size
    if len(blocks) != count or start > len(content):
        raise Refused(Reason.CORRUPT, "packed streams of a 7z archive are missing")
    return blocks


def _decoded(content: bytes, streams: _Streams, secret: bytes) -> bytes:
    """The real header: encrypted perhaps, packed by LZMA or not at all."""
    if len(streams.folders) != 1:
        raise Refused(Reason.CORRUPT, "a packed 7z header of several folders")
    folder, [block, *more] = _peeled(streams.folders[0], _packed(content, streams, 0, len(streams.folders[0].packed)), secret)
    if more or len(folder.coders) != 1 or folder.sizes[0] > _LARGEST_HEADER:
        raise Refused(Reason.NO_UNPACKER, "a 7z header packed in an unusual way", Verdict.WITHHELD)
    [coder] = folder.coders
    if coder.method == _COPY:
        return block
    if coder.method != _LZMA or len(coder.properties) != 5:
        raise Refused(Reason.NO_UNPACKER, f"a 7z header packed by {coder.method.hex()}", Verdict.WITHHELD)
    settings, dictionary = coder.properties[0], int.from_bytes(coder.properties[1:], "little")
    model = {"lc": settings % 9, "lp": settings // 9 % 5, "pb": settings // 45}
    try:
        coding = {"id": lzma.FILTER_LZMA1, "dict_size": max(4096, min(dictionary, _LARGEST_HEADER)), **model}
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[coding]).decompress(block, folder.sizes[0])
    except (lzma.LZMAError, EOFError) as error:
        raise Refused(Reason.CORRUPT, f"the 7z header: {error}") from error


def _peeled(folder: _Folder, blocks: list[bytes], secret: bytes) -> tuple[_Folder, list[bytes]]:
    """Without its AES coders, which 7-Zip puts nearest to the file: one in, one out."""
    while folder.is_locked:
        index = next(number for number, coder in enumerate(folder.coders) if coder.method == _AES)
        into, out = sum(c.inputs for c in folder.coders[:index]), sum(c.outputs for c in folder.coders[:index])
        if into not in folder.packed or (folder.coders[index].inputs, folder.coders[index].outputs) != (1, 1):
            raise Refused(Reason.NO_UNPACKER, "encrypted before it was packed", Verdict.WITHHELD)
        place = folder.packed.index(into)
        blocks[place] = _decrypted(blocks[place], folder.coders[index].properties, secret)[: folder.sizes[out]]
        folder = _without(folder, index, into, out)
    return folder, blocks


def _without(folder: _Folder, index: int, into: int, out: int) -> _Folder:
    if len(folder.coders) == 1:
        return replace(folder, coders=(_Coder(_COPY, b"", 1, 1),))
    reads = next((i for i, o in folder.bonds if o == out), None)  # the input that took what AES gave now reads the file
    if reads is None:
        raise Refused(Reason.NO_UNPACKER, "encrypted after it was unpacked", Verdict.WITHHELD)
    return _Folder(
        tuple(coder for number, coder in enumerate(folder.coders) if number != index),
        tuple((i - (i > into), o - (o > out)) for i, o in folder.bonds if o != out),
        tuple(i - (i > into) for i in (reads if number == into else number for number in folder.packed)),
        tuple(size for number, size in enumerate(folder.sizes) if number != out),
    )


def _decrypted(block: bytes, properties: bytes, secret: bytes) -> bytes:
    """AES-256-CBC; its properties: cycles, then lengths and values of salt and initialisation vector (7zAes.cpp)."""
    first, second = properties[0] if properties else 0, properties[1] if len(properties) > 1 else 0
    salt_size, iv_size = (first >> 7 & 1) + (second >> 4), (first >> 6 & 1) + (second & 0x0F)
    salt, iv = properties[2 : 2 + salt_size], properties[2 + salt_size : 2 + salt_size + iv_size]
    if not properties or (len(salt), len(iv)) != (salt_size, iv_size):
        raise Refused(Reason.CORRUPT, "broken properties of a 7z cipher")
    cipher = Cipher(AES(_key(secret, salt, first & 0x3F)), CBC(iv.ljust(16, b"\0"))).decryptor()
    return cipher.update(block[: len(block) // 16 * 16]) + cipher.finalize()


def _key(secret: bytes, salt: bytes, cycles: int) -> bytes:
    if cycles > _CYCLES:
        raise Refused(Reason.NO_UNPACKER, f"a 7z key of 2^{cycles} rounds", Verdict.WITHHELD)
    digest, base = sha256(), salt + secret
    for start in range(0, 1 << cycles, _AT_ONCE):
        stop = min(start + _AT_ONCE, 1 << cycles)
        digest.update(b"".join(base + number.to_bytes(8, "little") for number in range(start, stop)))
    return digest.digest()


# --- Writing


def _written(packs: list[bytes], folders: list[_Folder], rest: bytes) -> bytes:
    header = bytes([_HEADER, _MAIN, _PACK]) + _number(0) + _number(len(packs)) + bytes([_SIZE])
    header += b"".join(_number(len(pack)) for pack in packs) + bytes([_END, _UNPACK, _FOLDER]) + _number(len(folders)) + b"\0"
    header += b"".join(map(_folder_bytes, folders)) + bytes([_SIZES])
    header += b"".join(_number(size) for folder in folders for size in folder.sizes) + rest
    body = b"".join(packs)
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return _SIGN + b"\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def _folder_bytes(folder: _Folder) -> bytes:
    written = _number(len(folder.coders))
    for coder in folder.coders:
        is_complex = (coder.inputs, coder.outputs) != (1, 1)
        written += bytes([len(coder.method) | 0x10 * is_complex | 0x20 * bool(coder.properties)]) + coder.method
        written += _number(coder.inputs) + _number(coder.outputs) if is_complex else b""
        written += _number(len(coder.properties)) + coder.properties if coder.properties else b""
    written += b"".join(_number(number) for bond in folder.bonds for number in bond)
    return written + (b"".join(map(_number, folder.packed)) if len(folder.packed) > 1 else b"")


def _number(value: int) -> bytes:
    for more in range(8):
        if value < 1 << (7 * (more + 1)):
            first = (0xFF00 >> more & 0xFF) | value >> (8 * more)
            return bytes([first]) + (value & ((1 << 8 * more) - 1)).to_bytes(more, "little")
    return b"\xff" + value.to_bytes(8, "little")

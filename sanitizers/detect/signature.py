"""Binary formats by their first bytes.

Every magic stands at a fixed offset: a format that may begin anywhere is not recognised by searching for it, because
searching is what makes polyglots work (security.md F4).  Raises nothing.  Containers that need a second look (ZIP,
OLE2) are `container`'s; what consists of characters is `prose`'s.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an archive without members

_UDIF = 512  # bytes of the trailer of a macOS disc image
_ISO_AT = 0x8001  # ECMA-119 6.3: the volume descriptors follow 16 sectors of 2048 bytes
_ANYMAP = re.compile(rb"P[1-6](?:\s{1,9}|#[^\n]{0,200}\n){1,9}\d{1,5}\s{1,9}(?:#[^\n]{0,200}\n){0,9}\d{1,5}\s")
_DER_OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"  # RFC 5652: id-data .7.1, signed .7.2, enveloped .7.3, ...


@dataclass(frozen=True, slots=True)
class _Magic:
    at: int
    sign: bytes
    media_type: str


def _at(offset: int, media_type: str, *signs: bytes) -> tuple[_Magic, ...]:
    return tuple(_Magic(offset, sign, media_type) for sign in signs)


_MAGICS = (
    # documents
    *_at(0, "application/pdf", b"%PDF-"),
    *_at(0, "application/rtf", b"{\\rt"),  # Word opens `{\rt` without the f of [MS-RTF]
    *_at(0, "application/postscript", b"%!PS", b"\xc5\xd0\xd3\xc6", b"\x04%!PS"),
    *_at(0, "application/x-mswrite", b"\xdb\xa5-\0", b"1\xbe\0\0", b"2\xbe\0\0"),  # Word 2 and Write, before OLE2
    *_at(0, "application/vnd.ms-excel", b"\x09\0\x04\0", b"\x09\x02\x06\0", b"\x09\x04\x06\0", b"\x09\x08\x08\0"),  # BIFF2-5
    *_at(0, "application/vnd.wordperfect", b"\xffWPC"),
    *_at(0, "application/x-hwp", b"HWP Document File"),
    *_at(0, "application/onenote", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"),
    *_at(0, "application/onenote", b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f"),
    *_at(0, "application/x-msaccess", b"\0\x01\0\0Standard Jet DB", b"\0\x01\0\0Standard ACE DB"),
    *_at(0, "application/vnd.sqlite3", b"SQLite format 3\0"),
    *_at(0, "image/vnd.djvu", b"AT&TFORM"),
    *_at(0, "image/vnd.dwg", b"AC10"),
    *_at(0, "image/vnd.dxf", b"AutoCAD Binary DXF"),
    *_at(0, "application/x-jww", b"JwwData."),
    *_at(0, "application/vnd.ms-tnef", b"\x78\x9f\x3e\x22"),
    *_at(0, "application/vnd.ms-outlook-pst", b"!BDN"),
    # pictures
    *_at(0, "image/jpeg", b"\xff\xd8\xff"),
    *_at(0, "image/png", b"\x89PNG\r\n\x1a\n"),
    *_at(0, "image/gif", b"GIF87a", b"GIF89a"),
    *_at(0, "image/tiff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    *_at(0, "image/jp2", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
    *_at(0, "image/vnd.adobe.photoshop", b"8BPS"),
    *_at(0, "image/vnd.ms-dds", b"DDS \x7c\0\0\0"),
    *_at(0, "image/x-qoi", b"qoif\0"),  # no picture is 16 million pixels wide
    *_at(0, "image/x-sun-raster", b"\x59\xa6\x6a\x95"),
    *_at(0, "image/x-sgi", b"\x01\xda\0\x01", b"\x01\xda\0\x02", b"\x01\xda\x01\x01", b"\x01\xda\x01\x02"),
    *_at(0, "image/wmf", b"\xd7\xcd\xc6\x9a", b"\x01\0\x09\0\0\x03", b"\x01\0\x09\0\0\x01"),
    *_at(40, "image/emf", b" EMF"),  # [MS-EMF] 2.3.4.2: the signature of the header record
    # archives
    *_at(0, "application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    *_at(0, "application/vnd.rar", b"Rar!\x1a\x07"),
    *_at(0, "application/vnd.ms-cab-compressed", b"MSCF\0\0\0\0"),
    *_at(0, "application/gzip", b"\x1f\x8b"),
    *_at(0, "application/x-bzip2", b"BZh"),
    *_at(0, "application/x-xz", b"\xfd7zXZ\0"),
    *_at(0, "application/zstd", b"\x28\xb5\x2f\xfd"),
    *_at(0, "application/x-lzip", b"LZIP"),
    *_at(0, "application/x-compress", b"\x1f\x9d", b"\x1f\xa0"),
    *_at(0, "application/x-arj", b"\x60\xea"),
    *_at(7, "application/x-ace-compressed", b"**ACE**"),
    *_at(2, "application/x-lzh-compressed", b"-lh", b"-lz", b"-pm"),
    *_at(0, "application/x-alz", b"ALZ\x01"),
    *_at(128, "application/dicom", b"DICM"),
    *_at(257, "application/x-tar", b"ustar"),
    *_at(0, "application/x-cpio", b"070701", b"070702", b"070707"),
    *_at(0, "application/x-archive", b"!<arch>\n"),
    *_at(0, "application/x-rpm", b"\xed\xab\xee\xdb"),
    *_at(0, "application/x-xar", b"xar!"),
    *_at(0, "application/x-ms-wim", b"MSWIM\0\0\0"),
    *_at(_ISO_AT, "application/x-iso9660-image", b"CD001", b"BEA01", b"NSR0"),
    *_at(0, "application/x-virtual-disk", b"conectix", b"vhdxfile", b"KDMV", b"QFI\xfb"),
    # what a machine executes
    *_at(0, "application/vnd.microsoft.portable-executable", b"MZ", b"ZM"),
    *_at(0, "application/x-elf", b"\x7fELF"),
    *_at(0, "application/x-mach-binary", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    *_at(0, "application/java-vm", b"\xca\xfe\xba\xbe"),  # also universal Mach-O; both are programs
    *_at(0, "application/vnd.android.dex", b"dex\n"),
    *_at(0, "application/wasm", b"\0asm"),
    *_at(0, "application/x-ms-shortcut", b"\x4c\0\0\0\x01\x14\x02\0"),  # [MS-SHLLINK] 2.1
    *_at(0, "application/vnd.ms-htmlhelp", b"ITSF"),
    *_at(0, "application/winhlp", b"?_\x03\0"),
    *_at(0, "application/vnd.adobe.flash.movie", b"FWS", b"CWS", b"ZWS"),
    *_at(0, "application/x-chrome-extension", b"Cr24"),
    # sound and film
    *_at(0, "audio/mpeg", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    *_at(0, "audio/midi", b"MThd"),
    *_at(0, "audio/flac", b"fLaC"),
    *_at(0, "audio/basic", b".snd"),
    *_at(0, "audio/AMR", b"#!AMR"),
    *_at(0, "application/ogg", b"OggS"),
    *_at(0, "video/x-matroska", b"\x1a\x45\xdf\xa3"),
    *_at(0, "video/x-flv", b"FLV\x01"),
    *_at(0, "video/x-ms-asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    *_at(0, "video/mpeg", b"\0\0\x01\xba", b"\0\0\x01\xb3"),
    # fonts
    *_at(0, "font/otf", b"OTTO"),
    *_at(0, "font/woff", b"wOFF", b"wOF2"),
    # secrets; what is encrypted is told apart by `unknown`
    *_at(0, "application/x-java-keystore", b"\xfe\xed\xfe\xed"),
    *_at(0, "application/pgp-encrypted", b"-----BEGIN PGP MESSAGE-----"),
)
_AT_OFFSET = {offset: tuple(found) for offset, found in groupby(sorted(_MAGICS, key=lambda m: m.at), key=lambda m: m.at)}

_FTYP_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"qt  ": "video/quicktime", b"M4A ": "audio/mp4"}
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_RIFF_FORMS = {
    b"WEBP": "image/webp",
    b"WAVE": "audio/x-wav",
    b"AVI ": "video/x-msvideo",
    b"ACON": "application/x-navi-animation",
}


def by_signature(content: bytes) -> str:
    """The media type, or "" when no known format begins like this."""
    for offset, magics in _AT_OFFSET.items():
        for magic in magics:
            if content.startswith(magic.sign, offset):
                return magic.media_type
    return next((found for look in _LOOKS if (found := look(content))), "")


def _bitmap(content: bytes) -> str:
    """`BM` alone also begins sentences: the header's length must be one of the seven that exist."""
    if content[:2] == b"BM" and len(content) >= 26:
        (header,) = struct.unpack_from("<I", content, 14)
        return "image/bmp" if header in (12, 16, 40, 52, 56, 64, 108, 124) else ""
    return ""


def _icon(content: bytes) -> str:
    if content[:3] == b"\0\0\x01" or content[:3] == b"\0\0\x02":
        count, reserved = content[4:6], content[9:10]
        if content[3:4] == b"\0" and count not in (b"", b"\0\0") and count[1:] == b"\0" and reserved == b"\0":
            return "image/vnd.microsoft.icon" if content[2] == 1 else "image/x-win-cursor"
    return ""


def _apple_icon(content: bytes) -> str:
    """The sign alone is a word: the length behind it must be the file's."""
    return "image/x-icns" if content[:4] == b"icns" and int.from_bytes(content[4:8]) == len(content) else ""


def _paintbrush(content: bytes) -> str:
    """PCX: maker, version, run length encoding, bits a pixel and plane."""
    head = content[:4]
    is_header = len(head) == 4 and head[0] == 0x0A and head[1] in (0, 2, 3, 4, 5) and head[2] == 1 and head[3] in (1, 2, 4, 8)
    return "image/vnd.zbrush.pcx" if is_header else ""


def _flic(content: bytes) -> str:
    """Autodesk's animation: type, and flags that are 0 or 3."""
    is_header = content[4:6] in (b"\x11\xaf", b"\x12\xaf") and content[14:16] in (b"\0\0", b"\3\0")
    return "image/x-fli" if is_header else ""


def _anymap(content: bytes) -> str:
    """PBM, PGM, PPM: a letter, a number, and the size in words."""
    return "image/x-portable-anymap" if _ANYMAP.match(content) else ""


def _iso_media(content: bytes) -> str:
    """ISO/IEC 14496-12 4.3: HEIF, AVIF, MP4 and QuickTime are told apart by their brands."""
    if content[4:8] != b"ftyp":
        return ""
    brand, others = content[8:12], content[16:64]
    if brand in _HEIF_BRANDS:
        return "image/avif" if b"avif" in others else "image/heic"
    return _FTYP_BRANDS.get(brand, "video/mp4")


def _riff(content: bytes) -> str:
    return _RIFF_FORMS.get(content[8:12], "") if content[:4] in (b"RIFF", b"RIFX") else ""


def _old_tar(content: bytes) -> str:
    """Tar before POSIX has no magic: its header's checksum speaks for it (the field itself counts as spaces)."""
    header, digits = content[:512], content[148:156].strip(b" \0")
    if len(header) < 512 or not header[0] or not 1 <= len(digits) <= 7 or any(d not in b"01234567" for d in digits):
        return ""
    return "application/x-tar" if int(digits, 8) == sum(header) - sum(header[148:156]) + 8 * 0x20 else ""


def _by_end(content: bytes) -> str:
    """Two formats have their sign there: a macOS disc image and, in its second version, Targa."""
    if content[-_UDIF : 4 - _UDIF] == b"koly":
        return "application/x-apple-diskimage"
    return "image/x-tga" if content.endswith(b"TRUEVISION-XFILE.\0") else ""


def _cms(content: bytes) -> str:
    """S/MIME (RFC 8551): a DER ContentInfo; its object identifier follows within the first 20 bytes."""
    at = content.find(_DER_OID, 0, 20) if content[:1] == b"\x30" else -1
    if at < 0:
        return ""
    return "application/pkcs7-signature" if content[at + len(_DER_OID)] == 2 else "application/pkcs7-mime"


_LOOKS: tuple[Callable[[bytes], str], ...] = (
    *(_bitmap, _icon, _apple_icon, _paintbrush, _flic, _anymap, _iso_media, _riff, _old_tar, _cms),
    _by_end,
)

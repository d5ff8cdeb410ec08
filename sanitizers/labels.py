"""Names of charsets in mail -> the codec that reads what is written under them (J3, J4, WHATWG Encoding 4.2).

Whatever is not in the table is guessed by `charset`.  UTF-7 is left out on purpose: it hides characters from scanners (M15).
"""

from __future__ import annotations

import codecs
import re

ASCII = "us-ascii"
ISO_2022_JP = "iso-2022-jp"
EUC_JP = "euc-jp"

_PAGES = "437 850 852 866 874 1250 1251 1252 1253 1254 1255 1256 1257 1258"
_PARTS = "2 3 4 5 6 7 8 10 13 14 15 16"  # of ISO 8859: 1, 9 and 11 are read as the Windows pages that extend them

SINGLE_BYTE = frozenset(
    [f"cp{page}" for page in _PAGES.split()]
    + [f"iso8859_{part}" for part in _PARTS.split()]
    + ["koi8_r", "koi8_u", "mac_roman"]
)

# Codec -> its labels, lower case, without hyphens and underscores
_TABLE = {
    ASCII: "usascii ascii ansix341968 iso646us 7bit",
    "utf-8": "utf8 utf8mb4 unicode11utf8 unicode20utf8",
    "utf-16": "utf16 unicode ucs2 iso10646ucs2",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be",
    "utf-32": "utf32",
    ISO_2022_JP: "iso2022jp csiso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpms iso2022jpext xiso2022jp"
    " cp50220 cp50221 cp50222 jis jis7 jisx0208",
    "cp932": "shiftjis sjis xsjis xshiftjis mskanji csshiftjis windows31j cswindows31j cp932 ms932 windows932 932 sjiswin"
    " xmscp932 cp943 cp943c ibm943 shiftjis2004",
    EUC_JP: "eucjp xeucjp xeuc eucjpms eucjpwin cp51932 ujis cseucpkdfmtjapanese eucjis2004",
    "gb18030": "gb18030 gb2312 gbk cp936 csgb2312 xgbk gb231280 chinese euccn xeuccn",
    "hz": "hz hzgb2312",
    "big5hkscs": "big5 big5hkscs csbig5 cp950 xxbig5 cnbig5",
    "cp949": "euckr ksc56011987 ksc56011989 ksc5601 cp949 uhc windows949 cseuckr korean",
    "iso2022_kr": "iso2022kr csiso2022kr",
    "cp1252": "iso88591 iso885911987 latin1 l1 cp819 ibm819 csisolatin1 ansi",
    "cp1254": "iso88599",
    "cp874": "iso885911 tis620",
    "iso8859_2": "latin2",
    "iso8859_8": "iso88598i",
    "iso8859_15": "latin9",
    "koi8_r": "koi8r koi8",
    "koi8_u": "koi8u",
    "mac_roman": "macintosh xmacroman",
}
_CODECS = (
    {label: codec for codec, labels in _TABLE.items() for label in labels.split()}
    | {f"iso8859{part}": f"iso8859_{part}" for part in _PARTS.split()}
    | {f"{owner}{page}": f"cp{page}" for owner in ("cp", "windows", "win", "ibm", "dos", "xcp") for page in _PAGES.split()}
)

# A codec is a module that Python loads at its first use; inside the wall nothing can be loaded any more
for _codec in (
    *_TABLE,
    *_CODECS.values(),
    "ascii",
    "latin-1",
    "euc_jp",
    "euc_kr",
    "gb2312",
    "utf-16-be",
    "utf-8-sig",
    "idna",
    "punycode",
):
    if _codec not in (ISO_2022_JP, EUC_JP):
        codecs.lookup(_codec)


def codec(label: str) -> str:
    """The codec for a charset label as a sender wrote it; "" when there is none."""
    return _CODECS.get(re.sub(r"[-_. ]", "", label[:60].strip().strip("\"'").lower()), "")

"""The text of an RTF mail body, for notes that have no other (RTF 1.9.1; MS-OXRTFEX for HTML inside).

Only words are read: groups that a reader does not see (fonts, pictures, objects, fields' instructions, and all marked `\\*`,
which the HTML tags of MS-OXRTFEX are) are skipped, every control word but the few that stand for a character is ignored.
Time is linear.  Raises nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sanitizers import charset

_TOKEN = re.compile(
    rb"\\(?:'(?P<hex>[0-9A-Fa-f]{2})|(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|(?P<sign>[^a-zA-Z']))"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)"
)
_FONT = re.compile(rb"\\f(\d{1,5})(?=[\\ ;{])[^{}]{0,200}?\\fcharset(\d{1,3})")
_CODE_PAGES = {
    0: 1252,
    77: 10000,
    128: 932,
    129: 949,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
}
_CODE_PAGES |= {186: 1257, 204: 1251, 222: 874, 238: 1250}
_UNSEEN = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable info pict object fldinst header footer headerl headerr footerl"
    b" footerr themedata datastore generator nonshppict filetbl revtbl rsidtbl latentstyles xmlnstbl".split()
)
_CHARACTERS = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t"}
_CHARACTERS |= {
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
}
_SIGNS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_HEAD = 256 << 10  # bytes: fonts stand at the beginning
_DEPTH = 2_000  # groups inside one another that are still told apart


@dataclass(frozen=True, slots=True)
class _Group:
    is_seen: bool
    code_page: int
    fallback: int  # characters after a \u that stand for it in old readers


def text(rtf: bytes) -> str:
    """Lines ending in LF, not cleaned."""
    return _Reading(rtf.rstrip(b"\0")).text()


class _Reading:
    def __init__(self, rtf: bytes):
        self._rtf = rtf
        self._fonts = {int(number): _CODE_PAGES.get(int(kind), 0) for number, kind in _FONT.findall(rtf[:_HEAD])}
        page = re.search(rb"\\ansicpg(\d{1,5})", rtf[:_HEAD])
        self._default = int(page[1]) if page else 0
        self._group = _Group(True, self._default, 1)
        self._outer: list[_Group] = []
        self._out: list[str] = []
        self._octets = bytearray()
        self._skip = 0

    def text(self) -> str:
        for token in _TOKEN.finditer(self._rtf):
            if token["brace"]:
                self._brace(token["brace"])
            elif token["word"]:
                self._word(token["word"], int(token["number"] or b"1"))
            elif token["hex"]:
                self._characters(bytes.fromhex(token["hex"].decode()))
            elif token["text"]:
                self._characters(token["text"])
            elif token["sign"] == b"*":
                self._group = replace(self._group, is_seen=False)
            elif token["sign"] in _SIGNS:
                self._put(_SIGNS[token["sign"]])
        self._flush()
        return "".join(self._out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # \\u writes halves

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._skip = 0
        if brace == b"{" and len(self._outer) < _DEPTH:
            self._outer.append(self._group)
        elif brace == b"}" and self._outer:
            self._group = self._outer.pop()

    def _word(self, word: bytes, number: int) -> None:
        if word == b"u":
            self._put(chr(number % 0x10000))
            self._skip = self._group.fallback
        elif word in _CHARACTERS:
            self._put(_CHARACTERS[word])
        elif word == b"f":
            self._font(self._fonts.get(number) or self._default)
        elif word == b"uc":
            self._group = replace(self._group, fallback=min(max(number, 0), 10))
        elif word in _UNSEEN:
            self._group = replace(self._group, is_seen=False)

    def _font(self, code_page: int) -> None:
        if code_page != self._group.code_page:
            self._flush()
            self._group = replace(self._group, code_page=code_page)

    def _characters(self, octets: bytes) -> None:
        skipped = min(self._skip, len(octets))
        self._skip -= skipped
        if self._group.is_seen:
            self._octets += octets[skipped:]

    def _put(self, character: str) -> None:
        self._flush()
        if self._group.is_seen:
            self._out.append(character)

    def _flush(self) -> None:
        """Bytes are decoded in runs: a character of CP932 comes as two escapes, or as an escape and a letter."""
        if self._octets:
            page = self._group.code_page
            self._out.append(charset.decode(bytes(self._octets), f"cp{page}" if page else "").text)
            self._octets.clear()

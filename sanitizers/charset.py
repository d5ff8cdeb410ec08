"""Bytes to text as Japanese mail really writes it (japanese-mail.md J1-J5, J10, J17, J18), and text made plain.

`decode` never raises: it says which charset it took, whether that was a guess, and how much could not be read.
ISO-2022-JP is read as its supersets CP50220, CP50221 and CP50222, Shift_JIS as CP932, EUC-JP as CP51932 and eucJP-ms;
a pair of JIS X 0208 goes through one table, with the mapping of CP932 that browsers and Windows use.
MIME (encoded words, transfer encodings) is not here, and nothing here folds (NFKC): that is for matching only.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sanitizers.carrier_emoji import KDDI_JIS, Carrier, shown
from sanitizers.labels import ASCII, EUC_JP, ISO_2022_JP, SINGLE_BYTE, codec

GETA = "〓"  # printers' mark for a character that the fount lacks: a valid position that stands for nothing we know
LOST = "\ufffd"

_SAMPLE = 64 << 10  # bytes that guessing looks at: more does not change the answer, only the time


@dataclass(frozen=True, slots=True)
class Decoded:
    """`charset` is what was really used; `assumed` when the label was absent, unknown, refused or wrong."""

    text: str
    charset: str
    assumed: bool
    undecodable: int  # characters shown as U+FFFD or 〓


def decode(data: bytes, declared: str = "", phone: Carrier | None = None) -> Decoded:
    """The text of `data`; `phone` is the carrier whose emoji it may hold (J17).

    UTF-7 is refused as a label (M15): those bytes are read as if nothing had been declared."""
    found = _read(data, declared)
    text = shown(found.text, found.charset, phone)
    if found.charset == ISO_2022_JP and phone is Carrier.KDDI:
        text = text.translate(_AU_KANJI)
    return replace(found, text=text)


def _read(data: bytes, declared: str) -> Decoded:
    charset = codec(declared)
    if charset == ASCII and (not data.isascii() or _ESCAPE_JP.search(data)):
        charset = ""
    if data.startswith(tuple(_MARKS)):
        return _marked(data, charset)
    if not charset or _contradicts(data, charset):
        guess = _guess(data)
        return _decoded(data, guess, assumed=guess != ASCII or bool(declared))
    decoded = _decoded(data, charset, assumed=False)
    if decoded.undecodable and (guess := _guess(data)) != charset:
        other = _decoded(data, guess, assumed=True)
        if other.undecodable * 10 < decoded.undecodable and decoded.undecodable > 1 + len(data) // 200:
            return other  # most of it is unreadable under the label: the label is wrong, not the text
    return decoded


def _marked(data: bytes, charset: str) -> Decoded:
    """A byte order mark is stronger than a label; where the two differ, that is said."""
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            return _decoded(data[len(mark) :], marked, assumed=bool(charset) and not marked.startswith(charset))
    raise AssertionError("called without a mark")


_MARKS = {  # UTF-32 first: its mark begins like that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def _decoded(data: bytes, charset: str, assumed: bool) -> Decoded:
    if charset == ISO_2022_JP:
        text = _iso_2022_jp(data)
    elif charset == EUC_JP:
        text = _EUC.sub(_euc_run, data.decode("latin-1"))
    elif charset == "cp932":
        text = _cp932(data)
    elif charset == "utf-16":
        charset = _utf_16_order(data)
        text = data.decode(charset, "replace")
    else:
        text = data.decode(charset, "replace")
    lost = text.count(LOST) - (data.count(b"\xef\xbf\xbd") if charset == "utf-8" else 0)
    lost += text.count(GETA) - _written_getas(data, charset) if charset in (ISO_2022_JP, EUC_JP) else 0
    return Decoded(text, charset, assumed, max(lost, 0))


def _written_getas(data: bytes, charset: str) -> int:
    """The sender's own 〓 (row 2, cell 14) are not losses."""
    return data.count(b'".') if charset == ISO_2022_JP else data.count(b"\xa2\xae")


# --- The JIS double-byte plane -----------------------------------------------------------------------------------


def _shift(lead: int, trail: int) -> bytes:
    """JIS X 0208 Appendix 1: the Shift_JIS bytes of a JIS pair.  Leads up to 0x98 reach the user-defined rows 95-120."""
    upper = (lead - 0x21 >> 1) + (0x81 if lead < 0x5F else 0xC1)
    lower = trail + (0x7E if lead % 2 == 0 else 0x20 if trail >= 0x60 else 0x1F)
    return bytes((upper, lower))


def _plane() -> dict[int, str]:
    """Code (lead << 8 | trail, 7-bit) -> character, NEC row 13 and the IBM rows 89-92 included; unassigned -> 〓."""
    return {
        lead << 8 | trail: char if len(char := _shift(lead, trail).decode("cp932", "replace")) == 1 else GETA
        for lead in range(0x21, 0x99)
        for trail in range(0x21, 0x7F)
    }


def _supplement() -> dict[int, str]:
    """JIS X 0212, with the 106 IBM characters that eucJP-ms adds in rows 83 and 84, in the order of IBM's own code."""
    pairs = [lead << 8 | trail for lead in range(0x21, 0x7F) for trail in range(0x21, 0x7F)]
    table = {pair: bytes((0x8F, pair >> 8 | 0x80, pair & 0xFF | 0x80)).decode("euc_jp", "ignore") or LOST for pair in pairs}
    known = set(table.values()) - {"№"} | set("￢￤∵")  # these three stand elsewhere in eucJP-ms
    codes = (bytes((lead, trail)) for lead in (0xFA, 0xFB, 0xFC) for trail in range(0x40, 0xFD) if trail != 0x7F)
    ibm = [char for code in codes if code <= b"\xfc\x4b" and (char := code.decode("cp932")) not in known]
    table.update(zip((pair for pair in pairs if 0x7373 <= pair <= 0x747E), ibm, strict=True))
    return table


_JIS = _plane()
_FREE = [code for code, char in _JIS.items() if char == GETA]
# au's phones send emoji in rows that are nobody else's, and in those of NEC's kanji, which they do not have
_JIS_MAIL = _JIS | {code: KDDI_JIS[code] for code in _FREE if code in KDDI_JIS}
_AU_KANJI = {ord(_JIS[code]): sign for code, sign in KDDI_JIS.items() if _JIS[code] != GETA}
# eucJP-ms: the user's own rows 85-94 (J18), where CP51932 has no kanji
_JIS_EUC = _JIS | {code: chr(0xE000 + (code >> 8) * 94 + (code & 0xFF) - 0x2B17) for code in _FREE if 0x7521 <= code <= 0x7E7E}
_JIS_0212 = _supplement()


# --- ISO-2022-JP -------------------------------------------------------------------------------------------------

_ESCAPE_JP = re.compile(rb"\x1b\$[@B]|\x1b\(I|\x1b\$\(D")
# Designations (RFC 1468, RFC 1554, CP5022x), locking shifts, and the line end that returns to ASCII (RFC 1468)
_SWITCH = re.compile(rb"(?:\x1b&@)?\x1b\$(?:[@BA]|\([@BDCQOP])|\x1b\([BJHI]|\x1b\.[AF]|[\x0e\x0f]|\r?\n|\r")
_PAIRS = re.compile(rb"((?:[\x21-\x98][\x21-\x7e])+)|([\x00-\x20\x7f]+)|(.)", re.DOTALL)
_ASCII, _KANA = b"\x1b(B", b"\x1b(I"


def _iso_2022_jp(data: bytes) -> str:
    out: list[str] = []
    mode, shifted, position = _ASCII, False, 0
    for switch in _SWITCH.finditer(data):
        out.append(_segment(data[position : switch.start()], _KANA if shifted else mode))
        position, token = switch.end(), switch.group()
        if token[:1] in b"\r\n":
            out.append("\n")
            mode, shifted = _ASCII, False
        elif token in (b"\x0e", b"\x0f"):
            shifted = token == b"\x0e"
        elif token[:2] != b"\x1b.":
            mode = token[-4:] if token[-2:-1] == b"(" and token[1:2] == b"$" else token[-3:]
    out.append(_segment(data[position:], _KANA if shifted else mode))
    return "".join(out)


def _segment(segment: bytes, mode: bytes) -> str:
    if not segment:
        return ""
    if mode == _KANA:
        return _cp932(bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in segment))
    if mode in (b"\x1b(B", b"\x1b(J", b"\x1b(H"):
        return segment.decode("ascii") if segment.isascii() else _eight_bit(segment)
    if mode in (b"\x1b$A", b"\x1b$(C"):
        charset = "gb2312" if mode == b"\x1b$A" else "euc_kr"
        return bytes(byte | 0x80 if byte > 0x20 else byte for byte in segment).decode(charset, "replace")
    table = _JIS_0212 if mode == b"\x1b$(D" else _JIS_MAIL
    return "".join(
        _pairs(pairs, table) if pairs else other.decode("ascii") if other else LOST
        for pairs, other, _ in _PAIRS.findall(segment)
    )


def _pairs(pairs: bytes, table: dict[int, str]) -> str:
    """Two bytes are one UTF-16 unit: the whole run goes through one C-speed translation."""
    return pairs.decode("utf-16-be").translate(table)


def _eight_bit(segment: bytes) -> str:
    """Raw 8-bit text between escapes, against the standard: half-width kana (JIS8), Shift_JIS or UTF-8."""
    try:
        return segment.decode("utf-8")
    except UnicodeDecodeError:
        return _cp932(segment)


# --- EUC-JP and CP932 --------------------------------------------------------------------------------------------

_EUC = re.compile("((?:[\xa1-\xfe]{2})+)|((?:\x8f[\xa1-\xfe]{2})+)|((?:\x8e[\xa1-\xdf])+)|[\x80-\xff]")
_TO_7_BIT = {code: code & 0x7F for code in range(0x80, 0x100)}


def _euc_run(match: re.Match[str]) -> str:
    double, triple, kana = match.groups()
    if double:
        return _pairs(double.translate(_TO_7_BIT).encode("latin-1"), _JIS_EUC)
    if triple:
        return _pairs(triple.replace("\x8f", "").translate(_TO_7_BIT).encode("latin-1"), _JIS_0212)
    return kana.replace("\x8e", "").encode("latin-1").decode("cp932") if kana else LOST


# Python maps these bytes, which CP932 leaves unassigned, to private characters: they are errors
_UNASSIGNED = str.maketrans(dict.fromkeys("\x80\uf8f0\uf8f1\uf8f2\uf8f3", LOST))


def _cp932(data: bytes) -> str:
    return data.decode("cp932", "replace").translate(_UNASSIGNED)


def _utf_16_order(data: bytes) -> str:
    """Without a mark: the half with more zero and kana bytes is the high one."""
    even, odd = (sum(half.count(byte) for byte in (b"\0", b"\x30")) for half in (data[:_SAMPLE:2], data[1:_SAMPLE:2]))
    return "utf-16-be" if even > odd else "utf-16-le"


# --- Guessing ----------------------------------------------------------------------------------------------------

_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_CLASSES = re.compile(  # kana, kanji, other wide signs, half-width, user-defined, never in real text, Cyrillic
    "([\u3041-\u30fe、。「」])|([\u4e00-\u9fff])|([\u2160-\u217f\u2460-\u24ff\u3200-\u33ff\uff01-\uff60])|([\uff61-\uff9f])"
    "|([\ue000-\ue757])|([\ue758-\uf8ff\ufffd〓\x80-\x9f])|([\u0400-\u04ff])"
)
_JIS_8 = re.compile(rb"[\x00-\x7f\xa1-\xdf]*")  # half-width kana in one byte
_FIRST_LEVEL = re.compile(r"[\x88-\x97][\x40-\xfc]|\x98[\x40-\x72]")


def _guess(data: bytes) -> str:
    """What undeclared bytes are (J10): escapes, UTF-8, UTF-16 by its zeros, then CP932 or EUC-JP by their letters."""
    if _ESCAPE_JP.search(data):
        return ISO_2022_JP
    if b"\x1b$)C" in data:
        return "iso2022_kr"
    sample = data[:_SAMPLE]
    if sample.count(0) * 3 > len(sample) >= 4:
        return "utf-16"
    if data.isascii():
        return ASCII
    if _is_utf_8(data):
        return "utf-8"
    best, score = _best_japanese(sample)
    if score > 0:
        return best
    names = _cp932(sample)  # of people, many with kanji of a town's own (J18)
    return "cp932" if _JAPANESE.search(names) and _score(names, own=1) > 0 else "cp1252"


def _best_japanese(sample: bytes) -> tuple[str, float]:
    scores = {charset: _score(_decoded(sample, charset, True).text) for charset in ("cp932", EUC_JP)}
    best = max(scores, key=lambda charset: scores[charset])
    return best, scores[best]


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > 3 and error.reason == "unexpected end of data"  # cut in the last character
    return True


def _score(text: str, own: int = 6) -> float:
    """How Japanese a text reads: kana speak for it, odd and rare characters against it, a user-defined one by `own`."""
    score = 0.0
    for kana, kanji, wide, half_width, user, odd, cyrillic in _CLASSES.findall(text):
        if kana:
            score += 2
        elif kanji:
            score += 1 if _common(kanji) else -1
        elif wide:
            score += 0.5
        elif half_width:
            score += 0.2
        elif user:
            score -= own
        elif odd:
            score -= 6
        elif cyrillic:
            score -= 1
    return score


def _common(kanji: str) -> bool:
    """First level of JIS X 0208, the 2,965 kanji of daily use."""
    return bool(_FIRST_LEVEL.match(kanji.encode("cp932", "ignore").decode("latin-1")))


def _contradicts(data: bytes, charset: str) -> bool:
    """The label can not be true: escapes in an 8-bit charset, or text that is Japanese in valid UTF-8 under another name."""
    if charset != ISO_2022_JP and _ESCAPE_JP.search(data) and data.isascii():
        return True
    if data.isascii():
        return charset.startswith(("utf-16", "utf-32")) and 0 not in data
    if charset.startswith(("utf", "iso2022")):
        return False
    sample = data[:_SAMPLE]
    if charset == ISO_2022_JP:
        kana = _JIS_8.fullmatch(data) and not re.search("[ぁ-ヾ]", _decoded(sample, EUC_JP, True).text)
        return not (kana or _ESCAPE_JP.search(data) or b"\x0e" in data)
    if _is_utf_8(data):
        return charset in SINGLE_BYTE or bool(_JAPANESE.search(data.decode("utf-8", "replace")))
    if charset in ("cp932", EUC_JP):
        best, score = _best_japanese(sample)
        return best != charset and score > 0 > _score(_decoded(sample, charset, True).text)
    return charset in _WESTERN and _best_japanese(sample)[1] > len(sample) / 4


_WESTERN = ("cp1252", "iso8859_15")  # what programs write when nobody told them; other single-byte labels are meant


# --- Plain text --------------------------------------------------------------------------------------------------

# Never shown, only deceiving: C0, C1, bidi controls, zero-width, interlinear, fillers, tags, non-characters (F2, H4)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_JOINED = "[\u0590-\u0dff\u0e00-\u109f\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"  # letters and emoji that joiners join
_JOINER = re.compile(f"(?<!{_JOINED})[\u200c\u200d]|[\u200c\u200d](?!{_JOINED})")
_SELECTOR = re.compile(
    "(?:^|(?<=[\\s\ufe00-\ufe0f\U000e0100-\U000e01ef]))[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)  # only the first after a base counts


def _ranges(codes: Iterable[int]) -> str:
    """For a character class, which is searched one item after the other above U+FFFF."""
    spans: list[tuple[int, int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1] = (spans[-1][0], code)
        else:
            spans.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)


# UAX #15 13: text is stream-safe with at most 30 marks on a letter; more make normalisation quadratic, and text unreadable
_COMBINING = [code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))]
_LETTER_MARK = f"[{_ranges(_COMBINING)}]"
# looked for first, and a hundred times faster: above U+FFFF one range instead of sixty
_PERHAPS = f"[{_ranges(code for code in _COMBINING if code <= 0xFFFF)}\U00010000-\U0001efff]"
_STACKED = re.compile(f"(?={_PERHAPS})({_LETTER_MARK}{{30}}){_LETTER_MARK}+")
# NFC would turn these into other shapes of people's names (神 U+FA19 -> 神): they stay
_COMPATIBILITY = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")


def clean(text: str) -> tuple[str, int]:
    """`text` in NFC with LF line ends, without what no reader sees; and how many characters were removed.

    Joiners and variation selectors stay where emoji and kanji variants (IVS) need them; so do LF and TAB."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    if text.isascii() and text.isprintable():
        return text, 0
    plain = _STACKED.sub(r"\1", _SELECTOR.sub("", _JOINER.sub("", _INVISIBLE.sub("", text))))
    removed = len(text) - len(plain)
    if not unicodedata.is_normalized("NFC", plain):
        runs = _COMPATIBILITY.split(plain)
        plain = "".join(run if kept else unicodedata.normalize("NFC", run) for kept, run in _alternate(runs))
    return plain, removed


def _alternate(runs: list[str]) -> list[tuple[bool, str]]:
    return [(index % 2 == 1, run) for index, run in enumerate(runs)]

"""一太郎 (.jtd, .jtt, and .jtdc, .jttc compressed): its words as a .txt (japanese-mail.md 2.5, D18).

The format is unpublished.  What is read here is what independent observers found alike: streams of OLE2 that begin with
`SsmgV.01` and hold `TextV.01` blocks of big-endian UTF-16 units between control records; a compressed document is one LHA
member that holds such a file.  Nothing of the original is copied; layout, pictures and objects are left out, and the
report says so.  Raises Refused: TYPE_NOT_ALLOWED (WITHHELD) for every other shape, so that staff can ask for the original.
"""

from __future__ import annotations

import io
import re
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterator

import olefile

from sanitizers import charset, names, text, unpack
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Refused, Treatment, Verdict

MEDIA_TYPES = ("application/x-ichitaro",)

_STREAMS = (("DocumentText", ""), ("LayoutBoxText", "［枠内の文字］"), ("Footnote", "［脚注］"))  # and its heading in the .txt
_STREAM, _BLOCK = b"SsmgV.01", b"TextV.01"
_COMPRESSED = b"&\0JustCompressedDocument"  # its own length first
_MEMBER_AT = 38  # bytes into the stream: the LHA header
_BROKEN = (OSError, ValueError, IndexError, struct.error, RecursionError, AttributeError, TypeError)  # olefile's ways to fail

# Control units
_ROW, _PAGE, _NOTE, _RECORD, _INLINE, _INLINE_END, _RUN = "\x0e", "\x0c", "\x0d", "\x1c", "\x1d", "\x1e", "\x1f"
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")  # TAB and LF are text
_BREAKS = {_ROW: "\n", _PAGE: "\n", _NOTE: "\n"}
# Classes of records, and what an inline record holds
_INLINE_CLASS, _CELL_CLASS = 0x0001, 0x0030
_SHOWN, _READING = 0, 0x0082
_HEAD, _FOOT = 3, 4  # units: opener, class, length; length, 0, class, end
_LONGEST_INLINE = 1024  # units; observed readings have some ten

_Skipped = Counter[tuple[Kind, str]]
_OBJECT = (Kind.EMBEDDED_OBJECT, "pictures or objects")
_HINT = (Kind.HIDDEN_CONTENT, "hints to the writer")
_UNKNOWN = (Kind.UNKNOWN_CONSTRUCT, "records of unknown shape")


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """UTF-8 with mark; the parts in the order body, boxes, footnotes."""
    findings = Findings()
    words = "\n".join(_sections(content, part, job.profile, findings)).strip("\n") + "\n"
    if not words.strip():
        raise _withheld("no text in it")
    plain, removed = charset.clean(words)
    if removed:
        findings.add(Kind.CONTROL_CHARACTER, "", f"{removed} invisible characters", Treatment.REMOVED)
    findings.add(Kind.CONVERTED, "", "Ichitaro to plain text, without layout, pictures and objects", Treatment.REPLACED)
    return text.outcome(plain, part, detected, "text/plain", findings)


def _withheld(why: str) -> Refused:
    return Refused(Reason.TYPE_NOT_ALLOWED, f"Ichitaro document (一太郎): {why}", Verdict.WITHHELD)


def _sections(content: bytes, part: Part, profile: Profile, findings: Findings) -> Iterator[str]:
    if any(names.extension(name) == ".jtsd" for name in (part.name, *part.names)):
        raise _withheld("signed or encrypted by Ichitaro (.jtsd); no password helps here")
    streams = _streams(content, profile.limits)
    if "JSCompDocument" in streams and "DocumentText" not in streams:
        streams = _streams(_expanded(streams["JSCompDocument"], profile), profile.limits)
    if "DocumentText" not in streams:
        raise _withheld("its text is not where it is known to be")
    for name, heading in _STREAMS:
        blocks = [_words(units, name, findings) for units in _blocks(streams.get(name, b""), name)]
        if heading and any(block.strip() for block in blocks):
            yield f"\n{heading}"
        yield from blocks


def _streams(content: bytes, limits: Limits) -> dict[str, bytes]:
    """Those streams of the root that are read here.  Streams may share sectors, so what is read in all is counted."""
    wanted, found, left = {name for name, _ in _STREAMS} | {"JSCompDocument"}, {}, limits.part_bytes
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            for name in wanted:
                if ole.exists(name) and ole.get_type(name) == olefile.STGTY_STREAM:
                    left -= int(ole.get_size(name))
                    if left < 0:
                        raise Refused(Reason.LIMIT_SIZE, f"streams of more than {limits.part_bytes} bytes")
                    found[name] = bytes(ole.openstream(name).read())
    except _BROKEN as broken:
        raise _withheld(f"{type(broken).__name__}: {broken}") from broken
    return found


def _expanded(stream: bytes, profile: Profile) -> bytes:
    """The document inside a .jtdc; it is bounded and counted as every archive's member is."""
    member = stream[_MEMBER_AT:]
    if not stream.startswith(_COMPRESSED) or len(member) < 21 or member[2:5] != b"-lh" or member[20] > 1:
        raise _withheld("compressed in an unknown way")
    end = 2 + member[0] + int.from_bytes(member[7:11], "little")  # LHA header of level 0 or 1, then the packed bytes
    try:
        items = list(unpack.unpack(member[:end] + b"\0", "application/x-lzh-compressed", profile, Findings()))
    except Refused as refusal:
        if refusal.reason is Reason.LIMIT_RATIO:
            raise
        raise _withheld(f"can not be unpacked: {refusal.detail}") from refusal
    if len(items) != 1:
        raise _withheld(f"{len(items)} members where there should be one")
    return items[0].content


def _blocks(stream: bytes, name: str) -> Iterator[str]:
    """The units of each block, a character for a unit: a surrogate pair stays two, so that lengths count."""
    if not stream:
        return
    if not stream.startswith(_STREAM):
        raise _withheld(f"{name} does not begin as known")
    at, count = stream.find(_BLOCK), 0
    while at >= 0:
        start = at + len(_BLOCK) + 4
        end = start + 2 * int.from_bytes(stream[start - 4 : start], "big")
        if end > len(stream):
            raise _withheld(f"{name} is cut off")
        yield _characters(stream[start:end])
        at, count = stream.find(_BLOCK, end), count + 1
    if not count:
        raise _withheld(f"{name} has no block of text")


def _characters(content: bytes) -> str:
    units = array("H", content)
    if sys.byteorder == "little":
        units.byteswap()
    return "".join(map(chr, units))


def _words(units: str, name: str, findings: Findings) -> str:
    """What is seen of one block."""
    shown, at, skipped = ["\n"], 0, _Skipped()
    while control := _CONTROL.search(units, at):
        words, seen, at = units[at : control.start()], _BREAKS.get(control[0], ""), control.end()
        if control[0] == _RECORD:
            at, seen = _record(units, control.start(), skipped)
        if words:
            shown.append(words)
        if seen and not (seen == "\t" and shown[-1].endswith("\n")):  # the first cell of a row needs no tab
            shown.append(seen)
    shown.append(units[at:])
    for (kind, what), count in skipped.items():
        findings.add(kind, name, f"{count} {what}", Treatment.REMOVED)
    return "".join(shown[1:]).encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def _record(units: str, start: int, skipped: _Skipped) -> tuple[int, str]:
    """Where the record ends, and what is seen of it.  One of unknown shape is a lone control: what follows is text."""
    kind, length = (ord(unit) for unit in units[start + 1 : start + _HEAD].ljust(2, "\0"))
    end = start + length
    if length >= _HEAD + _FOOT and kind == _INLINE_CLASS and units[end - 1 : end] == _INLINE:
        return _inline(units, start, end, skipped)
    foot = units[end - _FOOT : end]
    if length >= _HEAD + _FOOT and foot == f"{chr(length)}\0{chr(kind)}{_RUN}":
        return end, "\t" if kind == _CELL_CLASS else ""
    skipped[_UNKNOWN] += 1
    run = units.find(_RUN, start, start + _LONGEST_INLINE)
    return (run if run >= 0 else start) + 1, ""


def _inline(units: str, start: int, end: int, skipped: _Skipped) -> tuple[int, str]:
    """A word with a reading above it, a number that the program made, a place for an object, or a hint to the writer."""
    close = units.find(_INLINE_END, end, end + _LONGEST_INLINE)
    if close < 0:
        skipped[_UNKNOWN] += 1
        return end, ""
    place, selector = (ord(unit) for unit in units[end - 3 : end - 1])
    words, run = _CONTROL.sub("", units[end:close]), units.find(_RUN, close, close + _HEAD + _FOOT)
    after = (run if run >= 0 else close) + 1
    if not words:
        skipped[_OBJECT] += 1
    elif place != _SHOWN and selector != _READING:
        skipped[_HINT] += 1
        words = ""
    return after, f"（{words}）" if words and selector == _READING else words

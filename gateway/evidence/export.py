"""Journal entries for other programs: CSV for Excel, JSON lines, CEF, RFC 5424 syslog.  Pure; bytes out, a line at a time.

What a stranger wrote never becomes a formula (W7), a second line or a terminal's escape (W8).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version

from gateway.clock import JST
from gateway.evidence.sentence import sentence
from gateway.journal import Entry
from gateway.visible import visible

BOM = "\ufeff"  # without it Excel takes UTF-8 for Shift_JIS
_HEADINGS = ("番号", "日時", "種別", "メール", "内容", "詳細")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # Excel takes the full-width ones as well
EXPORTED = 100_000  # entries in one export: what Excel opens without complaint
_LINE = 8_000  # characters of a syslog message: RFC 5424 6.1 leaves more to chance
_WARNING, _NOTICE = 4, 5  # RFC 5424 6.2.1
_AUDIT = 13  # facility: log audit
SEVERE = {"alarm": 8, "halted": 7, "held": 5, "refused": 4, "login_failed": 6, "browser_reported": 6}  # CEF, 0 to 10


def as_csv(entries: Iterable[Entry]) -> Iterator[bytes]:
    yield _row(_HEADINGS, BOM)
    for entry in entries:
        when = datetime.fromtimestamp(entry.at, JST).strftime("%Y-%m-%d %H:%M:%S")
        facts = " ".join(f"{name}={value}" for name, value in entry.facts if value)
        number = "" if entry.seq is None else str(entry.seq)
        yield _row((number, when, entry.kind, entry.item, sentence(entry), facts))


def _row(cells: Iterable[str], before: str = "") -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return (before + out.getvalue()).encode("utf-8", "replace")


def guarded(cell: str) -> str:
    """Text, whatever it begins with; one line; nothing hidden.  32,767 characters are all that a cell of Excel holds."""
    text = visible(cell).replace("\n", " ").replace("\t", " ")[:32_000]
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def as_jsonl(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield json.dumps(_values(entry), ensure_ascii=True).encode() + b"\n"  # ASCII: no bidi, no line separators


def _values(entry: Entry) -> dict[str, object]:
    own = {"seq": entry.seq, "at": entry.at, "time": _utc(entry.at), "kind": entry.kind, "item": entry.item}
    return {**own, **dict(entry.facts)}


def as_cef(entries: Iterable[Entry]) -> Iterator[bytes]:
    """ArcSight Common Event Format, version 0."""
    for entry in entries:
        yield f"{cef(entry)}\n".encode("utf-8", "replace")


def cef(entry: Entry) -> str:
    head = ("CEF:0", "Mugai", "Mugai", version("mugai"), entry.kind, entry.kind.replace("_", " "), str(severity(entry)))
    pairs = {
        "rt": f"{entry.at * 1000:.0f}",
        "externalId": "" if entry.seq is None else str(entry.seq),
        "deviceCustomString1": entry.item,
    }
    pairs |= {f"mugai{name.title().replace('_', '')}": value for name, value in entry.facts}
    shown = " ".join(f"{name}={_cef_value(value)}" for name, value in pairs.items() if value)
    return f"{'|'.join(_cef_head(each) for each in head)}|{shown}"[:_LINE]


def _cef_head(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("=", "\\=")


def as_syslog(entries: Iterable[Entry], hostname: str = "-") -> Iterator[bytes]:
    for entry in entries:
        yield syslog(entry, hostname, structured(entry)) + b"\n"


def syslog(entry: Entry, hostname: str, rest: str) -> bytes:
    """RFC 5424 6: `rest` is structured data, a space and the message."""
    priority = _AUDIT * 8 + (_WARNING if severity(entry) >= 5 else _NOTICE)
    host = "".join(c for c in hostname if 33 <= ord(c) <= 126)[:255] or "-"
    return f"<{priority}>1 {_utc(entry.at)} {host} mugai - {entry.kind[:32]} {rest}"[:_LINE].encode("utf-8", "replace")


def structured(entry: Entry) -> str:
    """Names by RFC 5612: 32473 is the enterprise number for examples; a collector matches on the name before it."""
    facts = {"seq": "" if entry.seq is None else str(entry.seq), "item": entry.item, **dict(entry.facts)}
    pairs = " ".join(f'{name[:32]}="{_parameter(value)}"' for name, value in facts.items() if value)
    return f"[mugai@32473 {pairs}] \ufeff{_one_line(sentence(entry))}"


def _parameter(text: str) -> str:
    """RFC 5424 6.3.3."""
    return _one_line(text)[:1_000].replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def severity(entry: Entry) -> int:
    return SEVERE.get(entry.kind, 3)


def _one_line(text: str) -> str:
    return visible(text).replace("\n", " ").replace("\t", " ")


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


FORMS: dict[str, tuple[Callable[[Iterable[Entry]], Iterator[bytes]], str, str]] = {  # writer, media type, suffix
    "csv": (as_csv, "text/csv; charset=utf-8", "csv"),
    "jsonl": (as_jsonl, "application/x-ndjson", "jsonl"),
    "cef": (as_cef, "text/plain; charset=utf-8", "cef.log"),
    "rfc5424": (as_syslog, "text/plain; charset=utf-8", "syslog.log"),
}

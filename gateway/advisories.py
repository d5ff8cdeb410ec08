"""Known weaknesses of what is installed here (HD-05), by records that were carried in: OSV's, a JSON file each, in a folder.

No network is asked.  A record that does not say which versions it means counts as affecting all: somebody has to look.  Raises
`NoRecords`.  What is installed is `materials.py`'s; who mends what by when is the plan for improvement of the self-inspection.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import groupby
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from gateway.materials import Part, canonical
from gateway.trouble import Trouble

Older = Callable[[str, str], bool]  # is the first version older than the second?


class NoRecords(Trouble):
    """One sentence: what is wrong with the folder."""


@dataclass(frozen=True, slots=True)
class Weakness:
    id: str
    part: Part
    urgency: str  # in the record's own word; "" = it has none
    fixed: str  # the first version without it; "" = none yet
    summary: str

    def __str__(self) -> str:
        mended = f"(mended in {self.fixed})" if self.fixed else "(not mended yet)"
        words = (self.id, self.part.source, self.part.source_version, self.urgency.lower(), mended, self.summary)
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Comparison:
    records: int
    newest: str  # day of the record that was changed last: how old the collection is
    found: tuple[Weakness, ...]


def compare(folder: Path, parts: Sequence[Part]) -> Comparison:
    by_source = {key: tuple(each) for key, each in groupby(sorted(parts, key=_key), _key)}
    days, found, count = [""], list[Weakness](), 0
    for file in sorted(folder.rglob("*.json")):
        record = _record(file)
        count += 1
        days.append(str(record.get("modified", ""))[:10])
        if not record.get("withdrawn"):
            found += _weaknesses(record, by_source)
    if not count:
        raise NoRecords(f"{folder} holds no OSV records (*.json); see docs/running.md")
    # a package is built into several: one line for each weakness of a source
    once = {(each.id, each.part.source): each for each in found}
    return Comparison(count, max(days), tuple(once.values()))


def _key(part: Part) -> tuple[str, str]:
    return part.ecosystem, part.source


def _record(file: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(file.read_bytes())
        if isinstance(record, dict) and isinstance(record["id"], str) and isinstance(record.get("affected", []), list):
            return record
    except (OSError, ValueError, KeyError):
        pass
    raise NoRecords(f"{file} is no OSV record")


def _weaknesses(record: Mapping[str, Any], parts: Mapping[tuple[str, str], tuple[Part, ...]]) -> Iterator[Weakness]:
    for affected in record.get("affected", ()):
        package = affected.get("package", {})
        ecosystem, _, release = str(package.get("ecosystem", "")).partition(":")
        if release and release != _release():
            continue
        name = str(package.get("name", ""))
        for part in parts.get((ecosystem, canonical(name) if ecosystem == "PyPI" else name), ()):
            older = _older_debian if ecosystem == "Debian" else _older_python
            if _is_meant(affected, part.source_version, older):
                said = {**record.get("database_specific", {}), **affected.get("ecosystem_specific", {})}
                urgency = str(said.get("severity") or said.get("urgency") or "")
                yield Weakness(record["id"], part, urgency, _fixed(affected), str(record.get("summary", ""))[:120])


def _is_meant(affected: Mapping[str, Any], version: str, older: Older) -> bool:
    """The OSV schema's evaluation: any list or range that holds the version."""
    ranges, listed = _ranges(affected), affected.get("versions", ())
    try:
        return version in listed or any(_within(each, version, older) for each in ranges) or not (ranges or listed)
    except InvalidVersion:  # nobody can say
        return True


def _ranges(affected: Mapping[str, Any]) -> list[Sequence[Mapping[str, str]]]:
    return [each.get("events", ()) for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]


def _within(events: Sequence[Mapping[str, str]], version: str, older: Older) -> bool:
    def order(one: Mapping[str, str], other: Mapping[str, str]) -> int:
        first, second = (next(iter(each.values())) for each in (one, other))
        return -1 if first == "0" or older(first, second) else int(second == "0" or older(second, first))

    inside = False
    for event in sorted(events, key=cmp_to_key(order)):
        if "introduced" in event:
            inside |= event["introduced"] == "0" or not older(version, event["introduced"])
        elif "fixed" in event:
            inside &= older(version, event["fixed"])
        elif "last_affected" in event:
            inside &= not older(event["last_affected"], version)
    return inside


def _fixed(affected: Mapping[str, Any]) -> str:
    return next((event["fixed"] for events in _ranges(affected) for event in reversed(events) if "fixed" in event), "")


def _older_python(one: str, other: str) -> bool:
    return Version(one) < Version(other)


def _older_debian(one: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False).returncode == 0


def _release() -> str:
    try:
        return platform.freedesktop_os_release().get("VERSION_ID", "")
    except OSError:
        return ""

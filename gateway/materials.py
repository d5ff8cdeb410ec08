"""What this installation is made of (HD-05): the Python packages it runs on and the Debian packages it drives, as CycloneDX.

Read from what is installed here, not from a lock file.  What a wheel says of the libraries inside it (PEP 770) stands below it.
A scanner on another machine or in a container of its own is not here.  Known weaknesses of the parts are `advisories.py`'s.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any
from urllib.parse import quote

MUGAI = "mugai"
# what the gateway starts, or loads from outside of its environment
_DRIVEN = ("clamav*", "libclamav*", "libreoffice*", "uno-libs*", "ure*", "libarchive13*", "fonts-ipafont*", "tini")
_SYSTEM = ("python3*-minimal", "libpython3*", "libc6", "libssl3*", "libldap*", "libsasl2-2", "libsqlite3-0")
_FORMAT = "${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${source:Package}\\t${source:Version}\\t${Architecture}\\n"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    version: str
    purl: str


@dataclass(frozen=True, slots=True)
class Part:
    ecosystem: str  # PyPI or Debian, as OSV calls them
    name: str
    version: str
    purl: str
    source: str  # the name under which weaknesses are published
    source_version: str
    licence: str = ""
    inside: tuple[Inner, ...] = ()  # components, as the wheel says


def installed() -> tuple[Part, ...]:
    return (*sorted(_python(), key=lambda part: part.name), *sorted(_debian(), key=lambda part: part.name))


def bill(parts: Sequence[Part], now: float) -> dict[str, Any]:
    """CycloneDX 1.6 (ECMA-424)."""
    own = next((part.version for part in parts if part.name == MUGAI), "0")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "component": {"type": "application", "bom-ref": MUGAI, "name": MUGAI, "version": own},
        },
        "components": [_component(part) for part in parts if part.name != MUGAI],
    }


def _component(part: Part) -> dict[str, Any]:
    # below a wheel the same library may stand that stands below another: each reference once in the whole bill
    inner = [_entry(each, f"{part.purl}#{each.purl}") for each in part.inside]
    licence = [{"license": {"name": part.licence}}] if part.licence else []
    return _entry(part, part.purl) | ({"licenses": licence} if licence else {}) | ({"components": inner} if inner else {})


def _entry(part: Part | Inner, reference: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": reference, "name": part.name, "version": part.version, "purl": part.purl}


def canonical(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _python() -> set[Part]:
    parts = dict[str, Part]()
    for each in metadata.distributions():
        name = canonical(each.metadata["Name"])
        said = each.metadata.json
        licence = str(said.get("license_expression") or said.get("license") or "").partition("\n")[0][
            :100
        ]  # some hold its text
        purl = f"pkg:pypi/{name}@{quote(each.version, safe='')}"
        # the first on the path is the one that is imported
        parts.setdefault(name, Part("PyPI", name, each.version, purl, name, each.version, licence, _inside(each)))
    return set(parts.values())


def _inside(wheel: metadata.Distribution) -> tuple[Inner, ...]:
    said = [json.loads(file.read_text()) for file in wheel.files or () if file.match("sboms/*.json")]
    found = (each for bom in said for each in bom.get("components", ()))
    return tuple(dict.fromkeys(Inner(c["name"], c["version"], c["purl"]) for c in found if c.get("version") and c.get("purl")))


def _debian() -> set[Part]:
    if shutil.which("dpkg-query") is None:
        return set()
    command = ["dpkg-query", "--show", f"--showformat={_FORMAT}", *_DRIVEN, *_SYSTEM]
    # it complains of patterns that nothing matches: those are not installed
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    parts = set[Part]()
    for line in listed.splitlines():
        state, name, version, source, source_version, architecture = line.split("\t")
        if state.startswith("ii"):
            purl = f"pkg:deb/debian/{quote(name, safe='+')}@{quote(version, safe=':')}?arch={architecture}".replace("+", "%2B")
            parts.add(Part("Debian", name, version, purl, source, source_version))
    return parts

"""What is installed, as CycloneDX, and held against OSV records that were carried in (HD-05)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway import advisories, journal, materials
from gateway.commands import check
from gateway.materials import Part
from tests.running import Running

NOW = 1_795_890_400.0  # 2026-11-28
PILLOW = Part("PyPI", "pillow", "13.0.0", "pkg:pypi/pillow@13.0.0", "pillow", "13.0.0")
CORE = Part("Debian", "libreoffice-core-nogui", "4:7.4.7-1+deb12u14", "pkg:deb/debian/x@1", "libreoffice", "4:7.4.7-1+deb12u14")
WRITER = Part(
    "Debian", "libreoffice-writer-nogui", "4:7.4.7-1+deb12u14", "pkg:deb/debian/y@1", "libreoffice", "4:7.4.7-1+deb12u14"
)


def record(folder: Path, ecosystem: str, name: str, *events: Mapping[str, str], **more: Any) -> None:
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    affected |= {key: more.pop(key) for key in ("versions", "ecosystem_specific") if key in more}
    number = len(list(folder.glob("*.json"))) + 1
    whole = {"id": f"TEST-{number}", "modified": f"2026-11-{number:02}T00:00:00Z", "affected": [affected], **more}
    (folder / f"{number}.json").write_text(json.dumps(whole))


def ids(folder: Path, *parts: Part) -> list[str]:
    return [each.id for each in advisories.compare(folder, parts).found]


def test_hd05_the_bill_names_everything_that_runs_here_and_each_reference_once() -> None:
    bom = materials.bill(materials.installed(), NOW)
    assert (bom["bomFormat"], bom["specVersion"], bom["metadata"]["timestamp"]) == ("CycloneDX", "1.6", "2026-11-28T18:26:40Z")
    assert bom["metadata"]["component"]["version"] != "0"
    purls = [component["purl"] for component in bom["components"]]
    for wanted in ("pkg:pypi/pikepdf@", "pkg:pypi/aiosmtpd@", "pkg:deb/debian/clamav-daemon@", "pkg:deb/debian/libarchive13@"):
        assert [purl for purl in purls if purl.startswith(wanted)], wanted
    inner = [each for component in bom["components"] for each in component.get("components", ())]
    assert any("openssl" in each["name"] for each in inner)  # inside cryptography's wheel
    references = [each["bom-ref"] for each in (*bom["components"], *inner)]
    assert len(references) == len(set(references))


@pytest.mark.parametrize(
    ("events", "meant"),
    [
        (({"introduced": "0"},), True),
        (({"introduced": "0"}, {"fixed": "13.0.0"}), False),
        (({"introduced": "0"}, {"fixed": "13.0.1"}), True),
        (({"fixed": "13.1"}, {"introduced": "12.9rc1"}), True),  # in any order
        (({"introduced": "13.0.1"},), False),
        (({"introduced": "12"}, {"last_affected": "12.9"}), False),
        (({"introduced": "12"}, {"last_affected": "13.0"}), True),
        (({"introduced": "1"}, {"fixed": "2"}, {"introduced": "13.0"}, {"fixed": "13.2"}), True),
        (({"introduced": "nonsense"},), True),  # somebody has to look
        ((), True),
    ],
)
def test_hd05_a_python_version_lies_in_a_range_or_not(tmp_path: Path, events: tuple[dict[str, str], ...], meant: bool) -> None:
    record(tmp_path, "PyPI", "Pillow", *events)
    assert bool(ids(tmp_path, PILLOW)) is meant


def test_hd05_debian_s_versions_are_compared_as_debian_does_and_a_source_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisories, "_release", lambda: "12")
    record(tmp_path, "Debian:12", "libreoffice", {"introduced": "0"}, {"fixed": "4:7.4.7-1+deb12u9"})
    record(tmp_path, "Debian:12", "libreoffice", {"introduced": "0"}, {"fixed": "4:7.4.7-1+deb12u15"})
    record(tmp_path, "Debian:13", "libreoffice", {"introduced": "0"})  # another release
    record(tmp_path, "Debian:12", "libreoffice", {"introduced": "0"}, ecosystem_specific={"urgency": "high"}, summary="本文")
    found = advisories.compare(tmp_path, (CORE, WRITER)).found
    assert [(each.id, each.urgency, each.fixed) for each in found] == [
        ("TEST-2", "", "4:7.4.7-1+deb12u15"),
        ("TEST-4", "high", ""),
    ]
    assert str(found[1]) == "TEST-4 libreoffice 4:7.4.7-1+deb12u14 high (not mended yet) 本文"


def test_hd05_a_list_of_versions_a_withdrawn_record_and_the_age_of_the_collection(tmp_path: Path) -> None:
    record(tmp_path, "PyPI", "pillow", versions=["12.9", "13.0.0"])
    record(tmp_path, "PyPI", "pillow", versions=["12.9"])
    record(tmp_path, "PyPI", "pillow", {"introduced": "0"}, withdrawn="2026-11-01T00:00:00Z")
    record(tmp_path, "npm", "pillow", {"introduced": "0"})
    result = advisories.compare(tmp_path, (PILLOW,))
    assert (result.records, result.newest, [each.id for each in result.found]) == (4, "2026-11-04", ["TEST-1"])


@pytest.mark.parametrize("text", [None, "{", "[]", '{"id": 1}', '{"id": "a", "affected": 3}'])
def test_hd05_a_folder_without_records_is_never_a_clean_result(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "a.json").write_text(text)
    with pytest.raises(advisories.NoRecords):
        advisories.compare(tmp_path, (PILLOW,))


def entry(found: str, at: float) -> list[journal.Entry]:
    facts = (("found", found), ("newest", "2026-11-27"), ("parts", "120"))
    return [journal.Entry(1, at, "advisories_compared", "", facts, 1)]


def test_hd05_check_shows_the_newest_result_and_its_age() -> None:
    assert check.advisories([], NOW).level == "warn"
    assert check.advisories(entry("", NOW - 86_400), NOW).level == "ok"
    assert check.advisories(entry("", NOW - 40 * 86_400), NOW).level == "warn"
    assert check.advisories(entry("CVE-1 pillow", NOW), NOW).text == (
        "CVE-1 pillow; 120 parts held against records up to 2026-11-27, 0 days ago"
    )


def test_hd05_the_commands_write_the_bill_and_the_record(tmp_path: Path) -> None:
    folder, house = tmp_path / "osv", Running(tmp_path / "state", tmp_path / "none", 1)
    folder.mkdir()
    assert json.loads(house.mugai("sbom"))["components"]
    record(folder, "PyPI", "nothing-here", {"introduced": "0"})
    house.mugai("advisories", str(folder))  # exit code 0
    record(folder, "PyPI", "aiosmtpd", {"introduced": "0"}, database_specific={"severity": "HIGH"})
    assert "TEST-2 aiosmtpd 1." in house.mugai("advisories", str(folder), check=False)
    assert "advisories_compared" in house.mugai("journal", "search", "--kind", "advisories_compared", check=False)

"""What is shipped beside the program fits the program: package, image, compose file, scanner, systemd units."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

from gateway.app import DRAIN_SECONDS
from gateway.cli import parser
from gateway.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = {name: (ROOT / f"config/systemd/{name}.service").read_text().splitlines() for name in ("mugai", "mugai-console")}
CLAMD = dict(line.split(" ", 1) for line in (ROOT / "config/clamd.conf").read_text().splitlines() if line[:1].isalpha())


def test_the_package_holds_every_file_that_the_program_reads() -> None:
    """From a checkout all is there; an image has only what is named."""
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for package, patterns in packaged.items():
        base = ROOT / package
        named = {file for pattern in patterns for file in base.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)}
        there = {
            file for file in base.rglob("*") if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".py"
        }
        assert there <= named


def test_the_image_is_built_from_what_docker_is_given() -> None:
    given = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert copied == given
    assert all((ROOT / name).exists() for name in copied)


def test_both_stages_of_the_image_are_pinned_by_one_digest() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE}"}
    assert COMPOSE["services"]["gateway"]["build"] == COMPOSE["services"]["console"]["build"]
    assert COMPOSE["services"]["gateway"]["build"]["args"].keys() == {"BASE"}


def test_the_image_signs_in_by_ldap_with_the_library_that_is_tested() -> None:
    for pin in re.findall(r"^\S+==\S+", (ROOT / "requirements-ldap.lock").read_text(), re.MULTILINE):
        assert f"\n{pin} " in (ROOT / "requirements-dev.lock").read_text()


def test_the_containers_have_nothing_that_they_do_not_need() -> None:
    for name in ("gateway", "console"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "cap_add" not in service
        assert service["security_opt"] == ["no-new-privileges:true"]  # and no seccomp or apparmor profile switched off
        assert service["ulimits"] == {"core": 0}
    assert "USER 65532:65532" in DOCKERFILE
    assert COMPOSE["services"]["console"]["user"] == "65533:65533"
    assert COMPOSE["services"]["gateway"]["group_add"] == ["65533"]


def test_the_ports_and_times_are_those_of_the_settings() -> None:
    settings = Settings()
    ports = {int(each.rsplit(":", 1)[1]) for each in COMPOSE["services"]["address"]["ports"]}
    assert ports == {settings.inbound.port, settings.outbound.port, settings.console.port}
    assert f"127.0.0.1:{settings.health.port}/health" in DOCKERFILE
    assert int(COMPOSE["services"]["gateway"]["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS


def test_the_console_keeps_its_network_when_the_gateway_restarts() -> None:
    """A container in the network of another one keeps the old network of it, which is gone after its restart."""
    assert {name: COMPOSE["services"][name]["network_mode"] for name in ("gateway", "console")} == {
        "gateway": "service:address",
        "console": "service:address",
    }


def test_the_scanner_listens_where_both_containers_look_and_answers_for_all_that_it_is_given() -> None:
    """The image's entry point waits for a socket in this folder alone, and starts clamd anew when none comes."""
    folder = str(Path(CLAMD["LocalSocket"]).parent)
    assert folder == "/run/clamav"
    assert f"clamd-socket:{folder}:ro" in COMPOSE["services"]["gateway"]["volumes"]
    assert f"clamd-socket:{folder}" in COMPOSE["services"]["clamd"]["volumes"]
    assert "./config/clamd.conf:/etc/clamav/clamd.conf:ro" in COMPOSE["services"]["clamd"]["volumes"]
    assert CLAMD["AlertExceedsMax"] == CLAMD["AlertEncrypted"] == "yes"
    for name in ("MaxFileSize", "StreamMaxLength", "MaxScanSize"):
        assert int(CLAMD[name].removesuffix("M")) << 20 > Settings().clamav.largest, name


def test_the_units_start_commands_that_exist_with_times_that_suffice() -> None:
    for lines in UNITS.values():
        [start] = [line.split() for line in lines if line.startswith("ExecStart=")]
        parser(start[1:]).parse_args(start[1:])  # exits if there is no such option or command
        assert "UMask=0077" in lines
        [stop] = [int(line.partition("=")[2]) for line in lines if line.startswith("TimeoutStopSec=")]
        assert stop > DRAIN_SECONDS


def test_the_units_leave_the_sandbox_what_it_is_made_of() -> None:
    """Measured with systemd 252 as process 1: with these the gateway does not listen, or cannot do a part of its work."""
    gateway = UNITS["mugai"]
    [calls] = [line for line in gateway if line.startswith("SystemCallFilter=")]
    assert set(calls.split()[1:]) >= {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert "adjtimex" in calls.split()  # discipline.py
    words = {line.partition("=")[0] for line in gateway}
    assert not words & {"ProtectProc", "RestrictSUIDSGID", "MemoryDenyWriteExecute", "ProtectClock", "PrivateNetwork"}
    # rights.py: it would take the group of everything back at each start
    assert not any(line.startswith("StateDirectory=") for lines in UNITS.values() for line in lines)


def test_the_units_may_write_where_the_state_is_and_nowhere_else() -> None:
    for lines in UNITS.values():
        assert "ProtectSystem=strict" in lines
        assert [line for line in lines if line.startswith("ReadWritePaths=")] == ["ReadWritePaths=/var/lib/mugai"]
        assert "NoNewPrivileges=yes" in lines
        assert "CapabilityBoundingSet=" in lines


def test_the_units_are_right_for_systemd() -> None:
    units = [str(unit) for unit in (ROOT / "config/systemd").glob("*.service")]
    said = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True).stderr.splitlines()
    ours = [line for line in said if re.search(r"mugai(-console)?\.service", line)]
    assert [line for line in ours if "/opt/mugai/bin/mugai is not executable" not in line] == []

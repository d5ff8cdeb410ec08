"""What wraps or cuts an archive has reasons of its own that people can act on (formats.md 8)."""

from __future__ import annotations

import struct

import pytest

from sanitizers.detect import hull
from sanitizers.job import LocalJob
from sanitizers.model import Part, Reason, Verdict
from sanitizers.registry import sanitise
from tests.sanitizers.make_zip import plain


def program(overlay: bytes) -> bytes:
    """A PE with one section of 512 bytes."""
    stub = b"MZ" + bytes(58) + struct.pack("<I", 64)
    section = b".text\0\0\0" + struct.pack("<IIII", 512, 4096, 512, 512) + bytes(16)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 0, 0x102)
    return (stub + coff + section).ljust(512, b"\0") + bytes(512) + overlay


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (program(b";!@Install@!UTF-8!\n" + b"7z\xbc\xaf\x27\x1c" + bytes(40)), "資料.exe", Reason.SELF_EXTRACTING),
        (program(b"Rar!\x1a\x07\0"), "資料.exe", Reason.SELF_EXTRACTING),
        (program(plain(a_txt=b"1")), "資料.exe", Reason.SELF_EXTRACTING),
        (program(b""), "setup.exe", Reason.EXECUTABLE),
        (b"MZ" + bytes(70), "setup.exe", Reason.EXECUTABLE),
        (b"PK\x07\x08" + bytes(90), "資料.z01", Reason.SPLIT_VOLUME),
        (b"\x93" * 40 + b"PK\5\6" + struct.pack("<4H2IH", 1, 0, 1, 1, 46, 9, 0), "資料.zip", Reason.SPLIT_VOLUME),
        (b"\x93\0" * 40, "資料.7z.002", Reason.SPLIT_VOLUME),
        (b"\x93\0" * 40, "資料.r01", Reason.SPLIT_VOLUME),
        (b"\x93\0" * 40, "資料.bin", Reason.UNKNOWN_TYPE),
        (bytes(0x8001) + b"CD001" + bytes(2000), "資料.iso", Reason.DISC_IMAGE),
        (b"\x01\x02\0\xff" * 400 + b"koly" + bytes(508), "資料.dmg", Reason.DISC_IMAGE),
        (b"MSWIM\0\0\0" + bytes(90), "資料.wim", Reason.DISC_IMAGE),
        (b"vhdxfile" + bytes(90), "資料.vhdx", Reason.DISC_IMAGE),
    ],
)
def test_f08_each_has_a_plain_reason(content: bytes, name: str, reason: Reason) -> None:
    outcome = sanitise(content, Part("1", name, "", (name,)), LocalJob())
    assert (outcome.verdict, outcome.reason, outcome.output) == (Verdict.WITHHELD, reason, None)


@pytest.mark.parametrize(
    "magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\0", b"MSCF\0\0\0\0", b"  -lh5-", b"       **ACE**", b"\x60\xea"]
)
def test_f08_an_archive_that_is_called_a_pdf_is_what_it_is(magic: bytes) -> None:
    outcome = sanitise(magic + bytes(99), Part("1", "資料.pdf", "application/pdf", ("資料.pdf",)), LocalJob())
    assert outcome.detected != "application/pdf"
    assert outcome.output is None


def test_a_program_that_lies_about_its_sections_is_a_program() -> None:
    for at in range(0, 200, 4):
        lying = program(b"Rar!\x1a\x07\0")
        assert hull.is_self_extracting(lying[:at] + b"\xff\xff\xff\xff" + lying[at + 4 :]) in (True, False)

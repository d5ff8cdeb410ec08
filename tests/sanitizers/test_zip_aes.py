"""SD-02: files into a ZIP that only a password opens; libarchive opens it, and 7-Zip where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from gateway.evidence.archive import archive
from sanitizers import encryption, verify, zip_aes
from sanitizers.job import Findings
from sanitizers.model import Cipher, Limits, Part, Profile, Reason, Refused, Verdict
from sanitizers.unpack import unpack
from tests.sanitizers import make_locked

PASSWORD = "Kp7mWx3vRt9cQh5z"
FILES = {"見積書.xlsx": b"sheet" * 5_000, "a.pdf": os.urandom(70_001), "空.txt": b"x"}
DIGESTS = frozenset(f"{sha256(content).hexdigest()} application/pdf" for content in FILES.values())
NAMES = tuple(FILES)


def packed(secret: str = PASSWORD, names: tuple[str, ...] = NAMES) -> bytes:
    stored = archive({str(number): content for number, content in enumerate(FILES.values())})
    outcome = zip_aes.pack(stored, Part("", "添付ファイル.zip", "", names), secret, Limits())
    assert (outcome.verdict, outcome.media_type, outcome.name) == (Verdict.CLEAN, "application/zip", "添付ファイル.zip")
    assert outcome.output is not None
    return outcome.output


def test_sd02_another_reader_opens_it_and_finds_the_names_in_utf8() -> None:
    items = unpack(packed(), "application/zip", Profile(passwords=(PASSWORD,)), Findings())
    assert {item.names[0]: item.content for item in items} == FILES
    with zipfile.ZipFile(BytesIO(packed())) as read:
        assert read.namelist() == list(NAMES)
        assert [info.flag_bits & 0x800 for info in read.infolist()] == [0x800, 0, 0x800]


def test_sd02_7_zip_opens_it(tmp_path: Path) -> None:
    if (program := shutil.which("7zz") or shutil.which("7z")) is None:
        pytest.skip("7-Zip is not installed; libarchive above has opened the same bytes")
    (tmp_path / "a.zip").write_bytes(packed())
    subprocess.run([program, "x", f"-p{PASSWORD}", "-bso0", "a.zip"], cwd=tmp_path, check=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "a.zip"} == FILES


def test_sd07_the_method_is_the_designated_one_and_the_same_file_is_never_locked_the_same_way_twice() -> None:
    assert encryption.method(packed(), "application/zip", Limits()) is Cipher.ZIP_AES256
    assert packed() != packed()


@pytest.mark.parametrize("secret", ["", "パスワード"])
def test_sd02_no_password_and_one_that_each_program_writes_otherwise_lock_nothing(secret: str) -> None:
    with pytest.raises((Refused, UnicodeEncodeError)):
        packed(secret)


def test_sd02_files_and_names_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(Refused, match="do not belong together") as refusal:
        packed(names=NAMES[:2])
    assert refusal.value.reason is Reason.CRASHED


def test_sd02_the_second_look_accepts_what_holds_exactly_the_accepted_parts() -> None:
    assert verify.locked(packed(), NAMES, DIGESTS, PASSWORD) == []


PLAIN = archive({"a.pdf": FILES["a.pdf"]})


@pytest.mark.parametrize(
    ("content", "names", "digests", "password", "objection"),
    [
        (packed(), NAMES, frozenset(list(DIGESTS)[:2]), PASSWORD, "not an accepted part"),
        (packed(), NAMES[::-1], DIGESTS, PASSWORD, "other names"),
        (packed(), NAMES, DIGESTS, "Kp7mWx3vRt9cQh5y", "unreadable"),
        (packed()[:-1], NAMES, DIGESTS, PASSWORD, "unreadable"),
        (b"#!" + packed(), NAMES, DIGESTS, PASSWORD, "not exactly one ZIP"),
        (PLAIN, ("a.pdf",), DIGESTS, PASSWORD, "not locked by AES-256"),
        (make_locked.AES_ZIP, ("見積書.txt",), DIGESTS, make_locked.AES_PASSWORD, "not locked by AES-256"),
        (packed(names=("a/b.txt", "a.pdf", "c.txt")), ("a/b.txt", "a.pdf", "c.txt"), DIGESTS, PASSWORD, "a path"),
        (packed(names=("A.pdf", "a.pdf", "c.txt")), ("A.pdf", "a.pdf", "c.txt"), DIGESTS, PASSWORD, "one twice"),
        (b"", (), DIGESTS, PASSWORD, "unreadable"),
    ],
    ids=["other-part", "order", "password", "cut", "prefix", "open", "not-ours", "path", "twice", "nothing"],
)
def test_sd02_the_second_look_objects(
    content: bytes, names: tuple[str, ...], digests: frozenset[str], password: str, objection: str
) -> None:
    assert any(objection in each for each in verify.locked(content, names, digests, password))


def test_sd02_a_damaged_member_is_objected_to() -> None:
    content = bytearray(packed())
    content[200] ^= 1
    assert verify.locked(bytes(content), NAMES, DIGESTS, PASSWORD)

"""Archives: names, links, notes, passwords, bombs, other formats (formats.md 8, F3, F6, F7, F9, J11, J12)."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field, replace

import libarchive
import pytest

from samples.container import PASSWORD, Entry, encrypted_zip, raw_zip
from sanitizers import archive, password, unpack
from sanitizers.archive import sanitise
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Outcome, Part, Profile, Reason, Refused, Treatment, Verdict
from tests.sanitizers.make_locked import AES_PASSWORD, AES_ZIP, MEMBER
from tests.sanitizers.make_lzh import level_0
from tests.sanitizers.make_zip import plain

ZIP = "application/zip"
NOTE = "「{}」はお届けしていません。\n理由: プログラムのため\n"


@dataclass
class Recorder:
    """Answers every child by its name: what the wall would have said."""

    profile: Profile = field(default_factory=Profile)
    seen: list[Part] = field(default_factory=list)

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        self.seen.append(part)
        for word, verdict, reason in (
            ("exe", Verdict.WITHHELD, Reason.EXECUTABLE),
            ("locked", Verdict.LOCKED, Reason.ENCRYPTED),
            ("virus", Verdict.INFECTED, Reason.INFECTED),
            ("broken", Verdict.FAILED, Reason.CORRUPT),
        ):
            if word in part.name:
                return Outcome(verdict, "x/y", reason=reason, detail=word, note=NOTE.format(part.name))
        return Outcome(Verdict.CLEAN, "text/plain", content, "text/plain", part.name)


def opened(outcome: Outcome) -> dict[str, bytes]:
    assert outcome.output is not None
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as result:
        return {name: result.read(name) for name in result.namelist()}


def run(content: bytes, job: Recorder | None = None, detected: str = ZIP, name: str = "資料.zip") -> Outcome:
    return sanitise(content, Part("2", name, ZIP), detected, job or Recorder())


def kinds(outcome: Outcome) -> list[tuple[Kind, Treatment]]:
    return [(finding.kind, finding.treatment) for finding in outcome.findings]


def test_each_member_goes_over_the_wall_and_a_new_zip_comes_back() -> None:
    job = Recorder()
    outcome = run(plain(a_txt=b"1", b_txt=b"2"), job)
    assert opened(outcome) == {"a.txt": b"1", "b.txt": b"2"}
    assert [part.path for part in job.seen] == ["2/1", "2/2"]
    assert (outcome.verdict, outcome.media_type, outcome.name) == (Verdict.CLEAN, ZIP, "資料.zip")


def test_j11_cp932_names_come_out_as_utf_8() -> None:
    outcome = run(raw_zip(Entry("調査表/ソフト一覧.txt".encode("cp932"), b"1")))
    assert list(opened(outcome)) == ["調査表/ソフト一覧.txt"]


def test_f03_no_path_leads_out() -> None:
    names = (b"../../a.txt", b"/b.txt", b"C:\\c.txt", b"d/../../e.txt", b"..\\f.txt")
    outcome = run(raw_zip(*(Entry(name, b"1") for name in names)))
    for path in opened(outcome):
        assert not path.startswith("/")
        assert not {"..", ".", ""} & set(path.split("/"))
        assert ":" not in path
        assert "\\" not in path
    assert (Kind.ARCHIVE_ENTRY, Treatment.NEUTRALISED) in kinds(outcome)


def test_f09_links_and_devices_are_dropped_and_reported() -> None:
    outcome = run(raw_zip(Entry(b"a.txt", b"1"), Entry(b"link", b"/etc/shadow", mode=0o120777)))
    assert list(opened(outcome)) == ["a.txt"]
    assert kinds(outcome) == [(Kind.ARCHIVE_ENTRY, Treatment.REMOVED)]


def test_macos_residue_is_dropped_without_a_note() -> None:
    outcome = run(raw_zip(Entry(b"a.txt", b"1"), Entry(b"__MACOSX/._a.txt", b"2"), Entry(b"f/.DS_Store", b"3")))
    assert list(opened(outcome)) == ["a.txt"]


def test_a_withheld_member_is_replaced_by_a_note_in_japanese() -> None:
    outcome = run(plain(a_txt=b"1", b_exe=b"MZ"))
    members = opened(outcome)
    assert list(members) == ["a.txt", "b_exe.txt"]
    assert members["b_exe.txt"] == NOTE.format("b.exe").replace("\n", "\r\n").encode("utf-8-sig")
    assert (Kind.MEMBER_WITHHELD, Treatment.REPLACED) in kinds(outcome)
    assert outcome.verdict is Verdict.SANITISED


@pytest.mark.parametrize(
    ("name", "verdict"), [("locked", Verdict.LOCKED), ("virus", Verdict.INFECTED), ("broken", Verdict.FAILED)]
)
def test_one_bad_member_keeps_the_whole_archive(name: str, verdict: Verdict) -> None:
    outcome = run(raw_zip(Entry(b"a.txt", b"1"), Entry(name.encode(), b"2"), Entry(b"b.exe", b"3")))
    assert (outcome.verdict, outcome.output) == (verdict, None)
    assert outcome.detail.startswith(name)


def test_names_that_become_the_same_stay_apart() -> None:
    outcome = run(raw_zip(Entry(b"../a.txt", b"1"), Entry(b"./A.txt", b"2"), Entry(b"x/../a.txt", b"3")))
    assert sorted(map(str.casefold, opened(outcome))) == ["a (2).txt", "a.txt", "x/a.txt"]


def test_f07_without_password_the_archive_is_locked() -> None:
    with pytest.raises(Refused) as caught:
        run(encrypted_zip())
    assert (caught.value.reason, caught.value.verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)


@pytest.mark.parametrize("passwords", [(PASSWORD,), ("違う", PASSWORD), (*tuple(f"wrong{n}" for n in range(300)), PASSWORD)])
def test_j12_the_right_password_among_wrong_ones_opens_it(passwords: tuple[str, ...]) -> None:
    outcome = run(encrypted_zip(), Recorder(Profile(passwords=passwords)))
    assert list(opened(outcome)) == ["見積書.docx"]


def test_j12_a_japanese_password_is_tried_in_both_charsets() -> None:
    for charset in ("utf-8", "cp932"):
        locked = raw_zip(Entry(b"a.txt", b"1" * 99, password="表計算".encode(charset)))
        assert opened(run(locked, Recorder(Profile(passwords=("表計算",)))))["a.txt"] == b"1" * 99


def test_j12_wrong_passwords_say_so() -> None:
    with pytest.raises(Refused) as caught:
        run(encrypted_zip(), Recorder(Profile(passwords=("x", ""))))
    assert (caught.value.reason, caught.value.verdict) == (Reason.WRONG_PASSWORD, Verdict.LOCKED)


def tar_gz(*members: tarfile.TarInfo, content: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as result:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            result.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return buffer.getvalue()


def test_f09_tar_gz_becomes_zip_with_regular_files_only() -> None:
    kinds_of = {
        "a.txt": tarfile.REGTYPE,
        "sym": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "null": tarfile.CHRTYPE,
        "d": tarfile.DIRTYPE,
    }
    members = []
    for name, kind in kinds_of.items():
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "a.txt" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
        members.append(member)
    outcome = run(tar_gz(*members, content=b"text"), detected="application/gzip", name="資料.tar.gz")
    assert opened(outcome) == {"a.txt": b"text"}
    assert outcome.name.endswith(".zip")
    assert (Kind.ARCHIVE_CONVERTED, Treatment.REPLACED) in kinds(outcome)


def test_a_gz_that_is_no_tar_is_one_member() -> None:
    outcome = run(gzip.compress(b"text", mtime=0), detected="application/gzip", name="一覧.csv.gz")
    assert opened(outcome) == {"一覧.csv": b"text"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_f06_a_stream_is_cut_at_the_bound_not_after_it(pack: object) -> None:
    assert callable(pack)
    kind = {"gzip": "application/gzip", "bz2": "application/x-bzip2", "lzma": "application/x-xz"}[pack.__module__]
    with pytest.raises(Refused) as caught:
        list(unpack.unpack(pack(bytes(8 << 20)), kind, Profile(limits=replace(Limits(), total_bytes=2 << 20)), Findings()))
    assert caught.value.reason is Reason.LIMIT_RATIO
    assert [item.content for item in unpack.unpack(pack(b"text") * 2, kind, Profile(), Findings())] == [b"texttext"]
    with pytest.raises(Refused) as cut:
        list(unpack.unpack(pack(b"text" * 99)[:-9], kind, Profile(), Findings()))
    assert cut.value.reason is Reason.CORRUPT


def test_f06_too_many_members_are_refused_as_a_whole() -> None:
    job = Recorder(Profile(limits=replace(Limits(), parts=2)))
    with pytest.raises(Refused) as caught:
        run(plain(a=b"1", b=b"2", c=b"3"), job)
    assert caught.value.reason is Reason.LIMIT_PARTS


def test_an_archive_without_files_is_withheld() -> None:
    with pytest.raises(Refused) as caught:
        run(raw_zip(Entry(b"folder/", b"")))
    assert (caught.value.reason, caught.value.verdict) == (Reason.EMPTY, Verdict.WITHHELD)


def test_no_media_type_is_registered_that_cannot_be_unpacked() -> None:
    for media_type in archive.MEDIA_TYPES:
        with pytest.raises(Refused):
            list(unpack.unpack(b"not an archive at all", media_type, Profile(), Findings()))


def test_f07_aes_opens_with_its_password() -> None:
    with pytest.raises(Refused) as caught:
        run(AES_ZIP)
    assert caught.value.reason is Reason.ENCRYPTED
    assert opened(run(AES_ZIP, Recorder(Profile(passwords=("x", AES_PASSWORD))))) == dict([MEMBER])


def test_f07_what_the_right_aes_password_can_not_unpack_is_no_wrong_password() -> None:
    spoilt = AES_ZIP.replace(b"\x41\x45\x03\x00\x00", b"\x41\x45\x03\x0c\x00")  # says bzip2, is stored
    assert spoilt != AES_ZIP
    with pytest.raises(Refused) as right:
        run(spoilt, Recorder(Profile(passwords=("x", AES_PASSWORD))))
    assert (right.value.reason, right.value.verdict) == (Reason.NO_UNPACKER, Verdict.WITHHELD)
    with pytest.raises(Refused) as wrong:
        run(spoilt, Recorder(Profile(passwords=("x", "y"))))
    assert wrong.value.reason is Reason.WRONG_PASSWORD


def test_f07_one_locked_member_among_plain_ones_locks_the_archive_and_opens_with_it() -> None:
    mixed = raw_zip(Entry(b"a.txt", b"plain"), Entry(b"b.txt", b"1" * 99, password=b"pw"))
    with pytest.raises(Refused) as caught:
        run(mixed)
    assert (caught.value.reason, caught.value.verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)
    assert opened(run(mixed, Recorder(Profile(passwords=("pw",))))) == {"a.txt": b"plain", "b.txt": b"1" * 99}


def test_f07_strong_encryption_says_that_no_password_helps() -> None:
    strong = raw_zip(Entry(b"a.txt", b"1", flags=0x41))
    with pytest.raises(Refused) as caught:
        run(strong, Recorder(Profile(passwords=("x",))))
    assert (caught.value.reason, caught.value.verdict) == (Reason.UNDECRYPTABLE, Verdict.LOCKED)


def test_j12_passwords_are_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "_SECONDS", 0.02)
    tried = []
    for candidate in password.in_time(range(1_000_000)):
        tried.append(candidate)
        sum(range(10_000))
    assert 0 < len(tried) < 100_000


def test_j12_zipcrypto_is_not_opened_by_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its decryption, in Python, takes a second for 0.8 MB."""
    locked = raw_zip(Entry(b"a.bin", random.Random(1).randbytes(200_000), password=b"pw"))
    monkeypatch.setattr(zipfile, "_ZipDecrypter", None)
    assert len(opened(run(locked, Recorder(Profile(passwords=("pw",)))))["a.bin"]) == 200_000


def test_an_empty_member_stays_an_empty_file() -> None:
    job = Recorder()
    assert opened(run(raw_zip(Entry(b"a.txt", b"1"), Entry(b"b/keep.txt", b"")), job)) == {"a.txt": b"1", "b/keep.txt": b""}
    assert [part.name for part in job.seen] == ["a.txt"]


def test_f04_what_follows_a_compressed_stream_is_dropped_and_told() -> None:
    outcome = run(gzip.compress(b"text", mtime=0) + b"<script>", detected="application/gzip", name="a.txt.gz")
    assert opened(outcome) == {"a.txt": b"text"}
    assert (Kind.TRAILING_DATA, Treatment.REMOVED) in kinds(outcome)
    padded = run(gzip.compress(b"text", mtime=0) + bytes(512), detected="application/gzip", name="a.txt.gz")
    assert kinds(padded) == [(Kind.ARCHIVE_CONVERTED, Treatment.REPLACED)]


@pytest.mark.parametrize("method", ["compress", "lzip", "zstd"])
def test_f08_a_tar_in_any_of_its_compressions_is_opened_once(method: str) -> None:
    detected = "application/zstd" if method == "zstd" else f"application/x-{method}"
    packed = bytearray()

    def keep(block: bytes) -> int:
        packed.extend(block)
        return len(block)

    with libarchive.custom_writer(keep, "ustar", method) as writer:
        writer.add_file_from_memory("資料/a.txt", 4, b"text")
    outcome = run(bytes(packed), detected=detected, name="資料.tar.x")
    assert opened(outcome) == {"資料/a.txt": b"text"}
    with pytest.raises(Refused):
        run(bytes(packed[:4]) + b"\xff" * 99, detected=detected)


def test_f08_a_cabinet_of_a_set_is_a_volume() -> None:
    with pytest.raises(Refused) as caught:
        run(b"MSCF" + bytes(26) + b"\x02" + bytes(40), detected="application/vnd.ms-cab-compressed")
    assert (caught.value.reason, caught.value.verdict) == (Reason.SPLIT_VOLUME, Verdict.WITHHELD)


@pytest.mark.parametrize("name", ["a.zip.001", "a.7z.001", "a.001", "a.z01", "A.R00", "a.part1.rar"])
def test_f08_a_broken_archive_with_a_volumes_name_is_a_volume(name: str) -> None:
    with pytest.raises(Refused) as caught:
        run(plain(a_txt=b"1" * 99)[:60], name=name)
    assert (caught.value.reason, caught.value.verdict) == (Reason.SPLIT_VOLUME, Verdict.WITHHELD)


@pytest.mark.parametrize("name", ["a.zip", "平成30.zip", "r01.zip", "2026.001.zip"])
def test_a_broken_archive_is_broken(name: str) -> None:
    with pytest.raises(Refused) as caught:
        run(plain(a_txt=b"1" * 99)[:60], name=name)
    assert caught.value.reason is Reason.CORRUPT


# 7zz a -m0=deflate64 -mhc=off -mtm=off
_DEFLATE_64 = bytes.fromhex(
    "377abcaf271c0004a22cf96809000000000000003e0000000000000039ec5e50010400fbff746578740104060001090900070b010001"
    "030401090c0400080a01c7a78b3b00000501190c000000000000000000000000110d006d002e0074007800740000000000"
)


def test_a_7z_packed_by_a_method_that_is_not_read_here_is_not_called_broken() -> None:
    with pytest.raises(Refused) as caught:
        run(_DEFLATE_64, detected="application/x-7z-compressed", name="資料.7z")
    assert (caught.value.reason, caught.value.verdict) == (Reason.NO_UNPACKER, Verdict.WITHHELD)


def test_j11_names_of_lzh_are_read_behind_the_lock() -> None:
    """libarchive converts them by iconv, which would load modules from disk: all are loaded before."""
    script = (
        "from sanitizers import unpack; from tests.sanitizers.make_lzh import UTF_16, level_0;"
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3));"
        "from sanitizers.job import Findings; from sanitizers.model import Profile;"
        "archives = UTF_16, level_0('資料\\\\ソ表.txt'.encode('cp932')), level_0('能.txt'.encode()), level_0(b'\\x82.txt');"
        "print([i.names[0] for a in archives for i in unpack.unpack(a, 'application/x-lzh-compressed', Profile(), Findings())])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == repr(["テスト/ソ表.txt", "資料/ソ表.txt", "能.txt", "\x82.txt"]), done.stderr


def test_j11_an_lzh_whose_names_say_no_charset_is_not_called_broken() -> None:
    """What tools of Windows wrote: libarchive alone takes the first name in Shift_JIS for the end of the archive."""
    outcome = run(level_0("資料\\ソ表.txt".encode("cp932")), detected="application/x-lzh-compressed", name="資料.lzh")
    assert opened(outcome) == {"資料/ソ表.txt": b"text"}

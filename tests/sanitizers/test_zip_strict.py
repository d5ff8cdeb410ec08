"""F5, F6, J11: the reader accepts only what every reader sees alike; the writer is deterministic."""

from __future__ import annotations

import io
import random
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.container import Entry, encrypted_zip, raw_zip
from sanitizers import zip_strict
from sanitizers.model import Limits, Reason, Refused, Verdict
from tests.sanitizers.make_zip import CENTRAL, END, LOCAL, patched, plain, streamed, zip64

LIMITS = Limits()
TEXT = b"0123456789" * 100


def contents(archive: bytes) -> dict[str, bytes]:
    return {member.name: member.read() for member in zip_strict.read(archive, LIMITS)}


def refusal(archive: bytes, limits: Limits = LIMITS) -> Reason:
    with pytest.raises(Refused) as caught:
        [member.read() for member in zip_strict.read(archive, limits)]
    return caught.value.reason


def test_reads_what_the_standard_library_writes() -> None:
    assert contents(plain(a_txt=TEXT, b_txt=b"")) == {"a.txt": TEXT, "b.txt": b""}


@pytest.mark.parametrize("signature", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_accepts_data_descriptors_that_agree(signature: bool, wide: bool) -> None:
    assert contents(streamed(TEXT, signature, wide)) == {"a.txt": TEXT}


def test_accepts_zip64() -> None:
    assert contents(zip64(TEXT)) == {"a.txt": TEXT}


def test_accepts_directories_and_tells_links_apart() -> None:
    archive = raw_zip(Entry(b"folder/", b""), Entry(b"link", b"/etc/passwd", mode=0o120777))
    folder, link = zip_strict.read(archive, LIMITS)
    assert (folder.is_directory, folder.is_regular, link.is_directory, link.is_regular) == (True, False, False, False)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: b"MZ" + a, id="prefix"),
        pytest.param(lambda a: a + b"\0", id="suffix"),
        pytest.param(lambda a: patched(a, LOCAL, 30, b"b"), id="other local name"),
        pytest.param(lambda a: patched(a, LOCAL, 8, b"\0\0"), id="other local method"),
        pytest.param(lambda a: patched(a, LOCAL, 6, b"\1\0"), id="encrypted in the local header only"),
        pytest.param(lambda a: patched(a, LOCAL, 22, b"\1\0\0\0"), id="other local size"),
        pytest.param(lambda a: patched(a, LOCAL, 6, b"\x08\0"), id="descriptor announced, none there"),
        pytest.param(lambda a: patched(a, CENTRAL, 42, b"\0\0\0\0", which=1), id="two entries, one place"),
        pytest.param(lambda a: patched(a, END, 16, b"\1\0\0\0"), id="directory elsewhere"),
        pytest.param(lambda a: patched(a, END, 12, b"\1\0\0\0"), id="directory of another size"),
        pytest.param(lambda a: patched(a, END, 20, b"\4\0") + a[-22:-18], id="end record in the comment"),
    ],
)
def test_f05_refuses_what_two_readers_see_differently(change: object) -> None:
    assert callable(change)
    assert refusal(change(plain(a_txt=TEXT, b_txt=b"other"))) in (Reason.AMBIGUOUS, Reason.CORRUPT)


def test_f05_refuses_an_entry_that_the_directory_hides() -> None:
    whole = plain(a_txt=TEXT, b_txt=b"hidden")
    second = whole.index(CENTRAL, whole.index(CENTRAL) + 1)
    end = whole.index(END)
    shown = whole[:second] + whole[end:]
    size = struct.pack("<2HI", 1, 1, second - whole.index(CENTRAL))
    assert refusal(patched(shown, END, 8, size)) is Reason.AMBIGUOUS


@pytest.mark.parametrize("other", [b"a.txt", b"A.TXT", b"a.txt/", b"a.TXT"])
def test_f05_refuses_two_members_of_one_name(other: bytes) -> None:
    assert refusal(raw_zip(Entry(b"a.txt", b"" if other.endswith(b"/") else b"1"), Entry(other, b""))) is Reason.AMBIGUOUS


def test_f05_refuses_nul_in_a_name_and_a_name_that_is_not_the_utf_8_it_claims() -> None:
    assert refusal(raw_zip(Entry(b"a.txt\0.exe", b"1"))) is Reason.AMBIGUOUS
    assert refusal(raw_zip(Entry("表.txt".encode("cp932"), b"1", flags=1 << 11))) is Reason.AMBIGUOUS


def test_f06_refuses_overlapping_members() -> None:
    """Fifield's bomb: the second local header is quoted inside the first member's data."""
    inner = plain(b_txt=TEXT)
    whole = plain(a_txt=b"")
    assert refusal(patched(whole, CENTRAL, 20, struct.pack("<I", len(inner)))) in (Reason.AMBIGUOUS, Reason.CORRUPT)
    overlapping = patched(plain(a_txt=TEXT, b_txt=TEXT), CENTRAL, 42, struct.pack("<I", 10), which=1)
    assert refusal(overlapping) is Reason.AMBIGUOUS


def test_f06_refuses_by_ratio_by_total_and_by_count() -> None:
    zeros = plain(zero_bin=bytes(2 << 20))
    assert refusal(zeros) is Reason.LIMIT_RATIO
    assert refusal(zeros, replace(LIMITS, ratio=2000, total_bytes=1 << 20)) is Reason.LIMIT_SIZE
    assert refusal(plain(a=b"", b=b"", c=b""), replace(LIMITS, zip_entries=2)) is Reason.LIMIT_PARTS


def test_f06_inflates_no_more_than_the_declared_size() -> None:
    lying = plain(a_txt=bytes(1 << 20))
    for sign, offset in ((LOCAL, 22), (CENTRAL, 24)):
        lying = patched(lying, sign, offset, struct.pack("<I", 100))
    assert refusal(lying) is Reason.CORRUPT


def test_refuses_damage() -> None:
    assert refusal(patched(patched(plain(a_txt=TEXT), LOCAL, 14, b"1234"), CENTRAL, 16, b"1234")) is Reason.CORRUPT
    assert refusal(patched(patched(plain(a_txt=TEXT), LOCAL, 8, b"\x0c\0"), CENTRAL, 10, b"\x0c\0")) is Reason.CORRUPT
    assert refusal(b"not a zip") is Reason.CORRUPT
    assert refusal(b"") is Reason.CORRUPT


_ONE = plain(a_txt=TEXT)
_WIDE_END, _LOCATOR = b"PK\6\6", b"PK\6\7"


def _stored(name: bytes = b"a.txt", content: bytes = b"1", extra: bytes = b"", **central: int) -> bytes:
    """One stored member whose central header has `extra`, and lies about the fields named."""
    size = len(content)
    local = struct.pack("<4s5H3I2H", LOCAL, 20, 0, 0, 0, 33, zlib.crc32(content), size, size, len(name), 0) + name + content
    told = {"flags": 0, "packed": size, "size": size, "disk": 0, "start": 0} | central
    fields = (20, 20, told["flags"], 0, 0, 33, zlib.crc32(content), told["packed"], told["size"], len(name), len(extra), 0)
    head = struct.pack("<4s6H3I5H2I", CENTRAL, *fields, told["disk"], 0, 0, told["start"]) + name + extra
    return local + head + struct.pack("<4s4H2IH", END, 0, 0, 1, 1, len(head), len(local), 0)


@pytest.mark.parametrize(
    ("archive", "reason", "detail"),
    [
        (patched(_ONE, LOCAL, 35, b"\xff" * 4), Reason.CORRUPT, "deflate block"),
        (_ONE[:-22], Reason.CORRUPT, "no end of central directory"),
        (_ONE[:-4], Reason.CORRUPT, "lies outside"),
        (patched(_ONE, CENTRAL, 0, b"PK\1\3"), Reason.CORRUPT, "no b'PK"),
        (_ONE + b"x", Reason.AMBIGUOUS, "bytes after the end"),
        (patched(_ONE, END, 4, b"\1\0"), Reason.SPLIT_VOLUME, "one volume"),
        (patched(_ONE, END, 8, b"\2\0"), Reason.SPLIT_VOLUME, "one volume"),
        (patched(_ONE, END, 16, b"\1\0\0\0"), Reason.AMBIGUOUS, "not where the end record says"),
        (patched(zip64(TEXT), _WIDE_END, 4, struct.pack("<Q", 100)), Reason.UNDECRYPTABLE, "directory is encrypted"),
        (patched(zip64(TEXT), _LOCATOR, 16, b"\2"), Reason.AMBIGUOUS, "do not join"),
        (patched(zip64(TEXT), _WIDE_END, 4, struct.pack("<Q", 40)), Reason.AMBIGUOUS, "do not join"),
        (patched(zip64(TEXT), END, 8, b"\2\0\2\0"), Reason.AMBIGUOUS, "classic end record disagree"),
        (patched(patched(_ONE, END, 8, b"\0\0"), END, 10, b"\0\0"), Reason.AMBIGUOUS, "more or less than its entries"),
        (_stored(disk=1), Reason.SPLIT_VOLUME, "one volume"),
        (_stored(flags=1 << 6), Reason.UNDECRYPTABLE, "strong encryption"),
        (_stored(flags=1 << 13), Reason.UNDECRYPTABLE, "strong encryption"),
        (_stored(extra=b"\x99\x99\x09\0x"), Reason.CORRUPT, "an extra field overflows"),
        (_stored(size=0xFFFFFFFF), Reason.CORRUPT, "ZIP64 extra field is too short"),
        (_stored(packed=60, size=60), Reason.AMBIGUOUS, "sizes disagree"),
        (_stored(b"a/", b"1"), Reason.AMBIGUOUS, "a directory with content"),
        (_stored(b""), Reason.AMBIGUOUS, "without name"),
        (patched(patched(_ONE, LOCAL, 8, b"\0\0"), CENTRAL, 10, b"\0\0"), Reason.CORRUPT, "stored, but packed"),
        (plain(**{f"{n:03}": bytes(40_000) for n in range(100)}), Reason.LIMIT_RATIO, "unpacks to"),
        (plain(zeros=bytes((8 << 20) + 1), noise=random.Random(1).randbytes(1 << 16)), Reason.LIMIT_RATIO, "a member unpacks"),
    ],
)  # fmt: skip
def test_f05_f06_each_rejection_has_its_words(archive: bytes, reason: Reason, detail: str) -> None:
    with pytest.raises(Refused) as caught:
        [member.read() for member in zip_strict.read(archive, LIMITS)]
    assert caught.value.reason is reason
    assert detail in caught.value.detail


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"])
def test_f04_a_line_break_behind_an_archive_holds_nothing(line_break: bytes) -> None:
    assert zip_strict.read(_ONE + line_break, LIMITS)[0].read() == zip_strict.read(_ONE, LIMITS)[0].read()
    assert refusal(_ONE + line_break * 2) is Reason.AMBIGUOUS
    assert refusal(_ONE + line_break + _ONE[-22:]) is Reason.AMBIGUOUS  # a second end


def test_f06_a_picture_of_one_colour_is_no_bomb_in_an_archive_that_is_none() -> None:
    content = plain(image1_emf=bytes(8 << 20), noise=random.Random(1).randbytes(1 << 16))
    assert [len(member.read()) for member in zip_strict.read(content, LIMITS)] == [8 << 20, 1 << 16]


def _grown(archive: bytes, by: int) -> bytes:
    """The member's packed size told `by` bytes too large, in both headers, over bytes that are there."""
    size = struct.unpack_from("<I", archive, archive.index(CENTRAL) + 20)[0] + by
    grown = archive[: archive.index(CENTRAL)] + bytes(by) + archive[archive.index(CENTRAL) :]
    for sign, offset, value in ((LOCAL, 18, size), (CENTRAL, 20, size), (END, 16, grown.index(CENTRAL))):
        grown = patched(grown, sign, offset, struct.pack("<I", value))
    return grown


def test_f05_refuses_bytes_behind_the_deflate_stream_of_a_member() -> None:
    with pytest.raises(Refused, match="does not end where"):
        contents(_grown(_ONE, 7))


def test_f05_refuses_a_member_that_runs_into_the_directory() -> None:
    size = struct.unpack_from("<I", _ONE, _ONE.index(CENTRAL) + 20)[0] + 9
    longer = patched(patched(_ONE, LOCAL, 18, struct.pack("<I", size)), CENTRAL, 20, struct.pack("<I", size))
    with pytest.raises(Refused, match="runs into the central directory"):
        contents(longer)


def test_the_head_of_a_broken_member_is_refused() -> None:
    (member,) = zip_strict.read(patched(_ONE, LOCAL, 35, b"\xff" * 4), LIMITS)
    with pytest.raises(Refused) as caught:
        member.head(10)
    assert caught.value.reason is Reason.CORRUPT


def test_f07_encrypted_members_are_seen_and_locked() -> None:
    (member,) = zip_strict.read(encrypted_zip(), LIMITS)
    assert member.encrypted
    with pytest.raises(Refused) as caught:
        member.read()
    assert (caught.value.reason, caught.value.verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("ソフト表能.txt".encode("cp932"), "ソフト表能.txt"),
        ("か\u3099行.txt".encode(), "が行.txt"),
        ("ﾃﾞｰﾀ.txt".encode("cp932"), "ﾃﾞｰﾀ.txt"),
        ("Café.txt".encode("cp437"), "Café.txt"),
    ],
)
def test_j11_names_without_flag_are_read_as_japanese_writers_mean_them(raw: bytes, name: str) -> None:
    (member,) = zip_strict.read(raw_zip(Entry(raw, b"1")), LIMITS)
    assert (member.name, member.raw_name) == (name, raw)


def test_write_is_deterministic_plain_and_read_by_others() -> None:
    members = [("表/資料.xml", TEXT), ("photo.jpg", TEXT), ("empty", b"")]
    archive = zip_strict.write(members)
    assert archive == zip_strict.write(members)
    assert contents(archive) == dict(members)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert [info.compress_type for info in opened.infolist()] == [8, 0, 0]
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert opened.namelist() == [name for name, _ in members]


def test_what_only_zip64_could_hold_is_not_written() -> None:
    with pytest.raises(ValueError, match="ZIP64"):
        zip_strict.write((str(number), b"") for number in range(1 << 16))


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1), st.binary())))
def test_whatever_is_written_is_read_back(members: list[tuple[str, bytes]]) -> None:
    unique = {}
    for name, content in members:
        unique.setdefault(unicodedata.normalize("NFC", name).casefold(), (name, content))
    archive = zip_strict.write(unique.values())
    assert [member.read() for member in zip_strict.read(archive, LIMITS)] == [content for _, content in unique.values()]


@given(st.data())
def test_no_damage_escapes_as_another_error(data: st.DataObject) -> None:
    archive = bytearray(plain(a_txt=TEXT, b_txt=b"other"))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(archive[: data.draw(st.integers(0, len(archive)))])
    for candidate in (bytes(archive), cut):
        try:
            for member in zip_strict.read(candidate, LIMITS):
                member.read()
        except Refused:
            continue

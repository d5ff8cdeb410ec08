"""File names that deceive nobody (F1-F3, J7, J9, J23)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import names

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    "name", ["見積書.xlsx", "平成３０．４．１.docx", "①㈱髙橋.pdf", "a.tar.gz", "R6.4.1 議事録.txt", "外字\ue000.txt"]
)
def test_j23_honest_names_stay(name: str) -> None:
    assert names.safe([name]) == names.SafeName(name, False, "")


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        ("請求書.pdf          .exe", "請求書_pdf.exe"),
        ("setup.exe.pdf", "setup_exe.pdf"),
        ("a.exe::$DATA", "a.exe"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("COM¹.txt", "_COM¹.txt"),
        ("資料.{00021401-0000-0000-c000-000000000046}", "資料"),
    ],
)
def test_f01_tricks_are_undone_and_named(written: str, delivered: str) -> None:
    safe = names.safe([written])
    assert (safe.name, safe.deceptive) == (delivered, True)
    assert safe.reason


@pytest.mark.parametrize(
    ("written", "delivered"),
    [("資料\u202efdp.exe", "資料fdp.exe"), ("a\u200b.exe", "a.exe"), ("資料．ｅｘｅ", "資料.exe"), ("a․exe", "a.exe")],
)
def test_f02_direction_zero_width_and_full_width(written: str, delivered: str) -> None:
    safe = names.safe([written])
    assert (safe.name, safe.deceptive) == (delivered, True)


@pytest.mark.parametrize(
    "written", ["../../etc/passwd", "..\\..\\passwd", "C:\\Users\\a\\passwd", "/passwd", "a/\x00passwd", "passwd. . ."]
)
def test_f03_never_a_path(written: str) -> None:
    assert names.safe([written]).name == "passwd"


def test_forbidden_signs_become_their_wide_forms() -> None:
    assert names.safe(["質問?<1>.txt"]).name == "質問？＜1＞.txt"


@pytest.mark.parametrize("written", [[], [""], ["..."], [" . "], ["\u200b"], ["////"]])
def test_nameless_gets_the_fallback(written: list[str]) -> None:
    assert names.safe(written, "添付1").name == "添付1"


def test_j09_names_that_disagree_are_deceptive() -> None:
    safe = names.safe(["整.pdf", "evil.exe"])
    assert (safe.name, safe.deceptive) == ("整.pdf", True)
    assert "evil.exe" in safe.reason


def test_j23_length_is_cut_by_bytes_with_the_extension_kept() -> None:
    name = names.safe(["い" * 300 + ".xlsx"]).name
    assert len(name.encode()) <= names.MAX_BYTES
    assert name.startswith("いいい")
    assert name.endswith("い.xlsx")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.XLSX", ".xlsx"),
        ("a.ｅｘｅ", ".exe"),
        ("a．exe. ", ".exe"),
        ("a", ""),
        ("a.b c", ""),
        ("a.exe::$DATA", ".exe"),
        (".bashrc", ".bashrc"),
    ],
)
def test_extension_is_what_windows_sees(name: str, found: str) -> None:
    assert names.extension(name) == found


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("売上.docm", DOCX, "売上.docx"),
        ("a.JPEG", "image/jpeg", "a.JPEG"),
        ("report.v2", "application/pdf", "report.v2.pdf"),
        ("page.html", "text/plain", "page.txt"),
        ("無題", "application/zip", "無題.zip"),
        ("x.exe", "text/plain", "x.txt"),
        ("a.pdf", "application/x-nobody-knows", "a.bin"),
    ],
)
def test_extension_follows_the_content(name: str, media_type: str, expected: str) -> None:
    assert names.with_extension(name, media_type) == expected


@given(st.lists(st.text(max_size=300), max_size=3))
def test_any_name_is_safe(candidates: list[str]) -> None:
    name = names.safe(candidates).name
    assert name
    assert 0 < len(name.encode()) <= names.MAX_BYTES
    assert not set(name) & set('/\\<>:"|?*\x00\n\r\u202e\u200b')
    assert name == name.strip().strip(".")

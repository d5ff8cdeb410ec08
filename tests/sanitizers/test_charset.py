"""Japanese charsets as they are really written (J1-J5, J10, J17, J18, M15), and text made plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import charset

KIN = "①㈱髙﨑ⅠⅡ℡№～－∥ｱｲｳﾊﾟ東京"


def cp50221(text: str) -> bytes:
    """A writer independent of the decoder: Windows' ISO-2022-JP, kana by ESC ( I, NEC and IBM rows as JIS pairs."""
    out, mode = bytearray(), b"\x1b(B"
    for char in text:
        octets = _nec(char)
        wanted = b"\x1b$B" if len(octets) == 2 else b"\x1b(I" if octets[0] >= 0x80 else b"\x1b(B"
        if wanted != mode:
            out += wanted
            mode = wanted
        out += _jis(*octets) if len(octets) == 2 else bytes((octets[0] & 0x7F,))
    return bytes(out) + (b"\x1b(B" if mode != b"\x1b(B" else b"")


def _nec(char: str) -> bytes:
    octets = char.encode("cp932")
    if octets[0] < 0xFA:
        return octets
    trails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    return next(
        code for lead in (0xED, 0xEE) for trail in trails if (code := bytes((lead, trail))).decode("cp932", "ignore") == char
    )


def _jis(lead: int, trail: int) -> bytes:
    row = (lead - (0x81 if lead < 0xE0 else 0xC1)) * 2 + 0x21
    if trail >= 0x9F:
        return bytes((row + 1, trail - 0x7E))
    return bytes((row, trail - (0x20 if trail > 0x7E else 0x1F)))


def test_j01_iso_2022_jp_is_read_as_windows_writes_it() -> None:
    decoded = charset.decode(cp50221(KIN), "ISO-2022-JP")
    assert decoded == charset.Decoded(KIN, "iso-2022-jp", False, 0)


def test_j01_every_double_byte_character_of_cp932_survives() -> None:
    trails = [*range(0x40, 0x7F), *range(0x80, 0xFD)]
    leads = [*range(0x81, 0xA0), *range(0xE0, 0xF0)]
    codes = (bytes((lead, trail)) for lead in leads for trail in trails)
    decoded = (code.decode("cp932", "replace") for code in codes)
    wide = "".join(char for char in decoded if len(char) == 1 and char != "\ufffd")
    assert len(wide) > 7_000
    assert charset.decode(cp50221(wide), "iso-2022-jp").text == wide


@pytest.mark.parametrize("raw", [b"\x1b(I6E\x1b(B", b"\x0e6E\x0f", b"\xb6\xc5"])
def test_j02_half_width_kana_stay_half_width(raw: bytes) -> None:
    assert charset.decode(b"\x1b$BEl5~\x1b(B " + raw, "iso-2022-jp").text == "東京 ｶﾅ"


@pytest.mark.parametrize("label", ["Shift_JIS", "x-sjis", "sjis", "MS_Kanji", "windows-31j", "cp943c", '"shift-jis"'])
def test_j03_shift_jis_means_cp932(label: str) -> None:
    decoded = charset.decode(KIN.encode("cp932"), label)
    assert (decoded.text, decoded.charset, decoded.assumed) == (KIN, "cp932", False)


@pytest.mark.parametrize(
    "label", ["x-unknown", "cp50221", "iso-2022-jp-ms", "cp51932", "\x00", "base64", "utf-16-", "x" * 10_000]
)
def test_j04_no_label_raises(label: str) -> None:
    assert charset.decode(b"abc", label).text == "abc"


def test_j05_wave_dash_has_one_reading_in_every_japanese_charset() -> None:
    readings = {charset.decode(b"\x81\x60", "sjis").text, charset.decode(b"\x1b$B!A\x1b(B", "iso-2022-jp").text}
    assert readings | {charset.decode(b"\xa1\xc1", "euc-jp").text} == {"～"}


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf-8", "utf-16", "utf-32", "iso2022_jp"])
@pytest.mark.parametrize("text", ["見積書の送付について", "テスト", "明日の会議は中止です。よろしくお願いします"])
def test_j10_undeclared_japanese_is_recognised(codec: str, text: str) -> None:
    decoded = charset.decode(text.encode(codec))
    assert (decoded.text, decoded.undecodable) == (text, 0)
    assert decoded.assumed is (codec not in ("utf-16", "utf-32"))  # a byte order mark is a declaration


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "utf-8", "shift_jis", "iso-2022-jp"])
@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf-8"])
def test_j10_wrong_labels_do_not_garble(label: str, codec: str) -> None:
    text = "会議の資料をお送りします。ご確認ください。"
    assert charset.decode(text.encode(codec), label).text == text


@pytest.mark.parametrize("text", ["田中\ue000様", "渡\ue000太郎", "番号,氏名\r\n1,髙\ue000\ue001\r\n2,山\ue002\r\n"])
def test_j18_a_short_list_of_names_with_gaiji_is_japanese(text: str) -> None:
    assert charset.decode(text.encode("cp932")).text == text


def test_european_text_is_not_taken_for_japanese() -> None:
    for text in (
        "Það er svo gott veður",
        "Jürgen Schmürgen, café plus thé",
        "Die Hasen und die Frösche klagten einst über ihre mißliche Lage",
    ):
        assert charset.decode(text.encode("latin-1")).text == text
        assert charset.decode(text.encode("latin-1"), "iso-8859-1") == charset.Decoded(text, "cp1252", False, 0)


def test_eucjp_ms_rows_of_ibm_are_read() -> None:
    assert charset.decode(b"\x8f\xf3\xf3\x8f\xf4\xad\x8f\xb0\xa1\x8e\xb1\xad\xa1\xfc\xe2", "euc-jp").text == "ⅰ℡丂ｱ①髙"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("gb2312", "gb18030", "会议记录镕"),
        ("ks_c_5601-1987", "cp949", "회의 자료 똠"),
        ("big5", "big5", "會議紀錄"),
        ("koi8-r", "koi8_r", "Москва"),
    ],
)
def test_other_charsets_by_label(label: str, codec: str, text: str) -> None:
    assert charset.decode(text.encode(codec), label).text == text


def test_m15_utf_7_is_refused() -> None:
    decoded = charset.decode(b"+ADw-script+AD4-", "utf-7")
    assert (decoded.text, decoded.assumed) == ("+ADw-script+AD4-", True)


def test_m15_an_escape_at_a_line_end_returns_to_ascii() -> None:
    assert charset.decode(b"\x1b$BEl5~\r\n<script>", "iso-2022-jp").text == "東京\n<script>"


def test_unassigned_positions_are_no_ascii() -> None:
    rows = b"".join(bytes((lead, trail)) for lead in range(0x21, 0x7F) for trail in range(0x21, 0x7F))
    assert not any(char.isascii() for char in charset.decode(bytes(octet | 0x80 for octet in rows), "euc-jp").text)
    without_au = rows[: (0x75 - 0x21) * 94 * 2]
    assert not any(char.isascii() for char in charset.decode(b"\x1b$B" + without_au + b"\x1b(B", "iso-2022-jp").text)


def test_j17_unknown_signs_show_as_geta_and_are_counted() -> None:
    decoded = charset.decode(b"\x1b$B~~\x1b(B", "iso-2022-jp")
    assert (decoded.text, decoded.undecodable) == ("〓", 1)
    assert charset.decode("〓".encode("iso2022_jp"), "iso-2022-jp").undecodable == 0


def test_j18_gaiji_are_kept() -> None:
    assert charset.decode(b"\xf0\x40", "shift_jis").text == "\ue000"
    assert charset.decode(b"\xf5\xa1\xf5\xa2 \xb3\xb0\xbb\xfa", "euc-jp") == charset.Decoded(
        "\ue000\ue001 外字", "euc-jp", False, 0
    )
    assert charset.clean("\ue000㈱①ｶﾞ") == ("\ue000㈱①ｶﾞ", 0)


def test_clean_removes_what_nobody_sees() -> None:
    assert charset.clean("a\u202eb\u200bc\x00d\x1be\ufeff\U000e0041") == ("abcde", 6)
    assert charset.clean("a\r\nb\rc\u2028d\te") == ("a\nb\nc\nd\te", 0)


def test_j17_clean_keeps_emoji_and_kanji_variants() -> None:
    for text in ("👨\u200d👩\u200d👧", "❤\ufe0f", "葛\U000e0100飾区", "क\u094d\u200dष"):
        assert charset.clean(text) == (text, 0)
    assert charset.clean("葛\U000e0100\U000e0101x\u200dy") == ("葛\U000e0100xy", 2)


def test_clean_composes_but_keeps_the_shapes_of_names() -> None:
    assert charset.clean("か\u3099")[0] == "が"
    assert charset.clean("\ufa19谷か\u3099")[0] == "\ufa19谷が"  # NFC alone would change the first kanji of a family name


def test_clean_is_linear_for_stacked_marks() -> None:
    assert len(charset.clean("a" + "\u0301\u0316" * 200_000)[0]) < 40


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "utf-16", "gb2312", "big5", "utf-7", "hz"]),
)
def test_decode_never_raises_and_clean_is_idempotent(data: bytes, label: str) -> None:
    once, _ = charset.clean(charset.decode(data, label).text)
    assert charset.clean(once) == (once, 0)
    once.encode()

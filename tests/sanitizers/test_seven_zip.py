"""7z under a password: told, opened, and nothing that a broken header says is believed (F7, J12)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import seven_zip
from sanitizers.job import Findings
from sanitizers.model import Profile, Reason, Refused, Verdict
from sanitizers.unpack import unpack
from tests.sanitizers.make_locked import MEMBER, PASSWORD, SEVEN_ZIP, SEVEN_ZIP_STORED, SEVEN_ZIP_WHOLE

KIND = "application/x-7z-compressed"


@pytest.fixture(params=[SEVEN_ZIP, SEVEN_ZIP_STORED, SEVEN_ZIP_WHOLE], ids=["members", "stored", "headers"])
def sealed(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


def opened(content: bytes, *passwords: str) -> list[tuple[str, bytes]]:
    return [(item.names[0], item.content) for item in unpack(content, KIND, Profile(passwords=passwords), Findings())]


def test_f07_a_locked_7z_wants_a_password_headers_or_not(sealed: bytes) -> None:
    assert seven_zip.locked(sealed)
    with pytest.raises(Refused) as caught:
        opened(sealed)
    assert (caught.value.reason, caught.value.verdict) == (Reason.ENCRYPTED, Verdict.LOCKED)


def test_f07_the_right_password_opens_it_and_a_wrong_one_says_so(sealed: bytes) -> None:
    assert opened(sealed, "違う", PASSWORD) == [MEMBER]
    with pytest.raises(Refused) as caught:
        opened(sealed, "違う", "")
    assert (caught.value.reason, caught.value.verdict) == (Reason.WRONG_PASSWORD, Verdict.LOCKED)
    assert "違う" not in str(caught.value)


def test_what_is_opened_is_no_longer_locked(sealed: bytes) -> None:
    plain = seven_zip.opened(sealed, PASSWORD)
    assert not seven_zip.locked(plain)
    assert opened(plain) == [MEMBER]


@pytest.mark.parametrize("cycles", [23, 62, 63])
def test_a_key_that_takes_for_ever_is_not_derived(cycles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seven_zip, "sha256", None)  # not one round of it
    with pytest.raises(Refused):
        seven_zip._decrypted(bytes(16), bytes([cycles]), b"secret")


@given(st.binary(max_size=300), st.integers(0, 200))
def test_broken_headers_are_refused(noise: bytes, at: int) -> None:
    header = SEVEN_ZIP[48 : 48 + at] + noise
    with suppress(Refused):
        seven_zip._parsed(header)


def test_every_cut_is_refused(sealed: bytes) -> None:
    for length in range(len(sealed)):
        with pytest.raises(Refused):
            seven_zip.locked(sealed[:length])


@given(st.integers(0, (1 << 64) - 1))
def test_numbers_are_written_as_they_are_read(value: int) -> None:
    assert seven_zip._Reader(seven_zip._number(value)).number() == value

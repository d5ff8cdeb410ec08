"""RAR: encrypted and split ones are told surely, the others are unpacked (F7, F8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import rar
from sanitizers.job import Findings
from sanitizers.model import Profile, Reason, Refused, Verdict
from sanitizers.rar import Traits
from sanitizers.unpack import unpack
from tests.sanitizers.make_locked import rar4, rar5

ENCRYPTED = bytes([4, 1, 0, 0, 15])  # extra record: size, type 1 = encryption, version, flags, iterations


@pytest.mark.parametrize("content", [rar4(), rar5(), rar5(extra=bytes([2, 3, 0]))])
def test_a_plain_rar_is_unpacked(content: bytes) -> None:
    assert rar.look(content) == Traits()
    [item] = unpack(content, "application/vnd.rar", Profile(), Findings())
    assert (item.names, item.content) == (("a.txt",), b"text")


@pytest.mark.parametrize("content", [rar4(main=0x80), rar4(file=0x04), rar5(extra=ENCRYPTED), rar5(first=b"encrypted headers")])
@pytest.mark.parametrize("passwords", [(), ("secret",)])
def test_f07_an_encrypted_rar_is_locked_and_no_password_helps(content: bytes, passwords: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as caught:
        list(unpack(content, "application/vnd.rar", Profile(passwords=passwords), Findings()))
    assert (caught.value.reason, caught.value.verdict) == (Reason.UNDECRYPTABLE, Verdict.LOCKED)


@pytest.mark.parametrize("content", [rar4(main=0x01), rar4(file=0x02), rar4(file=0x01), rar5(main=1), rar5(file=0x10)])
def test_f08_one_volume_of_several_is_withheld_and_never_delivered_in_part(content: bytes) -> None:
    with pytest.raises(Refused) as caught:
        list(unpack(content, "application/vnd.rar", Profile(), Findings()))
    assert (caught.value.reason, caught.value.verdict) == (Reason.SPLIT_VOLUME, Verdict.WITHHELD)


@given(st.sampled_from([rar4(), rar5()]), st.integers(0, 120), st.binary(max_size=60))
def test_nothing_is_raised_whatever_it_says(content: bytes, at: int, noise: bytes) -> None:
    assert isinstance(rar.look(content[:at] + noise), Traits)

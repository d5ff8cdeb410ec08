"""What nobody rebuilds is refused with a reason, never delivered."""

from __future__ import annotations

import pytest

from sanitizers import unknown
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Part, Reason, Refused, Verdict


def refused(detected: str, name: str = "") -> Refused:
    with pytest.raises(Refused) as refusal:
        unknown.sanitise(b"x", Part("1", name, "", (name,)), detected, LocalJob())
    return refusal.value


@pytest.mark.parametrize("detected", ["application/pkcs7-mime", "application/pgp-encrypted"])
def test_f07_m16_what_no_password_opens_says_so(detected: str) -> None:
    assert (refused(detected).reason, refused(detected).verdict) == (Reason.UNDECRYPTABLE, Verdict.LOCKED)


@pytest.mark.parametrize(
    ("detected", "name", "reason"),
    [
        ("application/vnd.microsoft.portable-executable", "a.pdf", Reason.EXECUTABLE),
        ("application/x-arj", "a.arj", Reason.NO_UNPACKER),
        ("application/x-iso9660-image", "a.iso", Reason.DISC_IMAGE),
        ("application/x-windows-action", "a.txt", Reason.EXECUTABLE),
        ("application/octet-stream", "a.scr", Reason.EXECUTABLE),
        ("application/octet-stream", "a.xdw", Reason.UNKNOWN_TYPE),
        ("application/onenote", "a.one", Reason.TYPE_NOT_ALLOWED),
        ("application/x-ichitaro", "議案.jtd", Reason.TYPE_NOT_ALLOWED),
        ("message/partial", "", Reason.TYPE_NOT_ALLOWED),
        ("video/mp4", "a.mp4", Reason.TYPE_NOT_ALLOWED),
    ],
)
def test_f10_d15_d18_the_rest_is_withheld(detected: str, name: str, reason: Reason) -> None:
    assert (refused(detected, name).reason, refused(detected, name).verdict) == (reason, Verdict.WITHHELD)
    assert f"[{detected}]" in refused(detected, name).detail


def test_m13_a_name_that_promises_something_else_is_reported() -> None:
    assert [f.kind for f in refused("application/x-elf", "見積書.pdf").findings] == [Kind.TYPE_MISMATCH]
    assert not refused("application/onenote", "a.unknown").findings

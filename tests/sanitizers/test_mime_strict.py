"""The structure pass: what is held, what is tolerated, what is found (M1-M12, M18, M19), and that it is linear."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.job import Findings
from sanitizers.mime_strict import Entity, read
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment
from tests.effort import linear

MIXED = b"From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
TWO = MIXED + b"--b\r\n\r\none\r\n--b\r\nContent-Type: x/y\r\n\r\ntwo\r\n--b--\r\n"


def parsed(raw: bytes, limits: Limits | None = None) -> tuple[Entity, Findings]:
    findings = Findings()
    return read(raw, limits or Limits(), findings), findings


def leaves(raw: bytes) -> list[bytes]:
    entity, findings = parsed(raw)
    return [part.content(findings, "") for part in entity.parts] if entity.parts else [entity.content(findings, "")]


def held(raw: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as refused:
        parsed(raw, limits)
    return refused.value.detail if refused.value.reason is Reason.AMBIGUOUS else refused.value.reason


def test_parts_and_their_exact_bytes() -> None:
    entity, findings = parsed(TWO)
    assert leaves(TWO) == [b"one", b"two"]
    assert [part.media_type for part in entity.parts] == ["text/plain", "x/y"]
    assert not findings


@pytest.mark.parametrize(
    "raw",
    [
        TWO.replace(b"\r\n", b"\n"),
        TWO.replace(b"\r\n", b"\r\r\n"),
        b"\xef\xbb\xbf" + TWO,
        b"From x@y Mon Jan 1\r\n" + TWO,
        b"\r\n\r\n" + TWO,
        TWO.replace(b"boundary=b", b'boundary="b"; x=y'),
        TWO.replace(b"boundary=b", b"\r\n\tboundary=b"),
        TWO.replace(b"MIME-Version: 1.0\r\n", b""),
        TWO.replace(b"--b\r\n", b"--b \t\r\n"),
        TWO.replace(b"--b--\r\n", b""),
        TWO.replace(b"--b--\r\n", b"--b--"),
        TWO.replace(b"From: a@b\r\n", b"From: a@b\r\nno field\r\n"),
        TWO.replace(b"Content-Type: multipart", b"Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart"),
        TWO.replace(b"=b\r\n", b"=b\r\nContent-Transfer-Encoding: base64\r\n"),
        TWO.replace(b"=b\r\n", b"=b\r\nContent-Transfer-Encoding: 7-bit\r\n"),
    ],
)
def test_what_real_mailers_do_is_tolerated(raw: bytes) -> None:
    assert [leaf.strip() for leaf in leaves(raw)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"Content-Type: multi", b"Content-Type: text/plain\r\nContent-Type: multi", "M1"),
        (b"Content-Type: multi", b"Content-Type: multipart/mixed; boundary=c\r\nContent-Type: multi", "M1"),
        (b"x/y\r\n", b"x/y\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n", "M1"),
        (b"x/y\r\n", b"x/y\r\nContent-Transfer-Encoding: base64 x\r\n", "M2"),
        (b"x/y\r\n", b"x/y\r\nContent-Transfer-Encoding: x-base64\r\n", "M2"),
        (b"=b\r\n\r\n", b"=b; boundary=c\r\n\r\n--c\r\n\r\n", "M3"),
        (b"--b\r\nC", b"--bc\r\nC", "M3"),
        (b"=b\r\n", b"=\xe3b\r\n", "M3"),
        (b"x/y\r\n\r\ntwo", b"multipart/mixed; boundary=b--\r\n\r\n--b----\r\n\r\n", "M3"),
        (b"=b\r\n", b"=c\r\n", "M4"),
        (b"\r\n--b\r\nC", b"\r--b\r\nC", "M5"),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r", "M5"),
        (b"multipart/mixed;", b"multipart/\0mixed;", "M5"),
        (b"MIME-Version: 1.0\r\n", b"no field\r\nnor this\r\n", "M5"),
        (b"multipart/mixed;", b"multipart;", "M12"),
        (b"multipart/mixed;", b"text/plain, multipart/mixed;", "M12"),
    ],
)
def test_what_two_readers_see_differently_is_held(old: bytes, new: bytes, rule: str) -> None:
    raw = TWO.replace(old, new)
    assert raw != TWO
    assert held(raw).startswith(f"{rule}: ")


def test_m04_parts_after_the_end_are_found_and_marked() -> None:
    entity, findings = parsed(TWO + b"--b\r\n\r\nthree\r\n")
    assert [(bytes(part.body).strip(), part.stray) for part in entity.parts] == [
        (b"one", False),
        (b"two", False),
        (b"three", True),
    ]
    assert any(finding.detail.startswith("M4") for finding in findings.all())


@pytest.mark.parametrize(
    "residue", [b"Content-Type: x/y\r\n", b"begin 644 a\r\n", b"=ybegin line=1\r\n", (b"QUJD" * 19 + b"\r\n") * 2]
)
@pytest.mark.parametrize("place", ["preamble", "epilogue"])
def test_m04_residue_outside_of_all_parts_is_reported(residue: bytes, place: str) -> None:
    raw = TWO.replace(b"=b\r\n\r\n", b"=b\r\n\r\n" + residue) if place == "preamble" else TWO + residue
    entity, findings = parsed(raw)
    assert len(entity.parts) == 2
    assert [(f.kind, f.where, f.treatment) for f in findings.all()] == [(Kind.HIDDEN_PART, place, Treatment.REMOVED)]


def test_m18_a_digest_holds_messages() -> None:
    entity, _ = parsed(TWO.replace(b"multipart/mixed", b"multipart/digest"))
    assert [part.media_type for part in entity.parts] == ["message/rfc822", "x/y"]


def test_nested_boundaries_that_begin_alike_are_no_near_misses() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\ntwo\r\n--bc--"
    entity, _ = parsed(MIXED + b"--b\r\n" + inner + b"\r\n--b--\r\n")
    assert bytes(entity.parts[0].parts[0].body) == b"two"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (MIXED + b"--b\r\n\r\nx\r\n" * 600, Reason.LIMIT_PARTS),
        (b"X: y\r\n" * 2_000 + b"\r\n", Reason.LIMIT_PARTS),
        (b"Subject: " + b"a " * 500_000 + b"\r\n\r\n", Reason.LIMIT_SIZE),
        (
            b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(100)),
            Reason.LIMIT_DEPTH,
        ),
    ],
)
def test_m11_limits_refuse(raw: bytes, reason: Reason) -> None:
    assert held(raw) is reason


@pytest.mark.parametrize(
    "unit", [b"--b", b"--b\r\n", b"--b x\r\n", b"\r", b"\n", b"\r\n--", b"--c\na:b\n", b"From x\n", b"a:\n", b" \n"]
)
@pytest.mark.parametrize("head", [MIXED, MIXED + b"--b\r\n\r\n", b"", b"Subject: "])
def test_m11_linear(head: bytes, unit: bytes) -> None:
    with linear(), suppress(Refused):
        parsed(head + unit * (1_000_000 // len(unit)))


def _leaf(encoding: str, body: bytes) -> tuple[bytes, Findings]:
    entity, findings = parsed(f"Content-Type: x/y\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body)
    return entity.content(findings, ""), findings


@pytest.mark.parametrize(
    ("body", "content", "kinds"),
    [
        (b"QUJD\r\nREVG\r\n", b"ABCDEF", []),
        (b"QUJDRA", b"ABCD", []),
        (b"QUJDRA==\r\n\r\n", b"ABCD", []),
        (b"QUJ!D", b"ABC", [Kind.MIME_AMBIGUITY]),
        (b"QUJDRA==\r\n_______\r\nlist@example.jp", b"ABCD", [Kind.TRAILING_DATA]),
    ],
)
def test_m06_base64(body: bytes, content: bytes, kinds: list[Kind]) -> None:
    decoded, findings = _leaf("base64", body)
    assert (decoded, [finding.kind for finding in findings.all()]) == (content, kinds)


def test_m06_base64_that_goes_on_after_its_end_is_held() -> None:
    with pytest.raises(Refused, match="M6"):
        _leaf("base64", b64encode(b"x") + b"\r\n" + b64encode(b"y" * 60))


def test_other_encodings() -> None:
    assert _leaf("quoted-printable", b"=E3=81=\r\n=82a=\n")[0] == "あa".encode()
    assert _leaf("x-uuencode", b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n")[0] == b"Cat"
    assert _leaf("binary", b"\0\xff\r\n")[0] == b"\0\xff\r\n"


@given(
    st.lists(
        st.sampled_from(
            [b"--b", b"--b--", b"--bc", b"", b"a: b", b"x", b" y", b"Content-Type: multipart/mixed; boundary=bc", b"\r", b"\0"]
        )
    )
)
def test_any_arrangement_is_read_or_refused(lines: list[bytes]) -> None:
    try:
        entity, findings = parsed(MIXED + b"\r\n".join(lines))
    except Refused as refusal:
        named = refusal.detail[:1] == "M"
    else:
        named = all(isinstance(part.content(findings, ""), bytes) for part in entity.parts)
    assert named

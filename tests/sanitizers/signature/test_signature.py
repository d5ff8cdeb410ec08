"""SD-09, J28: what a signature says is told before the rebuild takes it off; others made it, and nothing of it is fetched."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers import message
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Profile, Reason, Signature, SignatureState, Treatment, Verdict
from sanitizers.registry import sanitise
from sanitizers.signature import cms
from tests.sanitizers import make_electronic as make
from tests.sanitizers.make_electronic import SIGNER

TRUSTED, INTACT, APPENDED, BROKEN, UNVERIFIED = SignatureState
ENTITY = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n契約します。\r\n".encode()


@pytest.fixture(scope="module")
def who() -> make.Identity:
    return make.identity()


def run(content: bytes, name: str, anchors: tuple[str, ...] = ()) -> Outcome:
    return sanitise(content, Part("1", name, "", (name,)), LocalJob(Profile(anchors=anchors)))


def told(outcome: Outcome) -> list[tuple[str, SignatureState]]:
    return [(one.signer, one.state) for one in outcome.signatures]


def only(blob: bytes, signed: bytes | None, anchors: tuple[str, ...] = ()) -> Signature:
    [one] = cms.signers(blob, signed, anchors)
    return one


def test_sd09_a_cms_signature_is_traced_to_an_anchor_or_said_not_to_be(who: make.Identity) -> None:
    blob = make.detached(b"data", who)
    assert only(blob, b"data", (who.anchor,)) == Signature(SIGNER, TRUSTED, "")
    assert only(blob, b"data").state is INTACT
    assert "no trusted roots" in only(blob, b"data").detail
    stranger = make.identity(364)
    assert "not traced" in only(blob, b"data", (stranger.anchor,)).detail
    assert only(blob, b"Data", (who.anchor,)) == Signature(SIGNER, BROKEN, "the content is not what was signed")


def test_sd09_a_certificate_out_of_date_is_not_trusted() -> None:
    old = make.identity(-10)
    one = only(make.detached(b"data", old), b"data", (old.anchor,))
    assert (one.state, one.detail) == (INTACT, "the certificate is out of date")


@pytest.mark.parametrize(
    "options", [("-noattr",), ("-keyid",), ("-md", "sha512"), ("-keyopt", "rsa_padding_mode:pss"), ("-stream",)]
)
def test_sd09_each_way_that_openssl_signs_is_read(who: make.Identity, options: tuple[str, ...]) -> None:
    blob = make.detached(b"data", who, *options)
    assert only(blob, b"data", (who.anchor,)).state is TRUSTED
    assert only(blob, b"other", (who.anchor,)).state is BROKEN


@given(st.integers(0, 1_000), st.binary(max_size=40))
@settings(max_examples=60)
def test_a_broken_blob_is_unverified_or_broken_and_never_raises(at: int, noise: bytes) -> None:
    blob = make.detached(b"data", make.identity())
    for damaged in (blob[:at] + noise + blob[at + len(noise) + 1 :], blob[:at]):
        for one in cms.signers(damaged, b"other", ()):
            assert one.state in (BROKEN, UNVERIFIED)


def test_sd09_a_signed_pdf_says_who_and_loses_its_signature(who: make.Identity) -> None:
    outcome = run(make.signed_pdf(who), "契約書.pdf", (who.anchor,))
    assert told(outcome) == [(SIGNER, TRUSTED)]
    assert (Kind.SIGNATURE, Treatment.REMOVED) in [(f.kind, f.treatment) for f in outcome.findings]
    assert any(SIGNER in f.detail for f in outcome.findings if f.kind is Kind.SIGNATURE)
    assert outcome.output is not None
    assert b"/ByteRange" not in outcome.output
    assert told(run(outcome.output, "契約書.pdf")) == []


def test_sd09_a_pdf_that_was_changed_or_added_to_says_so(who: make.Identity) -> None:
    signed = make.signed_pdf(who)
    assert told(run(signed.replace(b"/Adobe.PPKLite", b"/Adobe.PPKLitf"), "a.pdf", (who.anchor,))) == [(SIGNER, BROKEN)]
    assert told(run(signed + b"% one more revision\n%%EOF\n", "a.pdf", (who.anchor,))) == [(SIGNER, APPENDED)]


def test_sd09_a_byte_range_that_hides_something_is_not_verified(who: make.Identity) -> None:
    signed = make.signed_pdf(who)
    start = signed.index(b"/ByteRange")
    numbers = signed[start : signed.index(b"]", start)]
    first = numbers.split()[2]
    shorter = numbers.replace(first, b"%-*d" % (len(first), int(first) - 40), 1)
    assert [state for _, state in told(run(signed.replace(numbers, shorter), "a.pdf", (who.anchor,)))] == [UNVERIFIED]
    unknown = make.signed_pdf(who, subfilter="/adbe.unknown")
    assert [state for _, state in told(run(unknown, "a.pdf"))] == [UNVERIFIED]


def test_sd09_a_signed_office_document_says_who(who: make.Identity) -> None:
    outcome = run(make.signed_office(who), "契約書.docx", (who.anchor,))
    assert told(outcome) == [(SIGNER, TRUSTED)]
    assert outcome.output is not None
    assert told(run(make.signed_office(who), "契約書.docx")) == [(SIGNER, INTACT)]


def test_sd09_an_office_document_that_was_changed_says_so(who: make.Identity) -> None:
    other = make.office.document("別の文章").build()
    with zipfile.ZipFile(io.BytesIO(other)) as archive:
        changed = archive.read("word/document.xml")
    assert told(run(make.signed_office(who, add={"word/document.xml": changed}), "a.docx", (who.anchor,))) == [(SIGNER, BROKEN)]
    not_covered = make.signed_office(who, leave=("word/document.xml",))
    assert told(run(not_covered, "a.docx", (who.anchor,))) == [(SIGNER, UNVERIFIED)]
    garbage = make.signed_office(who, add={"_xmlsignatures/sig1.xml": b"<a/>"})
    assert [state for _, state in told(run(garbage, "a.docx"))] == [UNVERIFIED]


def letter(content: bytes, *anchors: str) -> tuple[str, Outcome]:
    read, outcome = message.letter(content, Part("", "", "message/rfc822"), LocalJob(Profile(anchors=anchors)))
    return read.body, outcome


def test_j28_a_signed_mail_says_who(who: make.Identity) -> None:
    body, outcome = letter(make.signed_mail(ENTITY, who), who.anchor)
    assert body.strip() == "契約します。"
    assert told(outcome) == [(SIGNER, TRUSTED)]


def test_j28_a_signed_mail_that_was_changed_says_so(who: make.Identity) -> None:
    changed = make.signed_mail(ENTITY, who).replace("契約します".encode(), "契約しません".encode())
    assert told(letter(changed, who.anchor)[1]) == [(SIGNER, BROKEN)]


def test_j28_an_opaque_mail_is_a_container(who: make.Identity) -> None:
    body, outcome = letter(make.signed_mail(ENTITY, who, "-nodetach"), who.anchor)
    assert body.strip() == "契約します。"
    assert told(outcome) == [(SIGNER, TRUSTED)]


def test_j28_a_signed_file_is_treated_as_what_it_carries(who: make.Identity) -> None:
    outcome = run(make.opaque("明日は休館です。\r\n".encode(), who), "通知.txt.p7m", (who.anchor,))
    assert (outcome.verdict, outcome.name, outcome.media_type) == (Verdict.SANITISED, "通知.txt", "text/plain")
    assert told(outcome) == [(SIGNER, TRUSTED)]
    program = run(make.opaque(b"MZ" + bytes(90), who), "a.exe.p7m")
    assert (program.verdict, program.reason) == (Verdict.WITHHELD, Reason.EXECUTABLE)
    bare = run(make.detached(b"data", who), "smime.p7s")
    assert (bare.verdict, bare.reason) == (Verdict.WITHHELD, Reason.TYPE_NOT_ALLOWED)


def test_sd09_what_microsoft_office_and_others_signed_is_whole(corpus: Path | None) -> None:
    """Signatures of real products in the corpus: none of them may be called broken."""
    if corpus is None:
        pytest.skip("MUGAI_CORPUS names no corpus")
    states = []
    for path in sorted(corpus.glob("ooxml/*signed.???x")):
        states += [(path.name, state) for _, state in told(run(path.read_bytes(), path.name))]
    assert len(states) >= 5
    assert {state for _, state in states} == {INTACT}, states

"""DKIM and ARC: what another implementation signed holds, and every change to it does not (H7)."""

from __future__ import annotations

import base64
import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.authentication import arc, dkim, fields
from sanitizers.authentication.dns import Dns, Unanswered
from sanitizers.identity import QUESTIONS, RecordType, Result, Signature
from tests.effort import linear
from tests.sanitizers.make_signed import FORWARDERS, MAIL, NOW, Zone, forwarded, record, rsa_key, sealed, signed, zone

KEY = ("one._domainkey.shop.example.com", RecordType.TXT)


def verified(mail: bytes, dns: Zone | None = None) -> Signature:
    (signature,) = dkim.verify(fields.read(mail, 1 << 18), Dns(zone() if dns is None else dns), NOW)
    return signature


def chain(mail: bytes, dns: Zone | None = None) -> Result:
    return arc.verify(fields.read(mail, 1 << 18), Dns(zone(*FORWARDERS) if dns is None else dns))


def changed(mail: bytes, old: bytes, new: bytes) -> bytes:
    assert old in mail
    return mail.replace(old, new, 1)


@pytest.mark.parametrize("form", ["simple/simple", "relaxed/simple", "simple/relaxed", "relaxed/relaxed"])
@pytest.mark.parametrize("body", [b"", b"\r\n", b"a", b"a \t b \r\n\r\n", b" \r\n", b"\r\n\r\na\r\n \r\n"])
def test_h07_what_another_signed_holds(form: str, body: bytes) -> None:
    mail = MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    assert verified(signed(mail, form=form)) == Signature("shop.example.com", "one", Result.PASS)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b".", "市".encode()]), max_size=40)
    .map(b"".join)
    .map(lambda body: body + b"\r\n")
)
def test_h07_bodies_are_canonical_as_others_see_them(body: bytes) -> None:
    mail = signed(b"From: a@shop.example.com\r\n\r\n" + body, include_headers=[b"from"])
    assert verified(mail).result is Result.PASS


def test_h07_an_ed25519_signature_holds() -> None:
    seed = b"\x01" * 32
    dns = Zone({KEY: (record(ed25519.Ed25519PrivateKey.from_private_bytes(seed)),)})
    mail = signed(signature_algorithm=b"ed25519-sha256", key=base64.b64encode(seed))
    assert verified(mail, dns).result is Result.PASS
    assert verified(mail).detail == "a key for something else"


@pytest.mark.parametrize(
    ("old", "new", "result", "detail"),
    [
        (b"second line", b"second lime", Result.FAIL, "the body was changed"),
        (b"Subject: =", b"Subject: x=", Result.FAIL, "the signature does not hold"),
        (b"b=", b"b=!", Result.PERMERROR, "b= is not base64"),
        (b"v=1", b"v=2", Result.PERMERROR, "not version 1"),
        (b"v=1;", b"v=1; v=1;", Result.PERMERROR, "not a tag list, or a tag twice"),
        (b" t=", b" x=2; t=1; z=", Result.FAIL, "expired"),
        (b" t=", b" x=1; t=2; z=", Result.PERMERROR, "expires before it was made"),
        (b"v=1;", b"v=1; l=100000;", Result.PERMERROR, "l= is longer than the body"),
        (b"i=@shop", b"i=@bank", Result.PERMERROR, "i= is not inside d="),
        (b"q=dns/txt", b"q=http", Result.PERMERROR, "no query method that is known"),
        (b"rsa-sha256", b"rsa-sha1", Result.PERMERROR, "no algorithm that is accepted"),
        (b"relaxed/", b"nofws/", Result.PERMERROR, "no canonical form that is known"),
        (b"h=from", b"h=date", Result.PERMERROR, "From is not signed"),
        (b"s=one", b"s=../x", Result.PERMERROR, "no domain or no selector"),
        (b"s=one", b"s=two", Result.PERMERROR, "no key"),
    ],
)
def test_h07_a_change_is_told(old: bytes, new: bytes, result: Result, detail: str) -> None:
    found = verified(changed(signed(), old, new))
    assert (found.result, found.detail) == (result, detail)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (record(rsa_key(1024)), "the signature does not hold"),
        ("v=DKIM1; k=rsa; p=", "the key was revoked"),
        ("v=DKIM1; p=AAAA", "not a key"),
        ("v=DKIM1; p=%", "p= is not base64"),
        ("v=DKIM2; p=", "a key for something else"),
        (record(rsa_key(), "h=sha1;"), "a key for another hash"),
        (record(rsa_key(), "s=tlsrpt;"), "a key for something else"),
    ],
)
def test_h07_a_wrong_key_proves_nothing(text: str, detail: str) -> None:
    found = verified(signed(), Zone({KEY: (text,)}))
    assert found.detail == detail
    assert found.result in (Result.FAIL, Result.PERMERROR)


def test_h07_a_body_with_an_unsigned_end_is_not_a_pass() -> None:
    mail = signed(length=True)
    assert verified(mail).result is Result.PASS
    assert verified(mail + b"Send money to ...\r\n").result is Result.POLICY


def test_h07_a_second_from_is_not_what_was_signed() -> None:
    """Chen et al., "Composition kills": the verifier takes the lower From, the reader sees the upper one."""
    assert verified(b"From: boss@city.example.lg.jp\r\n" + signed()).result is Result.POLICY
    oversigned = signed(include_headers=[b"from", b"from"])
    assert verified(b"From: boss@city.example.lg.jp\r\n" + oversigned).result is Result.FAIL


def test_without_an_answer_nothing_is_refused() -> None:
    dns = zone()
    dns.is_down = True
    assert verified(signed(), dns).result is Result.TEMPERROR


def test_arc_a_chain_of_two_holds() -> None:
    assert chain(MAIL) is Result.NONE
    assert chain(sealed(signed(), sees="none")) is Result.PASS
    assert chain(forwarded()) is Result.PASS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"second line", b"another line"),
        (b"cv=none", b"cv=pass"),
        (b"cv=pass", b"cv=fail"),
        (b"ARC-Seal: i=1", b"X-Seal: i=1"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=3"),
        (b"ARC-Seal: i=1", b"ARC-Seal: i=x"),
        (b"ARC-Authentication-Results: i=1; list", b"ARC-Authentication-Results: i=1; last"),
        (b"Subject: ", b"Subject: [list] "),
    ],
)
def test_arc_a_torn_chain_fails(old: bytes, new: bytes) -> None:
    assert chain(changed(forwarded(), old, new)) is Result.FAIL


def test_arc_without_an_answer() -> None:
    assert chain(forwarded(), Zone(is_down=True)) is Result.TEMPERROR


@pytest.mark.parametrize(
    "mail",
    [
        b"From: a@b.example\r\nDKIM-Signature: " + b";" * 250_000 + b"\r\n\r\n",
        b"From: a@b.example\r\nDKIM-Signature: v=1; b" + b" " * 250_000 + b"\r\n\r\n",
        b"From: a@b.example\r\nDKIM-Signature: " + b"a\r\n " * 80_000 + b"\r\n\r\n",
        b"DKIM-Signature: v=1\r\n" * 12_000 + b"\r\n",
        b"ARC-Seal: i=1\r\n" * 16_000 + b"\r\n",
        signed(b"From: a@shop.example.com\r\n\r\n" + b" " * 3_000_000, include_headers=[b"from"], form="relaxed/simple"),
        b"From: a\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=s; h=from; bh=AAAA; b=AAAA\r\n\r\n"
        + b" " * 5_000_000,
        b"From: a\r\nDKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=from; bh=AAAA; b=AAAA\r\n\r\n"
        + b"\r\n" * 3_000_000,
    ],
    ids=range(8),
)
def test_h07_hostile_headers_and_bodies_cost_little(mail: bytes) -> None:
    with linear():
        message, dns = fields.read(mail, 1 << 20), Dns(Zone())
        dkim.verify(message, dns, NOW)
        arc.verify(message, dns)


def test_h07_a_large_body_fits_into_a_worker() -> None:
    body = b"y " * 1_500_000 + b"\r\n"
    tracemalloc.start()
    try:
        assert len(fields.read(b"From: a\r\n\r\n" + body, 1 << 18).relaxed_body) == len(body) - 1
        assert tracemalloc.get_traced_memory()[1] < 8 * len(body)
    finally:
        tracemalloc.stop()


def test_nobody_waits_for_a_dead_resolver() -> None:
    dns = Zone(is_down=True)
    asker = Dns(dns)
    for number in range(20):
        with pytest.raises(Unanswered):
            asker.ask(f"n{number}.example.com", RecordType.A)
    assert len(dns.asked) == 3


def test_a_mail_may_not_ask_for_ever() -> None:
    dns = Zone()
    asker = Dns(dns)
    for number in range(QUESTIONS):
        asker.ask(f"n{number}.example.com", RecordType.A)
    with pytest.raises(Unanswered, match="more than 40"):
        asker.ask("last.example.com", RecordType.A)
    assert asker.ask("n0.example.com", RecordType.A) == ()
    assert asker.ask("not a name", RecordType.A) == ()
    assert len(dns.asked) == QUESTIONS

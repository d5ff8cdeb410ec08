"""SPF, DKIM and DMARC together, and the word of a trusted server in front (RFC 7489, RFC 8601, SAN-07)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.authentication import authenticate, fields, upstream
from sanitizers.domains import organisation
from sanitizers.identity import Authentication, Result
from sanitizers.model import Reason, Refused
from tests.sanitizers.make_signed import FORWARDERS, MAIL, Zone, forwarded, session, signed, zone

ELSEWHERE = "203.0.113.9"
SPF = ("shop.example.com", "v=spf1 ip4:198.51.100.7 -all")
BAD = b"From: boss@bank.example\r\nTo: x@city.example.lg.jp\r\n\r\nhello\r\n"


def published(policy: str, owner: str = "example.com") -> tuple[str, str]:
    return (f"_dmarc.{owner}", policy)


def test_a_mail_that_proves_all_of_it() -> None:
    found = authenticate(forwarded(), session(), zone(SPF, *FORWARDERS, published("v=DMARC1; p=reject")))
    assert (found.spf, found.dkim, found.dmarc, found.arc) == (Result.PASS,) * 4
    assert (found.spf_domain, found.from_domain, found.signers) == ("shop.example.com",) * 2 + (("shop.example.com",),)


@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n", b" \r\n", b"\xef\xbb\xbf", b"From x Sat Nov 28 22:00:00 2026\r\n"])
def test_h07_nothing_before_the_header_hides_its_sender(before: bytes) -> None:
    """The reader of the letter passes over it, too."""
    found = authenticate(before + MAIL, session(ELSEWHERE), zone(SPF, published("v=DMARC1; p=reject")))
    assert (found.dmarc, found.from_domain) == (Result.FAIL, "shop.example.com")


@pytest.mark.parametrize(
    ("policy", "client", "mail", "result"),
    [
        ("v=DMARC1; p=reject", ELSEWHERE, MAIL, Result.FAIL),
        ("v=DMARC1; p=none", ELSEWHERE, signed(), Result.PASS),  # DKIM alone
        ("v=DMARC1; p=none", "198.51.100.7", MAIL, Result.PASS),  # SPF alone
        ("v=DMARC1; p=none; aspf=s", "198.51.100.7", MAIL, Result.PASS),
        ("v=DMARC1; p=none; aspf=s; adkim=s", "198.51.100.7", MAIL.replace(b"@shop.", b"@www.shop."), Result.FAIL),
        ("v=DMARC1; p=none", "198.51.100.7", MAIL.replace(b"@shop.", b"@www."), Result.PASS),  # relaxed
        ("v=DMARC1; p=none", "198.51.100.7", BAD, Result.NONE),
        ("v=DMARC1", ELSEWHERE, MAIL, Result.NONE),
        ("v=DMARC1; p", ELSEWHERE, MAIL, Result.NONE),
        ("v=spf1 -all", ELSEWHERE, MAIL, Result.NONE),
        ("v=DMARC1; p=reject", "198.51.100.7", MAIL.replace(b"To:", b"From: b@bank.example\r\nTo:"), Result.PERMERROR),
        ("v=DMARC1; p=reject", "198.51.100.7", MAIL.replace(b"<sato@", b"<a@bank.example>, <sato@"), Result.PERMERROR),
        ("v=DMARC1; p=reject", "198.51.100.7", b"To: a@b.example\r\n\r\n", Result.PERMERROR),
    ],
)
def test_dmarc_asks_for_a_proof_of_what_the_reader_sees(policy: str, client: str, mail: bytes, result: Result) -> None:
    assert authenticate(mail, session(client), zone(SPF, published(policy))).dmarc is result


@pytest.mark.parametrize(("adkim", "result"), [("r", Result.PASS), ("s", Result.FAIL)])
def test_dmarc_dkim_alignment(adkim: str, result: Result) -> None:
    mail = signed(MAIL.replace(b"@shop.", b"@www."))
    assert authenticate(mail, session(ELSEWHERE), zone(published(f"v=DMARC1; p=none; adkim={adkim}"))).dmarc is result


def test_the_domains_own_record_goes_before_its_organisations() -> None:
    dns = zone(SPF, published("v=DMARC1; p=none; aspf=r"), published("v=DMARC1; p=none; aspf=s", "www.example.com"))
    assert authenticate(MAIL.replace(b"@shop.", b"@www."), session(), dns).dmarc is Result.FAIL


def test_a_city_is_an_organisation_of_its_own() -> None:
    assert organisation("mail.city.example.lg.jp") == organisation("www.example.lg.jp") != organisation("other.lg.jp")
    assert organisation("a.blogspot.com") != organisation("b.blogspot.com")
    assert organisation("lg.jp") == "lg.jp"


def test_when_the_dns_is_down_all_is_temporary_and_nothing_raises() -> None:
    found = authenticate(forwarded(), session(), Zone(is_down=True))
    assert (found.spf, found.dkim, found.dmarc, found.arc) == (Result.TEMPERROR,) * 4


def test_in_a_closed_network_nothing_is_asked() -> None:
    dns = zone(SPF)
    found = authenticate(forwarded(), session(has_dns=False), dns)
    assert (found.spf, found.dkim, found.dmarc, found.arc) == (Result.NONE,) * 4
    assert not dns.asked


def test_behind_a_relay_its_address_says_nothing_of_the_sender() -> None:
    found = authenticate(MAIL, session(ELSEWHERE, is_relayed=True), zone(SPF, published("v=DMARC1; p=none")))
    assert (found.spf, found.dmarc) == (Result.NONE, Result.FAIL)


# --- The word of a server in front

WORD = (
    b"Authentication-Results: MX.Cloud.example.jp 1; (a; comment (nested)) spf=pass (sender (ok))\r\n"
    b" smtp.mailfrom=sato@shop.example.com;\r\n"
    b'\tdkim=pass reason="2048; bit" header.d=shop.example.com header.s=one;\r\n'
    b" dmarc=fail header.from=shop.example.com; arc=none\r\n"
)
CLOUD = ("mx.cloud.example.jp",)


def test_san07_the_word_of_a_trusted_server_stands() -> None:
    found = authenticate(WORD + MAIL, session(is_relayed=True, has_dns=False, believed=CLOUD), Zone())
    assert (found.spf, found.dkim, found.dmarc, found.arc) == (Result.PASS, Result.PASS, Result.FAIL, Result.NONE)
    assert (found.spf_domain, found.signers, found.authenticator) == ("shop.example.com", ("shop.example.com",), CLOUD[0])


def test_san07_what_it_does_not_say_is_found_out_here() -> None:
    word = WORD.replace(b"dmarc=fail", b"x-other=fail").replace(b"arc=none", b"iprev=pass")
    dns = zone(*FORWARDERS, published("v=DMARC1; p=none"))
    found = authenticate(word + forwarded(), session(is_relayed=True, believed=CLOUD), dns)
    assert (found.spf, found.dmarc, found.arc) == (Result.PASS, Result.PASS, Result.PASS)


def test_s19_nobody_elses_word_counts_and_only_the_first_of_a_trusted_server() -> None:
    assert authenticate(WORD + MAIL, session(has_dns=False), Zone()) == Authentication(
        spf_domain="shop.example.com", from_domain="shop.example.com"
    )
    forged = WORD.replace(b"dmarc=fail", b"dmarc=pass")
    assert authenticate(WORD + forged + MAIL, session(has_dns=False, believed=CLOUD), Zone()).dmarc is Result.FAIL


@given(st.text(alphabet='()"\\; =ad.\r\n\t1', max_size=200))
def test_any_word_is_read_or_ignored(text: str) -> None:
    mail = b"Authentication-Results: mx.cloud.example.jp; " + text.encode() + b"\r\n\r\n"
    upstream.word(fields.read(mail, 1 << 16), CLOUD)


@given(st.binary(max_size=300), st.sampled_from([b"", b"DKIM-Signature: ", b"ARC-Seal: i=1; ", b"From: ", b"\r\n"]))
def test_any_bytes_are_judged(content: bytes, start: bytes) -> None:
    authenticate(start + content, session(believed=CLOUD), zone(SPF))


def test_a_header_without_bounds_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        authenticate(b"X: " + b"a" * (1 << 20), session(), Zone())
    assert refused.value.reason is Reason.LIMIT_SIZE

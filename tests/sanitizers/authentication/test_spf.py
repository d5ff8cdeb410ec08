"""SPF with a scripted DNS: results, limits and macros of RFC 7208."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from sanitizers.authentication import spf, spf_macro
from sanitizers.authentication.dns import Dns
from sanitizers.identity import RecordType, Result
from tests.sanitizers.make_signed import Zone

TXT, A, AAAA, MX, PTR = RecordType.TXT, RecordType.A, RecordType.AAAA, RecordType.MX, RecordType.PTR
CLIENT, ELSEWHERE, SIXTH = "198.51.100.7", "203.0.113.9", "2001:db8::7"
HOSTS: dict[tuple[str, RecordType], tuple[str, ...]] = {
    ("example.com", A): (CLIENT,),
    ("mx.example.com", A): (CLIENT,),
    ("mx.example.com", AAAA): (SIXTH,),
    ("example.com", MX): ("mx.example.com",),
    ("many.example.com", MX): tuple(f"mx{n}.example.com" for n in range(11)),
    ("good.example.net", TXT): ("v=spf1 ip4:198.51.100.0/24 -all",),
    ("bad.example.net", TXT): ("v=spf1 -all",),
    ("loop.example.net", TXT): ("v=spf1 include:loop.example.net -all",),
    ("7.100.51.198.in-addr.arpa", PTR): ("mx.example.com",),
    ("7.100.51.198.sato.example.com", A): ("127.0.0.2",),
}


def checked(record: str, client: str = CLIENT, *more: tuple[tuple[str, RecordType], tuple[str, ...]], **zone: bool) -> Result:
    records = {("example.com", TXT): ("other text", record)} | HOSTS | dict(more)
    return spf.check(client, "example.com", "sato@example.com", "mx.example.com", Dns(Zone(records, **zone)))


@pytest.mark.parametrize(
    ("record", "client", "result"),
    [
        ("v=spf1 ip4:198.51.100.0/24 -all", CLIENT, Result.PASS),
        ("v=spf1 ip4:198.51.100.7 -all", "::ffff:198.51.100.7", Result.PASS),
        ("v=spf1 ip4:198.51.100.0/24 -all", ELSEWHERE, Result.FAIL),
        ("V=SPF1 IP4:198.51.100.0/24 ~ALL", ELSEWHERE, Result.SOFTFAIL),
        ("v=spf1 ?all", CLIENT, Result.NEUTRAL),
        ("v=spf1", CLIENT, Result.NEUTRAL),
        ("v=spf10 -all", CLIENT, Result.NONE),
        ("v=spf1 ip6:2001:db8::/32 -all", SIXTH, Result.PASS),
        ("v=spf1 ip6:2001:db8::/32 -all", CLIENT, Result.FAIL),
        ("v=spf1 a -all", CLIENT, Result.PASS),
        ("v=spf1 a/24 -all", "198.51.100.200", Result.PASS),
        ("v=spf1 mx -all", CLIENT, Result.PASS),
        ("v=spf1 mx//64 -all", "2001:db8::99", Result.PASS),
        ("v=spf1 mx:example.com/24//64 -all", "198.51.100.99", Result.PASS),
        ("v=spf1 ptr -all", CLIENT, Result.PASS),
        ("v=spf1 ptr -all", ELSEWHERE, Result.FAIL),
        ("v=spf1 exists:%{ir}.%{l}.example.com -all", CLIENT, Result.PASS),
        ("v=spf1 include:good.example.net -all", CLIENT, Result.PASS),
        ("v=spf1 include:bad.example.net ~all", CLIENT, Result.SOFTFAIL),
        ("v=spf1 redirect=bad.example.net", CLIENT, Result.FAIL),
        ("v=spf1 ip4:198.51.100.7 redirect=bad.example.net", CLIENT, Result.PASS),
        ("v=spf1 exp=why.example.com x-new=1 -all", CLIENT, Result.FAIL),
    ],
)
def test_what_a_record_says(record: str, client: str, result: Result) -> None:
    assert checked(record, client) is result


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:300.1.1.1 -all",
        "v=spf1 ip4:2001:db8::1 -all",
        "v=spf1 ip6:198.51.100.7 -all",
        "v=spf1 ip4:198.51.100.0/33 -all",
        "v=spf1 a/33 -all",
        "v=spf1 include -all",
        "v=spf1 all:x",
        "v=spf1 ptr/24",
        "v=spf1 nonsense -all",
        "v=spf1 a:%{x}.example.com",
        "v=spf1 a:%{l0}.example.com",
        "v=spf1 a:100%",
        "v=spf1 redirect=",
        "v=spf1 redirect=a.example redirect=b.example",
        "v=spf1 redirect=nothing.example.net",
        "v=spf1 include:nothing.example.net -all",
        "v=spf1 include:loop.example.net -all",
        "v=spf1 mx:many.example.com -all",
        "v=spf1 a:n1.example a:n2.example a:n3.example ip4:198.51.100.7",
        "v=spf1 " + "a:example.net " * 11 + "ip4:198.51.100.7",
        "v=spf1 " + "ip4:192.0.2.1 " * 1000 + "-all",
        "v=spf1 a:" + "%{s}" * 500 + ".example.com",
    ],
)
def test_a_spoilt_or_boundless_record_is_an_error(record: str) -> None:
    assert checked(record) is Result.PERMERROR


def test_ten_lookups_are_allowed_and_voids_are_counted_apart() -> None:
    others = tuple(((f"h{n}.example.net", A), (ELSEWHERE,)) for n in range(10))
    record = "v=spf1 " + "".join(f"a:h{n}.example.net " for n in range(10)) + "ip4:198.51.100.7 -all"
    assert checked(record, CLIENT, *others) is Result.PASS
    assert checked("v=spf1 a:v1.example a:v2.example ip4:198.51.100.7", CLIENT) is Result.PASS


def test_two_records_are_an_error_and_no_answer_is_temporary() -> None:
    both = (("example.com", TXT), ("v=spf1 -all", "v=spf1 +all"))
    assert checked("", CLIENT, both) is Result.PERMERROR
    assert checked("v=spf1 -all", is_down=True) is Result.TEMPERROR


@pytest.mark.parametrize(
    ("macro", "expanded"),
    [  # RFC 7208 7.4
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%%%_%-", "% %20"),
    ],
)
def test_macros_expand_as_the_rfc_shows(macro: str, expanded: str) -> None:
    values = spf_macro.Values(ip_address("192.0.2.3"), "strong-bad@email.example.com", "mx.example.com", "email.example.com")
    spf_macro.check(macro)
    assert spf_macro.expand(macro, values) == expanded


def test_the_null_sender_is_judged_by_its_helo() -> None:
    assert spf.domain_of("", "mx.example.com") == ("mx.example.com", "postmaster@mx.example.com")
    assert spf.domain_of("", "[192.0.2.1]") == ("", "")
    assert spf.domain_of("a@Example.COM", "x") == ("example.com", "a@Example.COM")

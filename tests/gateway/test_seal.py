"""Our ARC set, as two others judge it: dkimpy, and our own verifier of foreign chains (H7)."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from gateway import seal
from gateway.seal import Seal
from sanitizers.authentication import authenticate
from sanitizers.compose import compose
from sanitizers.identity import RecordType, Result
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.verify import verify
from tests.sanitizers.make_signed import Zone, record, rsa_key, session

LETTER = Letter(
    "見積書の送付について" * 8,
    (Mailbox("山田　太郎", "taro@shop.example.com"),),
    None,
    (),
    (Mailbox("", "staff@city.example.lg.jp"),),
    (),
    "Fri, 22 Feb 2008 17:06:23 +0900",
    "<1@shop.example.com>",
    (),
    tuple(f"<{number}@shop.example.com>" for number in range(30)),
    "本文\n\n\n",
    (),
)
RESULTS = "mugai.city.example.lg.jp; spf=pass smtp.mailfrom=shop.example.com; dkim=none; dmarc=pass; arc=none"
NAME = "one._domainkey.city.example.lg.jp"
KEYS = {"rsa": rsa_key(), "ed25519": ed25519.Ed25519PrivateKey.generate()}


def sealed(kind: str, *enclosures: Enclosure) -> bytes:
    return Seal("city.example.lg.jp", "one", KEYS[kind]).on(compose(LETTER, enclosures), RESULTS, 1_790_000_000.0)


def by_us(mail: bytes, kind: str) -> Result:
    zone = Zone({(NAME, RecordType.TXT): (record(KEYS[kind]),)})
    return authenticate(mail, session(), zone).arc


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("enclosures", [(), (Enclosure("表.pdf", "application/pdf", bytes(range(256)) * 9),)])
def test_h07_our_seal_holds_and_a_change_breaks_it(kind: str, enclosures: tuple[Enclosure, ...]) -> None:
    mail = sealed(kind, *enclosures)
    assert by_us(mail, kind) is Result.PASS
    assert by_us(mail.replace(b"Subject: =?UTF-8?B?6K", b"Subject: =?UTF-8?B?6L"), kind) is Result.FAIL
    assert by_us(mail.rstrip() + b"x\r\n", kind) is Result.FAIL
    assert by_us(mail.replace(b"spf=pass", b"spf=fail"), kind) is Result.FAIL


def test_h07_another_implementation_believes_our_seal() -> None:
    mail = sealed("rsa", Enclosure("表.pdf", "application/pdf", b"%PDF-1.4"))
    verdict, results, reason = dkim.arc_verify(mail, dnsfunc=lambda name, timeout=5: record(KEYS["rsa"]).encode())
    assert verdict == b"pass", reason
    assert [each["cv"] for each in results] == [b"none"]
    verdict, _, _ = dkim.arc_verify(
        mail.replace(b"dmarc=pass", b"dmarc=fail"), dnsfunc=lambda name, timeout=5: record(KEYS["rsa"]).encode()
    )
    assert verdict == b"fail"


def test_h07_a_sealed_mail_is_still_what_the_verifier_accepts() -> None:
    mail = sealed("rsa")
    assert verify(mail, "message/rfc822", frozenset()) == []
    assert max(map(len, mail.split(b"\r\n"))) <= 998


def test_a_key_that_proves_too_little_is_refused(tmp_path: Path) -> None:
    for number, key in enumerate((rsa_key(1024), rsa_key(), KEYS["ed25519"])):
        form, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path = tmp_path / f"{number}.pem"
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, no))
    with pytest.raises(ValueError, match="RSA key of 2048 bits"):
        seal.load("d.example", "s", tmp_path / "0.pem")
    assert seal.load("d.example", "s", tmp_path / "1.pem").selector == "s"
    assert seal.load("d.example", "s", tmp_path / "2.pem").domain == "d.example"

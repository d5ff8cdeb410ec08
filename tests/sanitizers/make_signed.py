"""Signed mails and the zone that proves them: signed by another's implementation (dkimpy), with keys made for the run."""

from __future__ import annotations

import base64
import functools
from dataclasses import dataclass, field

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from sanitizers.identity import ANSWER, QUESTION, Answer, Question, RecordType, Session
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Task

NOW = 1_790_000_000.0
MAIL = (
    b"From: =?UTF-8?B?5L2Q6Jek?= <sato@shop.example.com>\r\nTo: staff@city.example.lg.jp\r\n"
    b"Subject: =?UTF-8?B?6KaL56mN5pu4?=\r\nDate: Mon, 21 Sep 2026 10:00:00 +0900\r\n\r\n"
    b"First  line \r\n\tsecond line\r\n\r\n\r\n"
)


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    form, no = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, no)


def record(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, tags: str = "") -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        kind, form = "rsa", serialization.PublicFormat.SubjectPublicKeyInfo
        raw = key.public_key().public_bytes(serialization.Encoding.DER, form)
    else:
        kind = "ed25519"
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k={kind}; {tags} p={base64.b64encode(raw).decode()}"


def zone(*more: tuple[str, str], key: rsa.RSAPrivateKey | None = None) -> Zone:
    texts = {"one._domainkey.shop.example.com": record(key or rsa_key())}
    return Zone({(name, RecordType.TXT): (text,) for name, text in (*texts.items(), *more)})


@dataclass
class Zone:
    """The whole DNS of a test; also the `Job` of a worker that asks it."""

    records: dict[tuple[str, RecordType], tuple[str, ...]] = field(default_factory=dict)
    is_down: bool = False
    asked: list[Question] = field(default_factory=list)
    profile: Profile = field(default_factory=Profile)

    def ask(self, task: Task, content: bytes) -> bytes:
        assert task is Task.RESOLVE
        question = QUESTION.validate_json(content)
        self.asked.append(question)
        if self.is_down:
            raise Refused(Reason.LIMIT_TIME, "down")
        return ANSWER.dump_json(Answer(self.records.get((question.name, question.type), ())))

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        raise AssertionError("nothing is treated")


def session(client: str = "198.51.100.7", sender: str = "sato@shop.example.com", **more: object) -> Session:
    values: dict[str, object] = {"helo": "mx.shop.example.com", "now": NOW, "has_dns": True}
    return Session(client=client, sender=sender, **{**values, **more})  # type: ignore[arg-type]


def signed(mail: bytes = MAIL, *, form: str = "relaxed/relaxed", domain: str = "shop.example.com", **more: object) -> bytes:
    header, body = form.encode().split(b"/")
    values: dict[str, object] = {"canonicalize": (header, body), "include_headers": [b"from", b"to", b"subject", b"date"]}
    key = more.pop("key", pem(rsa_key()))
    return bytes(dkim.sign(mail, b"one", domain.encode(), key, **{**values, **more})) + mail


def sealed(mail: bytes, domain: str = "list.example.net", *, sees: str = "pass") -> bytes:
    """One more ARC set on top, as a forwarder adds it; `sees` is what it says of the chain so far."""
    mail = f"Authentication-Results: {domain}; dkim=pass; arc={sees}\r\n".encode() + mail
    lines = dkim.arc_sign(mail, b"one", domain.encode(), pem(rsa_key()), domain.encode(), [b"from", b"to", b"subject"])
    return b"".join(lines) + mail


def forwarded() -> bytes:
    """Twice."""
    return sealed(sealed(signed(), sees="none"), "second.example.org")


FORWARDERS = tuple((f"one._domainkey.{name}", record(rsa_key())) for name in ("list.example.net", "second.example.org"))

"""Every way in which an ID token can be something else than the provider's word about this sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.console.id_token import Expected, Forged, UnknownKey, read
from tests.gateway.console.make_provider import at_hash, by_hand, ec_key, jwk, public_pem, rsa_key

NOW = 1_800_000_000.0
ISSUER, CLIENT = "https://idp.example/realm", "mugai-console"
EXPECTED = Expected(ISSUER, CLIENT, "nonce-1", NOW - 20, 60, "opaque")
KEYS = [jwk(rsa_key("k1"), "k1", use="sig"), jwk(ec_key("e1"), "e1"), {"kty": "oct", "k": "eHh4eA", "kid": "shared"}]


def claims(**changes: Any) -> dict[str, Any]:
    usual = {"iss": ISSUER, "sub": "s-1", "aud": CLIENT, "iat": NOW - 5, "exp": NOW + 300, "nonce": "nonce-1"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def rs256(said: dict[str, Any], kid: str = "k1", key: str = "k1") -> str:
    return jwt.encode(said, rsa_key(key), "RS256", {"kid": kid})


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_a_true_word_is_read(algorithm: str) -> None:
    key, kid = (ec_key("e1"), "e1") if algorithm == "ES256" else (rsa_key("k1"), "k1")
    token = jwt.encode(claims(amr=["pwd", "mfa"], at_hash=at_hash("opaque")), key, algorithm, {"kid": kid})
    assert read(token, KEYS, EXPECTED, NOW).amr == ["pwd", "mfa"]


def test_a_token_without_a_key_s_name_is_read_where_one_key_fits() -> None:
    token = jwt.encode(claims(aud=[CLIENT], azp=CLIENT), rsa_key("k1"), "RS256")
    assert read(token, KEYS, EXPECTED, NOW).sub == "s-1"
    with pytest.raises(UnknownKey):
        read(token, [*KEYS, jwk(rsa_key("k2"), "k2")], EXPECTED, NOW)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": None}, "iss: missing"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": [CLIENT, "another-client"]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": None}, "aud: missing"),
        ({"azp": "another-client"}, "authorized party"),
        ({"nonce": "nonce-2"}, "nonce"),
        ({"nonce": None}, "nonce: missing"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "exp: missing"),
        ({"exp": "tomorrow"}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": NOW - 90}, "older than this sign-in"),
        ({"iat": None}, "iat: missing"),
        ({"iat": NOW + 61}, "future"),
        ({"nbf": NOW + 61}, "future"),
        ({"at_hash": at_hash("another")}, "access token"),
        ({"sub": ""}, "sub"),
        ({"sub": "s" * 256}, "sub"),
        ({"sub": None}, "sub: missing"),
        ({"sub": 7}, "sub"),
        ({"amr": "mfa"}, "amr"),
    ],
)
def test_a_claim_that_is_wrong_or_missing(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Forged, match=why):
        read(rs256(claims(**changes)), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("changes", [{"exp": NOW - 59}, {"iat": NOW + 59}, {"iat": NOW - 79}])
def test_clocks_may_differ_a_little(changes: dict[str, Any]) -> None:
    assert read(rs256(claims(**changes)), KEYS, EXPECTED, NOW).sub == "s-1"


FORGED: dict[str, Callable[[], str]] = {
    "alg none": lambda: by_hand({"alg": "none"}, claims(), None),
    "alg None": lambda: by_hand({"alg": "None", "kid": "k1"}, claims(), None),
    "no alg": lambda: by_hand({"kid": "k1"}, claims(), None),
    "HS256 with the public key": lambda: by_hand({"alg": "HS256", "kid": "k1"}, claims(), public_pem(rsa_key("k1"))),
    "HS256 with a key of the set": lambda: by_hand({"alg": "HS256", "kid": "shared"}, claims(), b"xxxx"),
    "RS256 signed by hand": lambda: by_hand({"alg": "RS256", "kid": "k1"}, claims(), public_pem(rsa_key("k1"))),
    "another key under the name of ours": lambda: rs256(claims(), key="k2"),
    "a name that is no key's": lambda: rs256(claims(), kid="k9"),
    "ES256 with an RSA key's name": lambda: jwt.encode(claims(), ec_key("e1"), "ES256", {"kid": "k1"}),
    "RS384": lambda: jwt.encode(claims(), rsa_key("k1"), "RS384", {"kid": "k1"}),
    "its own key in the header": lambda: jwt.encode(
        claims(), rsa_key("k2"), "RS256", {"kid": "k2", "jwk": jwk(rsa_key("k2"), "k2")}
    ),
    "a critical extension": lambda: jwt.encode(claims(), rsa_key("k1"), "RS256", {"kid": "k1", "crit": ["x"], "x": 1}),
    "another body under the signature": lambda: ".".join(
        (rs256(claims()).split(".")[0], rs256(claims(sub="s-2")).split(".")[1], rs256(claims()).split(".")[2])
    ),
    "nothing": lambda: "",
    "dots": lambda: "..",
    "no JSON": lambda: "e30.e30.e30",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forgery_is_one(name: str) -> None:
    with pytest.raises(Forged):
        read(FORGED[name](), KEYS, EXPECTED, NOW)


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "PS256"}, {"kid": "k3"}])
def test_a_key_for_something_else_signs_nothing(change: dict[str, str]) -> None:
    with pytest.raises(UnknownKey):
        read(rs256(claims()), [{**jwk(rsa_key("k1"), "k1"), **change}], EXPECTED, NOW)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # that is what it is about
def test_a_short_key_signs_nothing() -> None:
    short = rsa.generate_private_key(65_537, 1_024)
    with pytest.raises(Forged, match="InvalidKey"):
        read(jwt.encode(claims(), short, "RS256", {"kid": "s"}), [jwk(short, "s")], EXPECTED, NOW)

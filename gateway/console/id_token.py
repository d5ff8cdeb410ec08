"""Is this ID token the provider's word, for us, about this sign-in, now?  OpenID Connect Core 3.1.3.7, as pure functions.

The signature is PyJWT's: RS256, PS256, ES256 by a key of the provider, nothing else; `none` and everything with a shared secret
cannot be asked for, whatever the token says.  Every other test is here, on our own clock.  Raises Forged, UnknownKey.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FAMILIES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}  # each by its own kind of key: no key serves two purposes
_OPTIONS: Options = {  # the claims are looked at here
    "verify_signature": True,
    "enforce_minimum_key_length": True,
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},  # type: ignore[typeddict-item]
}

Jwk = Mapping[str, Any]


class Forged(Exception):
    """Not what it says it is; in words for the log."""


class UnknownKey(Forged):
    """Signed by a key that we do not have; the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Expected:
    issuer: str
    client_id: str
    nonce: str
    began_at: float  # of this sign-in: nothing older is about it
    skew: float
    access_token: str


class Claims(BaseModel):
    """What a token says; everything else it may say is in `model_extra`."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    iss: str
    sub: str = Field(min_length=1, max_length=255)
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str
    nbf: float = 0.0
    azp: str | None = None
    at_hash: str | None = None
    amr: list[str] = []
    acr: str = ""
    auth_time: float | None = None


def read(token: str, keys: Iterable[Jwk], expected: Expected, now: float) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        family = FAMILIES.get(str(header.get("alg")))
        if family is None:
            raise Forged(f"signed by {str(header.get('alg'))[:20]!r}, which is not accepted")
        key = jwt.PyJWK(_key(keys, header, family), header["alg"])
        payload = jwt.decode(token, key, algorithms=[header["alg"]], options=_OPTIONS)
        claims = Claims.model_validate(payload)
    except jwt.PyJWTError as error:
        raise Forged(f"{type(error).__name__}: {error}"[:200]) from None
    except ValidationError as error:
        raise Forged(", ".join(f"{each['loc'][0]}: {each['type']}" for each in error.errors())[:200]) from None
    for wrong in _wrong(claims, expected, now):
        raise Forged(wrong)
    return claims


def _key(keys: Iterable[Jwk], header: Mapping[str, Any], family: str) -> dict[str, Any]:
    fitting = [
        key
        for key in keys
        if key.get("kty") == family
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    ]
    if len(fitting) != 1:
        raise UnknownKey(f"{len(fitting)} keys of the provider fit key {str(header.get('kid'))[:60]!r}")
    return dict(fitting[0])


def _wrong(claims: Claims, expected: Expected, now: float) -> Iterable[str]:
    if claims.iss != expected.issuer:
        yield f"another issuer: {claims.iss[:100]!r}"
    if claims.aud not in (expected.client_id, [expected.client_id]):
        yield "for another audience"  # or for others as well, whom we have no reason to trust
    if claims.azp not in (None, expected.client_id):
        yield "for another authorized party"
    if not hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()):
        yield "about another sign-in (nonce)"
    if claims.exp <= now - expected.skew:
        yield "expired"
    if claims.iat < expected.began_at - expected.skew:
        yield "older than this sign-in"
    if max(claims.iat, claims.nbf) > now + expected.skew:
        yield "from the future"
    if claims.at_hash is not None and claims.at_hash != _half(expected.access_token):
        yield "belongs to another access token"


def _half(token: str) -> str:
    """OpenID Connect Core 3.1.3.6; all algorithms here are of SHA-256."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()

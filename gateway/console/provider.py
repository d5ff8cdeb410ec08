"""The house's OpenID provider: authorization code with PKCE (RFC 7636, RFC 9700), from the first redirect to who came.

What belongs to one sign-in travels sealed in a cookie of the browser that began it, so an answer that somebody else's browser
brings is nobody's; it serves once.  Metadata and keys come over verified TLS and are kept for a while; a new key is fetched
when a token names it, but made-up names fetch nothing twice a minute.  Raises Away, Forged.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from cryptography.fernet import InvalidToken
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway import https, secret_file
from gateway.clock import Clock
from gateway.console import id_token
from gateway.console.credentials import Seal
from gateway.console.id_token import Claims, Expected, Forged, Jwk, UnknownKey
from gateway.sign_in_settings import OidcSettings
from gateway.yaml_file import BadConfiguration

CALLBACK = "/sign-in/oidc/callback"
FLOW_SECONDS = 600.0  # to sign in over there
KEPT_SECONDS = 3_600.0  # metadata and keys
RETRY_SECONDS = 60.0  # between two looks for a key that we do not have
_AT_ONCE = asyncio.Semaphore(3)  # threads that a dead provider may hold
_HTTPS = r"^https://[^\s#]+$"
M = TypeVar("M", bound=BaseModel)


class Away(Exception):
    """The provider does not answer, or not as one; in words for the log."""


class Metadata(BaseModel):
    """OpenID Connect Discovery 3, as far as it is used."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str = Field(pattern=_HTTPS)
    token_endpoint: str = Field(pattern=_HTTPS)
    jwks_uri: str = Field(pattern=_HTTPS)
    end_session_endpoint: str = Field("", pattern=rf"{_HTTPS}|^$")
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    code_challenge_methods_supported: list[str] = []
    id_token_signing_alg_values_supported: list[str] = []
    authorization_response_iss_parameter_supported: bool = False


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


class Tokens(BaseModel):
    id_token: str
    access_token: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in under way."""

    state: str
    nonce: str
    verifier: str
    began_at: float
    path: str  # where to, afterwards
    session: str  # whose privileged work this confirms; "" = somebody signs in


class Provider:
    def __init__(self, settings: OidcSettings, origin: str, seal: Seal, clock: Clock):
        self.settings, self._origin, self._seal, self._clock = settings, origin, seal, clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Sequence[Jwk]] | None = None
        self._used: dict[str, float] = {}  # states that were answered

    async def begin(self, path: str, session: str = "") -> tuple[str, str]:
        """Where to send the browser, and the cookie that it keeps meanwhile."""
        metadata = await self.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        flow = Flow(state, nonce, verifier, self._clock.now(), path, session)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._origin + CALLBACK,
            "scope": " ".join(dict.fromkeys(("openid", *self.settings.scopes))),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.settings.second_factor_acr:
            asked["acr_values"] = " ".join(self.settings.second_factor_acr)
        if session:
            asked |= {"prompt": "login", "max_age": "0"}
        cookie = self._seal.close(json.dumps(asdict(flow))).decode()
        return _with(metadata.authorization_endpoint, asked), cookie

    def flow(self, cookie: str, state: str) -> Flow:
        """The sign-in that this answer belongs to, once."""
        now = self._clock.now()
        try:
            flow = Flow(**json.loads(self._seal.open(cookie.encode())))
        except (InvalidToken, ValueError, TypeError):
            raise Forged("no sign-in was begun in this browser") from None
        self._used = {each: at for each, at in self._used.items() if at > now - FLOW_SECONDS}
        if not hmac.compare_digest(flow.state.encode(), state.encode()):
            raise Forged("an answer to another sign-in (state)")
        if now - flow.began_at > FLOW_SECONDS or flow.state in self._used:
            raise Forged("too late, or answered before")
        self._used[flow.state] = now
        return flow

    async def finish(self, flow: Flow, code: str, issuer: str) -> Claims:
        """Who came, by the provider's signed word.  `issuer` is what the answer says, "" = nothing (RFC 9207)."""
        metadata = await self.metadata()
        if (issuer or metadata.authorization_response_iss_parameter_supported) and issuer != self.settings.issuer:
            raise Forged("an answer of another provider (iss)")
        tokens = await self._exchange(metadata, code, flow.verifier)
        expected = Expected(
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=flow.nonce,
            began_at=flow.began_at,
            skew=self.settings.clock_skew_seconds,
            access_token=tokens.access_token,
        )
        try:
            return id_token.read(tokens.id_token, await self.keys(), expected, self._clock.now())
        except UnknownKey:
            return id_token.read(tokens.id_token, await self.keys(RETRY_SECONDS), expected, self._clock.now())

    def address(self, claims: Claims) -> str:
        """Whose address that is; lower case."""
        said = claims.model_extra or {}
        address = said.get(self.settings.claim)
        if not isinstance(address, str) or not address:
            raise Forged(f"the token has no {self.settings.claim}")
        if self.settings.claim == "email" and said.get("email_verified") is not True:
            raise Forged("the provider has not verified the address (email_verified)")
        return address.strip().lower()

    def is_strong(self, claims: Claims) -> bool:
        """A second factor was shown over there."""
        return claims.acr in self.settings.second_factor_acr or not set(self.settings.second_factor_amr).isdisjoint(claims.amr)

    async def farewell(self) -> str:
        """Where to sign out over there, too (OpenID Connect RP-Initiated Logout); "" = nowhere."""
        try:
            metadata = await self.metadata()
        except Away:
            return ""
        back = {"client_id": self.settings.client_id, "post_logout_redirect_uri": f"{self._origin}/sign-in"}
        return _with(metadata.end_session_endpoint, back) if metadata.end_session_endpoint else ""

    # -- what the provider says ------------------------------------------------------------------------------------------

    async def metadata(self) -> Metadata:
        now = self._clock.monotonic()
        if self._metadata is None or now - self._metadata[0] > KEPT_SECONDS:
            found = await self._read(Metadata, self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.issuer != self.settings.issuer:  # Discovery 4.3
                raise Away(f"calls itself {found.issuer[:200]!r}")
            self._metadata = (now, found)
        return self._metadata[1]

    async def keys(self, kept: float = KEPT_SECONDS) -> Sequence[Jwk]:
        """None of them older than `kept`."""
        now = self._clock.monotonic()
        if self._keys is None or now - self._keys[0] > kept:
            self._keys = (now, (await self._read(_Keys, (await self.metadata()).jwks_uri)).keys)
        return self._keys[1]

    async def _exchange(self, metadata: Metadata, code: str, verifier: str) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._origin + CALLBACK,
            "code_verifier": verifier,
        }
        headers, credentials = self._credentials(metadata)
        return await self._read(Tokens, metadata.token_endpoint, urlencode(form | credentials).encode(), headers)

    async def knows_us(self) -> None:
        """Offers a code that is none.  Raises Away: the provider does not even accept us."""
        try:
            await self._exchange(await self.metadata(), "mugai-check", secrets.token_urlsafe(32))
        except Forged:
            return  # the code was refused, not we

    def _credentials(self, metadata: Metadata) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and form fields that say which client we are (RFC 6749 2.3.1)."""
        settings = self.settings
        if not settings.client_secret_file:
            return {}, {"client_id": settings.client_id}
        try:
            secret = secret_file.read(settings.client_secret_file, "oidc.client_secret_file")
        except BadConfiguration as bad:
            raise Away(str(bad)) from None
        if "client_secret_basic" not in metadata.token_endpoint_auth_methods_supported:
            return {}, {"client_id": settings.client_id, "client_secret": secret}
        pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, {}

    async def _read(self, model: type[M], url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> M:
        request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310 -- https
        try:
            async with _AT_ONCE:
                answer = await asyncio.to_thread(
                    https.ask,
                    request,
                    ca_file=self.settings.ca_file,
                    seconds=self.settings.timeout,
                    proxy=self.settings.proxy,
                )
            return model.model_validate_json(answer)
        except urllib.error.HTTPError as error:
            said = error.read(500).decode("utf-8", "replace")
            if "invalid_grant" in said:  # RFC 6749 5.2: the code is wrong, used up, or somebody else's
                raise Forged(f"the provider refused the code: {said}") from None
            raise Away(f"{url}: {error.code} {said}") from None
        except ValidationError as error:
            raise Away(f"{url}: not what a provider answers: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Away(f"{url}: {error}") from None


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

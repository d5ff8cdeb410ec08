"""A small OpenID provider: keys, ID tokens true and forged, and a server that speaks HTTPS like a real one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.sign_in_settings import OidcSettings
from tests.gateway.smtp import make_certificate

CLIENT, SECRET = "mugai-console", "a secret: with + and %"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str, **more: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}  # type: ignore[arg-type]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """What a library refuses to sign: without any key, or with a public key as the shared secret."""
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256')) if secret is not None else ''}"


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def at_hash(token: str) -> str:
    return b64(hashlib.sha256(token.encode()).digest()[:16])


@dataclass
class Idp:
    place: Path
    now: Callable[[], float] = lambda: 0.0
    port: int = 0
    kid: str = "k1"
    claims: dict[str, Any] = field(default_factory=dict)  # over the ordinary ones; None takes one away
    signed: Callable[[dict[str, Any]], str] | None = None  # another way of signing
    metadata: dict[str, Any] = field(default_factory=dict)
    error: str = ""  # instead of a code
    asked: list[str] = field(default_factory=list)  # paths, in order
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    down: bool = False

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}/realm"

    def settings(self, **changes: Any) -> OidcSettings:
        (self.place / "secret").write_text(SECRET + "\n")
        (self.place / "secret").chmod(0o600)
        values = {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret_file": str(self.place / "secret"),
            "ca_file": str(self.place / "certificate.pem"),
        }
        return OidcSettings.model_validate({**values, **changes})

    def reset(self, now: Callable[[], float]) -> None:
        fresh = Idp(self.place, now)
        self.__dict__.update({**fresh.__dict__, "port": self.port})

    def discovery(self) -> dict[str, Any]:
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return {**usual, **self.metadata}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert (query["response_type"], query["client_id"], query["tenant"]) == ("code", CLIENT, "1")
        assert query["code_challenge_method"] == "S256"
        back = {"state": query["state"], "iss": self.issuer}
        if self.error:
            return f"{query['redirect_uri']}?{urlencode({**back, 'error': self.error, 'error_description': '<b>lies</b>'})}"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({**back, 'code': code})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if pair != "mugai-console:a%20secret%3A%20with%20%2B%20and%20%25":
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        challenge = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(asked)}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(self.now())
        usual = {"iss": self.issuer, "sub": "s-1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        usual |= {"email": "taro@city.example.lg.jp", "email_verified": True, "at_hash": at_hash("opaque")}
        if "max_age" in asked:
            usual["auth_time"] = now
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        return self.signed(claims) if self.signed else jwt.encode(claims, rsa_key(self.kid), "RS256", {"kid": self.kid})


@contextmanager
def running(place: Path) -> Iterator[Idp]:
    idp = Idp(place)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: object, **headers: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            idp.asked.append(url.path)
            if idp.down:
                self.answer(503, {})
            elif url.path.endswith("/.well-known/openid-configuration"):
                self.answer(200, idp.discovery())
            elif url.path.endswith("/keys"):
                keys = [jwk(rsa_key(idp.kid), idp.kid, use="sig"), {"kty": "oct", "k": b64(b"x" * 32), "kid": "shared"}]
                self.answer(200, {"keys": keys})
            elif url.path.endswith("/elsewhere"):
                self.answer(302, {}, Location=f"{idp.issuer}/keys")
            else:
                self.answer(302, {}, Location=idp.authorize(dict(parse_qsl(url.query))))

        def do_POST(self) -> None:
            idp.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(*idp.token({k: v[0] for k, v in form.items()}, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate.files(place, "127.0.0.1"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    idp.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield idp
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

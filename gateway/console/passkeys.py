"""Passkeys (WebAuthn level 3): enrol one, sign in with one.  Works on a closed network: no attestation, no outside service.

A passkey belongs to the console's host name and to nothing else, so a look-alike site gets nothing.  The user is verified by
the device (finger, PIN), which makes it two factors at once.  Challenges live in memory: each serves once, for some minutes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway import journal
from gateway.clock import Clock
from gateway.console import standing
from gateway.console.schema import account, passkey
from gateway.console.standing import Account
from gateway.store.db import Db
from gateway.words import Refusal

_CHALLENGE_SECONDS = 300.0
_CHALLENGES = 10_000  # waiting at once; more is somebody reloading the sign-in page by machine
_BAD = ("パスキーを確認できませんでした。", "The passkey was not accepted.", 401)


@dataclass(frozen=True, slots=True)
class Passkey:
    id: bytes
    label: str
    created_at: float


class Passkeys:
    def __init__(self, db: Db, clock: Clock, origin: str, name: str):
        self._db, self._clock, self._origin, self._name = db, clock, origin, name
        self._rp_id = urlsplit(origin).hostname or ""
        self._challenges: dict[bytes, float] = {}

    async def list(self, who: Account) -> Sequence[Passkey]:
        return await self._db.read(_list, who.name)

    async def enrolment(self, who: Account) -> str:
        """Options for the browser, JSON."""
        handle = await self._db.read(_handle, who.name)
        known = [PublicKeyCredentialDescriptor(id=each.id) for each in await self.list(who)]
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._name,
            user_id=handle,
            user_name=who.name,
            user_display_name=who.display,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=known,
        )
        self._expect(options.challenge)
        return webauthn.options_to_json(options)

    async def enrol(self, who: Account, answer: str, label: str) -> None:
        """Raises Refusal."""
        try:
            credential = parse_registration_credential_json(answer)
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=self._expected(credential.response.client_data_json),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except WebAuthnException as bad:
            raise Refusal(*_BAD) from bad
        key = (made.credential_id, made.credential_public_key, made.sign_count)
        await self._db.write(_keep, who.name, *key, label.strip()[:60] or "passkey", self._clock.now())

    async def invitation(self) -> str:
        """Options for signing in without a name, JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id, user_verification=UserVerificationRequirement.REQUIRED
        )
        self._expect(options.challenge)
        return webauthn.options_to_json(options)

    async def prove(self, answer: str, source: str) -> Account:
        """Whose passkey this is.  Raises Refusal."""
        try:
            credential = parse_authentication_credential_json(answer)
            found = await self._db.read(_find, credential.raw_id, self._clock.now())
            if found is None:
                raise Refusal(*_BAD)
            who, public_key, count = found
            proven = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=self._expected(credential.response.client_data_json),
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=public_key,
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        except (WebAuthnException, Refusal) as bad:
            failed = journal.LoginFailed(source=source, why="passkey not accepted")
            await self._db.write(journal.insert, (failed,), self._clock.now())
            raise Refusal(*_BAD) from bad
        await self._db.write(_count, credential.raw_id, proven.new_sign_count)
        return who

    async def remove(self, who: Account, key: bytes) -> None:
        await self._db.write(_remove, who.name, key, self._clock.now())

    def _expect(self, challenge: bytes) -> None:
        now = time.monotonic()
        self._challenges = {each: until for each, until in self._challenges.items() if until > now}
        if len(self._challenges) >= _CHALLENGES:
            del self._challenges[next(iter(self._challenges))]
        self._challenges[challenge] = now + _CHALLENGE_SECONDS

    def _expected(self, client_data: bytes) -> bytes:
        """The challenge that is being answered, if it is one of ours; it serves once.  Raises Refusal."""
        challenge = parse_client_data_json(client_data).challenge
        if self._challenges.pop(challenge, 0.0) < time.monotonic():
            raise Refusal(*_BAD)
        return challenge


def _list(conn: sa.Connection, name: str) -> list[Passkey]:
    rows = conn.execute(sa.select(passkey).where(passkey.c.account == name).order_by(passkey.c.created_at)).all()
    return [Passkey(row.id, row.label, row.created_at) for row in rows]


def _handle(conn: sa.Connection, name: str) -> bytes:
    return bytes(conn.execute(sa.select(account.c.handle).where(account.c.name == name)).scalar_one())


def _find(conn: sa.Connection, key: bytes, now: float) -> tuple[Account, bytes, int] | None:
    row = conn.execute(sa.select(passkey).where(passkey.c.id == key)).one_or_none()
    if row is None:
        return None
    who = standing.find(conn, row.account, now)
    return None if who.barred else (who, row.public_key, row.sign_count)


def _keep(conn: sa.Connection, name: str, key: bytes, public_key: bytes, count: int, label: str, now: float) -> None:
    values = {"id": key, "account": name, "public_key": public_key, "sign_count": count, "label": label}
    conn.execute(passkey.insert().values(**values, created_at=now))
    journal.insert(conn, [journal.AccountChanged(actor=name, account=name, change=f"passkey added: {label}")], now)


def _count(conn: sa.Connection, key: bytes, count: int) -> None:
    conn.execute(passkey.update().where(passkey.c.id == key).values(sign_count=count))


def _remove(conn: sa.Connection, name: str, key: bytes, now: float) -> None:
    if conn.execute(passkey.delete().where(passkey.c.account == name, passkey.c.id == key)).rowcount:
        journal.insert(conn, [journal.AccountChanged(actor=name, account=name, change="passkey removed")], now)

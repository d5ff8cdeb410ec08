"""What proves a person, as pure functions: passwords (argon2id), one-time codes (RFC 6238), recovery and invitation codes.

Secrets that must be read again (TOTP) are sealed with a key of the console's own, kept beside the store.  How often somebody
may try is `attempts`'; where all this is stored is `accounts`'.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from pathlib import Path

import argon2
import pyotp
from cryptography.fernet import Fernet

from gateway.journal.note import durable_write
from gateway.words import Refusal

SHORTEST = 15  # characters without a second factor to lean on; NIST SP 800-63B-4 3.1.1.2
LONGEST = 128
STEP_SECONDS = 30
RECOVERY_CODES = 10
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is read as something else on paper
_AT_ONCE = asyncio.Semaphore(2)  # 64 MiB each: a flood of sign-ins must not eat the machine
_HASHER = argon2.PasswordHasher()  # RFC 9106's second choice: argon2id, 64 MiB, t=3, p=4
_DUMMY = _HASHER.hash(secrets.token_hex(16))  # an unknown name costs as much time as a wrong password
_COMMON = ("password", "passw0rd", "qwerty", "asdfgh", "12345678", "11111111", "iloveyou", "pasuwado", "administrator", "mugai")


# what a finger draws instead of thinking: along the alphabet, the kana, the digits, the rows and columns of a keyboard
_WALKS = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;:", "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"),
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
)
_ROWS = tuple(row for walk in _WALKS for row in (walk, walk[::-1]))
_STEP = 4  # characters in a row that are a walk


def _normal(password: str) -> str:
    """RFC 8265 4.2.2 in short: the same word from another keyboard is the same word."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, *about: str) -> None:
    """Raises Refusal: too short, too simple, or made of what everybody knows about the person."""
    password = _normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refusal(
            f"パスワードは{SHORTEST}文字以上{LONGEST}文字以下にしてください。長い文でもかまいません。",
            f"A password has {SHORTEST} to {LONGEST} characters. A whole sentence is fine.",
        )
    flat = unicodedata.normalize("NFKC", password).casefold()
    known = [word for word in (*_COMMON, *(a.casefold() for a in about if len(a) >= 3)) if word in flat]
    rest = flat
    for word in known:
        rest = rest.replace(word, "")
    if len(set(_without_walks(rest))) < 6:
        raise Refusal("よくある語や名前の繰り返しは使えません。", "Common words, names and repetitions are not enough.")


def _without_walks(text: str) -> str:
    """The characters that no walk of four or more goes over; あいうえ and アイウエ are one."""
    flat = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)
    on_a_walk: set[int] = set()
    for at in range(len(flat) - _STEP + 1):
        if any(flat[at : at + _STEP] in row for row in _ROWS):
            on_a_walk |= {*range(at, at + _STEP)}
    return "".join(c for at, c in enumerate(flat) if at not in on_a_walk)


async def hash_password(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, _normal(password))


async def password_matches(stored: str, password: str) -> bool:
    """The same time for whoever has no password, so that names cannot be guessed (W4)."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_matches, stored or _DUMMY, _normal(password)[:LONGEST]) and bool(stored)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except argon2.exceptions.VerificationError:
        return False


def new_totp() -> str:
    return pyotp.random_base32()


def totp_uri(secret: str, name: str, issuer: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(secret: str, code: str, now: float, last_step: int) -> int | None:
    """The step that `code` belongs to, if it is a present one that was not used before; a neighbour is near enough."""
    totp, present = pyotp.TOTP(secret), int(now) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if step > last_step and secrets.compare_digest(totp.at(step * STEP_SECONDS).encode(), code.strip().encode()):
            return step
    return None


def new_code() -> str:
    """Eighty bits for a person to type: ABCD-EFGH-JKLM-NPQR."""
    letters = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def digest(code: str) -> str:
    """How a code or a cookie is kept: whoever reads the store cannot use it.  Random enough to need no slow hash."""
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()


class Seal:
    """The key under which secrets lie in the store.  Made at first start, mode 0600."""

    def __init__(self, file: Path):
        try:
            self._key = Fernet(file.read_bytes())
        except FileNotFoundError:
            key = Fernet.generate_key()
            durable_write(file, key)
            self._key = Fernet(key)

    def close(self, secret: str) -> bytes:
        return self._key.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        return self._key.decrypt(sealed).decode()

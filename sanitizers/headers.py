"""Header fields to plain values: text, addresses, dates, message identifiers (RFC 5322 3, RFC 2047, J6, J10, J21, H6).

Everything is linear in the length of the field, since policy.default of Python's `email` needs a minute for a Subject of 1 MB.
Nothing raises: what can not be read is left out or replaced by NO_ADDRESS, and the caller reports it.  The structural fields
(Content-*) are `parameters`' and `mime_strict`'s.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  loaded here, since nothing can be loaded inside the wall
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from sanitizers import charset, words
from sanitizers.carrier_emoji import Carrier
from sanitizers.letter import Mailbox

NO_ADDRESS = "unknown@address.invalid"  # RFC 6761: leads nowhere; a message must have a sender
MAX_MAILBOXES = 2_000  # of one field; the mail gateways before us stop at 1,000 recipients
MAX_IDS = 100  # of References: enough for any thread, and it keeps the field short

_TOKEN = re.compile(  # a quoted string is bounded, so that an unclosed quote costs no second pass over the field
    r'"(?P<quoted>(?:[^"\\]|\\.){0,250})"|<(?P<angle>[^<>]*)>|(?P<sign>[(),;:])|(?P<text>[^"<>(),;:]+)|(?P<other>.)', re.DOTALL
)
_BARE_ADDRESS = re.compile(r'(?:"[^"]{0,250}"|[^\s"]{0,250})@\S*')
_LOCAL = re.compile(r"(?!.*=\?)[!-~]{1,200}", re.ASCII)  # no encoded word: some programs show what it says as the address
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*", re.ASCII
)
_LITERAL = re.compile(r"\[[0-9A-Fa-f:.IPv]{2,60}\]", re.ASCII)
_ID = re.compile(r"<([!-;=?-~]{1,250})>", re.ASCII)
_BARE_ID = re.compile(r"[!-;=?-~]{1,200}@[!-;=?-~]{1,200}", re.ASCII)
_DATE = re.compile(
    r"(?P<day>\d{1,2})[ -]+(?P<month>[A-Za-z]{3})[A-Za-z]*[ -]+(?P<year>\d{2,4})[ ,]+"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:\s*(?P<zone>[+-]\d{4}|[A-Za-z]{1,5}))?",
    re.ASCII,
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ZONES = {
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "jst": 9,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}


@dataclass(frozen=True, slots=True)
class Text:
    """One line of NFC text.  `invisible` counts removed bidi, zero-width and control characters."""

    text: str
    assumed: bool
    undecodable: int
    invisible: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """`unreadable` counts entries without a usable address; their words are kept as the name with NO_ADDRESS."""

    mailboxes: tuple[Mailbox, ...]
    unreadable: int
    invisible: int


def text(raw: bytes, phone: Carrier | None = None) -> Text:
    """Unstructured text such as a Subject."""
    decoded = words.decode(raw, phone)
    plain, invisible = line(decoded.text)
    return Text(plain, decoded.assumed, decoded.undecodable, invisible)


def line(value: str) -> tuple[str, int]:
    """`charset.clean`, on one line without blanks at its ends; runs of blanks become one (they push text out of sight)."""
    plain, invisible = charset.clean(value)
    return re.sub(r"[ \t\n]+", " ", plain).strip(), invisible


def addresses(raw: bytes) -> Addresses:
    """A list of mailboxes; groups are opened, comments serve as names, routes are dropped."""
    reader = _Reader()
    for token in _TOKEN.finditer(charset.decode(raw).text):
        reader.take(token)
        if len(reader.found) >= MAX_MAILBOXES:
            break
    reader.close()
    return Addresses(tuple(reader.found), reader.unreadable, reader.invisible)


class _Reader:
    """Collects the pieces of one mailbox until a comma ends it."""

    def __init__(self) -> None:
        self.found: list[Mailbox] = []
        self.unreadable = self.invisible = 0
        self._depth = 0  # of comments
        self._pieces: list[str] = []
        self._comment: list[str] = []
        self._angle: str | None = None

    def take(self, token: re.Match[str]) -> None:
        sign, value = token["sign"], token.group()
        if sign == "(" or (self._depth and sign != ")"):
            self._depth += sign == "("
            self._comment.append(value if sign != "(" else "")
        elif sign == ")":
            self._depth = max(0, self._depth - 1)
        elif sign in (",", ";"):
            self.close()
        elif sign == ":":
            self._pieces.clear()  # the name of a group
        elif token["angle"] is not None:
            self._angle = token["angle"] if self._angle is None or "@" not in self._angle else self._angle
        elif token["quoted"] is not None:
            self._quoted(token["quoted"], token.string[token.end() : token.end() + 1])
        else:
            self._pieces.append(value)

    def _quoted(self, content: str, following: str) -> None:
        """A quoted string before "@" is a local part and keeps its quotes, else it is a name."""
        self._pieces.append(f'"{content}"' if following == "@" else re.sub(r"\\(.)", r"\1", content))

    def close(self) -> None:
        name, address = "".join(self._pieces).strip(), self._angle
        if address is None and "@" in name:
            bare = next(found.group() for found in _BARE_ADDRESS.finditer(name))
            name, address = name.replace(bare, "", 1).strip(), bare
        name = name or " ".join(self._comment).strip()
        if name or address:
            self._add(name, address or "")
        self._pieces.clear()
        self._comment.clear()
        self._angle = None

    def _add(self, name: str, address: str) -> None:
        plain, invisible = line(words.decode_text(name).text)
        self.invisible += invisible
        usable = mailbox_address(address)
        if usable is None:
            self.unreadable += 1
            plain = plain or line(address)[0]
        self.found.append(Mailbox(plain.strip("\"' ") if plain != usable else "", usable or NO_ADDRESS))


def mailbox_address(raw: str) -> str | None:
    """`local@domain` in ASCII, the domain in IDNA (J22), the local part without quotes (J21); None when it is none."""
    local, _, domain = raw.strip().rpartition(":")[2].rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    domain = "".join(domain.split()).rstrip(".")
    if not domain.isascii():
        domain = _idna(domain)
    if not _LOCAL.fullmatch(local) or len(domain) > 253 or not (_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        return None
    return f"{local}@{domain}"


def _idna(domain: str) -> str:
    if len(domain) > 253:
        return ""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def date(raw: bytes) -> str:
    """A date in the form of RFC 5322 3.3; "" when there is none to be read.  An unknown zone becomes -0000 (RFC 5322 3.3)."""
    match = _DATE.search(raw[:200].decode("latin-1"))
    if match is None or match["month"].lower() not in _MONTHS:
        return ""
    year = int(match["year"])
    year += 0 if year > 999 else 1900 if year >= 50 else 2000  # RFC 5322 4.3
    day, hour, minute, second = (int(match[part] or 0) for part in ("day", "hour", "minute", "second"))
    try:
        when = datetime(
            year, _MONTHS.index(match["month"].lower()) + 1, day, hour, minute, min(second, 59), tzinfo=_zone(match["zone"])
        )
    except ValueError:
        return ""
    return format_datetime(when)


def _zone(zone: str | None) -> timezone | None:
    if zone is None or (zone[0] not in "+-" and zone.lower() not in _ZONES):
        return None
    if zone[0] not in "+-":
        return timezone(timedelta(hours=_ZONES[zone.lower()]))
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return timezone(-offset if zone[0] == "-" else offset)


def message_ids(raw: bytes) -> tuple[str, ...]:
    """Identifiers with their angle brackets, in order; of more than MAX_IDS the first and the last ones (RFC 5322 3.6.4)."""
    value = raw.decode("latin-1")
    found = [f"<{identifier}>" for identifier in _ID.findall(value)]
    if not found:
        found = [f"<{identifier}>" for identifier in _BARE_ID.findall(value)]
    unique = list(dict.fromkeys(found))
    return tuple(unique if len(unique) <= MAX_IDS else unique[:1] + unique[1 - MAX_IDS :])

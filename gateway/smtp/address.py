"""The paths of MAIL and RCPT in a strict grammar: RFC 5321 4.1.2, RFC 6531 3.3, and the dots of Japanese mobile addresses.

`path` raises BadAddress.  Source routes, control characters, bare words and over-long parts have no parse (S12); who may
write to whom is `intake.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

LONGEST_LOCAL = 64  # octets, RFC 5321 4.5.3.1.1
LONGEST_ADDRESS = 254  # octets, RFC 3696 erratum 1690: a path of 256 with its angle brackets

# RFC 5321's Dot-string, but dots may lead, trail and repeat: NTT docomo and au gave out such addresses for years (J21).
_DOT_STRING = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*)"')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PATH = re.compile(r'[ ]*<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(?:[ ]+(\S.*))?')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")


class BadAddress(ValueError):
    """The argument of MAIL or RCPT is not one; the text says why, in ASCII."""


class BadParameter(ValueError):
    """An ESMTP parameter is malformed."""


@dataclass(frozen=True, slots=True)
class Address:
    """`local` without quoting, as it was meant; `domain` in lower case."""

    local: str
    domain: str

    def __str__(self) -> str:
        if _DOT_STRING.fullmatch(self.local):
            return f"{self.local}@{self.domain}"
        return '"' + re.sub(r'(["\\])', r"\\\1", self.local) + f'"@{self.domain}'


@dataclass(frozen=True, slots=True)
class Path:
    """`address` is None for `<>`.  Parameter names are in upper case, a parameter without value has ""."""

    address: Address | None
    parameters: tuple[tuple[str, str], ...] = ()


def path(keyword: str, argument: str) -> Path:
    """`FROM:<a@b> SIZE=1` with keyword `FROM:`.  Raises BadAddress, BadParameter."""
    if argument[: len(keyword)].upper() != keyword:
        raise BadAddress(f"expected {keyword}<address>")
    match = _PATH.fullmatch(argument[len(keyword) :].rstrip(" "))
    if match is None:
        raise BadAddress(f"expected {keyword}<address>")
    return Path(address(match[1]) if match[1] else None, tuple(map(_parameter, (match[2] or "").split())))


def _parameter(text: str) -> tuple[str, str]:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise BadParameter("malformed parameter")
    return match[1].upper(), match[2] or ""


def address(text: str) -> Address:
    """Raises BadAddress."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise BadAddress("an address has a domain")
    if not text.isprintable() or len(text.encode(errors="replace")) > LONGEST_ADDRESS:
        raise BadAddress("address too long or with control characters")
    if quoted := _QUOTED.fullmatch(local):
        local = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _DOT_STRING.fullmatch(local):
        raise BadAddress("malformed local part")
    if len(local.encode()) > LONGEST_LOCAL:
        raise BadAddress("local part too long")
    return Address(local, _domain(domain))


def _domain(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        return _literal(text[1:-1])
    try:
        # international labels are only measured here, in the form that DNS sees; the text stays as it was written
        ascii_form = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        raise BadAddress("malformed domain") from None
    if not all(map(_LABEL.fullmatch, ascii_form.split("."))):
        raise BadAddress("malformed domain")
    return text.lower()


def _literal(text: str) -> str:
    tagged = text[:5].lower() == "ipv6:"
    try:
        ip = ip_address(text[5:] if tagged else text)
    except ValueError:
        raise BadAddress("malformed address literal") from None
    if isinstance(ip, IPv6Address) is not tagged:
        raise BadAddress("malformed address literal")
    return f"[ipv6:{ip}]" if tagged else f"[{ip}]"

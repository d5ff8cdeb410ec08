"""Where a link really goes, written so that nobody clicks it by accident (security.md H1, H5; J26).

Only http, https and mailto have a target worth showing.  The host is shown as resolvers see it (punycode), user names
before it are not, and a label that names another host is called deceptive.  Raises nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_LONGEST = 2_000  # characters of a URL that are shown; Outlook itself cuts near this
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30}):", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")  # browsers drop or trim them
_LETTER = r"[a-z0-9\u00a1-\u02af\u0370-\u052f-]"  # Latin, Greek, Cyrillic: the scripts that imitate one another
_HOST = rf"((?:{_LETTER}{{1,63}}\.){{1,8}}(?:xn--[a-z0-9-]{{2,59}}|[a-z]{{2,24}}))(?![a-z0-9.-])"
_WIDE_DOT = re.compile(
    "(?<=[a-z0-9-])。(?=[a-z0-9])", re.IGNORECASE
)  # UTS 46: a dot for browsers; at the end of words it is none
_BARE_HOST = re.compile(rf"[\W_]*(?:h(?:tt|xx)ps?://)?{_HOST}(?:[:/?#].*|\W*)", re.IGNORECASE | re.DOTALL)
_URL_IN_TEXT = re.compile(rf"(?:h(?:tt|xx)ps?://|(?=www\.)){_HOST}", re.IGNORECASE)
_DEFANGED = {"http": "hxxp", "https": "hxxps"}
_FILE_ENDINGS = ("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "jpg", "png", "txt", "csv", "html", "php", "js")


@dataclass(frozen=True, slots=True)
class Target:
    """`shown` stands behind the label ("" when the label says it all), or in its place if that only `repeats` it."""

    shown: str
    repeats: bool = False
    deceptive: str = ""  # English: what the label pretends


@dataclass(frozen=True, slots=True)
class Refusal:
    """A scheme that is never shown: javascript, data, file, UNC, ms-* and all others."""

    scheme: str


def target(href: str, label: str) -> Target | Refusal | None:
    """None for a place inside the document.  `label` is what the reader sees."""
    address = _INVISIBLE.sub("", href[: _LONGEST * 4])
    if address.startswith(("\\\\", "//\\", "\\/")) or re.match(r"[a-z]:[\\/]", address, re.IGNORECASE):
        return Refusal("file")
    scheme = _SCHEME.match(address)
    if scheme is None:
        return _web("https:" + address, label) if address.startswith("//") else None
    if scheme[1].lower() in ("http", "https"):
        return _web(address.replace("\\", "/"), label)
    return _mailbox(address, label) if scheme[1].lower() == "mailto" else Refusal(scheme[1].lower())


def _mailbox(address: str, label: str) -> Target:
    """A mail address misleads nobody into clicking; the rest (subject, body, cc) is not shown."""
    mailbox = address[len("mailto:") :].partition("?")[0][:254]
    return Target("" if mailbox.lower() in label.lower() else mailbox)


def _web(address: str, label: str) -> Target | Refusal | None:
    try:
        parts = urlsplit(re.sub(r"\A(https?):/*", r"\1://", address, flags=re.IGNORECASE))
        host, port = punycode(parts.hostname or ""), parts.port
    except ValueError:
        return Refusal("malformed http")
    if not host:
        return None
    place = f"{host}{f':{port}' if port else ''}" + urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    shown = f"{_DEFANGED[parts.scheme.lower()]}://{place}"
    claimed = next((claim for claim in _claims(label) if not _same_site(claim, host)), "")
    if claimed:
        deceptive = f"label says {claimed}, target is {host}"
    else:
        deceptive = f"a user name stands before {host}" if "@" in parts.netloc else ""
    repeats = re.sub(r"\Ahttps?://", "", label, flags=re.IGNORECASE).rstrip("/") == place.rstrip("/")
    return Target(shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…", repeats, deceptive)


def _claims(label: str) -> list[str]:
    """Hosts that a reader would take the label for: all of it, or URLs in it.  A file name is none."""
    visible = _WIDE_DOT.sub(".", unicodedata.normalize("NFKC", _INVISIBLE.sub(" ", label[:300]).strip()))
    if "." not in visible:
        return []
    bare = _BARE_HOST.fullmatch(visible)
    hosts = [punycode(found) for found in ([bare[1]] if bare else _URL_IN_TEXT.findall(visible))]
    return [host for host in hosts if host.rpartition(".")[2] not in _FILE_ENDINGS]


def _same_site(claimed: str, host: str) -> bool:
    """example.jp on a label may lead to www.example.jp, and the other way round; never to example.jp.evil.test."""
    claimed, host = claimed.removeprefix("www."), host.removeprefix("www.")
    return claimed == host or host.endswith("." + claimed) or claimed.endswith("." + host)


def punycode(host: str) -> str:
    """The name that is really asked for: `аpple.com` with a Cyrillic letter becomes xn--pple-43d.com."""
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    labels = unicodedata.normalize("NFKC", host).lower().replace("。", ".").split(".")
    return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in labels)

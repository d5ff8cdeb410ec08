"""What mails of one incident have in common: contents, files, senders, link hosts, words of the subject.  Values, pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

# as a mail writes a link, and as we write one so that nobody follows it; Japanese words may follow without a blank
_HOST = re.compile(r"\bh(?:tt|xx)ps?://(?:[^\s/@<>\"'?#]*@)?([A-Za-z0-9._\-\[\]]+|[\w.\-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Indicators:
    """A mail that has any one of these is meant; "" and () do not matter."""

    content: tuple[str, ...] = ()  # SHA-256 of a whole mail, or of a file in it, as it came or as it was delivered
    sender: tuple[str, ...] = ()  # address, of the envelope or in From
    host: tuple[str, ...] = ()  # of a link
    subject: tuple[str, ...] = ()  # a part of it, or of a file's name or an address, whatever its case and width
    like: tuple[str, ...] = ()  # receipt of a mail whose subject or link hosts they share

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        return " ".join(f"{each.name}={value}" for each in fields(self) for value in getattr(self, each.name))

    def __or__(self, other: Indicators) -> Indicators:
        both = ((*getattr(self, each.name), *getattr(other, each.name)) for each in fields(self))
        return Indicators(*(tuple(dict.fromkeys(values)) for values in both))

    def only(self, names: Iterable[str]) -> Indicators:
        """Those of these kinds."""
        wanted = set(names)
        return Indicators(*(getattr(self, each.name) if each.name in wanted else () for each in fields(self)))


NOTHING = Indicators()


def hosts(texts: Iterable[str]) -> tuple[str, ...]:
    """Of every link in them, each once, in lower case, without the brackets of a host that was made unclickable."""
    found = (match.replace("[.]", ".").strip(".[]").lower() for text in texts for match in _HOST.findall(text))
    return tuple(dict.fromkeys(host for host in found if host))

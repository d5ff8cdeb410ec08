"""Free mail providers, and staff who write to themselves there (ML-07).

Citizens use free mail, so an address there is no offence by itself: the rules decide.  What counts more is an address that
looks like the sender's own: the same local part or name, whatever the spelling of the romanisation.  A permit with a day
takes both signs away.  Which domains are free mail is `config/free_mail.txt`.  `read` raises BadConfiguration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path

from gateway.contacts import People
from gateway.model import Inspection, Observation, QueueItem, Sign
from gateway.policy import observing
from gateway.policy.observer import domain_of, matches
from gateway.yaml_file import BadConfiguration, Problem
from sanitizers.letter import Mailbox

_SHORTEST = 4  # letters of a local part that mean anybody: `ito` is in many words
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# kunrei, Hepburn and passport spellings of one sound become one; longer ones first
_SPELLINGS = (
    *(("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("dzu", "zu"), ("sh", "sy"), ("ch", "ty"), ("ji", "zi"), ("j", "zy")),
    *(("fu", "hu"), ("mb", "nb"), ("mp", "np"), ("mm", "nm"), ("oh", "o"), ("ou", "o"), ("oo", "o"), ("uu", "u"), ("l", "r")),
)
_KANA = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
        "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ",
        [
            "a",
            "i",
            "u",
            "e",
            "o",
            "ka",
            "ki",
            "ku",
            "ke",
            "ko",
            "sa",
            "si",
            "su",
            "se",
            "so",
            "ta",
            "ti",
            "tu",
            "te",
            "to",
            "na",
            "ni",
            "nu",
            "ne",
            "no",
            "ha",
            "hi",
            "hu",
            "he",
            "ho",
            "ma",
            "mi",
            "mu",
            "me",
            "mo",
            "ya",
            "yu",
            "yo",
            "ra",
            "ri",
            "ru",
            "re",
            "ro",
            "wa",
            "o",
            "n",
            "ga",
            "gi",
            "gu",
            "ge",
            "go",
            "za",
            "zi",
            "zu",
            "ze",
            "zo",
            "da",
            "zi",
            "zu",
            "de",
            "do",
            "ba",
            "bi",
            "bu",
            "be",
            "bo",
            "pa",
            "pi",
            "pu",
            "pe",
            "po",
        ],
        strict=True,
    )
)
_SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}


def read(path: Path) -> frozenset[str]:
    """One domain a line, `#` for comments."""
    problems, found = [], set[str]()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            [Problem(str(path), 0, "", f"cannot be read: {error}", "copy the shipped free_mail.txt")]
        ) from None
    for number, line in enumerate(lines, 1):
        if domain := line.partition("#")[0].strip().lower():
            if not _DOMAIN.fullmatch(domain):
                problems.append(Problem(str(path), number, domain, "is not a domain name"))
            found.add(domain)
    if problems:
        raise BadConfiguration(problems)
    return frozenset(found)


class FreeMail:
    def __init__(self, domains: frozenset[str], settings: observing.FreeMail, people: People):
        self._domains, self._settings, self._people = domains, settings, people

    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        sender, today = item.envelope.sender, self._people.today
        free = tuple(r for r in item.recipients if self._is_free(r) and not self._permitted(sender, r, today))
        if not free:
            return ()
        letter = inspection.letter
        boxes = {box.address.lower(): box for box in (*letter.to, *letter.cc)} if letter else {}
        names = [box.name for box in letter.from_ if box.address.lower() == sender.lower()] if letter else []
        if person := (await self._people.current()).person(sender):
            names.append(person.name)
        own = tuple(r for r in free if self._is_own(r, boxes.get(r.lower()), sender, names))
        found = [Observation(Sign.FREE_MAIL, len(free), free, (f"フリーメールの宛先 {len(free)}件",))]
        if own:
            found.append(Observation(Sign.OWN_FREE_MAIL, len(own), own, ("本人のものと思われるフリーメールの宛先",)))
        return tuple(found)

    def _is_free(self, address: str) -> bool:
        """A provider's domain, or one below it."""
        labels = domain_of(address).split(".")
        return any(".".join(labels[at:]) in self._domains for at in range(len(labels) - 1))

    def _permitted(self, sender: str, recipient: str, today: date) -> bool:
        return any(
            today <= p.until and matches(sender, (p.sender,)) and matches(recipient, (p.recipient,))
            for p in self._settings.permits
        )

    def _is_own(self, recipient: str, box: Mailbox | None, sender: str, names: list[str]) -> bool:
        shown = {_bare(name) for name in names if _bare(name)}
        if box is not None and _bare(box.name) in shown:
            return True
        local = recipient.rpartition("@")[0]
        return any(alike(local, ours) >= self._settings.likeness for ours in (sender.rpartition("@")[0], *map(kana, names)))


def alike(theirs: str, ours: str) -> float:
    """0 to 1 for two names in Latin letters, in whatever order, spelling and company of digits."""
    one, other = _parts(theirs), _parts(ours)
    if not one or not other:
        return 0.0
    first, second = "".join(one), "".join(other)
    long = [part for part in other if len(part) >= _SHORTEST]
    if min(len(first), len(second)) < _SHORTEST:
        return 0.0
    if second in first or (long and all(part in first for part in long)):
        return 1.0
    orders: tuple[Callable[[list[str]], list[str]], ...] = (list, lambda parts: parts[::-1])
    return max(SequenceMatcher(None, first, "".join(order(other)), autojunk=False).ratio() for order in orders)


def kana(name: str) -> str:
    """A name in kana as Latin letters; kanji have no one reading and give nothing."""
    spoken = ""
    for letter in unicodedata.normalize("NFKC", name):
        katakana = chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter
        if katakana in _SMALL and spoken.endswith("i"):
            spoken = spoken[:-1] + _SMALL[katakana]  # ki + ya = kya
        elif katakana in _KANA:
            spoken += _KANA[katakana]
        elif letter.isspace() or (letter.isascii() and letter.isalpha()):
            spoken += letter
    return spoken


def _parts(name: str) -> list[str]:
    return [spelt(part) for part in re.split(r"[^a-z]+", name.lower()) if part]


def spelt(romaji: str) -> str:
    for one, other in _SPELLINGS:
        romaji = romaji.replace(one, other)
    return romaji


def _bare(name: str) -> str:
    """A shown name without blanks, width and honorifics."""
    return re.sub(r"[\s\W]+|様$|さん$", "", unicodedata.normalize("NFKC", name)).casefold()

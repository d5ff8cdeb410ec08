"""Senders who want to look like somebody else, seen on the letter's plain values alone (H6, AV-08).

Nothing is asked and nothing is held: each suspicion is a line in the notice, and a word that a rule may match.  A look-alike
is judged against our own domains.  Names under lg.jp and go.jp are given to authorities only, and many cities differ in one
letter: there, a near name is a neighbour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Caution, Suspicion
from sanitizers.domains import organisation
from sanitizers.letter import Letter, Mailbox

_ADDRESS = re.compile(r"[\w.+-]{1,64}[@＠]([\w-]{1,63}(?:[.．][\w-]{1,63})+)")
_RESERVED = (".lg.jp", ".go.jp")  # registered by authorities only
_SHORTEST = 8  # letters of a name of which one may differ: shorter ones are near to everything
_LISTS = ("List-Id", "List-Unsubscribe", "List-Post")
# What a hurried reader takes for the letter on the right, after NFKC and case folding (UTS 39, the part seen in domain names)
_CONFUSABLE = str.maketrans(
    "а" "ɑ" "α" "в" "β" "с" "ϲ" "ԁ" "е" "ё" "ѐ" "ε" "ԍ" "ɡ" "һ" "і" "ı" "ι" "ї" "ј" "к" "κ" "ӏ" "м" "п" "η" "о" "ο" "ө"
    "р" "ρ" "ԛ" "г" "ѕ" "т" "τ" "υ" "ս" "ѵ" "ν" "ԝ" "ω" "х" "χ" "у" "γ" "ᴢ" "0" "1" "5",
    "a" "a" "a" "b" "b" "c" "c" "d" "e" "e" "e" "e" "g" "g" "h" "i" "i" "i" "i" "j" "k" "k" "l" "m" "n" "n" "o" "o" "o"
    "p" "p" "q" "r" "s" "t" "t" "u" "u" "v" "v" "w" "w" "x" "x" "y" "y" "z" "o" "l" "s",
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


@dataclass(frozen=True, slots=True)
class Own:
    """Who we are: nobody outside may look so."""

    domains: tuple[str, ...]
    names: tuple[str, ...]


def warnings(letter: Letter, own: Own, proven: str) -> tuple[Caution, ...]:
    """`proven` is the domain of From for which DMARC holds, "" for none: an address there is not forged."""
    found = [warning for box in letter.from_ for warning in _of_sender(box, own, proven)]
    if len(letter.from_) > 1:
        found.append(Caution(Suspicion.SEVERAL_SENDERS, str(len(letter.from_)), letter.from_[0].address))
    found += _of_replies(letter, own)
    return tuple(dict.fromkeys(found))


def _of_sender(box: Mailbox, own: Own, proven: str) -> Iterator[Caution]:
    domain = _domain(box)
    yield from _looks_alike(domain, own)
    if _is_own(domain, own):
        if domain != proven:
            yield Caution(Suspicion.OWN_DOMAIN_OUTSIDE, box.address, box.address)
        return
    name = unicodedata.normalize("NFKC", box.name)
    shown = _ADDRESS.search(name)
    if shown and organisation(shown[1]) != organisation(domain):
        yield Caution(Suspicion.DISPLAY_NAME_SPOOF, shown[0], box.address)
    elif borrowed := next((each for each in (*own.domains, *own.names) if each and each.casefold() in name.casefold()), ""):
        yield Caution(Suspicion.OWN_NAME, borrowed, box.address)


def _of_replies(letter: Letter, own: Own) -> Iterator[Caution]:
    """An answer that goes to strangers; mailing lists do so openly."""
    for box in letter.reply_to:
        yield from _looks_alike(_domain(box), own)
    if not letter.from_ or any(name in _LISTS for name, _ in letter.extra):
        return
    senders = {organisation(_domain(box)) for box in letter.from_}
    stranger = next((box for box in letter.reply_to if organisation(_domain(box)) not in senders), None)
    if stranger is not None:
        yield Caution(Suspicion.REPLY_ELSEWHERE, letter.from_[0].address, stranger.address)


def _looks_alike(domain: str, own: Own) -> Iterator[Caution]:
    shown = _decoded(domain)
    if not _is_own(domain, own):
        alike = next((ours for ours in own.domains if is_alike(shown, ours)), "")
        if alike:
            yield Caution(Suspicion.LOOK_ALIKE, alike, shown if shown == domain else f"{shown} ({domain})")


def is_alike(domain: str, ours: str) -> bool:
    """`domain` is not ours, decoded, and might be read as ours: same skeleton, ours with something added, or one letter off."""
    theirs, mine = _skeleton(domain), _skeleton(ours)
    if theirs == mine:
        return True
    if domain.endswith(_RESERVED):
        return False
    plain_theirs, plain_mine = re.sub("[.-]", "", theirs), re.sub("[.-]", "", mine)
    return len(plain_mine) >= _SHORTEST and (plain_mine in plain_theirs or _is_one_off(plain_theirs, plain_mine))


def _skeleton(domain: str) -> str:
    folded = unicodedata.normalize("NFKC", domain).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    plain = bare.translate(_CONFUSABLE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _is_one_off(one: str, other: str) -> bool:
    """One letter inserted, left out, exchanged, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    swapped = len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


def _decoded(domain: str) -> str:
    """xn-- labels as their letters; one that is none stays."""
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels) if all(label.isprintable() for label in labels) else domain


def _is_own(domain: str, own: Own) -> bool:
    return any(domain == ours or domain.endswith(f".{ours}") for ours in own.domains)


def _domain(box: Mailbox) -> str:
    return box.address.rpartition("@")[2].lower()

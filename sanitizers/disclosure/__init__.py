"""What a text discloses: personal information counted and masked, and the class that it states (SD-03, SD-04, J19).

Pure functions over strings; linear in their length.  No file is read here: that is `plain.rebuilt`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sanitizers.disclosure import folding, markings, numbers, people
from sanitizers.disclosure.labels import Labels, is_label
from sanitizers.disclosure.model import Datum, Disclosed, Found, Marking, Search

_DETECTORS: dict[Datum, Callable[[str, Labels], Iterator[str]]] = {
    Datum.MY_NUMBER: numbers.my_numbers,
    Datum.PENSION_NUMBER: numbers.pension_numbers,
    Datum.DRIVERS_LICENCE: numbers.licences,
    Datum.PASSPORT: numbers.passports,
    Datum.RESIDENCE_CARD: numbers.residence_cards,
    Datum.HEALTH_INSURANCE: numbers.insured,
    Datum.BANK_ACCOUNT: numbers.accounts,
    Datum.CARD_NUMBER: numbers.cards,
    Datum.TELEPHONE: people.telephones,
    Datum.POSTAL_ADDRESS: people.addresses,
    Datum.BIRTH_DATE: people.birth_dates,
    Datum.PERSON_NAME: people.names,
    Datum.MAIL_ADDRESS: people.mail_addresses,
}
_SHOWN = 3  # values of each kind, masked
_LONGEST = 30  # characters of one


def disclosed(text: str, search: Search, title: str = "") -> Disclosed:
    """`title` holds names and properties: a marking counts there wherever it stands."""
    spread_title, spread = folding.spread(title), folding.spread(text)
    title, text = folding.joined(spread_title), folding.joined(spread)
    stated = [markings.in_title(title, search.markings), markings.in_text(text, search.markings)] if search.markings else []
    marking = max(filter(None, stated), key=lambda each: each.level, default=Marking("", 0))
    found = _found(f"{title}\n{text}", f"{spread_title}\n{spread}", search.data) if search.data else ()
    return Disclosed(found, marking.word, marking.level)


def _found(joined: str, spread: str, data: tuple[Datum, ...]) -> tuple[Found, ...]:
    text = folding.unrolled(joined, is_label)
    labels = Labels(text)
    found = []
    for datum in data:
        values = dict.fromkeys(_DETECTORS[datum](text, labels))
        if datum is Datum.PERSON_NAME:
            values |= dict.fromkeys(people.spaced_names(spread))
        if values:
            found.append(Found(datum, len(values), tuple(masked(value, datum) for value in list(values)[:_SHOWN])))
    return tuple(found)


def masked(value: str, datum: Datum) -> str:
    """Enough to find it again in the mail, too little to use: the first two characters, of names and dates less."""
    match datum:
        case Datum.PERSON_NAME | Datum.MAIL_ADDRESS:
            shown = 1
        case Datum.BIRTH_DATE:
            shown = 0
        case _:
            shown = 2
    value = value[:_LONGEST]
    return value[:shown] + "".join("*" if character.isalnum() else character for character in value[shown:])

"""What outbound text is searched for and what was seen in it: counts and masked evidence, never the values themselves.

Crosses the wall: `protocol.untrusted_disclosed` looks at what a worker claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter


class Datum(StrEnum):
    """One kind of personal information (SD-03).  A closed set: `gateway.observation.Sign` has the same names."""

    MY_NUMBER = "my_number"
    PENSION_NUMBER = "pension_number"
    DRIVERS_LICENCE = "drivers_licence"
    PASSPORT = "passport"
    RESIDENCE_CARD = "residence_card"
    HEALTH_INSURANCE = "health_insurance"
    BANK_ACCOUNT = "bank_account"
    CARD_NUMBER = "card_number"
    TELEPHONE = "telephone"
    POSTAL_ADDRESS = "postal_address"
    BIRTH_DATE = "birth_date"
    PERSON_NAME = "person_name"
    MAIL_ADDRESS = "mail_address"


@dataclass(frozen=True, slots=True)
class Marking:
    """A word on a document that states its class (SD-04); `level` is that of confidentiality, 1 to 3."""

    word: str
    level: int


@dataclass(frozen=True, slots=True)
class Search:
    data: tuple[Datum, ...] = ()
    markings: tuple[Marking, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """`count` different values; `evidence` shows some of them, masked."""

    datum: Datum
    count: int
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Of one text or file.  `marking` is the word that states the highest class, "" when there is none."""

    found: tuple[Found, ...] = ()
    marking: str = ""
    level: int = 0
    is_read: bool = True  # False: a picture or a drawing, whose words nobody can search


DISCLOSED: TypeAdapter[Disclosed] = TypeAdapter(Disclosed)

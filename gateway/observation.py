"""What outbound mail shows (the closed set of signs, one sign with its number), and what is learnt of mail for that.

Who sees which sign, and how what was learnt is kept, is `gateway/policy`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

UNSEARCHED = 1_000_000  # of what could not be searched: more than any threshold


class Sign(StrEnum):
    """What an outbound mail shows to the observers in `gateway/policy`.  A closed set: rules match it by name."""

    BULK_RECIPIENTS = "bulk_recipients"  # external addresses in To and Cc that would see one another (ML-06)
    BULK_DOMAINS = "bulk_domains"  # their domains
    ADDRESSES_IN_BODY = "addresses_in_body"  # external addresses written in the text; it is never changed for that
    AUTO_FORWARDED = "auto_forwarded"  # points of evidence that no person sent it (ML-04)
    FORGED_SENDER = "forged_sender"  # From is not who the envelope says (LG-10)
    FREE_MAIL = "free_mail"  # to a free mail provider, without a permit (ML-07)
    OWN_FREE_MAIL = "own_free_mail"  # and the address looks like the sender's own
    NEW_RECIPIENT = "new_recipient"  # external addresses that nobody here ever wrote with (ML-05)
    DENIED_RECIPIENT = "denied_recipient"  # in a domain that the sender's section may not write to
    NO_EXTERNAL_RIGHT = "no_external_right"  # this kind of address does not send to outside (ML-10)
    NO_ATTACHMENT_RIGHT = "no_attachment_right"
    ADDRESS_NOT_VALID = "address_not_valid"  # before its first or after its last day
    UNKNOWN_SENDER = "unknown_sender"  # not in the directory
    SUSPENDED = "suspended"  # AC-10
    MY_NUMBER = "my_number"  # SD-03; these have the names of `sanitizers.disclosure.model.Datum`
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
    CLASS_1 = "class_1"  # the highest confidentiality that anything in the mail states (SD-01, SD-04, SD-06)
    CLASS_2 = "class_2"
    CLASS_3 = "class_3"
    CLASS_UNKNOWN = "class_unknown"  # nothing states one (SD-05)
    UNREAD_ATTACHMENT = "unread_attachment"  # pictures and the like: nobody searched their words
    ENCRYPTED_ATTACHMENT = "encrypted_attachment"  # SD-07
    WEAK_ENCRYPTION = "weak_encryption"  # by a method that is not designated
    UNPROTECTED = "unprotected"  # files that their sender has to lock and did not (SD-02)


@dataclass(frozen=True, slots=True)
class Observation:
    """One sign and how often; rules compare `count` with their threshold."""

    sign: Sign
    count: int = 1
    recipients: tuple[str, ...] = ()  # whom it is about; () = the whole mail
    evidence: tuple[str, ...] = ()  # masked, bounded: it is shown and journalled


@dataclass(frozen=True, slots=True)
class Correspondence:
    """A mail between these two went through (ML-05)."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Digests by which an inbound mail is known again if it leaves as it came (ML-04)."""

    digests: tuple[str, ...]


Learnt = Correspondence | Arrival

"""What the observers of outbound mail are told by `policy.yaml`: `observe:`.  Thresholds are the rules', not here.

Frozen models with a default and a help text each; what a tenant changes is changed there, never in code.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.directory.model import Attribute, Role
from gateway.yaml_file import Unfit
from sanitizers.model import Cipher


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _informed(value: str) -> str:
    if value != "sender" and value not in tuple(Role) and "@" not in value:
        roles = ", ".join(Role)
        raise Unfit(f"must be sender, an address, or a role: {roles}", f"sender、メールアドレス、役割のどれかです: {roles}")
    return value


Informed = Annotated[str, AfterValidator(_informed)]
Pattern = Annotated[str, AfterValidator(str.lower)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_as_list)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BulkRecipients(_Model):
    exempt: Patterns = Field((), description="Addresses that may be seen by the others, e.g. *@pref.example.lg.jp.")


class AutoForwarding(_Model):
    scope: Literal["external", "any"] = Field("external", description="any = also to what `inside` names.")
    window_minutes: float = Field(10, gt=0, le=1_440, description="How soon what came in leaves again.")


class Permit(_Model):
    """Somebody may write to an address of a free mail provider."""

    sender: Pattern = "*"
    recipient: Pattern
    until: date
    by: str = Field(min_length=1, description="Who permitted it.")
    reason: str = Field(min_length=1)


class FreeMail(_Model):
    permits: tuple[Permit, ...] = ()
    likeness: float = Field(0.75, gt=0, le=1, description="How alike a local part and the sender's name or address must be.")


class Destinations(_Model):
    """Where one section may write to; `*` as section is everybody without an entry."""

    denied: Patterns = ()
    allowed: Patterns = Field((), description="Not empty: only there.")


class NewRecipients(_Model):
    scope: Literal["house", "sender"] = Field("house", description="Known to anybody here, or to the sender.")


class Right(_Model):
    external: bool = True
    attachments: bool = True


class Classification(_Model):
    """The words that state the class of a document, in mail, name, property, header or footer (SD-04)."""

    markings: dict[str, Annotated[int, Field(ge=1, le=3)]] = Field(
        {
            "機密性1": 1,
            "機密性2": 2,
            "機密性3": 3,
            "取扱注意": 2,
            "関係者限り": 2,
            "部外秘": 2,
            "庁外秘": 2,
            "社外秘": 2,
            "厳秘": 3,
            "極秘": 3,
            "マル秘": 3,
            "秘": 3,
        },
        description="Marking and the confidentiality that it states; width and inserted spaces do not matter.",
    )


class Encryption(_Model):
    """By which methods a file may be locked (SD-07); what may not leave at all is a rule's to say."""

    designated: tuple[Cipher, ...] = (Cipher.ZIP_AES256, Cipher.PDF_AES256, Cipher.OFFICE_AGILE)


class Violating(_Model):
    """From how many stopped mails of one person the head of its section is written to (IN-05)."""

    count: int = Field(3, ge=0, description="0 = nobody is written to by itself.")
    days: float = Field(30, gt=0, le=366)
    excepted: tuple[str, ...] = Field(
        ("infected-outbound", "infected", "not-inspected"), description="Names of rules that are nobody's fault."
    )


class Observing(_Model):
    inside: Patterns = Field((), description="Further addresses that count as our own, e.g. *@school.example.ed.jp.")
    bulk_recipients: BulkRecipients = BulkRecipients()
    auto_forwarding: AutoForwarding = AutoForwarding()
    free_mail: FreeMail = FreeMail()
    destinations: dict[str, Destinations] = Field({}, description="By code of the section, with those below it.")
    new_recipients: NewRecipients = NewRecipients()
    classification: Classification = Classification()
    encryption: Encryption = Encryption()
    violations: Violating = Violating()
    rights: dict[Attribute, Right] = Field({}, description="By kind of address; who is not named may do everything.")

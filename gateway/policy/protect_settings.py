"""`protect_attachments:` of policy.yaml as it is written: what leaves locked, how a password is made (SD-02, SD-07).

Frozen, with a default and a help text each.  What follows from it is `protection.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from gateway.model import Sign
from gateway.policy.observing import Patterns
from gateway.policy.protection import Mode, Protection

READABLE = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"  # none is mistaken for another on the telephone
IDENTIFYING = (
    Sign.MY_NUMBER,
    Sign.PENSION_NUMBER,
    Sign.DRIVERS_LICENCE,
    Sign.PASSPORT,
    Sign.RESIDENCE_CARD,
    Sign.HEALTH_INSURANCE,
    Sign.CARD_NUMBER,
)
WHEN = {
    Sign.CLASS_2: 1,
    Sign.CLASS_3: 1,
    **dict.fromkeys(IDENTIFYING, 1),
    Sign.BANK_ACCOUNT: 3,
    Sign.TELEPHONE: 20,
    Sign.POSTAL_ADDRESS: 10,
    Sign.BIRTH_DATE: 5,
    Sign.PERSON_NAME: 30,
    Sign.MAIL_ADDRESS: 50,
}  # as the shipped rules count them


class Protect(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Annotated[Mode, BeforeValidator(lambda value: Mode.OFF if value is False else value)] = Field(
        Mode.OFF,
        description="off | encrypt | require.",  # YAML reads a bare off as false
    )
    when: dict[Sign, Annotated[int, Field(ge=1)]] = Field(
        WHEN, description="What calls for a lock, each with the number from which it counts."
    )
    exempt: Patterns = Field((), description="Recipients who can open nothing that is locked, e.g. *@machine.example.jp.")
    length: int = Field(16, ge=12, le=64, description="Of a password that the gateway makes.")
    alphabet: str = Field(READABLE, min_length=20, description="Its letters: ASCII.")
    shortest: int = Field(8, ge=1, le=64, description="A sender's or an agreed password that has less is not used.")
    agreed: str = Field("", description="A file (chmod 600), one a line: pattern of recipients, space, password.")

    @field_validator("alphabet")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable() or " " in value or len(set(value)) != len(value):
            raise ValueError("must be different ASCII characters without space")
        return value

    def build(self, lines: Sequence[str]) -> Protection:
        """`lines` of the file `agreed`.  Raises ValueError for one of them, which it does not repeat."""
        agreed = []
        for number, line in enumerate(lines, 1):
            pattern, password = [*line.split(maxsplit=1), "", ""][:2]
            if "@" not in pattern or not password.isascii() or len(password) < self.shortest:
                wanted = f"a pattern of addresses and a password of {self.shortest} or more ASCII characters"
                raise ValueError(f"line {number} is not {wanted}")
            agreed.append((pattern.lower(), password))
        return Protection(
            self.mode, tuple(self.when.items()), self.exempt, self.length, self.alphabet, self.shortest, tuple(agreed)
        )

"""What MAIL and RCPT say, read strictly: one mail transaction (RFC 5321 3.3) before its content.

`begin` and `recipient` raise Malformed with the reply; whether the addresses are welcome is `intake.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.intake import Listener
from gateway.model import Reply
from gateway.smtp.address import Address, BadAddress, BadParameter, path


class Malformed(Exception):
    def __init__(self, code: int, enhanced: str, text: str):
        super().__init__(text)
        self.reply = Reply(code, enhanced, text)


@dataclass(slots=True)
class Transaction:
    sender: Address | None  # None is the null reverse-path
    size: int  # declared, 0 if not
    body_8bit: bool
    smtputf8: bool
    recipients: list[str] = field(default_factory=list)

    @property
    def reverse_path(self) -> str:
        return str(self.sender) if self.sender else ""


def begin(argument: str, *, smtputf8_offered: bool) -> Transaction:
    """`FROM:<...>` with the parameters SIZE, BODY, SMTPUTF8."""
    try:
        parsed = path("FROM:", argument)
    except BadAddress as error:
        raise Malformed(501, "5.1.7", str(error)) from None
    except BadParameter as error:
        raise Malformed(501, "5.5.4", str(error)) from None
    values = dict(parsed.parameters)
    size, body, smtputf8 = values.pop("SIZE", "0"), values.pop("BODY", "7BIT").upper(), values.pop("SMTPUTF8", None)
    if values or len(parsed.parameters) != len(dict(parsed.parameters)) or (smtputf8 is not None and not smtputf8_offered):
        raise Malformed(555, "5.5.4", "parameter not offered or repeated")
    if not re.fullmatch(r"\d{1,20}", size, re.ASCII) or body not in ("7BIT", "8BITMIME") or smtputf8:
        raise Malformed(501, "5.5.4", "malformed parameter")
    transaction = Transaction(parsed.address, int(size), body == "8BITMIME", smtputf8 is not None)
    _fits(parsed.address, transaction)
    return transaction


def recipient(argument: str, transaction: Transaction, listener: Listener) -> Address:
    """`TO:<...>` without parameters."""
    if argument.upper() == "TO:<POSTMASTER>" and listener.recipient_domains:  # RFC 5321 4.5.1
        return Address("postmaster", listener.recipient_domains[0])
    try:
        parsed = path("TO:", argument)
    except (BadAddress, BadParameter) as error:
        raise Malformed(501, "5.1.3", str(error)) from None
    if parsed.parameters:
        raise Malformed(555, "5.5.4", "parameter not offered")
    if parsed.address is None:
        raise Malformed(501, "5.1.3", "the null path receives nothing")
    _fits(parsed.address, transaction)
    return parsed.address


def _fits(address: Address | None, transaction: Transaction) -> None:
    if not (transaction.smtputf8 or str(address or "").isascii()):
        raise Malformed(553, "5.6.7", "address needs SMTPUTF8")

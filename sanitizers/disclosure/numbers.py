"""Numbers that belong to one person: which look right, and which are named so by a label.

One in ten numbers of twelve digits has the check digit of a My Number: a label, or many of them together, must say it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sanitizers.disclosure.labels import Labels
from sanitizers.disclosure.model import Datum

_TWELVE = re.compile(r"(?<![\dA-Za-z.,-])\d{4}([ -]?)\d{4}\1\d{4}(?![\d-]|[.,]\d)")
_PENSION = re.compile(r"(?<![\dA-Za-z.,-])\d{4}[ -]?\d{6}(?![\d-])")
_LICENCE = re.compile(r"(?<![\dA-Za-z.,-])\d{12}(?![\d-])")
_PASSPORT = re.compile(r"(?<![\dA-Za-z-])[A-Za-z]{2} ?\d{7}(?![\dA-Za-z-])")
_RESIDENCE = re.compile(r"(?<![\dA-Za-z-])[A-Za-z]{2} ?\d{8} ?[A-Za-z]{2}(?![\dA-Za-z-])")
_INSURED = re.compile(r"(?<![\dA-Za-z.,-])\d{1,4}[ -]?\d{4,8}(?![\d-])")
_ACCOUNT = re.compile(r"(?<![\dA-Za-z.,-])\d{7}(?![\d-]|[.,]\d|円)")
_BANK = re.compile("銀行|信用金庫|信金|信用組合|信組|農協|農業協同組合|労働金庫|労金|支店|金融機関|口座|預金|本店")
_BANK_WITHIN = 60
_YUCHO = re.compile(r"記号[:\s]{0,3}(1\d{3}0)(?:-\d)?[^\d\n]{0,8}番号[:\s]{0,3}(\d{1,7}1)(?!\d)")
_CARD = re.compile(r"(?<![\dA-Za-z.,-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{2,7}|\d{4}([ -]?)\d{6}\2\d{4,5})(?![\d-]|[.,]\d)")
_ISSUERS = re.compile(  # ISO/IEC 7812 ranges with the lengths in use: Visa, Mastercard, JCB, Amex, Diners, Discover, UnionPay
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}"
)
_FOREIGN = re.compile("在留|国籍|永住|外国人|技能実習|特定技能|入管|residence card|nationality", re.IGNORECASE)
_MANY = 3


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def my_numbers(text: str, labels: Labels) -> Iterator[str]:
    """Check digit always; and a label, or at least three, of which the half of such numbers has the right digit."""
    alone, others = [], 0
    for match in _TWELVE.finditer(text):
        number = digits(match[0])
        if not has_check_digit(number):
            others += 1
        elif labels.names(match.start(), match.end(), Datum.MY_NUMBER):
            yield match[0]
        elif not labels.contradict(match.start(), Datum.MY_NUMBER):
            alone.append(match[0])
    if len(set(alone)) >= _MANY and len(alone) >= others:
        yield from alone


def has_check_digit(number: str) -> bool:
    """総務省令第85号 (2014) 第5条: the digits weighted from the lowest, modulo 11."""
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(number[:11]), 1))
    check = 11 - total % 11
    return int(number[11]) == (0 if check >= 10 else check) and len(set(number)) > 1


def pension_numbers(text: str, labels: Labels) -> Iterator[str]:
    return _labelled(_PENSION, text, labels, Datum.PENSION_NUMBER)


def licences(text: str, labels: Labels) -> Iterator[str]:
    """It begins with the code of a prefecture's public safety commission, 10 to 97."""
    return (n for n in _labelled(_LICENCE, text, labels, Datum.DRIVERS_LICENCE) if 10 <= int(n[:2]) <= 97)


def passports(text: str, labels: Labels) -> Iterator[str]:
    return _labelled(_PASSPORT, text, labels, Datum.PASSPORT)


def residence_cards(text: str, labels: Labels) -> Iterator[str]:
    """Serial numbers look the same: somewhere the text must speak of residence.  A card's number may be this card's."""
    found = list(_RESIDENCE.finditer(text))
    for match in found if found and _FOREIGN.search(text) else ():
        if not labels.contradict(match.start(), Datum.RESIDENCE_CARD, Datum.CARD_NUMBER):
            yield match[0]


def insured(text: str, labels: Labels) -> Iterator[str]:
    return _labelled(_INSURED, text, labels, Datum.HEALTH_INSURANCE)


def accounts(text: str, labels: Labels) -> Iterator[str]:
    """Seven digits with a label, and a bank not far before them; ゆうちょ by its 記号 and 番号."""
    for match in _ACCOUNT.finditer(text) if labels.has(Datum.BANK_ACCOUNT) else ():
        if labels.names(match.start(), match.end(), Datum.BANK_ACCOUNT):
            before = text[max(0, match.start() - _BANK_WITHIN) : match.start()]
            if _BANK.search(before):
                yield match[0]
    for match in _YUCHO.finditer(text):
        yield match[1] + "-" + match[2]


def cards(text: str, labels: Labels) -> Iterator[str]:
    for match in _CARD.finditer(text):
        number = digits(match[0])
        is_one = _ISSUERS.fullmatch(number) and luhn(number) and not _counts_up(match[0])
        if is_one and not labels.contradict(match.start(), Datum.CARD_NUMBER):
            yield match[0]


def _counts_up(written: str) -> bool:
    """2411 2412 2413 2414 are four numbers."""
    groups = [int(group) for group in re.split("[ -]", written)]
    return len(groups) > 1 and all(0 < after - before < 100 for before, after in pairwise(groups))


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    doubled = [2 * int(digit) for digit in number[-2::-2]]
    return (sum(d - 9 if d > 9 else d for d in doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def _labelled(pattern: re.Pattern[str], text: str, labels: Labels, datum: Datum) -> Iterator[str]:
    for match in pattern.finditer(text) if labels.has(datum) else ():
        if labels.names(match.start(), match.end(), datum):
            yield match[0]

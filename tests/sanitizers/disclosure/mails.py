"""Whole mails as a town hall writes and gets them: what each discloses, and whether the shipped rules are to stop it.

Ordinary mail is full of numbers that are nobody's: orders, parcels, ISBN, JAN, invoices, meetings, stocks.  Here half of these
have a valid check digit or Luhn sum.  Improve detectors, not this set.  `mails.txt` has the form of `held_out.txt` with `stop`
or `pass` among the labels; `{m:7}` is an individual number that belongs to nobody, `{M:7}` in groups, `{b:7}` in boxes,
`{w:7}` wide; a line `*30 ...` stands thirty times, `\n` in it is a line end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sanitizers.disclosure.model import Datum
from tests.sanitizers.disclosure.make_snippets import GIVEN, SURNAMES, WIDE, my_number

_NUMBER = re.compile(r"\{([mMbw]):(\d+)\}")
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノ"


@dataclass(frozen=True)
class Mail:
    title: str
    text: str
    discloses: frozenset[Datum]
    either: frozenset[Datum]
    stops: bool


def mails() -> tuple[Mail, ...]:
    return tuple(map(_mail, Path(__file__).with_suffix(".txt").read_text("utf-8").split("=== ")[1:]))


def _mail(record: str) -> Mail:
    head, _, text = record.partition("\n")
    words, _, title = head.partition(" | ")
    labels = set(words.split())
    data = labels - {"stop", "pass"}
    sure = frozenset(Datum(label) for label in data if not label.startswith("?"))
    either = frozenset(Datum(label[1:]) for label in data if label.startswith("?"))
    return Mail(title, "\n".join(map(_line, text.splitlines())), sure, either, "stop" in labels)


def _line(line: str) -> str:
    line = _NUMBER.sub(_number, line)
    if not line.startswith("*"):
        return line
    count, _, pattern = line[1:].partition(" ")
    return "\n".join(_filled(pattern, n) for n in range(1, int(count) + 1)).replace("\\n", "\n")


def _filled(pattern: str, n: int) -> str:
    surname, given = SURNAMES[n % 10], GIVEN[n // 10 * 3 % 10 + n % 3 if n // 10 * 3 % 10 + n % 3 < 10 else n % 3]
    return pattern.format(n=n, name=surname + given, spaced=f"{surname}　{given}", kana=_KANA[n % 25] * 2)


def _number(found: re.Match[str]) -> str:
    number = my_number(int(found[2]))
    groups = (number[:4], number[4:8], number[8:])
    return {"m": number, "M": "-".join(groups), "b": "｜".join(number), "w": " ".join(groups).translate(WIDE)}[found[1]]

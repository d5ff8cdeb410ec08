"""`python -m tests.sanitizers.disclosure.figures [FOLDER]`: precision and recall of the detectors on each labelled set.

Last comes what a town hall feels: how many of the mails that the shipped rules are to stop they stop, and how many others.  The
.eml files below FOLDER are real ordinary mail, none of which is to be stopped.
"""

from __future__ import annotations

import email
import email.policy
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.observation import Sign
from gateway.policy import file as policy_file
from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Search
from tests.running import CONFIG
from tests.sanitizers.disclosure import held_out
from tests.sanitizers.disclosure.mails import mails
from tests.sanitizers.disclosure.make_snippets import negatives, positives

EVERYTHING = Search(tuple(Datum))
STOPPING = ("identifying-numbers", "personal-information")  # of the shipped rules


@dataclass
class Tally:
    hit: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, seen: bool, there: bool) -> None:
        self.hit += seen and there
        self.wrong += seen and not there
        self.missed += there and not seen

    def __str__(self) -> str:
        return f"{_ratio(self.hit, self.wrong)} / {_ratio(self.hit, self.missed)} of {self.hit + self.missed}"


def _ratio(hit: int, other: int) -> str:
    return f"{hit / (hit + other):.3f}" if hit + other else "  -  "


def counts(text: str, title: str = "") -> dict[Datum, int]:
    return {found.datum: found.count for found in disclosed(text, EVERYTHING, title).found}


def stops(seen: dict[Datum, int]) -> bool:
    """What the shipped rules make of it."""
    policy = policy_file.load(CONFIG / "policy.yaml")
    asked = {sign: least for name in STOPPING for sign, least in policy.rule(name).match.sign}
    return any(count >= asked.get(Sign(datum), count + 1) for datum, count in seen.items())


Labelled = Iterable[tuple[str, frozenset[Datum], frozenset[Datum]]]  # text, what it discloses, what may be said or not


def labelled() -> dict[str, Labelled]:
    snippets = ((text, frozenset([truth] if truth else []), frozenset[Datum]()) for text, truth in (*positives(), *negatives()))
    return {
        "snippets": tuple(snippets),
        "held out": tuple((c.text, c.discloses, c.either) for c in held_out.cases()),
        "mails": tuple((m.text, m.discloses, m.either) for m in mails()),
    }


def by_datum(texts: Labelled) -> dict[Datum, Tally]:
    tallies = {datum: Tally() for datum in Datum}
    for text, there, either in texts:
        seen = counts(text)
        for datum, tally in tallies.items():
            if datum not in either:
                tally.add(datum in seen, datum in there)
    return tallies


def decisions() -> Tally:
    tally = Tally()
    for mail in mails():
        tally.add(stops(counts(mail.text)), mail.stops)
    return tally


def stopped(folder: Path) -> Iterator[tuple[str, bool]]:
    for path in sorted(folder.rglob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        try:
            texts = [str(part.get_content()) for part in message.walk() if part.get_content_type() == "text/plain"]
            yield path.name, stops(counts("\n".join(texts)[:100_000], str(message["Subject"] or "")))
        except (LookupError, ValueError, AttributeError, TypeError):
            continue  # a file that tests how parsers fail


def main(folders: list[str]) -> None:
    sets = labelled()
    tallies = {name: by_datum(texts) for name, texts in sets.items()}
    sizes = {name: len(list(texts)) for name, texts in sets.items()}
    print("precision / recall".ljust(18), *(f"{name} ({sizes[name]})".ljust(24) for name in sets))
    for datum in Datum:
        print(datum.ljust(18), *(str(tallies[name][datum]).ljust(24) for name in sets))
    print("stopped by the shipped rules, of the mails:", decisions())
    for folder in folders:
        found = list(stopped(Path(folder)))
        print(f"{folder}: {len(found)} mails, stopped: {[name for name, stop in found if stop]}")


if __name__ == "__main__":
    main(sys.argv[1:])

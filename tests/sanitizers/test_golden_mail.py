"""What a clerk reads of a mail, letter for letter; every expected text was looked at by a person when it was written.

`golden_mail/` belongs to the invented mails of `make_client_mail`; `golden_corpus/` to real ones, which are no part of the
project, by the beginning of their SHA-256.  `python -m tests.sanitizers.test_golden_mail [CORPUS/mail]` writes new texts:
read the diff.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from sanitizers import message
from sanitizers.job import LocalJob
from sanitizers.model import Part
from tests.sanitizers.make_client_mail import cases

INVENTED = Path(__file__).with_name("golden_mail")
REAL = Path(__file__).with_name("golden_corpus")
CASES = dict(cases())


def shown(content: bytes) -> str:
    letter, _ = message.letter(content, Part("", "", "message/rfc822"), LocalJob())
    files = "".join(f"File: {attachment.name}\n" for attachment in letter.attachments)
    return f"Subject: {letter.subject}\n{files}\n{letter.body}"


@pytest.mark.parametrize("name", CASES)
def test_mails_of_known_programs_are_read_as_a_person_would(name: str) -> None:
    assert shown(CASES[name]) == (INVENTED / f"{name}.txt").read_text("utf-8")


def test_real_mails_are_read_as_a_person_would(corpus: Path | None) -> None:
    """Where the corpus is at hand, all of those that have a text here."""
    found = {_key(path.read_bytes()): path for path in (corpus / "mail").iterdir()} if corpus else {}
    expected = {path.stem: path for path in REAL.glob("*.txt")}
    assert len(expected) >= 60
    for key in expected.keys() & found.keys():
        assert shown(found[key].read_bytes()) == expected[key].read_text("utf-8"), found[key].name


def test_no_text_is_left_without_its_mail() -> None:
    assert {path.stem for path in INVENTED.glob("*.txt")} == CASES.keys()


def _key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    INVENTED.mkdir(exist_ok=True)
    for case, mail in CASES.items():
        (INVENTED / f"{case}.txt").write_text(shown(mail), "utf-8")
    for file in Path(sys.argv[1]).iterdir() if len(sys.argv) > 1 else ():
        golden = REAL / f"{_key(file.read_bytes())}.txt"
        if golden.exists():
            golden.write_text(shown(file.read_bytes()), "utf-8")

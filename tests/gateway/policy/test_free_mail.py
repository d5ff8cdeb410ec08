"""ML-07: whose free mail address it is, in any spelling; the shipped list; the list's mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.policy.free_mail import alike, kana, read
from gateway.yaml_file import BadConfiguration

LIKENESS = 0.75  # of the shipped policy.yaml
SHIPPED = read(Path(__file__).parents[3] / "config" / "free_mail.txt")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("tanaka.taro", "tanaka"),
        ("taro_tanaka1985", "tanaka-taro"),
        ("tanaka-t", "t.tanaka"),
        ("shinji.fujii", "sinzi-huzii"),  # Hepburn and kunrei
        ("ohno.kenji", "ono.kenzi"),
        ("Yuuki.Honma", "yuki.homma"),
        ("kyoko", kana("キョウコ")),
        ("satou.hanako", kana("さとう はなこ")),
    ],
)
def test_ml07_the_same_name_in_another_spelling(theirs: str, ours: str) -> None:
    assert alike(theirs, ours) >= LIKENESS


@pytest.mark.parametrize(
    ("theirs", "ours"), [("suzuki", "tanaka"), ("info", "tanaka"), ("ito", "ito"), ("12345", "s12345"), ("", "")]
)
def test_ml07_another_name_or_too_little_of_one(theirs: str, ours: str) -> None:
    assert alike(theirs, ours) < LIKENESS


def test_ml07_the_shipped_list_has_the_providers_and_no_municipality() -> None:
    assert {"gmail.com", "yahoo.co.jp", "outlook.jp", "icloud.com", "hotmail.co.jp"} <= SHIPPED
    assert not any(domain.endswith((".lg.jp", ".go.jp", "docomo.ne.jp")) for domain in SHIPPED)


def test_ml07_a_list_with_a_mistake_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "free_mail.txt"
    path.write_text("gmail.com\n\nuser@yahoo.co.jp  # an address\n")
    with pytest.raises(BadConfiguration) as bad:
        read(path)
    assert [problem.line for problem in bad.value.problems] == [3]

"""SD-03, SD-04, J19: precision and recall on the labelled set; spacing, width and line breaks; masks; linear time."""

from __future__ import annotations

from collections import Counter

import pytest

from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Disclosed, Marking, Search
from sanitizers.disclosure.numbers import has_check_digit
from tests.effort import linear
from tests.sanitizers.disclosure.make_snippets import my_number, negatives, positives, spaced

EVERYTHING = Search(tuple(Datum))
MARKINGS = (Marking("機密性1", 1), Marking("機密性2", 2), Marking("機密性3", 3), Marking("取扱注意", 2), Marking("秘", 3))


def counts(text: str) -> dict[Datum, int]:
    return {found.datum: found.count for found in disclosed(text, EVERYTHING).found}


def test_the_labelled_set_is_large_enough() -> None:
    assert len(list(positives())) >= 200
    assert len(list(negatives())) >= 200


@pytest.mark.parametrize("datum", Datum)
def test_sd03_precision_and_recall_keep_their_floors(datum: Datum) -> None:
    tally: Counter[str] = Counter()
    missed, wrong = [], []
    for text, truth in (*positives(), *negatives()):
        seen = datum in counts(text)
        tally["hit"] += seen and truth is datum
        if seen and truth is not datum:
            wrong.append(text)
        if truth is datum and not seen:
            missed.append(text)
    recall = tally["hit"] / (tally["hit"] + len(missed))
    precision = tally["hit"] / (tally["hit"] + len(wrong))
    print(f"{datum}: precision {precision:.3f} recall {recall:.3f}")
    assert recall >= 0.95, missed
    assert precision >= 0.95, wrong


def test_sd03_the_check_digit_is_that_of_the_ordinance() -> None:
    assert has_check_digit("123456789018")
    assert all(has_check_digit(my_number(n)) for n in range(1, 200))
    assert not any(has_check_digit(f"12345678901{last}") for last in "012345679")
    assert not has_check_digit("000000000000")


@pytest.mark.parametrize(
    "text",
    [
        "個人番号123456789018",
        "個人番号：１２３４－５６７８－９０１８",
        spaced("個人番号：123456789018"),
        "個人番号は次のとおりです。1234-5678-\n9018",
        "個　人　番　号　1234 5678 9018",
        "氏名\t個人番号\n山田太郎\t123456789018",
        "個\u200b人番\u200b号 1234\u200b56789018",
    ],
)
def test_j19_width_spaces_and_line_ends_hide_nothing(text: str) -> None:
    assert counts(text)[Datum.MY_NUMBER] == 1


def test_sd03_one_value_counts_once_and_a_column_counts_its_cells() -> None:
    numbers = [my_number(n) for n in range(1, 31)]
    table = "受付番号\t個人番号\n" + "\n".join(f"{n}\t{number}" for n, number in enumerate(numbers))
    assert counts(table)[Datum.MY_NUMBER] == 30
    assert counts(f"個人番号 {numbers[0]}\n" * 5)[Datum.MY_NUMBER] == 1


def test_sd03_random_numbers_of_twelve_digits_are_no_my_numbers() -> None:
    assert Datum.MY_NUMBER not in counts("\n".join(f"{n * 1234567891 % 10**12:012}" for n in range(1, 500)))


def test_sd03_evidence_is_masked() -> None:
    for text, _ in positives():
        for found in disclosed(text, EVERYTHING).found:
            for shown in found.evidence:
                assert sum(character.isalnum() for character in shown) <= 2, shown


@pytest.mark.parametrize(
    ("text", "title", "marking"),
    [
        ("本文", "【機密性2】協議", "機密性2"),
        ("本文", "機密性２_資料.docx", "機密性2"),
        ("【 機 密 性 ３ 】\n本文", "", "機密性3"),
        ("取扱注意\n本文", "", "取扱注意"),
        ("本文\n㊙\n", "", "秘"),
        ("(秘)\n本文【機密性1】", "", "秘"),
        ("機密性2情報", "", "機密性2"),
        ("機密性2の情報は持ち出せません。守秘義務があります。", "秘書課より", ""),
    ],
)
def test_sd04_a_marking_stands_in_brackets_alone_or_in_a_title(text: str, title: str, marking: str) -> None:
    assert disclosed(text, Search(markings=MARKINGS), title).marking == marking


def test_nothing_is_looked_for_that_is_not_asked() -> None:
    assert disclosed("個人番号 123456789018【機密性2】", Search()) == Disclosed()


HOSTILE = [
    "お世話になっております。電話は027-321-1234です。山田太郎様。123456 7890 12\n",
    "東京都",
    "〒123-4567市",
    "1 ",
    "個人番号",
    "0" * 10 + "-",
    "a@a.",
    "佐藤一",
    "氏名\t個人番号\n",
    "【機密性",
    " ",
    "1234-",
    "\n\t",
    "記号 10000 番号 ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    with linear():
        disclosed(piece * (400_000 // len(piece)), Search(tuple(Datum), MARKINGS))

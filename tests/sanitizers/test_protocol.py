"""Whatever a worker writes is either what an honest one could have written, or Garbage; nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.disclosure.model import DISCLOSED, Datum, Disclosed, Found, Marking, Search
from sanitizers.letter import Attachment, Letter, Mailbox
from sanitizers.model import Finding, Kind, Outcome, Part, Profile, Reason, Task, Treatment, Verdict
from sanitizers.protocol import (
    CLAIM,
    HEADER,
    JSON_BYTES,
    START,
    Claim,
    FrameType,
    Garbage,
    Start,
    untrusted_ask,
    untrusted_child,
    untrusted_claim,
    untrusted_disclosed,
    untrusted_header,
    write_ask,
    write_child,
    write_claim,
    write_start,
)
from tests.effort import linear

FINDING = Finding(Kind.MACRO, "word/vbaProject.bin", "AutoOpen", Treatment.REMOVED)
DOCUMENT = Outcome(Verdict.SANITISED, "application/pdf", b"%PDF", "application/pdf", "見積書.pdf", (FINDING,))
LETTER = Letter(
    "会議の件",
    (Mailbox("山田", "a@example.jp"),),
    None,
    (),
    (),
    (),
    "",
    "<1@example.jp>",
    (),
    (),
    "本文\n",
    (Attachment(0, "a.pdf"),),
)


def read_back(claim: Claim, task: Task = Task.SANITISE) -> Claim:
    head, payload = write_claim(claim)
    return untrusted_claim(head[HEADER.size :], payload, task)


def claim_json(claim: Claim, **changes: object) -> bytes:
    document = json.loads(CLAIM.dump_json(replace(claim, outcome=replace(claim.outcome, output=None))))
    document["outcome"].update(changes)
    return json.dumps(document).encode()


def test_an_honest_answer_comes_over_unchanged() -> None:
    assert read_back(Claim(DOCUMENT)) == Claim(DOCUMENT)


def test_media_types_may_have_capitals() -> None:
    workbook = replace(DOCUMENT, detected="application/vnd.ms-excel.sheet.macroEnabled.12")
    assert read_back(Claim(workbook)).outcome == workbook


def test_an_honest_letter_comes_over_unchanged() -> None:
    claim = Claim(Outcome(Verdict.CLEAN, "message/rfc822"), LETTER)
    assert read_back(claim, Task.LETTER) == claim


def test_an_empty_output_is_not_a_missing_one() -> None:
    assert read_back(Claim(replace(DOCUMENT, output=b""))).outcome.output == b""


def test_start_comes_over_unchanged() -> None:
    start = Start(Task.VERIFY, Part("2/1", "a", "b", ("c",)), Profile(passwords=("秘密",)), ("00" * 32,))
    assert START.validate_json(write_start(start)[HEADER.size :]) == start


def test_a_careless_detail_is_made_printable_instead_of_costing_the_part() -> None:
    careless = replace(DOCUMENT, findings=(replace(FINDING, where="a\r\nb\ud800", detail="x" * 5000),))
    finding = read_back(Claim(careless)).outcome.findings[0]
    assert finding.where == "a\ufffd\ufffdb\ufffd"
    assert len(finding.detail) == 1000


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": 9},
        {"verdict": "clean"},
        {"verdict": Verdict.INFECTED, "reason": "infected"},
        {"verdict": Verdict.FAILED, "reason": "crashed"},  # bytes come with it
        {"unknown": 1},
        {"output": "bytes"},
        {"detected": "text/plain\r\nX: y"},
        {"media_type": ""},
        {"media_type": "text"},
        {"name": "../../etc/passwd"},
        {"name": "a\u202e\nb"},
        {"name": "x" * 1001},
        {"detail": "forged\nline"},
        {"findings": [{"kind": "macro", "where": "", "detail": "", "treatment": "ignored"}]},
        {"findings": "none"},
    ],
    ids=str,
)
def test_a_claim_that_no_honest_worker_makes_is_garbage(changes: dict[str, object]) -> None:
    with pytest.raises(Garbage):
        untrusted_claim(claim_json(Claim(DOCUMENT), **changes), b"%PDF", Task.SANITISE)


@pytest.mark.parametrize("verdict", [Verdict.WITHHELD, Verdict.LOCKED, Verdict.FAILED])
def test_what_is_not_delivered_has_a_reason_and_no_bytes(verdict: Verdict) -> None:
    withheld = Outcome(verdict, "application/pdf", reason=Reason.ENCRYPTED)
    assert read_back(Claim(withheld)).outcome == withheld
    with pytest.raises(Garbage):
        read_back(Claim(replace(withheld, reason=None)))
    with pytest.raises(Garbage):
        read_back(Claim(replace(withheld, output=b"x", media_type="text/plain")))


@pytest.mark.parametrize("task", [Task.SANITISE, Task.VERIFY, Task.ATTACK])
def test_only_the_letter_task_writes_letters(task: Task) -> None:
    with pytest.raises(Garbage):
        read_back(Claim(Outcome(Verdict.CLEAN, "message/rfc822"), LETTER), task)


def test_only_the_verifier_objects() -> None:
    verified = Claim(Outcome(Verdict.CLEAN, ""), objections=("macro",))
    assert read_back(verified, Task.VERIFY) == verified
    with pytest.raises(Garbage):
        read_back(replace(verified, outcome=DOCUMENT))


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, subject="a\r\nBcc: b@example.jp"),
        replace(LETTER, from_=(Mailbox("a\x00", "a@example.jp"),)),
        replace(LETTER, extra=(("X", "a\nb"),)),
        replace(LETTER, message_id="<1@example.jp>\u2028"),
        replace(LETTER, body="bare\rcarriage return"),
        replace(LETTER, body="\x1b[31m"),
        replace(LETTER, attachments=(Attachment(-1, "a"),)),
        replace(LETTER, subject="x" * (256 * 1024 + 1)),
    ],
)
def test_s01_a_letter_can_not_smuggle_lines_or_controls(letter: Letter) -> None:
    with pytest.raises(Garbage):
        read_back(Claim(Outcome(Verdict.CLEAN, "message/rfc822"), letter), Task.LETTER)


def test_a_childs_hostile_names_come_over_whole() -> None:
    names = ("a" * 3000 + ".exe", "x\u202efdp.exe", "\ud800")
    head = write_child(Part("1", "a.pdf", "Text/Plain\n", names), b"x", True)
    child, content = untrusted_child(head[HEADER.size :], b"x")
    assert child.part.names == (names[0], names[1], "?")
    assert (child.part.declared, content, child.want_output) == ("Text/Plain\ufffd", b"x", True)


@pytest.mark.parametrize("path", ["../1", "1/", "a", "1" * 9, "1/" * 30 + "1"])
def test_a_childs_path_is_numbers(path: str) -> None:
    with pytest.raises(Garbage):
        untrusted_child(write_child(Part(path, "", ""), b"", False)[HEADER.size :], b"")


def test_a_worker_may_ask_for_a_renderer_but_start_no_job_of_the_supervisors() -> None:
    assert _asked(Task.RENDER, Task.SANITISE) == Task.RENDER
    for task in (Task.SANITISE, Task.LETTER, Task.VERIFY, Task.ATTACK):
        with pytest.raises(Garbage):
            _asked(task, Task.SANITISE)
    for body, payload in ((b'{"task":"render","part":1}', b""), (b'{"task":1}', b""), (b'{"task":"render"}', None)):
        with pytest.raises(Garbage):
            untrusted_ask(body, payload, Task.SANITISE)


def test_only_who_judges_the_sender_may_ask_the_dns() -> None:
    assert _asked(Task.RESOLVE, Task.IDENTIFY) == Task.RESOLVE
    for asker in (Task.SANITISE, Task.LETTER, Task.VERIFY):
        with pytest.raises(Garbage):
            _asked(Task.RESOLVE, asker)


def _asked(task: Task, asker: Task) -> Task:
    return untrusted_ask(write_ask(task, b"x")[HEADER.size :], b"x", asker)[0]


@pytest.mark.parametrize(
    ("kind", "body", "payload"),
    [
        (FrameType.OUTCOME, 0, 0),
        (99, 0, 0),
        (FrameType.ANSWER, JSON_BYTES + 1, 0),
        (FrameType.ANSWER, 0, 1001),
        (FrameType.ANSWER, 0, -2),
    ],
)
def test_lengths_and_types_are_bounded_before_anything_is_read(kind: int, body: int, payload: int) -> None:
    with pytest.raises(Garbage):
        untrusted_header(HEADER.pack(kind, body, payload), frozenset({FrameType.ANSWER}), 1000)


def test_a_million_errors_are_not_told_one_by_one() -> None:
    with linear(), pytest.raises(Garbage):
        untrusted_claim(b'{"objections":[' + b"0," * (JSON_BYTES // 2 - 20) + b"0]}", None, Task.VERIFY)


@given(st.binary(max_size=200), st.none() | st.binary(max_size=10), st.sampled_from(Task))
def test_random_bytes_are_garbage(body: bytes, payload: bytes | None, task: Task) -> None:
    with pytest.raises(Garbage):
        untrusted_claim(body, payload, task)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=5
)


@given(st.sampled_from(["verdict", "detected", "media_type", "name", "findings", "reason", "detail", "output"]), JSON)
def test_any_change_of_a_claim_is_harmless_or_garbage(field: str, value: object) -> None:
    try:
        claim = untrusted_claim(claim_json(Claim(DOCUMENT), **{field: value}), b"%PDF", Task.SANITISE)
    except Garbage:
        return
    assert claim.outcome.verdict <= Verdict.SANITISED
    assert not any(c < " " or "\x7f" <= c <= "\x9f" for c in claim.outcome.name + claim.outcome.detail)


SEARCH = Search((Datum.MY_NUMBER,), (Marking("機密性2", 2),))
HONEST = Disclosed((Found(Datum.MY_NUMBER, 2, ("12** **** ****",)),), "機密性2", 2)


def test_what_a_file_discloses_comes_back_as_it_was() -> None:
    assert untrusted_disclosed(DISCLOSED.dump_json(HONEST), SEARCH) == HONEST


@pytest.mark.parametrize(
    "lie",
    [
        replace(HONEST, found=(Found(Datum.TELEPHONE, 1),)),
        replace(HONEST, found=(*HONEST.found, *HONEST.found)),
        replace(HONEST, found=(Found(Datum.MY_NUMBER, 0),)),
        replace(HONEST, found=(Found(Datum.MY_NUMBER, -1),)),
        replace(HONEST, found=(Found(Datum.MY_NUMBER, 1, ("123456789018",)),)),
        replace(HONEST, found=(Found(Datum.MY_NUMBER, 1, ("*" * 500,)),)),
        replace(HONEST, found=(Found(Datum.MY_NUMBER, 1, ("12\n**",)),)),
        replace(HONEST, marking="機密性1", level=1),
        replace(HONEST, level=3),
        replace(HONEST, marking=""),
    ],
    ids=["unasked", "twice", "none", "negative", "unmasked", "long", "line", "marking", "level", "no-word"],
)
def test_sd03_a_worker_that_lies_about_what_a_file_discloses_is_garbage(lie: Disclosed) -> None:
    with pytest.raises(Garbage):
        untrusted_disclosed(DISCLOSED.dump_json(lie), SEARCH)


def test_sd03_an_answer_that_is_none_is_garbage() -> None:
    for answer in (b"", b"null", b"[]", b'{"found": "x"}', DISCLOSED.dump_json(HONEST)[:-1], b'{"more": 1}'):
        with pytest.raises(Garbage):
            untrusted_disclosed(answer, SEARCH)

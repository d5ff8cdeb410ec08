"""J12: what may be guessed is little, lives short, and is off unless a profile asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.candidates import KEPT, SENDERS, WORDS, Candidates, Recent, words
from gateway.model import Grant, GrantKind, State
from gateway.policy import file as policy_file
from gateway.policy.rules import Guessing
from gateway.unlocking import GATEWAY, TRIES, Keyring
from gateway.yaml_file import BadConfiguration
from sanitizers.model import Profile, Reason, Verdict
from tests.gateway.make_spool import TO, Rooms, holding, rooms
from tests.gateway.test_pipeline import LETTER, Scripted, inspection, lease, pipeline

SHIPPED = Path(__file__).parents[2] / "config" / "policy.yaml"
FOLLOWING = replace(LETTER, subject="Re: 見積書", body="先ほどの添付のパスワードは「Ab3-表9z」です。\nhttps://example.jp/abc\n")


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened
        assert await opened.spool.audit() == []


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("パスワード: Kg7xQ2!9", "Kg7xQ2!9"),
        ("パスワードは Kg7xQ2 です", "Kg7xQ2"),
        ("解凍キー:Kg7xQ2", "Kg7xQ2"),
        ("PW=Kg7xQ2", "Kg7xQ2"),
        ("「Kg7xQ2」を入力してください。", "Kg7xQ2"),
        ("pass:20261128", "20261128"),
        ("Kg7xQ2", "Kg7xQ2"),
        ("パスワード:表計算2026", "表計算2026"),
        ("The password is (Kg7xQ2).", "Kg7xQ2"),
        ("Password:a.b-c_d:e", "a.b-c_d:e"),
    ],
)
def test_a_password_is_among_the_words(text: str, password: str) -> None:
    assert password in list(words("お世話になっております。\n" + text + "\n例示商事 yamada@example.jp https://example.jp/"))


def test_words_are_few_and_addresses_are_none() -> None:
    assert len(list(words(" ".join(f"word{number:05}" for number in range(5_000))))) == WORDS
    assert not [word for word in words("yamada@example.jp https://example.jp/a hxxps://b.example/c") if "example" in word]
    assert next(iter(words("abcd efgh パスワード: Kg7xQ2"))) == "Kg7xQ2"


def test_what_was_heard_is_forgotten_and_bounded() -> None:
    now = [0.0]
    recent = Recent(lambda: now[0])
    recent.hear("a@b.example", ("x", "y"), ("one",))
    recent.hear("a@b.example", ("x",), ("two",))
    assert recent.of("a@b.example", ("x",)) == ("two", "one")
    assert recent.of("a@b.example", ("z",)) == ()
    assert recent.of("c@d.example", ("x",)) == ()
    now[0] = KEPT + 1
    assert recent.of("a@b.example", ("x", "y")) == ()
    for number in range(SENDERS + 10):
        recent.hear(f"{number}@b.example", ("x",), ("word",))
    assert len(recent._said) == SENDERS
    assert "word" not in repr(recent)


async def locked(r: Rooms, sender: str = "a@b.example") -> str:
    await r.accept(f"Subject: {sender}\r\n\r\n".encode(), sender=sender)
    held = await r.claim()
    settlement = holding(held)
    [hold] = settlement.held
    assert hold.report is not None
    report = replace(hold.report, verdict=Verdict.LOCKED, reason=Reason.ENCRYPTED)
    await r.spool.settle(held, replace(settlement, held=(replace(hold, report=report),)))
    return held.item.id


async def test_j12_the_next_mail_of_the_sender_opens_what_waits(r: Rooms) -> None:
    candidates = Candidates(r.quarantine, Keyring(r.clock.monotonic), Recent(r.clock.monotonic))
    waiting, other = await locked(r), await locked(r, "c@d.example")
    later = await r.accept(b"Subject: password\r\n\r\n")
    await candidates.hear(later, FOLLOWING)
    assert "Ab3-表9z" in candidates.keyring.of(waiting)
    assert candidates.keyring.of(other) == ()
    states = {item: (await r.spool.show(item)).recipients[0].state for item in (waiting, other)}
    assert states == {waiting: State.RECEIVED, other: State.HELD}
    stored = b"".join(file.read_bytes() for file in r.root.rglob("*") if file.is_file())
    assert "Ab3-表9z".encode() not in stored


async def test_j12_mails_to_others_open_nothing_and_tries_are_few(r: Rooms) -> None:
    candidates = Candidates(r.quarantine, Keyring(r.clock.monotonic), Recent(r.clock.monotonic))
    waiting = await locked(r)
    later = await r.accept(b"Subject: password\r\n\r\n", to=("somebody@city.example.lg.jp",))
    await candidates.hear(later, FOLLOWING)
    assert candidates.keyring.of(waiting) == ()
    for _ in range(TRIES):
        assert candidates.keyring.may_try(waiting, GATEWAY)
    await candidates.hear(replace(later, recipients=TO), FOLLOWING)
    assert candidates.keyring.of(waiting) == ()
    assert candidates.keyring.may_try(waiting)  # a person is not kept waiting for what the gateway tried


class Doors(Scripted):
    """Opens with one password."""

    async def message(
        self, content: bytes, profile: Profile, keep_leaves: bool = False, originals: frozenset[str] = frozenset()
    ) -> object:
        if "Ab3-表9z" in profile.passwords:
            return inspection(Verdict.SANITISED)
        shut = inspection(Verdict.LOCKED)
        reason = Reason.WRONG_PASSWORD if profile.passwords else Reason.ENCRYPTED
        return replace(shut, report=replace(shut.report, parts=(replace(shut.report.parts[0], reason=reason),)))


@pytest.mark.parametrize(
    ("guessing", "state"),
    [
        (Guessing(), State.AWAITING_PASSWORD),
        (Guessing(("guess",)), State.AWAITING_PASSWORD),
        (Guessing(("guess", "Ab3-表9z")), State.SANITISED),
        (Guessing((), recent_mails=True), State.SANITISED),
    ],
)
async def test_j12_only_what_the_profile_allows_is_tried(r: Rooms, guessing: Guessing, state: State) -> None:
    candidates = Candidates(r.quarantine, Keyring(r.clock.monotonic), Recent(r.clock.monotonic))
    work = lease()
    candidates.recent.hear(work.item.envelope.sender, work.item.recipients, ("Ab3-表9z",))
    policy = replace(policy_file.load(SHIPPED), guessing={"rebuild": guessing})
    done = await pipeline(Doors(), policy=policy, candidates=candidates).step(work)
    [move] = done.moves
    assert move.state is state
    assert "違う" not in move.why  # nobody typed anything


async def test_a_guess_that_failed_changes_nothing_that_staff_read(r: Rooms) -> None:
    path = pipeline(Doors())
    path.keyring.put("ID", ("guess",))
    done = await path.step(replace(lease(), grant=Grant(GrantKind.UNLOCK, GATEWAY, "", 0.0)))
    assert "違う" not in done.moves[0].why


def policy_with(place: Path, lines: str) -> Path:
    text = SHIPPED.read_text().replace('      file: ""  ', f"      file: {lines}  ", 1)
    path = place / "policy.yaml"
    path.write_text(text)
    return path


def test_j12_a_list_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secrets = tmp_path / "passwords"
    secrets.write_text("s3cret-one\n表\n\n")
    secrets.chmod(0o644)
    with pytest.raises(BadConfiguration) as refused:
        policy_file.load(policy_with(tmp_path, str(secrets)))
    assert "chmod 600" in str(refused.value.problems[0])
    secrets.chmod(0o600)
    policy = policy_file.load(policy_with(tmp_path, str(secrets)))
    assert policy.guessing["rebuild"].listed == ("s3cret-one", "表")
    assert "s3cret-one" not in repr(policy)
    secrets.write_text("word\n" * 201)
    with pytest.raises(BadConfiguration) as longer:
        policy_file.load(policy_with(tmp_path, str(secrets)))
    assert "200" in str(longer.value.problems[0])
    with pytest.raises(BadConfiguration):
        policy_file.load(policy_with(tmp_path, str(tmp_path / "missing")))


def test_j12_nothing_is_guessed_by_default() -> None:
    assert not any(policy_file.load(SHIPPED).guessing.values())

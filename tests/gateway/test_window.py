"""Looks through the window are what they are beside the contents: the same answers, the same refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway import window
from gateway.control import Control
from gateway.model import (
    Caution,
    Decision,
    Disposition,
    Group,
    Identity,
    Inspection,
    Leaf,
    Observation,
    Original,
    Sign,
    State,
    Suspicion,
    Waiver,
)
from gateway.policy import file as policy_file
from gateway.policy.rules import Answer, Asked, Ruling
from gateway.preview import TEXT
from gateway.rehearsal import Rehearsed, Said
from gateway.specimen import Specimen
from gateway.spool import MissingContent
from gateway.window import Window
from gateway.words import Refusal
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.identity import Authentication
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox
from sanitizers.model import Method, Profile, Reason, Refused, Verdict
from tests.gateway.make_spool import envelope, report
from tests.running import CONFIG

LETTER = Letter(
    "見積", (Mailbox("太郎", "a@example.com"),), None, (), (), (), "", "", (), (), "本文\n二行目", (Attachment(0, "a.png"),)
)
SEEN = Inspection(
    report(),
    Verdict.SANITISED,
    LETTER,
    (Enclosure("a.png", "image/png", bytes(range(256)) * 400), Enclosure("空.txt", "text/plain", b"")),
    4,
    leaves=(Leaf("2", "image/png", b"\x00\xff\n"),),
)
POLICY = policy_file.load(CONFIG / "policy.yaml")
BROUGHT = Specimen("x.eml", b"Subject: x\r\n\r\n\xff", envelope())


def would(*to: str) -> Rehearsed:
    """With what each rule of the shipped policy would say."""
    decision = Decision(Disposition.AWAIT_APPROVAL, "classified", "理由", ("SD-01",), "0", "rebuild", waived=("forged",))
    identity = Identity(Authentication(), (Caution(Suspicion.SPF_FAIL, "a", "b"),))
    seen = replace(SEEN, leaves=(), identity=identity, observations=(Observation(Sign.TELEPHONE, 3, ("03-…",)),))
    asked = tuple(Asked(rule, Answer.NOT_SHOWN, "case 3") for rule in POLICY.rules)
    letters = (Said(("a@city.example.lg.jp",), "件名", "本文"),)
    ruling = Ruling(Group(to, "rebuild"), seen, (Waiver("forged", "allow 1"),), decision)
    return Rehearsed(ruling, asked, State.AWAITING_APPROVAL, "classified", "理由", letters, ("b@city.example.lg.jp",))


WOULD = (would("a@city.example.lg.jp"), replace(would("b@city.example.lg.jp"), deciders=None))


@dataclass
class Looked:
    """As much of a Preview as the window needs."""

    asked: list[object] = field(default_factory=list)
    wrong: Exception | None = None

    async def look(self, item: str, profile: Profile) -> Inspection:
        return self._answer((item, profile))

    async def stored(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        return self._answer((item, profile, keep_leaves))

    async def rehearse(self, specimen: Specimen, version: int) -> tuple[Rehearsed, ...]:
        self._answer((specimen, version))
        return WOULD

    async def words(self, item: str, profile: Profile) -> list[str]:
        self._answer((item, profile))
        return ["一行目", "", "三行目"]

    async def header(self, item: str) -> str:
        self._answer(item)
        return "Subject: x\nX-Odd: \\xff"

    async def page(self, document: bytes, number: int) -> tuple[bytes, str, int]:
        self._answer((document, number))
        return b"\x89PNG\n", "image/png", 3

    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        self._answer((leaf, search))
        return Disclosed((), "秘", 2)

    def _answer(self, asked: object) -> Inspection:
        self.asked.append(asked)
        if self.wrong is not None:
            raise self.wrong
        return SEEN


@pytest.fixture
def preview() -> Looked:
    return Looked()


@pytest.fixture
async def asking(tmp_path: Path, preview: Looked) -> AsyncIterator[Window]:
    server = Control(tmp_path / "control.sock", window.verbs(preview, 60))  # type: ignore[arg-type]
    await server.start()
    yield Window(tmp_path / "control.sock", 60)
    await server.stop()


async def test_every_look_comes_as_it_was_made(asking: Window, preview: Looked) -> None:
    picture = Profile("preview-image", Method.IMAGE)
    assert await asking.look("id", picture) == SEEN
    assert await asking.text("id") == SEEN
    assert await asking.stored("id", picture, keep_leaves=True) == SEEN
    assert await asking.rehearse(BROUGHT, 7) == WOULD
    assert await asking.words("id", TEXT) == ["一行目", "", "三行目"]
    assert await asking.header("id") == "Subject: x\nX-Odd: \\xff"
    assert await asking.page(b"%PDF", 2) == (b"\x89PNG\n", "image/png", 3)
    assert await asking.disclosed(SEEN.leaves[0], Search()) == Disclosed((), "秘", 2)
    assert preview.asked == [
        ("id", picture),
        ("id", TEXT),
        ("id", picture, True),
        (BROUGHT, 7),
        ("id", TEXT),
        "id",
        (b"%PDF", 2),
        (SEEN.leaves[0], Search()),
    ]


async def test_what_several_groups_get_travels_once(preview: Looked) -> None:
    carried = await window.verbs(preview, 60)["rehearse"].act(window.Brought("x", envelope(), 0), b"")  # type: ignore[arg-type]
    assert carried.content.count(SEEN.enclosures[0].content) == 1


async def test_a_refusal_is_the_same_on_the_other_side(asking: Window, preview: Looked) -> None:
    preview.wrong = Refusal("いまは検査できません。", "It cannot be inspected now", 503)
    with pytest.raises(Refusal, match="It cannot be inspected now") as refused:
        await asking.look("id", TEXT)
    assert (refused.value.words.ja, refused.value.status) == ("いまは検査できません。", 503)
    preview.wrong = MissingContent("the content was disposed of")
    with pytest.raises(MissingContent, match="disposed of"):
        await asking.stored("id", TEXT)
    preview.wrong = Refused(Reason.CRASHED, "why")
    with pytest.raises(Refused, match="why"):
        await asking.disclosed(SEEN.leaves[0], Search())


async def test_a_bug_there_and_a_gateway_that_is_away_are_refusals(asking: Window, preview: Looked, tmp_path: Path) -> None:
    preview.wrong = ZeroDivisionError("secret")
    with pytest.raises(Refusal, match="ZeroDivisionError") as refused:
        await asking.look("id", TEXT)
    assert "secret" not in str(refused.value)
    with pytest.raises(Refusal, match="not running") as refused:
        await Window(tmp_path / "nowhere.sock", 5).text("id")
    assert refused.value.status == 503


def test_what_is_asked_is_the_consoles(preview: Looked) -> None:
    verbs = window.verbs(preview, 60)  # type: ignore[arg-type]
    assert all(verb.console for verb in verbs.values())
    assert {name for name, verb in verbs.items() if verb.largest} == {"rehearse", "page", "read"}, "only what the console has"


async def test_originals_never_pass(asking: Window, preview: Looked) -> None:
    kept = replace(SEEN, originals=(Original("a.xlsm", "0" * 64, b"macro"),))
    preview._answer = lambda asked: kept  # type: ignore[method-assign]
    assert (await asking.look("id", TEXT)).originals == ()

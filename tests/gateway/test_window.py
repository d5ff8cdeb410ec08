"""Looks through the window are what they are beside the contents: the same answers, the same refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway import window
from gateway.control import Control
from gateway.model import Inspection, Leaf, Original
from gateway.preview import TEXT
from gateway.spool import MissingContent
from gateway.window import Window
from gateway.words import Refusal
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox
from sanitizers.model import Method, Profile, Reason, Refused, Verdict
from tests.gateway.make_spool import report

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


@dataclass
class Looked:
    """As much of a Preview as the window needs."""

    asked: list[object] = field(default_factory=list)
    wrong: Exception | None = None

    async def look(self, item: str, profile: Profile) -> Inspection:
        return self._answer((item, profile))

    async def stored(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        return self._answer((item, profile, keep_leaves))

    async def message(self, content: bytes, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        return self._answer((content, profile, keep_leaves))

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
    assert await asking.message(b"Subject: x\r\n\r\n\xff", picture) == SEEN
    assert await asking.words("id", TEXT) == ["一行目", "", "三行目"]
    assert await asking.header("id") == "Subject: x\nX-Odd: \\xff"
    assert await asking.page(b"%PDF", 2) == (b"\x89PNG\n", "image/png", 3)
    assert await asking.disclosed(SEEN.leaves[0], Search()) == Disclosed((), "秘", 2)
    assert preview.asked == [
        ("id", picture),
        ("id", TEXT),
        ("id", picture, True),
        (b"Subject: x\r\n\r\n\xff", picture, False),
        ("id", TEXT),
        "id",
        (b"%PDF", 2),
        (SEEN.leaves[0], Search()),
    ]


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
    assert {name for name, verb in verbs.items() if verb.largest} == {"message", "page", "read"}, "only what the console has"


async def test_originals_never_pass(asking: Window, preview: Looked) -> None:
    kept = replace(SEEN, originals=(Original("a.xlsm", "0" * 64, b"macro"),))
    preview._answer = lambda asked: kept  # type: ignore[method-assign]
    assert (await asking.look("id", TEXT)).originals == ()

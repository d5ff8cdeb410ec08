"""One mail or file that somebody brings: what would become of it is shown, only what was rebuilt can be taken away."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import httpx
import pytest

from gateway import journal
from gateway.console import specimens
from gateway.console.guard import BODY_BYTES
from gateway.directory import Role
from gateway.docket import Filter
from gateway.model import Inspection
from gateway.policy.senders import DENIED, Senders, Stance
from gateway.preview import Preview
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox
from sanitizers.model import Verdict
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_spool import report
from tests.gateway.make_wall import Wall

REBUILT = b"rebuilt and verified"
HOSTILE = b"hostile bytes as they came"
LETTER = Letter(
    *("見積", (Mailbox("", "a@example.com"),), None, (), (), (), "", "", (), ()),
    "本文です。<b>",
    (Attachment(0, "見積書.docx"),),
)


def sees(**changes: object) -> Inspection:
    part = replace(report().parts[0], sha256_out=hashlib.sha256(REBUILT).hexdigest())
    files = (Enclosure("見積書.docx", "application/x", REBUILT),)
    return replace(Inspection(replace(report(), parts=(part,)), Verdict.SANITISED, LETTER, files, 4), **changes)  # type: ignore[arg-type]


@pytest.fixture
def wall(c: Console, monkeypatch: pytest.MonkeyPatch) -> Wall:
    """The preview's own path, but for the wall."""
    preview, wall = c.desk.preview, Wall(sees())
    assert isinstance(preview, Preview)
    monkeypatch.setattr(preview, "inspector", wall)
    monkeypatch.setattr(preview, "_started", True)
    return wall


@pytest.fixture
async def admin(c: Console, wall: Wall) -> Browser:
    return await c.signed_in(await c.person("kanri", Role.SYM), elevated=True)


async def upload(browser: Browser, name: str, content: bytes, **form: str) -> httpx.Response:
    data = {"csrf": browser.csrf, "direction": "inbound", "sender": "a@example.com", "recipients": "b@city.example.lg.jp"}
    return await browser.client.post(
        "/rules/test", data=data | form, files={"file": (name, content)}, headers=browser.headers, follow_redirects=False
    )


async def test_dv02_a_file_is_judged_shown_and_recorded_but_not_kept(c: Console, admin: Browser) -> None:
    answer = await upload(admin, "見積書.docm", HOSTILE)
    assert answer.status_code == 303, answer.text
    page = (await admin.get(path := answer.headers["location"])).text
    for words in ("無害化して届ける", "<b>inbound</b>", "受信メール → 無害化して届ける", "マクロ", "本文です。&lt;b&gt;"):
        assert words in page, words
    assert "1 件の処置" in page
    [event] = await journal.search(c.rooms.db, kind="specimen_judged")
    facts = dict(event.facts)
    assert (facts["actor"], facts["sha256"]) == ("kanri", hashlib.sha256(HOSTILE).hexdigest())
    assert facts["outcome"] == "deliver: inbound"
    assert await c.desk.docket.page(Filter(), 0) == []
    assert not [f for f in c.rooms.root.rglob("*") if f.is_file() and HOSTILE in f.read_bytes()]
    taken = await admin.get(f"{path}/0/0")
    assert taken.content == REBUILT
    assert taken.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E8")
    assert taken.headers["x-content-type-options"] == "nosniff"
    for beyond in ("/0/1", "/1/0", "/0/x"):
        assert (await admin.get(path + beyond)).status_code == 404


async def test_another_person_does_not_see_the_answer(c: Console, admin: Browser) -> None:
    path = (await upload(admin, "a.pdf", HOSTILE)).headers["location"]
    other = await c.signed_in(await c.person("shinsa", Role.SYO), elevated=True)
    assert (await other.get(path)).status_code == 404
    assert (await other.get(f"{path}/0/0")).status_code == 404


async def test_a_draft_decides_where_one_is_chosen(c: Console, admin: Browser) -> None:
    text = (
        "profiles: {rebuild: {method: rebuild}}\n"
        "rules:\n  - {name: closed, match: {}, action: hold, reason: 試験中, clauses: [HD-03]}\n"
    )
    draft = await c.desk.policies.draft(text, "kanri", "試験")
    page = (await admin.get(f"/rules/test?version={draft.number}")).text
    assert f'value="{draft.number}" selected' in page
    path = (await upload(admin, "a.eml", b"x", version=str(draft.number))).headers["location"]
    page = (await admin.get(path)).text
    assert "<b>closed</b>" in page
    assert "解除された場合に届くもの" in page
    assert "これで決まる" in page
    assert "【保留】" in page, "the letter to the recipient"
    assert "spf=none; dkim=none; dmarc=none; arc=none" in page


async def test_a_denied_sender_decides_as_in_the_gateway(c: Console, admin: Browser) -> None:
    await Senders(c.rooms.db, c.rooms.clock).add(Stance.DENY, "a@example.com", "kanri", "迷惑メール", 3)
    page = (await admin.get((await upload(admin, "a.eml", b"x")).headers["location"])).text
    assert f"<b>{DENIED}</b>" in page
    assert "迷惑メール" in page


async def test_what_the_last_look_refuses_is_shown_as_held(admin: Browser, wall: Wall) -> None:
    wall.answers.objections = ("a script",)
    page = (await admin.get((await upload(admin, "a.eml", b"x")).headers["location"])).text
    assert "保留する" in page
    assert "<code>not-cleared</code>" in page


async def test_where_it_came_from_may_be_told(admin: Browser) -> None:
    assert (await upload(admin, "a.eml", b"x", client="198.51.100.7")).status_code == 303
    refused = await upload(admin, "a.eml", b"x", client="mail.example.com")
    assert (refused.status_code, "IP アドレスが正しくありません" in refused.text) == (422, True)


async def test_the_last_answers_are_kept_and_no_more(c: Console, admin: Browser) -> None:
    paths = [(await upload(admin, f"{n}.pdf", HOSTILE)).headers["location"] for n in range(specimens._KEPT + 1)]
    assert (await admin.get(paths[0])).status_code == 404
    assert (await admin.get(paths[-1])).status_code == 200


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"sender": "nobody"}, "メールアドレスが正しくありません"),
        ({"recipients": " "}, "宛先を"),
        ({"recipients": "部長@city.example.lg.jp"}, "宛先を"),
    ],
)
async def test_an_envelope_that_is_none_is_said(admin: Browser, form: dict[str, str], words: str) -> None:
    answer = await upload(admin, "a.pdf", HOSTILE, **form)
    assert answer.status_code == 422
    assert words in answer.text


async def test_bounds_of_the_upload(c: Console, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await upload(admin, "a.pdf", b"")).status_code == 422
    assert (await upload(admin, "a.pdf", b"x" * (2 * BODY_BYTES))).status_code == 303
    monkeypatch.setattr(specimens, "LARGEST", 1_000)
    assert (await upload(admin, "a.pdf", b"x" * 1_001)).status_code == 413
    two = {"data": {"csrf": admin.csrf}, "files": [("file", ("a", b"x")), ("file", ("b", b"x"))], "headers": admin.headers}
    assert (await admin.client.post("/rules/test", **two)).status_code == 400  # type: ignore[arg-type]


async def test_no_other_form_takes_a_file_or_so_much(admin: Browser) -> None:
    answer = await admin.client.post(
        "/rules/edit", data={"csrf": admin.csrf}, files={"text": ("a", b"x")}, headers=admin.headers
    )
    assert answer.status_code == 400
    assert (await admin.post("/rules/edit", text="x" * (BODY_BYTES + 1))).status_code == 413

from __future__ import annotations

import asyncio
import json
import re
import secrets

import pytest

from gateway import duties, journal, preview
from gateway.api import answers
from gateway.api.again import Again
from gateway.api.problem import Problem
from gateway.api.scopes import TokenScope
from gateway.directory import Role
from gateway.model import Inspection, QuarantineState
from sanitizers.letter import Enclosure
from sanitizers.model import Profile, Verdict
from tests.gateway.api.make_program import Program, program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_held import held
from tests.gateway.make_spool import report
from tests.gateway.make_wall import LETTER

SCOPES = (
    TokenScope.QUARANTINE_READ,
    TokenScope.QUARANTINE_RELEASE,
    TokenScope.QUARANTINE_DELETE,
    TokenScope.QUARANTINE_KEEP,
)


@pytest.fixture
async def p(c: Console) -> Program:
    return await program(c, await c.person("syo", Role.SYO), *SCOPES)


async def test_the_list_pages_and_filters(c: Console, p: Program) -> None:
    first, second = await held(c, "見積書"), await held(c, "請求書", sender="boss@other.example")
    page = (await p.get("/held?limit=1")).json()
    assert [each["entry"] for each in page["items"]] == [second]
    page = (await p.get(f"/held?limit=1&cursor={page['next']}")).json()
    assert [(each["entry"], each["subject"], each["verdict"]) for each in page["items"]] == [(first, "見積書", "sanitised")]
    assert page["next"] is None
    for query, found in (
        ("sender=OTHER", [second]),
        ("text=見積", [first]),
        ("state=released", []),
        ("verdict=infected", []),
        ("held_before=2001-01-01T00:00:00Z", []),
        ("held_before=2099-01-01T00:00:00%2B09:00", [second, first]),
    ):
        assert [each["entry"] for each in (await p.get(f"/held?{query}")).json()["items"]] == found, query


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=x", "cursor=x", "state=odd", "verdict=odd", "odd=1", "rule=a&rule=b"),
        *("text=" + "x" * 201, "held_before=yesterday", "held_before=2026-01-01T00:00:00"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_name(p: Program, query: str) -> None:
    answer = await p.get(f"/held?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    name = query.partition("=")[0]
    assert name == "rule" or [each["pointer"] for each in answer.json()["errors"]] == [name]


async def test_one_mail_with_its_parts(c: Console, p: Program) -> None:
    entry = await held(c)
    mail = (await p.get(f"/held/{entry}")).json()
    assert (mail["subject"], mail["rule"], mail["state"]) == ("見積書の件", "macro", "held")
    assert "treatment" in json.dumps(mail["report"])
    assert mail["held_at"].endswith("Z")
    for unknown in ("999", "x", "9" * 30):
        assert (await p.get(f"/held/{unknown}")).status_code == 404


async def test_deleting_says_why_and_is_done_once(c: Console, p: Program) -> None:
    entry = await held(c)
    for body in ({}, {"reason": "  "}, {"reason": "x", "force": True}, {"reason": 1}, {"reason": "x" * 501}):
        assert (await p.post(f"/held/{entry}/delete", body)).status_code == 422
    done = await p.post(f"/held/{entry}/delete", {"reason": "迷惑メール"})
    assert done.json()["state"] == "deleted"
    assert (await p.post(f"/held/{entry}/delete", {"reason": "迷惑メール"})).status_code == 409
    [event] = await journal.search(c.rooms.db, kind="deleted")
    assert dict(event.facts)["actor"] == "syo"
    assert dict(event.facts)["reason"] == "迷惑メール"


async def test_a_legal_hold_keeps_it(c: Console, p: Program) -> None:
    entry = await held(c)
    assert (await p.post(f"/held/{entry}/hold", {"reason": "調査", "keep": True})).json()["kept_by"] == "syo"
    assert (await p.post(f"/held/{entry}/delete", {"reason": "x"})).status_code == 409
    assert (await p.post(f"/held/{entry}/hold", {"reason": "終了", "keep": False})).json()["kept_by"] == ""


async def test_releasing_sends_it_through_its_path_again_once(c: Console, p: Program) -> None:
    entry = await held(c)
    assert (await p.get(f"/held/{entry}")).json()["obstacle"] == ""
    assert (await p.post(f"/held/{entry}/release", {"reason": "x", "profile": "odd"})).status_code == 404
    done = await p.post(f"/held/{entry}/release", {"reason": "確認済み", "profile": "text"})
    assert (done.status_code, done.json()["state"]) == (200, "released")
    again = await p.post(f"/held/{entry}/release", {"reason": "確認済み"})
    assert (again.status_code, again.json()["detail"]) == (409, done.json()["obstacle"])
    [event] = await journal.search(c.rooms.db, kind="released")
    assert dict(event.facts)["actor"] == "syo"


async def test_ac02_mail_of_another_section_does_not_exist(c: Console) -> None:
    entry, mine = await held(c, to=["a@zei.example"]), await held(c, to=["b@kenko.example"])
    boss = await c.person("boss", Role.CSO)
    limited = await program(c, boss, *SCOPES, patterns=["*@kenko.example"])
    assert [each["entry"] for each in (await limited.get("/held")).json()["items"]] == [mine]
    for path in ("", "/text"):
        assert (await limited.get(f"/held/{entry}{path}")).status_code == 404
    for act in ("release", "delete"):
        assert (await limited.post(f"/held/{entry}/{act}", {"reason": "x"})).status_code == 404
    assert (await c.rooms.quarantine.show(entry)).state is QuarantineState.HELD


async def test_the_same_key_twice_is_done_once(c: Console, p: Program) -> None:
    entry = await held(c)
    first = await p.post(f"/held/{entry}/delete", {"reason": "x"}, idempotency_key="k1")
    again = await p.post(f"/held/{entry}/delete", {"reason": "x"}, idempotency_key="k1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert len(await journal.search(c.rooms.db, kind="deleted")) == 1
    assert (await p.post(f"/held/{entry}/delete", {"reason": "y"}, idempotency_key="k1")).status_code == 422
    assert (await p.post(f"/held/{entry}/delete", {"reason": "x"}, idempotency_key="k" * 201)).status_code == 400
    other = await program(c, await c.person("cso", Role.CSO), *SCOPES)
    assert (await other.post(f"/held/{entry}/delete", {"reason": "x"}, idempotency_key="k1")).status_code == 409
    c.rooms.times.pass_(86_401)
    assert (await p.post(f"/held/{entry}/delete", {"reason": "x"}, idempotency_key="k1")).status_code == 409


async def test_a_key_whose_work_was_cut_off_is_not_done_again(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), *SCOPES)
    again, entered = Again(c.rooms.db, c.rooms.clock), asyncio.Event()

    async def never() -> tuple[int, bytes]:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    work = asyncio.create_task(again.once(p.mark, "k", b"r", never))
    await entered.wait()
    with pytest.raises(Problem) as under_way:
        await again.once(p.mark, "k", b"r", never)
    assert under_way.value.status == 409
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    with pytest.raises(Problem):
        await again.once(p.mark, "k", b"r", never)


async def test_a_refused_request_frees_its_key(c: Console, p: Program) -> None:
    assert (await p.post("/held/1/delete", {"reason": "x"}, idempotency_key="k")).status_code == 404
    assert await held(c) == 1
    assert (await p.post("/held/1/delete", {"reason": "x"}, idempotency_key="k")).status_code == 200


async def test_bodies_that_are_none(c: Console, p: Program) -> None:
    web, entry = c.client(), await held(c)
    head = {"authorization": f"Bearer {p.secret}", "content-type": "application/json"}
    path = f"/api/v1/held/{entry}/delete"
    for content, kind, status in (
        (b"{", "application/json", 422),
        (b'{"reason": "\xff"}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"reason": "x"}', "text/plain", 415),
        (b"reason=x", "application/x-www-form-urlencoded", 415),
        (b'{"reason": "' + b"x" * (1 << 20) + b'"}', "application/json", 413),
    ):
        answer = await web.post(path, content=content, headers=head | {"content-type": kind})
        assert answer.status_code == status, content[:20]
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await c.rooms.quarantine.show(entry)).state is QuarantineState.HELD


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/held", 405), ("OPTIONS", "/held", 405)]
)
async def test_what_is_not_there_is_a_problem_too(c: Console, method: str, path: str, status: int) -> None:
    answer = await c.client().request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"https://console.example:8443/api#problem-{status}"


async def test_a_page_asks_with_its_own_token_as_long_as_its_session_lives(c: Console) -> None:
    """The cookie counts for nothing; asking keeps nobody signed in (AC-01)."""
    who = await c.person("syo", Role.SYO)
    browser, entry = await c.signed_in(who), await held(c)
    page = (await browser.get("/held")).text
    [secret] = re.findall(r'data-token="(mugai_page_[0-9a-f_]+)"', page)
    p = Program(c.client(), "", secret)
    assert (await p.get("/held/newest")).json() == {"waiting": 1, "entry": entry}
    assert (await p.post(f"/held/{entry}/delete", {"reason": "x"})).status_code == 403
    assert (await Program(c.client(), "", secret[:-1] + "x").get("/held/newest")).status_code == 401
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    assert (await Program(c.client(), "", wrong).get("/held/newest")).status_code == 401
    for _ in range(3):
        c.rooms.times.pass_(c.desk.settings.console.idle_minutes * 60 / 3 + 1)
        await p.get("/held/newest")
    assert (await p.get("/held/newest")).status_code == 401
    assert not await journal.search(c.rooms.db, kind="token_used")


async def test_a_half_signed_in_page_asks_nothing(c: Console) -> None:
    token = await c.desk.sessions.begin(await c.person("syo", Role.SYO), "127.0.0.1", "test", whole=False, method="password")
    half = await c.desk.sessions.find(token)
    assert half is not None
    assert (await Program(c.client(), "", c.desk.sessions.page_token(half)).get("/held/newest")).status_code == 401


async def test_ds01_what_was_answered_is_overwritten_after_a_day_without_anybody_asking(c: Console, p: Program) -> None:
    secret = secrets.token_hex(500).encode()

    async def work() -> tuple[int, bytes]:
        return 200, secret * 10

    async def kept() -> int:
        policy = await c.desk.policy()
        await duties.fall_due(c.desk.settings, c.desk.store, policy, c.desk.notices)
        counted: int = await c.rooms.db.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM api_answer").scalar_one())
        return counted

    await Again(c.rooms.db, c.rooms.clock).once(p.mark, "k", b"r", work)
    assert await kept() == 1
    c.rooms.times.pass_(answers.KEPT + 1)
    assert await kept() == 0
    c.rooms.db.close()  # the log goes into the file
    assert not [file.name for file in c.rooms.root.iterdir() if file.is_file() and secret in file.read_bytes()]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/senders", "GET, HEAD, POST"),
        ("PATCH", "/troubles/1", "GET, HEAD, PUT"),
        ("GET", "/held/1/release", "POST"),
        ("OPTIONS", "/held/1", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_none_is_answered_with_all_that_are(c: Console, method: str, path: str, allowed: str) -> None:
    answer = await c.client().request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_program_of_a_foreign_name_or_place_is_refused_as_it_reads_it(c: Console) -> None:
    near, far = c.client(), c.client("203.0.113.9")
    for answer, status in (
        (await near.get("/api/v1/held", headers={"host": "evil.example"}), 421),
        (await far.get("/api/v1/held"), 403),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["title_en"]


async def test_head_tells_what_get_would(p: Program) -> None:
    head = await p.client.head("/api/v1/held", headers={"authorization": f"Bearer {p.secret}"})
    assert (head.status_code, head.headers["content-type"]) == (200, "application/json")


async def test_what_a_release_would_deliver_is_looked_at_before(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, looked = await held(c), list[str]()

    async def look(item: str, profile: Profile) -> Inspection:
        looked.append(profile.name)
        return Inspection(report(), Verdict.SANITISED, LETTER, (Enclosure("見積.xlsx", "x/y", b"PK"),), 4)

    async def words(item: str, profile: Profile) -> list[str]:
        return ["見積", "マクロ"] if profile is preview.TEXT else ["見積"]

    for name, double in (("look", look), ("text", lambda item: look(item, preview.TEXT)), ("words", words)):
        monkeypatch.setattr(c.desk.preview, name, double)
    p = await program(c, await c.person("syo", Role.SYO), *SCOPES)
    made = (await p.get(f"/held/{entry}/outcome?profile=image")).json()
    assert (made["profile"], made["text"], made["differences"]) == ("image", LETTER.body, [" 見積", "-マクロ"])
    assert made["files"] == [{"name": "見積.xlsx", "media_type": "x/y", "size": 2}]
    assert looked[0] == "image"
    assert [dict(each.facts)["what"] for each in await journal.search(c.rooms.db, kind="viewed")] == ["outcome by image"]
    assert (await p.get(f"/held/{entry}/outcome?profile=odd")).status_code == 404
    assert (await c.rooms.quarantine.show(entry)).state is QuarantineState.HELD

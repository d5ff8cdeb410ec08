"""What is of the whole house: journal, stops, reports, figures, people; and one file handed to the gateway."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.compliance.model import Evidence, Report, Row, Status
from gateway.compliance.report import KEPT, dump
from gateway.console.pulse import Pulse
from gateway.control import Control, Verb
from gateway.directory import Role
from gateway.evidence.examine import examine
from gateway.inspection import ScannerDown
from gateway.model import PartReport
from gateway.parcel import Parcel, Parcels
from gateway.sandbox import SandboxDown
from sanitizers.model import Outcome, Profile, Verdict
from tests.gateway.api.make_program import Program, program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.console.test_held import held
from tests.gateway.make_directory import HOUSE
from tests.gateway.make_spool import report
from tests.running import free_port

CSO = (
    *(TokenScope.JOURNAL_READ, TokenScope.JOURNAL_EXPORT, TokenScope.CUTOFF_READ, TokenScope.CUTOFF_WRITE),
    *(TokenScope.REPORTS_READ, TokenScope.METRICS_READ, TokenScope.QUARANTINE_READ, TokenScope.FILES_SANITISE),
)


@pytest.fixture
async def p(c: Console) -> Program:
    return await program(c, await c.person("cso", Role.CSO), *CSO)


async def test_ml11_nobody_searches_without_a_purpose(c: Console, p: Program) -> None:
    await held(c)
    assert (await p.get("/journal")).status_code == 422
    found = (await p.get("/journal?purpose=監査&kind=held")).json()
    [entry] = found["items"]
    assert entry["kind"] == "held"
    assert "見積書の件" in entry["sentence"]
    [searched] = await journal.search(c.rooms.db, kind="searched")
    assert dict(searched.facts)["purpose"] == "監査"
    page = (await p.get("/journal?purpose=監査&limit=1")).json()
    older = (await p.get(f"/journal?purpose=監査&limit=1&cursor={page['next']}")).json()
    assert older["items"] != page["items"]


async def test_one_mail_is_followed_and_its_journal_exported(c: Console, p: Program) -> None:
    entry = await held(c)
    receipt = (await c.rooms.quarantine.show(entry)).item.receipt
    trace = (await p.get(f"/journal/mail/{receipt}")).json()
    assert (trace["entry"], trace["subject"]) == (entry, "見積書の件")
    assert [each["state"] for each in trace["recipients"]] == ["held", "held"]
    assert [each["kind"] for each in trace["events"]][:2] == ["received", "held"]
    assert (await p.get("/journal/mail/nobody")).status_code == 404
    body = {"purpose": "監査", "item": receipt, "form": "csv"}
    export = (await p.post("/journal/export", body)).json()
    assert export["entries"] >= 2
    assert "見積書の件" in export["content"]
    assert (await p.post("/journal/export", body | {"form": "xlsx"})).status_code == 422
    [exported] = await journal.search(c.rooms.db, kind="exported")
    assert dict(exported.facts)["actor"] == "cso"


async def test_lg02_the_journal_is_verified_on_demand(c: Console, p: Program) -> None:
    assert (await p.get("/journal/verification")).json()["ok"] is None
    assert (await p.post("/journal/verification", {})).status_code == 202
    assert (await p.get("/journal/verification")).json()["ok"] is True


async def test_lg08_a_stop_takes_one_person_and_its_end_two(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    scopes = (TokenScope.CUTOFF_READ, TokenScope.CUTOFF_WRITE)
    p = await program(c, await holder(c, "itchief", Role.CSO), *scopes)
    other = await program(c, await holder(c, "jiro", Role.SYO), *scopes)
    made = await p.post("/stops", {"scope": "sender", "value": "Infected@city.example.lg.jp", "reason": "感染の疑い"})
    assert (made.status_code, made.json()["value"]) == (201, "infected@city.example.lg.jp")
    path = f"/stops/{made.json()['stop']}"
    for wrong in ({"scope": "host", "value": "x"}, {"scope": "sender"}, {"scope": "mails", "value": "1"}):
        assert (await p.post("/stops", {"reason": "x"} | wrong)).status_code == 422, wrong
    assert (await p.get(f"{path}/sent?days=3")).json() == {"items": [], "next": None}
    asked = (await p.post(f"{path}/resumption", {"reason": "復旧"})).json()
    assert asked["ended"] is False
    assert (await p.post(f"{path}/resumption", {"reason": "復旧"})).status_code in (403, 409)
    assert len((await other.get("/stops")).json()["items"]) == 1
    assert (await other.post(f"{path}/resumption", {"reason": "確認"})).json() == {"ended": True, "case": asked["case"]}
    assert (await p.get("/stops")).json() == {"items": [], "next": None}
    assert (await other.post(f"{path}/resumption", {"reason": "確認"})).status_code == 404


async def test_reports_as_values(c: Console, p: Program) -> None:
    await held(c)
    daily = (await p.get("/reports/daily")).json()
    assert daily["title"].startswith("メール無害化 日報")
    assert {"メールの流れ", "照合"} <= {each["title"] for each in daily["sections"]}
    assert (await p.get("/reports/daily?day=2026-11-27")).json()["since"] == "2026-11-26T15:00:00.000Z"
    assert (await p.get("/reports/monthly?month=2026-10")).json()["title"].endswith("2026年10月")
    for wrong in ("daily?day=2026-13-01", "daily?day=x", "monthly?month=2026-13", "daily?day=0001-01-01"):
        assert (await p.get(f"/reports/{wrong}")).status_code == 422, wrong


async def test_au02_kept_self_inspections(c: Console, p: Program) -> None:
    assert (await p.get("/reports/self-inspection")).json() == {"items": [], "next": None}
    folder = c.rooms.root / KEPT
    folder.mkdir()
    row = Row("SAN-01", "無害化", "T 5", False, Status.OK, "policy", "ある", "", Evidence(3, 1.0))
    made = Report("tokyo", "東京", "基準", "例示市", 2.0, 1.0, "0.1.0", "0" * 12, (row,))
    (folder / "tokyo-20261128-090000.json").write_bytes(dump(made))
    (folder / "tokyo-20261127-090000.json").write_text("{")
    assert (await p.get("/reports/self-inspection")).json()["items"][0] == "tokyo-20261128-090000"
    shown = (await p.get("/reports/self-inspection/tokyo-20261128-090000")).json()
    assert [(each["id"], each["status"], each["evidence"]) for each in shown["rows"]] == [("SAN-01", "ok", 3)]
    assert (await p.get("/reports/self-inspection/tokyo-20261127-090000")).status_code == 409
    for nowhere in ("x-20261128-090000", "..%2F..%2Fetc%2Fpasswd", "tokyo"):
        assert (await p.get(f"/reports/self-inspection/{nowhere}")).status_code == 404, nowhere


async def test_figures_and_a_gateway_that_does_not_answer(c: Console, p: Program) -> None:
    await held(c)
    found = (await p.get("/figures?span=week")).json()
    assert found["waiting"] == 1
    assert len(found["held"]) == len(found["places"]) == 28
    c.desk.pulse = Pulse("127.0.0.1", free_port())
    assert (await p.get("/status")).json() == {"answering": False, "healthy": False, "concerns": [], "facts": {}}


async def test_people_are_read_by_who_manages_them(c: Console) -> None:
    p = await program(c, await c.person("sym", Role.SYM), TokenScope.USERS_READ)
    [account] = (await p.get("/accounts")).json()["items"]
    assert (account["name"], account["roles"]) == ("sym", ["sym"])
    assert "password" not in str(account)
    assert (await p.get("/people")).json() == {"items": [], "next": None}
    assert (await p.get("/sections")).json() == {"items": [], "next": None}


async def test_originals_are_found_within_the_scope(c: Console, p: Program) -> None:
    await held(c, "請求書", to=["a@zei.example"])
    await held(c, "見積書", to=["b@kenko.example"])
    assert len((await p.get("/originals")).json()["items"]) == 2
    assert [each["subject"] for each in (await p.get("/originals?text=見積")).json()["items"]] == ["見積書"]
    who = await c.desk.accounts.find("cso")
    limited = await program(c, who, TokenScope.QUARANTINE_READ, patterns=["*@zei.example"])
    assert [each["subject"] for each in (await limited.get("/originals")).json()["items"]] == ["請求書"]


# -- a file by itself ------------------------------------------------------------------------------------------------------


class Inspecting:
    """As much of an Inspector as a parcel needs."""

    def __init__(self) -> None:
        self.answers: list[Outcome | Exception] = []
        self.seen: list[tuple[bytes, str, str]] = []

    async def file(self, content: bytes, name: str, profile: Profile) -> tuple[PartReport, Outcome]:
        self.seen.append((content, name, profile.name))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return replace(report(), verdict=answer.verdict), answer


@pytest.fixture
async def inspecting(c: Console) -> AsyncIterator[Inspecting]:
    made = Inspecting()
    policy = await c.desk.policy()
    parcels = Parcels(made, lambda: policy, c.rooms.journal)  # type: ignore[arg-type]
    server = Control(c.rooms.root / "control.sock", {"sanitise": Verb(Parcel, parcels.sanitise, 60, 1 << 20)})
    await server.start()
    yield made
    await server.stop()


def body(content: bytes = b"PK", **more: str) -> dict[str, str]:
    return {"name": "見積.xlsm", "content": base64.b64encode(content).decode(), **more}


async def test_a_file_comes_back_sanitised_and_nothing_stays(c: Console, p: Program, inspecting: Inspecting) -> None:
    inspecting.answers = [Outcome(Verdict.SANITISED, "x/y", b"safe", "x/z", "見積.xlsx")]
    answer = (await p.post("/files/sanitised", body())).json()
    assert base64.b64decode(answer["content"]) == b"safe"
    assert (answer["verdict"], answer["name"], answer["media_type"]) == ("sanitised", "見積.xlsx", "x/z")
    assert inspecting.seen == [(b"PK", "見積.xlsm", (await c.desk.policy()).default_profile)]
    assert b"safe" not in b"".join(file.read_bytes() for file in c.rooms.root.rglob("*") if file.is_file())
    [event] = await journal.search(c.rooms.db, kind="file_sanitised")
    assert dict(event.facts)["actor"] == "cso"


async def test_what_is_not_proven_harmless_does_not_come_back(c: Console, p: Program, inspecting: Inspecting) -> None:
    inspecting.answers = [Outcome(Verdict.INFECTED, "x/y")]
    answer = (await p.post("/files/sanitised", body(profile="text"))).json()
    assert (answer["verdict"], answer["name"], answer["content"]) == ("infected", "", None)
    assert inspecting.seen[0][2] == "text"


async def test_every_trouble_of_the_gateway_is_a_refusal(c: Console, p: Program, inspecting: Inspecting) -> None:
    inspecting.answers = [SandboxDown("x"), Outcome(Verdict.SANITISED, "x/y", b"safe", "x/z", "a")]
    assert (await p.post("/files/sanitised", body())).status_code == 200  # the second try
    for answers in ([SandboxDown("x"), SandboxDown("x")], [ScannerDown("clamd")], [ValueError("bug")]):
        inspecting.answers = [*answers]
        assert (await p.post("/files/sanitised", body())).status_code == 409
    assert (await p.post("/files/sanitised", body(profile="odd"))).status_code == 409
    for wrong in (body() | {"content": "?"}, body() | {"content": ""} | {"name": ""}, {"name": "x"}):
        assert (await p.post("/files/sanitised", wrong)).status_code == 422


async def test_a_file_has_a_largest_size(c: Console, p: Program, inspecting: Inspecting) -> None:
    most = c.desk.settings.console.api_file
    assert (await p.post("/files/sanitised", body(b"x" * (most + 1)))).status_code == 413
    assert (await p.post("/files/sanitised", body(b"x" * (most * 2)))).status_code == 413
    assert not inspecting.seen


async def test_without_a_gateway_there_is_none(p: Program) -> None:
    answer = await p.post("/files/sanitised", body())
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_senders_are_denied_until_a_day_and_the_entry_is_ended(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), TokenScope.SENDERS_READ, TokenScope.SENDERS_WRITE)
    made = await p.post("/senders", {"stance": "deny", "subject": "*@Example.com", "reason": "なりすまし", "days": 30})
    assert (made.status_code, made.json()["subject"], made.json()["by"]) == (201, "@example.com", "syo")
    for wrong in ({"stance": "allow", "subject": "a" * 64}, {"stance": "deny", "subject": "nobody"}):
        assert (await p.post("/senders", {**wrong, "reason": "x"})).status_code in (400, 422), wrong
    assert len((await p.get("/senders")).json()["items"]) == 1
    ended = await p.post(f"/senders/{made.json()['entry']}/removal", {"reason": "解決した"})
    assert ended.json() == {"items": [], "next": None}
    assert (await p.post("/senders/99/removal", {"reason": "x"})).status_code == 404


async def test_lg04_a_period_is_inspected_and_signed_off_when_it_is_over(c: Console) -> None:
    p = await program(c, await c.person("cso", Role.CSO), TokenScope.JOURNAL_READ, TokenScope.INSPECTIONS_SIGN)
    period = (await p.get("/inspections")).json()["items"][0]["period"]
    assert (await p.get(f"/inspections/{period}")).json()["signed"] == []
    signed = await p.post(f"/inspections/{period}/sign-off", {"comment": "異常なし"})
    assert (signed.status_code, [each["actor"] for each in signed.json()["signed"]]) == (201, ["cso"])
    assert (await p.post(f"/inspections/{period}/sign-off", {"comment": " "})).status_code == 422
    assert (await p.post("/inspections/2999-12/sign-off", {"comment": "早い"})).status_code == 409
    assert (await p.get("/inspections/2026-99")).status_code == 404


async def test_lg11_a_pack_is_fetched_as_a_zip_and_the_original_only_by_right(c: Console) -> None:
    await c.rooms.accept(b"Subject: y")
    await c.rooms.journal.seal()
    await c.rooms.journal.checkpoint()
    [mail] = await c.rooms.spool.queue()
    auditor = await program(c, await c.person("aud", Role.AUD), TokenScope.JOURNAL_EXPORT)
    made = await auditor.post(f"/journal/mail/{mail.item.receipt}/pack", {"reason": "監査"})
    assert made.headers["content-type"] == "application/zip"
    assert made.headers["content-disposition"] == f'attachment; filename="mugai-evidence-{mail.item.receipt}.zip"'
    digest = base64.b64encode(hashlib.sha256(made.content).digest()).decode()
    assert made.headers["content-digest"] == f"sha-256=:{digest}:"
    assert made.headers["content-length"] == str(len(made.content))
    found = examine(made.content, c.rooms.journal.verifier)
    assert (found.ok, found.entries) == (True, 1)
    assert (await auditor.post(f"/journal/mail/{mail.item.receipt}/pack", {"reason": "x", "original": True})).status_code == 403
    assert (await auditor.post("/journal/pack", {"purpose": "監査", "kind": "received"})).status_code == 200
    assert (await auditor.post("/journal/pack", {"purpose": "監査", "kind": "bounced"})).status_code == 404
    assert (await auditor.post("/journal/pack", {"kind": "received"})).status_code == 422


async def test_ds01_no_pack_stays_in_the_database_for_a_second_answer(c: Console) -> None:
    """It may hold an original, whose key is destroyed with it: a copy in plain would outlive that."""
    await c.rooms.accept(b"Subject: y")
    await c.rooms.journal.seal()
    await c.rooms.journal.checkpoint()
    [mail] = await c.rooms.spool.queue()
    p = await program(c, await c.person("cso", Role.CSO), TokenScope.JOURNAL_EXPORT)
    body = {"reason": "監査", "original": True}
    assert (await p.post(f"/journal/mail/{mail.item.receipt}/pack", body, Idempotency_Key="one")).status_code == 200
    assert (await p.post("/journal/pack", {"purpose": "監査"}, Idempotency_Key="two")).status_code == 200
    kept = await c.rooms.db.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM api_answer").scalar_one())
    assert kept == 0


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/", "/api/v1/nowhere", "/api/v1/held/", "/api/v2/held", "/api/v1x", "/api/x", "/api/v1/x%0Ay"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_what_is_no_operation_is_answered_as_a_program_reads_it(c: Console, path: str, method: str) -> None:
    answer = await c.client().request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_ac02_a_token_of_one_section_lists_no_sender_for_the_whole_house(c: Console) -> None:
    scopes = (TokenScope.SENDERS_READ, TokenScope.SENDERS_WRITE)
    p = await program(c, await c.person("syo", Role.SYO), *scopes, patterns=["*@kenko.example.jp"])
    for stance in ("deny", "allow"):
        assert (await p.post("/senders", {"stance": stance, "subject": "@example.com", "reason": "x"})).status_code == 403
    assert (await p.post("/senders/1/removal", {"reason": "x"})).status_code == 403
    assert (await p.get("/senders")).json()["items"] == []

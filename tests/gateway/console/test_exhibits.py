"""AU-01: an auditor takes the evidence of requirements from a screen, and by a token; nobody else does."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.console import app
from gateway.directory import Role
from gateway.evidence.examine import examine
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_held import held

FORM = {
    "profile": "miyazaki",
    "first": "2026-11-01",
    "last": "2026-11-18",
    "requirement": ["LG-08", "AV-03"],
    "reason": "定期監査",
}


@pytest.fixture
async def auditor(c: Console) -> Browser:
    await held(c)
    done = journal.SelfInspected(actor="kanri", profile="miyazaki", results=("ok 90",), sha256="0" * 64)
    await c.rooms.journal.write(done)
    return await c.signed_in(await c.person("aud", Role.AUD))


async def test_au01_the_pack_holds_judgement_settings_rules_and_entries(c: Console, auditor: Browser, tmp_path: Path) -> None:
    page = (await auditor.get("/audit/evidence?requirement=lg-08")).text
    assert "miyazaki" in page
    assert '<option value="LG-08" selected' in page
    assert 'name="last" type="date" value="2026-11-18"' in page, "also on the first page after signing in"
    answer = await auditor.post("/audit/evidence", **FORM)
    assert answer.headers["content-disposition"] == 'attachment; filename="mugai-evidence-2-requirements.zip"'
    (tmp_path / "pack.zip").write_bytes(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        names = pack.namelist()
        [judgement] = [name for name in names if name.endswith("judgement.json")]
        rows = json.loads(pack.read(judgement))["rows"]
    assert sorted(row["id"] for row in rows) == ["AV-03", "LG-08"]
    assert any(name.endswith("settings.json") for name in names)
    assert any(name.endswith("policy.yaml") for name in names)
    assert examine(answer.content).ok
    [packed] = await journal.search(c.rooms.db, kind="packed")
    assert dict(packed.facts)["actor"] == "aud"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"profile": "../../etc"}, 404),
        ({"profile": "nowhere"}, 404),
        ({"requirement": "XX-99"}, 404),
        ({"requirement": ()}, 400),
        ({"first": "yesterday"}, 400),
        ({"first": "2026-11-19"}, 413),
        ({"reason": " "}, 400),
        ({"first": "2020-01-01", "last": "2020-01-02"}, 404),
    ],
)
async def test_what_cannot_be_proven_is_said(auditor: Browser, changed: dict[str, str], status: int) -> None:
    assert (await auditor.post("/audit/evidence", **(FORM | changed))).status_code == status


async def test_au01_a_program_of_the_auditor_takes_the_same(c: Console, auditor: Browser) -> None:
    p = await program(c, await c.person("aud2", Role.AUD), TokenScope.AUDIT_WRITE)
    body = {**FORM, "requirements": FORM["requirement"]}
    del body["requirement"]
    answer = await p.post("/evidence", body)
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")
    assert (await p.post("/evidence", body | {"profile": "nowhere"})).status_code == 404


async def test_a_console_that_does_not_know_its_file_offers_nothing(c: Console) -> None:
    c.desk = app.desk(c.desk.settings, c.desk.store)
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    assert "規程 (config/profiles) が見つかりません" in (await auditor.get("/audit/evidence")).text
    assert (await auditor.post("/audit/evidence", **FORM)).status_code == 404

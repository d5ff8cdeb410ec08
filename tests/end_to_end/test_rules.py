"""Rules change on a running gateway: tried on real stored mail, published by two people, taken back (LG-07, LG-08)."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from gateway.policy import file as policy_file
from samples.build import samples
from tests.end_to_end.outbound import SHIPPED, STAFF, House, house, mail
from tests.running import CONFIG
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ADMIN, SECOND = "jouhoukacho@city.example.lg.jp", "jouhou@city.example.lg.jp"
RULE = """rules:
  - name: partner-held
    match: {sender: '*@partner.example'}
    action: hold
    reason: 取引先の確認中
    clauses: [HD-03]
"""
DRAFT = SHIPPED.replace("\nrules:\n", f"\n{RULE}", 1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(clamd, tmp_path_factory.mktemp("rules")) as opened:
        opened.gateway.mugai("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        for sample in [s for s in samples() if s.path.startswith("mail/")][:6]:
            await opened.send(sample.content, STAFF, sender="someone@example.com", inbound=True)
        await opened.send(mail(), STAFF, sender="sales@partner.example", inbound=True)
        await opened.send(mail(body="電話 03-1234-5678 までご連絡ください。\n"), "partner@example.com")
        await opened.gateway.until_empty()
        yield opened


def hand(who: str) -> tuple[str, ...]:
    return "--as", who, "--reason", "取引先の指示による"


async def in_force(site: House, text: str) -> None:
    wanted = policy_file.parse(text).version
    await until(lambda: site.gateway.healthy()["policy"] == wanted)


async def test_dv02_a_draft_is_tried_on_stored_mail(site: House, tmp_path: Path) -> None:
    draft, table = tmp_path / "draft.yaml", tmp_path / "changes.csv"
    draft.write_text(DRAFT)
    stored = site.gateway.facts("decided")
    for extra in ((), ("--full", "--resume", str(tmp_path / "done")), ("--full", "--resume", str(tmp_path / "done"))):
        told = json.loads(site.gateway.mugai("replay", str(draft), "--json", "--csv", str(table), *extra, check=False))
        assert (told["mails"], told["changed"], told["failed"], told["kinds"]) == (8, 1, 0, {"deliver -> hold": 1}), extra
        [changed] = told["changes"]
        assert changed["sender"] == "sales@partner.example"
        assert changed["inspected"] is bool(extra)
        assert [change["after"]["rule"] for change in changed["changes"]] == ["partner-held"]
        [heading, row] = csv.reader(table.read_text("utf-8-sig").splitlines())
        assert row[heading.index("sender")] == "sales@partner.example"
    same = json.loads(site.gateway.mugai("replay", str(CONFIG / "policy.yaml"), "--full", "--json"))
    assert same["changed"] == 0, "the record and today's look agree"
    assert site.gateway.facts("decided") == stored, "nothing was decided by it"
    assert site.gateway.queued() == []


async def test_lg08_two_people_publish_what_the_next_mail_meets_and_take_it_back(site: House, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(DRAFT)
    mugai = site.gateway.mugai
    [number, case] = [
        word for word in mugai("policy", "propose", str(draft), *hand(ADMIN)).replace(":", "").split() if word.isdecimal()
    ][:2]
    assert "another person" in _error(site, "approval", "approve", case, *hand(ADMIN))
    assert "wanted" in _error(site, "policy", "publish", number, *hand(ADMIN))
    assert site.gateway.healthy()["policy"] == policy_file.parse(SHIPPED).version
    mugai("approval", "approve", case, *hand(SECOND))
    mugai("policy", "publish", number, *hand(ADMIN))
    await in_force(site, DRAFT)
    receipt = await site.send(mail("公開の後"), STAFF, sender="sales@partner.example", inbound=True)
    assert await site.came_in(receipt) == []
    assert next(e for e in site.gateway.held() if e["receipt"] == receipt)["rule"] == "partner-held"

    old = tmp_path / "old.yaml"
    old.write_text(SHIPPED)
    told = mugai("policy", "propose", str(old), "--emergency", *hand(ADMIN))
    assert "in force at once" in told
    await in_force(site, SHIPPED)
    case = told.split("case ")[1].split(":")[0]
    mugai("approval", "deny", case, *hand("fukushicho@city.example.lg.jp"))
    await in_force(site, DRAFT)
    assert "partner-held" in mugai("policy", "diff", str(old), "--from", number, check=False)
    assert "*@partner.example" in mugai("journal", "search", "--kind", "policy_proposed")


async def test_hd03_explain_and_check_follow_the_version_in_force_and_not_the_file(site: House, tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(mail().as_bytes())
    command = ("explain", str(path), "--from", "sales@partner.example", "--to", STAFF)
    [told] = json.loads(await asyncio.to_thread(site.gateway.mugai, *command, "--json"))
    assert (told["rule"], told["policy"], told["state"]) == ("partner-held", policy_file.parse(DRAFT).version, "held")
    assert told["rules"][-1] == {"rule": "partner-held", "answer": "holds", "by": ""}
    assert told["policy_source"] == "policy version 1"
    assert "取引先の確認中" in told["letters"][0]["text"]
    assert f"{site.gateway.policy} は使われていません" in await asyncio.to_thread(site.gateway.mugai, *command)
    checked = await asyncio.to_thread(lambda: site.gateway.mugai("check", check=False))
    assert f"warn  rules in force: policy version 1 ({told['policy']}); {site.gateway.policy} says something else" in checked


async def test_a_bad_draft_is_refused_with_its_line_and_the_old_rules_stay(site: House, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(DRAFT.replace("action: hold\n    reason: 取引先", "action: pass\n    reason: 取引先"))
    before = site.gateway.healthy()["policy"]
    line = DRAFT[: DRAFT.index("partner-held")].count("\n") + 3
    for command in (("policy", "propose", str(bad), *hand(ADMIN)), ("replay", str(bad))):
        assert f":{line}: rules.0.action" in _error(site, *command)
    assert site.gateway.healthy()["policy"] == before


def _error(site: House, *command: str) -> str:
    with pytest.raises(AssertionError) as refused:
        site.gateway.mugai(*command)
    return str(refused.value)

"""The API on a running gateway: the examples of docs/api.md, as they stand there, and what became of them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import settings as settings_file
from gateway.clamd import PrivateClamd
from gateway.console import app
from gateway.directory import Role
from gateway.store.opening import open_store
from samples.build import samples
from tests.browser.make_site import PASSWORD, Site, send, start
from tests.running import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
SCOPES = (
    "quarantine:read",
    "quarantine:release",
    "journal:read",
    "journal:export",
    "files:sanitise",
    "cutoff:write",
    "cutoff:read",
)


@pytest.fixture(scope="module")
def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One mail is held and somebody may release it."""
    place = tmp_path_factory.mktemp("api")
    opened = start(place / "site", clamd.socket, free_port())
    send(opened.gateway, [next(each.content for each in samples() if each.path.startswith("mail/"))])
    asyncio.run(until(opened.gateway.held))
    asyncio.run(_account(opened))
    yield opened
    opened.stop()
    opened.gateway.stop()


async def _account(site: Site) -> None:
    settings = settings_file.load(site.gateway.config)
    with open_store(settings) as store:
        accounts = app.desk(settings, store).accounts
        await accounts.accept(await accounts.invite("hanako", "審査 花子", (Role.CSO,), (), "test"), "", "", PASSWORD)


def test_the_examples_of_the_document_work(site: Site, tmp_path: Path) -> None:
    given = [word for scope in SCOPES for word in ("--scope", scope)]
    made = site.gateway.mugai("console", "token", "create", "--owner", "hanako", "--name", "試験", "--days", "1", *given)
    answers = [_run(each, site, made.split()[0], tmp_path) for each in EXAMPLES]
    listed, released, found, _, sanitised, stopped = answers
    assert [each["entry"] for each in listed["items"]] == [1]
    assert released["state"] == "released"
    assert [each["facts"]["actor"] for each in found["items"]] == ["hanako"]
    assert "見積 1,000円" in base64.b64decode(sanitised["content"]).decode("utf-8-sig")
    assert (stopped["scope"], stopped["value"], stopped["actor"]) == ("host", "192.0.2.15", "hanako")
    assert "hanako" in site.gateway.mugai("console", "token", "list", "--json")
    assert _run(EXAMPLES[1], site, made.split()[0], tmp_path) == released
    assert site.gateway.mugai("journal", "verify", "--pack", str(tmp_path / "evidence.zip")).startswith("ok: ")


def _run(example: str, site: Site, token: str, place: Path) -> dict[str, Any]:
    """What is answered; {} = it went into a file."""
    environment = {**os.environ, "MUGAI": f"{site.origin}/api/v1", "TOKEN": token}
    done = subprocess.run(["sh", "-eu", "-c", example], capture_output=True, text=True, env=environment, cwd=place, check=False)
    assert done.returncode == 0, (example, done.stdout, done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout or "{}")
    return answer

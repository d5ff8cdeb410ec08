"""The building plan: proven first, then listening; below the required isolation no door opens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.app import Gateway, SetupError
from gateway.sandbox import Sandbox, SelfTest
from gateway.settings import Settings
from gateway.store.opening import open_store
from tests.running import free_port

CONFIG = Path(__file__).parents[2] / "config" / "gateway.yaml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a door where nobody else listens."""
    shipped = settings_file.load(CONFIG)
    inbound = shipped.inbound.model_copy(update={"port": free_port()})
    return shipped.model_copy(update={"state_directory": tmp_path, "inbound": inbound})


async def test_below_the_required_level_nothing_listens(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def weak(self: Sandbox) -> SelfTest:
        return SelfTest(1, 0, 50, ("open /etc/passwd",))

    monkeypatch.setattr(Sandbox, "start", weak)
    with open_store(settings) as store:
        with pytest.raises(SetupError, match="sandbox level 1, 3 is required: open /etc/passwd"):
            await Gateway(settings, store).start()
        [entry] = await journal.search(store.db, kind="self_tested")
        assert dict(entry.facts)["passed"] == "False"
    with pytest.raises(OSError):
        socket.create_connection((settings.inbound.host, settings.inbound.port), 0.2)


async def test_an_open_relay_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.intake.check_not_open_relay", lambda listeners: ["outbound: would relay"])
    with open_store(settings) as store, pytest.raises(SetupError, match="open relay: outbound: would relay"):
        await Gateway(settings, store).start()

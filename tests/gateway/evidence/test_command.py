"""`mugai journal search|export|pack|verify` as somebody types them, on a store with a mail in it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway.cli import main
from gateway.store.opening import open_store
from tests.gateway.make_spool import envelope


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(f"state_directory: {tmp_path / 'state'}\n")
    with open_store(settings_file.load(file)) as store:

        async def accept() -> str:
            incoming = store.spool.incoming()
            await incoming.write(b"Subject: x\r\n\r\nbody")
            return (await store.spool.accept(envelope(), incoming, b"")).receipt

        (tmp_path / "receipt").write_text(asyncio.run(accept()))
    return file


def mugai(config: Path, *words: str) -> int:
    return main(["--config", str(config), "journal", *words])


def test_au01_a_pack_from_the_command_convinces_and_a_changed_one_does_not(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, pack = (tmp_path / "receipt").read_text(), tmp_path / "pack.zip"
    words = ("pack", "--mail", receipt, "--reason", "監査", "--original", "-o", str(pack))
    assert mugai(config, *words) == 0
    assert pack.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SystemExit, match="File exists"):
        mugai(config, *words)
    os.rename(tmp_path / "state", tmp_path / "elsewhere")
    assert mugai(config, "verify", "--pack", str(pack)) == 0
    said = capsys.readouterr()
    assert "ok: 1 entries" in said.out
    assert "compare it with the one kept elsewhere" in said.err
    pack.write_bytes(pack.read_bytes().replace(b"192.0.2.1", b"192.0.2.9"))
    assert mugai(config, "verify", "--pack", str(pack)) == 1
    assert "TAMPERED" in capsys.readouterr().out
    assert not (tmp_path / "state").exists(), "checked without the store"


def test_ml11_an_export_has_a_purpose_and_is_recorded(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "journal.csv"
    with pytest.raises(SystemExit):
        mugai(config, "export", "-o", str(out))
    assert mugai(config, "export", "--purpose", "監査", "--kind", "received", "-o", str(out)) == 0
    assert out.read_bytes().startswith("\ufeff".encode())
    assert "hanako@city.example.lg.jp" in out.read_text()
    assert mugai(config, "search", "--kind", "exported") == 0
    assert "purpose=監査" in capsys.readouterr().out


def test_a_pack_of_everything_or_of_nothing_is_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "pack.zip")
    assert mugai(config, "pack", "--reason", "x", "-o", out) == 2
    assert "name one mail" in capsys.readouterr().err
    assert mugai(config, "pack", "--reason", "x", "--mail", "R-NONE", "-o", out) == 2

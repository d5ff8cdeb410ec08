"""W17: another `spool.key`: after it, and after a crash at any moment, every content is read and nothing else vouched for."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import settings as settings_file
from gateway.cli import main
from gateway.commands import check
from gateway.journal import Query, find
from gateway.settings import Settings
from gateway.spool import StoreUnavailable, keys, rotation, vouching
from gateway.spool.contents import Stored, about
from gateway.spool.rotation import Rotated, rotate
from gateway.store.opening import open_store
from gateway.store.schema import cleared, content_key, message
from tests.gateway.make_spool import START, Rooms, rooms

CONFIG = Path(__file__).parents[2] / "config" / "gateway.yaml"


class Died(BaseException):
    """As by kill -9: nothing that comes after it is done."""


def quiet(done: int, total: int) -> None:
    assert 0 < done <= total


def files(root: Path) -> tuple[Path, Path]:
    return root / "mugai.db", root / keys.FILE


async def filled(root: Path) -> list[str]:
    """One small and one large mail that wait, one held, one whose copy waits for the next hop."""
    async with rooms(root) as r:
        await r.held()
        await r.accept(b"small")
        await r.clear(b"copy " * 1_000)
        await r.accept(b"large " * 100_000)
        return [item for (item,) in await r.db.read(lambda conn: conn.execute(sa.text("SELECT id FROM message")).all())]


async def readable(root: Path, items: list[str]) -> None:
    async with rooms(root) as r:
        assert await r.spool.unreadable() == (len(items) + 1, [])
        assert [content for _, content in await r.copies()] == [b"copy " * 1_000]
        assert await r.db.read(vouched, r)
    assert not keys.next_to(root / keys.FILE).exists()


def vouched(conn: sa.Connection, r: Rooms) -> bool:
    [(copy, told)] = conn.execute(sa.select(vouching.voucher.c.copy, vouching.voucher.c.recipients)).all()
    return vouching.is_vouched(conn, r.key, copy, ["hanako@city.example.lg.jp"]) and "hanako" in told


async def test_w17_every_content_is_read_with_the_new_key_and_none_with_the_old(tmp_path: Path) -> None:
    items, (_, file) = await filled(tmp_path), files(tmp_path)
    old = X25519PrivateKey.from_private_bytes(file.read_bytes())
    assert rotate(*files(tmp_path), "admin", "年度更新", START, quiet) == Rotated(len(items) + 1, 0)
    assert file.read_bytes() != old.private_bytes_raw()
    assert file.stat().st_mode & 0o777 == 0o600
    await readable(tmp_path, items)
    async with rooms(tmp_path) as r:
        query = sa.select(content_key.c.wrapped, message.c.size, message.c.sha256).join(message)
        for wrapped, size, sha256 in await r.db.read(lambda conn: conn.execute(query).all()):
            content = about(Stored(size, sha256, None, None, None))
            assert len(keys.unwrapped(r.key, wrapped, content)) == 32
            with pytest.raises(InvalidTag):
                keys.unwrapped(old, wrapped, content)
        await r.journal.seal()
        [fact] = await find(r.db, Query(kind="key_rotated"), 9)
        assert dict(fact.facts)["contents"] == str(len(items) + 1)
        [fresh] = [await r.accept(b"after it")]
        assert await r.spool.content(fresh.id) == b"after it"


async def test_w17_a_destroyed_key_stays_destroyed_and_a_damaged_one_is_counted(tmp_path: Path) -> None:
    await filled(tmp_path)
    async with rooms(tmp_path) as r:
        for number, wrapped in ((1, keys.DESTROYED), (2, b"x" * 80)):
            change = content_key.update().where(content_key.c.id == number).values(wrapped=wrapped)
            await r.db.write(sa.Connection.execute, change)
    assert rotate(*files(tmp_path), "admin", "x", START, quiet).damaged == 1
    async with rooms(tmp_path) as r:
        rows = await r.db.read(lambda conn: conn.scalars(sa.select(content_key.c.wrapped).order_by(content_key.c.id)).all())
        assert rows[:2] == [keys.DESTROYED, b"x" * 80]


async def test_w17_a_copy_that_somebody_else_put_there_is_not_vouched_for_afterwards(tmp_path: Path) -> None:
    await filled(tmp_path)
    async with rooms(tmp_path) as r:
        await r.db.write(lambda conn: conn.execute(cleared.update().values(sha256="0" * 64)))
    rotate(*files(tmp_path), "admin", "x", START, quiet)
    async with rooms(tmp_path) as r:
        assert not await r.db.read(vouched, r)


@pytest.mark.parametrize("moment", ["key written", "half wrapped", "before the commit", "committed", "old key overwritten"])
async def test_w17_after_a_crash_at_any_moment_everything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    items, (_, file) = await filled(tmp_path), files(tmp_path)
    before = file.read_bytes()

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        match moment:
            case "key written":
                patched.setattr(rotation, "_wrapped_anew", die)
            case "half wrapped":
                patched.setattr(rotation, "_BATCH", 2)
            case "before the commit":
                patched.setattr(rotation.journal, "insert", die)
            case "committed":
                patched.setattr(keys, "_finish", die)
            case _:
                patched.setattr(Path, "rename", _but_temporary(Path.rename))
        progress = die if moment == "half wrapped" else quiet
        with pytest.raises(Died):
            rotate(*files(tmp_path), "admin", "x", START, progress)
    assert keys.next_to(file).exists()
    await readable(tmp_path, items)
    assert (file.read_bytes() == before) is (moment not in ("committed", "old key overwritten"))


def _but_temporary(rename):  # type: ignore[no-untyped-def]
    def renamed(self: Path, target: Path) -> Path:
        if self.name.endswith(keys.NEXT):
            raise Died
        return rename(self, target)  # type: ignore[no-any-return]

    return renamed


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.spool import keys, rotation

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

root, moment = Path(sys.argv[1]), sys.argv[2]
rotation._BATCH = 2
if moment == "committed":
    keys._finish = die
rotation.rotate(root / "mugai.db", root / keys.FILE, "x", "x", 1.0, die if moment == "half wrapped" else lambda *_: None)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["half wrapped", "committed"])
async def test_w17_kill_9_in_the_middle_loses_nothing(tmp_path: Path, moment: str) -> None:
    items = await filled(tmp_path)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    await readable(tmp_path, items)
    rotate(*files(tmp_path), "admin", "again", START, quiet)
    await readable(tmp_path, items)


async def test_w17_nobody_rotates_under_a_running_gateway(tmp_path: Path) -> None:
    await filled(tmp_path)
    key = (tmp_path / keys.FILE).read_bytes()
    async with rooms(tmp_path):
        with pytest.raises(StoreUnavailable, match="locked"):
            rotate(*files(tmp_path), "admin", "x", START, quiet)
    assert (tmp_path / keys.FILE).read_bytes() == key


def test_w17_the_command_says_what_it_did_and_what_is_left_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(f"base: {CONFIG}\nstate_directory: {tmp_path / 'var'}\n")
    settings: Settings = settings_file.load(file)
    with open_store(settings):
        assert main(["-c", str(file), "keys", "rotate", "--reason", "x"]) == 2
    assert "stop the gateway, the console and other commands first; nothing was changed" in capsys.readouterr().err
    assert main(["-c", str(file), "keys"]) == 0
    assert "spool.key: since 20" in capsys.readouterr().out
    [first] = check.key(tmp_path / "var" / keys.FILE, 0, 12.4)
    assert "12 days old" in first.text
    assert main(["-c", str(file), "keys", "rotate", "--reason", "年度更新"]) == 0
    assert "mugai backup --keys" in capsys.readouterr().out
    assert main(["-c", str(file), "keys"]) == 0
    assert "since 20" in capsys.readouterr().out

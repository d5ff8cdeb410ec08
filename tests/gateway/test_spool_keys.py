"""The store's key: made once, never anew for a store that has one; a process without it reads no content."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import cli
from gateway import settings as settings_file
from gateway.commands import check
from gateway.settings import Settings
from gateway.spool import NoKey, Spool, keys
from gateway.store.db import Db
from gateway.store.opening import open_store
from gateway.store.schema import message
from tests.gateway.make_spool import rooms

CONFIG = Path(__file__).parents[2] / "config"


def settings_of(root: Path) -> Settings:
    config = root / "gateway.yaml"
    config.write_text(f"state_directory: {root}/state\nnotices: {CONFIG / 'notices'}\npolicy: {CONFIG / 'policy.yaml'}\n")
    return settings_file.load(config)


def test_the_first_start_makes_the_key_for_the_owner_only_and_later_ones_find_it(tmp_path: Path) -> None:
    db, file = Db(tmp_path / "mugai.db"), tmp_path / keys.FILE
    made = keys.opened(db, file)
    assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 32)
    assert keys.opened(db, file).private_bytes_raw() == made.private_bytes_raw() == file.read_bytes()
    db.close()


def test_a_key_that_was_written_before_the_store_knew_it_is_the_one(tmp_path: Path) -> None:
    """A crash between file and row; or a store made anew beside the old key."""
    (tmp_path / keys.FILE).write_bytes(b"k" * 32)
    db = Db(tmp_path / "mugai.db")
    assert keys.opened(db, tmp_path / keys.FILE).private_bytes_raw() == b"k" * 32
    db.close()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, "is missing, and no mail in the store can be read"),
        (b"", "is no key of a store"),
        (b"x" * 31, "is no key of a store"),
        (secrets.token_bytes(32), "belongs to another store"),
    ],
    ids=("missing", "empty", "short", "another"),
)
def test_a_store_whose_key_is_not_there_does_not_open_and_gets_no_new_one(
    left: bytes | None, said: str, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    file = settings.place(keys.FILE)
    with open_store(settings):
        pass
    file.unlink()
    if left is not None:
        file.write_bytes(left)
    with pytest.raises(NoKey, match=said), open_store(settings):
        pass
    assert (file.read_bytes() if file.exists() else None) == left


async def test_without_the_key_everything_works_but_reading_contents(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        apart = Spool(r.db, r.blobs, r.clock)
        item = await r.accept(b"small")
        assert (await apart.show(item.receipt)).item.id == item.id
        with pytest.raises(NoKey, match="not be read in this process"):
            await apart.content(item.id)
        lease = await r.clear()
        with pytest.raises(NoKey):
            await apart.cleared(lease)
        assert await apart.audit() == []


@pytest.mark.parametrize("command", [["queue", "list"], ["quarantine", "list"], ["serve"], ["check"]], ids=lambda c: c[0])
def test_w17_no_command_goes_on_without_the_key_and_each_says_it_in_one_sentence(
    command: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(tmp_path)
    with open_store(settings):
        pass
    settings.place(keys.FILE).unlink()
    assert cli.main(["--config", str(tmp_path / "gateway.yaml"), *command]) in (1, 2)
    assert "spool.key is missing, and no mail in the store can be read without it" in "".join(capfd.readouterr())
    assert not settings.place(keys.FILE).exists()


def test_check_says_whether_others_read_the_key_and_what_is_not_encrypted(tmp_path: Path) -> None:
    file = tmp_path / keys.FILE
    file.touch(0o600)
    [good] = check.key(file, 0, None)
    assert good.level == "ok"
    file.chmod(0o640)
    [bad, old] = check.key(file, 3, None)
    assert (bad.level, old.level) == ("bad", "warn")
    assert f"(mode 0640): `chmod 600 {file}`" in bad.text
    assert old.text.startswith("3 contents of an earlier version are not encrypted")


async def test_what_an_earlier_version_left_is_counted_until_it_is_gone(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        old, _ = await r.accept(b"old"), await r.accept(b"new")
        plain = message.update().where(message.c.id == old.id).values(content=b"old", content_key=None)
        await r.db.write(lambda conn: conn.execute(plain))
        assert await r.db.read(keys.in_clear) == 1
        await r.spool.delete(old.id, "test", "test")
        r.times.pass_(31 * 86_400)
        await r.spool.gc()
        assert await r.db.read(keys.in_clear) == 0


async def test_a_public_half_that_somebody_put_into_the_file_locks_no_mail_away_from_us(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        foreign = X25519PrivateKey.generate().public_key().public_bytes_raw()
        await r.db.write(lambda conn: conn.execute(keys.master_key.update().values(public=foreign)))
        r.db._writer.dispose()  # as after an error of the store: the next write opens a new connection
        item = await r.accept(b"still ours")
        assert await r.spool.content(item.id) == b"still ours"

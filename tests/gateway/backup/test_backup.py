"""AVL-03: a backup is one moment, whole or none; what comes back is all there, and nothing of it goes out by itself."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.backup import keys as keyring
from gateway.backup import making, restoring
from gateway.backup.making import Made, NoRoom, found, make
from gateway.backup.manifest import DATABASE, FILE, BadBackup, Manifest, read, signed
from gateway.backup.nightly import Nightly
from gateway.backup.restoring import rehearse, restore, verify
from gateway.backup.unpacking import Examined, unpack
from gateway.backup_settings import BackupSettings
from gateway.cli import main
from gateway.clock import Clock
from gateway.commands import check
from gateway.docket import Docket, Filter
from gateway.journal import JournalDamaged, Query, find
from gateway.model import Authored, Direction, State, Work
from gateway.quarantine import AlreadyDone, Doubted
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from tests.gateway.make_spool import Times, clearing, ending, envelope, holding

CONFIG = Path(__file__).parents[3] / "config" / "gateway.yaml"
LARGE = 200 << 10  # above what stands in a row


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "medium").mkdir()
    return settings_file.load(CONFIG).model_copy(update={"state_directory": tmp_path / "var"})


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    with open_store(settings) as opened:
        yield opened


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


async def accept(store: Store, content: bytes) -> str:
    incoming = store.spool.incoming()
    await incoming.write(content)
    return (await store.spool.accept(envelope(), incoming, b"Received: by us\r\n")).id


async def settled(store: Store, content: bytes, how: str) -> str:
    """A mail that is held, waits for the next hop, or has arrived."""
    item = await accept(store, content)
    [lease] = await store.spool.claim("here", Work.INSPECT, 1, 30)
    await store.spool.settle(lease, holding(lease) if how == "held" else clearing(lease, b"safe" + content))
    if how == "relayed":
        [lease] = await store.spool.claim("here", Work.RELAY, 1, 30)
        await store.spool.settle(lease, ending(lease))
    return item


async def backup(store: Store, settings: Settings) -> Made:
    await store.journal.seal()
    await store.journal.checkpoint()
    return await make(settings, CONFIG, store, settings.state_directory.parent / "medium", "admin", quiet)


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"state_directory": tmp_path / "other"})


async def test_avl03_what_comes_back_is_all_there(settings: Settings, store: Store, tmp_path: Path) -> None:
    held = await settled(store, b"h" * LARGE, "held")
    small = await settled(store, b"small", "held")
    arrived = await settled(store, b"a" * LARGE, "relayed")
    waiting = await settled(store, b"w" * LARGE, "waiting")
    made = await backup(store, settings)
    keys = keyring.of(settings.state_directory)
    other = elsewhere(settings, tmp_path)
    back = await restore(other, made.place, keys, "admin", quiet)
    assert (back.examined.problems, back.examined.contents) == ((), 5)
    with open_store(other) as restored:
        assert await restored.spool.unreadable() == (5, [])
        for item, state in ((held, "held"), (small, "held"), (waiting, "sanitised"), (arrived, "relayed")):
            assert {row.state for row in (await restored.spool.show(item)).recipients} == {State(state)}, item
        assert await restored.spool.audit() == []
        assert (await journal.verify(restored.db, restored.journal.verifier)).ok
        [entry] = await find(restored.db, Query(kind="restored"), 9)
        assert dict(entry.facts)["sha256"] == hashlib.sha256((made.place / FILE).read_bytes()).hexdigest()
        assert dict(entry.facts)["stopped"] == "1"
        await restored.journal.start()  # goes on where the backup was: not damaged
        await restored.journal.stop()
    assert not list(other.state_directory.glob("rehearsal.*"))


async def test_avl03_what_was_on_its_way_does_not_go_out_by_itself(settings: Settings, store: Store, tmp_path: Path) -> None:
    item = await settled(store, b"waits for the next hop", "waiting")
    fresh = await accept(store, b"just accepted")
    made = await backup(store, settings)
    other = elsewhere(settings, tmp_path)
    back = await restore(other, made.place, keyring.of(settings.state_directory), "admin", quiet)
    assert len({each.receipt for each in back.waiting}) == 2
    with open_store(other) as restored:
        for work in Work:
            assert await restored.spool.claim("here", work, 9, 30) == []
        [halt] = await restored.stops.active()
        assert (halt.id, halt.scope) == (back.stop, "mails")
        new = await accept(restored, b"came after the restore")
        [lease] = await restored.spool.claim("here", Work.INSPECT, 9, 30)
        assert lease.item.id == new not in (item, fresh), "what comes now goes on"


async def test_avl03_held_mail_is_released_only_after_somebody_made_sure(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """It may have been released and delivered between the backup and the restore."""
    item = await settled(store, b"held", "held")
    made = await backup(store, settings)
    other = elsewhere(settings, tmp_path)
    await restore(other, made.place, keyring.of(settings.state_directory), "admin", quiet)
    with open_store(other) as restored:
        [entry] = await restored.quarantine.list()
        assert entry.restored == made.manifest.made
        [line, *_] = await Docket(restored.db).page(Filter())
        assert line.restored == made.manifest.made
        with pytest.raises(Doubted, match=f"may have been delivered since: mugai quarantine confirm {entry.id}"):
            await restored.quarantine.release(entry.id, "reviewer", "needed")
        with pytest.raises(Doubted):
            await restored.quarantine.unlock(entry.id, "hanako")
        with pytest.raises(ValueError, match="how it was made sure"):
            await restored.quarantine.confirm(entry.id, "reviewer", " ")
        await restored.quarantine.confirm(entry.id, "reviewer", "受取人に電話で確認")
        await restored.quarantine.release(entry.id, "reviewer", "needed")
        [lease] = await restored.spool.claim("here", Work.INSPECT, 9, 30)
        assert lease.item.id == item
        with pytest.raises(AlreadyDone):
            await restored.quarantine.confirm(entry.id, "reviewer", "again")
        await restored.journal.seal()
        [fact] = await find(restored.db, Query(kind="confirmed"), 9)
        assert dict(fact.facts)["reason"] == "受取人に電話で確認"
    [entry] = await store.quarantine.list()
    assert entry.restored == "", "here it has not been restored"
    await store.quarantine.release(entry.id, "reviewer", "needed")


async def test_avl03_a_letter_of_our_own_is_frozen(settings: Settings, store: Store, tmp_path: Path) -> None:
    item = await accept(store, b"x")
    [lease] = await store.spool.claim("here", Work.INSPECT, 1, 30)

    await store.spool.settle(lease, holding(lease))
    note = Authored("notice", "", ("hanako@city.example.lg.jp",), Direction.INBOUND, b"told", False, item)
    assert await store.spool.announce("once", [note])
    made = await backup(store, settings)
    other = elsewhere(settings, tmp_path)
    back = await restore(other, made.place, keyring.of(settings.state_directory), "admin", quiet)
    assert (back.stop, back.waiting) == (0, ())
    with open_store(other) as restored:
        assert await restored.spool.claim("here", Work.RELAY, 9, 30) == []


async def test_avl03_no_row_without_its_content_while_mail_comes_and_goes(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted, cleared, relayed and disposed of all the time; what was accepted before the backup began is in it."""
    accepted: list[str] = []

    async def traffic() -> None:
        number = 0
        while True:
            number += 1
            accepted.append(await settled(store, b"%d " % number * 30_000, ("held", "relayed", "waiting")[number % 3]))
            await store.spool.gc()

    working = asyncio.create_task(traffic())
    while len(accepted) < 9:
        await asyncio.sleep(0.01)
    keys = keyring.of(settings.state_directory)
    for number in range(3):
        monkeypatch.setattr(making, "datetime", _Later(number))
        before = list(accepted)
        made = await make(settings, CONFIG, store, tmp_path / "medium", "admin", quiet)
        back = await verify(settings, made.place, keys, quiet)
        assert back.examined.problems == ()
        with sqlite3.connect(f"file:{made.place / DATABASE}?mode=ro&immutable=1", uri=True) as conn:
            there = {item for (item,) in conn.execute("SELECT id FROM message")}
        assert set(before) <= there
        named = {name for name in made.manifest.files if name.startswith("state/blobs/")}
        present = {f"state/blobs/{f.parent.name}/{f.name}" for f in (made.place / "state" / "blobs").glob("*/*")}
        assert named == present, "exactly what the moment names"
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_avl03_contents_that_come_or_go_meanwhile_are_there_if_the_moment_names_them(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is accepted between the first round and the moment, one is destroyed right after the moment."""
    old, new = await accept(store, b"o" * LARGE), ""
    [first] = (settings.state_directory / "blobs").glob("?/*")
    moment = making._Copying._moment

    async def meanwhile(copying: making._Copying) -> list[str]:
        nonlocal new
        new = await accept(store, b"n" * LARGE)
        named = await moment(copying)
        first.unlink()
        return named

    monkeypatch.setattr(making._Copying, "_moment", meanwhile)
    made = await backup(store, settings)
    blobs = [name for name in made.manifest.files if "/blobs/" in name]
    assert len(blobs) == 2
    assert f"state/blobs/{first.parent.name}/{first.name}" in blobs
    back = await verify(settings, made.place, keyring.of(settings.state_directory), quiet)
    assert (back.examined.contents, back.examined.problems) == (2, ())
    assert old != new


async def test_avl03_each_night_one_and_only_so_many_stay(settings: Settings, store: Store, tmp_path: Path) -> None:
    times, folder = Times(), tmp_path / "medium"
    clocked = replace(store, clock=Clock(lambda: times.wall, lambda: times.monotonic))
    wanted = settings.model_copy(update={"backup": BackupSettings(folder=str(folder), at="00:00", keep=2)})
    nightly = Nightly(wanted, CONFIG, clocked)
    foreign = folder / "mugai-other.example-20261101-021000"
    foreign.mkdir()
    (foreign / FILE).write_text("somebody else's")
    made = []
    for _ in range(4):
        assert [await nightly.due(), await nightly.due()] == [True, False]
        made.append(found(folder, settings.hostname)[-1].name)
        times.pass_(86_400)
    assert [each.name for each in found(folder, settings.hostname)] == made[-2:]
    assert foreign.exists()
    foreign.rename(folder / "kept")
    times.pass_(86_400)
    (folder).rename(tmp_path / "unmounted")
    with pytest.raises(BadBackup, match="mounted"):
        await nightly.due()
    assert not await Nightly(settings, CONFIG, clocked).due(), "nothing is asked for"


@pytest.mark.slow
async def test_avl03_the_newest_is_rehearsed_as_often_as_is_wanted_and_a_failure_is_told(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    await settled(store, b"h" * LARGE, "held")
    made, config = await backup(store, settings), tmp_path / "gateway.yaml"
    config.write_text(f"base: {CONFIG}\nstate_directory: {settings.state_directory}\n")
    times, kept = Times(time.time()), BackupSettings(folder=str(tmp_path / "medium"), rehearse="monthly")
    clocked = replace(store, clock=Clock(lambda: times.wall, lambda: times.monotonic))
    nightly = Nightly(settings.model_copy(update={"backup": kept}), config, clocked)
    assert [await nightly.rehearsal_due(), await nightly.rehearsal_due()] == [True, False]
    [done] = await find(store.db, Query(kind="rehearsed"), 9)
    assert (dict(done.facts)["place"], dict(done.facts)["contents"]) == (str(made.place), "1")
    times.pass_(29 * 86_400)
    assert not await nightly.rehearsal_due()
    [blob] = (made.place / "state" / "blobs").glob("?/*")
    blob.unlink()
    times.pass_(2 * 86_400)
    with pytest.raises(BadBackup, match=f"{made.place.name}: mugai: .*{blob.name}"):
        await nightly.rehearsal_due()
    assert not await Nightly(settings, config, clocked).rehearsal_due(), "nothing is asked for"
    assert not list(settings.state_directory.glob("rehearsal.*"))


async def test_avl03_a_rehearsal_that_found_problems_is_repeated_after_a_day(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backup(store, settings)
    times, tried = Times(time.time()), list[str]()
    clocked = replace(store, clock=Clock(lambda: times.wall, lambda: times.monotonic))
    kept = BackupSettings(folder=str(tmp_path / "medium"), rehearse="weekly")

    async def rehearsed(nightly: Nightly, place: Path) -> None:
        tried.append(place.name)
        bad = journal.Rehearsed(actor="x", place=str(place), made="", seconds=1, contents=1, problems=("one is broken",))
        await store.journal.write(bad)

    monkeypatch.setattr(Nightly, "_rehearse", rehearsed)
    nightly = Nightly(settings.model_copy(update={"backup": kept}), CONFIG, clocked)
    found = []
    for _ in range(3):
        found.append(await nightly.rehearsal_due())
        times.pass_(0.6 * 86_400)
    assert found == [True, False, True]
    assert len(tried) == 2


async def test_avl03_who_stops_waiting_leaves_nothing_behind(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway is stopped while it makes one."""
    await settled(store, b"h" * LARGE, "held")
    begun = asyncio.Event()

    async def at_work(copying: making._Copying, files: object) -> None:
        begun.set()
        await asyncio.sleep(3_600)

    monkeypatch.setattr(making._Copying, "files", at_work)
    working = asyncio.create_task(backup(store, settings))
    await begun.wait()
    assert list((tmp_path / "medium").iterdir())
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert list((tmp_path / "medium").iterdir()) == []
    assert not await find(store.db, Query(kind="backed_up"), 9)


async def test_avl03_configuration_is_never_the_same_file_as_in_the_backup(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """It is edited in place; a content never is."""
    await settled(store, b"h" * LARGE, "held")
    (config := tmp_path / "gateway.yaml").write_text(CONFIG.read_text())
    (folder := tmp_path / "blobs").mkdir()
    made = await make(settings, config, store, folder, "admin", quiet)
    assert (made.place / f"config{config}").stat().st_nlink == 1
    [blob] = (made.place / "state" / "blobs").glob("?/*")
    assert blob.stat().st_nlink == 2


@pytest.mark.parametrize("name", ["state/../../etc/passwd", "state//etc/passwd"])
async def test_avl03_nothing_is_unpacked_elsewhere(settings: Settings, tmp_path: Path, name: str) -> None:
    manifest = Manifest("gw.example", "", "", 0, 0, {}, {name: "0" * 64})
    (tmp_path / "place").mkdir()
    with pytest.raises(BadBackup, match="names"):
        await unpack(tmp_path / "medium", manifest, tmp_path / "place", {}, quiet)


async def test_avl03_keys_that_were_made_since_the_file_was_written_do_not_keep_it_from_coming_back(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """The console makes its own at its first start; at night nobody can go back and write them."""
    await settled(store, b"h" * LARGE, "held")
    usb = tmp_path / "usb"
    keyring.write(usb, keyring.of(settings.state_directory))
    (settings.state_directory / "console.key").write_bytes(b"made later")
    made = await backup(store, settings)
    assert "console.key" in made.manifest.keys
    back = await restore(elsewhere(settings, tmp_path), made.place, keyring.read(usb), "admin", quiet)
    assert back.examined == Examined(1, ())
    for missing in ("journal.key", "spool.key"):
        keys = {name: key for name, key in keyring.read(usb).items() if name != missing}
        with pytest.raises(BadBackup, match=missing.replace(".", r"\.")):
            await verify(settings, made.place, keys, quiet)
    keyring.write(usb, keyring.of(settings.state_directory))
    assert keyring.read(usb)["console.key"] == b"made later", "written again, it holds all"


async def test_avl03_what_a_machine_that_died_left_goes_after_days(settings: Settings, store: Store, tmp_path: Path) -> None:
    old, young = (tmp_path / "medium" / f"mugai-gw-{day}-021000.partial" for day in ("20261101", "20261128"))
    left = settings.state_directory / "rehearsal.left"
    for each in (old, young, left):
        each.mkdir()
    for each in (old, left):
        os.utime(each, (0, 0))
    made = await backup(store, settings)
    assert [old.exists(), young.exists(), left.exists()] == [False, True, True]
    await verify(settings, made.place, keyring.of(settings.state_directory), quiet)
    assert not left.exists()


async def test_avl03_the_check_says_what_is_missing(settings: Settings, store: Store, tmp_path: Path) -> None:
    assert "set backup.folder" in check.backup(settings).text
    wanted = settings.model_copy(update={"backup": BackupSettings(folder=str(tmp_path / "medium"))})
    assert "holds none yet" in check.backup(wanted).text
    await backup(store, settings)
    assert "is on the disk of" in check.backup(wanted).text


class _Later:
    """Another second for each backup."""

    def __init__(self, number: int):
        self._number = number

    def fromtimestamp(self, at: float, zone: tzinfo) -> datetime:
        from datetime import datetime

        return datetime.fromtimestamp(at + self._number, zone)


@pytest.mark.parametrize("name", ["state/mugai.sqlite", "blob", "config"])
async def test_avl03_a_changed_byte_is_seen_and_nothing_is_restored(
    settings: Settings, store: Store, tmp_path: Path, name: str
) -> None:
    await settled(store, b"h" * LARGE, "held")
    made = await backup(store, settings)
    files = {each.partition("/")[0] if each.startswith("config") else each: each for each in made.manifest.files}
    files["blob"] = next(each for each in files if "/blobs/" in each)
    victim = made.place / files[name]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.unlink()  # on the same disk it is the store's own file
    victim.write_bytes(content)
    keys = keyring.of(settings.state_directory)
    with pytest.raises(BadBackup, match="is not what was written"):
        await verify(settings, made.place, keys, quiet)
    other = elsewhere(settings, tmp_path)
    with pytest.raises(BadBackup, match="is not what was written"):
        await restore(other, made.place, keys, "admin", quiet)
    assert not list(other.state_directory.iterdir())


async def test_avl03_a_list_that_somebody_wrote_anew_is_not_ours(settings: Settings, store: Store) -> None:
    made = await backup(store, settings)
    file = made.place / FILE
    file.write_text(file.read_text().replace("# entries: ", "# entries: 9"))
    with pytest.raises(BadBackup, match="signature"):
        signed(made.place, store.journal.verifier)


async def test_avl03_the_keys_are_not_in_it_and_only_its_own_open_it(settings: Settings, store: Store, tmp_path: Path) -> None:
    for content in (b"CANARY of W17", b"CANARY of W17" * LARGE):
        await settled(store, content, "held")
    made = await backup(store, settings)
    assert not [name for name in made.manifest.files if name.endswith(".key")]
    assert {"journal.key", "spool.key"} <= made.manifest.keys.keys()
    files = [file.read_bytes() for file in made.place.rglob("*") if file.is_file()]
    secret = [key for key in keyring.of(settings.state_directory).values()]
    assert not any(each in file for each in (b"CANARY", *secret) for file in files), "a backup alone opens nothing (W17)"
    keyring.write(tmp_path / "usb", keyring.of(settings.state_directory))
    assert os.stat(tmp_path / "usb").st_mode & 0o777 == 0o600
    assert keyring.read(tmp_path / "usb") == keyring.of(settings.state_directory)
    with pytest.raises(BadBackup, match="another name"):
        keyring.write(tmp_path / "usb", {"journal.key": b"0" * 32})
    with pytest.raises(BadBackup, match=r"journal\.key, spool\.key missing or another"):
        await verify(settings, made.place, {"journal.key": b"0" * 32}, quiet)
    (tmp_path / "usb").write_bytes(b"no keys")
    with pytest.raises(BadBackup, match="no file of keys"):
        keyring.read(tmp_path / "usb")


async def test_avl03_a_state_that_is_there_is_never_overwritten(settings: Settings, store: Store) -> None:
    made = await backup(store, settings)
    before = sorted(settings.state_directory.rglob("*"))
    with pytest.raises(BadBackup, match="never overwrites"):
        await restore(settings, made.place, keyring.of(settings.state_directory), "admin", quiet)
    assert sorted(settings.state_directory.rglob("*")) == before


async def test_avl03_half_of_one_is_none(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "medium")

    monkeypatch.setattr(making, "_finish", full)
    with pytest.raises(OSError, match="No space left"):
        await backup(store, settings)
    assert list((tmp_path / "medium").iterdir()) == []
    (tmp_path / "medium" / f"mugai-{settings.hostname}-20261128-021000").mkdir()
    assert found(tmp_path / "medium", settings.hostname) == []
    with pytest.raises(BadBackup, match="not finished"):
        read(tmp_path / "medium" / f"mugai-{settings.hostname}-20261128-021000")


async def test_avl03_a_medium_that_is_away_inside_or_too_small_is_said(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadBackup, match="mounted"):
        await make(settings, CONFIG, store, tmp_path / "away", "admin", quiet)
    with pytest.raises(BadBackup, match="inside"):
        await make(settings, CONFIG, store, settings.state_directory, "admin", quiet)
    monkeypatch.setattr(making, "_ROOM", 1 << 60)
    with pytest.raises(NoRoom, match="needed"):
        await backup(store, settings)


async def test_avl03_a_journal_that_is_shorter_than_what_was_signed_does_not_come_back(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    """Not by a backup that was put together from two moments, either."""
    await accept(store, b"x")
    await store.journal.seal()
    await store.journal.checkpoint()
    state = settings.state_directory / "journal.key.signed"
    newer = json.loads(state.read_bytes())
    state.write_text(json.dumps({**newer, "size": newer["size"] + 5}))
    made = await make(settings, CONFIG, store, tmp_path / "medium", "admin", quiet)
    other = elsewhere(settings, tmp_path)
    with pytest.raises(JournalDamaged):
        await restore(other, made.place, keyring.of(settings.state_directory), "admin", quiet)
    assert not list(other.state_directory.iterdir())


async def test_avl03_a_rehearsal_is_recorded_with_its_time_and_leaves_nothing(settings: Settings, store: Store) -> None:
    await settled(store, b"h" * LARGE, "held")
    made = await backup(store, settings)
    before = {path.name for path in settings.state_directory.iterdir()}
    back = await rehearse(settings, store, made.place, keyring.of(settings.state_directory), "admin", quiet)
    assert {path.name for path in settings.state_directory.iterdir()} == before
    await store.journal.seal()
    [entry] = await find(store.db, Query(kind="rehearsed"), 9)
    facts = dict(entry.facts)
    assert (facts["place"], facts["contents"], float(facts["seconds"])) == (str(made.place), "1", round(back.seconds, 1))


async def test_avl03_a_backup_of_another_gateway_is_refused(settings: Settings, store: Store, tmp_path: Path) -> None:
    made = await backup(store, settings)
    other = elsewhere(settings, tmp_path).model_copy(update={"hostname": "other.example"})
    with pytest.raises(BadBackup, match="put its config back first"):
        await restore(other, made.place, keyring.of(settings.state_directory), "admin", quiet)


def test_avl03_the_commands_from_one_machine_to_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/backup.md says."""
    (tmp_path / "medium").mkdir()
    config = tmp_path / "gateway.yaml"
    config.write_text(f"base: {CONFIG}\nstate_directory: {tmp_path / 'var'}\n")
    usb, medium = str(tmp_path / "usb.keys"), str(tmp_path / "medium")
    assert main(["--config", str(config), "backup"]) == 2
    assert main(["--config", str(config), "backup", medium, "--keys", f"{medium}/keys"]) == 2
    assert main(["--config", str(config), "backup", medium, "--keys", usb]) == 0
    [place] = Path(medium).iterdir()
    assert main(["--config", str(config), "backup", "--verify", str(place)]) == 0
    assert main(["--config", str(config), "restore", "--rehearse", str(place)]) == 0
    assert main(["--config", str(config), "restore", str(place)]) == 2
    assert "needs the keys" in capsys.readouterr().err
    assert main(["--config", str(config), "restore", str(place), "--keys", usb]) == 2
    assert "never overwrites" in capsys.readouterr().err
    (tmp_path / "var").rename(tmp_path / "damaged")
    assert (place / f"config{config}").read_text() == config.read_text()
    assert main(["--config", str(config), "restore", str(place), "--keys", usb]) == 0
    assert "復元しました" in capsys.readouterr().out
    assert main(["--config", str(config), "journal", "verify"]) == 0
    listed = [line for line in (place / FILE).read_text().splitlines() if "  " in line and not line.startswith("#")]
    (tmp_path / "sums").write_text("\n".join((*listed, "")))
    subprocess.run(["sha256sum", "--check", "--quiet", str(tmp_path / "sums")], cwd=place, check=True)


def test_avl03_whatever_would_go_on_without_a_person_is_stopped() -> None:
    assert set(State) - set(restoring._GOES_ON) == {State.HELD} | {state for state in State if state.final}

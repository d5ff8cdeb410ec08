"""What the console may read and write when it is a user of its own, and what is said when something is amiss."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway import rights
from gateway import settings as settings_file
from gateway.journal import Alarm
from gateway.journal.sealer import NotOurs
from gateway.rights import Guest, NoRight
from gateway.settings import ConsoleSettings, Settings
from gateway.store.opening import open_store

CONFIG = Path(__file__).parents[2] / "config" / "gateway.yaml"
GUEST = Guest("1001:1002", 1001, 1002, frozenset({1002}))


def at(state: Path, user: str = "") -> Settings:
    settings = settings_file.load(CONFIG)
    console = settings.console.model_copy(update={"user": user})
    return settings.model_copy(update={"state_directory": state, "console": console})


@pytest.fixture
def place() -> Iterator[Path]:
    """Others may pass through it: pytest's own folders are closed to them."""
    with TemporaryDirectory(prefix="mugai-rights-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def state(place: Path) -> Path:
    """As the gateway leaves it while it runs."""
    folder = place / "var"
    with open_store(at(folder)):
        pass
    for name in (*rights.SHARED, "spool.key", "journal.key.signed"):
        (folder / name).touch(0o600)
    return folder


def test_numbers_serve_where_the_machine_knows_no_name() -> None:
    assert rights.guest("") is None
    assert rights.guest("54321:54322") == Guest("54321:54322", 54321, 54322, frozenset({54322}))
    assert rights.guest("nobody") is not None
    with pytest.raises(NoRight, match='name its group, too: `user: "1001:1001"`'):
        rights.guest("54321")
    with pytest.raises(NoRight, match="there is no user mugai-nobody-has on this machine; `useradd --system mugai-nobody-has`"):
        rights.guest("mugai-nobody-has")
    with pytest.raises(NoRight, match="root may read everything"):
        rights.guest("root")


@pytest.mark.parametrize("user", ["-x", "a b", "1:2:3", "0", "Ü"])
def test_what_is_no_user_is_refused(user: str) -> None:
    with pytest.raises(ValueError, match="user"):
        ConsoleSettings(user=user)


def test_a_number_need_not_stand_in_quotes() -> None:
    assert ConsoleSettings.model_validate({"user": 1001}).user == "1001"


def test_the_console_gets_the_little_that_it_shares_and_nothing_else(state: Path) -> None:
    rights.share(state, GUEST)
    for name, mode in rights.SHARED.items():
        assert GUEST.may(state / name, os.R_OK), name
        assert GUEST.may(state / name, os.W_OK) is (mode == rights.WRITTEN), name
    assert not GUEST.may(state, os.W_OK), "it can neither make nor remove a file of the gateway"
    for name in rights.PRIVATE:
        assert (state / name).exists()
        assert not GUEST.may(state / name, os.R_OK), name
    (state / "later").touch()
    assert (state / "later").stat().st_gid == GUEST.gid, "what SQLite makes beside the database belongs to the group, too"
    stranger = Guest("x", 1003, 1003, frozenset({1003}))
    assert not any(stranger.may(state / name, os.R_OK) for name in rights.SHARED)


def test_without_the_setting_all_is_the_owners_again(state: Path) -> None:
    rights.share(state, GUEST)
    rights.take_back(state)
    assert {stat.S_IMODE((state / name).stat().st_mode) for name in rights.SHARED} == {0o600}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    state.chmod(0o750)  # somebody's own arrangement
    rights.take_back(state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o750


def test_self_inspections_are_the_auditors_reading(state: Path) -> None:
    (state / "reports").mkdir(0o700)
    before, later = [state / "reports" / f"{name}.json" for name in ("before", "later")]
    before.touch(0o600)
    rights.share(state, GUEST)
    later.touch(0o600)
    assert GUEST.may(before, os.R_OK)
    assert not GUEST.may(later, os.R_OK)
    rights.show(at(state, "1001:1002"), later)
    assert GUEST.may(later, os.R_OK)
    assert not GUEST.may(later, os.W_OK)
    assert not GUEST.may(state / "reports", os.W_OK)


def test_check_finds_each_fault_and_the_command_that_mends_it(state: Path, place: Path) -> None:
    rights.share(state, GUEST)
    settings, config = at(state, "1001:1002"), place / "gateway.yaml"
    config.touch(0o644)
    readable = {"policy": str(config), "notices": str(place), "free_mail": str(config), "playbooks": str(config)}
    settings = settings.model_copy(update=readable)
    place.chmod(0o755)
    assert list(rights.faults(settings, config)) == []
    assert list(rights.faults(at(state), config)) == []
    for name, mode, said in (
        ("mugai.sqlite", 0o600, "has no right to {0}: `chgrp 1002 {0} && chmod 660 {0}`"),
        ("mugai.sqlite-wal", 0o640, "has no right to {0}: `chgrp 1002 {0} && chmod 660 {0}`"),
        ("ticket.key", 0o600, "has no right to {0}: `chgrp 1002 {0} && chmod 640 {0}`"),
        ("spool.key", 0o644, "can read {0}: `chmod 600 {0}`"),
        ("journal.key", 0o604, "can read {0}: `chmod 600 {0}`"),
        ("blobs", 0o755, "can read {0}: `chmod 700 {0}`"),
        (".", 0o2770, "can make and remove files in {0}: `chmod 2710 {0}`"),
        ("../gateway.yaml", 0o600, "cannot read {1}: `chgrp 1002 {1} && chmod g+r {1}`"),
    ):
        place = state / name
        before = stat.S_IMODE(place.stat().st_mode)
        place.chmod(mode)
        found = list(rights.faults(settings, config))
        assert f"1001:1002 {said.format(place, config)}" in found, (name, found)
        place.chmod(before)
    assert list(rights.faults(settings, config)) == []


def test_a_gateway_that_may_not_give_says_whose_group_it_wants(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(place: Path, user: int, group: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(place))

    monkeypatch.setattr(os, "chown", refused)
    with pytest.raises(NoRight, match=r"cannot give .*var to group 1002: `usermod --append --groups 1002 "):
        rights.share(state, GUEST)
    monkeypatch.setattr(os, "geteuid", lambda: GUEST.uid)
    with pytest.raises(NoRight, match="is the gateway's own user"):
        rights.share(state, GUEST)


def test_the_console_says_who_it_should_be_and_what_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(tmp_path, "1001:1002")
    rights.check_console(at(tmp_path))
    assert not rights.is_apart(settings)
    with pytest.raises(NoRight, match=r"console\.user says 1001:1002, but this runs as .*setpriv --reuid 1001 --regid 1002"):
        rights.check_console(settings)
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    assert rights.is_apart(settings)
    with pytest.raises(NoRight, match=r"cannot be read: start the gateway \(`mugai serve`\) before the console"):
        rights.check_console(settings)


async def test_the_record_is_written_without_its_key_and_neither_sealed_nor_signed(tmp_path: Path) -> None:
    settings = at(tmp_path / "var")
    with open_store(settings) as store:
        verifier = store.journal.verifier
    (tmp_path / "var" / "journal.key").unlink()
    with open_store(settings, apart=True) as store:
        assert store.journal.verifier == verifier
        await store.journal.write(Alarm(name="test", detail=""))
        for forbidden in (store.journal.seal(), store.journal.checkpoint()):
            with pytest.raises(NotOurs, match="sealed and signed by the gateway"):
                await forbidden
        with pytest.raises(NotOurs):
            store.journal.sign("a text")
    assert not (tmp_path / "var" / "journal.key").exists()

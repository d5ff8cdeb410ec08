"""HD-02: a signed baseline of configuration and program; each way to change something behind its back is seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway import integrity, journal
from gateway import settings as settings_file
from gateway.app import Gateway, SetupError
from gateway.integrity import Integrity, integrity_of
from gateway.settings import Settings
from gateway.store.opening import Store, open_store

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A whole configuration of its own: a site over a profile over the shipped files; returns gateway.yaml."""
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "site.yaml"
    file.write_text(f"base: profiles/miyazaki/gateway.yaml\nstate_directory: {tmp_path / 'state'}\n")
    return file


def settings_of(site: Path) -> Settings:
    return settings_file.load(site)


async def made(store: Store, site: Path) -> Integrity:
    watched = integrity_of(settings_of(site), store, site)
    assert await watched.make("admin", "導入") > 300  # the program as well
    assert await watched.difference() == ()
    return watched


@pytest.mark.parametrize(
    "name",
    [
        "site.yaml",
        "gateway.yaml",
        "policy.yaml",
        "free_mail.txt",
        "profiles/miyazaki/gateway.yaml",
        "profiles/miyazaki/policy.yaml",
        "notices/ja/names.yaml",
    ],
)
async def test_hd02_a_changed_file_is_seen_wherever_it_lies(site: Path, name: str) -> None:
    with open_store(settings_of(site)) as store:
        watched = await made(store, site)
        file = site.parent / name
        file.write_text(file.read_text() + "\n# changed\n")
        assert await watched.difference() == (f"changed: {file}",)


async def test_hd02_a_new_and_a_missing_file_are_seen(site: Path) -> None:
    with open_store(settings_of(site)) as store:
        watched = await made(store, site)
        new, gone = site.parent / "notices" / "ja" / "new.txt", site.parent / "notices" / "ja" / "names.yaml"
        new.write_text("x")
        gone.unlink()
        assert set(await watched.difference()) == {f"new: {new}", f"gone: {gone}"}


async def test_hd02_a_changed_program_is_seen(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "program" / "gateway").mkdir(parents=True)
    code = tmp_path / "program" / "gateway" / "app.py"
    code.write_text("good = True\n")
    monkeypatch.setattr(integrity, "PROGRAM", tmp_path / "program")
    with open_store(settings_of(site)) as store:
        watched = integrity_of(settings_of(site), store, site)
        await watched.make("admin", "導入")
        code.write_text("good = False\n")
        assert await watched.difference() == (f"changed: {code}",)


async def test_hd02_a_baseline_that_was_edited_taken_away_or_put_back_is_none(site: Path) -> None:
    with open_store(settings_of(site)) as store:
        watched = await made(store, site)
        file = settings_of(site).state_directory / integrity.FILE
        first = file.read_bytes()
        file.write_bytes(first.replace(b"policy.yaml", b"policy.yamb"))
        assert "not signed" in (await watched.difference())[0]
        file.unlink()
        assert await watched.difference() == ("the baseline was taken away",)
        site.write_text(site.read_text() + "# changed\n")
        await watched.make("admin", "更新")
        file.write_bytes(first)
        assert "not the newest one" in (await watched.difference())[0]
        file.write_text(await store.journal.checkpoint())
        assert "not the newest one" in (await watched.difference())[0]


async def test_hd02_one_alarm_for_one_difference_and_none_for_a_baseline_never_made(site: Path) -> None:
    with open_store(settings_of(site)) as store:
        watched = integrity_of(settings_of(site), store, site)
        assert await watched.look() == integrity.NONE
        await made(store, site)
        site.write_text(site.read_text() + "# changed\n")
        for _ in range(3):
            assert await watched.look() == f"changed: {site}"
        await store.journal.seal()
        [alarm] = await journal.search(store.db, kind="alarm")
        facts = dict(alarm.facts)
        assert (facts["name"], facts["detail"]) == ("configuration", f"changed: {site}")
        assert facts["ja"] == f"承認された設定と違うファイルがあります: changed: {site}"


async def test_hd02_a_profile_that_says_refuse_does_not_start_unless_approved(site: Path) -> None:
    with open_store(settings_of(site)) as store:
        with pytest.raises(SetupError, match="no baseline was made"):
            await Gateway(settings_of(site), store, site).start()
        await made(store, site)
        (site.parent / "policy.yaml").write_text((site.parent / "policy.yaml").read_text() + "# changed\n")
        with pytest.raises(SetupError, match=r"not the approved one: changed: .*policy\.yaml"):
            await Gateway(settings_of(site), store, site).start()


async def test_hd02_a_reload_of_unapproved_rules_is_refused(site: Path) -> None:
    with open_store(settings_of(site)) as store:
        await made(store, site)
        gateway = Gateway(settings_of(site), store, site)
        before = gateway.pipeline.policy
        policy = site.parent / "policy.yaml"
        policy.write_text(policy.read_text().replace("bulk_recipients: 5", "bulk_recipients: 500"))
        await gateway.reload()
        assert gateway.pipeline.policy is before
        [entry] = await journal.search(store.db, kind="policy_loaded")
        assert "changed" in dict(entry.facts)["detail"]


async def test_hd02_a_baseline_needs_a_reason(site: Path) -> None:
    with open_store(settings_of(site)) as store, pytest.raises(ValueError, match="reason"):
        await integrity_of(settings_of(site), store, site).make("admin", " ")

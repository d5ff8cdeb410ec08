"""The five tenant profiles: each loads, says what its clauses ask for, and the rest is the shipped configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway.directory.model import Role
from gateway.model import Disposition
from gateway.policy import file as policy_file
from gateway.policy.rules import Policy
from gateway.settings import Settings

CONFIG = Path(__file__).parents[2] / "config"
LETTERS = {"takasaki": "T", "eniwa": "E", "miyazaki": "M", "niigata": "N", "isesaki": "I"}
TENANTS = sorted(LETTERS)


def settings_of(tenant: str) -> Settings:
    return settings_file.load(CONFIG / "profiles" / tenant / "gateway.yaml")


def policy_of(tenant: str) -> Policy:
    return policy_file.load(Path(settings_of(tenant).policy))


def test_there_are_five() -> None:
    assert sorted(p.name for p in (CONFIG / "profiles").iterdir() if p.is_dir()) == TENANTS


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_profile_finds_its_own_rules_and_the_shipped_rest(tenant: str) -> None:
    settings = settings_of(tenant)
    assert Path(settings.policy) == CONFIG / "profiles" / tenant / "policy.yaml"
    assert (Path(settings.notices), Path(settings.free_mail)) == (CONFIG / "notices", CONFIG / "free_mail.txt")
    shipped = {rule.name for rule in policy_file.load(CONFIG / "policy.yaml").rules}
    assert shipped <= {rule.name for rule in policy_of(tenant).rules}


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_site_over_a_profile_keeps_both(tenant: str, tmp_path: Path) -> None:
    site = tmp_path / "gateway.yaml"
    site.write_text(f"base: {CONFIG}/profiles/{tenant}/gateway.yaml\nhostname: mugai.city.test.lg.jp\n")
    settings = settings_file.load(site)
    assert settings.hostname == "mugai.city.test.lg.jp"
    assert settings.model_copy(update={"hostname": ""}) == settings_of(tenant).model_copy(update={"hostname": ""})


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("name", ["gateway.yaml", "policy.yaml", "demands.yaml"])
def test_each_setting_cites_a_clause_of_its_own_document_and_a_requirement(tenant: str, name: str) -> None:
    text = (CONFIG / "profiles" / tenant / name).read_text()
    if name == "gateway.yaml" and tenant in ("eniwa", "isesaki"):
        return  # the public basic policies ask for no setting
    cited = re.findall(rf"{LETTERS[tenant]}(?:基本方針)?\d[\d.]*(?:\(\d+\)|[①-⑳])\S*.*?\((?:[A-Z]{{2,3}}-\d\d)", text)
    assert cited, text
    foreign = "".join(set(LETTERS.values()) - {LETTERS[tenant]})
    assert not re.search(rf"(?<![A-Za-z])[{foreign}]\d+[(.①-⑳]", text)


@pytest.mark.parametrize(
    ("tenant", "numbers", "people"),
    [
        ("takasaki", Disposition.REJECT, Disposition.REJECT),
        ("miyazaki", Disposition.AWAIT_APPROVAL, Disposition.AWAIT_APPROVAL),
        ("niigata", Disposition.HOLD, Disposition.DELAY),
        ("eniwa", Disposition.HOLD, Disposition.AWAIT_APPROVAL),
        ("isesaki", Disposition.HOLD, Disposition.AWAIT_APPROVAL),
    ],
)
def test_sd03_personal_information(tenant: str, numbers: Disposition, people: Disposition) -> None:
    policy = policy_of(tenant)
    assert policy.rule("identifying-numbers").action is numbers
    assert policy.rule("personal-information").action is people


@pytest.mark.parametrize(("tenant", "allowed"), [("takasaki", True), ("miyazaki", True), ("niigata", False), ("eniwa", False)])
def test_ml06_an_exception_from_hiding_recipients(tenant: str, allowed: bool) -> None:
    assert policy_of(tenant).rule("bulk-recipients").exceptions is allowed


@pytest.mark.parametrize(("tenant", "scope"), [("miyazaki", "external"), ("niigata", "any")])
def test_ml04_the_scope_of_automatic_forwarding(tenant: str, scope: str) -> None:
    assert policy_of(tenant).observe.auto_forwarding.scope == scope


@pytest.mark.parametrize(
    ("tenant", "action"),
    [("takasaki", Disposition.AWAIT_APPROVAL), ("miyazaki", Disposition.REJECT), ("eniwa", Disposition.HOLD)],
)
def test_ml07_free_mail_by_permit_or_not_at_all(tenant: str, action: Disposition) -> None:
    assert policy_of(tenant).rule("own-free-mail").action is action


@pytest.mark.parametrize(("tenant", "approver"), [("miyazaki", Role.CISO), ("niigata", Role.CSO)])
def test_ex01_who_approves_exceptions(tenant: str, approver: Role) -> None:
    assert settings_of(tenant).workflow.exception_approvers == ((approver,),)


@pytest.mark.parametrize(
    ("tenant", "chain"),
    [
        ("takasaki", ((Role.ISM,), (Role.CSO,))),
        ("miyazaki", ((Role.ISM,), (Role.CSO, Role.SYM, Role.CSIRT), (Role.CISO,))),
        ("niigata", ((Role.ISM,), (Role.SYM, Role.CSO))),
    ],
)
def test_in01_the_chain_of_reports(tenant: str, chain: tuple[tuple[Role, ...], ...]) -> None:
    assert settings_of(tenant).workflow.incident_chain == chain


@pytest.mark.parametrize(("tenant", "what"), [("miyazaki", "refuse"), ("niigata", "alarm"), ("takasaki", "alarm")])
def test_hd02_what_a_changed_configuration_means(tenant: str, what: str) -> None:
    assert settings_of(tenant).integrity.when_changed == what


@pytest.mark.parametrize(("tenant", "apart"), [("miyazaki", True), ("niigata", False)])
def test_ac08_whether_the_auditor_may_serve(tenant: str, apart: bool) -> None:
    assert settings_of(tenant).workflow.auditor_apart is apart

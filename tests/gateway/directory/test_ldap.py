"""The directory from a real slapd: people, roles by groups, and every way in which a server is not to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.directory import Directory, Role, importing, ldap
from gateway.yaml_file import BadConfiguration
from tests.gateway.directory.make_slapd import ROOT, Slapd, running
from tests.gateway.make_directory import DAY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running(tmp_path_factory.mktemp("slapd")) as server:
        yield server


def test_ac03_people_sections_roles_and_ends_come_from_the_server(slapd: Slapd) -> None:
    house = ldap.load(slapd.settings(), Directory())
    assert len(house.people) == 603  # over the 500 of one page; without the disabled one
    assert house.person("gone@city.example.lg.jp") is None
    head = house.person("zeimu.head@city.example.lg.jp")
    assert head is not None
    assert (head.address, head.name, head.roles) == ("kacho@city.example.lg.jp", "税務課長", (Role.ISM,))
    assert house.person("bucho@city.example.lg.jp").aliases == ()  # type: ignore[union-attr]
    assert [p.name for p in house.holders(Role.ISM, DAY)] == ["税務課長", "総務部長"]  # the second through a group in the group
    assert [a.person.name for a in house.authorities(Role.ISM, "rin@city.example.lg.jp", DAY)] == ["税務課長"]
    assert str(house.person("rin@city.example.lg.jp").until) == "2026-03-31"  # type: ignore[union-attr]
    assert {(s.name, s.parent) for s in house.sections} >= {("総務部", ""), ("税務課", "総務部")}


def test_ac03_a_second_import_changes_nothing(slapd: Slapd) -> None:
    house = ldap.load(slapd.settings(), Directory())
    assert ldap.load(slapd.settings(), house) == house


def test_start_tls_is_as_good(slapd: Slapd) -> None:
    settings = slapd.settings(url=f"ldap://127.0.0.1:{slapd.plain}", start_tls=True)
    assert len(ldap.load(settings, Directory()).people) == 603


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user": f"cn=nobody,{ROOT}"}, "does not accept"),
        ({"base": f"ou=nowhere,{ROOT}"}, "No such object"),
        ({"ca_file": ""}, "certificate|connect|SERVER"),
        ({"url": "ldaps://127.0.0.1:1"}, "connect|SERVER"),
        ({"filter": "(mail=*"}, "filter|FILTER"),
        ({"filter": "(mail=nobody)"}, "names nobody"),
        ({"filter": "(objectClass=*)"}, "is not a mail address"),
        ({"roles": {"ism": [f"cn=missing,{ROOT}"]}}, "there is no group"),
    ],
)
def test_what_is_wrong_is_one_sentence(slapd: Slapd, changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadConfiguration, match=f"(?is){message}"):
        ldap.load(slapd.settings(**changes), Directory())


def test_an_empty_password_is_never_sent_and_a_wrong_one_is_refused(slapd: Slapd, tmp_path: Path) -> None:
    """RFC 4513 5.1.2: a server answers an empty password with success."""
    password = tmp_path / "password"
    for content, message in (("", "is empty"), ("\n", "is empty"), ("wrong\n", "does not accept")):
        password.write_text(content)
        password.chmod(0o600)
        with pytest.raises(BadConfiguration, match=message):
            ldap.load(slapd.settings(password_file=str(password)), Directory())
    password.chmod(0o644)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        ldap.load(slapd.settings(password_file=str(password)), Directory())
    with pytest.raises(BadConfiguration, match="No such file"):
        ldap.load(slapd.settings(password_file=str(tmp_path / "none")), Directory())


@pytest.mark.parametrize("changes", [{"url": "ldap://127.0.0.1"}, {"user": ""}, {"url": "http://x"}, {"base": ""}])
def test_nothing_goes_in_the_clear_and_nobody_is_asked_anonymously(slapd: Slapd, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        slapd.settings(**changes)


def test_a_person_without_an_address_is_named_by_its_entry(slapd: Slapd) -> None:
    with pytest.raises(BadConfiguration) as caught:
        ldap.load(slapd.settings(address="displayName"), Directory())
    assert caught.value.problems[0].file.startswith("cn=")
    assert "is not a mail address" in str(caught.value.problems[0])
    assert importing.ADDRESS.fullmatch("a@b.example")

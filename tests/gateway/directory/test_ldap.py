"""The directory from a real slapd: people, roles by groups, and every way in which a server is not to be believed."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.directory import Directory, Role, importing, ldap
from gateway.settings import LdapSettings
from gateway.yaml_file import BadConfiguration
from tests.gateway.make_directory import DAY
from tests.gateway.smtp import make_certificate
from tests.running import free_port

pytestmark = pytest.mark.slow
ROOT, READER = "dc=city,dc=example", "cn=reader,dc=city,dc=example"
SECRET = "a long word"

CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
attributetype (1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE)
attributetype (1.2.840.113556.1.4.159 NAME 'accountExpires' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE)
attributetype (1.2.840.113556.1.2.210 NAME 'proxyAddresses' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15)
objectclass (1.3.6.1.4.1.99999.1 NAME 'adLike' SUP top AUXILIARY
  MAY (userAccountControl $ accountExpires $ proxyAddresses))
allow bind_v2 bind_anon_dn
database mdb
sizelimit size=500 size.prtotal=unlimited
maxsize 10485760
suffix "dc=city,dc=example"
rootdn "cn=root,dc=city,dc=example"
directory {data}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=city,dc=example" read by * none
"""

PERSON = """
dn: cn={cn},ou=people,dc=city,dc=example
objectClass: inetOrgPerson
objectClass: adLike
cn: {cn}
sn: {cn}
displayName: {name}
mail: {cn}@City.Example.lg.jp
departmentNumber: {section}
ou: 総務部
{more}
"""

LDIF = """dn: dc=city,dc=example
objectClass: domain
dc: city

dn: cn=reader,dc=city,dc=example
objectClass: person
cn: reader
sn: reader
userPassword: {secret}

dn: ou=people,dc=city,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=elsewhere,ou=people,dc=city,dc=example
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://192.0.2.1/ou=elsewhere,dc=city,dc=example
{people}
dn: cn=heads,dc=city,dc=example
objectClass: groupOfNames
cn: heads
member: cn=kacho,ou=people,dc=city,dc=example
member: cn=nested,dc=city,dc=example

dn: cn=nested,dc=city,dc=example
objectClass: groupOfNames
cn: nested
member: cn=Bucho,ou=people,dc=city,dc=example
member: cn=heads,dc=city,dc=example
"""


@dataclass
class Slapd:
    port: int
    plain: int
    place: Path

    def settings(self, **changes: object) -> LdapSettings:
        values: dict[str, object] = {
            "url": f"ldaps://127.0.0.1:{self.port}",
            "ca_file": str(self.place / "certificate.pem"),
            "user": READER,
            "password_file": str(self.place / "password"),
            "base": f"ou=people,{ROOT}",
            "section": "departmentNumber",
            "bureau": "ou",
            "roles": {"ism": [f"cn=heads,{ROOT}"]},
            "timeout": 5,
        }
        return LdapSettings.model_validate({**values, **changes})


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    place = tmp_path_factory.mktemp("slapd")
    (place / "data").mkdir()
    certificate, key = make_certificate.files(place, "127.0.0.1")
    (place / "password").write_text(SECRET + "\n")
    (place / "slapd.conf").write_text(CONF.format(certificate=certificate, key=key, data=place / "data"))
    people = [
        (
            "kacho",
            "税務課長",
            "税務課",
            "proxyAddresses: SMTP:kacho@city.example.lg.jp\nproxyAddresses: smtp:zeimu.head@city.example.lg.jp",
        ),
        ("bucho", "総務部長", "総務課", "proxyAddresses: SIP:bucho@city.example.lg.jp"),
        ("gone", "退職者", "税務課", "userAccountControl: 514"),
        ("rin", "臨時 一号", "税務課", "userAccountControl: 512\naccountExpires: 134195040000000000"),
        *((f"p{n}", f"職員 {n}", "市民課", "accountExpires: 0") for n in range(600)),
    ]
    entries = "".join(PERSON.format(cn=cn, name=name, section=section, more=more) for cn, name, section, more in people)
    (place / "all.ldif").write_text(LDIF.format(secret=SECRET, people=entries))
    command = ["/usr/sbin/slapadd", "-q", "-f", str(place / "slapd.conf"), "-l", str(place / "all.ldif")]
    subprocess.run(command, check=True, capture_output=True)
    port, plain = free_port(), free_port()
    urls = f"ldaps://127.0.0.1:{port} ldap://127.0.0.1:{plain}"
    server = subprocess.Popen(["/usr/sbin/slapd", "-f", str(place / "slapd.conf"), "-h", urls, "-d", "0"])
    running = Slapd(port, plain, place)
    try:
        for listening in (port, plain):
            ends = time.monotonic() + 20
            while socket.socket().connect_ex(("127.0.0.1", listening)):
                assert time.monotonic() < ends
                assert server.poll() is None
                time.sleep(0.05)
        yield running
    finally:
        server.terminate()
        server.wait()


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
        with pytest.raises(BadConfiguration, match=message):
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

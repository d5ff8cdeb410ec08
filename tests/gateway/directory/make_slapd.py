"""A real slapd with the people of a small town in it, for reading them and for signing in."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.sign_in_settings import LdapSettings
from tests.gateway.smtp import make_certificate
from tests.running import free_port
from tests.waiting import PATIENCE

ROOT, READER = "dc=city,dc=example", "cn=reader,dc=city,dc=example"
SECRET = "a long word"
PASSWORD = "each person's own"  # everybody's, here

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
userPassword: {password}
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
            "timeout": 60,
        }
        return LdapSettings.model_validate({**values, **changes})


@contextmanager
def running(place: Path) -> Iterator[Slapd]:
    (place / "data").mkdir()
    certificate, key = make_certificate.files(place, "127.0.0.1")
    (place / "password").write_text(SECRET + "\n")
    (place / "password").chmod(0o600)
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
    words = ("cn", "name", "section", "more", "password")
    entries = "".join(PERSON.format(**dict(zip(words, (*each, PASSWORD), strict=True))) for each in people)
    (place / "all.ldif").write_text(LDIF.format(secret=SECRET, people=entries))
    command = ["/usr/sbin/slapadd", "-q", "-f", str(place / "slapd.conf"), "-l", str(place / "all.ldif")]
    subprocess.run(command, check=True, capture_output=True)
    port, plain = free_port(), free_port()
    urls = f"ldaps://127.0.0.1:{port} ldap://127.0.0.1:{plain}"
    server = subprocess.Popen(["/usr/sbin/slapd", "-f", str(place / "slapd.conf"), "-h", urls, "-d", "0"])
    running = Slapd(port, plain, place)
    try:
        for listening in (port, plain):
            ends = time.monotonic() + PATIENCE
            while socket.socket().connect_ex(("127.0.0.1", listening)):
                assert time.monotonic() < ends
                assert server.poll() is None
                time.sleep(0.05)
        yield running
    finally:
        server.terminate()
        server.wait()

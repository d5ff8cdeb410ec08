"""The five tenants where they differ (requirements 1.3): for each rule a mail that it concerns and one that it does not."""

from __future__ import annotations

import asyncio
import io
import json
import smtplib
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.end_to_end.outbound import House, mail
from tests.running import CONFIG, Running, free_port
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
TENANTS = ("takasaki", "eniwa", "miyazaki", "niigata", "isesaki")
STAFF, CISO, CSO = (f"{name}@city.example.lg.jp" for name in ("staff", "fukushicho", "jouhoukacho"))
PARTNER = "partner@company.example.com"
SCHOOL = "kyouin@school.example.ed.jp"  # ours by `observe.inside`
WORD = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
CROWD = tuple(f"person{n}@company{n}.example.com" for n in range(6))
LIST = "\n".join(f"山田{n}郎 090-1234-{n:04} 東京都中央区銀座{n}-1-1" for n in range(1, 31))
# over the profile: an address that counts as ours, and next hops without TLS, which the tests' ones do not have
POLICY = 'base: {profile}/policy.yaml\nobserve: {{inside: ["*@school.example.ed.jp"]}}\n'
SITE = "base: {profile}/gateway.yaml\noutbound: {{next_hop: {{tls: opportunistic}}}}\n"


@dataclass(frozen=True)
class Town:
    tenant: str
    house: House
    gateway: Running

    async def send(self, message: EmailMessage, *recipients: str, inbound: bool = False, sender: str = STAFF) -> str:
        return await self.house.send(message, *(recipients or (PARTNER,)), sender=sender, inbound=inbound)

    async def decided(self, receipt: str) -> tuple[str, str]:
        """Rule and disposition."""
        await self.gateway.until_empty()
        [facts] = {json.dumps(each) for each in self.gateway.facts("decided", receipt)}
        return json.loads(facts)["rule"], json.loads(facts)["disposition"]

    async def leaves(self, message: EmailMessage, *recipients: str, sender: str = STAFF) -> bool:
        """Out, as the rule `outbound` says."""
        receipt = await self.send(message, *recipients, sender=sender)
        return (await self.decided(receipt))[1] == "deliver" and bool(await self.house.left(receipt))

    def mugai(self, *arguments: str, check: bool = True) -> str:
        return self.house.gateway.mugai(*arguments, check=check)


@asynccontextmanager
async def town(tenant: str, clamd: PrivateClamd, place: Path) -> AsyncIterator[Town]:
    outside, inside = (Sink(place / name, "127.0.0.1", free_port()) for name in ("outside", "inside"))
    await outside.start()
    await inside.start()
    profile = CONFIG / "profiles" / tenant
    (place / "policy.yaml").write_text(POLICY.format(profile=profile))
    (place / "site.yaml").write_text(SITE.format(profile=profile))
    extra = f"base: {place / 'site.yaml'}\n"
    gateway = Running(place / "state", clamd.socket, inside.port, extra, place / "policy.yaml", outbound_hop_port=outside.port)
    gateway.mugai("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
    gateway.mugai("baseline", "make", "--reason", "導入")
    await asyncio.to_thread(gateway.start)
    try:
        yield Town(tenant, House(gateway, outside, inside), gateway)
    finally:
        assert gateway.stop() == 0
        await outside.stop()
        await inside.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=TENANTS)
async def t(
    request: pytest.FixtureRequest, clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with town(request.param, clamd, tmp_path_factory.mktemp(request.param)) as running:
        yield running


def letter(subject: str = "ご連絡", body: str = "お世話になっております。\n", **fields: str) -> EmailMessage:
    return mail(subject, body, **{"From": f"例示 太郎 <{STAFF}>", **fields})


def document(name: str, author: str = "作成 花子") -> EmailMessage:
    """A Word file in a mail."""
    written, out = docx.Document(), io.BytesIO()
    written.add_paragraph("協議資料です。")
    written.core_properties.author = author
    written.save(out)
    message = letter()
    message.add_attachment(out.getvalue(), *WORD, filename=name)
    return message


def author(message: EmailMessage) -> str:
    [part] = [p for p in message.iter_attachments() if (p.get_filename() or "").endswith(".docx")]
    with zipfile.ZipFile(io.BytesIO(part.get_content())) as package:
        return "作成 花子" if any("作成 花子" in package.read(n).decode("utf-8", "replace") for n in package.namelist()) else ""


async def test_san02_both_directions_are_sanitised_where_the_document_says_both(t: Town) -> None:
    """Author and the like are taken off outbound documents in Eniwa and Isesaki; Miyazaki asks for inbound only."""
    [left] = await t.house.left(await t.send(document("【機密性1】協議.docx")))
    assert author(left.message) == ("作成 花子" if t.tenant == "miyazaki" else "")
    came = document("【機密性1】協議.docx")
    del came["From"]
    came["From"] = PARTNER
    [delivered] = await t.house.came_in(await t.send(came, STAFF, inbound=True, sender=PARTNER))
    assert author(delivered.message) == ""


NUMBERS = {
    "takasaki": ("identifying-numbers", "reject"),
    "miyazaki": ("identifying-numbers", "await_approval"),
}
PEOPLE = {
    "takasaki": ("personal-information", "reject"),
    "niigata": ("personal-information", "delay"),
}


async def test_sd03_a_my_number_is_refused_waits_for_permission_or_is_held(t: Town) -> None:
    receipt = await t.send(letter(body="個人番号は1234-5678-9018です。\n"))
    assert await t.decided(receipt) == NUMBERS.get(t.tenant, ("identifying-numbers", "hold"))
    assert await t.house.left(receipt) == []
    assert await t.leaves(letter(body="お問い合わせ番号 1234-5678-9018 で配送しました。\n"))


async def test_sd03_a_list_of_people_is_refused_asked_back_or_waits_for_permission(t: Town) -> None:
    receipt = await t.send(letter(body=f"名簿をお送りします。\n{LIST}\n"))
    assert await t.decided(receipt) == PEOPLE.get(t.tenant, ("personal-information", "await_approval"))
    assert await t.house.left(receipt) == []
    assert await t.leaves(letter(body="〒060-0001 札幌市中央区北一条西2-1 電話 011-000-0001 FAX 011-000-0002 例示 太郎\n"))


async def test_sd03_takasaki_refuses_from_half_the_number(t: Town) -> None:
    few = "\n".join(f"連絡先 090-1234-{n:04}" for n in range(1, 13))
    receipt = await t.send(letter(body=f"{few}\n"))
    assert await t.decided(receipt) == (
        ("personal-information", "reject") if t.tenant == "takasaki" else ("outbound", "deliver")
    )


async def test_sd01_a_stated_class_waits_for_permission_and_in_niigata_for_its_sender(t: Town) -> None:
    receipt = await t.send(letter("【機密性2】協議資料"))
    assert await t.decided(receipt) == ("classified", "delay" if t.tenant == "niigata" else "await_approval")
    assert await t.house.left(receipt) == []
    assert await t.leaves(letter("【機密性1】協議資料"))


async def test_sd05_a_document_without_a_class_is_asked_about_where_the_document_says_so(t: Town) -> None:
    receipt = await t.send(document("協議.docx"))
    asked = t.tenant in ("takasaki", "miyazaki", "niigata")
    assert await t.decided(receipt) == (("unclassified", "await_approval") if asked else ("outbound", "deliver"))
    assert await t.leaves(document("【機密性1】協議.docx"))


async def test_ml04_niigata_forbids_forwarding_to_our_own_as_well(t: Town) -> None:
    marks = {"X_MS_Exchange_Inbox_Rules_Loop": STAFF, "Auto_Submitted": "auto-forwarded"}
    receipt = await t.send(letter(To=SCHOOL, **marks), SCHOOL)
    any_ = t.tenant == "niigata"
    assert await t.decided(receipt) == (("auto-forwarded", "reject") if any_ else ("outbound", "deliver"))
    assert await t.decided(await t.send(letter(**marks))) == ("auto-forwarded", "reject")  # to outside: nowhere
    assert await t.leaves(letter("FW: ご連絡", "ご確認ください。\n\n-----Original Message-----\nFrom: x\n", To=SCHOOL), SCHOOL)


async def test_ml06_an_approved_exception_shows_recipients_where_the_document_allows_one(t: Town) -> None:
    hidden = await t.house.left(await t.send(letter(To=", ".join(CROWD)), *CROWD))
    assert {d.message["To"] for d in hidden} == {"undisclosed-recipients:;"}
    assert len(hidden) == len(CROWD)
    asked = t.mugai(
        *("exception", "request", "--as", STAFF, "--rule", "bulk-recipients", "--sender", STAFF, "--until", "2027-03-31"),
        *("--measure", "宛先全員の同意を得た", "--reason", "互いに連絡し合う会議のため"),
        check=False,
    )
    if number := asked.partition(":")[0]:
        approver = CSO if t.tenant == "niigata" else CISO
        t.mugai("exception", "approve", number, "--as", approver, "--reason", "確認した")
    left = await t.house.left(await t.send(letter(To=", ".join(CROWD)), *CROWD))
    allowed = t.tenant in ("takasaki", "miyazaki")
    assert {d.message["To"] == "undisclosed-recipients:;" for d in left} == {not allowed}
    assert await t.leaves(letter(To=f"{PARTNER}, other@company.example.com"), PARTNER, "other@company.example.com")


OWN = {"takasaki": "await_approval", "miyazaki": "reject"}


async def test_ml07_own_free_mail_by_permit_or_never_and_citizens_get_theirs(t: Town) -> None:
    mine = "reiji.taro1985@gmail.com"
    receipt = await t.send(letter(From=f"Reiji Taro <{STAFF}>", To=mine), mine)
    assert await t.decided(receipt) == ("own-free-mail", OWN.get(t.tenant, "hold"))
    assert await t.house.left(receipt) == []
    assert await t.leaves(letter(To="shimin@gmail.com"), "shimin@gmail.com")


async def test_ml02_a_declared_size_over_the_limit_is_refused_both_ways(t: Town) -> None:
    def asked(port: int, size: int, sender: str) -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
            client.ehlo()
            return client.mail(sender, [f"SIZE={size}"])[0]

    for port, sender in ((t.house.gateway.inbound, PARTNER), (t.house.gateway.outbound, STAFF)):
        assert await asyncio.to_thread(asked, port, 31 << 20, sender) == 552
        assert await asyncio.to_thread(asked, port, 1 << 20, sender) == 250


async def test_av07_a_look_alike_is_kept_back_where_the_document_says_delete(t: Town) -> None:
    false = "soumu@city-example-lg-jp.com"
    came = letter("至急", From=false, To=STAFF)
    receipt = await t.send(came, STAFF, inbound=True, sender=false)
    delivered = await t.house.came_in(receipt)
    if t.tenant in ("eniwa", "isesaki"):
        assert await t.decided(receipt) == ("inbound", "deliver")
        assert "city-example-lg-jp.com" in delivered[0].raw.decode("utf-8", "replace")
    else:
        assert await t.decided(receipt) == ("suspicious-sender", "hold")
        assert delivered == []
        entry = next(e for e in t.house.gateway.held() if e["receipt"] == receipt)
        t.mugai("quarantine", "release", str(entry["number"]), "--reason", "届けたい")
        assert await t.house.came_in(receipt) == []
    alarmed = "targeted-attack" in [each["name"] for each in t.gateway.facts("alarm", receipt)]
    assert alarmed is (t.tenant == "takasaki")
    good = letter("見積書", From=PARTNER, To=STAFF)
    assert len(await t.house.came_in(await t.send(good, STAFF, inbound=True, sender=PARTNER))) == 1


async def test_ex01_only_the_role_of_the_tenant_approves_an_exception(t: Town) -> None:
    asked = t.mugai(
        *("exception", "request", "--as", STAFF, "--rule", "too-large", "--sender", STAFF, "--until", "2027-03-31"),
        *("--measure", "分割できない", "--reason", "図面"),
    )
    number = asked.partition(":")[0]
    right, wrong = (CSO, CISO) if t.tenant == "niigata" else (CISO, CSO)
    assert "approved" not in t.mugai("exception", "approve", number, "--as", wrong, "--reason", "確認した", check=False)
    assert "approved" in t.mugai("exception", "approve", number, "--as", right, "--reason", "確認した")


CHAINS = {
    "takasaki": [["ism"], ["cso"]],
    "niigata": [["ism"], ["sym", "cso"]],
}


async def test_in01_an_incident_goes_up_the_chain_of_the_tenant(t: Town) -> None:
    t.mugai("incident", "report", "端末の感染", "--as", STAFF, "--reason", "不審な動作")
    [case] = json.loads(t.mugai("incident", "list", "--json"))
    chain = CHAINS.get(t.tenant, [["ism"], ["cso", "sym", "csirt"], ["ciso"]])
    assert case["roles"] == chain[0]
    climbed = [case["roles"]]
    for person in ("zeimukacho@city.example.lg.jp", CSO)[: len(chain) - 1]:
        t.mugai("incident", "hand-on", str(case["number"]), "--as", person, "--reason", "引き継ぐ")
        [case] = json.loads(t.mugai("incident", "list", "--json"))
        climbed.append(case["roles"])
    assert climbed == chain


async def test_au02_the_running_gateway_satisfies_its_own_document_where_the_tenants_differ(t: Town) -> None:
    text = t.mugai("report", "self-inspection", "--profile", t.tenant, check=False)
    found = {line.split()[0]: line.split()[1] for line in text.splitlines() if line[:1].isupper() and "  [" in line}
    assert len(found) == 95
    differ = ("SAN-02", "ML-02", "ML-04", "ML-06", "ML-07", "HD-02", "AV-07", "EX-01", "IN-01", "AC-08")
    assert {found[row] for row in differ} <= {"[OK]", "[対象外]"}
    # the tests' next hops have no TLS, which two documents ask for: the report does not pass over it
    assert found["SD-03"] == {"miyazaki": "[NG]", "niigata": "[NG]", "takasaki": "[OK]"}.get(t.tenant, "[対象外]")

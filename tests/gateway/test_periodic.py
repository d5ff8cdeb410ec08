"""The daily and the monthly report: whole days in Japan, numbers that agree, sent once, nothing of a mail as markup."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway import journal, periodic
from gateway import settings as settings_file
from gateway.alert_settings import ReportSettings
from gateway.cli import main
from gateway.clock import JST
from gateway.model import Work
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.paper import NoPaper
from gateway.reporter import Reporter
from sanitizers.letter import Mailbox
from tests.gateway.make_spool import Rooms, rooms

CONFIG = Path(__file__).parents[2] / "config"
NOTICES = Notices.load(CONFIG / "notices")
NAMES = NOTICES.names["ja"]
DAY = 86_400.0


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


async def made(r: Rooms, period: periodic.Period) -> periodic.Periodic:
    return await r.db.read(periodic.report, period, NAMES, "例示市", r.clock.now())


def rows(report: periodic.Periodic, title: str) -> dict[str, str]:
    [section] = [each for each in report.sections if each.title == title]
    return dict(section.rows)


def test_periods_are_whole_days_and_months_in_japan() -> None:
    newyear = datetime(2027, 1, 1, 0, 30, tzinfo=JST).timestamp()
    assert periodic.yesterday(newyear).title == "メール無害化 日報 2026年12月31日"
    assert periodic.last_month(newyear).title == "メール無害化 月報 2026年12月"
    february = periodic.month(datetime(2028, 2, 29, 12, tzinfo=JST))
    assert (february.until - february.since).days == 29
    assert february.since.hour == february.until.hour == 0


async def test_numbers_agree_with_where_the_recipients_are(r: Rooms) -> None:
    await r.held(("p1@city.example.lg.jp", "p2@city.example.lg.jp"))
    await r.accept(b"other", ("p3@city.example.lg.jp",))
    await r.journal.write(journal.Alarm(name="clamd", detail="x"))
    await r.journal.seal()
    report = await made(r, periodic.day(datetime.fromtimestamp(r.clock.now(), JST)))
    flow = rows(report, "メールの流れ")
    assert (flow["受け付けた"], flow["　うち受信 (内向き)"], flow["保留した"]) == ("2", "2", "1")
    assert rows(report, "照合") == {"検査待ち": "1", "保留中": "2"}
    assert rows(report, "保留した規則") == {"macro": "1"}
    assert rows(report, "警報") == {"ウイルス検査の停止": "1"}
    assert rows(report, "いま待っているもの")["保留中のメール"] == "1通、最も古いものは0分前"
    text = periodic.text(report)
    assert "受け付けた2通の宛先3件の現在の所在。証跡の件数と一致。" in text
    assert "■ 有効な例外・包括承認\n  ありません。" in text


async def test_a_record_that_does_not_agree_is_told(r: Rooms) -> None:
    await r.accept()
    report = await made(r, periodic.day(datetime.fromtimestamp(r.clock.now(), JST)))
    assert "不一致: 証跡 0通、保管 1通" in periodic.text(report), "it was not sealed yet"


async def test_html_escapes_whatever_a_name_holds(r: Rooms) -> None:
    report = await made(r, periodic.yesterday(r.clock.now()))
    odd = periodic.Section("<b>x</b>", ("a", "b"), (("<script>", "{0}"),), "<i>")
    page = periodic.html(replace(report, sections=(odd,)))
    assert "&lt;script&gt;" in page
    assert "{0}" in page
    assert not any(tag in page for tag in ("<script", "<b>", "<i>"))
    assert '<html lang="ja">' in page


async def _paper(page: str, head: str, foot: str) -> bytes:
    return f"%PDF {head} {foot}".encode()


async def _no_paper(page: str, head: str, foot: str) -> bytes:
    raise NoPaper("LibreOffice made no PDF: 1")


@pytest.mark.parametrize(
    ("paper", "attached", "said", "told"),
    [
        (_paper, "application/pdf", "メール無害化 月報", []),
        (_no_paper, "text/html", "PDFを作成できなかったため", ["report-paper"] * 3),
    ],
)
async def test_au02_each_report_is_mailed_once_when_it_is_time_with_its_paper(
    r: Rooms, monkeypatch: pytest.MonkeyPatch, paper: object, attached: str, said: str, told: list[str]
) -> None:
    to = ReportSettings(daily=("sym@city.example.lg.jp",), monthly=("ciso@city.example.lg.jp",), at="00:00")
    settings = settings_file.load(CONFIG / "gateway.yaml").model_copy(update={"regular_reports": to})
    notifier = Notifier(r.clock, Mailbox("例示市", "postmaster@city.example.lg.jp"), 30)
    monkeypatch.setattr("gateway.periodic.pdf", paper)
    monkeypatch.setattr("gateway.reporter.installed", lambda: "soffice.bin")
    alarms: list[str] = []
    reporter = Reporter(settings, r.db, r.spool, r.clock, notifier, lambda name, detail: alarms.append(f"{name} {detail}"))
    assert await reporter.due(NOTICES) == 2
    assert await reporter.due(NOTICES) == 0
    r.times.pass_(DAY)
    assert await reporter.due(NOTICES) == 1
    mails = await _mailed(r)
    assert len(mails) == 3
    mail = mails["メール無害化 月報 2026年10月"]
    assert mail["To"] == "ciso@city.example.lg.jp"
    text, file = mail.iter_parts()
    assert text.get_content().startswith(said)
    assert "■ 照合" in text.get_content()
    assert (file.get_content_type(), file.get_filename()) == (
        attached,
        f"メール無害化_月報_2026年10月.{attached[-4:].strip('/')}",
    )
    assert "例示市" in file.get_payload(decode=True).decode()
    assert [each.partition(" ")[0] for each in alarms] == told


async def test_au02_without_libreoffice_the_report_goes_as_html_and_says_so(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.reporter.installed", lambda: "")
    to = ReportSettings(daily=("sym@city.example.lg.jp",), at="00:00")
    settings = settings_file.load(CONFIG / "gateway.yaml").model_copy(update={"regular_reports": to})
    alarms: list[str] = []
    notifier = Notifier(r.clock, Mailbox("例示市", "postmaster@city.example.lg.jp"), 30)
    reporter = Reporter(settings, r.db, r.spool, r.clock, notifier, lambda name, detail: alarms.append(name))
    assert await reporter.due(NOTICES) == 1
    [mail] = (await _mailed(r)).values()
    text, file = mail.iter_parts()
    assert "LibreOfficeがないため" in text.get_content()
    assert file.get_content_type() == "text/html"
    assert not alarms, "that is how this installation is"


async def _mailed(r: Rooms) -> dict[str, EmailMessage]:
    found = {}
    for lease in await r.spool.claim("w", Work.RELAY, 9, 30):
        copy = await r.spool.cleared(lease)
        mail = email.message_from_bytes(copy.content, policy=email.policy.default)
        assert copy.item.recipients == (mail["To"],)
        found[str(mail["Subject"])] = mail
    return found


def test_the_command_writes_one_month_as_html(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(f"state_directory: {tmp_path / 'var'}\nnotices: {CONFIG / 'notices'}\n")
    page = tmp_path / "page.html"
    arguments = ["--config", str(config), "report", "monthly", "--month", "2026-11", "--format", "html", "--output", str(page)]
    assert main(arguments) == 0
    assert "<h1>メール無害化 月報 2026年11月</h1>" in page.read_text("utf-8")
    with pytest.raises(SystemExit):
        main(["report", "daily", "--day", "yesterday"])

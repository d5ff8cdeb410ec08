"""The daily, monthly and yearly report in Japanese: what came, what became of it, why, what waits, what is in force (AVL-04).

Sections of plain rows, so that the mail, the HTML and the terminal say the same.  Counts come from the hourly tally; where each
accepted recipient is now comes from the recipients themselves, and the two are held against one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from markupsafe import Markup

from gateway import outstanding, tally
from gateway.alarm_names import japanese
from gateway.clock import JST
from gateway.model import QuarantineState, State
from gateway.notice.wording import Names
from gateway.paper import pdf
from gateway.store.schema import job, message, quarantine, recipient
from gateway.workflow import ledger
from sanitizers.model import Kind, Reason, Treatment, Verdict

YEARLY = "年報"
_TOP = 15
_FLOW = {
    "received": "受け付けた",
    "relayed": "配送した",
    "held": "保留した",
    "released": "保留を解除した",
    "deleted": "削除した",
    "expired": "保管期限が切れた",
    "bounced": "届けられず差出人に返した",
    "refused": "受付を断った",
    "deferred": "配送を延期した (回)",
    "duplicate": "同じメールの再送 (配送は1回)",
}
_WHERE = {
    State.RECEIVED: "検査待ち",
    State.SANITISED: "配送待ち",
    State.RELAYED: "配送済み",
    State.HELD: "保留中",
    State.AWAITING_APPROVAL: "承認待ち",
    State.AWAITING_PASSWORD: "パスワード待ち",
    State.DELAYED: "送信待ち",
    State.BOUNCED: "差出人に返送",
    State.DELETED: "削除",
    State.EXPIRED: "保管期限切れ",
}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Japan."""

    name: str  # 日報, 月報, 年報
    since: datetime
    until: datetime

    @property
    def title(self) -> str:
        last = self.until - timedelta(days=1)
        days = f"{self.since:%Y年%-m月%-d日}" if last == self.since else f"{self.since:%Y年%-m月}"
        if self.name == YEARLY:
            days = f"{self.since:%Y}年度"
        return f"メール無害化 {self.name} {days}"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    head: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Periodic:
    organisation: str
    period: Period
    made_at: float  # Unix time
    sections: tuple[Section, ...]


def yesterday(now: float) -> Period:
    today = _midnight(datetime.fromtimestamp(now, JST))
    return day(today - timedelta(days=1))


def day(at: datetime) -> Period:
    return Period("日報", _midnight(at), _midnight(at) + timedelta(days=1))


def month(at: datetime) -> Period:
    """The one that `at` is in."""
    first = _midnight(at).replace(day=1)
    return Period("月報", first, (first + timedelta(days=32)).replace(day=1))


def year(at: datetime) -> Period:
    """The fiscal one that `at` is in: April to March."""
    first = _midnight(at).replace(year=at.year - (at.month < 4), month=4, day=1)
    return Period(YEARLY, first, first.replace(year=first.year + 1))


def last_year(now: float) -> Period:
    return year(year(datetime.fromtimestamp(now, JST)).since - timedelta(days=1))


def last_month(now: float) -> Period:
    return month(_midnight(datetime.fromtimestamp(now, JST)).replace(day=1) - timedelta(days=1))


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=JST)


def report(conn: sa.Connection, period: Period, names: Names, organisation: str, now: float) -> Periodic:
    counts = tally.between(conn, period.since.timestamp(), period.until.timestamp())
    return Periodic(organisation, period, now, tuple(_sections(conn, counts, period, names, now)))


def _sections(
    conn: sa.Connection, counts: Sequence[tally.Count], period: Period, names: Names, now: float
) -> Iterator[Section]:
    totals = Counter[str]()
    for each in counts:
        totals[each.name] += each.count
    sides = tally.totals(counts, "received")
    flow = [(words, totals[name]) for name, words in _FLOW.items()]
    flow[1:1] = [("　うち受信 (内向き)", sides["inbound"]), ("　うち送信 (外向き)", sides["outbound"])]
    yield Section("メールの流れ", ("区分", "通"), tuple((words, f"{count:,}") for words, count in flow))
    yield _reconciled(conn, period, totals["received"])
    yield _ranked("保留した規則", "規則", tally.totals(counts, "held"))
    verdicts = Counter({names.verdicts[Verdict[name.upper()]]: n for name, n in tally.totals(counts, "verdict").items()})
    yield _ranked("判定", "判定", verdicts)
    yield _ranked(
        "多かった検出・処置", "内容", Counter({_told(k, names): n for k, n in tally.totals(counts, "finding").items()})
    )
    yield _waiting(conn, now)
    cases = [case for case in ledger.in_force(conn) if case.due_at and case.due_at > now]
    in_force = tuple(
        (f"{case.id}: {case.opening.subject or case.opening.rule}", f"{_moment(case.due_at or 0)} まで") for case in cases
    )
    yield Section("有効な例外・包括承認", ("件名・規則", "期限"), in_force)
    for title, head, rows in outstanding.rows(conn, period.since.timestamp(), period.until.timestamp(), now):
        yield Section(title, head, rows)
    yield _ranked("警報", "警報", Counter({japanese(name): n for name, n in tally.totals(counts, "alarm").items()}), "回")


def _reconciled(conn: sa.Connection, period: Period, received: int) -> Section:
    """Each recipient of each accepted mail is somewhere (I1)."""
    of_the_time = (
        (message.c.received_at >= period.since.timestamp())
        & (message.c.received_at < period.until.timestamp())
        & (message.c.kind == "mail")
    )
    mails = conn.scalar(sa.select(sa.func.count()).select_from(message).where(of_the_time)) or 0
    joined = sa.select(recipient.c.state, sa.func.count()).join(message, recipient.c.message == message.c.id)
    states = {State(state): count for state, count in conn.execute(joined.where(of_the_time).group_by(recipient.c.state))}
    rows = [(words, f"{states[state]:,}") for state, words in _WHERE.items() if state in states]
    agrees = "一致" if mails == received else f"不一致: 証跡 {received:,}通、保管 {mails:,}通。証跡の封印を確認してください"
    note = f"受け付けた{mails:,}通の宛先{sum(states.values()):,}件の現在の所在。証跡の件数と{agrees}。"
    return Section("照合", ("宛先の所在", "件"), tuple(rows), note)


def _waiting(conn: sa.Connection, now: float) -> Section:
    held = sa.select(sa.func.count(), sa.func.min(quarantine.c.held_at)).where(quarantine.c.state == QuarantineState.HELD)
    queued = sa.select(sa.func.count(), sa.func.min(message.c.received_at)).select_from(job.join(message))
    rows = []
    for words, query in (("保留中のメール", held), ("待ち行列", queued)):
        count, oldest = conn.execute(query).one()
        age = f"、最も古いものは{_age(now - oldest)}前" if oldest is not None else ""
        rows.append((words, f"{count:,}通{age}"))
    return Section("いま待っているもの", ("区分", "数と古さ"), tuple(rows))


def _ranked(title: str, head: str, counted: Counter[str], unit: str = "通") -> Section:
    rest = len(counted) - _TOP
    note = f"ほか{rest}種類" if rest > 0 else ""
    return Section(title, (head, unit), tuple((name, f"{count:,}") for name, count in counted.most_common(_TOP)), note)


def _told(name: str, names: Names) -> str:
    first, _, second = name.partition(" ")
    if first in {each.value for each in Kind} and second in {each.value for each in Treatment}:
        return f"{names.kinds[Kind(first)]}{names.treatments[Treatment(second)]}"
    return names.reasons[Reason(second)] if second in {each.value for each in Reason} else name


def _age(seconds: float) -> str:
    for length, unit in ((86_400, "日"), (3_600, "時間")):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"{max(0.0, seconds) // 60:.0f}分"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M")


def text(made: Periodic) -> str:
    """For a mail and a terminal."""
    lines = [made.period.title, f"{made.organisation}　作成 {_moment(made.made_at)}", ""]
    for section in made.sections:
        lines.append(f"■ {section.title}")
        lines += [f"  {name}: {value}" for name, value in section.rows] or ["  ありません。"]
        lines += [f"  ({section.note})"] if section.note else []
        lines.append("")
    return "\n".join(lines)


_PAGE = Markup(
    '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title><style>'
    "@page{{size:21cm 29.7cm;margin:1.5cm}}"
    "body,h1,h2{{font-family:IPAPGothic,'BIZ UDPGothic',Meiryo,sans-serif}}"
    "body{{font-size:14px;line-height:1.6;max-width:48rem;margin:2rem auto;color:#1c2b2d}}"
    "h1{{font-size:1.4rem;border-bottom:3px solid #0f5c5f}}h2{{font-size:1.05rem;margin:1.4rem 0 .3rem}}"
    "table{{border-collapse:collapse;width:100%;break-inside:avoid}}"
    "th,td{{border:0.5pt solid #888;padding:2pt 4pt;text-align:left}}"
    "td:last-child,th:last-child{{text-align:right}}thead th{{color:#52656a}}p{{margin:.2rem 0;color:#52656a}}"
    "</style></head><body><h1>{title}</h1><p>{organisation}　作成 {made}</p>{sections}</body></html>\n"
)
_SECTION = Markup(
    '<h2>{title}</h2>{note}<table><thead><tr><th width="68%" align="left">{0}</th><th width="32%" align="right">{1}</th></tr>'
    "</thead><tbody>{rows}</tbody></table>"
)
_ROW = Markup('<tr valign="top"><td>{}</td><td align="right">{}</td></tr>')
_NONE = _ROW.format("ありません。", "")


def html(made: Periodic) -> str:
    """For printing and filing; every value is escaped."""
    sections = Markup("").join(
        _SECTION.format(
            *section.head,
            title=section.title,
            note=Markup("<p>{}</p>").format(section.note) if section.note else "",
            rows=Markup("").join(_ROW.format(*row) for row in section.rows) or _NONE,
        )
        for section in made.sections
    )
    title, made_at = made.period.title, _moment(made.made_at)
    return str(_PAGE.format(title=title, organisation=made.organisation, made=made_at, sections=sections))


async def paper(made: Periodic, form: str) -> bytes:
    """ "html" or "pdf".  Raises NoPaper."""
    if form == "html":
        return html(made).encode()
    return await pdf(html(made), f"{made.organisation}　{made.period.title}", f"作成 {_moment(made.made_at)}")

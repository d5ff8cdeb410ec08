"""Labelled outbound mails, self-made after what programs and people really send: did a person send it, or a rule?

Each way of forwarding is applied to five originals; what came in before is part of a case, since some ways leave no other
trace.  Ways that this gateway is known to miss, and a person's habits that look like a program, are in the set as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OWN = "city.example.lg.jp"
STAFF = f"tanaka@{OWN}"
AWAY = "tanaka.private@gmail.com"
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Original:
    """A mail that came in from outside."""

    name: str
    sender: str
    subject: str
    body: str
    further: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"<{self.name}.20261128@{self.sender.rpartition('@')[2]}>"

    def fields(self, **other: str) -> Fields:
        values = {"From": self.sender, "To": STAFF, "Subject": self.subject, "Message-ID": self.id} | other
        return [*values.items(), *self.further]


@dataclass(frozen=True)
class Case:
    name: str
    automatic: bool
    content: bytes
    sender: str
    recipient: str
    before: Original | None  # came in, so many seconds ago
    seconds: float


INQUIRY = Original(
    "inquiry",
    "yamada@company.example.co.jp",
    "見積書の送付について",
    "田中様\n\nいつもお世話になっております。株式会社サンプルの山田です。"
    "\nご依頼いただきました庁舎空調設備の保守に関する見積書をお送りいたします。"
    "\nご査収のほどよろしくお願い申し上げます。"
    "納期は来年三月末を予定しており、詳細な日程は別途ご相談させてください。\n\n株式会社サンプル 山田 一郎\n",
)
NEWSLETTER = Original(
    "newsletter",
    "news@kenkyukai.example.or.jp",
    "【研究会】十一月の定例会のご案内",
    "会員の皆様\n\n十一月の定例会を次のとおり開催いたします。日時は二十八日の午後二時から、会場は県民会館の大会議室です。"
    "\n今回は自治体の情報セキュリティ対策をテーマに、三名の講師をお招きします。参加をご希望の方は期日までにお申し込みください。\n",
    (("List-Id", "<kaiin.kenkyukai.example.or.jp>"), ("List-Post", "<mailto:kaiin@kenkyukai.example.or.jp>")),
)
SHORT = Original("short", "suzuki@example.net", "了解", "了解しました。\n")
ENGLISH = Original(
    "english",
    "info@sister-city.example.com",
    "Exchange programme in spring",
    "Dear Mr Tanaka,\n\nthank you for your kind letter. We would be delighted to welcome the delegation of your city in April,"
    " and suggest the second week of the month. Please let us know how many people will come.\n\nBest regards,\nSam\n",
)
MOBILE = Original(
    "mobile",
    "keitai..user@docomo.ne.jp",
    "保育園の件",
    "先日お電話した佐藤です。来年度の入園の申し込みについて、就労証明書の様式をもう一度教えていただけないでしょうか。"
    "勤務先に早めに依頼したいので、今週中にお返事をいただけると助かります。どうぞよろしくお願いいたします。\n",
)
REPORT = "--b\r\nContent-Type: text/plain\r\n\r\nreport\r\n--b\r\nContent-Type: {}\r\n\r\n{}\r\n--b--\r\n"
ORIGINALS = (INQUIRY, NEWSLETTER, SHORT, ENGLISH, MOBILE)

_ME = f"田中 太郎 <{STAFF}>"


def _case(
    name: str,
    automatic: bool,
    fields: Fields,
    body: str,
    *,
    sender: str = STAFF,
    recipient: str = AWAY,
    before: Original | None = None,
    seconds: float = 4.0,
) -> Case:
    kind = next((value for field, value in fields if field == "Content-Type"), 'text/plain; charset="utf-8"')
    head = [("Date", "Sat, 28 Nov 2026 10:00:00 +0900"), *(f for f in fields if f[0] != "Content-Type"), ("Content-Type", kind)]
    lines = "".join(f"{field}: {value}\r\n" for field, value in head)
    content = f"{lines}MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()
    return Case(name, automatic, content, sender, recipient, before, seconds)


def _quoted(original: Original) -> str:
    """As Outlook writes it."""
    return (
        f"________________________________\nFrom: {original.sender}\nSent: Saturday, November 28, 2026 9:59 AM\n"
        f"To: {STAFF}\nSubject: {original.subject}\n\n{original.body}"
    )


def _mine(original: Original, **other: str) -> Fields:
    """A new mail of the person, about the original."""
    values = {"From": _ME, "To": AWAY, "Subject": f"FW: {original.subject}", "Message-ID": f"<new.{original.name}@{OWN}>"}
    return list((values | {"References": original.id} | other).items())


# -- programs ----------------------------------------------------------------------------------------------------------


def exchange_redirect(o: Original) -> Case:
    marks = [("Resent-From", STAFF), ("X-MS-Exchange-Inbox-Rules-Loop", STAFF)]
    return _case("exchange redirect rule", True, o.fields() + marks, o.body, before=o)


def exchange_forward(o: Original) -> Case:
    marks = [("Auto-Submitted", "auto-generated"), ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent")]
    return _case("exchange forward rule", True, _mine(o) + marks, _quoted(o), before=o)


def exchange_forward_without_marks(o: Original) -> Case:
    return _case(
        "exchange forward rule, marks removed", True, [*_mine(o), ("Auto-Submitted", "auto-generated")], _quoted(o), before=o
    )


def outlook_client_rule(o: Original) -> Case:
    return _case("outlook client rule", True, _mine(o), _quoted(o), before=o, seconds=8)


def gmail_filter(o: Original) -> Case:
    marks = [("X-Forwarded-To", AWAY), ("X-Forwarded-For", f"{STAFF} {AWAY}"), ("Delivered-To", STAFF)]
    return _case("gmail filter", True, o.fields() + marks, o.body, sender=f"tanaka+caf_=x=gmail.com@{OWN}", before=o)


def pigeonhole(o: Original) -> Case:
    marks = [("X-Sieve", "Pigeonhole Sieve 0.5.21"), ("X-Sieve-Redirected-From", STAFF)]
    return _case("dovecot sieve redirect", True, o.fields() + marks, o.body, before=o)


def cyrus(o: Original) -> Case:
    return _case("cyrus sieve redirect", True, [*o.fields(), ("X-Sieve", "CMU Sieve 3.0")], o.body, before=o)


def procmail(o: Original) -> Case:
    return _case("procmail", True, [*o.fields(), ("X-Loop", STAFF)], o.body, before=o)


def postfix_alias(o: Original) -> Case:
    marks = [("X-Original-To", STAFF), ("Delivered-To", STAFF)]
    return _case("postfix .forward", True, o.fields() + marks, o.body, sender=f"SRS0=Hq3/=QK=example.jp=x@{OWN}", before=o)


def alias_after_an_hour(o: Original) -> Case:
    """A queue that was stuck: nothing is remembered any more."""
    return _case("postfix alias, late", True, [*o.fields(), ("Delivered-To", STAFF)], o.body, before=o, seconds=3_600)


def mobile_carrier(o: Original) -> Case:
    """A forwarding service that writes a new Message-ID and leaves From."""
    fields = o.fields(**{"Message-ID": f"<fwd.{o.name}@{OWN}>"})
    return _case("carrier forwarding", True, fields, o.body, before=o)


def stamped(o: Original) -> Case:
    marks = [("X-Mugai-Receipt", "20261128-K7Q2"), ("X-Mugai-Id", "01KB0000000000000000000000")]
    return _case("redirect of what this gateway delivered", True, o.fields() + marks, o.body, seconds=86_400)


def groupware(o: Original) -> Case:
    fields = _mine(o, Subject=f"転送: {o.subject}")
    return _case("groupware transfer", True, [*fields, ("Auto-Submitted", "auto-forwarded")], o.body, before=o)


def groupware_without_marks(o: Original) -> Case:
    fields = _mine(o, Subject=o.subject, References="")
    return _case("groupware transfer, no marks", True, fields, o.body, before=o, seconds=5)


def thunderbird_filter(o: Original) -> Case:
    body = f"\n\n-------- 転送メッセージ --------\n件名: {o.subject}\n差出人: {o.sender}\n宛先: {STAFF}\n\n{o.body}"
    fields = [*_mine(o, Subject=f"Fwd: {o.subject}"), ("X-Forwarded-Message-Id", o.id)]
    return _case("thunderbird filter forwards", True, fields, body, before=o, seconds=6)


def microsoft_365(o: Original) -> Case:
    """SMTP forwarding of a mailbox, as tenants with a connector send it on."""
    marks = [("X-MS-Exchange-Organization-AutoForwarded", "true"), ("Resent-From", f"<{STAFF}>"), ("Auto-Submitted", "no")]
    return _case(
        "microsoft 365 mailbox forwarding", True, o.fields() + marks, o.body, sender=f"tanaka+SRS=Aq1=x@{OWN}", before=o
    )


def forwarded_as_attachment(o: Original) -> Case:
    """A rule of Outlook: "forward as an attachment", seconds after it came; nothing of the person's own."""
    kind = 'multipart/mixed; boundary="b"'
    inner = "".join(f"{field}: {value}\r\n" for field, value in o.fields())
    body = f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n{o.body}\r\n--b--\r\n"
    fields = [*_mine(o), ("Auto-Submitted", "auto-generated"), ("Content-Type", kind)]
    return _case("rule forwards as attachment", True, fields, body, before=o, seconds=5)


def mobile_gateway(o: Original) -> Case:
    """A service that cuts the text for a telephone and sends it under the person's name."""
    body = f"From: {o.sender}\nSubject: {o.subject}\n{o.body[:60]}...\n"
    fields = [*_mine(o, Subject=f"[転送]{o.subject}"), ("Precedence", "bulk"), ("X-Autoforward", "1")]
    return _case("forwarding to a telephone", True, fields, body, recipient="tanaka@docomo.ne.jp", before=o, seconds=7)


def groupware_every_quarter(o: Original) -> Case:
    """Known to be missed: no trace, and too late to be remembered."""
    return _case("groupware every 15 minutes", True, _mine(o, Subject=o.subject), o.body, before=o, seconds=900)


# -- people, and what programs may do ------------------------------------------------------------------------------------


def with_words(o: Original) -> Case:
    body = f"佐藤様\n\nお世話になっております。下記のとおり連絡がありましたのでご確認ください。\n\n田中\n\n{_quoted(o)}"
    return _case("person forwards with words", False, _mine(o), body, recipient="sato@partner.example.jp", before=o, seconds=90)


def without_words(o: Original) -> Case:
    return _case("person forwards without words", False, _mine(o), _quoted(o), before=o, seconds=300)


def soon_without_words(o: Original) -> Case:
    return _case("person forwards soon without words", False, _mine(o), _quoted(o), before=o, seconds=40)


def only_signature(o: Original) -> Case:
    """The commonest way of a person: nothing but the signature above the quote."""
    body = f"\n--\n例示市役所 総務課 田中\nTEL 027-000-0001\n\n{_quoted(o)}"
    return _case("person forwards under a signature", False, _mine(o), body, recipient="sato@partner.example.jp", before=o)


def telephone_mail(o: Original) -> Case:
    body = f"よろしく\n\niPhoneから送信\n\n転送されたメール:\n\n差出人: {o.sender}\n件名: {o.subject}\n\n{o.body}"
    return _case(
        "person forwards from a telephone", False, _mine(o), body, recipient="sato@partner.example.jp", before=o, seconds=30
    )


def for_the_record(o: Original) -> Case:
    """Somebody answers a citizen and copies the partner, the whole thread below."""
    body = f"山田様\n\n担当の佐藤様を写しに入れております。\n\n{_quoted(o)}"
    fields = _mine(o, Subject=f"Re: {o.subject}", To=o.sender, Cc="sato@partner.example.jp", **{"In-Reply-To": o.id})
    return _case(
        "answer that brings a third person in", False, fields, body, recipient="sato@partner.example.jp", before=o, seconds=15
    )


def attached_by_hand(o: Original) -> Case:
    kind = 'multipart/mixed; boundary="b"'
    inner = "".join(f"{field}: {value}\r\n" for field, value in o.fields())
    words = "添付のメールをご確認ください。"
    body = (
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n{o.body}\r\n--b--\r\n"
    )
    fields = [*_mine(o), ("Content-Type", kind)]
    return _case("person attaches the mail", False, fields, body, recipient="sato@partner.example.jp", before=o, seconds=12)


def ticket_answer(o: Original) -> Case:
    """A form of enquiry answers what came in, quoting it."""
    body = f"お問い合わせを受け付けました(受付番号 123)。\n\n{o.body}"
    fields = [*_mine(o, Subject=f"[受付] {o.subject}", To=o.sender), ("Auto-Submitted", "auto-replied")]
    return _case(
        "acknowledgement by a system", False, fields, body, recipient="yamada@company.example.co.jp", before=o, seconds=3
    )


def marked_quote(o: Original) -> Case:
    body = "転送します。\n\n" + "".join(f"> {line}\n" for line in o.body.splitlines())
    return _case("person forwards, quoted with >", False, _mine(o, Subject=f"Fwd: {o.subject}"), body, before=o, seconds=60)


def answer(o: Original) -> Case:
    body = f"ご連絡ありがとうございます。承知いたしました。\n\n{_quoted(o)}"
    fields = _mine(o, Subject=f"Re: {o.subject}", To=o.sender, **{"In-Reply-To": o.id})
    return _case(
        "answer with the whole quote", False, fields, body, recipient="yamada@company.example.co.jp", before=o, seconds=45
    )


def pasted(o: Original) -> Case:
    return _case("text pasted into a new mail", False, _mine(o, Subject="ご参考"), o.body, before=o, seconds=240)


def holidays_exchange(o: Original) -> Case:
    marks = [
        ("Auto-Submitted", "auto-generated"),
        ("X-MS-Exchange-Inbox-Rules-Loop", STAFF),
        ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"),
        ("X-Auto-Response-Suppress", "DR, OOF, AutoReply"),
    ]
    fields = _mine(o, Subject=f"自動応答: {o.subject}", To=o.sender)
    return _case("exchange out of office", False, fields + marks, "本日は休暇をいただいております。\n", sender="", before=o)


def holidays_sieve(o: Original) -> Case:
    fields = [*_mine(o, Subject=f"Auto: {o.subject}", To=o.sender), ("Auto-Submitted", "auto-replied (vacation)")]
    return _case("sieve vacation", False, fields, "休暇中です。\n", sender="", before=o)


def own_list(o: Original) -> Case:
    marks = [("List-Id", f"<koho.{OWN}>"), ("List-Post", f"<mailto:koho@{OWN}>"), ("X-BeenThere", f"koho@{OWN}")]
    fields = [f for f in o.fields(To=f"koho@{OWN}") if not f[0].startswith("List-")] + marks
    return _case(
        "own mailing list", False, fields, o.body, sender=f"koho-bounces@{OWN}", recipient="member@example.jp", before=o
    )


def receipt(o: Original) -> Case:
    kind = 'multipart/report; report-type=disposition-notification; boundary="b"'
    body = REPORT.format("message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed")
    fields = [*_mine(o, Subject=f"開封済み: {o.subject}", To=o.sender), ("Content-Type", kind)]
    return _case("read receipt", False, fields, body, recipient="yamada@company.example.co.jp", before=o)


def _plain(
    name: str, subject: str, body: str, *further: tuple[str, str], author: str = _ME, to: str = AWAY, sender: str = STAFF
) -> Case:
    return _case(name, False, [("From", author), ("To", to), ("Subject", subject), *further], body, sender=sender)


def _singles() -> Iterator[Case]:
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    report = REPORT.format("message/delivery-status", "Reporting-MTA: dns; x")
    postmaster = [("From", f"MAILER-DAEMON@{OWN}"), ("To", "yamada@company.example.co.jp"), ("Subject", "Undelivered Mail")]
    yield _case(
        "delivery report", False, [*postmaster, ("Auto-Submitted", "auto-replied"), ("Content-Type", kind)], report, sender=""
    )
    automatic = ("Auto-Submitted", "auto-generated")
    yield _plain("plain mail", "お世話になっております", "本文です。\n")
    yield _plain("blind copies", "説明会のご案内", "ご案内いたします。\n", to=STAFF)
    yield _plain("for a shared mailbox", "広報", "広報です。\n", ("Sender", STAFF), author=f"koho@{OWN}")
    yield _plain("from a server", "cron", "ok\n", automatic, author=f"root@{OWN}", sender=f"root@{OWN}")
    yield _plain("survey by a system", "調査", "調査\n", automatic, sender=f"survey+x=example.jp@{OWN}")
    yield _plain("form mail", "お問い合わせ", "質問です。\n", author="citizen@example.net", sender=f"www@{OWN}")
    yield _plain("to a foreign list", "Re: [kaiin] 例会", "参加します。\n", to="kaiin@kenkyukai.example.or.jp")
    yield _plain("forward of an internal mail", "FW: 会議", "-----Original Message-----\nFrom: 課長\n\n会議\n")
    by_hand = ("X-Forwarded-Message-Id", "<x@example.jp>")
    yield _plain("thunderbird forward", "Fwd: 資料", "-------- Forwarded Message --------\nFrom: x\n\n資料\n", by_hand)
    yield _plain("invitation", "会議の招集", "会議室1\n", ("Thread-Index", "AQHa"))
    yield _plain("scanner", "Scan", "scanned\n", ("X-Mailer", "MFP"), automatic, author=f"mfp01@{OWN}", sender=f"mfp01@{OWN}")
    yield _plain(
        "newsletter of the city",
        "市政だより",
        "今月号です。\n",
        ("Precedence", "bulk"),
        ("List-Unsubscribe", f"<mailto:u@{OWN}>"),
    )
    yield _plain("on behalf of the mayor", "ご挨拶", "ご挨拶申し上げます。\n", ("Sender", STAFF), author=f"市長 <mayor@{OWN}>")
    yield _plain(
        "calendar answer",
        "承諾: 打合せ",
        "承諾しました。\n",
        ("X-MS-Exchange-Calendar-Originator-Id", "x"),
        ("Auto-Submitted", "no"),
    )
    yield _plain(
        "alarm of a sensor",
        "水位警報",
        "水位 3.2 m\n",
        ("Auto-Submitted", "auto-generated (sensor)"),
        author=f"sensor@{OWN}",
        sender=f"sensor@{OWN}",
    )
    yield _plain(
        "thread of many forwards",
        "FW: FW: Re: 調査",
        "関係課各位\n\n回答をまとめました。\n\n-----元のメッセージ-----\n差出人: x\n",
    )
    yield _plain(
        "sent as new from the sent box", "Re: 見積", "再送します。\n", ("Resent-Date", "Sat, 28 Nov 2026 10:00:00 +0900")
    )
    # looks like a program a failure", "再送", "再送します。\n", ("Message-ID", f"<again@{OWN}>"))
    yield _plain("answer with a header that says no", "Re: 件", "はい。\n", ("Auto-Submitted", "no"))
    # looks like a program, and is a person who redirects by hand (mutt, Thunderbird): the known false alarm
    yield _case(
        "redirect by hand", False, [*INQUIRY.fields(), ("Resent-From", STAFF), ("Resent-To", AWAY)], INQUIRY.body, seconds=300
    )


_WAYS: tuple[Callable[[Original], Case], ...] = (
    *(exchange_redirect, exchange_forward, exchange_forward_without_marks, outlook_client_rule, gmail_filter, pigeonhole),
    *(cyrus, procmail, postfix_alias, alias_after_an_hour, mobile_carrier, stamped, groupware, groupware_without_marks),
    *(thunderbird_filter, microsoft_365, forwarded_as_attachment, mobile_gateway),
    *(only_signature, telephone_mail, for_the_record, attached_by_hand, ticket_answer),
    *(groupware_every_quarter, with_words, without_words, soon_without_words, marked_quote, answer, pasted),
    *(holidays_exchange, holidays_sieve, own_list, receipt),
)

CASES = (*(way(original) for way in _WAYS for original in ORIGINALS), *_singles())


def slug(case: Case) -> str:
    return re.sub(r"\W+", "-", case.name)

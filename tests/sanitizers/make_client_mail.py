"""Mails as the programs write them that municipal staff hear from: structure, charset and habits of each, invented contents.

Each case is a name and the bytes of a mail; `golden_mail/NAME.txt` is what a clerk shall read of it.
"""

from __future__ import annotations

import quopri
from base64 import b64encode, encodebytes
from collections.abc import Iterator
from email.utils import encode_rfc2231
from textwrap import dedent

from sanitizers.charset import _shift

_DATE = "Date: Fri, 20 Nov 2026 10:15:00 +0900\r\n"

_GIF = bytes.fromhex("474946383961010001008000000000 00ffffff21f90400000000002c00000000010001000002024401003b".replace(" ", ""))


def cp50221(text: str) -> bytes:
    """ISO-2022-JP as Windows writes it: NEC's and IBM's characters in their rows, half-width kana by ESC ( I (J1, J2)."""
    out, mode = b"", b"\x1b(B"
    for char in text:
        raw = char.encode("cp932")
        if len(raw) == 1:
            want, octets = (b"\x1b(I", bytes((raw[0] & 0x7F,))) if raw[0] >= 0xA1 else (b"\x1b(B", raw)
        else:
            want, octets = b"\x1b$B", _unshift(raw)
        out += (want if want != mode else b"") + octets
        mode = b"\x1b(B" if char == "\n" else want
    return out + (b"\x1b(B" if mode != b"\x1b(B" else b"")


def _unshift(raw: bytes) -> bytes:
    return next(bytes((lead, trail)) for lead in range(0x21, 0x7F) for trail in range(0x21, 0x7F) if _shift(lead, trail) == raw)


def word(text: str, charset: str = "utf-8") -> str:
    raw = cp50221(text) if charset.lower() == "iso-2022-jp" else text.encode("cp932" if charset == "Shift_JIS" else charset)
    return f"=?{charset}?B?{b64encode(raw).decode()}?="


def text(body: str) -> str:
    return dedent(body).lstrip("\n")


def part(kind: str, content: bytes, encoding: str = "7bit", more: str = "") -> bytes:
    if encoding == "base64":
        content = encodebytes(content)
    elif encoding == "quoted-printable":
        content = quopri.encodestring(content)
    lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + lines


def multi(kind: str, boundary: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{kind};\r\n\tboundary="{boundary}"\r\n\r\n'.encode()
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + each.rstrip(b"\r\n") + b"\r\n" for each in parts)
    return head + body + b"--" + boundary.encode() + b"--\r\n"


def mail(sender: str, subject: str, body: bytes, more: str = "") -> bytes:
    head = f"From: {sender}\r\nTo: kikaku@city.example.lg.jp\r\nSubject: {subject}\r\n{_DATE}{more}MIME-Version: 1.0\r\n"
    return head.encode() + body


def cases() -> Iterator[tuple[str, bytes]]:
    for group in (_outlook, _thunderbird, _apple, _gmail, _japanese_programs, _phones, _services, _machines, _tricks):
        yield from group()


def _outlook() -> Iterator[tuple[str, bytes]]:
    who = f"{word('鈴木 一郎', 'iso-2022-jp')} <suzuki@example.co.jp>"
    plain = text("""
        例示市　企画課　山田様

        いつもお世話になっております。㈱例示建設の鈴木です。

        ①見積書
        ②工程表（～12/25）
        をお送りします。髙橋も同席いたします。

        よろしくお願いいたします。

        -----Original Message-----
        From: 山田 <kikaku@city.example.lg.jp>
        Sent: Thursday, November 19, 2026 5:02 PM
        To: 鈴木 一郎
        Subject: 見積りのお願い

        > 見積書をお願いします。
        """)
    html = text("""
        <html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
        <meta http-equiv="Content-Type" content="text/html; charset=iso-2022-jp">
        <style><!-- @font-face {font-family:"MS Gothic";} p.MsoNormal {margin:0mm; font-size:10.5pt;} --></style></head>
        <body lang=JA><div class=WordSection1><p class=MsoNormal>例示市　企画課　山田様<o:p></o:p></p>
        <p class=MsoNormal><o:p>&nbsp;</o:p></p>
        <p class=MsoNormal>いつもお世話になっております。㈱例示建設の鈴木です。<o:p></o:p></p>
        <p class=MsoNormal><o:p>&nbsp;</o:p></p>
        <p class=MsoNormal>①見積書<o:p></o:p></p><p class=MsoNormal>②工程表（～12/25）<o:p></o:p></p>
        <p class=MsoNormal>をお送りします。髙橋も同席いたします。<o:p></o:p></p>
        <p class=MsoNormal>よろしくお願いいたします。<o:p></o:p></p></div></body></html>
        """)
    body = multi(
        "alternative",
        "----=_NextPart_000_0001_01DC5A1B.2E4F8A60",
        part('text/plain;\r\n\tcharset="iso-2022-jp"', cp50221(plain)),
        part('text/html;\r\n\tcharset="iso-2022-jp"', cp50221(html), "quoted-printable"),
    )
    yield "outlook_reply", mail(who, word("RE: 見積りのお願い", "iso-2022-jp"), body, "X-Mailer: Microsoft Outlook 16.0\r\n")
    table = text("""
        <html><head><meta charset="utf-8"></head><body lang="JA"><div class="WordSection1">
        <p class="MsoNormal">下記のとおり会議を開催します。</p>
        <table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0" style="border-collapse:collapse;border:none">
        <tr><td width="104" style="border:solid windowtext 1.0pt"><p class="MsoNormal">日時</p></td>
        <td style="border:solid windowtext 1.0pt"><p class="MsoNormal">12月3日（木）10:00～11:30</p></td></tr>
        <tr><td style="border:solid windowtext 1.0pt"><p class="MsoNormal">場所</p></td>
        <td style="border:solid windowtext 1.0pt"><p class="MsoNormal">本庁舎3階 301会議室</p></td></tr>
        <tr><td style="border:solid windowtext 1.0pt"><p class="MsoNormal">議題</p></td>
        <td style="border:solid windowtext 1.0pt"><p class="MsoNormal">1. 予算<br>2. 広報紙</p></td></tr></table>
        <p class="MsoNormal"><o:p>&nbsp;</o:p></p>
        <p class="MsoNormal">資料は<a href="https://files.example.co.jp/s/Ab12?dl=1">こちら</a>です。</p>
        <p class="MsoNormal"><img width="120" height="40" src="cid:image001.png@01DC5A1B" alt="会社のロゴ"></p></div></body></html>
        """)
    yield "outlook_html_only", mail(who, word("会議の件"), part("text/html; charset=utf-8", table.encode(), "base64"))
    request = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:打合せ\r\n"
    request += "DTSTART:20261203T010000Z\r\nDTEND:20261203T020000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    meeting = multi(
        "alternative",
        "_000_OS3P286MB",
        part("text/plain; charset=utf-8", "打合せをお願いします。\nMicrosoft Teams 会議に参加\n".encode(), "base64"),
        part("text/html; charset=utf-8", "<p>打合せをお願いします。</p><p>Microsoft Teams 会議に参加</p>".encode(), "base64"),
        part("text/calendar; charset=utf-8; method=REQUEST", request.encode(), "base64"),
    )
    yield "outlook_meeting", mail(who, word("打合せ"), meeting)


def _thunderbird() -> Iterator[tuple[str, bytes]]:
    who = f"{word('佐藤 花子', 'UTF-8')} <sato@example.ne.jp>"
    flowed = (
        text("""
        佐藤です。

        この段落は Thunderbird の format=flowed で送られています。English words wrap \
        """).rstrip()
        + " \n"
        + text("""
        here, and the line goes on.

        On 2026/11/19 17:02, 企画課 wrote:
        > 一行目です。
        >> 二重の引用です。
        > 最後の行です。

        """)
        + "-- \n佐藤 花子\n"
    )
    body = part("text/plain; charset=UTF-8; format=flowed", flowed.encode(), "8bit")
    yield "thunderbird_flowed", mail(who, word("Re: 日程", "UTF-8"), body, "User-Agent: Mozilla Thunderbird\r\n")
    html = text("""
        <!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head><body>
        <p>承知しました。</p><div class="moz-cite-prefix">On 2026/11/19 17:02, 企画課 wrote:<br></div>
        <blockquote type="cite" cite="mid:1@city.example.lg.jp"><p>明日の会議は10時からです。</p>
        <blockquote type="cite"><p>何時からですか？</p></blockquote></blockquote>
        <div class="moz-signature">-- <br>佐藤 花子<br>電話 03-0000-0000</div></body></html>
        """)
    name = encode_rfc2231("調査票（回答済み）.gif", "UTF-8")
    attached = part("image/gif; name*=" + name, _GIF, "base64", f"Content-Disposition: attachment; filename*={name}\r\n")
    yield (
        "thunderbird_html",
        mail(
            who,
            word("Re: 会議", "UTF-8"),
            multi("mixed", "------------0aB", part("text/html; charset=UTF-8", html.encode(), "8bit"), attached),
        ),
    )


def _apple() -> Iterator[tuple[str, bytes]]:
    who = f"{word('高橋', 'iso-2022-jp')} <takahashi@example.com>"
    line = "これは Apple Mail の長い段落で、DelSp のために行末の空白は文字の間に入りません。\n"
    flowed = cp50221(line[:24]) + b" \n" + cp50221(line[24:] + "次の段落です。\n\n") + b"-- \n" + cp50221("高橋\n")
    plain = part("text/plain;\r\n\tcharset=iso-2022-jp;\r\n\tformat=flowed;\r\n\tdelsp=yes", flowed)
    yield "apple_mail_delsp", mail(who, word("写真の件", "iso-2022-jp"), plain, "X-Mailer: Apple Mail (2.3445)\r\n")
    html = text("""
        <html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">現場の写真です。<br><br>
        <img src="cid:1F2E-1" alt="IMG_0123.jpeg"><br><div dir="ltr">iPhoneから送信</div>
        <div dir="ltr"><br><blockquote type="cite">2026/11/19 17:02、企画課 &lt;kikaku@city.example.lg.jp&gt;のメール:<br><br></blockquote></div>
        <blockquote type="cite"><div dir="ltr">写真をお願いします。</div></blockquote></body></html>
        """)
    plain = part(
        "text/plain; charset=utf-8",
        "現場の写真です。\n\n\n\niPhoneから送信\n\n2026/11/19 17:02、企画課 <kikaku@city.example.lg.jp>のメール:\n\n> 写真をお願いします。\n".encode(),
        "base64",
    )
    related = multi("related", "Apple-Mail-2", part("text/html; charset=utf-8", html.encode(), "base64"))
    yield (
        "apple_iphone",
        mail(who, word("現場の写真"), multi("alternative", "Apple-Mail-1", plain, related), "X-Mailer: iPhone Mail (22A)\r\n"),
    )


def _gmail() -> Iterator[tuple[str, bytes]]:
    who = "Example NPO <npo@gmail.com>"
    plain = "ありがとうございます。\n参加します🎉\n\n2026年11月19日(木) 17:02 企画課 <kikaku@city.example.lg.jp>:\n\n> ご出欠をお知らせください。\n>\n> 企画課\n>\n"
    html = text("""
        <div dir="ltr">ありがとうございます。<div>参加します🎉</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">
        2026年11月19日(木) 17:02 企画課 &lt;<a href="mailto:kikaku@city.example.lg.jp">kikaku@city.example.lg.jp</a>&gt;:<br></div>
        <blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">ご出欠をお知らせください。<br><br>企画課<br></blockquote></div>
        """)
    both = multi(
        "alternative",
        "000000000000a1b2c3",
        part('text/plain; charset="UTF-8"', plain.encode(), "base64"),
        part('text/html; charset="UTF-8"', html.encode(), "base64"),
    )
    yield "gmail_reply", mail(who, word("Re: 出欠", "UTF-8"), both)
    forwarded = text("""
        <div dir="ltr">転送します。<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>
        From: <strong class="gmail_sendername" dir="auto">県 防災課</strong> <span dir="auto">&lt;bosai@pref.example.lg.jp&gt;</span><br>
        Date: 2026年11月18日(水) 9:00<br>Subject: 訓練の日程<br>To:  &lt;npo@gmail.com&gt;<br></div><br><br>
        <ul><li>12月5日 図上訓練</li><li>12月6日 実動訓練<ol><li>避難</li><li>炊き出し</li></ol></li></ul></div></div>
        """)
    yield (
        "gmail_forward",
        mail(who, word("Fwd: 訓練の日程", "UTF-8"), part('text/html; charset="UTF-8"', forwarded.encode(), "quoted-printable")),
    )


def _japanese_programs() -> Iterator[tuple[str, bytes]]:
    becky = text("""
        企画課　山田様

        ｶﾌﾞｼｷｶﾞｲｼﾔ 例示ｼｽﾃﾑの田中です。
        契約番号№12－3、㈲例示商店分の保守の件、下記のとおりです。

        ■日程
        　・11/25（水）　14:00～
        　・所要　　　　 約２時間

        > いつ来られますか。

        --
        田中
        """)
    yield (
        "becky",
        mail(
            f"{word('田中', 'ISO-2022-JP')} <tanaka@example.co.jp>",
            word("保守の件", "ISO-2022-JP"),
            part('text/plain; charset="ISO-2022-JP"', cp50221(becky)),
            "X-Mailer: Becky! ver. 2.81.07 [ja]\r\n",
        ),
    )
    notice = text("""
                                        事　務　連　絡
                                        令和８年11月20日

        各市町村企画担当課長　様

                                        県総務部市町村課長

        　　　　令和８年度調査の実施について（依頼）

        　このことについて、別紙調査票により回答くださるようお願いします。

        　　　　　　　　　　　　記

        １　提出期限　　12月18日（金）
        ２　提出方法　　電子メール

        　　　　　　　　　　　　　　　　　　　　　　以上
        """)
    yield (
        "prefecture_notice",
        mail(
            f"{word('県 市町村課', 'Shift_JIS')} <shichoson@pref.example.lg.jp>",
            word("【依頼】令和８年度調査について", "Shift_JIS"),
            part("text/plain; charset=Shift_JIS", notice.encode("cp932"), "8bit"),
        ),
    )
    form = "■お名前\r\n市民　太郎\r\n■ご意見\r\nソフトの表示が文字化けします。能登の件も知りたい。\r\n"
    yield (
        "cgi_form_raw_sjis",
        mail("www@example.jp", "@@", form.encode("cp932"), "X-Mailer: formmail\r\n")
        .replace(b"@@", "ご意見フォームからの投稿（表示）".encode("cp932"))
        .replace(b"MIME-Version: 1.0\r\n", b"\r\n"),
    )
    liste = "投稿です。\n\n次回の例会は12月です。\n_______________________________________________\nkenkyu mailing list\nkenkyu@ml.example.jp\n"
    yield (
        "mailing_list_euc",
        mail(
            "kenkyu@ml.example.jp",
            word("[kenkyu:00123] 例会", "EUC-JP"),
            part("text/plain; charset=EUC-JP", liste.encode("euc-jp"), "8bit"),
            "Precedence: list\r\nList-Id: <kenkyu.ml.example.jp>\r\n",
        ),
    )


def _phones() -> Iterator[tuple[str, bytes]]:
    docomo = "避難所に着きました".encode("cp932") + b"\xf8\x9f\r\n" + "ありがとう".encode("cp932") + b"\xf9\x91\r\n"
    yield (
        "docomo",
        mail(
            "hanako.@docomo.ne.jp",
            "=?Shift_JIS?B?" + b64encode("避難".encode("cp932") + b"\xf8\x9f").decode() + "?=",
            part("text/plain; charset=Shift_JIS", docomo, "8bit"),
        ),
    )
    au = cp50221("晴れ")[:-3] + b"uA" + b"\x1b(B\r\n" + cp50221("公園の街灯が消えています。\r\n")
    yield "au", mail("jiro..z@ezweb.ne.jp", word("街灯", "iso-2022-jp"), part("text/plain; charset=iso-2022-jp", au))
    softbank = "道路に穴があります\ue04a\nよろしく\ue056\n".encode()
    yield (
        "softbank",
        mail("saburo@softbank.ne.jp", word("道路", "UTF-8"), part("text/plain; charset=UTF-8", softbank, "base64")),
    )


def _services() -> Iterator[tuple[str, bytes]]:
    salesforce = text("""
        <html><head><style>.btn{background:#0070d2;color:#fff}</style></head><body style="margin:0">
        <table width="600" cellpadding="0" cellspacing="0" border="0" role="presentation"><tr><td>
        <img src="https://example.my.salesforce.com/servlet/servlet.ImageServer?id=015&oid=00D&lastMod=1" width="1" height="1"></td></tr>
        <tr><td style="padding:20px"><h1>ケース 00012345 を受け付けました</h1><p>例示市 ご担当者様</p>
        <table border="0"><tr><th align="left">件名</th><td>ログインできない</td></tr><tr><th align="left">優先度</th><td>高</td></tr></table>
        <p><a class="btn" href="https://example.my.salesforce.com/500?id=1">ケースを開く</a></p></td></tr>
        <tr><td style="font-size:10px;color:#999">このメールは自動送信です。<span style="display:none">ref:_00D.500:ref</span></td></tr></table></body></html>
        """)
    yield (
        "salesforce",
        mail(
            "Support <support@example.com>",
            word("ケース 00012345", "UTF-8"),
            part("text/html; charset=UTF-8", salesforce.encode(), "quoted-printable"),
        ),
    )
    news = text("""
        <html><body bgcolor="#ffffff"><div style="display:none;max-height:0;overflow:hidden">今月の自治体DXニュースをお届けします</div>
        <table align="center" width="600"><tr><td><h2>自治体DXニュース 11月号</h2></td></tr>
        <tr><td><h3>▼ 標準化の動き</h3><p>ガイドラインが改定されました。<a href="https://news.example.jp/a?utm_source=mail">続きを読む</a></p></td></tr>
        <tr><td><table width="100%"><tr><td width="50%"><b>イベント</b><br>12/10 セミナー（オンライン）</td><td width="50%"><b>調査</b><br>窓口DXアンケート</td></tr></table></td></tr>
        <tr><td><hr><small>配信停止は<a href="https://news.example.jp/stop">こちら</a>　© Example</small></td></tr></table></body></html>
        """)
    yield (
        "newsletter",
        mail(
            "News <news@news.example.jp>",
            word("自治体DXニュース 11月号", "UTF-8"),
            part("text/html; charset=UTF-8", news.encode(), "base64"),
            "List-Unsubscribe: <https://news.example.jp/stop>\r\n",
        ),
    )
    survey = text("""
        <p>下の表にご記入ください。</p><table border="1"><tr><th rowspan="2">区分</th><th colspan="2">人数</th></tr><tr><th>男</th><th>女</th></tr>
        <tr><td>正職員</td><td></td><td></td></tr><tr><td>会計年度任用職員</td><td></td><td></td></tr></table><p>ご不明な点は担当まで。</p>
        """)
    yield (
        "survey_table",
        mail("chosa@pref.example.lg.jp", word("調査票", "UTF-8"), part("text/html; charset=UTF-8", survey.encode(), "base64")),
    )
    easy = "<p><ruby>避難所<rp>（</rp><rt>ひなんじょ</rt><rp>）</rp></ruby>は <ruby>小学校<rt>しょうがっこう</rt></ruby> です。</p><p>お<s>金</s>は いりません。</p>"
    yield (
        "easy_japanese_ruby",
        mail(
            "bosai@pref.example.lg.jp",
            word("やさしい日本語", "UTF-8"),
            part("text/html; charset=UTF-8", easy.encode(), "base64"),
        ),
    )
    groupware = "[掲示板] 新しい書き込みがあります。\n\n件名: 年末の予定\nURL: https://gw.example.co.jp/cgi-bin/ag.cgi?page=BulletinView&id=12\n\n※このメールには返信できません。\n"
    yield (
        "groupware",
        mail(
            "noreply@gw.example.co.jp",
            word("[掲示板] 年末の予定", "ISO-2022-JP"),
            part("text/plain; charset=ISO-2022-JP", cp50221(groupware)),
        ),
    )
    chat = '<div><b>田中</b>さんがあなたをメンションしました</div><blockquote>資料の確認をお願いします<br>18時まで</blockquote><table role=presentation><tr><td><a href="https://chat.example.com/l/1">チャットで返信する</a></td></tr></table>'
    yield (
        "chat_notification",
        mail(
            "noreply@chat.example.com",
            word("未読のメッセージ", "UTF-8"),
            part("text/html; charset=UTF-8", chat.encode(), "base64"),
        ),
    )


def _machines() -> Iterator[tuple[str, bytes]]:
    bank = "ﾀﾞｲ1ｶｲ ﾌﾘｺﾐ ﾉ ｵｼﾗｾ\nﾌﾘｺﾐﾆﾝ ﾚｲｼﾞｼﾖｳﾃﾝ\nｷﾝｶﾞｸ 12,000ｴﾝ\n"
    yield (
        "bank_half_width",
        mail(
            "info@bank.example.co.jp",
            word("ﾌﾘｺﾐ ﾉ ｵｼﾗｾ", "ISO-2022-JP"),
            part("text/plain; charset=ISO-2022-JP", cp50221(bank)),
        ),
    )
    yield "monitoring_empty", mail("nagios@example.jp", "", part("text/plain; charset=us-ascii", b"\n"))
    uu = (
        "スキャンした画像です。\n\n".encode("cp932")
        + b"begin 644 scan.gif\n"
        + b"M1TE&.#EA`0`!`(```````/___R'Y!`$`````+``````!``$```(!1``[\n"
        + b"`\nend\n"
    )
    yield "copier_uuencode", mail("copier@city.example.lg.jp", "Scan", part("text/plain; charset=Shift_JIS", uu, "8bit"))
    report = multi(
        "report; report-type=delivery-status",
        "A1B2/mx.example.jp",
        part(
            "text/plain; charset=us-ascii",
            b"This is the mail system at host mx.example.jp.\n\n<x@example.jp>: host mail.example.jp said: 550 5.1.1 User unknown\n",
        ),
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.jp\r\n\r\nFinal-Recipient: rfc822; x@example.jp\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"Content-Type: text/rfc822-headers\r\n\r\nFrom: kikaku@city.example.lg.jp\r\nSubject: "
        + word("お知らせ").encode()
        + b"\r\n",
    )
    yield "postfix_bounce", mail("MAILER-DAEMON@mx.example.jp", "Undelivered Mail Returned to Sender", report)
    receipt = multi(
        "report; report-type=disposition-notification",
        "=_mdn",
        part("text/plain; charset=iso-2022-jp", cp50221("このメールは 2026/11/20 に開封されました。\n")),
        b"Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;sato@example.ne.jp\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
    )
    yield "read_receipt", mail("sato@example.ne.jp", word("開封済み: 会議", "iso-2022-jp"), receipt)


def _tricks() -> Iterator[tuple[str, bytes]]:
    fake = text("""
        <p>例示市 職員各位</p><p>パスワードの有効期限が切れます。<a href="http://login.city-example.evil.test/a">https://www.city.example.lg.jp/login</a> から更新してください。</p>
        <p style="color:#ffffff;background:#ffffff">ham ham ham meeting invoice lunch</p><p style="font-size:0">hidden</p>
        <p>お急ぎ<span style="display:none">xx</span>ください。</p><img src="http://track.evil.test/p.gif" width="1">
        """)
    yield (
        "phishing",
        mail(
            f'"{word("情報システム課 <jyoho@city.example.lg.jp>", "UTF-8")}" <x@evil.test>',
            word("【重要】パスワード", "UTF-8"),
            part("text/html; charset=UTF-8", fake.encode(), "base64"),
        ),
    )
    two = multi(
        "alternative",
        "zz",
        part("text/plain; charset=utf-8", ("振込先は従来どおりです。" * 20 + "\n").encode(), "base64"),
        part("text/html; charset=utf-8", "<p>新しい振込先の口座は 999 です。至急お願いします。</p>".encode(), "base64"),
    )
    yield "two_truths", mail("keiri@example.co.jp", word("振込先", "UTF-8"), two)
    signed = multi(
        'signed; protocol="application/pkcs7-signature"; micalg=sha-256',
        "----5E1A",
        part("text/plain; charset=utf-8", "電子署名付きのお知らせです。\n".encode(), "base64"),
        part(
            "application/pkcs7-signature; name=smime.p7s",
            b"\x30\x82",
            "base64",
            "Content-Disposition: attachment; filename=smime.p7s\r\n",
        ),
    )
    yield "smime_signed", mail("oshirase@bank.example.co.jp", word("お知らせ", "UTF-8"), signed)
    yield (
        "ppap_password",
        mail(
            "suzuki@example.co.jp",
            word("【パスワード】資料送付の件", "ISO-2022-JP"),
            part("text/plain; charset=ISO-2022-JP", cp50221("先ほどお送りしたファイルのパスワードです。\n\nPass-2026\n")),
        ),
    )

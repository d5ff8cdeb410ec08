"""SD-01 to SD-07: what outbound mail would give away is seen in body, names, properties, attachments and archives."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
import zipfile
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import openpyxl.comments
import pikepdf
import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from tests.end_to_end.outbound import SHIPPED, House, house, mail

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
TO = "partner@example.com"
NUMBER = "123456789018"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    chosen = "choose_profile: [{name: outbound, match: {direction: outbound}, profile: outbound}]"
    rules = SHIPPED.replace("choose_profile: []", chosen)
    async with house(clamd, tmp_path_factory.mktemp("leaks"), rules=rules) as running:
        yield running


def attached(content: bytes, name: str, media_type: str = "application/octet-stream", **fields: str) -> EmailMessage:
    message = mail(**fields)
    main, _, sub = media_type.partition("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def word(*paragraphs: str, header: str = "", keywords: str = "") -> bytes:
    document, out = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.sections[0].header.paragraphs[0].text = header
    document.core_properties.keywords = keywords
    document.save(out)
    return out.getvalue()


def sheet(*rows: tuple[object, ...], header: str = "") -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.active.oddHeader.center.text = header
    book.save(out)
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def locked_pdf(revision: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u", R=revision, aes=revision >= 4, metadata=revision >= 4))
    return out.getvalue()


LIST = (("氏名", "個人番号"), ("山田太郎", int(NUMBER)))
NESTED = mail(body=f"マイナンバー {NUMBER}\n").as_bytes()


@pytest.mark.parametrize(
    "message",
    [
        mail(body="個人番号は1234-5678-9018です。\n"),
        mail(body="個 人 番 号　１ ２ ３ ４ ５ ６ ７ ８ ９ ０ １ ８\n"),
        mail(body="個人番号: 1234-5678-\n9018\n"),
        mail(body=f"{'連絡事項です。' * 700}\n個人番号 {NUMBER}\n"),
        mail(subject=f"個人番号 {NUMBER}"),
        attached(word(f"個人番号 {NUMBER}"), "a.docx", WORD),
        attached(sheet(*LIST), "a.xlsx", SHEET),
        attached(f"氏名,個人番号\n山田太郎,{NUMBER}\n".encode("cp932"), "a.csv", "text/csv"),
        attached(zipped(a_xlsx=sheet(*LIST)), "a.zip", "application/zip"),
        attached(zipped(b_zip=zipped(a_xlsx=sheet(*LIST))), "b.zip", "application/zip"),
        attached(b"text", f"個人番号{NUMBER}.txt", "text/plain"),
        attached(NESTED, "a.eml", "application/octet-stream"),
    ],
    ids=["plain", "spaced", "broken", "long", "subject", "docx", "xlsx", "csv", "zip", "zip-in-zip", "name", "eml"],
)
async def test_sd03_a_my_number_is_held_wherever_it_stands_and_shown_masked_only(site: House, message: EmailMessage) -> None:
    sender = f"{uuid.uuid4().hex}@city.example.lg.jp"  # nobody hears of more than ten held mails an hour
    receipt = await site.send(message, TO, sender=sender)
    assert await site.left(receipt) == []
    decided = site.journal(receipt, "decided")
    assert "identifying-numbers" in decided
    assert "my_number 1" in decided
    told = "".join(str(d.message.get_content()) for d in await site.told(receipt))
    assert "12**" in told
    if NUMBER not in "".join(str(part["Subject"]) + str(part.get_filename()) for part in message.walk()):  # shown as they are
        assert "56789018" not in (told + decided).replace("-", "")


@pytest.mark.parametrize(
    "body",
    [
        "法人番号 1234567890123\n登録番号 T1234567890123\n",
        "お問い合わせ番号 1234-5678-9018 で配送しました。\n",
        "電話 027-321-1234 FAX 027-321-1235 担当 田中太郎\n",
        "施行日 令和8年4月1日、予算 123456789018円\n",
    ],
    ids=["corporate", "parcel", "footer", "amount"],
)
async def test_sd03_ordinary_mail_leaves(site: House, body: str) -> None:
    receipt = await site.send(mail(body=body), TO)
    assert len(await site.left(receipt)) == 1


async def test_sd03_a_list_of_people_waits_for_the_ism(site: House) -> None:
    given = ["一郎", "二郎", "三郎", "四郎", "五郎", "花子"]
    names = [surname + name for surname in ["山田", "佐藤", "鈴木", "高橋", "田中"] for name in given]
    rows = [("氏名", "住所", "電話")]
    rows += [(name, f"東京都中央区銀座{n}-1-1", f"090-1234-{n:04}") for n, name in enumerate(names, 1)]
    receipt = await site.send(attached(sheet(*rows), "list.xlsx", SHEET), TO)
    assert await site.left(receipt) == []
    decided = site.journal(receipt, "decided")
    assert "await_approval" in decided
    assert "telephone 30" in decided
    assert "postal_address 30" in decided
    assert "person_name 30" in decided


@pytest.mark.parametrize(
    "message",
    [
        mail(subject="【機密性２】協議資料"),
        mail(body="【 機 密 性 ２ 】\n協議資料を送ります。\n"),
        mail(body="取扱注意\n\n協議資料を送ります。\n"),
        attached(word("協議資料"), "機密性2_協議.docx", WORD),
        attached(word("協議資料", header="【機密性2】"), "a.docx", WORD),
        attached(word("協議資料", keywords="機密性2"), "a.docx", WORD),
        attached(sheet(("a",), header="機密性2"), "a.xlsx", SHEET),
        attached(zipped(a_docx=word("【機密性1】"), b_docx=word("【機密性2】")), "a.zip", "application/zip"),
    ],
    ids=["subject", "spaced", "body", "name", "header", "property", "sheet-header", "archive"],
)
async def test_sd04_sd06_a_stated_class_waits_for_permission_the_highest_counts(site: House, message: EmailMessage) -> None:
    receipt = await site.send(message, TO)
    assert await site.left(receipt) == []
    decided = site.journal(receipt, "decided")
    assert "classified" in decided
    assert "class_2 1" in decided


async def test_sd04_a_word_in_running_text_or_class_1_holds_nothing(site: House) -> None:
    receipt = await site.send(mail(subject="【機密性1】案内", body="機密性2の情報は持ち出せません。守秘義務があります。\n"), TO)
    assert len(await site.left(receipt)) == 1


@pytest.mark.parametrize(("revision", "rule"), [(2, "weak-encryption"), (3, "weak-encryption"), (6, "password-wanted")])
async def test_sd07_only_designated_encryption_waits_for_its_password(site: House, revision: int, rule: str) -> None:
    receipt = await site.send(attached(locked_pdf(revision), "a.pdf", "application/pdf"), TO)
    assert await site.left(receipt) == []
    assert rule in site.journal(receipt, "decided")
    if rule == "weak-encryption":
        told = "".join(str(d.message.get_content()) for d in await site.told(receipt))
        assert "AES-256" in told


async def test_sd03_a_scanned_page_has_no_words_and_leaves(site: House) -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    receipt = await site.send(attached(out.getvalue(), "scan.pdf", "application/pdf"), TO)
    assert len(await site.left(receipt)) == 1


async def test_sd01_explain_shows_the_class_and_what_is_disclosed(site: House, tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(attached(sheet(*LIST), "a.xlsx", SHEET, subject="【機密性2】").as_bytes())
    shown = await asyncio.to_thread(
        site.gateway.mugai, "explain", str(path), "--direction", "outbound", "--to", TO, "--no-scan", "--json"
    )
    [answer] = json.loads(shown)
    assert answer["rule"] == "identifying-numbers"
    assert {(each["sign"], each["count"]) for each in answer["signs"]} >= {("my_number", 1), ("class_2", 1)}
    assert "12**" in shown


def book_with_traces() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    book.active["A1"] = "公開する表"
    book.active["A1"].comment = openpyxl.comments.Comment("SECRETCOMMENT", "tanaka")
    hidden = book.create_sheet("名簿")
    hidden["A1"] = "SECRETSHEET"
    hidden.sheet_state = "hidden"
    book.save(out)
    return out.getvalue()


async def test_sd03_comments_and_hidden_sheets_do_not_leave_and_the_sender_hears_of_it(site: House) -> None:
    sender = "sato@city.example.lg.jp"  # whom no other test has told anything: a person hears ten times an hour at most
    receipt = await site.send(attached(book_with_traces(), "a.xlsx", SHEET, From=sender), TO, sender=sender)
    [delivered] = await site.left(receipt)
    [sent] = [bytes(part.get_payload(decode=True) or b"") for part in delivered.message.iter_attachments()]
    with zipfile.ZipFile(io.BytesIO(sent)) as package:
        everything = b"".join(package.read(name) for name in package.namelist())
    assert "公開する表".encode() in everything
    assert b"SECRETCOMMENT" not in everything
    assert b"SECRETSHEET" not in everything
    assert "outbound-cleaned" in site.journal(receipt, "decided")
    told = "".join(str(d.message.get_content()) for d in await site.told(receipt))
    assert "非表示のシート" in told


async def test_sd03_a_clean_document_is_no_news(site: House) -> None:
    receipt = await site.send(attached(sheet(("a",)), "a.xlsx", SHEET), TO)
    assert len(await site.left(receipt)) == 1
    assert await site.untold(receipt)
    assert await site.untold(receipt)

"""Notices: complete, readable, bounded, and wrong files named with their line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from gateway.clock import JST
from gateway.model import Decision, Disposition, Excerpt, Inspection, PartReport, Reply, Sign, Telling
from gateway.notice import Notices, example
from gateway.yaml_file import BadConfiguration
from sanitizers.letter import Attachment, Letter
from sanitizers.model import Finding, Kind, Reason, Signature, SignatureState, Treatment, Verdict

SHIPPED = Path(__file__).parents[2] / "config" / "notices"
UNTIL = datetime(2026, 12, 21, tzinfo=JST)
DELIVER = Decision(Disposition.DELIVER, "inbound", "", (), "", "rebuild")


@pytest.fixture(scope="module")
def notices() -> Notices:
    return Notices.load(SHIPPED)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "notices"))


def part(
    name: str, *found: tuple[Kind, Treatment], parts: tuple[PartReport, ...] = (), reason: Reason | None = None
) -> PartReport:
    findings = tuple(Finding(kind, "", str(number), treatment) for number, (kind, treatment) in enumerate(found))
    verdict = Verdict.WITHHELD if reason else Verdict.SANITISED if findings else Verdict.CLEAN
    digest = "" if reason else "0" * 64
    shown = replace(example.WITHHELD, name=name, name_out=name, verdict=verdict, findings=findings, reason=reason)
    return replace(shown, sha256_out=digest, parts=parts)


def mail(*parts: PartReport, findings: tuple[Finding, ...] = ()) -> Inspection:
    report = replace(part("", parts=parts), findings=findings)
    return Inspection(report, max((p.worst().verdict for p in parts), default=Verdict.CLEAN), None, (), 4)


def head(notices: Notices, inspection: Inspection, decision: Decision = DELIVER) -> str:
    return notices.head(inspection, decision, "20261121-K7Q2", UNTIL, "無害化装置")


def test_every_kind_reason_verdict_and_treatment_has_words_in_both_languages(notices: Notices) -> None:
    for names in notices.names.values():
        assert set(names.kinds) == set(Kind)
        assert set(names.reasons) == set(Reason)
        assert set(names.verdicts) == set(Verdict)
        assert set(names.treatments) == set(Treatment)
    assert notices.kind(Kind.MACRO) == "マクロ"
    assert notices.reason(Reason.INFECTED) == "ウイルスが見つかったため"
    assert (notices.verdict(Verdict.LOCKED), notices.treatment(Treatment.REMOVED)) == ("パスワード待ち", "を除去")


def test_head_tells_what_was_done_to_each_attachment(notices: Notices) -> None:
    macro, link = (Kind.MACRO, Treatment.REMOVED), (Kind.EXTERNAL_LINK, Treatment.REMOVED)
    estimate = replace(part("見積書.xlsm", macro, macro, link), name_out="見積書.xlsx")
    text = head(notices, mail(estimate, part("写真.jpg"), part("setup.exe", reason=Reason.EXECUTABLE)))
    assert text == (
        "【無害化済】このメールは、安全のため組み立て直してお届けしています。\n"
        "受付番号: 20261121-K7Q2\n"
        "原本は、無害化装置で12月21日まで確認できます。\n"
        "添付ファイル:\n"
        "1. 見積書.xlsm → 見積書.xlsx — マクロ2件・外部ファイルへのリンク1件を除去\n"
        "2. 写真.jpg — 問題は見つかりませんでした\n"
        "3. setup.exe — お届けしていません(プログラムやスクリプトなど、開くと動くファイルのため)\n"
        "(This mail was rebuilt by the mail security gateway. Receipt 20261121-K7Q2)\n"
        "------------------------------------------------------------\n"
    )


def test_head_tells_what_was_done_to_the_body(notices: Notices) -> None:
    findings = (
        Finding(Kind.HTML_BODY, "", "", Treatment.REPLACED),
        Finding(Kind.DECEPTIVE_LINK, "", "", Treatment.NEUTRALISED),
        Finding(Kind.SCRIPT, "", "a", Treatment.REMOVED),
        Finding(Kind.SCRIPT, "", "b", Treatment.REMOVED),
        Finding(Kind.CHARSET, "", "", Treatment.KEPT),
    )
    text = head(notices, replace(mail(findings=findings), verdict=Verdict.SANITISED))
    assert "\n本文など: " in text
    line = next(line for line in text.splitlines() if line.startswith("本文など"))
    assert {"HTMLをテキストに変換", "表示と異なるリンク先があります(ご注意ください)", "スクリプト2件を除去"} <= set(
        line.removeprefix("本文など: ").split("、")
    )
    assert "文字" not in line


def test_a_clean_text_without_attachments_gets_no_notice(notices: Notices) -> None:
    assert head(notices, mail()) == ""
    assert "担当者が確認し" in head(notices, mail(), replace(DELIVER, rule="release:held", reason="確認済み"))


def test_sd09_each_signature_has_its_line_with_signer_and_result(notices: Notices) -> None:
    seals = (Signature("山田太郎", SignatureState.TRUSTED), Signature("", SignatureState.BROKEN))
    contract = replace(part("契約書.pdf", (Kind.SIGNATURE, Treatment.REMOVED)), signatures=seals)
    text = head(notices, mail(contract))
    assert "\n「契約書.pdf」の電子署名: 山田太郎(検証成功)\n" in text
    assert "\n「契約書.pdf」の電子署名: (名前なし)(改ざんあり。署名した内容と一致しません)\n" in text
    assert "電子署名は無害化により外れます。署名付きの原本は受付番号で確認できます。" in text
    forged = replace(contract, signatures=(Signature("山\n受付番号: X", SignatureState.INTACT),))
    assert "\n受付番号: X" not in head(notices, mail(forged))


def test_a_blocked_construct_is_named_where_the_file_is_missing(notices: Notices) -> None:
    blocked = ((Kind.MACRO, Treatment.BLOCKED), (Kind.MACRO, Treatment.BLOCKED), (Kind.METADATA, Treatment.REMOVED))
    file = part("様式.xlsm", *blocked, reason=Reason.FORBIDDEN_CONSTRUCT)
    assert "様式.xlsm — お届けしていません(受け取りを認めていない内容が含まれているため: マクロ)" in head(notices, mail(file))
    assert "forbidden content: macro" in notices.withheld_note(file)


def test_members_of_an_archive_are_summed_up(notices: Notices) -> None:
    document = part("a.docx", (Kind.MACRO, Treatment.REMOVED))
    bad = tuple(part(f"{n}.exe", reason=Reason.EXECUTABLE) for n in range(5))
    archive = part("資料.zip", (Kind.MEMBER_WITHHELD, Treatment.REPLACED), parts=(document, *bad))
    text = head(notices, mail(archive))
    assert "1. 資料.zip — マクロ1件を除去、中の「0.exe」はお届けしていません(" in text
    assert "ほか2件もお届けしていません" in text
    assert "4.exe" not in text


def test_a_nameless_part_is_called_by_the_name_it_was_given(notices: Notices) -> None:
    assert "1. 元のメール.eml — 問題" in head(notices, mail(replace(part(""), name_out="元のメール.eml")))


def test_h10_w08_hostile_names_stay_one_short_clean_line(notices: Notices) -> None:
    name = "請求\r\n9. 偽の行\u202e\x1b]52;" + "長" * 300 + ".xlsx"
    text = head(notices, mail(part(name), part("{{ receipt.__class__ }}")))
    lines = [line for line in text.splitlines() if line[:2] in ("1.", "9.")]
    assert len(lines) == 1
    assert len(lines[0]) < 120
    assert lines[0].partition(" — ")[0].endswith(".xlsx")
    assert not set(text) & set("\r\u202e\x1b")
    assert "2. {{ receipt.__class__ }} — " in text


def test_500_attachments_do_not_bury_the_body(notices: Notices) -> None:
    text = head(notices, mail(*[part(f"{n}.txt") for n in range(500)]))
    assert text.count("\n") < 70
    assert "ほか450件" in text


def test_ml02_rejection_names_limit_and_size_in_one_reply_line(notices: Notices) -> None:
    english, japanese = notices.rejected_size(20 << 20, (20 << 20) + 1, True).split("\n")
    assert japanese == "メールの大きさ(20.1MB)が上限(20MB)を超えています。添付は合計で約14.5MBまでにしてください。"
    assert english == notices.rejected_size(20 << 20, (20 << 20) + 1, False)
    assert "message of 20.1 MB exceeds the limit of 20 MB" in english  # never "20 MB exceeds 20 MB"
    assert len(f"552 5.3.4 {japanese}\r\n".encode()) <= 512  # RFC 5321 4.5.3.1.5


def test_dsn_names_each_recipient_and_the_other_servers_words(notices: Notices) -> None:
    refused = replace(example.REFUSED, reply=Reply(550, "5.1.1", "no such\r\nuser"))
    text = notices.dsn_text(replace(example.ITEM, receipt="20261121-K7Q2"), (refused,))
    assert "宛先: b@example.jp\n相手先の応答: 550 5.1.1 no such user\n" in text
    assert "20261121-K7Q2" in text


def test_held_withheld_and_foot_say_what_the_reader_can_do(notices: Notices) -> None:
    held = notices.held("R-1", "a@example.jp", "", "パスワードが必要なため", UNTIL)
    assert all(words in held for words in ("R-1", "(件名なし)", "パスワードが必要なため", "12月21日"))
    note = notices.withheld_note(part("a.exe", reason=Reason.EXECUTABLE))
    assert "「a.exe」はお届けしていません。" in note
    assert "program or script" in note
    assert "R-1" in notices.foot(mail(part("a.exe", reason=Reason.EXECUTABLE)), DELIVER, "R-1")
    assert notices.foot(mail(part("a.txt")), DELIVER, "R-1") == ""


def test_a_mail_without_notice_still_names_what_is_withheld(notices: Notices) -> None:
    silent = replace(DELIVER, notice=Telling.NEVER)
    withheld = mail(part("a.txt"), part("a.exe", reason=Reason.EXECUTABLE))
    assert head(notices, withheld, silent) == ""
    foot = notices.foot(withheld, silent, "R-1")
    assert "「a.exe」はお届けしていません。" in foot
    assert "R-1" in foot
    assert notices.foot(mail(part("a.txt")), silent, "R-1") == ""


def test_a_notice_on_every_mail_if_the_rule_says_so(notices: Notices) -> None:
    assert "受付番号" in head(notices, mail(), replace(DELIVER, notice=Telling.ALWAYS))


def test_two_files_of_one_name_are_called_as_they_are_delivered(notices: Notices) -> None:
    letter = Letter("", (), None, (), (), (), "", "", (), (), "", (Attachment(0, "a.txt"), Attachment(1, "a(2).txt")))
    text = head(notices, replace(mail(part("a.txt"), part("a.txt")), letter=letter))
    assert "1. a.txt — " in text
    assert "2. a.txt → a(2).txt — " in text


def test_j18_the_reader_is_told_of_gaiji_though_nothing_was_changed(notices: Notices) -> None:
    found = Finding(Kind.GAIJI, "text/plain", "", Treatment.KEPT)
    assert "本文など: 外字があります(パソコンによって違う形で表示されます)" in head(notices, mail(findings=(found,)))


def test_the_text_of_attachments_is_labelled_and_bounded(notices: Notices) -> None:
    excerpts = (Excerpt("計画.docx", "計画の本文", 5), Excerpt("\x1b偽\n名.txt", "短い文", 0))
    foot = notices.foot(replace(mail(part("計画.docx")), excerpts=excerpts), DELIVER, "R-1")
    assert "――― 添付「計画.docx」の文字(はじめの5字。続きは添付をご覧ください) ―――\n" in foot
    assert "計画の本文\n" in foot
    assert "――― 添付「偽 名.txt」の文字 ―――\n" in foot


def test_a_mail_that_waits_for_a_password_names_its_files(notices: Notices) -> None:
    text = notices.password("R-1", "a@example.jp", "資料", ("a.zip", "b.zip", "c.zip", "d.zip"), UNTIL)
    assert "パスワード付きのファイル: a.zip、b.zip、c.zipほか1件" in text
    assert all(words in text for words in ("R-1", "12月21日", "資料", "a@example.jp"))


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "message"),
    [
        ("ja/head.j2", "{{ receipt }}", "{{ reciept }}", 14, "reciept"),
        ("ja/head.j2", "{% endfor %}", "", 0, "not a valid template"),
        ("en/foot.j2", "{{ receipt }}", "{{ receipt.__class__.__mro__ }}", 1, "__class__"),
        ("ja/names.yaml", "  macro: マクロ\n", "", 5, "no text for macro"),
        ("ja/names.yaml", "  macro: マクロ\n", "  makro: マクロ\n", 6, "not a known name"),
        ("en/names.yaml", "phrases:", "sayings:", 0, "not a known section"),
        ("en/names.yaml", "  macro: macro\n", "  macro: [macro]\n", 3, "must be a text"),
    ],
)
def test_a_spoilt_file_is_named_with_its_line(own: Path, file: str, old: str, new: str, line: int, message: str) -> None:
    path = own / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadConfiguration) as bad:
        Notices.load(own)
    problem = next(p for p in bad.value.problems if message in p.message)
    assert problem.file == str(path)
    assert problem.line == line or line == 0


def test_every_missing_file_is_named(own: Path) -> None:
    (own / "ja" / "dsn.j2").unlink()
    (own / "en" / "names.yaml").unlink()
    with pytest.raises(BadConfiguration) as bad:
        Notices.load(own)
    assert {Path(p.file).name for p in bad.value.problems} == {"dsn.j2", "names.yaml"}


def test_signs_as_the_journal_has_them_are_read_in_words() -> None:
    names = Notices.load(SHIPPED).names["ja"]
    said = names.signs_in("telephone 25 a.xlsx: 090-****, person_name 3, class_2 1 【機密性2】telephone 3, unknown 4")
    telephone, person, stated = names.signs[Sign.TELEPHONE], names.signs[Sign.PERSON_NAME], names.signs[Sign.CLASS_2]
    assert said == f"{telephone} 25 a.xlsx: 090-****, {person} 3, {stated} 1 【機密性2】telephone 3, unknown 4"
    assert names.signs_in("") == ""

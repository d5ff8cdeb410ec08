"""What tells who and where a person is: telephone, postal address, birth date, name, mail address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanitizers.disclosure import surnames
from sanitizers.disclosure.labels import Labels
from sanitizers.disclosure.model import Datum
from sanitizers.disclosure.numbers import digits

_TELEPHONE = re.compile(
    r"(?<![\d.,-])(?:\+81[ -]?(?:\(0\))?[ -]?(\d{1,4})|\(?(0\d{1,4})\)?)[ -]?\(?(\d{1,4})\)?[ -]?(\d{4})(?![\d-]|[.,]\d)"
)
_NOBODYS = ("0120", "0800", "0570", "0990", "0180", "0170", "00")  # free and special services
_MOBILE = re.compile(r"0[5-9]0\d{8}")  # 050 is IP telephony
# 総務省 市外局番の一覧: the areas of three digits and of five; of two there are three, all others have four
_LISTED = """
    011 015 017 018 019 022 023 024 025 026 027 028 029 042 043 044 045 046 047 048 049 052 053 054 055 058 059 072
    073 075 076 077 078 079 082 083 084 086 087 088 089 092 093 095 096 097 098 099 01267 01372 01374 01377 01392
    01397 01398 01456 01457 01466 01547 01558 01564 01586 01587 01632 01634 01635 01648 01654 01655 01656 01658
    04992 04994 04996 04998 05769 05979 07468 08387 08388 08396 08477 08512 08514 09496 09802 09912 09913 09969 03
    04 06
"""
_AREAS = frozenset(_LISTED.split())

_PREFECTURES = (
    "北海道|東京都|京都府|大阪府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知"
    "|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県"
)
_NUMBER = r"(?:\d{1,5}|[一二三四五六七八九十]{1,3})(?:丁目|番|-\d|号)"
_BEGINNINGS = "".join(sorted({name[0] for name in re.findall(r"\w+", _PREFECTURES)}))  # most places of a text begin no address
_ADDRESS = re.compile(
    rf"(?=[〒\d住{_BEGINNINGS}])(?:(?:〒 ?)?\d{{3}}-\d{{4}}\s?(?:{_PREFECTURES})?|〒\d{{7}}\s?|住所[: ]{{0,2}}|{_PREFECTURES})"
    rf"[^\n\t。、;]{{1,12}}?[市区町村郡][^\n\t。、;]{{0,20}}?{_NUMBER}[\d番号の-]{{0,10}}"
)
_MUNICIPAL = re.compile(
    r"[\u4e00-\u9fffヶケ]{1,5}[市区][\u4e00-\u9fffぁ-んァ-ヶー]{1,12}\d{1,4}(?:丁目|番地|番\d{1,3}号|-\d{1,4}-\d{1,4})[\d番号の-]{0,10}"
)
_MUNICIPAL_LINE = re.compile(r"^[^\n市区]*[市区].*", re.MULTILINE)  # few lines have one: it spares most of the text

_DATE = (
    r"(?:(?:明治|大正|昭和|平成|令和)(?:\d{1,2}|元)年|(?<![A-Za-z])[MTSHR]\d{1,2}[./年-]|(?<!\d)(?:19|20)\d\d[年./-])"
    r" ?\d{1,2}[月./-] ?\d{1,2}(?!\d)日?"
    r"|(?<!\d)\d{1,2} ?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? (?:19|20)\d\d(?!\d)"
)
_BIRTH = re.compile(rf"({_DATE}|(?<!\d)(?:19|20)\d{{6}}(?!\d))(生まれ|生(?![産活徒])|日生)?")

_NAMED = re.compile(
    r"(?:氏名|姓名|名前|世帯主|申請者名?|保護者名?|受給者名?|代表者名?|本人)[:\n]\s?([\u4e00-\u9fff々ヶぁ-んァ-ヶー・]{2,10})(?=$|[\s,(:])"
)
_NO_NAME = re.compile(
    "コード|記入|記載|一覧|省略|別紙|欄|住所|番号|氏名|電話|年月|性別|備考|区分|日付|連絡|合計|続柄|所属|部署|課名|会社|団体|印$|課$|係$|部$|市$|町$|役場"
)
_SPACED = re.compile(
    r"(?<![\u4e00-\u9fff々ヶ])([\u4e00-\u9fff々ヶ]{1,3}) (?=([\u4e00-\u9fff々ヶぁ-んァ-ヶー]{1,3})(?![\u4e00-\u9fff々ヶ]))"
)
_RUN = re.compile(r"[\u4e00-\u9fff々ヶ]{3,40}")
_PLACES = ("都", "府", "県", "市", "区", "町", "村", "課", "部", "係", "局", "室", "駅", "線")  # what ends so is no person
_USUAL = (4, 5, 3, 6)  # characters of a name, the most frequent first
_HONORIFIC = ("様", "殿", "氏", "君")

_MAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII)


def telephones(text: str, labels: Labels) -> Iterator[str]:
    for match in _TELEPHONE.finditer(text):
        area = match[2] or "0" + match[1].lstrip("0")
        number = area + match[3] + match[4]
        if _is_telephone(area, number, is_written_apart=len(digits(match[0])) != len(match[0])):
            if not labels.contradict(match.start(), Datum.TELEPHONE):
                yield number
        elif len(number) == 10 and number[1] != "0" and labels.names(match.start(), match.end(), Datum.TELEPHONE):
            yield number


def _is_telephone(area: str, number: str, is_written_apart: bool) -> bool:
    if number.startswith(_NOBODYS):
        return False
    if _MOBILE.fullmatch(number):
        return True
    return is_written_apart and len(number) == 10 and (area in _AREAS or len(area) == 4)


def addresses(text: str, labels: Labels) -> Iterator[str]:
    """From a postal number, a prefecture or a label to a house number; or a municipality with a whole one."""
    ends = 0
    whole = (match for line in _MUNICIPAL_LINE.finditer(text) for match in _MUNICIPAL.finditer(text, line.start(), line.end()))
    for match in sorted((*_ADDRESS.finditer(text), *whole), key=re.Match.start):
        if match.start() >= ends:
            ends = match.end()
            yield match[0].removeprefix("住所").lstrip(": ")


def birth_dates(text: str, labels: Labels) -> Iterator[str]:
    for match in _BIRTH.finditer(text) if "生" in text or labels.has(Datum.BIRTH_DATE) else ():
        if match[2] or labels.names(match.start(), match.end(), Datum.BIRTH_DATE):
            yield match[1]


def names(text: str, labels: Labels) -> Iterator[str]:
    """What a label calls a name, and what is one by the dictionary: whole words only, or before 様 and the like."""
    for match in _NAMED.finditer(text):
        if not _NO_NAME.search(match[1]):
            yield match[1]
    for match in _RUN.finditer(text):
        run = match[0]
        if run[-1] in _HONORIFIC:
            yield from _last_name(run[:-1])
        elif text[match.end() : match.end() + 2] in ("さん", "さま", "くん", "ちゃん"):
            yield from _last_name(run)
        elif not run.endswith(_PLACES):
            yield from _all_names(run)


def spaced_names(spread: str) -> Iterator[str]:
    """山田 太郎: a surname of the dictionary, a space, a given name, and no more on either side."""
    for match in _SPACED.finditer(spread):
        if surnames.is_name(match[1] + match[2]) and not surnames.is_surname(match[2]):
            yield match[1] + match[2]


def _last_name(run: str) -> Iterator[str]:
    for length in range(min(max(_USUAL), len(run)), 2, -1):
        if surnames.is_name(run[-length:]):
            yield run[-length:]
            return


def _all_names(run: str) -> tuple[str, ...]:
    """All names of a run that consists of nothing else: 佐藤一郎鈴木花子."""
    parted: dict[int, tuple[str, ...]] = {0: ()}  # by where they end
    for at in range(len(run)):
        if at in parted:
            for length in sorted(surnames.name_lengths(run[at : at + max(_USUAL)]), key=_USUAL.index):
                parted.setdefault(at + length, (*parted[at], run[at : at + length]))
    return parted.get(len(run), ())


def mail_addresses(text: str, labels: Labels) -> Iterator[str]:
    return (match[0].lower() for match in _MAIL.finditer(text))

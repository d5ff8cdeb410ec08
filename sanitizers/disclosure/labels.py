"""Words that say what a number or date beside them is; the nearest one before it decides.

A label of something else (`None`) keeps a parcel's number from being taken for a person's.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from sanitizers.disclosure.model import Datum

_TABLE: dict[Datum | None, str] = {
    Datum.MY_NUMBER: "個人番号 マイナンバー マイナ番号 my_number kojin_bango 番号カード 通知カード",
    Datum.PENSION_NUMBER: "基礎年金番号 年金番号 年金手帳 年金証書",
    Datum.DRIVERS_LICENCE: "運転免許 免許証番号 免許番号 免許証",
    Datum.PASSPORT: "旅券 パスポート passport",
    Datum.RESIDENCE_CARD: "在留カード 特別永住者証明書 在留資格",
    Datum.HEALTH_INSURANCE: "被保険者番号 被保険者証番号 被保険者証 被保険者記号 被保険者等記号 "
    "健康保険番号 健康保険記号 国保番号 国保記号 健保番号 健保記号 保険証番号 保険証 資格確認書",
    Datum.BANK_ACCOUNT: "口座番号 振込口座 振込先 口座 普通預金 当座預金 貯蓄預金 普通 当座 貯蓄",
    Datum.CARD_NUMBER: "カード番号 クレジット クレカ creditcard visa mastercard jcb amex",
    Datum.TELEPHONE: "電話番号 電話 携帯 連絡先 直通 ファックス ファクス tel fax phone",
    Datum.BIRTH_DATE: "生年月日 誕生日 誕生年月日 出生日 date_of_birth birthday birth",
    Datum.POSTAL_ADDRESS: "住所 居所 本籍 現住所 郵便番号",
    Datum.PERSON_NAME: "氏名 姓名 名前 世帯主 申請者 保護者 受給者 本人 担当者 代表者 フリガナ ふりがな",
    Datum.MAIL_ADDRESS: "メールアドレス e-mail email",
    None: """
        法人番号 会社法人等番号 登録番号 伝票番号 送り状 追跡番号 問合せ番号 問い合わせ番号 受付番号 整理番号
        注文番号 管理番号 文書番号 契約番号 案件番号 公告番号 入札番号 調達番号 isbn issn jan 品番 型番 製造番号
        シリアル 図書番号 資産番号 備品番号 予算 金額 件数 合計 人口 世帯数 面積 お客様番号 会員番号 会議id
        ミーティングid 統計 物品番号 地番 通知書番号 納付番号 確認番号 収納機関番号 バーコード 荷物 tracking invoice
        インボイス 車台番号 製品番号 部品番号 工事番号 議案番号 請求書番号 請求番号 見積番号 発注番号 商品番号
        商品コード 在庫 番組 施行日 契約日 締切 期限 開催日 公告日 日時 作成日 発行日 納期 更新日 決裁日 起案日
        有効期間 交付日 期間 バージョン version id 株番 口径 単価 数量 参照番号 ジョブ 製造 ロット 監視番号 座席
        車両番号 施設番号 団体コード 市町村コード 全国地方公共団体コード 郵便切手 図面番号 保険者番号
    """,
}
_WORDS = {word: datum for datum, words in _TABLE.items() for word in words.split()}  # "_" is a space, itself or nothing
_WHAT = {word.replace("_", ""): datum for word, datum in _WORDS.items()}
# lower case only: with IGNORECASE the search is four times as slow
_WORD = re.compile("|".join(re.escape(word).replace("_", "[ _]?") for word in sorted(_WORDS, key=len, reverse=True)))
# whatever else is called a number, of what nobody could list: 予約番号, 契約No, ライセンスキー
_OTHER = re.compile(r"(?<=[\u4e00-\u9fff\u30a1-\u30fa\u30fc]{2})(?:番号|ナンバー|コード|キー|(?:no|id)(?![a-z]))")
_INNER = 2  # characters of a known label's own compound: 運転免許 + 証 + 番号
_REACH = 30  # characters between a label and what it names
_CHECKED_REACH = 60  # what has a check digit may stand further off
_BEHIND = re.compile(r"\W{0,4}")  # between a number and the label behind it: 1234（運転免許証番号）, or a quoted question
_TIGHT = 8  # what stands so near to the label of something else is that, whatever it looks like


def is_label(cell: str) -> bool:
    return _WORD.search(cell.lower()) is not None or _OTHER.search(cell.lower()) is not None


class Labels:
    """All labels of one text by place.  What a label names may be a list: it reaches on from each entry."""

    def __init__(self, text: str) -> None:
        self._text = text.lower()  # as long as the text: `fold` took out the one character that grows
        known = [(word.start(), word.end(), _what(word)) for word in _WORD.finditer(self._text)]
        ends = [end for _, end, _ in known]
        others = [(word.start(), word.end(), None) for word in _OTHER.finditer(self._text)]
        further = [word for word in others if not _within(ends, *word[:2])]
        found = sorted((*known, *further), key=lambda word: word[1])
        self._ends = [end for _, end, _ in found]
        self._what = [what for _, _, what in found]
        self._starts = {start: what for start, _, what in known}
        self._reaches = list(self._ends)

    def has(self, datum: Datum) -> bool:
        return datum in self._what

    def names(self, start: int, end: int, datum: Datum) -> bool:
        """The nearest label before `start` says that this is a `datum`; or one right behind `end` does, and none before it
        says something else."""
        nearest, reach = bisect_right(self._ends, start) - 1, _CHECKED_REACH if datum is Datum.MY_NUMBER else _REACH
        if nearest >= 0 and self._what[nearest] is datum and start - self._reaches[nearest] <= reach:
            self._reaches[nearest] = end
            return True
        behind = _BEHIND.match(self._text, end)
        return behind is not None and self._starts.get(behind.end()) is datum and not self.contradict(start, datum)

    def contradict(self, start: int, *data: Datum) -> bool:
        """The label right before it says that it is something else."""
        nearest = bisect_right(self._ends, start) - 1
        return nearest >= 0 and self._what[nearest] not in data and start - self._ends[nearest] <= _TIGHT


def _what(word: re.Match[str]) -> Datum | None:
    return _WHAT[word[0].replace(" ", "").replace("_", "")]


def _within(ends: list[int], start: int, end: int) -> bool:
    """It is the end of a known label's own compound, or inside of one."""
    nearest = bisect_right(ends, start - _INNER - 1)
    return nearest < len(ends) and ends[nearest] <= end

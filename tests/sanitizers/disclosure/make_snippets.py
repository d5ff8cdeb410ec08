"""A labelled set of invented snippets: what they disclose, and hard negatives that only look so.  No value belongs to anybody.

My Numbers are computed, cards are documented test numbers; telephone numbers, names and addresses are combined
from parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

from sanitizers.disclosure.model import Datum
from sanitizers.disclosure.numbers import luhn

Snippet = tuple[str, Datum | None]  # None: nothing at all is to be found

WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
SURNAMES = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "長谷川", "五十嵐", "佐々木", "小林"]
GIVEN = ["太郎", "花子", "一郎", "美咲", "健", "直樹", "由美子", "翔", "恵", "大輔"]
TOWNS = [
    "群馬県高崎市高松町35番地1",
    "東京都中央区銀座1-2-3",
    "北海道恵庭市京町1番地",
    "宮崎県宮崎市橘通西一丁目1番1号",
    "新潟県新潟市中央区学校町通1番町602番地1",
]


def my_number(seed: int) -> str:
    """ISO-like sum of 総務省令第85号, written here a second time."""
    body = f"{seed * 7919 % 10**11:011}"
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    rest = sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


def spaced(text: str) -> str:
    return " ".join(text)


def written(value: str, n: int) -> str:
    """As half width, full width, or with a space between every character."""
    return [value, value.translate(WIDE), spaced(value)][n % 3]


CARDS = ["4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100", "378282246310005", "3530111333300000"]
CARDS += ["30569309025904", "6011111111111117", "2223003122003222", "4242424242424242"]  # card brands' documented test numbers


def positives() -> Iterator[Snippet]:
    labels = cycle(["個人番号", "マイナンバー", "個 人 番 号", "本人のマイナンバーは"])
    for n in range(1, 25):
        number = my_number(n)
        number = f"{number[:4]}-{number[4:8]}-{number[8:]}" if n % 2 else number
        yield f"{next(labels)}：{written(number, n)} です。", Datum.MY_NUMBER
    yield "\n".join(my_number(n) for n in range(40, 46)), Datum.MY_NUMBER
    for n in range(16):
        yield f"基礎年金番号 {written(f'{1000 + n * 37}-{100000 + n * 911}', n)}", Datum.PENSION_NUMBER
        yield f"運転免許証番号：{written(f'{30 + n}{1000000000 + n * 7654321}', n)}", Datum.DRIVERS_LICENCE
        yield f"旅券番号 {written(f'T{chr(65 + n)}{1000000 + n * 12345}', n)}", Datum.PASSPORT
        yield f"在留カード番号 {written(f'A{chr(65 + n)}{10000000 + n * 123456}C{chr(66 + n)}', n)}", Datum.RESIDENCE_CARD
        yield f"被保険者証 記号 {12 + n} 番号 {written(str(1234567 + n * 11), n)}", Datum.HEALTH_INSURANCE
        bank = ["架空銀行 高崎支店 普通", "口座番号", "甲乙信用金庫 本店 当座", "振込先 農協 中央支店 普通預金"][n % 4]
        yield f"{bank} {written(str(1000000 + n * 76543), n)}", Datum.BANK_ACCOUNT
        card = CARDS[n % len(CARDS)]
        card = f"{card[:4]} {card[4:8]} {card[8:12]} {card[12:]}" if len(card) == 16 and n % 2 else card
        yield f"カードは {card if ' ' in card else written(card, n)} を使います。", Datum.CARD_NUMBER
        telephone = [
            "027-321-{:04}",
            "090-{0:04}-{0:04}",
            "(03)3500-{:04}",
            "+81-90-1234-{:04}",
            "0226-22-{:04}",
            "080{0:04}{0:04}",
        ]
        form = telephone[n % 6].format(1001 + n)
        yield f"連絡先 {form.translate(WIDE) if n % 2 and '+' not in form else form}", Datum.TELEPHONE
        town = TOWNS[n % len(TOWNS)]
        yield ["〒370-0829 ", "住所　", ""][n % 3] + (town.translate(WIDE) if n % 2 else town), Datum.POSTAL_ADDRESS
        date = [f"昭和{40 + n}年1月{n + 1}日", f"19{60 + n}/4/{n + 1}", f"S{40 + n}.5.{n + 1}", f"平成{n + 1}年１２月３日"][
            n % 4
        ]
        yield (f"生年月日 {date}" if n % 3 else f"{date}生"), Datum.BIRTH_DATE
        name = SURNAMES[n % 10] + GIVEN[(n * 3) % 10]
        yield (
            [f"氏名：{name}", f"{name}様", f"{SURNAMES[n % 10]}　{GIVEN[(n * 3) % 10]}", f"氏名\t住所\n{name}\t不明"][n % 4],
            Datum.PERSON_NAME,
        )
        yield f"user{n}@company{n}.example.jp", Datum.MAIL_ADDRESS
    yield "ゆうちょ銀行 記号 10200 番号 12345671", Datum.BANK_ACCOUNT


def negatives() -> Iterator[Snippet]:
    bad_cards = (str(number) for number in range(4929000000000001, 4929000000000900, 7))
    for n in range(15):
        number = my_number(n + 60)
        yield f"法人番号 {1000000000000 + n * 987654321}", None
        yield f"お問い合わせ番号 {number[:4]}-{number[4:8]}-{number[8:]} で発送しました。", None
        yield f"入札番号 {number}", None
        yield f"ISBN 978-4-{10 + n:02}-{123456 + n}-{n % 10}", None
        yield f"公告日 令和{n + 1}年4月{n + 1}日、開催日 2026年10月{n + 1}日", None
        yield f"第{n + 1}回定例会の議案第{n + 20}号について、令和{n + 1}年度予算 {123456789 + n * 1000}千円", None
        yield f"区分\t人口\t世帯数\n計\t{370000 + n}\t{160000 + n}\n男\t{180000 + n}\t-", None
        yield f"登録番号 T{1000000000000 + n * 123456789}", None
        yield f"管理番号 {next(c for c in bad_cards if not luhn(c))}", None
        yield f"お客様サポート 0120-{100 + n}-{200 + n} へお電話ください。", None
        yield f"文書番号 高総第{100 + n}号-{2000 + n}", None
        yield f"型番 AB-{1234567 + n}X、数量 {n + 1}、単価 {1000 * n + 980}円", None
        yield f"会議ID {number[:3]} {number[3:7]} {number[7:11]}", None
        yield f"気温{n}.5度、緯度 36.{321000 + n}、経度 139.{123456 + n}", None
        yield (
            [
                "普通の会議です。当座の対応は不要です。",
                "個人番号の取扱いについて説明します。",
                "住所変更の手続きは窓口で行います。",
                "高崎市役所総務部情報政策課",
                "山口県、石川県、福島県の事例",
                "氏名の記入は不要です。",
                "林道の森林整備、原子力防災訓練",
                "電話でお問い合わせください。",
                "運転免許証の返納について",
                "東京都、神奈川県の会議",
            ][n % 10]
            + f"({n})",
            None,
        )
